//! The commands that look at a share or change it.

use std::io::Write;

use crate::arguments::{Command, Connect};
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

/// Runs a command of the kind that needs one share: boots the driver, connects, does it, and unloads the driver.
///
/// # Errors
/// What the command meets, or that the driver left something behind.
pub fn run(command: &Command, connect: Connect) -> Result<(), Failure> {
    let share = share_of(command)?;
    let settings = Settings::from(&connect);
    let credentials = match connect.user {
        Some(user) => Some(
            user.complete()
                .map_err(|error| Failure::new("ask for", "the password", error))?,
        ),
        None => None,
    };
    let machine = Machine::boot(&settings)?;
    let done = on_drive(&machine, &share, credentials.as_ref(), |drive| {
        execute(drive, command)
    });
    // Whatever happened, the driver must go without leaving anything; but the first failure is the one to tell.
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
fn share_of(command: &Command) -> Result<ShareName, Failure> {
    let share = |path: &RemotePath| Ok(path.share.clone());
    match command {
        Command::Ls { path }
        | Command::Cat { path }
        | Command::Stat { path }
        | Command::Mkdir { path }
        | Command::Rm { path, .. } => share(path),
        Command::Mv { from, to } if from.share == to.share => share(from),
        Command::Mv { from, to } => Err(Failure::new(
            "rename",
            format!("{from} to {to}"),
            "they are on different shares; copy it, then remove it",
        )),
        Command::Copy {
            source: Location::Local(_),
            destination: Location::Remote(path),
        }
        | Command::Copy {
            source: Location::Remote(path),
            destination: Location::Local(_),
        } => share(path),
        Command::Copy {
            source,
            destination,
        } => Err(Failure::new(
            "copy",
            format!("{source} to {destination}"),
            "one of the two must be on a share, the other on this machine",
        )),
        Command::Demo | Command::Serve(_) => {
            Err(Failure::new("run", "this command", "it has no share"))
        }
    }
}

fn execute(drive: &Drive<'_>, command: &Command) -> Result<(), Failure> {
    match command {
        Command::Copy {
            source,
            destination,
        } => copy_command(drive, source, destination),
        Command::Ls { path } => list(drive, path),
        Command::Cat { path } => cat(drive, path),
        Command::Stat { path } => stat(drive, path),
        Command::Mkdir { path } => drive.make_directory(&path.path),
        Command::Mv { from, to } => drive.rename(&from.path, &to.path, false),
        Command::Rm {
            recursive: false,
            path,
        } => drive.remove(&path.path),
        Command::Rm {
            recursive: true,
            path,
        } => drive.remove_tree(&path.path),
        Command::Demo | Command::Serve(_) => Ok(()),
    }
}

fn copy_command(
    drive: &Drive<'_>,
    source: &Location,
    destination: &Location,
) -> Result<(), Failure> {
    let mut progress = Progress::new();
    match (source, destination) {
        (Location::Local(from), Location::Remote(to)) => {
            copy::upload(drive, from, to, &mut progress)?
        }
        (Location::Remote(from), Location::Local(to)) => {
            copy::download(drive, from, to, &mut progress)?
        }
        _ => {}
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
