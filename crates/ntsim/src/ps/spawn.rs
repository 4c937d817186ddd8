//! Threads of the simulator's own.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{Builder, JoinHandle};

/// Starts a thread of this kernel. A panic on it would leave its clients waiting forever, so it ends the process.
pub(crate) fn spawn_host(name: &str, body: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    let run = move || {
        if catch_unwind(AssertUnwindSafe(body)).is_err() {
            std::process::abort();
        }
    };
    match Builder::new().name(name.to_owned()).spawn(run) {
        Ok(thread) => thread,
        Err(error) => panic!("no thread for {name}: {error}"),
    }
}
