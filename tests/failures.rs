//! What goes wrong in a network, brought about for real: each has its own status, within its time, and leaves nothing.
#![forbid(unsafe_code)]

mod desk;

use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use desk::{credentials, share_at, with_drive, with_machine};
use lab::credentials::Credentials;
use lab::file::{Access, Disposition};
use lab::location::ShareName;
use lab::machine::Settings;
use samba_ground::{Config, Samba};
use smb_wire::NtStatus;
use zeroize::Zeroizing;

/// The driver's time limits in these tests, and how much longer a busy machine may take.
const LIMIT_MS: u32 = 1_000;
const AND_SOME: Duration = Duration::from_secs(30);

fn hasty() -> Settings {
    Settings::default()
        .set("ConnectTimeoutMs", LIMIT_MS)
        .set("RequestTimeoutMs", LIMIT_MS)
        .set("EchoAfterMs", LIMIT_MS)
}

/// The status with which connecting fails, and the words for it.
fn refusal(share: &ShareName, credentials: &Credentials) -> (NtStatus, String) {
    let start = Instant::now();
    let outcome = with_machine(&hasty(), |machine| {
        let failure = machine
            .connect(share, Some(credentials), None)
            .map(drop)
            .unwrap_err();
        (failure.status().expect("a status"), failure.to_string())
    });
    assert!(start.elapsed() < AND_SOME, "it took {:?}", start.elapsed());
    outcome
}

#[test]
fn a_wrong_password_is_a_logon_failure() {
    let samba = Samba::start(&Config::default());
    let wrong = Credentials {
        password: Zeroizing::new("wrong".into()),
        ..credentials()
    };
    let (status, words) = refusal(&share_at(samba.port()), &wrong);
    assert_eq!(status, NtStatus::LOGON_FAILURE);
    assert!(words.contains("check user, domain and password"), "{words}");
}

#[test]
fn an_unknown_share_is_a_bad_network_name() {
    let samba = Samba::start(&Config::default());
    let share = ShareName {
        share: "nowhere".into(),
        ..share_at(samba.port())
    };
    let (status, words) = refusal(&share, &credentials());
    assert_eq!(status, NtStatus::BAD_NETWORK_NAME);
    assert!(words.contains("no such share"), "{words}");
}

#[test]
fn a_refused_port_is_a_remote_that_does_not_listen() {
    // Bound but not listening: nobody else can take the port meanwhile.
    let held = socket_that_does_not_listen();
    let port = held.local_addr().unwrap().as_socket_ipv4().unwrap().port();
    let (status, words) = refusal(&share_at(port), &credentials());
    assert_eq!(status, NtStatus::REMOTE_NOT_LISTENING);
    assert!(words.contains("check the port"), "{words}");
}

fn socket_that_does_not_listen() -> socket2::Socket {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket
        .bind(&std::net::SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())
        .unwrap();
    socket
}

#[test]
fn a_silent_server_is_a_time_out() {
    // It takes the connection into its backlog and never says a word.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let (status, words) = refusal(&share_at(port), &credentials());
    assert_eq!(status, NtStatus::IO_TIMEOUT);
    assert!(words.contains("did not answer in time"), "{words}");
}

#[test]
fn a_host_without_address_is_a_bad_network_path() {
    let share = ShareName {
        host: "no-such-host.invalid".into(),
        ..share_at(445)
    };
    let (status, _) = refusal(&share, &credentials());
    assert_eq!(status, NtStatus::BAD_NETWORK_PATH);
}

#[test]
fn a_missing_file_and_a_missing_directory_are_told_apart() {
    let samba = Samba::start(&Config::default());
    with_drive(&samba, &hasty(), |drive| {
        let status = |path| drive.stat(path).unwrap_err().status();
        assert_eq!(status("\\missing"), Some(NtStatus::OBJECT_NAME_NOT_FOUND));
        assert_eq!(
            status("\\missing\\file"),
            Some(NtStatus::OBJECT_PATH_NOT_FOUND)
        );
    });
}

#[test]
fn a_server_killed_in_the_middle_of_a_copy_ends_the_copy_and_the_next_connection_works() {
    let mut samba = Samba::start(&Config::default());
    with_machine(&hasty(), |machine| {
        let share = share_at(samba.port());
        let drive = machine.connect(&share, Some(&credentials()), None).unwrap();
        let file = drive
            .open("\\file", Access::ReadWrite, Disposition::Create)
            .unwrap();
        let block = desk::bytes(1 << 20);
        let start = |index: u64| file.start_write(index << 20, block.clone());
        let before: Vec<_> = (0..4).map(start).collect();
        for flight in before {
            assert_eq!(flight.wait().0, Ok(1 << 20));
        }
        let during: Vec<_> = (4..12).map(start).collect();
        samba.kill_hard();
        let asked = Instant::now();
        for flight in during {
            // What Samba had taken before it died may have been answered.
            let (result, _) = flight.wait();
            assert!(
                matches!(result, Ok(_) | Err(NtStatus::CONNECTION_DISCONNECTED)),
                "{result:?}"
            );
        }
        let after = file.write_at(0, &block);
        assert_eq!(after, Err(NtStatus::CONNECTION_DISCONNECTED));
        assert!(asked.elapsed() < AND_SOME, "it took {:?}", asked.elapsed());
        drop(file);
        // Disconnecting from a server that is gone has nobody to tell.
        let _ = drive.disconnect();

        samba.restart();
        let drive = machine.connect(&share, Some(&credentials()), None).unwrap();
        assert!(drive.stat("\\file").unwrap().size >= 4 << 20);
        drive.disconnect().unwrap();
    });
}
