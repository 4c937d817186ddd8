//! What a transport has to do for a [`super::Stream`]: move the bytes of one IRP.

use super::range::RawRange;
use super::traffic::Traffic;
use super::window::Window;
use crate::{Result, Status, sys};
use core::ptr::NonNull;

/// Which way bytes go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To the peer.
    Send,
    /// From the peer.
    Receive,
}

impl Direction {
    /// What an IRP's outcome means.
    pub(crate) fn result(self, status: Status, bytes: usize) -> Result<usize> {
        match (self, status) {
            // TDI's way to say that the peer has closed its side; WSK's is a success without bytes.
            (Self::Receive, Status::GRACEFUL_DISCONNECT) => Ok(0),
            (_, status) => status.ok().map(|()| bytes),
        }
    }
}

/// One IRP and the bytes that it is to move. Pointers, because all of it may be somebody else's as soon as the IRP is given
/// away, even before that call returns.
pub struct Transfer {
    /// Which way.
    pub(crate) direction: Direction,
    /// Which bytes; stays where it is until the IRP has completed.
    pub(crate) range: NonNull<RawRange>,
    /// For transports that need one, if the request has one.
    pub(crate) window: Option<NonNull<Window>>,
    /// Prepared, with its completion routine set.
    pub(crate) irp: *mut sys::IRP,
}

/// The part of a stream that only this crate can implement.
///
/// # Safety
///
/// [`Carrier::transfer`] completes the IRP once if it returns Ok, and never otherwise; and [`Carrier::traffic`] is always the
/// same.
pub unsafe trait Carrier {
    /// What goes on at the stream.
    fn traffic(&self) -> &Traffic;

    /// How many stack locations the stream's IRPs need.
    fn stack_size(&self) -> i8;

    /// Whether a request that receives needs an MDL of its own to begin in the middle of another.
    fn receives_by_window(&self) -> bool;

    /// Hands the IRP to the transport; its outcome comes by the IRP.
    ///
    /// # Safety
    ///
    /// Called within [`Traffic::call`], with the IRP prepared and locations enough; range, window and memory stay, and are
    /// nobody else's, until it completes.
    #[doc(hidden)]
    unsafe fn transfer(&self, transfer: Transfer) -> Result<i32>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_that_has_closed_its_side_is_nothing_received_however_that_is_said() {
        let receive = |status| Direction::Receive.result(status, 0);
        assert_eq!(receive(Status::SUCCESS), Ok(0));
        assert_eq!(receive(Status::GRACEFUL_DISCONNECT), Ok(0));
        let reset = Status::CONNECTION_RESET;
        assert_eq!(receive(reset), Err(reset));
        let closed = Status::GRACEFUL_DISCONNECT;
        assert_eq!(Direction::Send.result(closed, 0), Err(closed));
        assert_eq!(Direction::Send.result(Status::SUCCESS, 5), Ok(5));
    }
}
