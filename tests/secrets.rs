//! A password leaves no trace: not in pool that is given back, whoever allocated it, nor in pool while its connection lasts. Nor
//! do the keys that come from it, once their session is over.
#![forbid(unsafe_code)]

mod scripted;

use ntsim::user::Process;
use scripted::{Desk, Mount, SHARE, Settings, USER, share, start, with_driver};
use smb_server::RunningServer;
use smb_wire::NtStatus;

use ntsim::sys;
use ntsim::user::Create;
use oxsmb::control;

/// Long enough to be found nowhere by chance.
const PASSWORD: &str = "correct horse battery staple";
/// NTOWFv1 of it, as openssl computes MD4: as good as the password (MS-NLMP 3.3.1).
const NT_HASH: u128 = 0x1b9d_5eff_d34a_c283_c8ef_e2ea_caea_8bbc;
const ANN: Option<(&str, &str)> = Some((USER, PASSWORD));
const WRONG: Option<(&str, &str)> = Some((USER, "Tr0ub4dor & 3 of them"));

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A server that lets Ann in by the password above.
fn guarded() -> RunningServer {
    start(smb_server::builder().share(&share()).user(USER, PASSWORD))
}

/// As [`with_driver`]; freed pool with a password in it breaks a rule, until after the driver has unloaded.
fn watched(work: impl FnOnce(&Desk)) {
    with_driver(&[], |desk| {
        for (_, password) in [ANN, WRONG].into_iter().flatten() {
            desk.kernel().watch_secret(&utf16(password));
        }
        work(desk);
    });
}

/// Asserts that no pool holds Ann's password now.
fn assert_not_kept(desk: &Desk) {
    let holder = desk.kernel().pool_holder_of(&utf16(PASSWORD));
    assert!(holder.is_none(), "kept in pool from {}", holder.unwrap());
}

#[test]
fn a_password_is_in_no_freed_pool_after_connecting_using_and_deleting() {
    let server = guarded();
    watched(|desk| {
        let mount = Mount::connect(desk.process(), &server, SHARE, ANN).unwrap();
        drop(mount.make("file").unwrap());
        mount.disconnect(true).unwrap();
    });
}

#[test]
fn a_password_is_in_no_freed_pool_after_unloading_with_a_connection() {
    let server = guarded();
    watched(|desk| drop(Mount::connect(desk.process(), &server, SHARE, ANN).unwrap()));
}

#[test]
fn a_password_is_in_no_pool_while_its_connection_lasts() {
    let server = guarded();
    watched(|desk| {
        let mount = Mount::connect(desk.process(), &server, SHARE, ANN).unwrap();
        assert_not_kept(desk);
        drop(mount.make("file").unwrap());
        assert_not_kept(desk);
    });
}

/// The ciphers, as the setting has them, and the dialects, each with whether it seals.
const WAYS: [&Settings<'static>; 7] = [
    &[("MaxDialect", 0x0210)],
    &[("MaxDialect", 0x0302)],
    &[],
    &[("RequireEncryption", 1), ("Ciphers", 1)],
    &[("RequireEncryption", 1), ("Ciphers", 2)],
    &[("RequireEncryption", 1), ("Ciphers", 3)],
    &[("RequireEncryption", 1), ("Ciphers", 4)],
];

#[test]
fn no_key_of_a_session_is_in_freed_pool() {
    for settings in WAYS {
        let server = guarded();
        with_driver(settings, |desk| {
            desk.kernel().watch_secret(&NT_HASH.to_be_bytes());
            let mount = Mount::connect(desk.process(), &server, SHARE, ANN).unwrap();
            let secrets = server.secrets();
            let sealed = secrets.len() == 4;
            assert!(sealed || !settings.iter().any(|(name, _)| *name == "Ciphers"));
            for secret in secrets {
                desk.kernel().watch_secret(&secret);
            }
            drop(mount.make("file").unwrap());
            mount.disconnect(true).unwrap();
        });
    }
}

#[test]
fn a_wrong_password_leaves_no_trace_either() {
    let server = guarded();
    watched(|desk| {
        let refused = Mount::connect(desk.process(), &server, SHARE, WRONG);
        assert_eq!(refused.err(), Some(NtStatus::LOGON_FAILURE));
        let mount = Mount::connect(desk.process(), &server, SHARE, ANN).unwrap();
        // The view is there, and its password is another one.
        let refused = Mount::connect(desk.process(), &server, SHARE, WRONG);
        assert_eq!(refused.err(), Some(NtStatus::NETWORK_CREDENTIAL_CONFLICT));
        let again = Mount::connect(desk.process(), &server, SHARE, ANN);
        assert!(again.is_ok());
        drop(mount);
    });
}

#[test]
fn a_password_in_a_request_that_fails_for_lack_of_memory_is_wiped() {
    let server = guarded();
    watched(|desk| {
        let faults = desk.kernel().faults();
        for number in 1.. {
            faults.fail_nth(number);
            let process = Process::new();
            let connected = Mount::connect(&process, &server, SHARE, ANN);
            let struck = faults.struck() != 0;
            faults.clear();
            if let Ok(mount) = connected {
                // Whatever failed may have been something that it can do without.
                mount.disconnect(true).unwrap();
            }
            if !struck {
                break;
            }
        }
    });
}

#[test]
fn a_password_in_a_control_that_nobody_knows_is_wiped() {
    watched(|desk| {
        let create = Create {
            access: sys::FILE_GENERIC_READ | sys::FILE_GENERIC_WRITE,
            ..Create::open(r"\??\OxSmb")
        };
        let (device, _) = desk.process().nt_create_file(&create).unwrap();
        // Of the same method, and a function that is none.
        let code = control::IOCTL_OXSMB_ADD_CONNECTION | 0x7f << 2;
        let status = device.nt_device_io_control_file(code, &utf16(PASSWORD), &mut []);
        assert!(status.ok().is_err());
    });
}
