//! The network provider: WNetAddConnection2W and its kin, called by a Windows program, reach the driver through
//! oxsmbnp.dll, and failures come back as the Win32 errors that programs expect.
#![forbid(unsafe_code)]

use std::time::Duration;

use samba_ground::{Config, PASSWORD, SHARE, Samba, USER};
use wine_ground::{Built, Desk, with_driver};

/// How long the program may take.
const LIMIT: Duration = Duration::from_secs(120);

// Win32's errors (winerror.h).
const SUCCESS: u32 = 0;
const BAD_NET_NAME: u32 = 67;
const SESSION_CREDENTIAL_CONFLICT: u32 = 1219;
const REMOTE_NOT_LISTENING: u32 = 51;
const LOGON_FAILURE: u32 = 1326;
const NOT_CONNECTED: u32 = 2250;

/// What one run of the program came to: a Win32 error for every call, and what it listed.
#[derive(Debug)]
struct Said {
    errors: Vec<u32>,
    listed: Vec<String>,
}

/// Runs the program with some calls, each a line of words.
fn call(desk: &Desk, calls: &[String]) -> Said {
    let session = desk.session();
    session.prefix().install(Built::NetworkClient);
    let line = calls.join(" then ");
    let words: Vec<_> = line.split(' ').collect();
    let output = session.run(Built::NetworkClient.name(), &words, LIMIT);
    assert!(output.status.success(), "{output:?}");
    let (errors, listed): (Vec<_>, Vec<_>) = output
        .text
        .lines()
        .map(|line| line.trim_end().to_owned())
        .partition(|line| line.starts_with("error "));
    Said {
        errors: errors
            .iter()
            .map(|line| line["error ".len()..].parse().expect("a number"))
            .collect(),
        listed,
    }
}

/// The share's name as programs spell it.
fn remote(port: u16, share: &str) -> String {
    format!(r"\\127.0.0.1@OX@{port}\{share}")
}

fn add(port: u16, share: &str, user: &str, password: &str) -> String {
    format!("add {} {user} {password}", remote(port, share))
}

#[test]
fn a_program_connects_a_share_by_name_and_disconnects_it() {
    let samba = Samba::start(&Config::default());
    with_driver(&[], |desk| {
        let name = remote(samba.port(), SHARE);
        let said = call(
            desk,
            &[
                add(samba.port(), SHARE, USER, PASSWORD),
                "enum".into(),
                format!("cancel {name}"),
                "enum".into(),
                format!("cancel {name}"),
            ],
        );
        assert_eq!(
            said.errors,
            [SUCCESS, SUCCESS, SUCCESS, SUCCESS, NOT_CONNECTED]
        );
        assert_eq!(said.listed, [format!("- {name}")]);
    });
}

#[test]
fn a_wrong_password_is_a_logon_failure() {
    let samba = Samba::start(&Config::default());
    with_driver(&[], |desk| {
        let said = call(desk, &[add(samba.port(), SHARE, USER, "wrong")]);
        assert_eq!(said.errors, [LOGON_FAILURE]);
    });
}

#[test]
fn an_unknown_share_is_a_bad_net_name() {
    let samba = Samba::start(&Config::default());
    with_driver(&[], |desk| {
        let said = call(desk, &[add(samba.port(), "nowhere", USER, PASSWORD)]);
        assert_eq!(said.errors, [BAD_NET_NAME]);
    });
}

#[test]
fn a_second_user_of_one_server_is_a_conflict() {
    let samba = Samba::start(&Config::default());
    with_driver(&[], |desk| {
        let calls = [
            add(samba.port(), SHARE, USER, PASSWORD),
            add(samba.port(), "other", "somebody", "else"),
            format!("cancel {}", remote(samba.port(), SHARE)),
        ];
        let said = call(desk, &calls);
        assert_eq!(said.errors, [SUCCESS, SESSION_CREDENTIAL_CONFLICT, SUCCESS]);
    });
}

#[test]
fn a_port_where_nobody_listens_is_a_remote_that_does_not_listen() {
    let mut samba = Samba::start(&Config::default());
    samba.kill_hard();
    with_driver(&[], |desk| {
        let said = call(desk, &[add(samba.port(), SHARE, USER, PASSWORD)]);
        assert_eq!(said.errors, [REMOTE_NOT_LISTENING]);
    });
}
