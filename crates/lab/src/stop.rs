//! Ctrl-C in the middle of work that should be put in order before the program ends.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

use crate::failure::Cause;

/// What a shell tells of a program that Ctrl-C ended.
const EXIT_STATUS: i32 = 130;

/// Whether the work is to stop.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Work that goes on to its end.
    pub fn never() -> Self {
        Self::default()
    }

    /// Work that the first Ctrl-C asks to stop; a second one ends the program there and then.
    ///
    /// # Errors
    /// When this machine has no signals left.
    pub fn at_signals() -> io::Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // In this order: the first signal finds nobody asked yet, and asks.
            flag::register_conditional_shutdown(signal, EXIT_STATUS, Arc::clone(&asked))?;
            flag::register(signal, Arc::clone(&asked))?;
        }
        Ok(Self(asked))
    }

    /// Fails once the work is to stop.
    ///
    /// # Errors
    /// [`Cause::Stopped`].
    pub fn check(&self) -> Result<(), Cause> {
        match self.0.load(Ordering::Relaxed) {
            true => Err(Cause::Stopped),
            false => Ok(()),
        }
    }
}
