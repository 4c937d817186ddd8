//! `cargo xtask inf`: the installation file, checked as far as that can be done without Windows.
//!
//! InfVerif knows more rules than its documentation tells; what it says on Windows is the last word (docs/windows.md).

mod install;
mod parse;
mod project;
mod registry;
mod rules;
mod sections;
#[cfg(test)]
mod tests;
mod version;

use std::fs;
use std::path::Path;

use self::parse::Inf;
use self::project::Facts;
use self::rules::{Finding, Level};
use crate::step::{self, Outcome};

/// The file as it is kept, before stampinf.
const INX: &str = "inf/oxsmb.inx";

/// What stampinf puts in for `$ARCH$`.
const ARCHITECTURES: &[&str] = &["amd64", "arm64"];

/// Checks the file for every architecture and says which rules were looked at.
pub fn run() -> Outcome {
    let text = fs::read_to_string(step::workspace().join(INX))
        .map_err(|error| format!("cannot read {INX}: {error}"))?;
    let facts = Facts::read()?;
    let mut found = 0;
    for architecture in ARCHITECTURES {
        let findings = check(&stamp(&text, architecture), &facts);
        for finding in &findings {
            println!("{INX} ({architecture}): {finding}");
        }
        found += findings.len();
    }
    for rule in rules::ALL {
        let number = rule.to_string();
        println!("{number:>6}  {:<9}  {}", mode(rule.level), rule.title);
    }
    if found == 0 {
        let architectures = ARCHITECTURES.join(" and ");
        println!(
            "{INX} keeps {} rules, for {architectures}",
            rules::ALL.len()
        );
        Ok(())
    } else {
        Err(format!("{INX} breaks {found} rules"))
    }
}

/// Writes the file as stampinf would; date and version stay those of the source.
pub fn write_stamped(architecture: &str, to: &Path) -> Outcome {
    let text = fs::read_to_string(step::workspace().join(INX))
        .map_err(|error| format!("cannot read {INX}: {error}"))?;
    // Windows' tools end lines with both characters.
    let stamped = stamp(&text, architecture).replace('\n', "\r\n");
    fs::write(to, stamped).map_err(|error| format!("cannot write {}: {error}", to.display()))
}

/// All that is wrong with an installation file.
fn check(text: &str, facts: &Facts) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        if !line.is_ascii() {
            findings.push(Finding::new(rules::ENCODING, number, "not ASCII"));
        }
    }
    match Inf::parse(text) {
        Ok(inf) => {
            version::check(&inf, &mut findings);
            version::legacy(&inf, &mut findings);
            sections::check(&inf, &mut findings);
            sections::tokens(&inf, &mut findings);
            install::check(&inf, &mut findings);
            registry::check(&inf, &mut findings);
            project::check(&inf, facts, &mut findings);
        }
        Err(error) => findings.push(Finding::new(rules::SYNTAX, error.number, error.reason)),
    }
    findings.sort_by_key(|finding| finding.line);
    findings
}

/// As `stampinf -a architecture` does.
fn stamp(text: &str, architecture: &str) -> String {
    text.replace("$ARCH$", architecture)
}

fn mode(level: Level) -> &'static str {
    match level {
        Level::Always => "all modes",
        Level::Universal => "/u /k /h",
        Level::Isolated => "/w",
        Level::Warning => "warning",
        Level::Project => "ours",
    }
}
