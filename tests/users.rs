//! Who a user is to a server: one session for each local logon, no guest by surprise, no dialect below the least.
#![forbid(unsafe_code)]

mod scripted;

use ntsim::user::Process;
use scripted::{Mount, PASSWORD, SHARE, Settings, USER, server, share, start, with_driver};
use smb_server::{RunningServer, Share};
use smb_wire::NtStatus;
use smb_wire::smb2::{Command, Dialect};

const ANN: Option<(&str, &str)> = Some((USER, PASSWORD));
const BOB: Option<(&str, &str)> = Some(("bob", "hidden"));

/// STATUS_LOGIN_WKSTA_RESTRICTION by its number in ntstatus.h, which is what programs see.
const LOGIN_WKSTA_RESTRICTION: NtStatus = NtStatus(0xC000_0248);

/// A server for Ann and Bob, with two shares.
fn two_shares() -> RunningServer {
    let (one, other) = (share(), Share::new("other").unwrap());
    one.write_file("file", b"one").unwrap();
    other.write_file("file", b"other").unwrap();
    start(server(&one).user("bob", "hidden").share(&other))
}

#[test]
fn a_logon_cannot_be_two_users_of_one_server() {
    let server = two_shares();
    with_driver(&[], |desk| {
        let ann = Mount::connect(desk.process(), &server, SHARE, ANN).unwrap();
        let bob = Mount::connect(desk.process(), &server, "other", BOB);
        assert_eq!(bob.err(), Some(NtStatus::NETWORK_CREDENTIAL_CONFLICT));
        assert_eq!(ann.read("file", 10).unwrap(), b"one");
        assert_eq!(server.stats().open_sessions, 1);
    });
}

#[test]
fn the_same_user_with_another_password_is_another_user() {
    let server = two_shares();
    with_driver(&[], |desk| {
        let _ann = Mount::connect(desk.process(), &server, SHARE, ANN).unwrap();
        let wrong = Mount::connect(desk.process(), &server, "other", Some((USER, "guess")));
        assert_eq!(wrong.err(), Some(NtStatus::NETWORK_CREDENTIAL_CONFLICT));
    });
}

#[test]
fn two_shares_of_one_user_are_in_one_session() {
    let server = two_shares();
    with_driver(&[], |desk| {
        let one = Mount::connect(desk.process(), &server, SHARE, ANN).unwrap();
        let logons = server.stats().requests_of(Command::SESSION_SETUP);
        let other = Mount::connect(desk.process(), &server, "other", ANN).unwrap();
        // Who names nobody means who he is already.
        assert_eq!(one.read("file", 10).unwrap(), b"one");
        assert_eq!(other.read("file", 10).unwrap(), b"other");
        let stats = server.stats();
        assert_eq!(stats.requests_of(Command::SESSION_SETUP), logons);
        assert_eq!((stats.connections, stats.open_sessions), (1, 1));
        // The session stays as long as one share needs it.
        one.disconnect(false).unwrap();
        assert_eq!(other.read("file", 10).unwrap(), b"other");
    });
    assert_eq!(server.stats().open_sessions, 0);
}

#[test]
fn once_the_first_user_is_gone_the_logon_may_be_another() {
    let server = two_shares();
    with_driver(&[], |desk| {
        let ann = Mount::connect(desk.process(), &server, SHARE, ANN).unwrap();
        ann.disconnect(false).unwrap();
        scripted::wait_until("Ann is logged off", || server.stats().open_sessions == 0);
        let bob = Mount::connect(desk.process(), &server, "other", BOB).unwrap();
        assert_eq!(bob.read("file", 10).unwrap(), b"other");
    });
}

#[test]
fn two_logons_are_two_users_of_one_server_on_one_connection() {
    let server = two_shares();
    with_driver(&[], |desk| {
        let second = Process::new();
        let ann = Mount::connect(desk.process(), &server, SHARE, ANN).unwrap();
        let bob = Mount::connect(&second, &server, SHARE, BOB).unwrap();
        assert_eq!(ann.read("file", 10).unwrap(), b"one");
        assert_eq!(bob.read("file", 10).unwrap(), b"one");
        let stats = server.stats();
        assert_eq!((stats.connections, stats.open_sessions), (1, 2));
    });
}

#[test]
fn two_programs_of_one_logon_share_its_session() {
    let server = two_shares();
    with_driver(&[], |desk| {
        let second = Process::with_logon(desk.process().logon(), 1);
        let ann = Mount::connect(desk.process(), &server, SHARE, ANN).unwrap();
        let too = Mount::connect(&second, &server, "other", None).unwrap();
        assert_eq!(ann.read("file", 10).unwrap(), b"one");
        assert_eq!(too.read("file", 10).unwrap(), b"other");
        assert_eq!(server.stats().open_sessions, 1);
    });
}

#[test]
fn a_wrong_password_is_a_logon_failure_and_the_right_one_works_after_it() {
    let server = two_shares();
    with_driver(&[], |desk| {
        let wrong = Mount::connect(desk.process(), &server, SHARE, Some((USER, "guess")));
        assert_eq!(wrong.err(), Some(NtStatus::LOGON_FAILURE));
        let right = Mount::connect(desk.process(), &server, SHARE, ANN).unwrap();
        assert_eq!(right.read("file", 10).unwrap(), b"one");
    });
}

/// What comes of connecting as somebody, where the server lets everybody in as guest or nobody.
fn connecting(settings: &Settings<'_>, user: Option<(&str, &str)>) -> Option<NtStatus> {
    let server = start(
        smb_server::builder()
            .share(&share())
            .allow_guest()
            .allow_anonymous(),
    );
    with_driver(settings, |desk| {
        Mount::connect(desk.process(), &server, SHARE, user).err()
    })
}

#[test]
fn case_21_a_server_that_makes_a_user_its_guest_is_refused_unless_the_settings_allow_it() {
    let refused = Some(NtStatus::ACCESS_DENIED);
    assert_eq!(connecting(&[], ANN), refused);
    assert_eq!(connecting(&[("RequireSigning", 0)], ANN), refused);
    // A guest's session has no keys, so it cannot be signed either.
    assert_eq!(connecting(&[("AllowGuest", 1)], ANN), refused);
    assert_eq!(
        connecting(&[("AllowGuest", 1), ("RequireSigning", 0)], ANN),
        None
    );
}

#[test]
fn nobody_is_refused_unless_the_settings_allow_it() {
    let refused = Some(LOGIN_WKSTA_RESTRICTION);
    assert_eq!(connecting(&[("RequireSigning", 0)], None), refused);
    assert_eq!(connecting(&[("AllowAnonymous", 1)], None), refused);
    assert_eq!(
        connecting(&[("AllowAnonymous", 1), ("RequireSigning", 0)], None),
        None
    );
}

#[test]
fn a_server_with_older_dialects_than_the_least_is_not_supported() {
    let share = share();
    let server = start(server(&share).dialects(Dialect::SMB2_0_2..=Dialect::SMB2_1));
    with_driver(&[("MinDialect", 0x0300)], |desk| {
        let refused = desk.try_mount(&server).err();
        assert_eq!(refused, Some(NtStatus::NOT_SUPPORTED));
    });
    with_driver(&[("MinDialect", 0x0210)], |desk| {
        desk.mount(&server);
    });
}
