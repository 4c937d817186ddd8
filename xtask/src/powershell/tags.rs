//! The pool tags that the leak gate on Windows looks at are those of the code.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::step;

/// What the scripts read.
const LIST: &str = "tests/windows/pool-tags.csv";
/// Where the driver's code is.
const SOURCES: &[&str] = &[
    "src",
    "crates/nt/src",
    "crates/openrdbss/src",
    "crates/oxsmb-control/src",
    "crates/rdbss/src",
];
/// How the code spells a tag.
const SPELLINGS: &[&str] = &["Tag::new(b\"", "_POOLTAG: ULONG = u32::from_le_bytes(*b\""];
/// wdk-alloc's.
const ELSEWHERE: &[&str] = &["rust"];

/// Compares the list with the code.
pub fn check() -> Result<Vec<String>, String> {
    let root = step::workspace();
    let list = fs::read_to_string(root.join(LIST))
        .map_err(|error| format!("cannot read {LIST}: {error}"))?;
    let listed: BTreeSet<&str> = list
        .lines()
        .skip(1)
        .filter_map(|line| line.split(',').next())
        .collect();
    let mut used = BTreeSet::new();
    for source in SOURCES {
        look(&root.join(source), &mut used)
            .map_err(|error| format!("cannot read {source}: {error}"))?;
    }
    let used: BTreeSet<&str> = used.iter().map(String::as_str).collect();
    let missing = used.difference(&listed);
    let stale = listed
        .difference(&used)
        .filter(|tag| !ELSEWHERE.contains(*tag));
    let missing = missing.map(|tag| format!("pool-tags.csv:1: lacks the tag {tag}"));
    let stale = stale.map(|tag| format!("pool-tags.csv:1: nothing has the tag {tag}"));
    Ok(missing.chain(stale).collect())
}

fn look(directory: &Path, into: &mut BTreeSet<String>) -> std::io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            look(&path, into)?;
        } else if path.extension().is_some_and(|end| end == "rs") {
            let text = fs::read_to_string(&path)?;
            // What tests allocate never reaches Windows.
            let text = text
                .split("#[cfg(test)]\nmod tests")
                .next()
                .unwrap_or_default();
            for spelling in SPELLINGS {
                let found = text.split(spelling).skip(1);
                into.extend(found.filter_map(|rest| Some(rest.get(..4)?.to_owned())));
            }
        }
    }
    Ok(())
}
