//! TCP by Winsock Kernel.
//!
//! [`Provider`] attaches to WSK, [`resolve()`] looks a host name up, [`Socket::connect`] makes a connection: a
//! [`crate::net::Stream`].

mod address;
mod provider;
mod resolve;
mod socket;

pub use provider::Provider;
pub use resolve::resolve;
pub use socket::Socket;

/// WSK's functions use the one stack location that an IRP from IoAllocateIrp has at least.
const STACK_SIZE: i8 = 1;
