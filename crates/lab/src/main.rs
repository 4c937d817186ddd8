//! The program `oxsmb`.
#![forbid(unsafe_code)]

use std::io::Write;
use std::sync::Arc;

use clap::Parser;
use lab::arguments::{Arguments, Command};
use lab::failure::Failure;
use lab::{commands, demo, ending, serve};

/// What the driver allocates counts as its pool, as with `wdk-alloc` in a real kernel.
#[global_allocator]
static ALLOCATOR: ntsim::KernelAllocator = ntsim::KernelAllocator;

fn main() {
    ending::end_at_panics();
    // What a debugger would show on Windows. There is nobody left to tell about a closed stderr.
    ntsim::log::set_sink(Some(Arc::new(|line| {
        let _ = write!(std::io::stderr(), "oxsmb.sys: {line}");
    })));
    let arguments = Arguments::try_parse().unwrap_or_else(|answer| ending::unparsed(&answer));
    if let Err(failure) = run(arguments) {
        ending::fail(failure);
    }
}

fn run(Arguments { command, connect }: Arguments) -> Result<(), Failure> {
    match command.unwrap_or(Command::Demo) {
        Command::Demo => demo::run(&connect),
        Command::Serve(how) => serve::serve(&how, &connect),
        Command::OnShare(command) => commands::run(&command, &connect),
    }
}
