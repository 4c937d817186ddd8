//! What an administrator has set counts when the driver is loaded; nonsense does not, and the log says so.

mod scripted;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ntsim::user::Process;
use ntsim::{Config, Kernel, RegistryValue, sys};
use scripted::{
    AND_SOME, Mount, PARAMETERS, PASSWORD, SHARE, USER, bytes, count, server, share, start,
    with_driver,
};
use smb_server::{Encryption, Fault, When};
use smb_wire::NtStatus;
use smb_wire::smb2::{Command, Dialect, ReadRequest};

/// Loads the driver with such values in the registry, works with it, and returns the warnings that it logged.
fn warnings(values: &[(&str, RegistryValue)], work: impl FnOnce(&Process)) -> Vec<String> {
    let kernel = Kernel::boot(Config::default());
    for (name, value) in values {
        kernel.set_registry(PARAMETERS, name, value);
    }
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    ntsim::log::set_sink(Some(Arc::new(move |line: &str| {
        sink.lock().unwrap().push(line.trim_end().to_owned());
    })));
    let driver = kernel.load_driver("oxsmb", oxsmb::driver_entry).unwrap();
    let process = Process::new();
    work(&process);
    drop(process);
    driver.unload().unwrap();
    ntsim::log::set_sink(None);
    let lines = lines.lock().unwrap();
    lines
        .iter()
        .filter(|line| line.contains("setting"))
        .cloned()
        .collect()
}

#[test]
fn nonsense_of_every_kind_is_logged_and_the_driver_works_with_its_defaults() {
    let share = share();
    share.write_file("file", &bytes(100_000)).unwrap();
    let server = start(server(&share));
    let dword = |bytes: &[u8]| RegistryValue::Raw(sys::REG_DWORD, bytes.to_vec());
    let nonsense = [
        ("Transport", RegistryValue::Dword(7)),
        ("MaxDialect", RegistryValue::Dword(0x0310)),
        ("Credits", RegistryValue::Text("512".into())),
        ("MaxIoBytes", RegistryValue::Dword(u32::MAX)),
        ("IoDepth", dword(&[8, 0, 0])),
        ("RequestTimeoutMs", dword(&[0x10, 0x27, 0, 0, 0, 0, 0, 0])),
        ("ConnectTimeoutMs", dword(&[])),
        (
            "EchoAfterMs",
            RegistryValue::Raw(sys::REG_BINARY, vec![1; 100_000]),
        ),
    ];
    let warnings = warnings(&nonsense, |process| {
        let user = Some((USER, PASSWORD));
        let mount = Mount::connect(process, &server, SHARE, user).unwrap();
        assert!(mount.read("file", 100_000).unwrap() == bytes(100_000));
    });
    for (name, _) in &nonsense {
        let about = warnings
            .iter()
            .filter(|line| line.contains(&format!("setting {name} ")));
        assert_eq!(about.count(), 1, "{name}: {warnings:#?}");
    }
    assert_eq!(warnings.len(), nonsense.len());
}

/// What comes of connecting to a server with these settings, and what its requests were.
fn connecting(
    values: &[(&str, RegistryValue)],
    server: smb_server::Builder,
) -> (Option<NtStatus>, smb_server::Stats) {
    let server = start(server);
    let mut outcome = None;
    let warnings = warnings(values, |process| {
        let user = Some((USER, PASSWORD));
        outcome = Mount::connect(process, &server, SHARE, user).err();
    });
    assert_eq!(warnings.len(), 1, "{warnings:#?}");
    (outcome, server.stop())
}

#[test]
fn what_was_meant_to_protect_protects_even_if_it_is_nonsense() {
    let share = share();
    let one = || RegistryValue::Text("1".into());
    // Encryption is required.
    for value in [RegistryValue::Dword(2), one()] {
        let plain = server(&share).encryption(Encryption::Off);
        let (outcome, _) = connecting(&[("RequireEncryption", value)], plain);
        assert_eq!(outcome, Some(NtStatus::NOT_SUPPORTED));
    }
    // Only the newest dialect will do.
    for value in [RegistryValue::Dword(0x0310), one()] {
        let old = server(&share).dialects(Dialect::SMB2_0_2..=Dialect::SMB3_0_2);
        let (outcome, _) = connecting(&[("MinDialect", value)], old);
        assert_eq!(outcome, Some(NtStatus::NOT_SUPPORTED));
    }
    // Not a word is said in a dialect that either setting forbids.
    let contradiction = [
        ("MinDialect", RegistryValue::Dword(0x0311)),
        ("MaxDialect", RegistryValue::Dword(0x0302)),
    ];
    let (outcome, stats) = connecting(&contradiction, server(&share));
    assert_eq!(outcome, Some(NtStatus::NOT_SUPPORTED));
    assert_eq!(stats.requests_of(Command::NEGOTIATE), 0);
}

#[test]
fn sound_settings_are_taken_without_a_word() {
    let sound = [("Credits", RegistryValue::Dword(1))];
    assert_eq!(warnings(&sound, |_| ()), [""; 0]);
    assert_eq!(warnings(&[], |_| ()), [""; 0]);
}

#[test]
fn a_setting_counts_on_the_wire() {
    let share = share();
    share.write_file("file", &bytes(10_000)).unwrap();
    let sizes = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&sizes);
    let reads = When::command(Command::READ).filter(move |request| {
        let read = ReadRequest::parse(request.message).unwrap();
        seen.lock().unwrap().push(read.length);
        false
    });
    let server = start(server(&share).fault(reads, Fault::Swallow));
    with_driver(&[("MaxIoBytes", 4096)], |desk| {
        let file = desk.mount(&server).open("file").unwrap();
        let mut room = [0; 10_000];
        assert_eq!(count(file.nt_read_file(&mut room, Some(0))), Ok(10_000));
    });
    let mut sizes = sizes.lock().unwrap().clone();
    sizes.sort_unstable();
    assert_eq!(sizes, [10_000 - 2 * 4096, 4096, 4096]);
}

#[test]
fn a_request_that_the_server_has_pended_is_given_up_after_the_time_set_for_it() {
    let share = share();
    share.write_file("file", &bytes(10)).unwrap();
    let never = Fault::Interim(Duration::from_secs(3600));
    let server = start(server(&share).fault(When::command(Command::READ), never));
    let settings = [("RequestTimeoutMs", 500), ("PendedTimeoutSeconds", 1)];
    with_driver(&settings, |desk| {
        let file = desk.mount(&server).open("file").unwrap();
        let begun = Instant::now();
        let read = file.nt_read_file(&mut [0; 10], Some(0));
        assert_eq!(count(read), Err(NtStatus::IO_TIMEOUT));
        let took = begun.elapsed();
        assert!(
            took >= Duration::from_secs(1) && took < AND_SOME,
            "{took:?}"
        );
    });
}
