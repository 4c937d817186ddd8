//! The WSK provider: kernel sockets over the host's. Operations complete at DISPATCH_LEVEL, on the caller's thread when
//! the host can do them at once, else on the network thread.

mod address;
mod buffer;
mod poller;
mod provider;
mod resolve;
mod socket;
mod state;
mod status;
#[cfg(test)]
mod tests;

pub(crate) use poller::stop;
pub use provider::{WskCaptureProviderNPI, WskDeregister, WskRegister, WskReleaseProviderNPI};

/// How many registrations and sockets there are.
pub(crate) fn live() -> usize {
    provider::registrations() + socket::sockets()
}
