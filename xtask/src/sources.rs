//! Looking through the project's source files for what must not be there.

use std::fs;
use std::path::{Path, PathBuf};

use crate::step::{self, Outcome};

/// Prints every line for which `wrong` holds in the source files below `places`, leaving out what is below `exceptions`; an
/// error when there is one. Both are paths from the workspace's root.
pub fn have_no_line(places: &[&str], exceptions: &[&str], wrong: fn(&str) -> bool) -> Outcome {
    let root = step::workspace();
    let mut files = Vec::new();
    for place in places {
        list(&root, &root.join(place), exceptions, &mut files)
            .map_err(|error| format!("cannot list the sources in {place}: {error}"))?;
    }
    let mut found = 0;
    for file in &files {
        let text = fs::read_to_string(file)
            .map_err(|error| format!("cannot read {}: {error}", file.display()))?;
        let shown = file.strip_prefix(&root).unwrap_or(file).display();
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| wrong(line)) {
            println!("{shown}:{number}: {}", line.trim());
            found += 1;
        }
    }
    println!(
        "{} files outside {} looked through",
        files.len(),
        exceptions.join(", ")
    );
    if found == 0 {
        Ok(())
    } else {
        Err(format!("{found} lines where it may not be"))
    }
}

fn list(
    root: &Path,
    directory: &Path,
    exceptions: &[&str],
    files: &mut Vec<PathBuf>,
) -> std::io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let path = entry.path();
        let inside = path.strip_prefix(root).unwrap_or(&path);
        if exceptions.iter().any(|place| inside == Path::new(place)) {
            continue;
        }
        if entry.file_type()?.is_dir() {
            let hidden = entry.file_name().to_string_lossy().starts_with('.');
            if !hidden && inside != Path::new("target") {
                list(root, &path, exceptions, files)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

/// A line without its comment.
pub fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or(line)
}
