//! The WSK provider: kernel sockets over [`crate::tcp`].

mod address;
mod provider;
mod resolve;
#[cfg(test)]
mod tests;

pub use provider::{WskCaptureProviderNPI, WskDeregister, WskRegister, WskReleaseProviderNPI};
pub(crate) use provider::{provide, registrations};
