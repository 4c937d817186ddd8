//! Chores of the project: `cargo xtask setup` and `cargo xtask test`.
#![forbid(unsafe_code)]

mod inf;
mod setup;
mod step;
mod sys;
mod test;
mod unsafe_places;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Chores of the project.
#[derive(Parser)]
#[command(name = "cargo xtask", version, max_term_width = 80)]
struct Arguments {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Install the programs that the tests use, where they are missing
    Setup,
    /// Check the installation file, by the rules of InfVerif that need no Windows
    Inf,
    /// Build oxsmb.sys and oxsmbnp.dll for x64 Windows, and check them
    Sys,
    /// Set up, then check the format, lints and places of unsafe code, run all tests and the demo
    Test,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().chore {
        Chore::Setup => setup::run(),
        Chore::Inf => inf::run(),
        Chore::Sys => sys::run(),
        Chore::Test => test::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}
