//! TCP by the Transport Driver Interface, for where there is no Winsock Kernel.
//!
//! [`Socket::connect`] makes a connection: a [`crate::net::Stream`]. Each has two files of the transport's, an address of
//! ours and a connection endpoint, and every operation is an IRP sent to the endpoint.
//!
//! TDI knows no host names, so there is no look-up here. No event handlers are set: the driver above always has a receive in
//! flight, which tells it of the connection's end.

mod address;
mod file;
mod option;
mod socket;

pub use socket::Socket;
