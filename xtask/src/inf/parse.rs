//! An INF file as sections of lines, by the "General Syntax Rules for INF Files".

use std::collections::BTreeMap;

/// One line of a section: `key = value, value` or only `value, value`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Where it begins, counted from 1.
    pub number: usize,
    /// What stands before the equals sign.
    pub key: Option<String>,
    /// The values, without quotes and with their %tokens% as written.
    pub values: Vec<String>,
}

impl Line {
    /// The value at `index`, empty where there is none.
    pub fn value(&self, index: usize) -> &str {
        self.values.get(index).map_or("", String::as_str)
    }

    /// Whether the key is `key`; keys have no case.
    pub fn is(&self, key: &str) -> bool {
        self.key
            .as_deref()
            .is_some_and(|own| own.eq_ignore_ascii_case(key))
    }
}

/// A section with all lines under its name, which may stand in a file more than once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// The name as first written.
    pub name: String,
    /// Where it first begins.
    pub number: usize,
    /// Its lines.
    pub lines: Vec<Line>,
}

impl Section {
    /// The lines with that key.
    pub fn all<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a Line> {
        self.lines.iter().filter(move |line| line.is(key))
    }

    /// The first line with that key.
    pub fn first(&self, key: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.is(key))
    }
}

/// A line that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where.
    pub number: usize,
    /// What is wrong with it.
    pub reason: &'static str,
}

/// A whole file.
#[derive(Clone, Debug, Default)]
pub struct Inf {
    /// Sections by their name in lower case.
    sections: BTreeMap<String, Section>,
}

impl Inf {
    /// Reads a file's text.
    ///
    /// # Errors
    /// The first line that is neither section, entry, comment nor empty.
    pub fn parse(text: &str) -> Result<Self, SyntaxError> {
        let mut inf = Self::default();
        let mut current: Option<String> = None;
        for (number, text) in logical_lines(text) {
            let error = |reason| SyntaxError { number, reason };
            if let Some(rest) = text.strip_prefix('[') {
                let name = rest
                    .strip_suffix(']')
                    .ok_or(error("a section's name has no closing bracket"))?;
                if name.trim().is_empty() || name.contains(['[', ']']) {
                    return Err(error("a section's name is empty or has a bracket in it"));
                }
                let key = name.to_ascii_lowercase();
                inf.sections.entry(key.clone()).or_insert_with(|| Section {
                    name: name.into(),
                    number,
                    lines: Vec::new(),
                });
                current = Some(key);
                continue;
            }
            let section = current
                .as_ref()
                .and_then(|key| inf.sections.get_mut(key))
                .ok_or(error("an entry stands before the first section"))?;
            let line = entry(number, &text).ok_or(error("a quotation mark is not closed"))?;
            section.lines.push(line);
        }
        Ok(inf)
    }

    /// The section of that name.
    pub fn section(&self, name: &str) -> Option<&Section> {
        self.sections.get(&name.to_ascii_lowercase())
    }

    /// All sections, by name.
    pub fn sections(&self) -> impl Iterator<Item = &Section> {
        self.sections.values()
    }

    /// The text of a `%token%` in [Strings].
    pub fn string(&self, token: &str) -> Option<&str> {
        Some(self.section("Strings")?.first(token)?.value(0))
    }

    /// `text` with its tokens replaced; `%13%` and other directory ids stay, `%%` is a percent sign.
    pub fn expand(&self, text: &str) -> String {
        let mut out = String::new();
        for part in parts(text) {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Percent => out.push('%'),
                Part::Token(token) => match self.string(token) {
                    Some(value) => out.push_str(value),
                    None => {
                        out.push('%');
                        out.push_str(token);
                        out.push('%');
                    }
                },
            }
        }
        out
    }
}

/// A piece of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    /// Plain text.
    Text(&'a str),
    /// `%%`.
    Percent,
    /// What stands between two percent signs.
    Token(&'a str),
}

/// The pieces of a value. A single percent sign without its partner is text.
pub fn parts(text: &str) -> Vec<Part<'_>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        let Some((token, behind)) = after.split_once('%') else {
            break;
        };
        if !before.is_empty() {
            found.push(Part::Text(before));
        }
        found.push(if token.is_empty() {
            Part::Percent
        } else {
            Part::Token(token)
        });
        rest = behind;
    }
    if !rest.is_empty() {
        found.push(Part::Text(rest));
    }
    found
}

