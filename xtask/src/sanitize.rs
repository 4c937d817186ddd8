//! The driver under AddressSanitizer and ThreadSanitizer.
//!
//! First the faults that are planted in `crates/ntsim/examples/planted.rs` have to be reported, or a run without reports would mean
//! nothing. Then come tests of the driver with much at once, and its stress tests.

mod build;
mod reports;

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use clap::{Args, ValueEnum};

use crate::step::{Outcome, run_command, workspace};
use build::prepared;
use reports::Reports;

/// Which of the two.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// Memory used after it was freed, or beyond its end, or never freed
    Address,
    /// Memory used by two threads at once
    Thread,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Thread => "thread",
        }
    }

    /// What [`planted`] has for it, and whether that is to be reported.
    fn planted(self) -> &'static [(&'static str, bool)] {
        match self {
            Self::Address => &[("use-after-free", true), ("overrun", true), ("leak", true)],
            Self::Thread => &[("race", true), ("use-after-free", true), ("no-race", false)],
        }
    }

    /// Where builds and reports go.
    fn place(self) -> PathBuf {
        workspace().join("target/sanitize").join(self.name())
    }
}

/// What to run, and how long.
#[derive(Args)]
pub struct Options {
    /// The sanitizer; one after the other if none is given
    kind: Option<Kind>,
    /// How long each of the stress tests goes on; each does one round at least
    #[arg(long, default_value_t = 30)]
    seconds: u32,
    /// Only the stress tests with this in their names, and nothing else
    #[arg(long)]
    only: Option<String>,
}

/// Tests of the driver beside the stress tests: arguments of `cargo test`.
const BESIDES: &[&str] = &[
    "--package",
    "oxsmb",
    "--test",
    "cancel",
    "--test",
    "at_dispatch",
    "--test",
    "in_flight",
];
const STRESS: &[&str] = &["--package", "oxsmb", "--test", "stress"];

/// Runs one sanitizer or both.
pub fn run(options: &Options) -> Outcome {
    let kinds = match options.kind {
        Some(kind) => vec![kind],
        None => Kind::value_variants().to_vec(),
    };
    let mut lines = Vec::new();
    for kind in kinds {
        println!("\n=== {} sanitizer", kind.name());
        lines.extend(
            sanitize(kind, options).map_err(|reason| format!("{}: {reason}", kind.name()))?,
        );
    }
    println!("\n=== Sanitizers");
    for line in lines {
        println!("{line}");
    }
    Ok(())
}

/// Returns a line for each run.
fn sanitize(kind: Kind, options: &Options) -> Result<Vec<String>, String> {
    for &(fault, is_reported) in kind.planted() {
        plant(kind, fault, is_reported)?;
    }
    let mut lines = Vec::new();
    if options.only.is_none() {
        let mut command = prepared(kind, "test")?;
        command.args(BESIDES).args(["--", "--test-threads=1"]);
        leave_it_to_the_sanitizer(&mut command);
        lines.push(watched(
            kind,
            "cancel, at_dispatch, in_flight",
            &mut command,
        )?);
    }
    let mut command = prepared(kind, "test")?;
    command
        .args(STRESS)
        .args(["--", "--nocapture", "--test-threads=1"])
        .args(&options.only)
        .env("OXSMB_STRESS_SECONDS", options.seconds.to_string());
    leave_it_to_the_sanitizer(&mut command);
    lines.push(watched(kind, "stress", &mut command)?);
    Ok(lines)
}

/// Has ntsim keep no freed pool for its own checks, which is not free to a sanitizer, and no graph of locks, whose lock would order
/// what is not ordered otherwise.
fn leave_it_to_the_sanitizer(command: &mut Command) {
    command
        .env("NTSIM_QUARANTINE_BYTES", "0")
        .env("NTSIM_LOCK_ORDER", "0");
}

/// Runs tests, which have to pass without a report.
fn watched(kind: Kind, name: &str, command: &mut Command) -> Result<String, String> {
    let reports = Reports::begin(kind, command)?;
    let begun = Instant::now();
    let ended = run_command(command);
    let seconds = begun.elapsed().as_secs();
    let found = reports.found()?;
    if !found.is_empty() {
        let files: Vec<_> = found
            .iter()
            .map(|file| file.display().to_string())
            .collect();
        return Err(format!("{name}: reports in {}", files.join(", ")));
    }
    ended?;
    Ok(format!(
        "{:>8} {seconds:>6} s  no report  {name}",
        kind.name()
    ))
}

/// Runs a planted fault, which has to be reported, or something that is none.
fn plant(kind: Kind, fault: &str, is_reported: bool) -> Outcome {
    let mut command = prepared(kind, "run")?;
    command.args(["--package", "ntsim", "--example", "planted", "--", fault]);
    let reports = Reports::begin(kind, &mut command)?;
    // How it ends is told by the reports.
    let _ = run_command(&mut command);
    match (is_reported, reports.found()?.is_empty()) {
        (true, true) => Err(format!("the planted fault {fault} was not reported")),
        (false, false) => Err(format!("{fault} was reported, and is no fault")),
        _ => {
            println!(
                "{fault}: {}",
                if is_reported {
                    "reported"
                } else {
                    "not reported"
                }
            );
            Ok(())
        }
    }
}
