//! Each rule, broken once: a check that cannot fail proves nothing.

mod sample;

use super::allowed::AllowedImports;
use super::expected::{DRIVER, PROVIDER};
use super::report::Report;
use sample::{Op, RETURN, Sample, function};

fn check(sample: &Sample) -> Report {
    let (image, map) = sample.build();
    let names = [
        "ntoskrnl.exe!DbgPrint",
        "ntoskrnl.exe!KeBugCheckEx",
        "netio.sys!WskRegister",
    ];
    let allowed = AllowedImports {
        names: names.map(str::to_owned).into(),
        lists: vec!["the list"],
    };
    super::report(&image, &map, &DRIVER, &allowed).unwrap()
}

/// What is wrong with a driver after a change.
#[track_caller]
fn broken(change: impl FnOnce(&mut Sample), rule: &str) -> String {
    let mut sample = Sample::driver();
    change(&mut sample);
    let report = check(&sample);
    assert_eq!(report.failures(), [rule], "\n{report}");
    report.details(rule)
}

#[test]
fn a_driver_that_is_right_passes() {
    let report = check(&Sample::driver());
    assert_eq!(report.failures(), Vec::<&str>::new(), "\n{report}");
}

#[test]
fn a_driver_is_no_network_provider() {
    let (image, map) = Sample::driver().build();
    let names = Default::default();
    let lists = Vec::new();
    let report = super::report(&image, &map, &PROVIDER, &AllowedImports { names, lists }).unwrap();
    for rule in [
        "subsystem",
        "exports",
        "entry point",
        "modules imported from",
        "imported names",
    ] {
        assert!(report.failures().contains(&rule), "{rule}");
    }
}

#[test]
fn what_is_no_image_or_no_map_is_an_error() {
    let (image, map) = Sample::driver().build();
    let allowed = AllowedImports {
        names: Default::default(),
        lists: Vec::new(),
    };
    assert!(super::report(b"MZ", &map, &DRIVER, &allowed).is_err());
    assert!(super::report(&image, "", &DRIVER, &allowed).is_err());
}

#[test]
fn each_field_of_the_headers_is_looked_at() {
    broken(|sample| sample.machine = 0xaa64, "machine");
    broken(
        |sample| sample.characteristics = 0x2022,
        "image characteristics",
    );
    broken(|sample| sample.subsystem = 3, "subsystem");
    broken(|sample| sample.subsystem_version = 6, "subsystem version");
    broken(|sample| sample.os_version = 6, "operating system version");
    broken(|sample| sample.checksum_off_by = 1, "checksum");
    broken(|sample| sample.relocated = false, "base relocations");
    broken(|sample| sample.entry = "work", "entry point");
    broken(|sample| sample.hashed_stamp = false, "time stamp");
    broken(|sample| sample.pdb = r"C:\me\sample.pdb", "PDB's name");
    broken(|sample| sample.load_config = true, "control flow guard");
}

#[test]
fn each_flag_for_the_loader_is_looked_at() {
    for bit in [0x20, 0x40, 0x80, 0x100] {
        broken(|sample| sample.loader_flags &= !bit, "loader flags");
    }
    broken(|sample| sample.loader_flags |= 0x8000, "loader flags");
}

#[test]
fn a_path_of_the_building_machine_is_shown() {
    let details = broken(
        |sample| sample.text = "panicked at /home/me/src/lib.rs",
        "paths of the building machine",
    );
    assert!(details.contains("/home/me/src/lib.rs"));
}

#[test]
fn exports_must_be_the_expected_ones() {
    let details = broken(|sample| sample.exports = vec!["RxStart"], "exports");
    assert!(details.contains("not expected: RxStart"));
}

#[test]
fn sections_must_be_known_and_have_their_attributes() {
    broken(
        |sample| sample.sections[0].1 &= !0x0800_0000,
        "section .text",
    );
    broken(
        |sample| sample.sections[4].1 &= !0x0200_0000,
        "section .reloc",
    );
    broken(
        |sample| sample.sections[1].1 |= 0x8000_0000,
        "section .rdata",
    );

    let mut sample = Sample::driver();
    sample.sections[2].0 = "mine";
    let failures = check(&sample);
    assert_eq!(failures.failures(), ["section .data", "other sections"]);

    let mut sample = Sample::driver();
    sample.sections[0].1 |= 0x8000_0000;
    let failures = check(&sample);
    assert_eq!(
        failures.failures(),
        ["section .text", "writable and executable sections"]
    );
}

#[test]
fn a_new_import_is_refused_with_the_way_to_allow_it() {
    let details = broken(
        |sample| sample.imports[0].1.push("ZwLoadDriver"),
        "imported names",
    );
    assert!(details.contains("ntoskrnl.exe!ZwLoadDriver"));
    assert!(details.contains("the list"));
}

#[test]
fn a_new_module_and_the_c_runtime_are_refused() {
    let mut sample = Sample::driver();
    sample.imports.push(("ucrtbase.dll", vec!["malloc"]));
    let report = check(&sample);
    assert_eq!(
        report.failures(),
        ["modules imported from", "imported names", "C runtime"]
    );
    broken(
        |sample| sample.symbols.push("__security_init_cookie"),
        "C runtime",
    );
}

#[test]
fn a_frame_above_the_limit_is_named() {
    // With the return address: 1024 is allowed, 1032 is not.
    broken(
        |sample| sample.functions[1].allocates = Some(0x400),
        "stack frames (from .pdata/.xdata)",
    );
    let details = broken(
        |sample| sample.functions[1].allocates = Some(0x2000),
        "stack frames (from .pdata/.xdata)",
    );
    assert!(details.contains("8200 bytes  work"));
}

