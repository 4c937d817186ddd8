//! Giving operations up: RDBSS names a cancelled operation by its serial number.

use core::sync::atomic::{AtomicU64, Ordering};

use nt::Status;
use nt::pool::PoolArc;
use smb_client::{CancelTarget, Cancelled, SharedTable};

use crate::connection::{Connection, Table, now};
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

/// Gives up every request that an operation has on a connection.
///
/// A read ends at once, whatever the server makes of it: its late answers are dropped with their data. A write ends by the
/// server's word, or soon without: one that is told to be over must not land later, on top of a newer one. IRQL: any.
pub fn cancel(connection: &PoolArc<Connection>, serial: Serial) {
    while let Some((end, guard)) = connection.with(|table| give_up(table, serial)) {
        if let End::Waiting(target) | End::Over(_, Some(target)) = &end {
            exchange::send_cancel(connection, target, &guard);
        }
        match end {
            // The server may be waited for more briefly now.
            End::Waiting(_) => connection.wake_keeper(),
            End::Over(requester, sent) => {
                requester.failed(Status::CANCELLED);
                if sent.is_none() {
                    // What waited behind it for credits may go now.
                    exchange::send_queued(connection);
                }
            }
        }
    }
}

/// What became of one request.
enum End {
    /// The server is waited for.
    Waiting(CancelTarget),
    /// It is over; the server has to hear of it if it had been sent.
    Over(Requester, Option<CancelTarget>),
}

/// Gives up one request of an operation, if there is one that is not being received already, and tells how it was protected.
fn give_up(table: &mut Table, serial: Serial) -> Option<(End, Guard)> {
    let id = table.find(|requester| requester.serial() == Some(serial))?;
    let requester = table.token(id)?;
    requester.give_up();
    let guard = requester.guard();
    let end = if requester.changes_nothing() {
        let (requester, sent) = table.abandon(id)?;
        End::Over(requester, sent)
    } else {
        match table.cancel(id, now()) {
            Cancelled::Unsent(requester) => End::Over(requester, None),
            Cancelled::Send(target) => End::Waiting(target),
            Cancelled::TooLate => return None,
        }
    };
    Some((end, guard))
}
