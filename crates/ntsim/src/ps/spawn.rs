//! Threads of the simulator's own.

use crate::verifier;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{Builder, JoinHandle};

/// Starts a thread of this kernel. A panic on it would leave its clients waiting forever, so it ends the process;
/// what the verifier has found is the last that it says.
pub(crate) fn spawn_host(name: &str, body: impl FnOnce() + Send + 'static) -> JoinHandle<()> {
    let run = move || {
        if catch_unwind(AssertUnwindSafe(body)).is_err() {
            verifier::print_last();
            std::process::abort();
        }
    };
    match Builder::new().name(name.to_owned()).spawn(run) {
        Ok(thread) => thread,
        Err(error) => panic!("no thread for {name}: {error}"),
    }
}
