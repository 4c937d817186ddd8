//! Where the word stands that only the crates next to the kernel may use.

use std::fs;
use std::path::{Path, PathBuf};

use crate::step::{self, Outcome};

// Spelled in two halves, so that this file passes its own check.
const WORD: &str = concat!("un", "safe");

/// The places, from the workspace's root, that may hold it.
const MAY_HOLD: &[&str] = &[
    "crates/nt",
    "crates/ntsim",
    "crates/wsk-sys",
    "crates/rdbss",
    "crates/rdbss-microsoft",
    "crates/openrdbss",
    "crates/oxsmb-np",
    "crates/tdi-sys",
    "cross",
    "src",
    "tests/wine/harness",
    "tests/wine/np-client",
];

/// Looks through every source file outside those places.
pub fn check() -> Outcome {
    let root = step::workspace();
    let mut files = Vec::new();
    sources(&root, &root, &mut files)
        .map_err(|error| format!("cannot list the sources: {error}"))?;
    let mut found = 0;
    for file in &files {
        let text = fs::read_to_string(file)
            .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        let shown = file.strip_prefix(&root).unwrap_or(file).display();
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| has_word(line)) {
            println!("{shown}:{number}: {}", line.trim());
            found += 1;
        }
    }
    println!(
        "{} files outside {} looked through",
        files.len(),
        MAY_HOLD.join(", ")
    );
    if found == 0 {
        Ok(())
    } else {
        Err(format!("{found} lines where it may not be"))
    }
}

fn sources(root: &Path, directory: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let path = entry.path();
        let inside = path.strip_prefix(root).unwrap_or(&path);
        if entry.file_type()?.is_dir() {
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            let may_hold = MAY_HOLD.iter().any(|place| inside == Path::new(place));
            if !hidden && !may_hold && inside != Path::new("target") {
                sources(root, &path, files)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

/// Whether code on this line, comments aside, has the word standing alone.
fn has_word(line: &str) -> bool {
    let code = line.split("//").next().unwrap_or(line);
    code.split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|word| word == WORD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_counts_in_code_and_not_in_comments_or_lint_names() {
        assert!(has_word(&format!("    {WORD} {{ read() }}")));
        assert!(has_word(&format!("pub {WORD} fn f()")));
        assert!(!has_word(&format!("// nothing {WORD} here")));
        assert!(!has_word(&format!("#![forbid({WORD}_code)]")));
    }
}
