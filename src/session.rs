//! Sessions and trees: who the user is on a connection, and which of the server's shares is meant (MS-SMB2 3.2.1.3, 3.2.1.4).

use nt::pool::{PoolArc, PoolBox, Tag};
use nt::{Result, Status, random, time};
use smb_client::{
    Config, DialectCheck, Identity, Logon, LogonStep, NtlmRandom, Protection, SharedTable,
    TreeConnect,
};
use smb_crypto::Key128;
use smb_wire::smb2::{Command, LogoffRequest, ShareType, TreeDisconnectRequest};
use smb_wire::{NtStatus, Utf16};

use zeroize::Zeroizing;

use crate::call::{self, Ask};
use crate::connection::Connection;
use crate::control;
use crate::status;

const TAG: Tag = Tag::new(b"OxSe");

/// A user's session on a connection.
pub struct Session {
    connection: PoolArc<Connection>,
    /// Known to the connection too, which opens with its keys what comes encrypted.
    session: PoolArc<smb_client::Session>,
}

impl Session {
    /// Logs on. IRQL: PASSIVE.
    ///
    /// # Errors
    /// The server's refusal, such as STATUS_LOGON_FAILURE, or what is wrong with its answers.
    #[inline(never)]
    pub fn log_on(connection: &PoolArc<Connection>, identity: Identity) -> Result<PoolArc<Self>> {
        // Before the server makes one that there is no place for.
        connection.sessions().check_room()?;
        let session = authenticate(connection, identity)?;
        let this = Self {
            connection: PoolArc::clone(connection),
            session: PoolArc::clone(&session),
        };
        let this = PoolArc::new(TAG, this)?;
        connection.sessions().add(session)?;
        Ok(this)
    }

    /// The session's connection.
    pub fn connection(&self) -> &PoolArc<Connection> {
        &self.connection
    }

    /// SessionId.
    pub fn id(&self) -> u64 {
        self.session.id
    }

    /// Logs off; the server may be gone, so nothing depends on the outcome. IRQL: PASSIVE.
    pub fn log_off(this: &PoolArc<Self>) {
        let guard = Guard::Session(PoolArc::clone(this));
        log_off(&this.connection, guard, this.id());
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let connection = &self.connection;
        connection.sessions().remove(&self.session, |id| {
            connection.with(|table| table.awaits_session(id))
        });
    }
}

/// How a request and its answer are protected.
#[derive(Clone)]
pub enum Guard {
    /// Not: there is no session yet.
    None,
    /// As the session's ordinary requests are.
    Session(PoolArc<Session>),
    /// Whenever the session has keys: the exchanges on which the safety of others rests.
    Always(PoolArc<Session>),
    /// Encrypted, as the share demands whatever the session does.
    Sealed(PoolArc<Session>),
}

impl Guard {
    /// Whether requests and answers are protected.
    pub fn is_protected(&self) -> bool {
        !matches!(self.protection(), Protection::None)
    }

    /// The keys to protect with.
    pub fn protection(&self) -> Protection<'_> {
        match self {
            Self::None => Protection::None,
            Self::Session(session) => session.session.protection(),
            Self::Always(session) => session.session.full_protection(),
            // A tree has this guard only if its session has the keys.
            Self::Sealed(session) => match session.session.sealing() {
                Ok(sealing) => Protection::Sealed(sealing),
                Err(_) => session.session.full_protection(),
            },
        }
    }
}

/// A share that a session is connected to.
pub struct Tree {
    guard: Guard,
    session: PoolArc<Session>,
    tree: smb_client::Tree,
}

