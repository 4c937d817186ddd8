//! What the driver tells a network provider of a user's connections.
#![forbid(unsafe_code)]

mod scripted;

use ntsim::sys;
use ntsim::user::{Create, Process};
use oxsmb::control::{self, Protection, Protocol};
use scripted::{Mount, PASSWORD, SHARE, USER, count, server, share, start, with_driver};
use smb_server::{Builder, RunningServer, Share};
use smb_wire::NtStatus;
use smb_wire::smb2::Command;

const ANN: Option<(&str, &str)> = Some((USER, PASSWORD));
const BOB: Option<(&str, &str)> = Some(("bob", "hidden"));

/// STATUS_NOT_FOUND by its number in ntstatus.h.
const NOT_FOUND: NtStatus = NtStatus(0xC000_0225);

/// A server for Ann and Bob, with two shares.
fn two_shares() -> RunningServer {
    let (one, other) = (share(), Share::new("other").unwrap());
    start(server(&one).user("bob", "hidden").share(&other))
}

/// Sends a control, with as much room for the answer as given, and gives the answer.
fn send(process: &Process, code: u32, input: &[u8], room: usize) -> Result<Vec<u8>, NtStatus> {
    let create = Create {
        access: sys::FILE_GENERIC_READ | sys::FILE_GENERIC_WRITE,
        ..Create::open(r"\??\OxSmb")
    };
    let (device, _) = process.nt_create_file(&create)?;
    let mut output = vec![0; room];
    let length = count(device.nt_device_io_control_file(code, input, &mut output))?;
    output.truncate(length);
    Ok(output)
}

/// Number, name and user of the first connection behind a number.
fn next(process: &Process, after: u64) -> Result<(u64, String, String), NtStatus> {
    let request = control::NextConnection { after }.encode();
    let code = control::IOCTL_OXSMB_NEXT_CONNECTION;
    let answer = send(process, code, &request, control::MAX_CONNECTION)?;
    let read = control::Connection::parse(&answer).expect("a sound answer");
    let text = |units: Vec<u16>| String::from_utf16(&units).expect("a sound string");
    Ok((
        read.serial,
        text(read.name.units().collect()),
        text(read.user.units().collect()),
    ))
}

/// All connections of a process's logon: names and users.
fn list(process: &Process) -> Vec<(String, String)> {
    let mut all = Vec::new();
    let mut after = 0;
    loop {
        match next(process, after) {
            Ok((serial, name, user)) => {
                assert!(serial > after);
                after = serial;
                all.push((name, user));
            }
            Err(end) => {
                assert_eq!(end, NtStatus::NO_MORE_ENTRIES);
                return all;
            }
        }
    }
}

/// How a connection is listed.
fn listed(server: &RunningServer, share: &str, user: &str) -> (String, String) {
    let port = server.address().port();
    (
        format!(r"\Device\OxSmb\;\127.0.0.1@OX@{port}\{share}"),
        user.into(),
    )
}

#[test]
fn connections_are_listed_in_the_order_in_which_they_were_made() {
    let server = two_shares();
    with_driver(&[], |desk| {
        assert_eq!(list(desk.process()), []);
        let one = Mount::connect(desk.process(), &server, SHARE, ANN).unwrap();
        let other = Mount::connect(desk.process(), &server, "other", ANN).unwrap();
        let (first, second) = (listed(&server, SHARE, USER), listed(&server, "other", USER));
        assert_eq!(list(desk.process()), [first, second.clone()]);
        one.disconnect(false).unwrap();
        assert_eq!(list(desk.process()), [second]);
        other.disconnect(false).unwrap();
        assert_eq!(list(desk.process()), []);
    });
}

#[test]
fn each_logon_is_told_of_its_own_connections_only() {
    let server = two_shares();
    with_driver(&[], |desk| {
        let second = Process::new();
        let too = Process::with_logon(second.logon(), 1);
        let _ann = Mount::connect(desk.process(), &server, SHARE, ANN).unwrap();
        let _bob = Mount::connect(&second, &server, SHARE, BOB).unwrap();
        assert_eq!(list(desk.process()), [listed(&server, SHARE, USER)]);
        assert_eq!(list(&second), [listed(&server, SHARE, "bob")]);
        assert_eq!(list(&too), [listed(&server, SHARE, "bob")]);
        assert_eq!(list(&Process::new()), []);
    });
}

#[test]
fn who_named_nobody_is_listed_as_the_user_of_the_session() {
    let server = two_shares();
    with_driver(&[], |desk| {
        let _one = Mount::connect(desk.process(), &server, SHARE, ANN).unwrap();
        let _other = Mount::connect(desk.process(), &server, "other", None).unwrap();
        let users: Vec<_> = list(desk.process()).into_iter().map(|(_, u)| u).collect();
        assert_eq!(users, [USER, USER]);
    });
}

