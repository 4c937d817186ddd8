//! A TCP connection and what can be done with it.

use super::call::Call;
use super::carrier::{Carrier, Direction, Transfer};
use super::range::{Gather, RawRange, Room};
use super::request::{Completion, Request};
use super::window::Window;
use crate::Result;
use core::ptr::NonNull;
use core::time::Duration;

/// How an idle connection is probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepAlive {
    /// Silence before the first probe (whole seconds).
    pub idle: Duration,
    /// Time between probes (whole seconds).
    pub interval: Duration,
    /// Unanswered probes that end the connection.
    pub probes: u32,
}

/// A TCP connection, for any number of threads at once.
///
/// Dropping closes it, which waits for the operations in flight and their completions: IRQL PASSIVE, and never from a
/// completion, so a request's context must not own its stream. Once closed, it may be dropped anywhere.
pub trait Stream: Carrier + Send + Sync + Sized {
    /// Whether small segments are sent at once instead of being gathered. IRQL: PASSIVE.
    fn set_nodelay(&self, on: bool) -> Result<()>;

    /// Has TCP probe an idle connection; None turns that off. A transport that cannot be told when to probe does so at the
    /// system's own times. IRQL: PASSIVE.
    fn set_keep_alive(&self, keep_alive: Option<KeepAlive>) -> Result<()>;

    /// Ends our side of the connection in good order and waits until the peer knows; what it still sends can be
    /// received. IRQL: PASSIVE.
    fn disconnect(&self, timeout: Duration) -> Result<()>;

    /// Resets the connection at once: operations in flight end with an error. IRQL: PASSIVE.
    fn abort(&self, timeout: Duration) -> Result<()>;

    /// Closes the stream: aborts what is in flight and waits until every completion has returned. What is started from
    /// now on completes with STATUS_CONNECTION_DISCONNECTED. May be called more than once, by several threads.
    /// IRQL: PASSIVE, and not from a completion.
    fn close(&self);

    /// Starts sending all of the bytes that the closure names, out of what the context owns. The context's
    /// [`Completion`] gets the request back, also when nothing could be started. IRQL: any.
    #[track_caller]
    fn send<C: Completion>(
        &self,
        request: Request<C>,
        bytes: impl for<'a> FnOnce(&'a mut C) -> Result<Gather<'a>>,
    ) {
        request.start(self, Direction::Send, |context| bytes(context)?.into_raw());
    }

    /// Starts receiving into the room that the closure names, in what the context owns. The result is how many bytes
    /// came, 0 when the peer has closed its side. The context's [`Completion`] gets the request back, also when nothing
    /// could be started. IRQL: any.
    #[track_caller]
    fn receive<C: Completion>(
        &self,
        request: Request<C>,
        room: impl for<'a> FnOnce(&'a mut C) -> Result<Room<'a>>,
    ) {
        request.start(self, Direction::Receive, |context| {
            room(context)?.into_raw()
        });
    }

    /// Sends and waits; returns how many bytes were sent. IRQL: PASSIVE.
    ///
    /// After a time-out it is unknown how many bytes have left, so the connection is of no use any more.
    #[track_caller]
    fn send_wait(&self, bytes: Gather<'_>, timeout: Duration) -> Result<usize> {
        transfer_wait(self, Direction::Send, bytes.into_raw()?, timeout)
    }

    /// Receives and waits; returns how many bytes came, 0 when the peer has closed its side. IRQL: PASSIVE.
    #[track_caller]
    fn receive_wait(&self, room: Room<'_>, timeout: Duration) -> Result<usize> {
        transfer_wait(self, Direction::Receive, room.into_raw()?, timeout)
    }
}

#[track_caller]
fn transfer_wait<S: Carrier>(
    stream: &S,
    direction: Direction,
    mut range: RawRange,
    timeout: Duration,
) -> Result<usize> {
    let traffic = stream.traffic();
    let _operation = traffic.enter()?;
    let mut window = match direction {
        Direction::Receive if stream.receives_by_window() => Some(Window::new()?),
        _ => None,
    };
    let call = Call::new(stream.stack_size())?;
    let start = |irp| {
        let transfer = Transfer {
            direction,
            range: NonNull::from(&mut range),
            window: window.as_mut().map(NonNull::from),
            irp,
        };
        // SAFETY: the memory is borrowed for longer than this function, which waits; the packet is prepared.
        traffic.call(|| unsafe { stream.transfer(transfer) })
    };
    // SAFETY: the closure starts one transfer, with what outlives it.
    let (status, bytes) = unsafe { call.run(Some(timeout), start) }?;
    direction.result(status, bytes)
}
