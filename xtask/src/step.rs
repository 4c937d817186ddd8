//! One step of a chore: announced, timed, remembered for the summary.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// What a step came to: nothing, or why it failed.
pub type Outcome = Result<(), String>;

/// The steps done so far.
#[derive(Default)]
pub struct Steps {
    done: Vec<Done>,
}

struct Done {
    title: &'static str,
    outcome: Outcome,
    took: Duration,
}

impl Steps {
    /// Announces and runs one step. A failure is kept, so that the steps after it still run.
    pub fn run(&mut self, title: &'static str, work: impl FnOnce() -> Outcome) {
        println!("\n=== {title}");
        let start = Instant::now();
        let outcome = work();
        let took = start.elapsed();
        match &outcome {
            Ok(()) => println!("=== {title}: ok ({:.1} s)", took.as_secs_f64()),
            Err(reason) => println!("=== {title}: FAILED: {reason}"),
        }
        self.done.push(Done {
            title,
            outcome,
            took,
        });
    }

    /// Prints the summary. An error when any step failed.
    pub fn finish(self) -> Outcome {
        let total: Duration = self.done.iter().map(|step| step.took).sum();
        println!("\n=== Summary ({:.0} s in all)", total.as_secs_f64());
        for step in &self.done {
            let word = if step.outcome.is_ok() { "ok" } else { "FAILED" };
            let seconds = step.took.as_secs_f64();
            println!("{word:>8} {seconds:>8.1} s  {}", step.title);
        }
        let failed: Vec<_> = self
            .done
            .iter()
            .filter_map(|step| Some((step.title, step.outcome.as_ref().err()?)))
            .map(|(title, reason)| format!("{title}: {reason}"))
            .collect();
        if failed.is_empty() {
            Ok(())
        } else {
            Err(failed.join("; "))
        }
    }
}

/// Runs `program` in the workspace, its output going straight to ours.
pub fn run(program: &str, arguments: &[&str]) -> Outcome {
    run_command(
        Command::new(program)
            .args(arguments)
            .current_dir(workspace()),
    )
}

/// Runs a command, its output going straight to ours.
pub fn run_command(command: &mut Command) -> Outcome {
    let program = command.get_program().to_owned();
    let name = Path::new(&program).file_name().unwrap_or_default();
    let words: Vec<_> = std::iter::once(name)
        .chain(command.get_args())
        .map(|word| word.to_string_lossy())
        .collect();
    let line = words.join(" ");
    println!("$ {line}");
    let status = command
        .status()
        .map_err(|error| format!("`{}` could not be started: {error}", program.display()))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("`{line}` ended with {status}"))
    }
}

/// Runs the cargo that started this program.
pub fn cargo(arguments: &[&str]) -> Outcome {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    run(&cargo, arguments)
}

/// The root of the workspace.
pub fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}
