//! The fault script: what the server does wrong, when, and to whom.
//!
//! A rule is a [`When`] and a [`Fault`]. Rules compose: all that match a request apply to its reply. [`StreamFault`]s are
//! about the bytes of the connection, whatever they mean.

mod forgery;
mod negotiate;
mod plan;
mod rule;
mod stream;

use std::sync::atomic::{AtomicBool, Ordering};

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
            for rule in self.rules.read().iter().filter(|rule| rule.matches(seen)) {
                plan.add(&rule.fault);
            }
        }
        plan
    }

    pub(crate) fn stream(&self, connection: u64) -> StreamState {
        let applies = |wanted: &Option<u64>| wanted.is_none_or(|wanted| wanted == connection);
        let streams = self.streams.read();
        StreamState::new(
            streams
                .iter()
                .filter(|(wanted, _)| applies(wanted))
                .map(|(_, fault)| fault.clone())
                .collect(),
        )
    }
}
