//! Many threads, which all end when one of them fails.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Tells the threads when it is time to end.
#[derive(Default)]
pub struct Crowd {
    over: AtomicBool,
}

/// Ends the others' work if its own thread fails.
struct Watch<'c>(&'c Crowd);

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.end();
        }
    }
}

impl Crowd {
    /// Whether it is time to end.
    pub fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    /// Runs so many threads, and `meanwhile` beside them. With its end, or with the last thread's, it is over.
    pub fn run(
        threads: u64,
        work: impl Fn(&Self, u64) + Sync,
        meanwhile: impl FnOnce(&Self) + Send,
    ) {
        let crowd = Self::default();
        let (crowd, work) = (&crowd, &work);
        thread::scope(|scope| {
            let beside = scope.spawn(move || {
                let _watch = Watch(crowd);
                meanwhile(crowd);
                crowd.end();
            });
            let threads: Vec<_> = (0..threads)
                .map(|number| {
                    scope.spawn(move || {
                        let _watch = Watch(crowd);
                        work(crowd, number);
                    })
                })
                .collect();
            let mut outcomes: Vec<_> = threads.into_iter().map(|thread| thread.join()).collect();
            crowd.end();
            outcomes.push(beside.join());
            for outcome in outcomes {
                outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            }
        });
    }
}
