//! `cargo xtask powershell`: the scripts for Windows, checked as far as that can be done where there is no PowerShell.
//!
//! A grammar tells whether a script can be read; a few rules catch what would stop it at run time: a command or a
//! variable with a slip in its name, a parameter that a function of ours does not have.

mod known;
mod script;
mod tags;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use self::script::Script;
use crate::step::{self, Outcome};

const PLACE: &str = "tests/windows";
/// What leads a person through them.
const GUIDE: &str = "docs/windows.md";
/// How a module's name ends: what it has, every script may use.
const MODULE: &str = ".psm1";

/// Functions by name, with their parameters.
type Functions = BTreeMap<String, BTreeSet<String>>;

/// Checks every script.
pub fn run() -> Outcome {
    let place = step::workspace().join(PLACE);
    let mut files = Vec::new();
    list(&place, &mut files).map_err(|error| format!("cannot list {PLACE}: {error}"))?;
    let mut texts = Vec::new();
    for file in &files {
        let text = fs::read_to_string(file)
            .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        let shown = file.strip_prefix(&place).unwrap_or(file);
        texts.push((shown.display().to_string(), text));
    }
    let mut findings = check(&texts)?;
    findings.extend(tags::check()?);
    let guide = fs::read_to_string(step::workspace().join(GUIDE))
        .map_err(|error| format!("cannot read {GUIDE}: {error}"))?;
    for (name, _) in &texts {
        // Those in directories below are lists of tests, run by one of the scripts.
        if name.ends_with(".ps1") && !name.contains('/') && !guide.contains(name.as_str()) {
            findings.push(format!("{name}:1: {GUIDE} does not mention it"));
        }
    }
    for finding in &findings {
        println!("{PLACE}/{finding}");
    }
    if findings.is_empty() {
        println!("{} scripts in {PLACE} looked through", texts.len());
        Ok(())
    } else {
        Err(format!("{} findings in {PLACE}", findings.len()))
    }
}

fn list(directory: &Path, into: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            list(&path, into)?;
        } else if path
            .extension()
            .is_some_and(|end| end == "ps1" || end == "psm1")
        {
            into.push(path);
        }
    }
    into.sort();
    Ok(())
}

/// All that is wrong with scripts, given with their names.
fn check(texts: &[(String, String)]) -> Result<Vec<String>, String> {
    let mut scripts = Vec::new();
    for (name, text) in texts {
        scripts.push((name.as_str(), text.as_str(), Script::parse(text)?));
    }
    let mut shared: Functions = scripts
        .iter()
        .filter(|(name, ..)| name.ends_with(MODULE))
        .flat_map(|(_, _, script)| script.functions.clone())
        .collect();
    // A script is called like a function, by its file's name.
    shared.extend(scripts.iter().map(|(name, _, script)| {
        let parameters = script.parameters.iter().cloned().collect();
        ((*name).to_owned(), parameters)
    }));
    let exported: BTreeSet<String> = scripts
        .iter()
        .filter(|(name, ..)| name.ends_with(MODULE))
        .flat_map(|(_, _, script)| script.constants.clone())
        .collect();
    let mut findings = Vec::new();
    for (name, text, script) in &scripts {
        let mut report =
            |line: usize, what: String| findings.push(format!("{name}:{line}: {what}"));
        for error in &script.errors {
            let begin: String = error.text.chars().take(60).collect();
            report(error.line, format!("cannot be read: {begin}"));
        }
        manners(name, text, script, &mut report);
        commands(script, &shared, &mut report);
        variables(script, &exported, &mut report);
    }
    unused(&scripts, &mut findings);
    Ok(findings)
}

/// What every script has: help, strictness, and no character that Windows PowerShell would misread in a file without BOM.
fn manners(name: &str, text: &str, script: &Script, report: &mut impl FnMut(usize, String)) {
    for (number, line) in (1..).zip(text.lines()) {
        if !line.is_ascii() {
            report(number, "a character beyond ASCII".into());
        }
    }
    let mut wanted = vec![
        "#Requires -Version 5.1".to_owned(),
        ".SYNOPSIS".into(),
        "Set-StrictMode -Version Latest".into(),
        "$ErrorActionPreference = 'Stop'".into(),
    ];
    if name.ends_with(".ps1") && !script.parameters.is_empty() {
        wanted.push("[CmdletBinding(".into());
        wanted.push(".EXAMPLE".into());
    }
    for text_wanted in wanted {
        if !text.contains(&text_wanted) {
            report(1, format!("lacks {text_wanted}"));
        }
    }
    for parameter in &script.parameters {
        let help = format!(".parameter {parameter}\n");
        if !text.to_ascii_lowercase().contains(&help) {
            report(1, format!("no help for parameter {parameter}"));
        }
    }
}

fn commands(script: &Script, shared: &Functions, report: &mut impl FnMut(usize, String)) {
    for call in &script.calls {
        let name = &call.name.text;
        let own = script.functions.get(name).or_else(|| shared.get(name));
        match own {
            Some(known) => {
                for parameter in &call.parameters {
                    let bare = parameter.trim_start_matches('-').trim_end_matches(':');
                    let bare = bare.to_ascii_lowercase();
                    if !known.contains(&bare) && !known::COMMON_PARAMETERS.contains(&bare.as_str())
                    {
                        report(call.name.line, format!("{name} has no {parameter}"));
                    }
                }
            }
            None if known::COMMANDS.contains(&name.as_str()) => {}
            None => report(call.name.line, format!("no command {name} is known")),
        }
    }
}

fn variables(script: &Script, exported: &BTreeSet<String>, report: &mut impl FnMut(usize, String)) {
    let free = |name: &str| {
        known::VARIABLES.contains(&name) || name.starts_with("env:") || exported.contains(name)
    };
    for (name, line) in &script.read {
        if !free(name) && !script.assigned.contains_key(name) {
            report(*line, format!("${name} never gets a value"));
        }
    }
    for (name, line) in &script.assigned {
        if !free(name) && !script.read.contains_key(name) {
            report(*line, format!("${name} is never used"));
        }
    }
}

fn unused(scripts: &[(&str, &str, Script)], findings: &mut Vec<String>) {
    for (name, _, script) in scripts {
        for function in script.functions.keys() {
            let called = scripts.iter().any(|(other, _, script)| {
                let reaches = other == name || name.ends_with(MODULE);
                reaches && script.calls.iter().any(|call| call.name.text == *function)
            });
            if !called {
                findings.push(format!("{name}:1: {function} is never called"));
            }
        }
    }
}
