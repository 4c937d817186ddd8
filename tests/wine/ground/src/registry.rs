//! Keys and values as Wine keeps them in a prefix's files, written there before any program runs: a second less for
//! each than by a program.

use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;

/// A value of the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// REG_DWORD
    Number(u32),
    /// REG_SZ
    Text(&'a str),
}

/// A key and some of its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key<'a> {
    /// Its path below the hive's root.
    pub path: &'a str,
    /// Its values by their names.
    pub values: &'a [(&'a str, Value<'a>)],
}

impl Key<'_> {
    /// Adds the key to a hive's file. One that is there already keeps its other values.
    pub(crate) fn append(&self, hive: &Path) {
        File::options()
            .append(true)
            .open(hive)
            .and_then(|mut file| file.write_all(self.text().as_bytes()))
            .expect("the registry can be written");
    }

    fn text(&self) -> String {
        // The number is the time of the last change, of which nobody makes use.
        let mut text = format!("\n[{}] 1\n", escaped(self.path));
        for (name, value) in self.values {
            let name = escaped(name);
            let _ = match value {
                Value::Number(number) => writeln!(text, "\"{name}\"=dword:{number:08x}"),
                Value::Text(value) => writeln!(text, "\"{name}\"=\"{}\"", escaped(value)),
            };
        }
        text
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_written_as_wine_reads_it() {
        let key = Key {
            path: r"Software\Wine",
            values: &[
                ("Number", Value::Number(12)),
                ("Text", Value::Text("\"c:\\x\"")),
            ],
        };
        assert_eq!(
            key.text(),
            "\n[Software\\\\Wine] 1\n\"Number\"=dword:0000000c\n\"Text\"=\"\\\"c:\\\\x\\\"\"\n"
        );
    }
}
