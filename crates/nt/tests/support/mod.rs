//! What every test begins with.

/// A kernel for one test; dropping it checks for leaks.
pub fn boot() -> ntsim::Kernel {
    ntsim::Kernel::boot(ntsim::Config::default())
}
