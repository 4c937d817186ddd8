//! The commands that look at a share or change it.

use std::io::Write;
use std::path::Path;

use crate::arguments::{Connect, ShareCommand};
use crate::copy;
use crate::credentials::Credentials;
use crate::drive::Drive;
use crate::facts::Facts;
use crate::failure::Failure;
use crate::file::{Access, Disposition};
use crate::location::{Location, RemotePath, ShareName};
use crate::machine::{Machine, Settings};
use crate::pipeline;
use crate::progress::Progress;
use crate::units;

/// Boots the driver, connects, does what the command says, and unloads the driver.
///
/// # Errors
/// What the command meets, or that the driver cannot go.
pub fn run(command: &ShareCommand, connect: &Connect) -> Result<(), Failure> {
    let share = share_of(command)?;
    let credentials = connect.credentials()?;
    let machine = Machine::boot(&Settings::from(connect))?;
    let done = on_drive(&machine, &share, credentials.as_ref(), |drive| {
        execute(drive, command)
    });
    // Whatever happened, the driver must go; but the first failure is the one to tell.
    let gone = machine.shut_down();
    done.and(gone.map(drop))
}

fn on_drive(
    machine: &Machine,
    share: &ShareName,
    credentials: Option<&Credentials>,
    work: impl FnOnce(&Drive<'_>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let drive = machine.connect(share, credentials, None)?;
    let done = work(&drive);
    done.and(drive.disconnect())
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
    let mut progress = Progress::new();
    match direction {
        Direction::ToShare(from, to) => copy::upload(drive, from, to, &mut progress)?,
        Direction::FromShare(from, to) => copy::download(drive, from, to, &mut progress)?,
    }
    println!("{}", progress.finish());
    Ok(())
}

fn list(drive: &Drive<'_>, path: &RemotePath) -> Result<(), Failure> {
    let facts = drive.stat(&path.path)?;
    let mut out = std::io::stdout().lock();
    let mut line = |name: &str, facts: &Facts| {
        let size = units::count(facts.size);
        writeln!(
            out,
            "{} {size:>15}  {}  {name}",
            facts.letters(),
            facts.written
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
    pipeline::read_in_order(&file, size, |block| Ok(out.write_all(block)?)).map_err(failed)?;
    out.flush().map_err(|error| failed(error.into()))
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
