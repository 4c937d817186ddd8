//! Makefile.toml, whose Windows half runs on no machine of ours: its words lead somewhere.

use std::collections::BTreeSet;

use clap::CommandFactory;
use toml::{Table, Value};

use crate::step;

/// The tasks of wdk-build 0.6's rust-driver-makefile.toml that ours build on.
const OF_THE_WDK: &[&str] = &[
    "copy-driver-binary-to-package",
    "copy-inf-to-package",
    "package-driver",
    "setup-wdk-config-env-vars",
    "sign-driver-binary",
    "signtool-sign",
    "stampinf",
];

fn tasks() -> Table {
    let text = std::fs::read_to_string(step::workspace().join("Makefile.toml")).unwrap();
    let file: Table = text.parse().unwrap();
    file["tasks"].as_table().unwrap().clone()
}

/// A task for every system, and what stands in its place on Linux.
fn variants(task: &Value) -> impl Iterator<Item = &Table> {
    let task = task.as_table().unwrap();
    [Some(task), task.get("linux").and_then(Value::as_table)]
        .into_iter()
        .flatten()
}

fn texts<'a>(task: &'a Table, key: &str) -> Vec<&'a str> {
    match task.get(key) {
        Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(text)) => vec![text],
        _ => Vec::new(),
    }
}

#[test]
fn every_task_that_is_named_exists() {
    let tasks = tasks();
    let known: BTreeSet<&str> = tasks.keys().map(String::as_str).collect();
    for (name, task) in &tasks {
        for task in variants(task) {
            for key in ["dependencies", "run_task", "alias", "extend"] {
                for target in texts(task, key) {
                    let there = known.contains(target) || OF_THE_WDK.contains(&target);
                    assert!(there, "{name}: {key} names {target}");
                }
            }
        }
    }
}

#[test]
fn on_linux_no_word_needs_a_task_of_the_wdk() {
    let tasks = tasks();
    for word in [
        "default", "build", "package", "sign", "verify", "inf", "scripts", "test", "wine",
    ] {
        let mut open = vec![word];
        while let Some(name) = open.pop() {
            let task = &tasks[name];
            let on_linux = variants(task).last().unwrap();
            for key in ["dependencies", "run_task", "alias"] {
                for target in texts(on_linux, key) {
                    assert!(!OF_THE_WDK.contains(&target), "{word} needs {target}");
                    open.push(target);
                }
            }
        }
    }
}

#[test]
fn every_chore_that_is_called_exists() {
    let chores = crate::Arguments::command();
    for (name, task) in &tasks() {
        for task in variants(task) {
            if let ["xtask", chore, ..] = texts(task, "args")[..] {
                assert!(
                    chores.find_subcommand(chore).is_some(),
                    "{name} calls {chore}"
                );
            }
        }
    }
}
