//! TCP connections, whatever carries them: Winsock Kernel ([`crate::wsk`]) or TDI ([`crate::tdi`]).
//!
//! Both implement [`Stream`]. On a stream run
//!
//! * synchronous calls with a time-out ([`Stream::send_wait`], [`Stream::receive_wait`]), for setting up;
//! * asynchronous ones by [`Request`]: allocated once, it owns an IRP and a context that owns the buffers. Starting an
//!   operation gives the request away; its [`Completion`] gets it back. So nothing in flight can be freed or touched,
//!   and a steady stream of operations allocates nothing.
//!
//! [`Socket`] is a stream of either kind, for who lets a setting choose.

mod call;
mod carrier;
mod range;
mod request;
mod socket;
mod stream;
mod traffic;
mod window;

pub(crate) use call::Call;
pub(crate) use carrier::Transfer;
pub use carrier::{Carrier, Direction};
pub use range::{Gather, Room};
pub use request::{Completion, Request};
pub use socket::Socket;
pub use stream::{KeepAlive, Stream};
pub use traffic::Traffic;
