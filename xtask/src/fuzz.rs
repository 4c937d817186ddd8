//! libFuzzer over the targets of `fuzz/`.
//!
//! They are built as `cargo fuzz` does it, but without that program: a few flags of a nightly compiler are all it takes.
//! What libFuzzer learns stays in `target/fuzz`; the corpus that is committed only lends its inputs, and takes over what is
//! worth keeping when it is asked to (`--keep`).

mod outcome;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;

use clap::Args;

use crate::step::{Outcome, run_command, workspace};
use outcome::Report;

const MACHINE: &str = "x86_64-unknown-linux-gnu";

/// Coverage as libFuzzer wants it, and AddressSanitizer.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares -Zsanitizer=address -Ccodegen-units=1";

/// An input that takes longer, in seconds, is a finding.
const PATIENCE: u32 = 10;
/// So is an allocation of more MiB than the longest frame has.
const LARGEST_ALLOCATION: u32 = 32;
/// A committed input is no longer than this, in bytes.
const LONGEST_KEPT: u64 = 2048;

/// What to fuzz, and for how long.
#[derive(Args)]
pub struct Options {
    /// The target; all in turn if none is given
    target: Option<String>,
    /// How long to run each target
    #[arg(long, default_value_t = 60)]
    seconds: u32,
    /// How many targets to run side by side
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..))]
    jobs: u8,
    /// Print the names of the targets and end
    #[arg(long)]
    list: bool,
    /// Put the inputs that are worth keeping into the committed corpus afterwards
    #[arg(long)]
    keep: bool,
}

/// Builds the targets and runs them.
pub fn run(options: &Options) -> Outcome {
    let all = targets()?;
    if options.list {
        for target in all {
            println!("{target}");
        }
        return Ok(());
    }
    let chosen = match &options.target {
        None => all,
        Some(target) if all.contains(target) => vec![target.clone()],
        Some(target) => {
            let known = all.join(", ");
            return Err(format!("there is no target {target}; there are {known}"));
        }
    };
    build(&chosen)?;
    let reports = run_all(&chosen, options)?;
    println!("\n{}", Report::HEADINGS);
    for (target, report) in &reports {
        println!("{}", report.row(target));
    }
    let findings: Vec<String> = reports
        .iter()
        .flat_map(|(_, report)| report.findings.iter())
        .map(|path| path.display().to_string())
        .collect();
    if findings.is_empty() {
        Ok(())
    } else {
        Err(format!("found: {}", findings.join(", ")))
    }
}

/// Runs each target, a few at a time.
fn run_all<'t>(
    targets: &'t [String],
    options: &Options,
) -> Result<Vec<(&'t String, Report)>, String> {
    let queue = Mutex::new(targets.iter());
    let next = || queue.lock().ok()?.next();
    let work = || -> Result<Vec<_>, String> {
        let mut reports = Vec::new();
        while let Some(target) = next() {
            println!("\n=== {target}");
            reports.push((target, fuzz(target, options.seconds)?));
            if options.keep {
                keep(target)?;
            }
        }
        Ok(reports)
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..options.jobs).map(|_| scope.spawn(work)).collect();
        let mut reports = Vec::new();
        for worker in workers {
            let done = worker.join().map_err(|_| "a worker panicked")?;
            reports.extend(done?);
        }
        Ok(reports)
    })
}

/// The names, from the files that cargo-fuzz's layout has for them.
fn targets() -> Result<Vec<String>, String> {
    let place = workspace().join("fuzz/fuzz_targets");
    let mut names: Vec<String> = list(&place)?
        .iter()
        .filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    Ok(names)
}

fn build(targets: &[String]) -> Outcome {
    let mut command = Command::new("cargo");
    command
        .args(["+nightly", "build", "--release", "--target", MACHINE])
        .args(targets.iter().flat_map(|target| ["--bin", target]))
        .current_dir(workspace().join("fuzz"))
        .env("RUSTFLAGS", FLAGS)
        // This program's own cargo tells its children which toolchain is theirs.
        .env_remove("RUSTUP_TOOLCHAIN")
        .env_remove("CARGO");
    run_command(&mut command)
        .map_err(|reason| format!("{reason} (is there a nightly? `rustup toolchain add nightly`)"))
}

