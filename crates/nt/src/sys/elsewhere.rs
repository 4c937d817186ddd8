//! Everywhere else: `ntsim`.

pub use ntsim::sys::*;

/// Time since the system started, in 100-ns units.
#[track_caller]
pub(crate) fn interrupt_time() -> u64 {
    // SAFETY: the counter is optional.
    unsafe { KeQueryInterruptTimePrecise(core::ptr::null_mut()) }
}

/// Time since 1601 (UTC), in 100-ns units.
#[track_caller]
pub(crate) fn system_time() -> u64 {
    let mut time = LARGE_INTEGER { QuadPart: 0 };
    // SAFETY: the argument is a LARGE_INTEGER to fill in.
    unsafe { KeQuerySystemTimePrecise(&mut time) };
    // SAFETY: all of the union was written.
    unsafe { time.QuadPart }.cast_unsigned()
}

/// Says that the thread is about to wait for the network, which it may not do with certain locks held.
#[track_caller]
pub(crate) fn network_wait() {
    ntsim::verifier::network_wait();
}
