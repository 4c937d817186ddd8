//! Threads.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::machine::{self, Waiters};
use crate::{Result, sync};

#[derive(Default)]
struct End {
    reached: AtomicBool,
    waiters: Waiters,
}

/// Starts a thread.
///
/// # Errors
/// None, in the model.
pub fn spawn<F: FnOnce() + Send + 'static>(entry: F) -> Result<JoinHandle> {
    let end = Arc::new(End::default());
    let reached = Arc::clone(&end);
    machine::born();
    let thread = shuttle::thread::spawn(move || {
        entry();
        reached.reached.store(true, Ordering::Relaxed);
        reached.waiters.wake();
        machine::fall_asleep();
    });
    Ok(JoinHandle {
        end,
        thread: Some(thread),
    })
}

/// A running thread. Dropping waits for its end.
#[must_use = "dropping waits for the thread's end"]
pub struct JoinHandle {
    end: Arc<End>,
    thread: Option<shuttle::thread::JoinHandle<()>>,
}

impl JoinHandle {
    /// Waits for the thread's end.
    pub fn join(self) {
        drop(self);
    }
}

impl Drop for JoinHandle {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        sync::network_wait();
        self.end
            .waiters
            .wait(|| self.end.reached.load(Ordering::Relaxed).then_some(()));
        if let Some(thread) = self.thread.take() {
            // Its panic has ended everything already.
            let _ = thread.join();
        }
    }
}