fn fuzz(target: &str, seconds: u32) -> Result<Report, String> {
    let [learnt, found] = ["corpus", "found"].map(|kind| working(kind, target));
    for place in [&learnt, &found] {
        fs::create_dir_all(place)
            .map_err(|error| format!("cannot make {}: {error}", place.display()))?;
    }
    let log = working("logs", &format!("{target}.txt"));
    if let Some(place) = log.parent() {
        fs::create_dir_all(place)
            .map_err(|error| format!("cannot make {}: {error}", place.display()))?;
    }
    let output = fs::File::create(&log)
        .map_err(|error| format!("cannot write {}: {error}", log.display()))?;
    let mut command = program(target);
    command
        .arg(&learnt)
        .args(committed(target))
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-timeout={PATIENCE}"))
        .arg(format!("-malloc_limit_mb={LARGEST_ALLOCATION}"))
        .arg(format!("-artifact_prefix={}/", found.display()))
        // Sooner long inputs than libFuzzer would: the acts of a client and a server are many.
        .args(["-print_final_stats=1", "-max_len=8192", "-len_control=20"])
        .stderr(Stdio::from(output));
    let before = list(&found)?;
    // An end with a finding is told by the finding.
    let ended = run_command(&mut command);
    let mut findings = list(&found)?;
    findings.retain(|path| !before.contains(path));
    if findings.is_empty() {
        ended.map_err(|reason| format!("{reason}; see {}", log.display()))?;
    }
    let text = fs::read_to_string(&log)
        .map_err(|error| format!("cannot read {}: {error}", log.display()))?;
    Ok(Report::new(&text, findings))
}

/// Has libFuzzer choose the fewest inputs that cover what all of them cover, and adds those to the committed corpus.
fn keep(target: &str) -> Outcome {
    let kept = working("kept", target);
    if kept.exists() {
        fs::remove_dir_all(&kept).map_err(|error| format!("cannot empty: {error}"))?;
    }
    fs::create_dir_all(&kept).map_err(|error| format!("cannot make a directory: {error}"))?;
    let mut command = program(target);
    command
        .arg("-set_cover_merge=1")
        .arg(format!("-max_len={LONGEST_KEPT}"))
        .arg(&kept)
        .args(committed(target))
        .arg(working("corpus", target))
        .stderr(Stdio::null());
    run_command(&mut command)?;
    let corpus = workspace().join("fuzz/corpus").join(target);
    fs::remove_dir_all(&corpus).map_err(|error| format!("cannot empty the corpus: {error}"))?;
    fs::create_dir_all(&corpus).map_err(|error| format!("cannot make the corpus: {error}"))?;
    for path in list(&kept)? {
        if let Some(name) = path.file_name() {
            fs::copy(&path, corpus.join(name)).map_err(|error| format!("cannot copy: {error}"))?;
        }
    }
    Ok(())
}

fn program(target: &str) -> Command {
    let place = workspace()
        .join("target/fuzz")
        .join(MACHINE)
        .join("release");
    Command::new(place.join(target))
}

/// Where something of a target lies that is not committed.
fn working(kind: &str, target: &str) -> PathBuf {
    workspace().join("target/fuzz").join(kind).join(target)
}

/// The committed inputs: the corpus, and what was found before.
fn committed(target: &str) -> Vec<PathBuf> {
    ["corpus", "regressions"]
        .map(|kind| workspace().join("fuzz").join(kind).join(target))
        .into_iter()
        .filter(|place| place.is_dir())
        .collect()
}

fn list(place: &Path) -> Result<Vec<PathBuf>, String> {
    let failed = |error| format!("cannot list {}: {error}", place.display());
    fs::read_dir(place)
        .map_err(failed)?
        .map(|entry| entry.map(|entry| entry.path()).map_err(failed))
        .collect()
}
