//! The fault sweeps in full: `tests/faults` runs them, and prints what this sums up.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Instant;

use clap::{Args, ValueEnum};

use crate::step::{Outcome, workspace};

/// Which runs to make.
#[derive(Args)]
pub struct Options {
    /// Only this sweep
    sweep: Option<Sweep>,
    /// The number of the first run
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// How many numbers from there on; not every number has a run
    #[arg(long, default_value_t = u64::MAX)]
    count: u64,
}

/// What goes wrong, at each place in turn.
#[derive(Clone, Copy, ValueEnum)]
enum Sweep {
    /// Each allocation fails
    Allocations,
    /// Whatever is under way is cancelled at each reply
    Cancels,
    /// The connection ends after each byte of the server
    Cuts,
    /// Each reply comes after its request has timed out
    Late,
    /// Each reply is lost
    Lost,
    /// Four replies come in each order
    Orders,
    /// A read or write is cancelled at each stage
    Stages,
}

impl Sweep {
    fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

/// Runs the sweeps, and prints their counts at the end.
pub fn run(options: &Options) -> Outcome {
    let begun = Instant::now();
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut tests = Command::new(cargo);
    tests
        .current_dir(workspace())
        .args(["test", "--quiet", "-p", "oxsmb", "--test", "faults", "--"])
        .args(["--nocapture", "--test-threads=1"])
        .env("OXSMB_FAULTS_FROM", options.from.to_string())
        .env("OXSMB_FAULTS_COUNT", options.count.to_string())
        .stdout(Stdio::piped());
    if let Some(sweep) = options.sweep {
        tests.arg(format!("::{}", sweep.name()));
    }
    let failed = |error: std::io::Error| format!("the sweeps could not be run: {error}");
    let mut running = tests.spawn().map_err(failed)?;
    let mut ends = Vec::new();
    if let Some(output) = running.stdout.take() {
        for line in BufReader::new(output).lines() {
            let line = line.map_err(failed)?;
            println!("{line}");
            if line.starts_with("sweep ") {
                ends.push(line);
            }
        }
    }
    let status = running.wait().map_err(failed)?;
    println!(
        "\n=== Fault sweeps ({:.0} s in all)",
        begun.elapsed().as_secs_f64()
    );
    for end in &ends {
        println!("{end}");
    }
    let count = |of: &str| ends.iter().filter_map(|end| counted(end, of)).sum::<u64>();
    let (total, met) = (count(" runs"), count(" met their fault"));
    println!("{total} runs in all, {met} met their fault");
    if !status.success() {
        return Err("a sweep failed: see FAILED above for each run and how to repeat it".into());
    }
    if total == 0 {
        return Err("no run has one of these numbers".into());
    }
    Ok(())
}

/// The number before ` runs` or ` met their fault` in `sweep NAME: N runs, M met their fault, ...`.
fn counted(end: &str, of: &str) -> Option<u64> {
    let (_, counts) = end.split_once(": ")?;
    let mut counts = counts.split(", ");
    counts.find_map(|count| count.strip_suffix(of)?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counts_of_a_sweep_are_read_from_its_last_line() {
        let end =
            "sweep cuts: 4711 runs, 4710 met their fault, 0 failures, 1.0 s; STATUS_SUCCESS 5";
        assert_eq!(counted(end, " runs"), Some(4711));
        assert_eq!(counted(end, " met their fault"), Some(4710));
        assert_eq!(counted("sweep", " runs"), None);
    }

    #[test]
    fn every_sweep_has_a_test_of_its_name() {
        let directory = workspace().join("tests/faults");
        let files = std::fs::read_dir(directory).unwrap();
        let text: String = files
            .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
            .collect();
        for sweep in Sweep::value_variants() {
            let test = format!("#[test]\nfn {}()", sweep.name());
            assert!(text.contains(&test), "{test}");
        }
        assert_eq!(
            text.matches("#[test]\n").count(),
            Sweep::value_variants().len()
        );
    }
}
