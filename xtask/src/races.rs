//! The orders in which the driver's threads can run, more of them than in the ordinary tests.

use std::process::Command;

use clap::Args;

use crate::step::{Outcome, workspace};

/// How many orders to try.
#[derive(Args)]
pub struct Options {
    /// How many times as many schedules as in the ordinary tests; loom's are tried without a bound if more than one
    #[arg(long, default_value_t = 20)]
    effort: u64,
    /// Where the schedules begin: another number, other schedules
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only tests with this in their names
    filter: Option<String>,
}

/// Runs the tests of `crates/interleavings`, which say how many schedules they tried.
pub fn run(options: &Options) -> Outcome {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let status = Command::new(cargo)
        .current_dir(workspace())
        .args(["test", "-p", "interleavings", "--no-fail-fast", "--"])
        .arg("--nocapture")
        .args(&options.filter)
        .env("INTERLEAVINGS_EFFORT", options.effort.to_string())
        .env("INTERLEAVINGS_SEED", options.seed.to_string())
        .status()
        .map_err(|error| format!("the tests could not be run: {error}"))?;
    match status.success() {
        true => Ok(()),
        false => Err("an order in which something goes wrong: see FAILED above".into()),
    }
}
