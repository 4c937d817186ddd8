//! How long a test goes on.

use std::time::{Duration, Instant};

/// For how many seconds each test goes on; once is enough where this is not set.
const SECONDS: &str = "OXSMB_STRESS_SECONDS";

/// Does rounds until the time is up, one at least. Each is told a number of its own, and tells how many requests it made.
pub fn repeat(name: &str, mut round: impl FnMut(u64) -> u64) {
    let seconds = std::env::var(SECONDS).map_or(0, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{SECONDS} is to be a number, and not {text}"))
    });
    let begun = Instant::now();
    let (mut rounds, mut requests) = (0, 0);
    loop {
        requests += round(rounds);
        rounds += 1;
        if begun.elapsed() >= Duration::from_secs(seconds) {
            break;
        }
    }
    let took = begun.elapsed().as_secs_f64();
    println!("stress {name}: {rounds} rounds, {requests} requests, {took:.0} s");
}
