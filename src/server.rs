//! A server as RDBSS's SRV_CALL knows it: how to connect to it, the connection there is, and the sessions on it.

use core::sync::atomic::{AtomicUsize, Ordering};

use nt::pool::{PoolArc, PoolVec, Tag};
use nt::sync::{Event, EventKind, Resource, SpinLock};
use nt::{Result, Status};
use smb_client::{Config, EncryptionPolicy, Interval, SigningPolicy};
use smb_wire::smb2::Dialect;

use crate::connection::{self, Connection, Keeper};
use crate::credentials::Credentials;
use crate::machine::Machine;
use crate::names::{NameError, ServerName};
use crate::session::Session;
use crate::settings::Settings;
use crate::status;
use crate::transport::Transport;

const TAG: Tag = Tag::new(b"OxSv");

/// A server, connected or not.
pub struct Server {
    host: PoolVec<u16>,
    port: u16,
    settings: Settings,
    machine: PoolArc<Machine>,
    transport: Transport,
    /// Held while a connection or a session is made or ended, over the network: one at a time.
    making: Resource,
    state: SpinLock<State>,
    /// Views that are about to leave their shares, and the event that says that there are none.
    leaving: SpinLock<u32>,
    all_left: Event,
    next_key: AtomicUsize,
}

#[derive(Default)]
struct State {
    link: Option<Link>,
    sessions: Option<PoolVec<SessionEntry>>,
    ended: bool,
}

struct Link {
    connection: PoolArc<Connection>,
    /// Ends the connection when it goes.
    keeper: Keeper,
}

/// A session and how many views of shares use it.
struct SessionEntry {
    credentials: PoolArc<Credentials>,
    session: PoolArc<Session>,
    users: u32,
}

impl Server {
    /// A server that is not connected yet.
    ///
    /// # Errors
    /// STATUS_BAD_NETWORK_PATH for a name that is not ours.
    pub fn new(
        name: &[u16],
        settings: &Settings,
        machine: PoolArc<Machine>,
        transport: Transport,
    ) -> Result<PoolArc<Self>> {
        let parsed =
            ServerName::parse(name, settings.claim_plain_names != 0).map_err(
                |error| match error {
                    NameError::NotOurs => Status::BAD_NETWORK_PATH,
                    NameError::Malformed => Status::OBJECT_PATH_SYNTAX_BAD,
                },
            )?;
        let mut host = PoolVec::new(TAG);
        host.extend_from_slice(parsed.host)?;
        PoolArc::new(
            TAG,
            Self {
                host,
                port: parsed.port,
                settings: *settings,
                machine,
                transport,
                making: Resource::new()?,
                state: SpinLock::new(State::default()),
                leaving: SpinLock::new(0),
                all_left: Event::new(EventKind::Notification)?,
                next_key: AtomicUsize::new(1),
            },
        )
    }

    /// The server's name as the server knows it.
    pub fn host(&self) -> &[u16] {
        &self.host
    }

    /// A key that no other open of this server has.
    pub fn next_key(&self) -> usize {
        // Neither 0 nor -1, which RDBSS uses itself; and it would take centuries to come round.
        self.next_key.fetch_add(1, Ordering::Relaxed)
    }

    /// Connects, unless there is a connection. IRQL: PASSIVE.
    pub fn connect(&self) -> Result<()> {
        let _making = self.making.exclusive();
        self.connection().map(|_| ())
    }

    /// A session for these credentials: one that there is, or a new one; and the credentials that it was made with. Give it back
    /// by [`Self::leave`]. IRQL: PASSIVE.
    ///
    /// # Errors
    /// STATUS_NETWORK_CREDENTIAL_CONFLICT when the logon is somebody else to this server already, STATUS_LOGON_FAILURE when
    /// nobody was named and the settings do not allow that; the statuses of connecting and logging on.
    pub fn join(
        &self,
        credentials: &PoolArc<Credentials>,
    ) -> Result<(PoolArc<Session>, PoolArc<Credentials>)> {
        let _making = self.making.exclusive();
        let connection = self.connection()?;
        if let Some(joined) = self.join_existing(credentials)? {
            return Ok(joined);
        }
        let room = PoolVec::with_capacity(TAG, SESSIONS)?;
        let session = Session::log_on(&connection, credentials.identity(self.machine.name())?)?;
        let entry = SessionEntry {
            credentials: PoolArc::clone(credentials),
            session: PoolArc::clone(&session),
            users: 1,
        };
        let refused = {
            let mut state = self.state.lock();
            let sessions = state.sessions.get_or_insert(room);
            sessions.push_within_capacity(entry).err()
        };
        if refused.is_some() {
            Session::log_off(&session);
            return Err(Status::TOO_MANY_SESSIONS);
        }
        Ok((session, PoolArc::clone(credentials)))
    }

    /// Gives a session back; the last user logs off. IRQL: PASSIVE.
    pub fn leave(&self, session: &PoolArc<Session>) {
        let _making = self.making.exclusive();
        let mut is_last = false;
        self.with_entry(session, |entry| {
            entry.users = entry.users.saturating_sub(1);
            is_last = entry.users == 0;
        });
        if is_last && let Some(entry) = self.remove(session) {
            Session::log_off(&entry.session);
        }
    }

    /// Drops a session that the server has deleted, whoever uses it. IRQL: PASSIVE.
    pub fn forget(&self, session: &PoolArc<Session>) {
        let _making = self.making.exclusive();
        drop(self.remove(session));
    }

