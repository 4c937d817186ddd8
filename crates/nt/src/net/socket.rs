//! A stream of either kind.

use super::carrier::{Carrier, Transfer};
use super::stream::{KeepAlive, Stream};
use super::traffic::Traffic;
use crate::{Result, tdi, wsk};
use core::time::Duration;

/// A TCP connection by Winsock Kernel or by TDI: one comparison an operation tells them apart.
pub enum Socket {
    /// By Winsock Kernel.
    Wsk(wsk::Socket),
    /// By TDI.
    Tdi(tdi::Socket),
}

/// Does the same with either kind.
macro_rules! either {
    ($socket:expr, $stream:ident => $work:expr) => {
        match $socket {
            Socket::Wsk($stream) => $work,
            Socket::Tdi($stream) => $work,
        }
    };
}

// SAFETY: both kinds keep the contract.
unsafe impl Carrier for Socket {
    fn traffic(&self) -> &Traffic {
        either!(self, stream => stream.traffic())
    }

    fn stack_size(&self) -> i8 {
        either!(self, stream => stream.stack_size())
    }

    fn receives_by_window(&self) -> bool {
        either!(self, stream => stream.receives_by_window())
    }

    #[track_caller]
    unsafe fn transfer(&self, transfer: Transfer) -> Result<i32> {
        // SAFETY: the caller keeps the contract.
        either!(self, stream => unsafe { stream.transfer(transfer) })
    }
}

impl Stream for Socket {
    #[track_caller]
    fn set_nodelay(&self, on: bool) -> Result<()> {
        either!(self, stream => stream.set_nodelay(on))
    }

    #[track_caller]
    fn set_keep_alive(&self, keep_alive: Option<KeepAlive>) -> Result<()> {
        either!(self, stream => stream.set_keep_alive(keep_alive))
    }

    #[track_caller]
    fn disconnect(&self, timeout: Duration) -> Result<()> {
        either!(self, stream => stream.disconnect(timeout))
    }

    #[track_caller]
    fn abort(&self, timeout: Duration) -> Result<()> {
        either!(self, stream => stream.abort(timeout))
    }

    #[track_caller]
    fn close(&self) {
        either!(self, stream => stream.close());
    }
}
