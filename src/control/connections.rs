//! The connections that users have made, to tell them of: RDBSS keeps its views of shares, but lists them to nobody.

use nt::pool::{PoolArc, PoolVec, Tag};
use nt::sync::SpinLock;
use nt::{Result, Status, string};
use rdbss::objects::LogonId;

use crate::share::View;

const TAG: Tag = Tag::new(b"OxCn");

/// How many connections one logon may have: each takes nonpaged pool.
const MOST: usize = 512;

/// A connection that was made by a control and not ended yet.
pub struct Connection {
    serial: u64,
    logon: LogonId,
    name: PoolVec<u16>,
    /// The name in upper case, which can be compared under a spin lock.
    key: PoolVec<u16>,
    view: PoolArc<View>,
}

impl Connection {
    /// Its number in the order in which connections were made.
    pub fn serial(&self) -> u64 {
        self.serial
    }

    /// The NT name that it was made with.
    pub fn name(&self) -> &[u16] {
        &self.name
    }

    /// The logon's view of the share.
    pub fn view(&self) -> &View {
        &self.view
    }

    fn is(&self, logon: LogonId, key: &[u16]) -> bool {
        self.logon == logon && *self.key == *key
    }
}

/// All of them.
pub struct Connections(SpinLock<Table>);

struct Table {
    /// The last number given.
    last: u64,
    connections: PoolVec<PoolArc<Connection>>,
}

impl Connections {
    /// None yet.
    pub const fn none() -> Self {
        Self(SpinLock::new(Table {
            last: 0,
            connections: PoolVec::new(TAG),
        }))
    }

    /// Notes a connection, if it is not noted already. IRQL: PASSIVE.
    ///
    /// # Errors
    /// STATUS_TOO_MANY_SESSIONS when the logon has too many.
    pub fn note(&self, logon: LogonId, name: &[u16], view: &PoolArc<View>) -> Result<()> {
        if self.find(logon, name)?.is_some() {
            return Ok(());
        }
        let serial = {
            let mut table = self.0.lock();
            table.last = table.last.wrapping_add(1);
            table.last
        };
        let mut own_name = PoolVec::new(TAG);
        own_name.extend_from_slice(name)?;
        let connection = PoolArc::new(
            TAG,
            Connection {
                serial,
                logon,
                name: own_name,
                key: upper_case(name)?,
                view: PoolArc::clone(view),
            },
        )?;
        let mut table = self.0.lock();
        let mut others = 0usize;
        for other in table.connections.iter() {
            // Another thread may have made the same connection meanwhile.
            if other.is(logon, &connection.key) {
                return Ok(());
            }
            others = others.saturating_add(usize::from(other.logon == logon));
        }
        if others >= MOST {
            return Err(Status::TOO_MANY_SESSIONS);
        }
        table.connections.push(connection)
    }

    /// The connection of this name that the logon has. IRQL: PASSIVE.
    ///
    /// # Errors
    /// STATUS_INSUFFICIENT_RESOURCES.
    pub fn find(&self, logon: LogonId, name: &[u16]) -> Result<Option<PoolArc<Connection>>> {
        let key = upper_case(name)?;
        let table = self.0.lock();
        let mut connections = table.connections.iter();
        Ok(connections
            .find(|connection| connection.is(logon, &key))
            .cloned())
    }

    /// The logon's first connection with a number above this.
    pub fn next(&self, logon: LogonId, after: u64) -> Option<PoolArc<Connection>> {
        let table = self.0.lock();
        let behind = table
            .connections
            .iter()
            .filter(|connection| connection.logon == logon && connection.serial > after);
        behind.min_by_key(|connection| connection.serial).cloned()
    }

    /// The connection has ended.
    pub fn forget(&self, ended: PoolArc<Connection>) {
        let gone = {
            let mut table = self.0.lock();
            let mut connections = table.connections.iter();
            let index = connections.position(|known| PoolArc::ptr_eq(known, &ended));
            index.and_then(|index| table.connections.swap_remove(index))
        };
        drop(gone);
    }

    /// All of a logon's have ended. IRQL: any.
    pub fn forget_all_of(&self, logon: LogonId) {
        loop {
            let gone = {
                let mut table = self.0.lock();
                let mut connections = table.connections.iter();
                let index = connections.position(|known| known.logon == logon);
                index.and_then(|index| table.connections.swap_remove(index))
            };
            if gone.is_none() {
                return;
            }
        }
    }

    /// All have ended.
    pub fn forget_all(&self) {
        let gone = core::mem::replace(&mut self.0.lock().connections, PoolVec::new(TAG));
        drop(gone);
    }
}

fn upper_case(name: &[u16]) -> Result<PoolVec<u16>> {
    let mut key = PoolVec::with_capacity(TAG, name.len())?;
    for &unit in name {
        key.push(string::upcase(unit))?;
    }
    Ok(key)
}
