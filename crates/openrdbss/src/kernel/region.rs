//! Critical regions: no normal kernel APC runs, so that a thread cannot be stopped while it has an ERESOURCE.

use nt::sync::CriticalRegion;

/// Enters a critical region, left when the guard drops; they nest.
#[track_caller]
pub(crate) fn enter() -> CriticalRegion {
    CriticalRegion::enter()
}
