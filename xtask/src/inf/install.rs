//! What the install sections do: files, the service, and that Windows can undo it all.

use super::parse::{Inf, Line, Section};
use super::rules::{self, Finding};

/// The driver store.
const STORE: &str = "13";
/// The architectures that a section of ours may name.
const ARCHITECTURES: &[&str] = &["ntamd64", "ntarm64"];

/// Checks the install sections and what they copy and create.
pub fn check(inf: &Inf, findings: &mut Vec<Finding>) {
    let manufacturer = inf.section("Manufacturer");
    let mut installs = 0;
    for section in inf.sections() {
        let name = section.name.to_ascii_lowercase();
        let words: Vec<&str> = name.split('.').collect();
        match words.as_slice() {
            ["defaultinstall", rest @ ..] => {
                installs += 1;
                architecture(section, rest, findings);
                files(inf, section, findings);
                services(inf, section, findings);
            }
            ["defaultuninstall", rest @ ..] => {
                architecture(section, rest, findings);
                undo(section, rest, findings);
            }
            _ => {}
        }
    }
    match manufacturer {
        Some(section) if installs > 0 => findings.push(Finding::new(
            rules::TWO_KINDS,
            section.number,
            "[Manufacturer] beside [DefaultInstall]",
        )),
        None if installs == 0 => {
            findings.push(Finding::new(rules::PRIMITIVE, 0, "nothing is installed"));
        }
        _ => {}
    }
}

fn architecture(section: &Section, decorations: &[&str], findings: &mut Vec<Finding>) {
    let named = decorations
        .first()
        .is_some_and(|first| ARCHITECTURES.contains(first));
    if !named {
        let text = format!("[{}] names no architecture of ours", section.name);
        findings.push(Finding::new(rules::ARCHITECTURE, section.number, text));
    }
}

fn undo(section: &Section, decorations: &[&str], findings: &mut Vec<Finding>) {
    let main = decorations.last() != Some(&"services");
    let legacy = section
        .first("LegacyUninstall")
        .is_some_and(|line| line.value(0) == "1");
    if main && !legacy {
        let text = format!("[{}] without LegacyUninstall=1", section.name);
        findings.push(Finding::new(rules::PRIMITIVE, section.number, text));
    }
}

/// One file that CopyFiles copies.
struct Copied<'a> {
    line: &'a Line,
    section: &'a str,
    target: &'a str,
    source: &'a str,
}

fn copied<'a>(inf: &'a Inf, install: &'a Section) -> Vec<Copied<'a>> {
    let mut all = Vec::new();
    for line in install.all("CopyFiles") {
        for name in &line.values {
            if let Some(file) = name.strip_prefix('@') {
                all.push(Copied {
                    line,
                    section: "DefaultDestDir",
                    target: file,
                    source: file,
                });
            } else if let Some(list) = inf.section(name) {
                all.extend(list.lines.iter().map(|line| {
                    let source = match line.value(1) {
                        "" => line.value(0),
                        source => source,
                    };
                    Copied {
                        line,
                        section: &list.name,
                        target: line.value(0),
                        source,
                    }
                }));
            }
        }
    }
    all
}

fn files(inf: &Inf, install: &Section, findings: &mut Vec<Finding>) {
    for file in copied(inf, install) {
        let at = file.line.number;
        let places = inf.section("DestinationDirs");
        let place = places.and_then(|places| {
            let own = places.first(file.section);
            own.or_else(|| places.first("DefaultDestDir"))
        });
        let (directory, below) = place.map_or(("", ""), |line| (line.value(0), line.value(1)));
        if directory != STORE {
            let text = format!("{} goes to directory {directory}", file.target);
            findings.push(Finding::new(rules::STORE, at, text));
        }
        if !matches!(directory, "10" | "11" | "12" | STORE) {
            let text = format!("{} goes to directory \"{directory}\"", file.target);
            findings.push(Finding::new(rules::TARGET, at, text));
        }
        let Some(source) = inf
            .section("SourceDisksFiles")
            .and_then(|files| files.first(file.source))
        else {
            let text = format!("{} has no source", file.source);
            findings.push(Finding::new(rules::SOURCE_FILE, at, text));
            continue;
        };
        if inf
            .section("SourceDisksNames")
            .and_then(|disks| disks.first(source.value(0)))
            .is_none()
        {
            let text = format!("disk {} has no name", source.value(0));
            findings.push(Finding::new(rules::SOURCE_FILE, source.number, text));
        }
        let renamed = !file.source.eq_ignore_ascii_case(file.target);
        if directory == STORE && (renamed || !source.value(1).eq_ignore_ascii_case(below)) {
            let text = format!("{} is renamed or moved on its way", file.source);
            findings.push(Finding::new(rules::STORE_NAME, at, text));
        }
    }
}

fn services(inf: &Inf, install: &Section, findings: &mut Vec<Finding>) {
    let Some(list) = inf.section(&format!("{}.Services", install.name)) else {
        return;
    };
    let files = copied(inf, install);
    for line in list.all("AddService") {
        let Some(service) = inf.section(line.value(2)) else {
            continue;
        };
        let binary = service.first("ServiceBinary");
        let path = binary.map_or("", |line| line.value(0));
        let holds = path.strip_prefix("%13%\\").is_some_and(|name| {
            files
                .iter()
                .any(|file| file.target.eq_ignore_ascii_case(name))
        });
        if !holds {
            let at = binary.map_or(service.number, |line| line.number);
            let text = format!("the service's binary is \"{path}\"");
            findings.push(Finding::new(rules::SERVICE_BINARY, at, text));
        }
    }
}
