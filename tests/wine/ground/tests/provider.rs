//! The network provider: WNetAddConnection2W and its kin, called by a Windows program, reach the driver through
//! oxsmbnp.dll, and failures come back as the Win32 errors that programs expect.
#![forbid(unsafe_code)]

use std::time::Duration;

use samba_ground::{Config, PASSWORD, SHARE, Samba, USER};
use wine_ground::{Built, Desk, Mount, Session, with_driver, with_session};

/// How long the program may take.
const LIMIT: Duration = Duration::from_secs(120);

/// The provider's name, as users see it.
const NETWORK: &str = "OxSMB Network";

// Win32's errors (winerror.h).
const SUCCESS: u32 = 0;
const FILE_NOT_FOUND: u32 = 2;
const REMOTE_NOT_LISTENING: u32 = 51;
const BAD_NET_NAME: u32 = 67;
const ALREADY_ASSIGNED: u32 = 85;
const NO_NETWORK: u32 = 1222;
const SESSION_CREDENTIAL_CONFLICT: u32 = 1219;
const LOGON_FAILURE: u32 = 1326;
const NOT_CONNECTED: u32 = 2250;
const OPEN_FILES: u32 = 2401;

/// What came of a call: its Win32 error, and what it found.
type Said = (u32, Vec<String>);

/// Runs the program with some calls, one after the other in one process.
fn call(desk: &Desk, calls: &[String]) -> Vec<Said> {
    call_in(desk.session(), calls)
}

fn call_in(session: &Session, calls: &[String]) -> Vec<Said> {
    session.prefix().install(Built::NetworkClient);
    let line = calls.join(" then ");
    let words: Vec<_> = line.split(' ').collect();
    let output = session.run(Built::NetworkClient.name(), &words, LIMIT);
    let text = &output.text;
    assert!(output.status.success(), "{}: {text}", output.status);
    let mut said: Vec<Said> = Vec::new();
    for line in text.lines().map(str::trim_end) {
        match (line.strip_prefix("error "), said.last_mut()) {
            (Some(code), _) => said.push((code.parse().expect("a number"), Vec::new())),
            (None, Some((_, found))) => found.push(line.to_owned()),
            (None, None) => panic!("no error before {line:?}"),
        }
    }
    assert_eq!(said.len(), calls.len(), "{text}");
    said
}

/// The same, where only the errors matter.
fn errors(desk: &Desk, calls: &[String]) -> Vec<u32> {
    let said = call(desk, calls);
    said.into_iter().map(|(error, _)| error).collect()
}

fn found<const N: usize>(lines: [&str; N]) -> Said {
    (SUCCESS, lines.map(str::to_owned).into())
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
    // Wine's mpr.dll takes no entry without a local name, so the provider itself is asked for those.
    let samba = Samba::start(&Config::default());
    with_driver(&[], |desk| {
        let name = remote(samba.port(), SHARE);
        let cancel = format!("cancel {name}");
        let calls = [
            add(samba.port(), SHARE, USER, PASSWORD),
            "np-enum".into(),
            cancel.clone(),
            "np-enum".into(),
            cancel,
        ];
        let said = call(desk, &calls);
        assert_eq!(
            said,
            [
                found([]),
                found([&format!("- {name}")]),
                found([]),
                found([]),
                (NOT_CONNECTED, Vec::new()),
            ]
        );
    });
}

#[test]
fn a_drive_letter_stands_for_the_share_until_it_is_cancelled() {
    let samba = Samba::start(&Config::default());
    with_driver(&[], |desk| {
        let name = remote(samba.port(), SHARE);
        let calls = [
            format!("{} X:", add(samba.port(), SHARE, USER, PASSWORD)),
            "drive X:".into(),
            "enum".into(),
            r"np-universal X:\directory\file".into(),
            "np-connection X:".into(),
            "cancel X:".into(),
            "np-connection X:".into(),
        ];
        let said = call(desk, &calls);
        assert_eq!(said[0], found([]));
        let target = &said[1].1[0];
        assert!(target.starts_with(r"\Device\OxSmb\;X:"), "{target}");
        assert!(target.ends_with(&name[1..]), "{target}");
        assert_eq!(said[2], found([&format!("X: {name}")]));
        assert_eq!(said[3].0, SUCCESS, "{:?}", said[3]);
        assert!(
            said[3].1.contains(&format!(r"{name}\directory\file")),
            "{:?}",
            said[3]
        );
        assert_eq!(said[4], found([&name]));
        assert_eq!(said[5], found([]));
        assert_eq!(said[6].0, NOT_CONNECTED);
    });
}

