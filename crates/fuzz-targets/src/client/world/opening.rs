//! Opening a connection: NEGOTIATE, SESSION_SETUP, TREE_CONNECT, and what has to hold of what they lead to.

use std::rc::Rc;

use smb_client::{
    DialectCheck, EncryptionPolicy, Failure, Identity, Logon, LogonStep, Negotiated, Negotiation,
    NegotiationStep, NtlmRandom, Session, SigningPolicy, TreeConnect,
};
use smb_crypto::{Key128, NtHash};

use super::{Stage, World};
use crate::client::request::What;
use crate::client::server::PASSWORD;
use crate::client::token::Guard;

impl World {
    /// Begins whatever step comes next in opening the connection.
    pub fn step(&mut self) {
        match self.stage {
            Stage::Fresh => {
                self.stage = Stage::Negotiating(Negotiation::new([7; 32]));
                self.submit(What::Negotiate, Guard::None, 0);
            }
            Stage::Ready if self.session.is_none() => self.log_on(),
            Stage::Ready => self.connect_tree(),
            Stage::Negotiating(_) | Stage::LoggingOn(_) | Stage::Ended => {}
        }
    }

    fn log_on(&mut self) {
        let negotiated = self.negotiated.expect("negotiated before");
        let units = |text: &str| text.encode_utf16().collect::<Vec<_>>();
        let identity = if self.anonymous {
            Identity::anonymous()
        } else {
            let hash = NtHash::from_password(&units(PASSWORD)).expect("a hash");
            Identity::user(&units("ann"), &units("EXAMPLE"), &units("WS1"), hash)
                .expect("short names")
        };
        let random = NtlmRandom {
            client_challenge: [5; 8],
            session_key: Key128::new([6; 16]),
            filetime: 77,
        };
        if let Ok(logon) = Logon::new(&self.config, &negotiated, identity, random) {
            self.stage = Stage::LoggingOn(Box::new(logon));
            self.submit(What::Logon, Guard::None, 0);
        }
    }

    fn connect_tree(&mut self) {
        if let Some(session) = self.session.clone() {
            self.submit(What::Tree, Guard::Always(session), 0);
        }
    }

    /// Goes on with opening the connection.
    pub(super) fn opened(&mut self, what: What, message: &[u8]) {
        match (what, std::mem::replace(&mut self.stage, Stage::Ready)) {
            (_, Stage::Ended) => self.stage = Stage::Ended,
            (What::Negotiate, Stage::Negotiating(mut machine)) => {
                match machine.reply(&self.config, message) {
                    Ok(NegotiationStep::Again) => {
                        self.stage = Stage::Negotiating(machine);
                        self.submit(What::Negotiate, Guard::None, 0);
                    }
                    Ok(NegotiationStep::Done(negotiated)) => self.agree(negotiated),
                    Err(_) => self.fail(),
                }
            }
            (What::Logon, Stage::LoggingOn(mut machine)) => {
                match machine.reply(&self.config, message) {
                    Ok(LogonStep::Again) => {
                        self.stage = Stage::LoggingOn(machine);
                        self.submit(What::Logon, Guard::None, 0);
                    }
                    Ok(LogonStep::Done(session)) => self.welcome(session),
                    Err(_) => {}
                }
            }
            (What::Tree, stage) => {
                self.stage = stage;
                self.enter(message);
            }
            (What::Check, stage) => {
                self.stage = stage;
                let negotiated = self.negotiated.expect("negotiated before");
                if let Err(Failure::Client(_)) = DialectCheck::reply(&negotiated, message) {
                    self.fail();
                }
            }
            (_, stage) => self.stage = stage,
        }
    }

    fn agree(&mut self, negotiated: Negotiated) {
        assert!((self.config.min_dialect..=self.config.max_dialect).contains(&negotiated.dialect));
        assert!(self.config.signing != SigningPolicy::Required || negotiated.signing_required);
        if let Some(receiver) = &mut self.receiver {
            receiver.set_limits(&negotiated);
        }
        let connection = self.table.connection.get_mut();
        connection.set_multi_credit(negotiated.multi_credit);
        self.negotiated = Some(negotiated);
    }

    /// Nobody gets less than the settings demand.
    fn welcome(&mut self, session: Session) {
        if session.keys().is_none() {
            assert!(session.guest && self.config.allow_guest || session.anonymous);
            assert!(!session.anonymous || self.config.allow_anonymous);
            assert_eq!(self.config.signing, SigningPolicy::Enabled);
        }
        if self.config.encryption == EncryptionPolicy::Required {
            assert!(session.protection().is_sealed());
        }
        let session = Rc::new(session);
        *self.table.session.get_mut() = Some(Rc::clone(&session));
        self.session = Some(session);
    }

    fn enter(&mut self, message: &[u8]) {
        let (Ok(tree), Some(session)) = (TreeConnect::reply(message), self.session.clone()) else {
            return;
        };
        let guard = if !tree.must_be_sealed() {
            Guard::Session(session)
        } else if session.sealing().is_ok() {
            Guard::Sealed(session)
        } else {
            return;
        };
        self.tree = Some((tree.id, guard));
    }
}
