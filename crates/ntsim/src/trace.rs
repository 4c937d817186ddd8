//! What happens in the kernel, as it happens, for who wants to watch.

use crate::mode;
use crate::sys::NTSTATUS;
use core::sync::atomic::{AtomicBool, Ordering};
use parking_lot::RwLock;
use std::sync::Arc;
use std::time::Instant;

/// Something that happened.
#[derive(Clone, Copy, Debug)]
pub enum Event {
    /// A request went to a driver.
    Irp {
        /// Names the request until its completion.
        id: usize,
        /// `IRP_MJ_`.
        major: u8,
        /// `IRP_MN_`.
        minor: u8,
        /// Bytes to read or write, or 0.
        length: u32,
    },
    /// A request was completed.
    Completed {
        /// The request.
        id: usize,
        /// Its status.
        status: NTSTATUS,
        /// Its information, mostly a count of bytes.
        information: u64,
    },
    /// The driver gave bytes to the network; told before they leave.
    Sent {
        /// Names the socket.
        socket: usize,
        /// How many.
        bytes: usize,
    },
    /// Bytes came in from the network.
    Received {
        /// Names the socket.
        socket: usize,
        /// How many.
        bytes: usize,
    },
}

/// Receives events, on the thread on which they happen.
pub type Hook = Arc<dyn Fn(Instant, &Event) + Send + Sync>;

static ON: AtomicBool = AtomicBool::new(false);
static HOOK: RwLock<Option<Hook>> = RwLock::new(None);

/// Sets who is told of events.
pub fn set_hook(hook: Option<Hook>) {
    ON.store(hook.is_some(), Ordering::Relaxed);
    *HOOK.write() = hook;
}

/// Tells of an event; next to nothing when nobody listens.
#[inline]
pub(crate) fn emit(event: impl FnOnce() -> Event) {
    if ON.load(Ordering::Relaxed) {
        let _host = mode::host();
        let hook = HOOK.read().clone();
        if let Some(hook) = hook {
            hook(Instant::now(), &event());
        }
    }
}
