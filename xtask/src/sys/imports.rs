//! Import libraries, made from lists of names.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::image::{self, LINKER};
use crate::step;

/// Makes a library of every list in `cross/imports`.
pub fn libraries(checkout: &Path) -> Result<Vec<PathBuf>, String> {
    let lists = checkout.join("cross/imports");
    let out = checkout.join("target/cross/imports");
    image::fresh(&out)?;
    let mut made = Vec::new();
    let entries = fs::read_dir(&lists).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let entries = entries.map_err(|error| format!("cannot list {}: {error}", lists.display()))?;
    for entry in entries {
        let list = entry.path();
        if list.extension().is_some_and(|extension| extension == "def") {
            made.push(library(&list, &out)?);
        }
    }
    made.sort();
    Ok(made)
}

fn library(list: &Path, out: &Path) -> Result<PathBuf, String> {
    let library = out.join(list.with_extension("lib").file_name().unwrap_or_default());
    let mut command = Command::new(LINKER);
    command
        .args(["/lib", "/machine:x64"])
        .arg(format!("/def:{}", list.display()))
        .arg(format!("/out:{}", library.display()));
    step::run_command(&mut command)?;
    Ok(library)
}