impl Tree {
    /// Connects to `path`, which is `\\server\share` with the server's name as the server knows it. IRQL: PASSIVE.
    ///
    /// # Errors
    /// The server's refusal, such as STATUS_BAD_NETWORK_NAME; STATUS_BAD_DEVICE_TYPE for what is not a disk;
    /// STATUS_DOWNGRADE_DETECTED when the negotiation was tampered with.
    #[inline(never)]
    pub fn connect(session: &PoolArc<Session>, path: &[u16]) -> Result<PoolArc<Self>> {
        let connection = &session.connection;
        let ask = Ask {
            command: Command::TREE_CONNECT,
            // From 3.1.1 on this is the request that proves the session, so it is signed where nothing else is.
            guard: Guard::Always(PoolArc::clone(session)),
            session_id: session.id(),
            tree_id: 0,
            body: size_of_val(path),
            answer: 0,
        };
        let answer = call::exchange(connection, ask, |ticket, protection, buffer| {
            TreeConnect::request(Utf16::from_units(path), ticket, protection, buffer)
        })
        .map_err(|failure| match failure {
            // What the share demands may have been changed.
            Status::INVALID_SIGNATURE => Status::DOWNGRADE_DETECTED,
            other => other,
        })?;
        let tree = TreeConnect::reply(&answer.message).map_err(status::from_failure)?;
        let sealing = match tree.must_be_sealed() {
            true => session.session.sealing().map(|_| true),
            false => Ok(false),
        };
        let guard = match sealing {
            Ok(true) => {
                connection.sessions().note_protection();
                Guard::Sealed
            }
            Ok(false) | Err(_) => Guard::Session,
        };
        let this = PoolArc::new(
            TAG,
            Self {
                guard: guard(PoolArc::clone(session)),
                session: PoolArc::clone(session),
                tree,
            },
        )?;
        let accepted = sealing
            .map_err(status::from_client)
            .and_then(|_| this.check_dialect())
            .and(match tree.share_type {
                ShareType::DISK => Ok(()),
                _ => Err(Status::BAD_DEVICE_TYPE),
            });
        if let Err(refusal) = accepted {
            Self::disconnect(&this);
            return Err(refusal);
        }
        Ok(this)
    }

    /// The tree's session.
    pub fn session(&self) -> &PoolArc<Session> {
        &self.session
    }

    /// The connection.
    pub fn connection(&self) -> &PoolArc<Connection> {
        &self.session.connection
    }

    /// What to ask in this tree.
    pub fn ask(&self, command: Command, body: usize, answer: u32) -> Ask {
        Ask {
            command,
            guard: self.guard.clone(),
            session_id: self.session.id(),
            tree_id: self.id(),
            body,
            answer,
        }
    }

    /// How requests in this tree are protected.
    pub fn guard(&self) -> &Guard {
        &self.guard
    }

    /// How client and server speak.
    pub fn protocol(&self) -> control::Protocol {
        let protection = match self.guard.protection() {
            Protection::None => control::Protection::Plain,
            Protection::Signed(keys) => {
                control::Protection::Signed(keys.signing_algorithm().wire_id())
            }
            Protection::Sealed(sealing) => control::Protection::Sealed(sealing.cipher().wire_id()),
        };
        control::Protocol {
            dialect: self.connection().negotiated().dialect.0,
            protection,
        }
    }

    /// TreeId.
    pub fn id(&self) -> u32 {
        self.tree.id
    }

    /// Leaves the share; nothing depends on the outcome. IRQL: PASSIVE.
    pub fn disconnect(this: &PoolArc<Self>) {
        let ask = this.ask(Command::TREE_DISCONNECT, 0, 0);
        let _ = call::ask(this.connection(), ask, |writer| {
            TreeDisconnectRequest.emit(writer)
        });
    }

