//! That no panic can happen: nothing outside Rust's own panic machinery may lead into it.
//!
//! The panic handler stays in the image as long as anything calls it. Of what calls it, directly or through others, the
//! routines of `core` and `alloc` that never return are machinery: they exist to end there. Every other function that
//! mentions one of them (calls it, jumps to it, or takes its address) is a place where a panic can begin, whoever calls it
//! and in whatever way: so calls through pointers cannot hide one.

use std::collections::BTreeSet;

use super::code::{Code, Function};
use super::expected::{Expected, Explained};
use super::report::Report;

/// The crates whose routines can be machinery.
const MACHINERY: &[&str] = &[
    "core::",
    "<core::",
    "alloc::",
    "<alloc::",
    "__rustc::",
    "wdk_panic::",
    "rust_begin_unwind",
];
const BUG_CHECK: &str = "KeBugCheckEx";

pub fn check(code: &Code, expected: &Expected, report: &mut Report) {
    let machinery = machinery(code);
    let (explained, begin): (Vec<usize>, Vec<usize>) = (0..code.functions.len())
        .filter(|index| !machinery.contains(index))
        .filter(|&index| !code.functions[index].body.mentions.is_disjoint(&machinery))
        .partition(|&index| is_explained(&code.functions[index], expected.panics));
    report.row_with(
        "functions that can begin a panic",
        format_args!("none but the {} explained", expected.panics.len()),
        format_args!("{} explained, {} not", explained.len(), begin.len()),
        begin.is_empty(),
        begin
            .iter()
            .map(|&index| {
                let function = &code.functions[index];
                let into = function.body.mentions.intersection(&machinery).copied();
                let from = code.mentioning(index);
                format!(
                    "{}: into {}; from {}",
                    function.name(),
                    names(code, into),
                    names(code, from)
                )
            })
            .collect(),
    );

    bug_checks(code, &machinery, expected, report);
    stops(code, expected, report);

    stale(code, expected, report);
    let mut lines: Vec<String> = machinery
        .iter()
        .map(|&index| code.functions[index].name().to_owned())
        .collect();
    if lines.is_empty() {
        lines.push("none: not even the handler is linked".into());
    }
    report.note("Panic machinery in the image", lines);
}

fn names(code: &Code, functions: impl Iterator<Item = usize>) -> String {
    let names: Vec<&str> = functions
        .map(|index| code.functions[index].name())
        .collect();
    names.join(", ")
}

/// The handler, and all routines of Rust's libraries that can only end in it.
fn machinery(code: &Code) -> BTreeSet<usize> {
    let libraries = |function: &Function| {
        function
            .names
            .iter()
            .any(|name| MACHINERY.iter().any(|start| name.starts_with(start)))
    };
    let mut found: BTreeSet<usize> = code
        .functions
        .iter()
        .enumerate()
        .filter(|(_, function)| {
            function
                .names
                .iter()
                .any(|name| name.ends_with("rust_begin_unwind"))
        })
        .map(|(index, _)| index)
        .collect();
    // The handler's own parts: what it ends in.
    let handler = found.clone();
    for index in handler {
        let parts = code.functions[index].body.mentions.iter();
        found.extend(
            parts
                .copied()
                .filter(|&part| libraries(&code.functions[part])),
        );
    }
    loop {
        let more: Vec<usize> = code
            .functions
            .iter()
            .enumerate()
            .filter(|(index, function)| {
                !found.contains(index)
                    && libraries(function)
                    && !function.body.returns
                    && function.body.tail_calls.is_subset(&found)
                    && !function.body.mentions.is_disjoint(&found)
            })
            .map(|(index, _)| index)
            .collect();
        if more.is_empty() {
            return found;
        }
        found.extend(more);
    }
}

/// Who ends the machine on purpose.
fn bug_checks(code: &Code, machinery: &BTreeSet<usize>, expected: &Expected, report: &mut Report) {
    let is_thunk = |function: &Function| function.is_named(BUG_CHECK);
    let thunks: BTreeSet<usize> = code
        .functions
        .iter()
        .enumerate()
        .filter(|(_, function)| is_thunk(function))
        .map(|(index, _)| index)
        .collect();
    let callers = code
        .functions
        .iter()
        .enumerate()
        .filter(|(index, function)| {
            let calls = !function.body.mentions.is_disjoint(&thunks)
                || function.body.imports.contains(BUG_CHECK);
            calls && !machinery.contains(index) && !is_thunk(function)
        });
    let strange: Vec<String> = callers
        .map(|(_, function)| function)
        .filter(|function| !is_explained(function, expected.bug_checks))
        .map(|function| function.name().to_owned())
        .collect();
    report.row_with(
        "callers of KeBugCheckEx",
        format_args!(
            "the panic handler and the {} explained",
            expected.bug_checks.len()
        ),
        if strange.is_empty() {
            "these".to_owned()
        } else {
            format!("{} more", strange.len())
        },
        strange.is_empty(),
        strange,
    );
}

/// Instructions that end the machine without a panic, as `abort` and `unreachable_unchecked` become.
fn stops(code: &Code, expected: &Expected, report: &mut Report) {
    let strange: Vec<String> = code
        .functions
        .iter()
        .filter(|function| {
            !function.body.stops.is_empty() && !is_explained(function, expected.stops)
        })
        .map(|function| format!("{}: {}", function.name(), function.body.stops.join(", ")))
        .collect();
    report.row_with(
        "functions with ud2, int 29h or a jump to itself",
        format_args!("none but the {} explained", expected.stops.len()),
        if strange.is_empty() {
            "none".to_owned()
        } else {
            strange.len().to_string()
        },
        strange.is_empty(),
        strange,
    );
}

/// Explanations of functions that are gone, for whoever reads the report to take out.
fn stale(code: &Code, expected: &Expected, report: &mut Report) {
    let lists = [expected.panics, expected.bug_checks, expected.stops];
    let frames = expected.large_frames.iter().map(|large| &large.explained);
    let gone: Vec<String> = lists
        .into_iter()
        .flatten()
        .chain(frames)
        .filter(|entry| {
            !code
                .functions
                .iter()
                .any(|function| function.is_named(entry.function))
        })
        .map(|entry| entry.function.to_owned())
        .collect();
    if !gone.is_empty() {
        report.note("Explained, but not in the image", gone);
    }
}

pub fn is_explained(function: &Function, list: &[Explained]) -> bool {
    list.iter().any(|entry| function.is_named(entry.function))
}
