//! The same sources make the same bytes: the images are built once more, from a copy of the tree in another directory and
//! with nothing of the first build, so neither the time, nor the order of work, nor any path can be in them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::image::{DRIVER, PROVIDER};
use crate::step::{self, Outcome};

/// Builds again and compares with the images in `first`, their PDBs and maps included.
pub fn check(first: &Path) -> Outcome {
    let place = std::env::temp_dir().join(format!("oxsmb-again-{}", std::process::id()));
    let outcome = build_and_compare(first, &place);
    // The copy holds hundreds of megabytes, whatever came of it.
    let removed = fs::remove_dir_all(&place);
    outcome?;
    removed.map_err(|error| format!("cannot remove {}: {error}", place.display()))
}

fn build_and_compare(first: &Path, place: &Path) -> Outcome {
    let (tree, second) = (place.join("tree"), place.join("out"));
    copy_sources(&step::workspace(), &tree)?;
    super::build(&tree, &second)?;
    let differing = differing(first, &second)?;
    if differing.is_empty() {
        println!("built twice, in two places: the same bytes");
        Ok(())
    } else {
        Err(format!(
            "built twice, and not the same: {}",
            differing.join(" ")
        ))
    }
}

/// The names of the files that are not equal in both directories.
fn differing(first: &Path, second: &Path) -> Result<Vec<String>, String> {
    let names = [DRIVER, PROVIDER].into_iter().flat_map(|image| {
        let besides = ["pdb", "map"].map(|extension| format!("{}.{extension}", image.name));
        [image.file()].into_iter().chain(besides)
    });
    let mut differing = Vec::new();
    for name in names {
        if read(&first.join(&name))? != read(&second.join(&name))? {
            differing.push(name);
        }
    }
    Ok(differing)
}

fn read(file: &Path) -> Result<Vec<u8>, String> {
    fs::read(file).map_err(|error| format!("cannot read {}: {error}", file.display()))
}

/// Copies what git knows of and what it would take up, as it is in the tree now.
fn copy_sources(from: &Path, to: &Path) -> Outcome {
    let listed = Command::new("git")
        .args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ])
        .current_dir(from)
        .output()
        .map_err(|error| format!("git could not be started: {error}"))?;
    if !listed.status.success() {
        return Err(format!("git ls-files ended with {}", listed.status));
    }
    let names = String::from_utf8_lossy(&listed.stdout);
    let files = names.split('\0').filter(|name| from.join(name).is_file());
    for name in files.collect::<BTreeSet<_>>() {
        let target: PathBuf = to.join(name);
        let directory = target.parent().unwrap_or(to);
        fs::create_dir_all(directory)
            .and_then(|()| fs::copy(from.join(name), &target))
            .map_err(|error| format!("cannot copy {name}: {error}"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_other_byte_is_a_difference() {
        let place = std::env::temp_dir().join(format!("oxsmb-compare-{}", std::process::id()));
        let (first, second) = (place.join("1"), place.join("2"));
        for (directory, map) in [(&first, "one"), (&second, "two")] {
            fs::create_dir_all(directory).unwrap();
            for name in [
                "oxsmb.sys",
                "oxsmb.pdb",
                "oxsmbnp.dll",
                "oxsmbnp.pdb",
                "oxsmbnp.map",
            ] {
                fs::write(directory.join(name), "same").unwrap();
            }
            fs::write(directory.join("oxsmb.map"), map).unwrap();
        }
        let differing = differing(&first, &second);
        fs::remove_dir_all(&place).unwrap();
        assert_eq!(differing.unwrap(), ["oxsmb.map"]);
    }
}
