//! Stopping the system.

use crate::sys;

/// Stops the system, for a state from which going on would do more harm (`KeBugCheckEx`). IRQL: any.
#[track_caller]
pub fn bugcheck(code: u32, parameters: [usize; 4]) -> ! {
    let [one, two, three, four] = parameters.map(|parameter| parameter as sys::ULONG_PTR);
    // SAFETY: the routine takes any numbers, and does not return.
    unsafe { sys::KeBugCheckEx(code, one, two, three, four) }
}
