//! A user-mode NT kernel with a verifier.
//!
//! [`Kernel::boot`] starts one; [`Kernel::load_driver`] loads a driver that was written against [`sys`], where everything
//! has the names and the x64 layout of the WDK; [`user`] is what user programs do with it. The [`verifier`] watches the
//! driver and ends the test when it breaks a [`verifier::Rule`].
//!
//! Not there: paging (all memory is resident), the cache and memory managers, APCs and alerts, plug and play, power,
//! impersonation and access checks, listening and datagram sockets.

#![allow(
    non_snake_case,
    non_upper_case_globals,
    clippy::missing_safety_doc,
    clippy::too_many_arguments,
    reason = "kernel services have the WDK's names, signatures and contracts"
)]
#![cfg_attr(
    test,
    allow(
        clippy::multiple_unsafe_ops_per_block,
        reason = "tests call several services in a row"
    )
)]

mod ex;
mod io;
mod irql;
mod ke;
mod kernel;
pub mod log;
mod mdl;
mod mode;
mod mup;
mod ob;
mod pool;
mod ps;
mod registry;
mod rtl;
mod stats;
pub mod sys;
mod tcp;
mod tdi;
pub mod trace;
pub mod user;
pub mod verifier;
mod wsk;

pub use kernel::{Config, Driver, DriverEntryFn, Kernel, LeakReport};
pub use pool::{Faults, KernelAllocator, PoolLeak};
pub use registry::Value as RegistryValue;
pub use stats::Stats;

#[cfg(test)]
#[global_allocator]
static ALLOCATOR: KernelAllocator = KernelAllocator;
