//! Giving operations up: RDBSS names a cancelled operation by its serial number.

use core::sync::atomic::{AtomicU64, Ordering};

use nt::Status;
use nt::pool::PoolArc;
use smb_client::{Cancelled, SharedTable};

use crate::connection::{Connection, now};
use crate::exchange::{self, Requester};
use crate::session::Guard;

/// Names an operation among all of this driver, for its life and for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Serial(u64);

impl Serial {
    /// A name that no operation had before.
    pub fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// The serial number that RDBSS gives back with a cancellation.
    pub const fn from_cookie(cookie: u64) -> Self {
        Self(cookie)
    }

    /// What RDBSS is told to give back.
    pub const fn cookie(self) -> u64 {
        self.0
    }
}

/// Gives up every request that an operation has on a connection. The operation ends by the answers, as always. IRQL: any.
pub fn cancel(connection: &PoolArc<Connection>, serial: Serial) {
    loop {
        let cancelled = connection.with(|table| {
            let id = table.find(|requester| requester.serial() == Some(serial))?;
            if let Some(operation) = table.token(id) {
                operation.give_up();
            }
            let guard = table.token(id).map(Requester::guard);
            Some((table.cancel(id, now()), guard.unwrap_or(Guard::None)))
        });
        match cancelled {
            None => return,
            Some((Cancelled::Unsent(requester), _)) => {
                requester.failed(Status::CANCELLED);
                // What waited behind it for credits may go now.
                exchange::send_queued(connection);
            }
            Some((Cancelled::Send(target), guard)) => {
                // The server may be waited for more briefly now.
                connection.wake_keeper();
                exchange::send_cancel(connection, &target, &guard);
            }
            Some((Cancelled::TooLate, _)) => {}
        }
    }
}
