extern crate std;

use super::*;
use crate::bench::{Bench, comes, device, wait_until};
use crate::timer;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;

/// True while somebody has the general lock.
fn general_lock_is_held() -> bool {
    let data = data::get().unwrap();
    // SAFETY: a spin lock is a word that is changed by atomic operations only.
    let lock = unsafe { AtomicU64::from_ptr(addr!(data => lock).as_ptr()) };
    lock.load(Ordering::Relaxed) != 0
}

#[test]
fn a_stop_does_not_come_between_the_scavengers_state_and_its_timer() {
    let bench = Bench::new(|_| ());
    bench.run(|| start(device()));
    std::thread::scope(|scope| {
        bench.run(|| {
            let held = timer::tests::hold();
            scope.spawn(|| bench.run(|| arm(device())));
            wait_until("it is being armed", general_lock_is_held);
            // A stop begins with this lock.
            let between = comes(Duration::from_millis(100), || !general_lock_is_held());
            drop(held);
            assert!(!between);
        });
    });
    bench.run(|| stop(device()));
    assert!(timer::tests::is_idle());
}
