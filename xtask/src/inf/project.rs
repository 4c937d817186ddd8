//! The package says what the driver and the network provider say: names, numbers, settings.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::parse::Inf;
use super::registry::{Value, number, values_of_services};
use super::rules::{self, Finding};
use crate::step;

/// What the sources say that the package must agree with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// `\Device\...`, the redirector's device.
    pub device: String,
    /// What `net use` lists the provider as.
    pub provider: String,
    /// The service, named as the driver's package.
    pub service: String,
    /// The provider's file.
    pub library: String,
    /// The driver's settings with their defaults.
    pub settings: Vec<(String, u32)>,
}

impl Facts {
    /// Reads them out of the sources.
    ///
    /// # Errors
    /// A fact that is not where it is looked for, or a file that cannot be read.
    pub fn read() -> Result<Self, String> {
        let root = step::workspace();
        let mut sources = String::new();
        for place in ["src", "crates/oxsmb-control/src", "crates/oxsmb-np/src"] {
            read_all(&root.join(place), &mut sources)
                .map_err(|error| format!("cannot read {place}: {error}"))?;
        }
        let manifest = |path: &str| {
            fs::read_to_string(root.join(path))
                .map_err(|error| format!("cannot read {path}: {error}"))
        };
        let library = name_in_table(&manifest("crates/oxsmb-np/Cargo.toml")?, "[lib]")?;
        Ok(Self {
            device: constant(&sources, "DEVICE_NAME")?,
            provider: constant(&sources, "PROVIDER_NAME")?,
            service: name_in_table(&manifest("Cargo.toml")?, "[package]")?,
            library: format!("{library}.dll"),
            settings: settings(&sources)?,
        })
    }
}

/// Checks the package against the facts.
pub fn check(inf: &Inf, facts: &Facts, findings: &mut Vec<Finding>) {
    for section in inf.sections() {
        for line in section.all("AddService") {
            let name = line.value(0);
            if name != facts.service {
                let text = format!("service {name}, the driver is {}", facts.service);
                findings.push(Finding::new(rules::DRIVER, line.number, text));
            }
            if let Some(service) = inf.section(line.value(2)) {
                let binary = format!("%13%\\{}.sys", facts.service);
                // A file system driver in the group of redirectors, started when asked.
                for (key, wanted) in [
                    ("ServiceType", "2"),
                    ("StartType", "3"),
                    ("ErrorControl", "1"),
                    ("LoadOrderGroup", "Network"),
                    ("ServiceBinary", &binary),
                ] {
                    let found = service.first(key);
                    let value = found.map_or("", |line| line.value(0));
                    if value != wanted {
                        let at = found.map_or(service.number, |line| line.number);
                        let text = format!("{key} is \"{value}\", not {wanted}");
                        findings.push(Finding::new(rules::DRIVER, at, text));
                    }
                }
            }
        }
    }
    let values = values_of_services(inf);
    let path = format!("%13%\\{}", facts.library);
    for (name, wanted) in [
        ("DeviceName", &facts.device),
        ("Name", &facts.provider),
        ("ProviderPath", &path),
    ] {
        let found = values
            .iter()
            .find(|value| value.key == "NetworkProvider" && value.name == name);
        let data = found.map_or(String::new(), |value| value.data(inf));
        if data != *wanted {
            let at = found.map_or(0, |value| value.line.number);
            let text = format!("NetworkProvider\\{name} is \"{data}\", not {wanted}");
            findings.push(Finding::new(rules::DRIVER, at, text));
        }
    }
    let set = |value: &&Value<'_>| value.key.eq_ignore_ascii_case("Parameters");
    for value in values
        .iter()
        .filter(set)
        .filter(|value| !value.is_key_only())
    {
        let known = facts.settings.iter().find(|(name, _)| name == value.name);
        let default = known.map(|(_, default)| *default);
        if default.is_none() || default != number(&value.data(inf)) {
            let text = format!("{} = {}", value.name, value.data(inf));
            findings.push(Finding::new(rules::SETTINGS, value.line.number, text));
        }
    }
}

fn read_all(directory: &Path, into: &mut String) -> io::Result<()> {
    let mut entries: Vec<PathBuf> = fs::read_dir(directory)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<_>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            read_all(&path, into)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            into.push_str(&fs::read_to_string(&path)?);
        }
    }
    Ok(())
}

/// The text of `const NAME: &str = "text";`.
fn constant(sources: &str, name: &str) -> Result<String, String> {
    let declaration = format!("const {name}: &str = \"");
    let (_, after) = sources
        .split_once(&declaration)
        .ok_or(format!("no source declares {name}"))?;
    let (text, _) = after.split_once('"').unwrap_or_default();
    Ok(text.replace("\\\\", "\\"))
}

/// The value of `name` in one table of a Cargo.toml.
fn name_in_table(manifest: &str, table: &str) -> Result<String, String> {
    manifest
        .lines()
        .skip_while(|line| line.trim() != table)
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
        .map(Into::into)
        .ok_or(format!("{table} has no name"))
}

/// The lines `field: "Name" = default, allowed;` of the settings; a default may be a constant.
fn settings(sources: &str) -> Result<Vec<(String, u32)>, String> {
    let found: Vec<(String, u32)> = sources
        .lines()
        .filter_map(|line| {
            let (name, rest) = line.split_once(": \"")?.1.split_once("\" = ")?;
            let (default, _) = rest.split_once(", ")?;
            Some((name.to_owned(), number_in_rust(sources, default)?))
        })
        .collect();
    if found.is_empty() {
        return Err("no source declares settings".into());
    }
    Ok(found)
}

fn number_in_rust(sources: &str, text: &str) -> Option<u32> {
    number(&text.replace('_', "")).or_else(|| {
        let (_, after) = sources.split_once(&format!("const {text}: u32 = "))?;
        number(after.split_once(';')?.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_are_found_in_sources_and_manifests() {
        let source = "pub const DEVICE_NAME: &str = \"\\\\Device\\\\X\";\n    a: \"Ab\" = 1_000, ANY;\n    b: \"Cd\" = KIND, ANY;\npub const KIND: u32 = 7;";
        assert_eq!(constant(source, "DEVICE_NAME").unwrap(), "\\Device\\X");
        assert_eq!(
            settings(source).unwrap(),
            [("Ab".to_owned(), 1000), ("Cd".to_owned(), 7)]
        );
        let manifest = "[package]\nname = \"a\"\n\n[lib]\nname = \"b\"\n";
        assert_eq!(name_in_table(manifest, "[package]").unwrap(), "a");
        assert_eq!(name_in_table(manifest, "[lib]").unwrap(), "b");
    }

    #[test]
    fn a_fact_that_is_not_there_is_an_error() {
        assert!(constant("", "DEVICE_NAME").is_err());
        assert!(settings("").is_err());
        assert!(name_in_table("[package]\n[lib]\nname = \"b\"", "[package]").is_err());
    }
}
