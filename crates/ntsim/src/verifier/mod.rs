//! The verifier: rules, what happens when one is broken, and the checks that are no part of a single service.

mod held;
mod last;
mod order;
mod rule;
#[cfg(test)]
mod tests;

pub(crate) use held::{
    Kind, acquired, acquiring, forget_marked, held_count, holds, released, released_for,
    require_no_more_held_than,
};
pub use held::{mark_fcb_resource, network_wait};
pub use last::last_violation;
pub(crate) use last::{print as print_last, watch_panics};
pub(crate) use order::{forget_range, reset as reset_order};
pub use rule::Rule;

use crate::mode;
use core::fmt;
use core::panic::Location;
use parking_lot::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// A place in the source code.
pub type Place = &'static Location<'static>;

/// A broken rule.
#[derive(Clone, Debug)]
pub struct Violation {
    /// The rule.
    pub rule: Rule,
    /// What exactly happened.
    pub detail: String,
    /// Where it happened.
    pub place: Place,
    /// The other place that matters, such as the first of two completions.
    pub other: Option<Place>,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "verifier: {:?}: {}\n  at {}",
            self.rule, self.detail, self.place
        )?;
        match self.other {
            Some(other) => write!(f, "\n  and {other}"),
            None => Ok(()),
        }
    }
}

/// Whether [`catch`] is listening; kept beside the slot so that nothing is locked when it is not.
static CATCHING: AtomicBool = AtomicBool::new(false);
static CAUGHT: Mutex<Option<Violation>> = Mutex::new(None);

/// Runs `f` and returns the first rule that is broken meanwhile, on any thread. While it runs a broken rule does not end
/// the test: the service that found it fails as gently as it can. For tests that break a rule on purpose.
pub fn catch(f: impl FnOnce()) -> Option<Violation> {
    *CAUGHT.lock() = None;
    CATCHING.store(true, Ordering::SeqCst);
    f();
    CATCHING.store(false, Ordering::SeqCst);
    CAUGHT.lock().take()
}

/// Reports a broken rule. Returns only under [`catch`].
#[cold]
pub(crate) fn report(rule: Rule, place: Place, other: Option<Place>, detail: fmt::Arguments<'_>) {
    let _host = mode::host();
    let violation = Violation {
        rule,
        detail: detail.to_string(),
        place,
        other,
    };
    if CATCHING.load(Ordering::SeqCst) {
        CAUGHT.lock().get_or_insert(violation);
        return;
    }
    eprintln!("{violation}");
    last::remember(&violation);
    // A second panic on a panicking thread would hide the first report.
    if !std::thread::panicking() {
        std::panic::panic_any(violation.to_string());
    }
}

/// `report` with a format string.
macro_rules! broken {
    ($rule:ident, $place:expr, $other:expr, $($format:tt)*) => {
        $crate::verifier::report($crate::verifier::Rule::$rule, $place, $other, format_args!($($format)*))
    };
}
pub(crate) use broken;
