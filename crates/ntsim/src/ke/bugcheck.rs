//! KeBugCheckEx.

use crate::sys::{ULONG, ULONG_PTR};
use crate::verifier::broken;
use core::panic::Location;

/// Stops the system: reports the code and its parameters, and ends the process unless the report already ended the test.
#[track_caller]
pub unsafe fn KeBugCheckEx(
    BugCheckCode: ULONG,
    BugCheckParameter1: ULONG_PTR,
    BugCheckParameter2: ULONG_PTR,
    BugCheckParameter3: ULONG_PTR,
    BugCheckParameter4: ULONG_PTR,
) -> ! {
    broken!(
        BugCheck,
        Location::caller(),
        None,
        "bug check {BugCheckCode:#x} ({BugCheckParameter1:#x}, {BugCheckParameter2:#x}, {BugCheckParameter3:#x}, \
         {BugCheckParameter4:#x})"
    );
    panic!("bug check {BugCheckCode:#x}");
}