/// Lines without comments, joined where a backslash at the end says so, each with the number of its beginning.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (number, raw) in (1..).zip(text.lines()) {
        let code = without_comment(raw).trim();
        let (start, mut joined) = open.take().unwrap_or((number, String::new()));
        match code.strip_suffix('\\') {
            Some(begun) => {
                joined.push_str(begun);
                open = Some((start, joined));
            }
            None => {
                joined.push_str(code);
                if !joined.is_empty() {
                    lines.push((start, joined));
                }
            }
        }
    }
    lines.extend(open);
    lines
}

/// A comment begins with a semicolon outside of quotes.
fn without_comment(line: &str) -> &str {
    let mut quoted = false;
    for (at, character) in line.char_indices() {
        match character {
            '"' => quoted = !quoted,
            ';' if !quoted => return &line[..at],
            _ => {}
        }
    }
    line
}

fn entry(number: usize, text: &str) -> Option<Line> {
    let (key, rest) = match find_unquoted(text, '=') {
        Some(at) => (Some(unquote(text[..at].trim())?), &text[at + 1..]),
        None => (None, text),
    };
    let mut values = Vec::new();
    let mut rest = rest;
    loop {
        let comma = find_unquoted(rest, ',');
        let value = comma.map_or(rest, |at| &rest[..at]);
        values.push(unquote(value.trim())?);
        match comma {
            Some(at) => rest = &rest[at + 1..],
            None => break,
        }
    }
    Some(Line {
        number,
        key,
        values,
    })
}

fn find_unquoted(text: &str, wanted: char) -> Option<usize> {
    let mut quoted = false;
    text.char_indices()
        .find(|(_, character)| {
            quoted ^= *character == '"';
            *character == wanted && !quoted
        })
        .map(|(at, _)| at)
}

/// The text that quotation marks enclose, two of them inside for one; `None` when one is not closed.
fn unquote(text: &str) -> Option<String> {
    if !text.matches('"').count().is_multiple_of(2) {
        return None;
    }
    let inner = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    Some(inner.unwrap_or(text).replace("\"\"", "\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn only(text: &str) -> Line {
        let inf = Inf::parse(text).unwrap();
        inf.section("s").unwrap().lines[0].clone()
    }

    #[test]
    fn keys_values_quotes_and_comments_are_told_apart() {
        let line = only("[S]\n  Key = one, \"two, ; \"\"2\"\"\" , , four ; comment\n");
        assert_eq!(line.number, 2);
        assert!(line.is("kEY"));
        assert_eq!(line.values, ["one", "two, ; \"2\"", "", "four"]);
    }

    #[test]
    fn a_line_without_a_key_is_all_values() {
        let line = only("[s]\nHKR, NetworkProvider, Name, 0, \"a = b\"");
        assert_eq!(line.key, None);
        assert_eq!(line.value(4), "a = b");
        assert_eq!(line.value(9), "");
    }

    #[test]
    fn a_backslash_joins_lines() {
        let line = only("[s]\nKey = one,\\\n  two");
        assert_eq!(line.values, ["one", "two"]);
    }

    #[test]
    fn sections_of_one_name_are_one() {
        let inf = Inf::parse("[A]\n1\n[b]\n2\n[a]\n3").unwrap();
        assert_eq!(inf.section("A").unwrap().lines.len(), 2);
        assert_eq!(inf.sections().count(), 2);
    }

    #[test]
    fn what_cannot_be_read_is_an_error_with_its_line() {
        for (text, number) in [
            ("a = b", 1),
            ("[s]\n[t", 2),
            ("[s]\n\nx = \"y", 3),
            ("[]", 1),
        ] {
            assert_eq!(Inf::parse(text).unwrap_err().number, number, "{text}");
        }
    }

    #[test]
    fn tokens_are_replaced_and_directory_ids_and_percent_signs_stay() {
        let inf = Inf::parse("[Strings]\nName = \"Ox\"").unwrap();
        assert_eq!(inf.expand("%NAME%, %13%\\a, 5 %%"), "Ox, %13%\\a, 5 %");
        assert_eq!(inf.expand("%nobody% %"), "%nobody% %");
    }
}
