//! How far a copy is: a bar while it runs, and a line when it is done.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::failure::{Cause, Failure};
use crate::stop::Stop;
use crate::units;

/// The progress of a copy of known or growing size. The bar shows on a terminal only.
pub struct Progress {
    bar: ProgressBar,
    start: Instant,
    files: u64,
    stop: Stop,
}

impl Progress {
    /// Begins with nothing done, for work that goes on to its end.
    pub fn new() -> Self {
        Self::until(Stop::never())
    }

    /// Begins with nothing done, for work that may be stopped.
    pub fn until(stop: Stop) -> Self {
        let bar = ProgressBar::new(0);
        let style = ProgressStyle::with_template(
            "{wide_bar} {binary_bytes} of {binary_total_bytes} {binary_bytes_per_sec} {eta}",
        );
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.enable_steady_tick(Duration::from_millis(100));
        Self {
            bar,
            start: Instant::now(),
            files: 0,
            stop,
        }
    }

    /// Another file of `length` bytes is to be copied.
    pub fn expect(&self, length: u64) {
        self.bar.inc_length(length);
    }

    /// So many more bytes have arrived.
    pub fn advance(&self, bytes: u64) {
        self.bar.inc(bytes);
    }

    /// A file has been copied.
    pub fn file(&mut self) {
        self.files += 1;
    }

    /// How many files have been copied.
    pub fn files(&self) -> u64 {
        self.files
    }

    /// Tells of something that is not copied while the rest is.
    pub fn left_out(&self, why: &Failure) {
        self.bar.suspend(|| eprintln!("oxsmb: left out: {why}"));
    }

    /// Fails once the work is to stop.
    ///
    /// # Errors
    /// [`Cause::Stopped`].
    pub fn check(&self) -> Result<(), Cause> {
        self.stop.check()
    }

    /// Takes the bar away and tells what was done.
    pub fn finish(self) -> String {
        let time = self.start.elapsed();
        let bytes = self.bar.position();
        self.bar.finish_and_clear();
        format!(
            "{}, {} in {} ({})",
            units::files(self.files),
            units::bytes(bytes),
            units::time(time),
            units::speed(bytes, time),
        )
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}