#[test]
fn an_explained_frame_is_refused_above_its_own_limit() {
    let explained = |allocates| {
        move |sample: &mut Sample| {
            let name = "smb_crypto::rust_crypto::aes_128";
            sample.functions.push(function(name, Some(allocates), &[]));
        }
    };
    let mut sample = Sample::driver();
    explained(0x600)(&mut sample);
    assert_eq!(check(&sample).failures(), Vec::<&str>::new());
    broken(explained(0x2000), "stack frames (from .pdata/.xdata)");
}

#[test]
fn instructions_with_registers_that_nobody_saves_are_refused() {
    let wide: [&'static [u8]; 7] = [
        &[0xc5, 0xfd, 0xef, 0xc0],             // vpxor ymm0, ymm0, ymm0
        &[0x62, 0xf1, 0x7d, 0x48, 0xef, 0xc0], // vpxord zmm0, zmm0, zmm0
        &[0xc5, 0xf9, 0xef, 0xc0], // vpxor xmm0, xmm0, xmm0: clears the upper half of ymm0
        &[0xc5, 0xf8, 0x77],       // vzeroupper
        &[0xd9, 0xe8],             // fld1
        &[0xdb, 0xe3],             // fninit
        &[0x0f, 0xef, 0xc0],       // pxor mm0, mm0
    ];
    for code in wide {
        let details = broken(
            |sample| sample.functions[2].code.insert(0, Op::Bytes(code)),
            "x87, MMX, AVX and AVX-512 instructions",
        );
        assert!(details.starts_with("leaf: "), "{code:x?}");
    }
    let mut sample = Sample::driver();
    // pxor xmm0, xmm0; aesenc xmm0, xmm1
    let fine = Op::Bytes(&[0x66, 0x0f, 0xef, 0xc0, 0x66, 0x0f, 0x38, 0xdc, 0xc1]);
    sample.functions[2].code.insert(0, fine);
    assert!(check(&sample).failures().is_empty());
}

/// A panic handler as the real one is: two functions, the second of which stops the system.
fn with_handler(sample: &mut Sample) {
    sample.functions.extend([
        function(
            "core::panicking::panic_fmt",
            Some(0x28),
            &[
                Op::Call("__rustc::rust_begin_unwind"),
                Op::Bytes(&[0x0f, 0x0b]),
            ],
        ),
        function(
            "__rustc::rust_begin_unwind",
            Some(0x28),
            &[
                Op::Call("wdk_panic::rust_ke_bugcheck"),
                Op::Bytes(&[0x0f, 0x0b]),
            ],
        ),
        function(
            "wdk_panic::rust_ke_bugcheck",
            Some(0x28),
            &[Op::CallImport("KeBugCheckEx"), Op::Bytes(&[0x0f, 0x0b])],
        ),
    ]);
}

const PANICS: &str = "functions that can begin a panic";

#[test]
fn a_handler_that_nothing_leads_to_is_fine() {
    let mut sample = Sample::driver();
    with_handler(&mut sample);
    let report = check(&sample);
    assert!(report.failures().is_empty(), "\n{report}");
}

#[test]
fn every_way_into_the_panic_machinery_is_found() {
    for way in [Op::Call, Op::Jump, Op::AddressOf] {
        let details = broken(
            |sample| {
                with_handler(sample);
                sample.functions[1]
                    .code
                    .insert(0, way("core::panicking::panic_fmt"));
            },
            PANICS,
        );
        assert_eq!(
            details,
            "work: into core::panicking::panic_fmt; from DriverEntry"
        );
    }
}

#[test]
fn machinery_that_only_passes_on_is_looked_through() {
    let details = broken(
        |sample| {
            with_handler(sample);
            let on = [
                Op::Call("core::panicking::panic_fmt"),
                Op::Bytes(&[0x0f, 0x0b]),
            ];
            sample
                .functions
                .push(function("core::option::unwrap_failed", Some(8), &on));
            sample.functions[2]
                .code
                .insert(0, Op::Jump("core::option::unwrap_failed"));
        },
        PANICS,
    );
    assert_eq!(details, "leaf: into core::option::unwrap_failed; from ");
}

#[test]
fn a_routine_of_the_library_that_may_return_is_no_machinery() {
    let details = broken(
        |sample| {
            with_handler(sample);
            let either = [Op::Call("core::panicking::panic_fmt"), RETURN];
            sample
                .functions
                .push(function("core::fmt::write", Some(8), &either));
        },
        PANICS,
    );
    assert!(details.starts_with("core::fmt::write: "));
}

#[test]
fn stopping_the_system_needs_an_explanation() {
    const RULE: &str = "callers of KeBugCheckEx";
    let direct = broken(
        |sample| {
            sample.functions[1]
                .code
                .insert(0, Op::CallImport("KeBugCheckEx"))
        },
        RULE,
    );
    assert_eq!(direct, "work");
    let by_thunk = broken(
        |sample| {
            let thunk = [Op::JumpImport("KeBugCheckEx")];
            sample
                .functions
                .push(function("KeBugCheckEx", None, &thunk));
            sample.functions[1].code.insert(0, Op::Call("KeBugCheckEx"));
        },
        RULE,
    );
    assert_eq!(by_thunk, "work");
}

#[test]
fn instructions_that_stop_the_system_need_an_explanation() {
    let stops: [&'static [u8]; 3] = [&[0x0f, 0x0b], &[0xcd, 0x29], &[0xeb, 0xfe]];
    for code in stops {
        let details = broken(
            |sample| sample.functions[2].code.push(Op::Bytes(code)),
            "functions with ud2, int 29h or a jump to itself",
        );
        assert!(details.starts_with("leaf: "), "{code:x?}");
    }
}
