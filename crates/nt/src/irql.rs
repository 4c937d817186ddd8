//! Interrupt request levels.

use crate::sys;

/// A level; higher levels preempt lower ones. Values are those of x64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Irql(pub u8);

impl Irql {
    /// Threads run, everything may be called.
    pub const PASSIVE: Self = Self(0);
    /// Threads run, but APCs are held back (a fast mutex is owned).
    pub const APC: Self = Self(1);
    /// No thread switch on this processor: no waiting, no paged memory.
    pub const DISPATCH: Self = Self(2);
}

/// The level that this processor is at now (`KeGetCurrentIrql`). IRQL: any.
#[track_caller]
pub fn current() -> Irql {
    // SAFETY: the function has no preconditions.
    Irql(unsafe { sys::KeGetCurrentIrql() })
}
