//! Files and trees across, in either direction.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use smb_wire::{NtStatus, Utf16};

use crate::drive::Drive;
use crate::facts::Facts;
use crate::failure::Failure;
use crate::file::{Access, Disposition};
use crate::location::RemotePath;
use crate::pipeline;
use crate::progress::Progress;

/// What a failed copy could not take away again.
const PART: &str = "a part of it is there now";

/// Copies a local file or tree to a share.
///
/// # Errors
/// That the file or the tree's top cannot be copied, that something of the tree could not, which has been told of and left
/// out, or whatever ends all copying. What was copied before stays; a file that was not copied to its end is removed.
pub fn upload(
    drive: &Drive<'_>,
    source: &Path,
    target: &RemotePath,
    progress: &mut Progress,
) -> Result<(), Failure> {
    let unread = |error| Failure::new("read", source.display(), error);
    // What is named on the command line may be a link; inside a tree a link could lead in circles.
    let kind = fs::metadata(source).map_err(unread)?;
    let to = match drive.stat(&target.path) {
        // Into a directory that is there it goes under its own name.
        Ok(there) if there.is_directory() => {
            let full = fs::canonicalize(source).map_err(unread)?;
            target.join(local_name(&full)?)
        }
        Ok(_) if kind.is_dir() => {
            let both = format!("{} to {target}", source.display());
            let why = "a directory cannot take the place of a file; take another name";
            return Err(Failure::new("copy", both, why));
        }
        Ok(_) => target.clone(),
        Err(failure) if failure.status() == Some(NtStatus::OBJECT_NAME_NOT_FOUND) => target.clone(),
        Err(failure) => return Err(failure),
    };
    let top = Outgoing {
        from: source.to_path_buf(),
        to,
        kind,
    };
    whole_tree(top, source.display(), progress, |file, progress, inside| {
        upload_one(drive, &file, progress, inside)
    })
}

/// A local file or directory on its way to a share.
struct Outgoing {
    from: PathBuf,
    to: RemotePath,
    kind: fs::Metadata,
}

fn upload_one(
    drive: &Drive<'_>,
    Outgoing { from, to, kind }: &Outgoing,
    progress: &mut Progress,
    inside: &mut Vec<Result<Outgoing, Failure>>,
) -> Result<(), Failure> {
    if kind.is_dir() {
        make_remote_directory(drive, to)?;
        inside.extend(entries(from, to)?);
        Ok(())
    } else if kind.is_file() {
        progress.expect(kind.len());
        upload_file(drive, from, to, progress)
    } else {
        let why = if kind.is_symlink() {
            "it is a link, which is not followed"
        } else {
            "it is neither file nor directory"
        };
        Err(Failure::new("copy", from.display(), why))
    }
}

/// What is in a local directory; the last name first.
fn entries(from: &Path, to: &RemotePath) -> Result<Vec<Result<Outgoing, Failure>>, Failure> {
    let unread = |error| Failure::new("read", from.display(), error);
    let mut paths = Vec::new();
    for entry in fs::read_dir(from).map_err(unread)? {
        paths.push(entry.map_err(unread)?.path());
    }
    paths.sort();
    let mut names = HashSet::new();
    let mut entries: Vec<_> = paths
        .into_iter()
        .map(|path| {
            let name = local_name(&path)?;
            // The second would overwrite the first.
            if !names.insert(name.to_uppercase()) {
                let why = "another name there differs from this one in case only";
                return Err(Failure::new("copy", path.display(), why));
            }
            let kind = fs::symlink_metadata(&path)
                .map_err(|error| Failure::new("read", path.display(), error))?;
            Ok(Outgoing {
                to: to.join(name),
                kind,
                from: path,
            })
        })
        .collect();
    entries.reverse();
    Ok(entries)
}

fn upload_file(
    drive: &Drive<'_>,
    from: &Path,
    to: &RemotePath,
    progress: &mut Progress,
) -> Result<(), Failure> {
    let source =
        fs::File::open(from).map_err(|error| Failure::new("read", from.display(), error))?;
    let target = drive.open(&to.path, Access::Write, Disposition::Overwrite)?;
    let Err(cause) = pipeline::upload(&source, &target, progress) else {
        progress.file();
        return Ok(());
    };
    drop(target);
    let failure = Failure::new("copy", format!("{} to {to}", from.display()), cause);
    // A server that was silent would be so again, and for as long.
    let removed = failure.status() != Some(NtStatus::IO_TIMEOUT) && drive.remove(&to.path).is_ok();
    Err(if removed {
        failure
    } else {
        failure.leaving(PART)
    })
}

