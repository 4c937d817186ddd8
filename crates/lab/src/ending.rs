//! How the program ends when it fails: with exit status 1 and a last line that says what failed.

use std::fmt::Display;
use std::io::Write;
use std::panic::{self, PanicHookInfo};
use std::process;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ntsim::verifier::{self, Violation};

use crate::failure::Failure;

const EXIT_STATUS: i32 = 1;

/// Held by the thread that ends the process, and never given back: nobody speaks behind the last line.
static LAST_WORD: Mutex<()> = Mutex::new(());

fn turn_to_speak() -> MutexGuard<'static, ()> {
    LAST_WORD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends the program as failed, with `why` as the last line.
pub fn fail(why: impl Display) -> ! {
    let _turn = turn_to_speak();
    speak_and_exit(&why)
}

fn speak_and_exit(why: &dyn Display) -> ! {
    // There is nobody left to tell about a closed stderr.
    let _ = writeln!(std::io::stderr(), "oxsmb: {why}");
    process::exit(EXIT_STATUS)
}

/// Ends the program with what the command line's parser has to say: help and version are no failure, the rest is.
pub fn unparsed(answer: &clap::Error) -> ! {
    if let Err(error) = answer.print() {
        fail(Failure::new("write to", "standard output", error));
    }
    if answer.use_stderr() {
        fail(misuse(answer));
    }
    process::exit(0)
}

/// What is wrong with the command line, without the hints that follow it.
fn misuse(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let first = text.split("\n\n").next().unwrap_or_default();
    let words: Vec<_> = first
        .strip_prefix("error: ")
        .unwrap_or(first)
        .split_whitespace()
        .collect();
    words.join(" ")
}

/// Has every panic from now on, on any thread, end the program as failed.
///
/// It is done by a hook and not by catching, because nothing can unwind through a driver's callback: the process would
/// abort, with a last line about that.
pub fn end_at_panics() {
    let story = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        let _turn = turn_to_speak();
        if let Some(why) = output_failure(panic) {
            speak_and_exit(&why);
        }
        story(panic);
        match verifier::last_violation() {
            Some(violation) => speak_and_exit(&broken_rule(&violation)),
            None => speak_and_exit(&bug(panic)),
        }
    }));
}

/// `println!` panics when a pipe's reader has gone or the disk is full, which is no bug.
fn output_failure(panic: &PanicHookInfo<'_>) -> Option<String> {
    let why = panic
        .payload_as_str()?
        .strip_prefix("failed printing to stdout: ")?;
    Some(Failure::new("write to", "standard output", why).to_string())
}

fn broken_rule(violation: &Violation) -> String {
    let detail = one_line(&violation.detail);
    let other = violation
        .other
        .map(|other| format!(" and {other}"))
        .unwrap_or_default();
    format!(
        "the driver broke the verifier's rule {:?}: {detail}; at {}{other}",
        violation.rule, violation.place
    )
}

fn bug(panic: &PanicHookInfo<'_>) -> String {
    let what = one_line(panic.payload_as_str().unwrap_or("a panic"));
    match panic.location() {
        Some(place) => format!("stopped by a bug: {what}; at {place}; please report it"),
        None => format!("stopped by a bug: {what}; please report it"),
    }
}

/// Puts lines behind one another. A semicolon goes between those that do not lead to the next by a colon.
fn one_line(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    lines.join("; ").replace(":; ", ": ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Arguments;
    use clap::Parser;
    use ntsim::verifier::Rule;
    use ntsim::{Config, Kernel};
    use std::panic::Location;
    use std::process::Command;

    #[test]
    fn misuse_is_told_in_one_line_without_hints() {
        let said = |line: &[&str]| misuse(&Arguments::try_parse_from(line).unwrap_err());
        assert_eq!(said(&["oxsmb", "frob"]), "unrecognized subcommand 'frob'");
        assert_eq!(
            said(&["oxsmb", "copy"]),
            "the following required arguments were not provided: <SOURCE> <DESTINATION>"
        );
        assert_eq!(
            said(&["oxsmb", "--dialect", "9"]),
            "invalid value '9' for '--dialect <DIALECT>' [possible values: 2.0.2, 2.1, 3.0, 3.0.2, 3.1.1]"
        );
    }

    #[test]
    fn a_broken_rule_is_told_in_one_line_with_its_name_and_both_places() {
        let place = Location::caller();
        let violation = Violation {
            rule: Rule::DoubleCompletion,
            detail: "again:\n  with success\n  and more".into(),
            place,
            other: Some(place),
        };
        assert_eq!(
            broken_rule(&violation),
            format!(
                "the driver broke the verifier's rule DoubleCompletion: again: with success; and more; at {place} and {place}"
            )
        );
    }

    /// Runs a test of this module in a process of its own, as the one whose end is looked at.
    fn end_of(test: &str) -> (Option<i32>, String) {
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", "--test-threads=1"])
            .arg(format!("ending::tests::{test}"))
            .env(IN_OWN_PROCESS, "1")
            .output()
            .unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        let last = errors.lines().last().unwrap_or_default().to_owned();
        (output.status.code(), last)
    }

    const IN_OWN_PROCESS: &str = "OXSMB_TEST_IN_OWN_PROCESS";

    fn in_own_process() -> bool {
        std::env::var_os(IN_OWN_PROCESS).is_some()
    }

    #[test]
    fn a_driver_left_loaded_ends_the_program_with_the_rule_and_the_place() {
        if in_own_process() {
            end_at_panics();
            let kernel = Kernel::boot(Config::default());
            let _driver = kernel.load_driver("oxsmb", oxsmb::driver_entry).unwrap();
            drop(kernel);
            return;
        }
        let (status, last) =
            end_of("a_driver_left_loaded_ends_the_program_with_the_rule_and_the_place");
        assert_eq!(status, Some(EXIT_STATUS), "{last}");
        assert!(
            last.starts_with("oxsmb: the driver broke the verifier's rule Leak: "),
            "{last}"
        );
        assert!(last.contains("; at crates/ntsim/src/kernel.rs:"), "{last}");
        assert!(last.contains(" and src/"), "{last}");
    }

    #[test]
    fn a_panic_on_any_thread_ends_the_program_with_its_message_and_place() {
        if in_own_process() {
            end_at_panics();
            let _ = std::thread::spawn(|| panic!("of no use")).join();
            return;
        }
        let (status, last) =
            end_of("a_panic_on_any_thread_ends_the_program_with_its_message_and_place");
        assert_eq!(status, Some(EXIT_STATUS), "{last}");
        assert!(
            last.starts_with("oxsmb: stopped by a bug: of no use; at "),
            "{last}"
        );
        assert!(last.contains("ending.rs:"), "{last}");
    }
}
