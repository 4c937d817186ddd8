//! `docs/hostile-servers.md` has every case, and every test that it names exists.

use std::fs;
use std::path::Path;

const CASES: usize = 48;

/// The cells of the page's tables, without headings.
fn rows() -> Vec<Vec<String>> {
    let page = fs::read_to_string(root().join("docs/hostile-servers.md")).unwrap();
    let tables = page.lines().filter(|line| line.starts_with('|'));
    let cells = |line: &str| {
        let inner = line.trim_matches('|');
        inner
            .split('|')
            .map(|cell| cell.trim().to_owned())
            .collect()
    };
    tables
        .map(cells)
        .filter(|row: &Vec<String>| !is_heading(row))
        .collect()
}

fn is_heading(row: &[String]) -> bool {
    row.last()
        .is_some_and(|cell| cell == "Tests" || cell.starts_with("---"))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The tests that a cell names, as file and function.
fn tests(cell: &str) -> impl Iterator<Item = (&str, &str)> {
    let quoted = cell.split('`').skip(1).step_by(2);
    quoted.filter_map(|name| name.rsplit_once("::"))
}

#[test]
fn every_case_has_its_row_and_a_test_of_its_number() {
    let rows = rows();
    let cases: Vec<_> = rows
        .iter()
        .filter(|row| row[0].parse::<usize>().is_ok())
        .collect();
    assert_eq!(cases.len(), CASES);
    for (number, row) in (1..).zip(cases) {
        assert_eq!(row[0], number.to_string());
        let prefix = format!("case_{number:02}_");
        let has_own = tests(&row[3]).any(|(_, test)| test.starts_with(&prefix));
        assert!(has_own, "case {number} has no test of its number");
    }
}

#[test]
fn no_cell_is_empty_and_every_test_exists() {
    for row in rows() {
        assert_eq!(row.len(), 4, "{row:?}");
        assert!(row.iter().all(|cell| !cell.is_empty()), "{row:?}");
        assert!(tests(&row[3]).next().is_some(), "{row:?}");
        for (file, test) in tests(&row[3]) {
            let source = fs::read_to_string(root().join(file));
            let source = source.unwrap_or_else(|error| panic!("{file}: {error}"));
            let function = format!("#[test]\nfn {test}()");
            let flat: String = source
                .lines()
                .map(|line| line.trim_start().to_owned() + "\n")
                .collect();
            assert!(flat.contains(&function), "{file} has no test {test}");
        }
    }
}
