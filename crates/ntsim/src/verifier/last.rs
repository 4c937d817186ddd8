//! The last violation, kept for what is said when the process ends.
//!
//! A violation on a thread of the kernel, or below a driver's callback, cannot end a test alone: nothing can unwind
//! through it, so the process aborts. Whoever reads its stderr finds the report at the end, behind panic messages and
//! backtraces, and also when a test harness kept what was printed until then.

use super::Violation;
use crate::mode;
use parking_lot::Mutex;
use std::io::Write;
use std::panic::{self, PanicHookInfo};
use std::sync::Once;

static LAST: Mutex<Option<Violation>> = Mutex::new(None);

/// The last rule that was broken outside [`super::catch`] since the last boot. For a program's own last words, such as those
/// of its panic hook.
#[must_use]
pub fn last_violation() -> Option<Violation> {
    let _host = mode::host();
    LAST.lock().clone()
}

pub(super) fn remember(violation: &Violation) {
    *LAST.lock() = Some(violation.clone());
}

/// Prints the last violation, if there is one, to the process's own stderr: what a test harness keeps is lost in an abort.
/// Whether there was one.
pub(crate) fn print() -> bool {
    let last = last_violation();
    let _host = mode::host();
    if let Some(violation) = &last {
        // There is nobody left to tell about a closed stderr.
        let _ = writeln!(std::io::stderr(), "{violation}");
    }
    last.is_some()
}

/// Forgets the violations of the kernel before, and prints from now on the last one behind a panic that aborts.
pub(crate) fn watch_panics() {
    static ONCE: Once = Once::new();
    let _host = mode::host();
    *LAST.lock() = None;
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            before(panic);
            // The library would abort, too, but with a line of its own at the end.
            if aborts(panic) && print() {
                std::process::abort();
            }
        }));
    });
}

/// Whether no `catch_unwind` can see this panic. The library's own flag for it is not stable; its messages are all there is.
fn aborts(panic: &PanicHookInfo<'_>) -> bool {
    let message = panic.payload_as_str().unwrap_or_default();
    message.contains("cannot unwind") || message.contains("during cleanup")
}