#[test]
fn a_wrong_password_is_a_logon_failure_and_the_right_one_works_after_it() {
    let samba = Samba::start(&Config::default());
    with_driver(&[], |desk| {
        let calls = [
            add(samba.port(), SHARE, USER, "wrong"),
            add(samba.port(), SHARE, USER, PASSWORD),
            format!("cancel {}", remote(samba.port(), SHARE)),
        ];
        assert_eq!(errors(desk, &calls), [LOGON_FAILURE, SUCCESS, SUCCESS]);
    });
}

#[test]
fn an_unknown_share_is_a_bad_net_name() {
    let samba = Samba::start(&Config::default());
    with_driver(&[], |desk| {
        let calls = [add(samba.port(), "nowhere", USER, PASSWORD)];
        assert_eq!(errors(desk, &calls), [BAD_NET_NAME]);
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
        assert_eq!(
            errors(desk, &calls),
            [SUCCESS, SESSION_CREDENTIAL_CONFLICT, SUCCESS]
        );
    });
}

#[test]
fn a_port_where_nobody_listens_is_a_remote_that_does_not_listen() {
    let mut samba = Samba::start(&Config::default());
    samba.kill_hard();
    with_driver(&[], |desk| {
        let calls = [add(samba.port(), SHARE, USER, PASSWORD)];
        assert_eq!(errors(desk, &calls), [REMOTE_NOT_LISTENING]);
    });
}

#[test]
fn without_the_driver_there_is_no_network_and_a_name_without_our_tag_is_not_ours() {
    with_session(|session, _| {
        let calls = [
            add(445, SHARE, USER, PASSWORD),
            format!(r"add \\127.0.0.1\share {USER} {PASSWORD}"),
            "enum".into(),
        ];
        let said = call_in(session, &calls);
        assert_eq!(said[0].0, NO_NETWORK);
        assert_eq!(said[1].0, BAD_NET_NAME);
        assert_eq!(said[2], found([]));
    });
}

#[test]
fn a_program_that_asks_for_a_letter_twice_is_told_that_it_is_in_use() {
    let samba = Samba::start(&Config::default());
    with_driver(&[], |desk| {
        let add = format!("{} X:", add(samba.port(), SHARE, USER, PASSWORD));
        let calls = [add.clone(), add, "cancel X:".into(), "drive X:".into()];
        assert_eq!(
            errors(desk, &calls),
            [SUCCESS, ALREADY_ASSIGNED, SUCCESS, FILE_NOT_FOUND]
        );
    });
}

#[test]
fn what_a_program_has_connected_its_logon_uses_and_open_files_keep_it() {
    let samba = Samba::start(&Config::default());
    with_driver(&[], |desk| {
        let name = remote(samba.port(), SHARE);
        let connect = [add(samba.port(), SHARE, USER, PASSWORD)];
        assert_eq!(errors(desk, &connect), [SUCCESS]);
        let mount = Mount::of_logon(&desk.user_of_programs(), samba.port(), SHARE);
        let file = mount.make("file").unwrap();
        assert_eq!(file.write(0, b"by the provider"), Ok(15));
        let there = std::fs::read(samba.directory().join("file")).unwrap();
        assert_eq!(there, b"by the provider");

        let cancel = [format!("cancel {name}")];
        assert_eq!(errors(desk, &cancel), [OPEN_FILES]);
        assert_eq!(file.read(0, 2), Ok(b"by".to_vec()));
        let force = [format!("cancel {name} force")];
        assert_eq!(errors(desk, &force), [SUCCESS]);
        assert!(file.read(0, 2).is_err(), "the file is still open");
    });
}

#[test]
fn the_provider_answers_what_explorer_asks_of_a_connection() {
    let samba = Samba::start(&Config::default());
    with_driver(&[], |desk| {
        let name = remote(samba.port(), SHARE);
        let server = name.trim_end_matches(r"\share");
        let calls = [
            add(samba.port(), SHARE, USER, PASSWORD),
            format!("np-user {name}"),
            format!(r"np-information {name}\directory\file"),
            format!("np-parent {name}"),
            format!("cancel {name}"),
        ];
        assert_eq!(
            call(desk, &calls),
            [
                found([]),
                found([USER]),
                found([&format!("{name} {NETWORK}"), r"\directory\file"]),
                found([&format!("{server} {NETWORK}")]),
                found([]),
            ]
        );
    });
}