    /// Before 3.1.1, has the server repeat under a signature what was negotiated (MS-SMB2 3.2.5.5).
    fn check_dialect(&self) -> Result<()> {
        let connection = self.connection();
        let (config, negotiated) = (connection.config(), connection.negotiated());
        if self.session.session.keys().is_none() || !DialectCheck::is_needed(negotiated) {
            // A guest's session proves nothing anyway.
            return Ok(());
        }
        let ask = self.ask(Command::IOCTL, 64, DialectCheck::MAX_REPLY);
        let guard = match ask.guard {
            Guard::Session(session) => Guard::Always(session),
            other => other,
        };
        let ask = Ask { guard, ..ask };
        let answer = call::exchange(connection, ask, |ticket, protection, buffer| {
            DialectCheck::request(config, ticket, protection, buffer)
        })
        .map_err(|failure| match failure {
            // A server that was asked something else than it hears now hangs up (MS-SMB2 3.3.5.15.12).
            Status::CONNECTION_DISCONNECTED => Status::DOWNGRADE_DETECTED,
            other => other,
        })?;
        DialectCheck::reply(negotiated, &answer.message).map_err(|failure| {
            // Whoever tampered may come again on this connection.
            let refusal = status::from_failure(failure);
            connection.fail(refusal);
            refusal
        })
    }
}

/// Says who the user is until the server believes it. The logon's state goes to pool: it is much for a kernel's stack.
#[inline(never)]
fn authenticate(
    connection: &PoolArc<Connection>,
    identity: Identity,
) -> Result<PoolArc<smb_client::Session>> {
    let mut logon = begin_logon(connection, identity)?;
    let config = connection.config();
    loop {
        let ask = Ask {
            command: Command::SESSION_SETUP,
            guard: Guard::None,
            session_id: logon.session_id(),
            tree_id: 0,
            body: Logon::MAX_REQUEST,
            answer: Logon::MAX_REPLY,
        };
        let answer = call::exchange(connection, ask, |ticket, _, buffer| {
            logon.request(config, ticket, buffer)
        })?;
        match take_answer(&mut logon, config, &answer.message) {
            Ok(Some(session)) => return Ok(session),
            Ok(None) => {}
            Err(refusal) => {
                if matches!(
                    refusal,
                    Status::DOWNGRADE_DETECTED | Status::INVALID_SIGNATURE
                ) {
                    // What was negotiated is not what both believe, and never will be on this connection.
                    connection.fail(refusal);
                } else if answer.header.status == NtStatus::SUCCESS {
                    // The server has made a session that is not wanted: without keys, as a rule.
                    log_off(connection, Guard::None, logon.session_id());
                }
                return Err(refusal);
            }
        }
    }
}

/// LOGOFF; nothing depends on the outcome.
#[inline(never)]
fn log_off(connection: &PoolArc<Connection>, guard: Guard, session_id: u64) {
    let ask = Ask {
        command: Command::LOGOFF,
        guard,
        session_id,
        tree_id: 0,
        body: 0,
        answer: 0,
    };
    let _ = call::ask(connection, ask, |writer| LogoffRequest.emit(writer));
}

#[inline(never)]
fn begin_logon(connection: &Connection, identity: Identity) -> Result<PoolBox<Logon>> {
    let (config, negotiated) = (connection.config(), connection.negotiated());
    let logon = Logon::new(config, negotiated, identity, ntlm_random()?);
    PoolBox::new(TAG, logon.map_err(status::from_client)?)
}

/// The session, once there is one.
#[inline(never)]
fn take_answer(
    logon: &mut Logon,
    config: &Config,
    message: &[u8],
) -> Result<Option<PoolArc<smb_client::Session>>> {
    match logon.reply(config, message).map_err(status::from_failure)? {
        LogonStep::Again => Ok(None),
        LogonStep::Done(session) => PoolArc::new(TAG, session).map(Some),
    }
}

fn ntlm_random() -> Result<NtlmRandom> {
    let mut client_challenge = [0; 8];
    random::fill(&mut client_challenge)?;
    let mut session_key = Zeroizing::new([0; 16]);
    random::fill(session_key.as_mut())?;
    Ok(NtlmRandom {
        client_challenge,
        session_key: Key128::new(*session_key),
        filetime: time::system_time().cast_signed(),
    })
}
