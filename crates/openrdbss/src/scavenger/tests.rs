extern crate std;

use super::*;
use crate::bench::{Bench, comes, device, wait_until};
use crate::timer;
use core::time::Duration;

#[test]
fn a_stop_does_not_come_between_the_scavengers_state_and_its_timer() {
    let bench = Bench::new(|_| ());
    let state = || {
        let scavenger = follow!(device() => pRdbssScavenger).unwrap();
        get!(scavenger => State)
    };
    bench.run(|| start(device()));
    std::thread::scope(|scope| {
        bench.run(|| {
            let held = timer::tests::hold();
            scope.spawn(|| bench.run(|| arm(device())));
            wait_until("it is being armed", || state() == RDBSS_SCAVENGER_ACTIVE);
            scope.spawn(|| bench.run(|| stop(device())));
            let stopped = || state() == RDBSS_SCAVENGER_INACTIVE;
            let between = comes(Duration::from_millis(100), stopped);
            drop(held);
            assert!(!between);
        });
    });
    assert!(timer::tests::is_idle());
}
