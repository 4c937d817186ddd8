//! TCP by Winsock Kernel.
//!
//! [`Provider`] attaches to WSK, [`resolve()`] looks a host name up, [`Socket::connect`] makes a connection. On it run
//!
//! * synchronous calls with a time-out ([`Socket::send_wait`], [`Socket::receive_wait`]), for setting up;
//! * asynchronous ones by [`WskRequest`]: allocated once, it owns an IRP and a context that owns the buffers. Starting an
//!   operation gives the request away; its [`Completion`] gets it back. So nothing in flight can be freed or touched,
//!   and a steady stream of operations allocates nothing.

mod address;
mod call;
mod provider;
mod range;
mod request;
mod resolve;
mod socket;

pub use provider::Provider;
pub use range::{Gather, Room};
pub use request::{Completion, WskRequest};
pub use resolve::resolve;
pub use socket::{KeepAlive, Socket};