    fn remove(&self, session: &PoolArc<Session>) -> Option<SessionEntry> {
        let mut state = self.state.lock();
        let sessions = state.sessions.as_mut()?;
        let index = sessions
            .iter()
            .position(|entry| PoolArc::ptr_eq(&entry.session, session))?;
        sessions.swap_remove(index)
    }

    /// A view will leave its share, some time soon. [`Self::end`] waits for that.
    pub fn leave_begins(&self) {
        let mut leaving = self.leaving.lock();
        *leaving = leaving.saturating_add(1);
        self.all_left.reset();
    }

    /// The view has left.
    pub fn leave_ends(&self) {
        let mut leaving = self.leaving.lock();
        *leaving = leaving.saturating_sub(1);
        if *leaving == 0 {
            self.all_left.set();
        }
    }

    /// The connection there is.
    pub fn current(&self) -> Option<PoolArc<Connection>> {
        let state = self.state.lock();
        state
            .link
            .as_ref()
            .map(|link| PoolArc::clone(&link.connection))
    }

    /// Ends the connection for good, once all views have left their shares or had time to. IRQL: PASSIVE.
    pub fn end(&self) {
        if *self.leaving.lock() > 0 {
            // Each may have to wait for its tree and for its session.
            let _ = self
                .all_left
                .wait_for(self.settings.request_time().saturating_mul(2));
        }
        self.state.lock().ended = true;
        let _making = self.making.exclusive();
        let ended = core::mem::take(&mut *self.state.lock());
        self.state.lock().ended = true;
        if let Some(link) = ended.link {
            drop(ended.sessions);
            drop(link.keeper);
        }
    }

    /// The connection, made anew if it is broken. `making` is held.
    fn connection(&self) -> Result<PoolArc<Connection>> {
        let broken = {
            let mut state = self.state.lock();
            if state.ended {
                return Err(Status::BAD_NETWORK_PATH);
            }
            match &state.link {
                Some(link) if link.connection.check().is_ok() => {
                    return Ok(PoolArc::clone(&link.connection));
                }
                _ => {}
            }
            (state.link.take(), state.sessions.take())
        };
        // Waits until nothing of the old connection runs any more.
        drop(broken);
        let server = ServerName {
            host: &self.host,
            port: self.port,
        };
        let (connection, keeper) =
            connection::open(&self.transport, server, self.config()?, &self.settings)?;
        self.state.lock().link = Some(Link {
            connection: PoolArc::clone(&connection),
            keeper,
        });
        Ok(connection)
    }

    /// A session that serves the credentials, with one more user. `making` is held.
    fn join_existing(
        &self,
        credentials: &PoolArc<Credentials>,
    ) -> Result<Option<(PoolArc<Session>, PoolArc<Credentials>)>> {
        let found = {
            let state = self.state.lock();
            let mut sessions = state.sessions.iter().flat_map(|sessions| sessions.iter());
            sessions
                .find(|entry| entry.credentials.same_logon(credentials))
                .map(|entry| {
                    (
                        PoolArc::clone(&entry.session),
                        PoolArc::clone(&entry.credentials),
                    )
                })
        };
        let Some((session, known)) = found else {
            return Ok(None);
        };
        if !credentials.accept_session_of(&known) {
            return Err(Status::NETWORK_CREDENTIAL_CONFLICT);
        }
        self.with_entry(&session, |entry| {
            entry.users = entry.users.saturating_add(1)
        });
        Ok(Some((session, known)))
    }

    fn with_entry(&self, session: &PoolArc<Session>, work: impl FnOnce(&mut SessionEntry)) {
        let mut state = self.state.lock();
        let mut sessions = state
            .sessions
            .iter_mut()
            .flat_map(|sessions| sessions.iter_mut());
        if let Some(entry) = sessions.find(|entry| PoolArc::ptr_eq(&entry.session, session)) {
            work(entry);
        }
    }

    fn config(&self) -> Result<Config> {
        let settings = &self.settings;
        let request_timeout = Interval::from_millis(settings.request_timeout);
        let name = smb_client::ServerName::new(&self.host).map_err(status::from_client)?;
        Ok(Config {
            min_dialect: dialect(settings.min_dialect),
            max_dialect: dialect(settings.max_dialect),
            signing: if settings.require_signing != 0 {
                SigningPolicy::Required
            } else {
                SigningPolicy::Enabled
            },
            encryption: if settings.require_encryption != 0 {
                EncryptionPolicy::Required
            } else {
                EncryptionPolicy::Enabled
            },
            ciphers: settings.ciphers(),
            allow_guest: settings.allow_guest != 0,
            allow_anonymous: settings.allow_anonymous != 0,
            request_timeout,
            // Who asks for more time does not get less.
            pended_timeout: Interval::from_secs(settings.pended_timeout).max(request_timeout),
            echo_after: Some(Interval::from_millis(settings.echo_after)),
            credits: u16::try_from(settings.credits).unwrap_or(u16::MAX),
            table_capacity: REQUESTS,
            ..Config::new(name, self.machine.guid())
        })
    }
}

/// How many sessions one server may have: more local logons than that are not served.
const SESSIONS: usize = 64;
/// How many requests one connection may have in flight or waiting for credits.
const REQUESTS: u16 = 2048;

fn dialect(revision: u32) -> Dialect {
    Dialect(u16::try_from(revision).unwrap_or(u16::MAX))
}
