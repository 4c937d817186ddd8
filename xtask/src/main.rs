//! Chores of the project: `cargo xtask setup` and `cargo xtask test`.
#![forbid(unsafe_code)]

mod conditions;
mod faults;
mod fuzz;
mod inf;
#[cfg(test)]
mod makefile;
mod pe;
mod powershell;
mod races;
mod sanitize;
mod setup;
mod sign;
mod sources;
mod step;
mod sys;
mod test;
mod unsafe_places;
mod wine;

use std::path::PathBuf;
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
    /// Sign the driver and the network provider with a test certificate, made here
    Sign,
    /// Check the PowerShell scripts for Windows
    Powershell,
    /// Build oxsmb.sys and oxsmbnp.dll for x64 Windows, and check them
    Sys(sys::Options),
    /// Check a built image by its link map
    Pe {
        /// What the image is to be
        kind: pe::Kind,
        /// The image; its link map lies beside it, with the ending .map
        image: PathBuf,
    },
    /// Let one thing go wrong at each place of the demo's work in turn, and print the counts
    Faults(faults::Options),
    /// Fuzz what reads bytes from elsewhere, and the client as a whole; wants a nightly toolchain
    Fuzz(fuzz::Options),
    /// Try many orders in which the driver's threads can run
    Races(races::Options),
    /// Stress the driver under AddressSanitizer and ThreadSanitizer; wants a nightly toolchain
    Sanitize(sanitize::Options),
    /// Build all that Windows would run, and test it in Wine's kernel
    Wine,
    /// Set up, then check the format, lints and places of unsafe code, run all tests and the demo
    Test,
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().chore {
        Chore::Setup => setup::run(),
        Chore::Faults(options) => faults::run(&options),
        Chore::Fuzz(options) => fuzz::run(&options),
        Chore::Inf => inf::run(),
        Chore::Pe { kind, image } => pe::check(kind, &image, &image.with_extension("map")),
        Chore::Races(options) => races::run(&options),
        Chore::Sanitize(options) => sanitize::run(&options),
        Chore::Sign => sign::run(),
        Chore::Powershell => powershell::run(),
        Chore::Sys(options) => sys::run_with(options),
        Chore::Test => test::run(),
        Chore::Wine => wine::run(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}
