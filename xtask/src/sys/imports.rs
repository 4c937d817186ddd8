//! Import libraries, made from lists of names.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::image::LINKER;
use super::machine::Machine;
use crate::step;

/// The lists of what the driver may import, from the workspace's root.
pub const LISTS: &str = "cross/imports";

/// Makes a library of every list in a directory.
pub fn libraries(machine: Machine, lists: &Path, out: &Path) -> Result<Vec<PathBuf>, String> {
    fs::create_dir_all(out).map_err(|error| format!("cannot make {}: {error}", out.display()))?;
    let entries = fs::read_dir(lists).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let entries = entries.map_err(|error| format!("cannot list {}: {error}", lists.display()))?;
    let mut made = Vec::new();
    for entry in entries {
        let list = entry.path();
        if list.extension().is_some_and(|extension| extension == "def") {
            made.push(library(machine, &list, out)?);
        }
    }
    made.sort();
    Ok(made)
}

fn library(machine: Machine, list: &Path, out: &Path) -> Result<PathBuf, String> {
    let library = out.join(list.with_extension("lib").file_name().unwrap_or_default());
    let mut command = Command::new(LINKER);
    command
        .args(["/lib", machine.linker_argument()])
        .arg(format!("/def:{}", list.display()))
        .arg(format!("/out:{}", library.display()));
    step::run_command(&mut command)?;
    Ok(library)
}

/// The names in a list.
pub fn names(list: &Path) -> Result<Vec<String>, String> {
    let text = fs::read_to_string(list)
        .map_err(|error| format!("cannot read {}: {error}", list.display()))?;
    let lines = text.lines().skip_while(|line| line.trim() != "EXPORTS");
    Ok(lines
        .skip(1)
        .filter_map(|line| line.split_whitespace().next())
        .map(String::from)
        .collect())
}
