//! The commands that look at a share or change it.

use std::io::Write;
use std::path::Path;

use crate::arguments::{Connect, ShareCommand};
use crate::copy;
use crate::drive::Drive;
use crate::facts::Facts;
use crate::failure::{Cause, Failure};
use crate::file::{Access, Disposition};
use crate::location::{Location, RemotePath, ShareName};
use crate::machine::{Machine, Settings};
use crate::pipeline;
use crate::progress::Progress;
use crate::refusal;
use crate::shown::shown;
use crate::stop::Stop;
use crate::units;

/// Boots the driver, connects, does what the command says, and unloads the driver.
///
/// # Errors
/// What the command meets, or that the driver cannot go.
pub fn run(command: &ShareCommand, connect: &Connect) -> Result<(), Failure> {
    connect.check()?;
    connect.check_guest()?;
    let share = share_of(command)?;
    let credentials = connect.credentials()?;
    let machine = Machine::boot(&Settings::from(connect))?;
    let done = machine
        .connect(&share, credentials.as_ref(), None)
        .map_err(|failure| refusal::explain(failure, connect))
        .and_then(|drive| {
            let done = work(&drive, command, connect);
            done.and(drive.disconnect())
        });
    // Whatever happened, the driver must go; but the first failure is the one to tell.
    let gone = machine.shut_down();
    done.and(gone.map(drop))
}

fn work(drive: &Drive<'_>, command: &ShareCommand, connect: &Connect) -> Result<(), Failure> {
    if connect.verbose
        && let Some(protocol) = drive.protocol()?
    {
        eprintln!("connected to {} by {protocol}", drive.share());
    }
    execute(drive, command)
}

/// The one share that a command is about.
fn share_of(command: &ShareCommand) -> Result<ShareName, Failure> {
    let path = match command {
        ShareCommand::Ls { path }
        | ShareCommand::Cat { path }
        | ShareCommand::Stat { path }
        | ShareCommand::Mkdir { path }
        | ShareCommand::Rm { path, .. } => path,
        ShareCommand::Mv { from, to } if from.share == to.share => from,
        ShareCommand::Mv { from, to } => {
            let both = format!("{from} to {to}");
            let advice = "they are on different shares; copy it, then remove it";
            return Err(Failure::new("rename", both, advice));
        }
        ShareCommand::Copy {
            source,
            destination,
        } => match direction(source, destination)? {
            Direction::ToShare(_, path) | Direction::FromShare(path, _) => path,
        },
    };
    Ok(path.share.clone())
}

/// Which way a copy goes.
enum Direction<'a> {
    ToShare(&'a Path, &'a RemotePath),
    FromShare(&'a RemotePath, &'a Path),
}

fn direction<'a>(
    source: &'a Location,
    destination: &'a Location,
) -> Result<Direction<'a>, Failure> {
    match (source, destination) {
        (Location::Local(from), Location::Remote(to)) => Ok(Direction::ToShare(from, to)),
        (Location::Remote(from), Location::Local(to)) => Ok(Direction::FromShare(from, to)),
        _ => {
            let both = format!("{source} to {destination}");
            let advice = "one of the two must be on a share, the other on this machine";
            Err(Failure::new("copy", both, advice))
        }
    }
}

fn execute(drive: &Drive<'_>, command: &ShareCommand) -> Result<(), Failure> {
    match command {
        ShareCommand::Copy {
            source,
            destination,
        } => copy_across(drive, &direction(source, destination)?),
        ShareCommand::Ls { path } => list(drive, path),
        ShareCommand::Cat { path } => cat(drive, path),
        ShareCommand::Stat { path } => stat(drive, path),
        ShareCommand::Mkdir { path } => drive.make_directory(&path.path),
        ShareCommand::Mv { from, to } => drive.rename(&from.path, &to.path, false),
        ShareCommand::Rm { recursive, path } if *recursive => drive.remove_tree(&path.path),
        ShareCommand::Rm { path, .. } => drive.remove(&path.path),
    }
}

fn copy_across(drive: &Drive<'_>, direction: &Direction<'_>) -> Result<(), Failure> {
    let stop = Stop::at_signals()
        .map_err(|error| Failure::new("watch for", "signals that stop the copy", error))?;
    let mut progress = Progress::until(stop);
    let done = match direction {
        Direction::ToShare(from, to) => copy::upload(drive, from, to, &mut progress),
        Direction::FromShare(from, to) => copy::download(drive, from, to, &mut progress),
    };
    if done.is_ok() || progress.files() > 0 {
        let protocol = match drive.protocol() {
            Ok(Some(protocol)) => format!(" by {protocol}"),
            // The server has gone, which the copy has met, too, or need not mind any more.
            Ok(None) | Err(_) => String::new(),
        };
        println!("{}{protocol}", progress.finish());
    }
    done
}

fn list(drive: &Drive<'_>, path: &RemotePath) -> Result<(), Failure> {
    let facts = drive.stat(&path.path)?;
    let mut out = std::io::stdout().lock();
    let mut line = |name: &str, facts: &Facts| {
        let size = units::count(facts.size);
        writeln!(
            out,
            "{} {size:>15}  {}  {}",
            facts.letters(),
            facts.written,
            shown(name)
        )
        .map_err(|error| Failure::new("write to", "standard output", error))
    };
    if !facts.is_directory() {
        return line(path.name().unwrap_or_default(), &facts);
    }
    let mut entries = drive.list(&path.path)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by(|left, right| left.name.cmp(&right.name));
    entries
        .iter()
        .try_for_each(|entry| line(&entry.name, &entry.facts))
}

fn cat(drive: &Drive<'_>, path: &RemotePath) -> Result<(), Failure> {
    let failed = |cause| Failure::new("read", path, cause);
    let file = drive.open(&path.path, Access::Read, Disposition::Open)?;
    let size = file.facts().map_err(|status| failed(status.into()))?.size;
    let mut out = std::io::stdout().lock();
    let unwritten = |cause| Failure::new("write to", "standard output", cause);
    pipeline::read_in_order(&file, size, |block| Ok(out.write_all(block)?)).map_err(|cause| {
        match cause {
            // The share's errors are the driver's.
            Cause::Io(_) => unwritten(cause),
            _ => failed(cause),
        }
    })?;
    out.flush().map_err(|error| unwritten(error.into()))
}

fn stat(drive: &Drive<'_>, path: &RemotePath) -> Result<(), Failure> {
    let facts = drive.stat(&path.path)?;
    println!("{path}");
    println!(
        "  kind        {}",
        if facts.is_directory() {
            "directory"
        } else {
            "file"
        }
    );
    println!("  size        {} bytes", units::count(facts.size));
    println!("  on disk     {} bytes", units::count(facts.allocated));
    println!(
        "  attributes  {} (0x{:x})",
        facts.letters(),
        facts.attributes.bits()
    );
    println!("  created     {}", facts.created);
    println!("  accessed    {}", facts.accessed);
    println!("  written     {}", facts.written);
    println!("  changed     {}", facts.changed);
    println!("  id          {:#x}", facts.id);
    Ok(())
}
