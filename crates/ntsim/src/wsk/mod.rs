//! The WSK provider: kernel sockets over [`crate::tcp`].

mod address;
mod address_info;
mod connection;
mod dispatch;
mod operation;
mod option;
mod presence;
mod registration;
mod resolve;
mod socket;
#[cfg(test)]
mod tests;
mod transfer;

pub(crate) use presence::provide;
pub(crate) use registration::registrations;
pub use registration::{WskCaptureProviderNPI, WskDeregister, WskRegister, WskReleaseProviderNPI};
