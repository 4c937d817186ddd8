//! Interrupt request levels: of each thread, as if each had a processor of its own.

pub use kernel::irql::Irql;

use crate::machine;

/// The level of the running thread.
pub fn current() -> Irql {
    machine::level()
}

/// Does something at DISPATCH, as a transport calls completions.
pub fn at_dispatch<R>(work: impl FnOnce() -> R) -> R {
    let old = raise();
    let result = work();
    lower(old);
    result
}

pub(crate) fn raise() -> Irql {
    machine::set_level(Irql::DISPATCH)
}

pub(crate) fn lower(to: Irql) {
    machine::set_level(to);
}
