//! Files and trees across, in either direction.

use std::fs;
use std::path::Path;

use smb_wire::NtStatus;

use crate::drive::Drive;
use crate::failure::Failure;
use crate::file::{Access, Disposition};
use crate::location::RemotePath;
use crate::pipeline;
use crate::progress::Progress;

/// Copies a local file or tree to a share.
///
/// # Errors
/// The first that either side reports; what was copied before stays.
pub fn upload(
    drive: &Drive<'_>,
    source: &Path,
    target: &RemotePath,
    progress: &mut Progress,
) -> Result<(), Failure> {
    let top = match drive.stat(&target.path) {
        // Into a directory that is there it goes under its own name.
        Ok(there) if there.is_directory() => {
            let full = fs::canonicalize(source)
                .map_err(|error| Failure::new("read", source.display(), error))?;
            target.join(local_name(&full)?)
        }
        Ok(_) => target.clone(),
        Err(failure) if failure.status() == Some(NtStatus::OBJECT_NAME_NOT_FOUND) => target.clone(),
        Err(failure) => return Err(failure),
    };
    let mut left = vec![(source.to_path_buf(), top)];
    while let Some((from, to)) = left.pop() {
        let local = |cause: std::io::Error| Failure::new("read", from.display(), cause);
        // What is named on the command line may be a link; inside a tree a link could lead in circles.
        let kind = if from == source {
            fs::metadata(&from)
        } else {
            fs::symlink_metadata(&from)
        }
        .map_err(local)?;
        if kind.is_dir() {
            match drive.make_directory(&to.path) {
                Err(failure) if failure.status() != Some(NtStatus::OBJECT_NAME_COLLISION) => {
                    return Err(failure);
                }
                _ => {}
            }
            for entry in fs::read_dir(&from).map_err(local)? {
                let path = entry.map_err(local)?.path();
                let below = to.join(local_name(&path)?);
                left.push((path, below));
            }
        } else if kind.is_file() {
            progress.file(kind.len());
            upload_file(drive, &from, &to, progress)?;
        } else {
            eprintln!("left out: {} is neither file nor directory", from.display());
        }
    }
    Ok(())
}

fn upload_file(
    drive: &Drive<'_>,
    from: &Path,
    to: &RemotePath,
    progress: &Progress,
) -> Result<(), Failure> {
    let source =
        fs::File::open(from).map_err(|error| Failure::new("read", from.display(), error))?;
    let target = drive.open(&to.path, Access::Write, Disposition::Overwrite)?;
    pipeline::upload(&source, &target, progress).map_err(|cause| Failure::new("write", to, cause))
}

/// Copies a file or tree of a share to this machine.
///
/// # Errors
/// The first that either side reports; what was copied before stays.
pub fn download(
    drive: &Drive<'_>,
    source: &RemotePath,
    target: &Path,
    progress: &mut Progress,
) -> Result<(), Failure> {
    let facts = drive.stat(&source.path)?;
    let top = if target.is_dir() {
        target.join(source.name().unwrap_or(&source.share.share))
    } else {
        target.to_path_buf()
    };
    if !facts.is_directory() {
        progress.file(facts.size);
        return download_file(drive, source, &top, facts.size, progress);
    }
    let mut left = vec![(source.clone(), top)];
    while let Some((from, to)) = left.pop() {
        make_local_directory(&to)?;
        for entry in drive.list(&from.path)? {
            let entry = entry?;
            let below = from.join(&entry.name);
            let path = to.join(&entry.name);
            if entry.facts.is_directory() {
                left.push((below, path));
            } else {
                progress.file(entry.facts.size);
                download_file(drive, &below, &path, entry.facts.size, progress)?;
            }
        }
    }
    Ok(())
}

fn download_file(
    drive: &Drive<'_>,
    from: &RemotePath,
    to: &Path,
    size: u64,
    progress: &Progress,
) -> Result<(), Failure> {
    let source = drive.open(&from.path, Access::Read, Disposition::Open)?;
    let sink = fs::File::create(to).map_err(|error| Failure::new("write", to.display(), error))?;
    pipeline::download(&source, size, &sink, progress).map_err(|cause| {
        let object = format!("{from} to {}", to.display());
        Failure::new("copy", object, cause)
    })
}

fn make_local_directory(path: &Path) -> Result<(), Failure> {
    match fs::create_dir(path) {
        Err(_) if path.is_dir() => Ok(()),
        result => result.map_err(|error| Failure::new("make directory", path.display(), error)),
    }
}

fn local_name(path: &Path) -> Result<&str, Failure> {
    path.file_name()
        .and_then(|name| name.to_str())
        .ok_or_else(|| {
            Failure::new(
                "name on the share",
                path.display(),
                "its name is no Unicode text",
            )
        })
}
