//! Rules of the kernel that the driver has broken.

use crate::hook;
use crate::log::log;
use crate::sync::Mutex;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// More of them say nothing new.
const KEPT: usize = 200;

static VIOLATIONS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Records that a rule was broken: `violation!("{routine} at IRQL {level}")`.
macro_rules! violation {
    ($($argument:tt)*) => { $crate::ledger::record(format_args!($($argument)*)) };
}
pub(crate) use violation;

/// Records a violation with the place in the driver that led to it. Use [`violation!`].
pub fn record(what: fmt::Arguments<'_>) {
    let text = match hook::place_in_driver() {
        Some(offset) => format!("{what} (from oxsmb.sys+{offset:#x})"),
        None => format!("{what}"),
    };
    log!("VIOLATION: {text}");
    let mut violations = VIOLATIONS.lock();
    if violations.len() < KEPT {
        violations.push(text);
    }
}

/// All violations so far.
pub fn violations() -> Vec<String> {
    VIOLATIONS.lock().clone()
}