#[test]
fn a_connection_made_twice_is_listed_and_ended_once() {
    let server = two_shares();
    with_driver(&[], |desk| {
        let one = Mount::connect(desk.process(), &server, SHARE, ANN).unwrap();
        let again = Mount::connect(desk.process(), &server, SHARE, ANN).unwrap();
        assert_eq!(list(desk.process()).len(), 1);
        one.disconnect(false).unwrap();
        assert_eq!(list(desk.process()), []);
        assert_eq!(again.disconnect(false), Err(NOT_FOUND));
    });
}

#[test]
fn a_refused_connection_is_not_listed() {
    let server = two_shares();
    with_driver(&[], |desk| {
        let wrong = Mount::connect(desk.process(), &server, SHARE, Some((USER, "guess")));
        assert_eq!(wrong.err(), Some(NtStatus::LOGON_FAILURE));
        assert_eq!(list(desk.process()), []);
    });
}

#[test]
fn a_connection_with_open_files_stays_listed_until_it_is_ended_by_force() {
    let server = two_shares();
    with_driver(&[], |desk| {
        let mount = Mount::connect(desk.process(), &server, SHARE, ANN).unwrap();
        let file = mount.make("file").unwrap();
        assert_eq!(
            mount.clone().disconnect(false),
            Err(NtStatus(0xC000_0107)),
            "STATUS_FILES_OPEN"
        );
        assert_eq!(list(desk.process()).len(), 1);
        mount.disconnect(true).unwrap();
        assert_eq!(list(desk.process()), []);
        drop(file);
    });
}

#[test]
fn another_logons_connection_cannot_be_ended_and_no_server_is_asked_for_it() {
    let server = two_shares();
    with_driver(&[], |desk| {
        let _ann = Mount::connect(desk.process(), &server, SHARE, ANN).unwrap();
        let connections = server.stats().connections;
        let stranger = Process::new();
        let name: Vec<u16> = listed(&server, SHARE, "").0.encode_utf16().collect();
        let mut buffer = vec![0; control::MAX_BUFFER];
        let length = control::encode_delete_connection(&mut buffer, &name, true).unwrap();
        let code = control::IOCTL_OXSMB_DELETE_CONNECTION;
        let ended = send(&stranger, code, &buffer[..length], 0);
        assert_eq!(ended, Err(NOT_FOUND));
        assert_eq!(list(desk.process()).len(), 1);
        assert_eq!(server.stats().connections, connections);
    });
}

/// How the first connection of a process's logon speaks to its server.
fn spoken(process: &Process) -> Option<Protocol> {
    let request = control::NextConnection { after: 0 }.encode();
    let code = control::IOCTL_OXSMB_NEXT_CONNECTION;
    let answer = send(process, code, &request, control::MAX_CONNECTION).unwrap();
    control::Connection::parse(&answer).unwrap().protocol
}

/// How a driver with these settings speaks to a server.
fn spoken_to(settings: &scripted::Settings<'_>, server: Builder) -> Option<Protocol> {
    let server = start(server);
    with_driver(settings, |desk| {
        let _mount = desk.mount(&server);
        spoken(desk.process())
    })
}

#[test]
fn a_connection_is_told_with_its_dialect_and_how_messages_on_it_are_protected() {
    let speaks = |dialect, protection| {
        Some(Protocol {
            dialect,
            protection,
        })
    };
    let offers = || server(&share());
    let signed_by_gmac = speaks(0x0311, Protection::Signed(2));
    assert_eq!(spoken_to(&[], offers()), signed_by_gmac);
    for (dialect, algorithm) in [(0x0202, 0), (0x0210, 0), (0x0300, 1), (0x0302, 1)] {
        assert_eq!(
            spoken_to(&[("MaxDialect", dialect)], offers()),
            speaks(dialect as u16, Protection::Signed(algorithm))
        );
    }
    assert_eq!(
        spoken_to(&[("RequireSigning", 0)], offers()),
        speaks(0x0311, Protection::Plain)
    );
    for cipher in 1..=4 {
        let sealed = [("RequireEncryption", 1), ("Ciphers", cipher)];
        assert_eq!(
            spoken_to(&sealed, offers()),
            speaks(0x0311, Protection::Sealed(cipher as u16))
        );
    }
    // A share that demands it in a session that does not.
    assert_eq!(
        spoken_to(&[("Ciphers", 4)], server(&share().encrypted())),
        speaks(0x0311, Protection::Sealed(4))
    );
}

#[test]
fn a_connection_whose_server_has_gone_is_told_without_a_dialect_until_it_is_back() {
    let server = two_shares();
    with_driver(&[], |desk| {
        let ann = Mount::connect(desk.process(), &server, SHARE, ANN).unwrap();
        let before = spoken(desk.process());
        assert!(before.is_some());
        server.disconnect_all();
        scripted::wait_until("the driver notices", || spoken(desk.process()).is_none());
        drop(ann.make("file").unwrap());
        assert_eq!(spoken(desk.process()), before);
    });
}

