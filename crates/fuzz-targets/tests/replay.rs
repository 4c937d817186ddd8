//! What the fuzzers know already, tried again on any toolchain.

use std::fs;
use std::path::{Path, PathBuf};

use fuzz_targets::mutation::{Numbers, changed};
use fuzz_targets::{TARGETS, Target};

/// Changed inputs to try for each target: some seconds in all.
const CHANGED: usize = 4000;

fn place(kind: &str, target: &Target) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz")
        .join(kind)
        .join(target.name)
}

/// The inputs in a directory, in an order that does not depend on the file system.
fn inputs(kind: &str, target: &Target) -> Vec<Vec<u8>> {
    let Ok(entries) = fs::read_dir(place(kind, target)) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

fn try_all(target: &Target) {
    let seeds = inputs("corpus", target);
    assert!(!seeds.is_empty(), "{} has no corpus", target.name);
    for input in &seeds {
        (target.run)(input);
    }
    let mut numbers = Numbers::new(0x0058_534D_4211);
    for _ in 0..CHANGED {
        (target.run)(&changed(&mut numbers, &seeds, target.max_len));
    }
}

macro_rules! targets {
    ($($name:ident,)*) => {
        $(
            #[test]
            fn $name() {
                let name = stringify!($name);
                try_all(TARGETS.iter().find(|target| target.name == name).unwrap());
            }
        )*

        #[test]
        fn each_target_is_tried_here() {
            let tried = [$(stringify!($name)),*];
            assert_eq!(TARGETS.iter().map(|target| target.name).collect::<Vec<_>>(), tried);
        }
    };
}

targets! {
    frame,
    request,
    response,
    list,
    fscc,
    spnego,
    ntlm,
    netbios,
    control,
    deframer,
    client,
}

/// What was found once, by the fact that it broke.
macro_rules! regressions {
    ($($target:ident: [$($fact:ident,)*],)*) => {
        $($(
            #[test]
            fn $fact() {
                let input = include_bytes!(concat!(
                    "../../../fuzz/regressions/",
                    stringify!($target),
                    "/",
                    stringify!($fact)
                ));
                fuzz_targets::run(stringify!($target), input);
            }
        )*)*

        #[test]
        fn each_finding_is_tried_here() {
            let tried: &[(&str, &[&str])] =
                &[$((stringify!($target), &[$(stringify!($fact)),*])),*];
            for target in TARGETS {
                let mut found: Vec<String> = fs::read_dir(place("regressions", target))
                    .into_iter()
                    .flatten()
                    .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                    .collect();
                found.sort();
                let known = tried.iter().filter(|(name, _)| *name == target.name);
                let known: Vec<&str> = known.flat_map(|(_, facts)| *facts).copied().collect();
                assert_eq!(found, known, "{}", target.name);
            }
        }
    };
}

regressions! {
    client: [
        a_compound_that_announces_more_than_was_asked_for_gets_no_room,
        a_request_gets_one_cancel,
    ],
}

#[test]
fn each_target_can_be_fuzzed() {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz");
    let manifest = fs::read_to_string(fuzz.join("Cargo.toml")).unwrap();
    let mut binaries: Vec<String> = fs::read_dir(fuzz.join("fuzz_targets"))
        .unwrap()
        .map(|entry| {
            entry
                .unwrap()
                .path()
                .file_stem()
                .unwrap()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    binaries.sort();
    let mut names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
    names.sort_unstable();
    assert_eq!(binaries, names);
    for target in TARGETS {
        let name = target.name;
        assert!(manifest.contains(&format!("name = \"{name}\"\n")), "{name}");
        let source = fs::read_to_string(fuzz.join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(source.contains(&format!("run(\"{name}\", data)")), "{name}");
    }
}
