//! What the driver has of a connection.

use std::sync::Arc;
use std::time::Duration;

use super::{Completion, Gather, Request, Room, Wire};
use crate::Result;

/// The driver's end of a [`Wire`].
pub struct Socket(Arc<Wire>);

impl Socket {
    /// The driver's end.
    pub fn new(wire: &Arc<Wire>) -> Self {
        Self(Arc::clone(wire))
    }
}

/// What can be done with a connection; as in `nt`.
pub trait Stream {
    /// Starts sending all of the bytes that the closure names.
    fn send<C: Completion>(
        &self,
        request: Request<C>,
        bytes: impl for<'a> FnOnce(&'a mut C) -> Result<Gather<'a>>,
    );

    /// Starts receiving into the room that the closure names.
    fn receive<C: Completion>(
        &self,
        request: Request<C>,
        room: impl for<'a> FnOnce(&'a mut C) -> Result<Room<'a>>,
    );

    /// Sends and waits.
    ///
    /// # Errors
    /// The connection's end.
    fn send_wait(&self, bytes: Gather<'_>, timeout: Duration) -> Result<usize>;

    /// Receives and waits.
    ///
    /// # Errors
    /// The connection's end, or a time-out.
    fn receive_wait(&self, room: Room<'_>, timeout: Duration) -> Result<usize>;

    /// Ends our side in good order.
    ///
    /// # Errors
    /// STATUS_IO_TIMEOUT.
    fn disconnect(&self, timeout: Duration) -> Result<()>;

    /// Resets the connection.
    ///
    /// # Errors
    /// None, in the model.
    fn abort(&self, timeout: Duration) -> Result<()>;

    /// Aborts what is in flight and waits until every completion has returned.
    fn close(&self);
}

impl Stream for Socket {
    fn send<C: Completion>(
        &self,
        request: Request<C>,
        bytes: impl for<'a> FnOnce(&'a mut C) -> Result<Gather<'a>>,
    ) {
        request.start(
            |request| {
                let gather = bytes(request)?.without_lifetime();
                Ok((gather, self.0.enter()?))
            },
            |gather, flight| self.0.send(gather, |result| flight.end(result)),
        );
    }

    fn receive<C: Completion>(
        &self,
        request: Request<C>,
        room: impl for<'a> FnOnce(&'a mut C) -> Result<Room<'a>>,
    ) {
        request.start(
            |request| Ok((room(request)?.part, self.0.enter()?)),
            |part, flight| self.0.receive(part, |result| flight.end(result)),
        );
    }

    fn send_wait(&self, bytes: Gather<'_>, _: Duration) -> Result<usize> {
        self.0.greet(&bytes.read());
        Ok(bytes.len())
    }

    fn receive_wait(&self, room: Room<'_>, timeout: Duration) -> Result<usize> {
        self.0.receive_wait(&room.part, timeout)
    }

    fn disconnect(&self, timeout: Duration) -> Result<()> {
        self.0.disconnect(timeout)
    }

    fn abort(&self, _: Duration) -> Result<()> {
        self.0.reset();
        Ok(())
    }

    fn close(&self) {
        self.0.close();
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.0.close();
        }
    }
}