#[test]
fn the_share_of_pipes_is_no_share_to_connect_to() {
    let server = two_shares();
    with_driver(&[], |desk| {
        for name in ["IPC$", "ipc$"] {
            let refused = Mount::connect(desk.process(), &server, name, ANN).err();
            assert_eq!(refused, Some(NtStatus::BAD_DEVICE_TYPE), "{name}");
        }
    });
}

#[test]
fn an_answer_that_does_not_fit_and_a_request_that_is_none_are_refused() {
    let server = two_shares();
    with_driver(&[], |desk| {
        let _ann = Mount::connect(desk.process(), &server, SHARE, ANN).unwrap();
        let code = control::IOCTL_OXSMB_NEXT_CONNECTION;
        let request = control::NextConnection { after: 0 }.encode();
        assert_eq!(
            send(desk.process(), code, &request, 20),
            Err(NtStatus::BUFFER_TOO_SMALL)
        );
        assert!(send(desk.process(), code, &request[..7], 4096).is_err());
    });
}

#[test]
fn what_is_not_the_name_of_a_connection_is_not_opened() {
    with_driver(&[], |desk| {
        for name in [
            r"\??\C:\secret",
            r"\Device\OxSmb",
            r"\Device\OxSmb\server\share",
            r"\Device\OxSmb\;Z:0",
            r"\Device\OxSmbOther\;Z:0\server@OX\share",
        ] {
            let mut buffer = vec![0; control::MAX_BUFFER];
            let units: Vec<u16> = name.encode_utf16().collect();
            let length =
                control::encode_add_connection(&mut buffer, &units, None, None, None).unwrap();
            let code = control::IOCTL_OXSMB_ADD_CONNECTION;
            let refused = send(desk.process(), code, &buffer[..length], 0);
            assert_eq!(
                refused,
                Err(NtStatus(0xC000_003B)),
                "{name}: STATUS_OBJECT_PATH_SYNTAX_BAD"
            );
        }
    });
}

#[test]
fn one_logon_has_so_many_connections_and_leaves_others_theirs() {
    let server = two_shares();
    with_driver(&[], |desk| {
        let port = server.address().port();
        let add = |process: &Process, number: u32| {
            let name = format!(r"\Device\OxSmb\;Q:{number}\127.0.0.1@OX@{port}\{SHARE}");
            let [name, user, password]: [Vec<u16>; 3] =
                [name.as_str(), USER, PASSWORD].map(|text| text.encode_utf16().collect());
            let mut buffer = vec![0; control::MAX_BUFFER];
            let length = control::encode_add_connection(
                &mut buffer,
                &name,
                Some(&user),
                None,
                Some(&password),
            )
            .unwrap();
            let code = control::IOCTL_OXSMB_ADD_CONNECTION;
            send(process, code, &buffer[..length], 0).map(drop)
        };
        for number in 0..512 {
            assert_eq!(add(desk.process(), number), Ok(()));
        }
        let refused = add(desk.process(), 512);
        assert_eq!(refused, Err(NtStatus::TOO_MANY_SESSIONS));
        assert_eq!(list(desk.process()).len(), 512);
        let other = Process::new();
        assert_eq!(add(&other, 0), Ok(()));
    });
}

#[test]
fn what_a_logon_has_connected_to_ends_with_it_and_other_logons_keep_theirs() {
    let server = two_shares();
    with_driver(&[], |desk| {
        let other = Process::new();
        let ann = Mount::connect(desk.process(), &server, SHARE, ANN).unwrap();
        let bob = Process::new();
        for share in [SHARE, "other"] {
            drop(Mount::connect(&bob, &server, share, BOB).unwrap());
        }
        let logon = bob.logon();
        assert_eq!(server.stats().open_sessions, 2);
        drop(bob);
        desk.kernel().end_logon(logon);
        scripted::wait_until("Bob is logged off", || server.stats().open_sessions == 1);
        assert_eq!(server.stats().requests_of(Command::LOGOFF), 1);
        assert_eq!(list(&Process::with_logon(logon, 1)), []);
        assert_eq!(list(desk.process()), [listed(&server, SHARE, USER)]);
        drop(ann.make("file").unwrap());
        // A session that nobody has marked, because it has connected to nothing.
        desk.kernel().end_logon(other.logon());
        assert_eq!(list(desk.process()).len(), 1);
    });
}

#[test]
fn a_logon_that_ends_takes_no_file_from_others_but_its_session_goes_with_the_last() {
    let server = two_shares();
    with_driver(&[], |desk| {
        let bob = Process::new();
        let mount = Mount::connect(&bob, &server, SHARE, BOB).unwrap();
        let file = mount.make("file").unwrap();
        desk.kernel().end_logon(bob.logon());
        scripted::wait_until("the connection is forgotten", || list(&bob).is_empty());
        assert_eq!(count(file.nt_write_file(b"kept", Some(0))), Ok(4));
        assert_eq!(server.stats().open_sessions, 1);
        drop(file);
        scripted::wait_until("Bob is logged off", || server.stats().open_sessions == 0);
    });
}
