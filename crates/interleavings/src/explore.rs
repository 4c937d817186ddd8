//! Running a scenario under many schedules.

use nt::machine;
use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler};
use shuttle::{Config, FailurePersistence, MaxSteps, Runner};

/// How many times as many schedules as usual are tried: a number.
const EFFORT: &str = "INTERLEAVINGS_EFFORT";

/// Where the schedules begin: a number. A run from another one tries others.
const SEED: &str = "INTERLEAVINGS_SEED";

/// More switches than any scenario needs that ends.
const MOST_STEPS: usize = 200_000;

/// Runs a scenario under so many schedules, the same each time: half of them switch threads at random; the others have
/// priorities that change at a few moments, which finds what takes few but unlikely switches (Burckhardt et al., "A Randomized
/// Scheduler with Probabilistic Guarantees of Finding Bugs").
///
/// # Panics
/// If the scenario does, or a thread of it is never heard of again.
pub fn explore(schedules: usize, scenario: impl Fn() + Copy + Send + Sync + 'static) {
    let schedules = schedules * effort();
    let seed = number(SEED, 1);
    let mut count = run(
        RandomScheduler::new_from_seed(seed, schedules.div_ceil(2)),
        scenario,
    );
    for depth in [2, 4] {
        let scheduler = PctScheduler::new_from_seed(seed, depth, schedules.div_ceil(4));
        count += run(scheduler, scenario);
    }
    println!("{count} schedules");
}

/// How many times as many schedules as usual are tried.
#[must_use]
pub fn effort() -> usize {
    usize::try_from(number(EFFORT, 1)).unwrap_or(1)
}

fn run(
    scheduler: impl Scheduler + 'static,
    scenario: impl Fn() + Copy + Send + Sync + 'static,
) -> usize {
    let mut config = Config::new();
    config.stack_size = 256 * 1024;
    config.failure_persistence = FailurePersistence::None;
    config.max_steps = MaxSteps::FailAfter(MOST_STEPS);
    config.silence_warnings = true;
    Runner::new(scheduler, config).run(move || machine::run(scenario))
}

fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable)
        .ok()
        .and_then(|value| value.parse().ok())
        .unwrap_or(otherwise)
}
