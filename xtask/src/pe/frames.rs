//! Stack frames and registers: what the functions take from a kernel stack of 24 KiB and from the thread that runs them.

use std::collections::BTreeSet;
use std::slice;

use super::code::{Code, Function};
use super::expected::{Expected, LargeFrame};
use super::panics::is_explained;
use super::report::Report;

/// How many of the largest frames the report names.
const SHOWN: usize = 10;

pub fn check(code: &Code, expected: &Expected, report: &mut Report) {
    let limit = expected.frame_limit;
    let (explained, above): (Vec<&Function>, Vec<&Function>) = code
        .functions
        .iter()
        .filter(|function| function.frame > limit)
        .partition(|function| may_be_large(function, expected.large_frames));
    report.row_with(
        "stack frames (from .pdata/.xdata)",
        format_args!(
            "up to {limit} bytes, but the {} explained",
            expected.large_frames.len()
        ),
        format_args!("{} explained, {} above", explained.len(), above.len()),
        above.is_empty(),
        above
            .iter()
            .map(|function| format!("{:6} bytes  {}", function.frame, function.name()))
            .collect(),
    );

    let wide: Vec<String> = code
        .functions
        .iter()
        .filter_map(|function| {
            let first = function.body.wide.first()?;
            Some(format!("{}: {first}", function.name()))
        })
        .collect();
    report.row_with(
        "x87, MMX, AVX and AVX-512 instructions",
        "none",
        if wide.is_empty() {
            "none".to_owned()
        } else {
            format!("in {} functions", wide.len())
        },
        wide.is_empty(),
        wide,
    );

    let mut by_size: Vec<&Function> = code.functions.iter().collect();
    by_size.sort_by_key(|function| std::cmp::Reverse(function.frame));
    report.note(
        "Largest frames, in bytes with the return address",
        by_size
            .iter()
            .take(SHOWN)
            .map(|function| format!("{:6}  {}", function.frame, function.name()))
            .collect(),
    );

    let extensions: BTreeSet<&str> = code
        .functions
        .iter()
        .flat_map(|function| &function.body.extensions)
        .map(String::as_str)
        .collect();
    let extensions: Vec<&str> = extensions.into_iter().collect();
    report.note(
        "Instruction sets beyond the x64 baseline (used only where CPUID has them)",
        vec![if extensions.is_empty() {
            "none".into()
        } else {
            extensions.join(" ")
        }],
    );
}

/// Whether the frame is one of those explained, and within the limit of its own.
fn may_be_large(function: &Function, list: &[LargeFrame]) -> bool {
    list.iter().any(|large| {
        function.frame <= large.limit && is_explained(function, slice::from_ref(&large.explained))
    })
}
