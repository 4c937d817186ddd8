//! Opening connections, sessions and trees, closing them, and what has to hold of what is open.

use std::rc::Rc;

use smb_client::{
    DialectCheck, EncryptionPolicy, Failure, Identity, Logon, LogonStep, Negotiated, Negotiation,
    NegotiationStep, NtlmRandom, Session, SigningPolicy, TreeConnect,
};
use smb_crypto::{Key128, NtHash};
use smb_wire::NtStatus;
use smb_wire::smb2::{Dialect, Header};

use super::{Stage, World};
use crate::client::request::What;
use crate::client::server::{Cover, PASSWORD, REFLECTION, WORKSTATION};
use crate::client::token::{Guard, Tok};

impl World {
    /// Begins whatever step comes next in opening the connection.
    pub fn step(&mut self) {
        match self.stage {
            Stage::Fresh => {
                self.stage = Stage::Negotiating(Negotiation::new([7; 32]));
                self.submit(What::Negotiate, Guard::None, 0);
            }
            Stage::Ready => match self.newest_session() {
                None => self.log_on(),
                Some(session) => self.connect_tree(session),
            },
            Stage::Negotiating(_) | Stage::LoggingOn(_) | Stage::Ended => {}
        }
    }

    /// Logs on, whether there is a session or not.
    pub fn log_on(&mut self) {
        let (Stage::Ready, Some(negotiated)) = (&self.stage, self.negotiated) else {
            return;
        };
        let units = |text: &str| text.encode_utf16().collect::<Vec<_>>();
        let identity = if self.anonymous {
            Identity::anonymous()
        } else {
            let hash = NtHash::from_password(&units(PASSWORD)).expect("a hash");
            Identity::user(&units("ann"), &units("EXAMPLE"), &units(WORKSTATION), hash)
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

    /// Connects to a share in one of the sessions.
    pub fn connect_in(&mut self, session: usize) {
        let session = {
            let sessions = self.table.sessions.borrow();
            let index = session.checked_rem(sessions.len());
            index.and_then(|index| sessions.get(index).cloned())
        };
        if let Some(session) = session {
            self.connect_tree(session);
        }
    }

    fn connect_tree(&mut self, session: Rc<Session>) {
        self.submit(What::Tree, Guard::Always(session), 0);
    }

    /// Goes on with opening.
    pub(super) fn opened(&mut self, what: What, token: &Tok, message: &[u8]) {
        match (what, std::mem::replace(&mut self.stage, Stage::Ready)) {
            (_, Stage::Ended) => self.stage = Stage::Ended,
            (What::Negotiate, Stage::Negotiating(mut machine)) => {
                match machine.reply(&self.config, message) {
                    Ok(NegotiationStep::Again) => {
                        self.stage = Stage::Negotiating(machine);
                        self.submit(What::Negotiate, Guard::None, 0);
                    }
                    Ok(NegotiationStep::Done(negotiated)) => self.agree(negotiated, message),
                    Err(_) => self.fail(),
                }
            }
            (What::Logon, Stage::LoggingOn(mut machine)) => {
                match machine.reply(&self.config, message) {
                    Ok(LogonStep::Again) => {
                        self.check_acceptable();
                        self.logon_changed = !self.was_hashed(message);
                        self.stage = Stage::LoggingOn(machine);
                        self.submit(What::Logon, Guard::None, 0);
                    }
                    Ok(LogonStep::Done(session)) => {
                        self.check_acceptable();
                        self.welcome(session, message);
                    }
                    Err(_) => {}
                }
            }
            (What::Tree, stage) => {
                self.stage = stage;
                self.enter(token, message);
            }
            (What::Check, stage) => {
                self.stage = stage;
                self.checked(token, message);
            }
            (_, stage) => {
                self.stage = stage;
                self.left(what, token);
            }
        }
    }

    fn agree(&mut self, negotiated: Negotiated, message: &[u8]) {
        assert!((self.config.min_dialect..=self.config.max_dialect).contains(&negotiated.dialect));
        assert!(self.config.signing != SigningPolicy::Required || negotiated.signing_required);
        self.check_acceptable();
        if self.server.honest {
            assert!(self.server.authority.is(&negotiated), "{negotiated:?}");
        }
        self.negotiation_changed = !self.was_hashed(message);
        if let Some(receiver) = &mut self.receiver {
            receiver.set_limits(&negotiated);
        }
        let connection = self.table.connection.get_mut();
        connection.set_multi_credit(negotiated.multi_credit);
        self.server.demands_signing = negotiated.signing_required;
        self.negotiated = Some(negotiated);
    }

    /// What must be refused is not gone on with.
    fn check_acceptable(&self) {
        if let (true, Some(reason)) = (self.server.honest, self.server.authority.unacceptable) {
            assert!(reason == REFLECTION && self.anonymous, "taken: {reason}");
        }
    }

    /// Whether the server has put this answer into its hash, which has to be the client's in the end.
    fn was_hashed(&self, message: &[u8]) -> bool {
        let hashed = &self.server.authority.hashed;
        hashed.iter().any(|said| said == message)
    }

    /// Nobody gets less than the settings demand, nor what somebody on the way talked the two down to.
    fn welcome(&mut self, session: Session, message: &[u8]) {
        let dialect = self.negotiated.map(|negotiated| negotiated.dialect);
        if session.keys().is_none() {
            assert!(session.guest && self.config.allow_guest || session.anonymous);
            assert!(!session.anonymous || self.anonymous && self.config.allow_anonymous);
            assert_eq!(self.config.signing, SigningPolicy::Enabled);
        } else if dialect >= Some(Dialect::SMB3_0) {
            self.check_said(session.id, Cover::Signed, message);
            assert!(
                dialect < Some(Dialect::SMB3_1_1)
                    || !self.negotiation_changed && !self.logon_changed,
                "a changed negotiation went unnoticed"
            );
        }
        if self.config.encryption == EncryptionPolicy::Required {
            assert!(session.protection().is_sealed());
        }
        let sessions = self.table.sessions.get_mut();
        // One that had its id is over, if the server has given it to another.
        sessions.retain(|other| other.id != session.id);
        sessions.push(Rc::new(session));
    }

    fn enter(&mut self, token: &Tok, message: &[u8]) {
        let (Ok(tree), Guard::Always(session)) = (TreeConnect::reply(message), &token.guard) else {
            return;
        };
        let guard = if !tree.must_be_sealed() {
            Guard::Session(Rc::clone(session))
        } else if session.sealing().is_ok() {
            Guard::Sealed(Rc::clone(session))
        } else {
            return;
        };
        self.trees.push((tree.id, guard));
        self.tree = self.trees.len() - 1;
    }

    /// Below 3.1.1 the negotiation is what the server, under its key, says it was; or the connection ends.
    fn checked(&mut self, token: &Tok, message: &[u8]) {
        let negotiated = self.negotiated.expect("negotiated before");
        match DialectCheck::reply(&negotiated, message) {
            Ok(()) => {
                let status = Header::parse(message).map(|header| header.status);
                if token.guard.is_protected() && status == Ok(NtStatus::SUCCESS) {
                    let is_right = self.server.authority.is(&negotiated);
                    assert!(is_right || self.server.lied, "{negotiated:?}");
                }
            }
            Err(Failure::Client(_)) => self.fail(),
            Err(Failure::Server(_)) => {}
        }
    }

    /// Forgets a tree or a session that was left, whatever the server said of it.
    pub(super) fn left(&mut self, what: What, token: &Tok) {
        match what {
            What::Leave => {
                let gone = self.records[token.number].tree_id;
                self.trees.retain(|(id, _)| *id != gone);
            }
            What::LogOff => {
                let gone = token.guard.session_id();
                self.table
                    .sessions
                    .get_mut()
                    .retain(|session| session.id != gone);
                self.trees.retain(|(_, guard)| guard.session_id() != gone);
                // What the server still says under the session's key, nobody can open.
                self.server.honest = false;
            }
            _ => {}
        }
    }
}
