//! On whose behalf a thread runs: a user program, the driver, or this simulator itself. Only what the driver allocates
//! counts as pool.

use std::cell::Cell;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    User,
    Kernel,
    Host,
}

thread_local! {
    static MODE: Cell<Mode> = const { Cell::new(Mode::User) };
}

/// Puts the previous mode back when dropped.
pub(crate) struct Restore(Mode);

impl Drop for Restore {
    fn drop(&mut self) {
        MODE.set(self.0);
    }
}

/// From here on the driver's code runs on this thread.
pub(crate) fn kernel() -> Restore {
    Restore(MODE.replace(Mode::Kernel))
}

/// From here on the simulator's own code runs on this thread.
pub(crate) fn host() -> Restore {
    Restore(MODE.replace(Mode::Host))
}

/// Whether this thread runs the driver's code.
pub(crate) fn is_kernel() -> bool {
    MODE.get() == Mode::Kernel
}
