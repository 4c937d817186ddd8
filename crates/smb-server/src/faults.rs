//! The fault script: what the server does wrong, when, and to whom.
//!
//! A rule is a [`When`] and a [`Fault`]. Rules compose: all that match a request apply to its reply. [`StreamFault`]s are
//! about the bytes of the connection, whatever they mean.
//!
//! A reply becomes a frame in this order, and each step has its faults:
//!
//! 1. the request is heard: [`Fault::Mishear`], [`Fault::Status`] in place of its execution
//! 2. the reply is composed: [`Fault::Rewrite`], and for NEGOTIATE [`Fault::negotiate`]
//! 3. it is signed, if it is to be: [`Fault::Protect`]; then [`Fault::Tamper`], [`Fault::compress`]
//! 4. the frame is sealed, if it is to be: [`Fault::Protect`], [`Fault::Transform`]
//! 5. in NEGOTIATE and SESSION_SETUP it enters the pre-authentication hash; [`Fault::Raw`] comes before that
//! 6. it is on its way: [`Fault::OnTheWay`], [`Fault::negotiate_on_the_way`]
//!
//! So these are some lies about seals and signatures:
//!
//! ```no_run
//! use smb_server::{Fault, Protection, When};
//! use smb_wire::smb2::negotiate_context::{Cipher, ContextType};
//! use smb_wire::smb2::{Command, Dialect, Fsctl};
//!
//! const NONCE: std::ops::Range<usize> = 20..36;
//! const SESSION: std::ops::Range<usize> = 44..52;
//! # let lies: [(When, Fault); 13] = [
//! // a plain answer where a sealed one is due, and one sealed by the wrong key
//! (When::command(Command::READ), Fault::Protect(Protection::Plain)),
//! (When::command(Command::READ), Fault::Protect(Protection::SealedByClientsKey)),
//! // the same nonce twice; an unknown session, under a seal that holds
//! (When::any().after(3), Fault::transform(|header| header[NONCE].fill(1))),
//! (When::command(Command::READ), Fault::transform(|header| header[SESSION].fill(0xEE))),
//! // a frame cut within its transform header, and a broken tag
//! (When::command(Command::READ), Fault::on_the_way(|frame| frame.truncate(51))),
//! (When::command(Command::READ), Fault::on_the_way(|frame| frame[4] ^= 1)),
//! // half a header, and a compressed message, under a seal that holds
//! (When::command(Command::READ), Fault::tamper(|message| message.truncate(32))),
//! (When::command(Command::READ), Fault::compress()),
//! // a cipher that was not offered; none at all; another dialect, said by somebody between the two
//! (When::any(), Fault::negotiate(|answer| answer.set_ciphers(&[Cipher(9)]))),
//! (When::any(), Fault::negotiate(|answer| answer.remove(ContextType::ENCRYPTION))),
//! (When::any(), Fault::negotiate_on_the_way(|answer| answer.dialect = Dialect::SMB2_1)),
//! // a guest, under the right signature (the flags are behind StructureSize)
//! (When::command(Command::SESSION_SETUP).nth(2), Fault::rewrite(|message| message[66] |= 1)),
//! // an unsigned confirmation of the negotiation
//! (When::fsctl(Fsctl::VALIDATE_NEGOTIATE_INFO), Fault::Protect(Protection::Plain)),
//! # ];
//! ```

mod compressed;
mod forgery;
mod negotiate;
mod plan;
mod rule;
mod stream;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use parking_lot::RwLock;

pub(crate) use forgery::Forgery;
pub use negotiate::NegotiateAnswer;
pub(crate) use plan::{Ending, Plan};
pub use rule::{Fault, HeaderChange, RawReply, Rewrite, Seen, When};
pub use stream::StreamFault;
pub(crate) use stream::StreamState;

use rule::Rule;

/// The script of one server. It can be changed while the server runs.
#[derive(Default)]
pub struct Faults {
    rules: RwLock<Vec<Rule>>,
    streams: RwLock<Vec<(Option<u64>, StreamFault)>>,
    /// Whether there is any rule, so that a server without faults does not take the lock.
    armed: AtomicBool,
    /// How many requests met rules, and how many frames met faults of their stream.
    struck: Arc<AtomicU64>,
}

impl Faults {
    /// Adds a rule.
    pub fn add(&self, when: When, fault: Fault) {
        self.rules.write().push(Rule::new(when, fault));
        self.armed.store(true, Ordering::Release);
    }

    /// Adds a fault of the byte stream, for the connection of this number (from 1), or for all. It holds for connections
    /// made afterwards.
    pub fn add_stream(&self, connection: Option<u64>, fault: StreamFault) {
        self.streams.write().push((connection, fault));
    }

    /// Forgets all rules; connections that exist keep their stream faults.
    pub fn clear(&self) {
        self.armed.store(false, Ordering::Release);
        self.rules.write().clear();
        self.streams.write().clear();
    }

    /// What the rules have in mind for the reply to one request. Each match counts, so this is asked once a request.
    pub(crate) fn plan(&self, seen: &Seen<'_>) -> Plan {
        let mut plan = Plan::default();
        if self.armed.load(Ordering::Acquire) {
            let mut met = false;
            for rule in self.rules.read().iter().filter(|rule| rule.matches(seen)) {
                plan.add(&rule.fault);
                met = true;
            }
            self.struck.fetch_add(met.into(), Ordering::Relaxed);
        }
        plan
    }

    pub(crate) fn stream(&self, connection: u64) -> StreamState {
        let applies = |wanted: &Option<u64>| wanted.is_none_or(|wanted| wanted == connection);
        let streams = self.streams.read();
        let faults = streams
            .iter()
            .filter(|(wanted, _)| applies(wanted))
            .map(|(_, fault)| fault.clone())
            .collect();
        StreamState::new(faults, Arc::clone(&self.struck))
    }

    pub(crate) fn struck(&self) -> u64 {
        self.struck.load(Ordering::Relaxed)
    }
}
