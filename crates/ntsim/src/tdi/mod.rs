//! The TDI devices of TCP, `\Device\Tcp` and `\Device\Tcp6`, over [`crate::tcp`]: addresses, connection endpoints and their
//! options. As with any device, requests come as IRPs; this module is the driver.
//!
//! Not there: listening, datagrams, event handlers, queries.

mod address;
mod device;
mod dispatch;
mod endpoint;
mod option;
#[cfg(test)]
mod tests;

pub(crate) use address::open as addresses;
pub(crate) use device::{start, stop};
