//! The report: one line for each thing looked at, and under the table what a person needs to mend it.

use std::fmt;

/// What was looked at, in the order in which it was.
#[derive(Default)]
pub struct Report {
    rows: Vec<Row>,
    notes: Vec<(String, Vec<String>)>,
}

struct Row {
    what: String,
    expected: String,
    found: String,
    ok: bool,
    /// How to mend it, or which places it is about.
    details: Vec<String>,
}

impl Report {
    /// A line of the table.
    pub fn row(
        &mut self,
        what: &str,
        expected: impl fmt::Display,
        found: impl fmt::Display,
        ok: bool,
    ) {
        self.row_with(what, expected, found, ok, Vec::new());
    }

    /// A line whose failure is explained by further lines.
    pub fn row_with(
        &mut self,
        what: &str,
        expected: impl fmt::Display,
        found: impl fmt::Display,
        ok: bool,
        details: Vec<String>,
    ) {
        self.rows.push(Row {
            what: what.to_owned(),
            expected: expected.to_string(),
            found: found.to_string(),
            ok,
            details,
        });
    }

    /// Lines for the reader's information, after the table.
    pub fn note(&mut self, title: impl Into<String>, lines: Vec<String>) {
        self.notes.push((title.into(), lines));
    }

    /// What is not as it should be.
    pub fn failures(&self) -> Vec<&str> {
        let bad = self.rows.iter().filter(|row| !row.ok);
        bad.map(|row| row.what.as_str()).collect()
    }

    /// The details of a line that failed; tests look at them.
    #[cfg(test)]
    pub fn details(&self, what: &str) -> String {
        let row = self.rows.iter().find(|row| row.what == what && !row.ok);
        row.map_or_else(String::new, |row| row.details.join("\n"))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = |column: fn(&Row) -> &str| {
            let cells = self.rows.iter().map(|row| column(row).chars().count());
            cells.max().unwrap_or(0)
        };
        let what = width(|row| &row.what);
        let expected = width(|row| &row.expected);
        writeln!(f, "      {:what$}  {:expected$}  found", "what", "expected")?;
        for row in &self.rows {
            let mark = if row.ok { "ok" } else { "WRONG" };
            writeln!(
                f,
                "{mark:5} {:what$}  {:expected$}  {}",
                row.what, row.expected, row.found
            )?;
        }
        for row in self
            .rows
            .iter()
            .filter(|row| !row.ok && !row.details.is_empty())
        {
            writeln!(f, "\nWRONG: {}", row.what)?;
            write_lines(f, &row.details)?;
        }
        for (title, lines) in &self.notes {
            writeln!(f, "\n{title}")?;
            write_lines(f, lines)?;
        }
        Ok(())
    }
}

fn write_lines(f: &mut fmt::Formatter<'_>, lines: &[String]) -> fmt::Result {
    lines.iter().try_for_each(|line| writeln!(f, "    {line}"))
}
