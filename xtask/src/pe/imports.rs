//! What the image takes from other modules. A new import is a decision: it is asked for here until somebody writes it
//! into the list of allowed names.

use std::collections::{BTreeMap, BTreeSet};

use super::allowed::AllowedImports;
use super::expected::Expected;
use super::image::Image;
use super::report::Report;

/// Modules and symbols of C runtimes, which neither a driver nor our provider links.
const RUNTIME_MODULES: &[&str] = &[
    "msvcrt",
    "msvcp",
    "ucrt",
    "vcruntime",
    "api-ms-win-crt",
    "libcmt",
];
const RUNTIME_SYMBOLS: &[&str] = &[
    "mainCRTStartup",
    "_DllMainCRTStartup",
    "__security_init_cookie",
    "__scrt_common_main",
    "_initterm",
    "__acrt_initialize",
    "_CRT_INIT",
    "atexit",
    "malloc",
];

/// `names` are the link map's symbols.
pub fn check<'a>(
    image: &'a Image<'_>,
    names: impl Iterator<Item = &'a str>,
    expected: &Expected,
    allowed: &AllowedImports,
    report: &mut Report,
) {
    let modules: BTreeSet<&str> = image
        .imports
        .iter()
        .map(|import| import.module.as_str())
        .collect();
    let strange: Vec<&str> = modules
        .iter()
        .copied()
        .filter(|module| !expected.modules.contains(module))
        .collect();
    let listed: Vec<&str> = modules.iter().copied().collect();
    report.row_with(
        "modules imported from",
        format_args!("only {}", expected.modules.join(" ")),
        listed.join(" "),
        strange.is_empty(),
        strange
            .iter()
            .map(|module| format!("{module}: a decision for `modules` in xtask/src/pe/expected.rs"))
            .collect(),
    );

    allowed_names(image, allowed, report);

    let mut runtime: Vec<&str> = listed
        .into_iter()
        .filter(|module| RUNTIME_MODULES.iter().any(|name| module.starts_with(name)))
        .collect();
    runtime.extend(names.filter(|name| RUNTIME_SYMBOLS.contains(name)));
    report.row(
        "C runtime",
        "none",
        if runtime.is_empty() {
            "none".to_owned()
        } else {
            runtime.join(" ")
        },
        runtime.is_empty(),
    );

    let mut counts = BTreeMap::<&str, usize>::new();
    for import in &image.imports {
        *counts.entry(&import.module).or_default() += 1;
    }
    let lines = counts
        .iter()
        .map(|(module, count)| format!("{count:5}  {module}"));
    report.note("Imports by module", lines.collect());
}

fn allowed_names(image: &Image<'_>, allowed: &AllowedImports, report: &mut Report) {
    let used: BTreeSet<String> = image
        .imports
        .iter()
        .map(|import| format!("{}!{}", import.module, import.name))
        .collect();
    let mut new: Vec<String> = used.difference(&allowed.names).cloned().collect();
    let count = new.len();
    if count > 0 {
        new.push(format!(
            "each is a decision: does every supported Windows export it, and may it be called where we call it? Then add it to {}",
            allowed.lists.join(" or ")
        ));
    }
    report.row_with(
        "imported names",
        format_args!("among the {} allowed", allowed.names.len()),
        format_args!("{}, {count} of them new", used.len()),
        count == 0,
        new,
    );

    let unused: Vec<String> = allowed.names.difference(&used).cloned().collect();
    if !unused.is_empty() {
        report.note("Allowed, but not imported", unused);
    }
}
