//! A second opinion: `llvm-readobj` reads the same image, and what it says of headers, sections and imports must be what
//! the checker read.

use std::path::Path;
use std::process::Command;

use object::LittleEndian as LE;
use object::read::pe::ImageOptionalHeader;

use super::image::Image;

/// Of the package llvm-22, which `setup` installs.
const PROGRAM: &str = "llvm-readobj-22";

/// The facts that `llvm-readobj` and the checker read differently, one line each; none when they agree.
pub fn disagreements(path: &Path, image: &Image<'_>) -> Result<Vec<String>, String> {
    let output = Command::new(PROGRAM)
        .args(["--file-headers", "--sections", "--coff-imports"])
        .arg(path)
        .output()
        .map_err(|error| format!("{PROGRAM} could not be started: {error}"))?;
    if !output.status.success() {
        return Err(format!("{PROGRAM} ended with {}", output.status));
    }
    let theirs = facts(&String::from_utf8_lossy(&output.stdout));
    Ok(compare(&ours(image), &theirs))
}

fn compare(ours: &[String], theirs: &[String]) -> Vec<String> {
    let only = |who: &str, facts: &[String], others: &[String]| {
        let lonely = facts.iter().filter(|fact| !others.contains(fact));
        lonely
            .map(|fact| format!("only {who}: {fact}"))
            .collect::<Vec<_>>()
    };
    [only("we", ours, theirs), only(PROGRAM, theirs, ours)].concat()
}

/// What the checker has read, in the words of `llvm-readobj`.
fn ours(image: &Image<'_>) -> Vec<String> {
    let (file, optional) = (&image.file_header, &image.optional_header);
    let mut facts = Vec::new();
    let header = |facts: &mut Vec<String>, block: &str, name: &str, value: u64| {
        facts.push(format!("{block} {name} {value:#x}"));
    };
    for (name, value) in [
        ("Machine", file.machine.get(LE).into()),
        ("SectionCount", file.number_of_sections.get(LE).into()),
        ("Characteristics", file.characteristics.get(LE).into()),
    ] {
        header(&mut facts, "ImageFileHeader", name, value);
    }
    for (name, value) in [
        (
            "AddressOfEntryPoint",
            optional.address_of_entry_point().into(),
        ),
        ("ImageBase", optional.image_base()),
        (
            "MajorOperatingSystemVersion",
            optional.major_operating_system_version().into(),
        ),
        (
            "MinorOperatingSystemVersion",
            optional.minor_operating_system_version().into(),
        ),
        (
            "MajorSubsystemVersion",
            optional.major_subsystem_version().into(),
        ),
        (
            "MinorSubsystemVersion",
            optional.minor_subsystem_version().into(),
        ),
        ("CheckSum", optional.check_sum().into()),
        ("Subsystem", optional.subsystem().into()),
        ("Characteristics", optional.dll_characteristics().into()),
    ] {
        header(&mut facts, "ImageOptionalHeader", name, value);
    }
    for section in &image.sections {
        facts.push(section_fact(
            &section.name,
            [
                section.virtual_size,
                section.rva,
                section.file_size,
                section.file_offset,
                section.characteristics,
            ]
            .map(u64::from),
        ));
    }
    let imports = image.imports.iter();
    facts.extend(imports.map(|import| import_fact(&import.module, &import.name)));
    facts
}

fn section_fact(name: &str, values: [u64; 5]) -> String {
    let values: Vec<String> = values.iter().map(|value| format!("{value:#x}")).collect();
    format!("section {name} {}", values.join(" "))
}

fn import_fact(module: &str, name: &str) -> String {
    format!("import {}!{name}", module.to_lowercase())
}

/// The same facts out of the text that `llvm-readobj` prints.
fn facts(text: &str) -> Vec<String> {
    const HEADERS: &[(&str, &[&str])] = &[
        (
            "ImageFileHeader",
            &["Machine", "SectionCount", "Characteristics"],
        ),
        (
            "ImageOptionalHeader",
            &[
                "AddressOfEntryPoint",
                "ImageBase",
                "MajorOperatingSystemVersion",
                "MinorOperatingSystemVersion",
                "MajorSubsystemVersion",
                "MinorSubsystemVersion",
                "CheckSum",
                "Subsystem",
                "Characteristics",
            ],
        ),
    ];
    const SECTION: [&str; 5] = [
        "VirtualSize",
        "VirtualAddress",
        "RawDataSize",
        "PointerToRawData",
        "Characteristics",
    ];

    let mut found = Vec::new();
    let (mut block, mut name) = ("", "");
    let mut values = [0; 5];
    for line in text.lines().map(str::trim) {
        if let Some(opened) = line.strip_suffix(" {") {
            block = opened;
            continue;
        }
        let Some((key, value)) = line.split_once(": ").or_else(|| line.split_once(" [ ")) else {
            continue;
        };
        let first_word = value.split_whitespace().next().unwrap_or_default();
        match (block, key) {
            ("Section" | "Import", "Name") => name = first_word,
            ("Import", "Symbol") => found.push(import_fact(name, first_word)),
            ("Section", _) => {
                if let Some(place) = SECTION.iter().position(|known| *known == key) {
                    values[place] = number(value);
                }
                // The last of a section's lines.
                if key == "Characteristics" {
                    found.push(section_fact(name, values));
                }
            }
            _ => {
                let known = HEADERS.iter().find(|(header, _)| *header == block);
                if known.is_some_and(|(_, keys)| keys.contains(&key)) {
                    found.push(format!("{block} {key} {:#x}", number(value)));
                }
            }
        }
    }
    found
}

/// `0x1f`, `31`, `NAME (0x1F)` or `(0x1F)`.
fn number(text: &str) -> u64 {
    let inner = text.split_once('(').map_or(text, |(_, inner)| inner);
    let inner = inner.trim_end_matches(')').trim();
    let parsed = match inner.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => inner.parse(),
    };
    parsed.unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "ImageFileHeader {\n  Machine: IMAGE_FILE_MACHINE_AMD64 (0x8664)\n  SectionCount: 5\n  \
        TimeDateStamp: 2003-09-29 15:56:38 (0x3F785636)\n  Characteristics [ (0x22)\n    X (0x2)\n  ]\n}\n\
        Sections [\n  Section {\n    Number: 1\n    Name: .text (2E 74 65 78 74 00 00 00)\n    VirtualSize: 0x2746\n    \
        VirtualAddress: 0x1000\n    RawDataSize: 10240\n    PointerToRawData: 0x400\n    \
        Characteristics [ (0x68000020)\n    ]\n  }\n]\n\
        Import {\n  Name: NETIO.SYS\n  ImportLookupTableRVA: 0x46C0\n  Symbol: WskRegister (0)\n}\n";

    #[test]
    fn the_printed_text_is_understood() {
        assert_eq!(
            facts(TEXT),
            [
                "ImageFileHeader Machine 0x8664",
                "ImageFileHeader SectionCount 0x5",
                "ImageFileHeader Characteristics 0x22",
                "section .text 0x2746 0x1000 0x2800 0x400 0x68000020",
                "import netio.sys!WskRegister",
            ]
        );
    }

    #[test]
    fn a_fact_that_only_one_side_has_is_a_disagreement() {
        let [one, two] = ["a", "b"].map(str::to_owned);
        let same = std::slice::from_ref(&one);
        assert!(compare(same, same).is_empty());
        assert_eq!(
            compare(&[one], &[two]),
            ["only we: a", "only llvm-readobj-22: b"]
        );
    }
}
