//! What MRxCreateSrvCall and MRxCreateVNetRoot have alike: they are answered through a callback, once.

use crate::assertion::{Rule, require, violated};
use crate::live::Live;
use nt::sys::{NTSTATUS, STATUS_PENDING};

/// What the words of a callback structure hold once it has been used: nothing that could be taken for an answer.
pub(super) const POISON: usize = 0xdead_beef_dead_beef_usize;

/// A pointer that traps.
pub(super) fn poison<T>() -> *mut T {
    core::ptr::without_provenance_mut(POISON)
}

/// Checks that the mini-redirector leaves the answer to the callback. What it returned in place of that is the answer, but no
/// success: that becomes `failed`.
#[track_caller]
pub(super) fn require_pending<T>(
    returned: NTSTATUS,
    failed: NTSTATUS,
    object: Live<T>,
) -> Result<(), NTSTATUS> {
    let pended = returned == STATUS_PENDING;
    require(pended, Rule::PendingRequired, object.as_ptr());
    match returned {
        STATUS_PENDING => Ok(()),
        error if error < 0 => Err(error),
        _ => Err(failed),
    }
}

/// What a used callback structure calls.
pub(super) unsafe extern "C" fn again<T>(context: *mut T) {
    violated(Rule::CallbackTwice, context);
}
