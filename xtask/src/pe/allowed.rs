//! The lists of names that an image may import.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// All allowed names as `module!name`, the module in lower case.
pub struct AllowedImports {
    pub names: BTreeSet<String>,
    /// Where they are written down, for whoever has to add one.
    pub lists: Vec<&'static str>,
}

impl AllowedImports {
    /// Reads the lists: module definitions (`.def`, from which the linker's import library is made), and for modules
    /// that need no import library, files with one `module!name` a line.
    pub fn read(workspace: &Path, lists: &[&'static str]) -> Result<Self, String> {
        let mut names = BTreeSet::new();
        for list in lists {
            let text = fs::read_to_string(workspace.join(list))
                .map_err(|error| format!("cannot read {list}: {error}"))?;
            let found = if list.ends_with(".def") {
                definition(&text)
            } else {
                text.lines().map(str::to_owned).collect()
            };
            if !found.is_sorted() {
                return Err(format!("the names in {list} are not in order"));
            }
            names.extend(found);
        }
        let lists = lists.to_vec();
        Ok(Self { names, lists })
    }
}

/// The names of a module definition file.
fn definition(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim);
    let mut lines = lines.filter(|line| !line.is_empty() && !line.starts_with(';'));
    let library = lines.find_map(|line| line.strip_prefix("LIBRARY"));
    let module = library.unwrap_or_default().trim().to_lowercase();
    lines
        .skip_while(|line| *line == "EXPORTS")
        .filter_map(|line| line.split_whitespace().next())
        .map(|name| format!("{module}!{name}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_file_names_one_modules_exports() {
        let text = "; why\nLIBRARY ntoskrnl.EXE\nEXPORTS\n    DbgPrint\n    ; because\n    IoFileObjectType CONSTANT\n";
        assert_eq!(
            definition(text),
            ["ntoskrnl.exe!DbgPrint", "ntoskrnl.exe!IoFileObjectType"]
        );
    }
}