fn make_remote_directory(drive: &Drive<'_>, path: &RemotePath) -> Result<(), Failure> {
    match drive.make_directory(&path.path) {
        Err(failure) if failure.status() == Some(NtStatus::OBJECT_NAME_COLLISION) => {
            if drive.stat(&path.path)?.is_directory() {
                return Ok(());
            }
            Err(failure)
        }
        outcome => outcome,
    }
}

/// Copies a file or tree of a share to this machine.
///
/// # Errors
/// As [`upload`].
pub fn download(
    drive: &Drive<'_>,
    source: &RemotePath,
    target: &Path,
    progress: &mut Progress,
) -> Result<(), Failure> {
    let facts = drive.stat(&source.path)?;
    let to = if target.is_dir() {
        target.join(source.name().unwrap_or(&source.share.share))
    } else {
        target.to_path_buf()
    };
    let top = Incoming {
        from: source.clone(),
        to,
        facts,
    };
    whole_tree(top, source, progress, |file, progress, inside| {
        download_one(drive, &file, progress, inside)
    })
}

/// A file or directory of a share on its way to this machine.
struct Incoming {
    from: RemotePath,
    to: PathBuf,
    facts: Facts,
}

fn download_one(
    drive: &Drive<'_>,
    Incoming { from, to, facts }: &Incoming,
    progress: &mut Progress,
    inside: &mut Vec<Result<Incoming, Failure>>,
) -> Result<(), Failure> {
    if !facts.is_directory() {
        progress.expect(facts.size);
        return download_file(drive, from, to, facts.size, progress);
    }
    make_local_directory(to)?;
    inside.extend(drive.list(&from.path)?.map(|entry| {
        entry.map(|entry| Incoming {
            from: from.join(&entry.name),
            to: to.join(&entry.name),
            facts: entry.facts,
        })
    }));
    Ok(())
}

fn download_file(
    drive: &Drive<'_>,
    from: &RemotePath,
    to: &Path,
    size: u64,
    progress: &mut Progress,
) -> Result<(), Failure> {
    let source = drive.open(&from.path, Access::Read, Disposition::Open)?;
    let sink = fs::File::create(to).map_err(|error| Failure::new("write", to.display(), error))?;
    let Err(cause) = pipeline::download(&source, size, &sink, progress) else {
        progress.file();
        return Ok(());
    };
    let failure = Failure::new("copy", format!("{from} to {}", to.display()), cause);
    // A device or a pipe holds no part of a file, and a link is somebody's.
    let is_file = fs::symlink_metadata(to).is_ok_and(|there| there.is_file());
    Err(if is_file && fs::remove_file(to).is_err() {
        failure.leaving(PART)
    } else {
        failure
    })
}

fn make_local_directory(path: &Path) -> Result<(), Failure> {
    match fs::create_dir(path) {
        Err(_) if path.is_dir() => Ok(()),
        result => result.map_err(|error| Failure::new("make directory", path.display(), error)),
    }
}

/// Copies the top by `one`, which gives what is inside of a directory, and all that. What fails alone is left out.
fn whole_tree<T>(
    top: T,
    name: impl std::fmt::Display,
    progress: &mut Progress,
    mut one: impl FnMut(T, &mut Progress, &mut Vec<Result<T, Failure>>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut inside = Vec::new();
    one(top, progress, &mut inside)?;
    let mut left_out = 0_u64;
    while let Some(next) = inside.pop() {
        progress
            .check()
            .map_err(|cause| Failure::new("copy all of", &name, cause))?;
        match next.and_then(|file| one(file, progress, &mut inside)) {
            Ok(()) => {}
            Err(failure) if failure.is_of_one_file() => {
                progress.left_out(&failure);
                left_out += 1;
            }
            Err(failure) => return Err(failure),
        }
    }
    match left_out {
        0 => Ok(()),
        count => {
            let why = format!("{count} of its entries were left out, for the reasons above");
            Err(Failure::new("copy all of", name, why))
        }
    }
}

/// The name that a local file keeps on a share.
fn local_name(path: &Path) -> Result<&str, Failure> {
    let refused = |why| Failure::new("copy", path.display(), why);
    let name = path
        .file_name()
        .ok_or_else(|| refused("it has no name to keep; give the new one"))?
        .to_str()
        .ok_or_else(|| refused("its name is no Unicode text"))?;
    // A backslash would lead to another directory of the share, and a colon to another stream of a file.
    let units: Vec<u16> = name.encode_utf16().collect();
    if !Utf16::from_units(&units).is_file_name() {
        return Err(refused("on a share, its name would be a path or a stream"));
    }
    Ok(name)
}
