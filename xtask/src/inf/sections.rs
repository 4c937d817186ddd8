//! Which section leads to which, and that every token has its text.

use std::collections::{BTreeMap, BTreeSet};

use super::parse::{Inf, Part, parts};
use super::rules::{self, Finding};

/// Directives whose values are names of sections.
const TO_SECTIONS: &[&str] = &[
    "CopyFiles",
    "AddReg",
    "DelReg",
    "DelFiles",
    "RenFiles",
    "Needs",
];

/// Sections that Windows looks for by itself.
const ROOTS: &[&str] = &[
    "Version",
    "SourceDisksNames",
    "SourceDisksFiles",
    "DestinationDirs",
    "Strings",
    "Manufacturer",
    "ClassInstall32",
    "ControlFlags",
];

/// Checks what directives refer to, and that nothing is left over.
pub fn check(inf: &Inf, findings: &mut Vec<Finding>) {
    let mut users: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for section in inf.sections() {
        for line in &section.lines {
            let Some(key) = line.key.as_deref() else {
                continue;
            };
            for target in targets(key, &line.values) {
                if inf.section(target).is_none() {
                    let text = format!("{key} names [{target}], which is not there");
                    findings.push(Finding::new(rules::MISSING_SECTION, line.number, text));
                }
                let by = users.entry(target.to_ascii_lowercase()).or_default();
                by.insert(key.to_ascii_lowercase());
                if by.len() == 2 {
                    let text = format!("[{target}] also serves {key}");
                    findings.push(Finding::new(rules::SHARED_SECTION, line.number, text));
                }
            }
        }
    }
    for section in inf.sections() {
        let is_root = |root: &&str| {
            // SourceDisksFiles.amd64 and the like.
            let base = section.name.split('.').next().unwrap_or_default();
            base.eq_ignore_ascii_case(root)
        };
        let installs = ["DefaultInstall", "DefaultUninstall"];
        let used = ROOTS.iter().chain(&installs).any(is_root)
            || is_place_of_files(inf, &section.name)
            || users.contains_key(&section.name.to_ascii_lowercase());
        if !used {
            let text = format!("nothing leads to [{}]", section.name);
            findings.push(Finding::new(rules::UNUSED, section.number, text));
        }
    }
}

/// Checks that every token is in [Strings].
pub fn tokens(inf: &Inf, findings: &mut Vec<Finding>) {
    for section in inf.sections() {
        for line in &section.lines {
            let texts = line.key.iter().chain(&line.values);
            for token in texts.flat_map(|text| parts(text)) {
                let Part::Token(token) = token else { continue };
                let directory = token.chars().all(|digit| digit.is_ascii_digit());
                if !directory && inf.string(token).is_none() {
                    let text = format!("%{token}% has no text");
                    findings.push(Finding::new(rules::TOKEN, line.number, text));
                }
            }
        }
    }
}

/// The sections that a directive names.
fn targets<'a>(key: &str, values: &'a [String]) -> Vec<&'a str> {
    let named = |name: &&str| !name.is_empty() && !name.starts_with('@');
    if TO_SECTIONS
        .iter()
        .any(|directive| key.eq_ignore_ascii_case(directive))
    {
        values.iter().map(String::as_str).filter(named).collect()
    } else if key.eq_ignore_ascii_case("AddService") {
        // Name, flags, section of the service, section of its event log.
        let sections = values.iter().skip(2).take(2);
        sections.map(String::as_str).filter(named).collect()
    } else {
        Vec::new()
    }
}

fn is_place_of_files(inf: &Inf, name: &str) -> bool {
    inf.section("DestinationDirs")
        .is_some_and(|places| places.first(name).is_some())
}
