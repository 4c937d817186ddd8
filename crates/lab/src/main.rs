//! The program `oxsmb`.
#![forbid(unsafe_code)]

use std::panic;
use std::process::ExitCode;

use clap::Parser;
use lab::arguments::{Arguments, Command};
use lab::failure::Failure;
use lab::{commands, demo, serve};

/// What the driver allocates counts as its pool, as with `wdk-alloc` in a real kernel.
#[global_allocator]
static ALLOCATOR: ntsim::KernelAllocator = ntsim::KernelAllocator;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // The verifier ends a driver that breaks a rule by a panic, which has told its own story by then.
    match panic::catch_unwind(|| run(arguments)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(failure)) => {
            eprintln!("oxsmb: {failure}");
            ExitCode::FAILURE
        }
        Err(_) => {
            eprintln!("oxsmb: stopped by a bug, of which the lines above tell; please report them");
            ExitCode::FAILURE
        }
    }
}

fn run(Arguments { command, connect }: Arguments) -> Result<(), Failure> {
    match command.unwrap_or(Command::Demo) {
        Command::Demo => demo::run(&connect),
        Command::Serve(how) => serve::serve(&how, &connect),
        Command::OnShare(command) => commands::run(&command, &connect),
    }
}
