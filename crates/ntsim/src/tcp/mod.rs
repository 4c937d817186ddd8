//! TCP over the host's sockets, for those through which drivers reach it: WSK and TDI. Operations complete at DISPATCH_LEVEL,
//! on the caller's thread when the host can do them at once, else on the network thread.

mod buffer;
mod poller;
mod socket;
mod state;
mod status;

pub(crate) use buffer::Range;
pub(crate) use poller::stop;
pub(crate) use socket::{Owner, Socket, sockets};
pub(crate) use status::of as status_of;
