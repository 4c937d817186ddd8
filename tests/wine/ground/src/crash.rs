//! What winedbg says of a crash, with our own functions and lines for the addresses in our images.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::built::Built;

/// How long winedbg may take.
const LIMIT: Duration = Duration::from_secs(20);
/// The images of ours, which winedbg knows by these names.
const IMAGES: &[(&str, Built)] = &[
    ("oxsmb", Built::Driver),
    ("oxharness", Built::Harness),
    ("oxsmbnp", Built::NetworkProvider),
];
const SYMBOLIZER: &str = "llvm-symbolizer-22";

/// Reads winedbg's output as soon as it is complete, and adds where the addresses in it are. Nothing if there is none.
pub fn read(file: &Path) -> String {
    let text = complete(file);
    // What follows is about the process and the machine.
    let text = text.split("Modules:").next().unwrap_or_default();
    if text.is_empty() {
        return String::new();
    }
    let mut story = format!("winedbg's report:\n{text}\n");
    for (image, offset) in addresses(text) {
        story += &format!("{}+{offset:#x}: {}\n", image.name(), place(image, offset));
    }
    story
}

/// The file once it has not grown for a second.
fn complete(file: &Path) -> String {
    let deadline = Instant::now() + LIMIT;
    let mut text = fs::read(file).unwrap_or_default();
    while Instant::now() < deadline {
        thread::sleep(Duration::from_secs(1));
        let longer = fs::read(file).unwrap_or_default();
        if !longer.is_empty() && longer.len() == text.len() {
            break;
        }
        text = longer;
    }
    String::from_utf8_lossy(&text).into_owned()
}

/// The addresses inside our images, as winedbg writes them: `oxsmb.sys+0x1137`, `oxsmb+0x1137`, `in oxsmb.sys (+0x1137)`.
fn addresses(text: &str) -> Vec<(Built, u64)> {
    let mut found = Vec::new();
    for (before, after) in text.match_indices("+0x").map(|(at, _)| text.split_at(at)) {
        let before = before
            .trim_end_matches(" (")
            .trim_end_matches(".sys")
            .trim_end_matches(".dll")
            .rsplit(|letter: char| !letter.is_ascii_alphanumeric())
            .next();
        let digits = after["+0x".len()..]
            .split(|letter: char| !letter.is_ascii_hexdigit())
            .next();
        let image = IMAGES.iter().find(|(name, _)| before == Some(name));
        let offset = digits.and_then(|digits| u64::from_str_radix(digits, 16).ok());
        if let (Some((_, image)), Some(offset)) = (image, offset) {
            found.push((*image, offset));
        }
    }
    found.dedup();
    found
}

fn place(image: Built, offset: u64) -> String {
    let output = Command::new(SYMBOLIZER)
        .arg("--relative-address")
        .arg("--inlining")
        .arg("--pretty-print")
        .arg("--obj")
        .arg(image.path())
        .arg(format!("{offset:#x}"))
        .output();
    match output {
        Ok(output) => String::from_utf8_lossy(&output.stdout).trim().to_owned(),
        Err(error) => format!("{SYMBOLIZER}: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_in_our_images_are_found_and_others_are_not() {
        let text = "=>0 0x0000000140001137 in oxsmb.sys (+0x1137) (0x0000)\n\
                    1 0x00000 EntryPoint+0x12 in oxsmb.sys+0x77 ntoskrnl+0x99 oxharness+0xab";
        let found = addresses(text);
        let expected = [
            (Built::Driver, 0x1137),
            (Built::Driver, 0x77),
            (Built::Harness, 0xab),
        ];
        assert_eq!(found, expected);
    }
}
