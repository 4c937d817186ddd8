//! What the server tells about itself: one record a request, and totals.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use smb_wire::NtStatus;
use smb_wire::smb2::Command;

/// One request and its reply, as the server saw them.
#[derive(Clone, Debug)]
pub struct Served {
    /// The connection's number, from 1.
    pub connection: u64,
    /// What was asked.
    pub command: Command,
    /// The request's message id.
    pub message_id: u64,
    /// How many credits it cost.
    pub credit_charge: u16,
    /// For READ and WRITE, the offset and the number of bytes asked for.
    pub range: Option<(u64, u32)>,
    /// The request's size in bytes, from its SMB2 header on.
    pub bytes_in: usize,
    /// The reply's size in bytes, from its SMB2 header on; 0 if it was swallowed.
    pub bytes_out: usize,
    /// The reply's status.
    pub status: NtStatus,
    /// Whether the request came sealed.
    pub sealed: bool,
    /// Whether an interim reply was sent before.
    pub interim: bool,
    /// When the request's last byte had been received.
    pub received: Instant,
    /// When the reply had been handed to the transport.
    pub answered: Instant,
}

/// Called after each reply, on the thread that sent it; it must not block.
pub type Observer = Arc<dyn Fn(&Served) + Send + Sync>;

/// Totals since the server started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Connections accepted.
    pub connections: u64,
    /// Connections that are open now.
    pub open_connections: u64,
    /// Sessions that are logged on now.
    pub open_sessions: u64,
    /// Files and directories that are open now, on all shares.
    pub open_handles: u64,
    /// Requests received, by command.
    pub requests: [u64; COMMANDS],
    /// Bytes received, framing included.
    pub bytes_in: u64,
    /// Bytes sent, framing included.
    pub bytes_out: u64,
    /// Requests whose signature did not match, and CANCELs without the protection that was due.
    pub bad_signatures: u64,
    /// Requests that came sealed.
    pub sealed_requests: u64,
    /// Connections that were ended because of what the client sent.
    pub protocol_errors: u64,
    /// Requests that met a rule of the fault script, and frames that met a fault of their stream.
    pub faults: u64,
}

impl Stats {
    /// Requests received with this command.
    pub fn requests_of(&self, command: Command) -> u64 {
        self.requests
            .get(usize::from(command.0))
            .copied()
            .unwrap_or(0)
    }
}

/// The number of SMB2 commands.
const COMMANDS: usize = 19;

/// The counters behind [`Stats`].
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) connections: AtomicU64,
    pub(crate) open_connections: AtomicU64,
    pub(crate) bytes_in: AtomicU64,
    pub(crate) bytes_out: AtomicU64,
    pub(crate) bad_signatures: AtomicU64,
    pub(crate) sealed_requests: AtomicU64,
    pub(crate) protocol_errors: AtomicU64,
    requests: [AtomicU64; COMMANDS],
}

impl Counters {
    pub(crate) fn request(&self, command: Command) {
        if let Some(counter) = self.requests.get(usize::from(command.0)) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The totals; what is counted elsewhere is left at zero.
    pub(crate) fn snapshot(&self) -> Stats {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            connections: read(&self.connections),
            open_connections: read(&self.open_connections),
            requests: std::array::from_fn(|command| read(&self.requests[command])),
            bytes_in: read(&self.bytes_in),
            bytes_out: read(&self.bytes_out),
            bad_signatures: read(&self.bad_signatures),
            sealed_requests: read(&self.sealed_requests),
            protocol_errors: read(&self.protocol_errors),
            ..Stats::default()
        }
    }
}
