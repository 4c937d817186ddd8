//! What goes wrong in a network, brought about for real: each has its own status, and the driver goes on.
#![forbid(unsafe_code)]

mod desk;
mod server;

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use desk::bytes;
use samba_ground::{Config, SHARE, Samba};
use server::{HASTY, asked, connect, serve, share, start};
use smb_server::{Fault, When};
use smb_wire::NtStatus;
use smb_wire::smb2::Command;
use wine_ground::{Account, Desk, Mount, OX, wait_until, with_driver};

/// The status with which connecting fails.
fn refusal(desk: &Desk, port: u16, share: &str, account: &Account<'_>) -> Option<NtStatus> {
    desk.mount(port, share, account).err()
}

#[test]
fn a_wrong_password_is_a_logon_failure_and_the_right_one_works_after_it() {
    let samba = Samba::start(&Config::default());
    with_driver(HASTY, |desk| {
        let wrong = Account {
            password: "wrong",
            ..OX
        };
        assert_eq!(
            refusal(desk, samba.port(), SHARE, &wrong),
            Some(NtStatus::LOGON_FAILURE)
        );
        let mount = desk.mount(samba.port(), SHARE, &OX).unwrap();
        assert_eq!(mount.list(""), Ok(Vec::new()));
    });
}

#[test]
fn an_unknown_share_is_a_bad_network_name() {
    let samba = Samba::start(&Config::default());
    with_driver(HASTY, |desk| {
        assert_eq!(
            refusal(desk, samba.port(), "nowhere", &OX),
            Some(NtStatus::BAD_NETWORK_NAME)
        );
    });
}

#[test]
fn a_port_where_nobody_listens_is_a_remote_that_does_not_listen() {
    // Nobody has it, and hardly anybody takes it within a second.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    with_driver(HASTY, |desk| {
        assert_eq!(
            refusal(desk, port, SHARE, &OX),
            Some(NtStatus::REMOTE_NOT_LISTENING)
        );
    });
}

#[test]
fn a_silent_server_is_a_time_out() {
    // It takes the connection into its backlog and never says a word.
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    with_driver(HASTY, |desk| {
        assert_eq!(refusal(desk, port, SHARE, &OX), Some(NtStatus::IO_TIMEOUT));
    });
}

#[test]
fn a_host_without_address_is_a_bad_network_path() {
    with_driver(HASTY, |desk| {
        let refused = Mount::connect_to(desk.user(), "no-such-host.invalid@OX", SHARE, &OX);
        assert_eq!(refused.err(), Some(NtStatus::BAD_NETWORK_PATH));
    });
}

#[test]
fn a_logon_cannot_be_two_users_of_one_server_but_two_logons_can() {
    const BOB: Account<'static> = Account {
        name: "bob",
        password: "hidden",
    };
    let share = share();
    share.write_file("file", b"content").unwrap();
    let server = start(serve(&share).user(BOB.name, BOB.password));
    let port = server.address().port();
    with_driver(&[], |desk| {
        let ann = connect(desk, &server);
        assert_eq!(
            refusal(desk, port, server::SHARE, &BOB),
            Some(NtStatus::NETWORK_CREDENTIAL_CONFLICT)
        );
        let other = desk.other_user();
        let bob = Mount::connect(&other, port, server::SHARE, &BOB).unwrap();
        for mount in [&ann, &bob] {
            assert_eq!(
                mount.open("file").unwrap().read(0, 10),
                Ok(b"content".to_vec())
            );
        }
        assert_eq!(server.stats().open_sessions, 2);
    });
}

#[test]
fn a_server_killed_under_load_ends_every_request_and_the_driver_goes_on_with_the_next_one() {
    const THREADS: usize = 4;
    const DEPTH: u32 = 8;
    const BLOCK: usize = 64 << 10;
    let mut samba = Samba::start(&Config::default());
    with_driver(HASTY, |desk| {
        let mount = desk.mount(samba.port(), SHARE, &OX).unwrap();
        let content = bytes(BLOCK * DEPTH as usize);
        let done: [AtomicUsize; THREADS] = Default::default();
        // Writes until something is refused, and gives the statuses of all that was.
        let load = |mount: Mount, number: usize| {
            let file = mount.make(&format!("file {number}")).unwrap();
            loop {
                let mut refused = Vec::new();
                for write in file.start_writes(0, &content, DEPTH) {
                    match write.wait().count() {
                        Ok(count) => {
                            assert_eq!(count, BLOCK);
                            done[number].fetch_add(1, Ordering::Relaxed);
                        }
                        Err(status) => refused.push(status),
                    }
                }
                if !refused.is_empty() {
                    return refused;
                }
            }
        };
        let refused: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS)
                .map(|number| {
                    let (mount, load) = (mount.in_another_thread(), &load);
                    scope.spawn(move || load(mount, number))
                })
                .collect();
            wait_until("all have written everything once", || {
                done.iter()
                    .all(|done| done.load(Ordering::Relaxed) >= DEPTH as usize)
            });
            samba.kill_hard();
            threads
                .into_iter()
                .flat_map(|thread| thread.join().unwrap())
                .collect()
        });
        assert!(refused.len() >= THREADS);
        assert_eq!(
            refused,
            vec![NtStatus::CONNECTION_DISCONNECTED; refused.len()]
        );
        assert_eq!(
            mount.open("file 0").err(),
            Some(NtStatus::REMOTE_NOT_LISTENING)
        );

        samba.restart();
        let file = mount.open("file 0").unwrap();
        assert!(file.read(0, content.len()).unwrap() == content);
    });
}

#[test]
fn a_driver_unloads_although_its_server_was_killed() {
    let mut samba = Samba::start(&Config::default());
    with_driver(HASTY, |desk| {
        let mount = desk.mount(samba.port(), SHARE, &OX).unwrap();
        drop(mount.make("file").unwrap());
        samba.kill_hard();
    });
}

#[test]
fn a_request_that_is_never_answered_ends_in_time_and_the_connection_goes_on() {
    let share = share();
    share.write_file("file", &bytes(1_000)).unwrap();
    let server = start(serve(&share).fault(When::command(Command::READ).nth(1), Fault::Swallow));
    with_driver(HASTY, |desk| {
        let file = connect(desk, &server).open("file").unwrap();
        assert_eq!(file.read(0, 10), Err(NtStatus::IO_TIMEOUT));
        assert!(file.read(0, 1_000).unwrap() == bytes(1_000));
        assert_eq!(asked(&server, Command::READ), 2);
    });
}

#[test]
fn a_connection_lost_between_two_opens_is_made_again_without_anybodys_help() {
    let share = share();
    share.write_file("file", &bytes(1_000)).unwrap();
    let server = start(serve(&share));
    with_driver(HASTY, |desk| {
        let mount = connect(desk, &server);
        for lost in 1..4 {
            server.disconnect_all();
            wait_until("it is lost", || server.stats().open_connections == 0);
            let file = mount.open("file").unwrap();
            assert!(file.read(0, 1_000).unwrap() == bytes(1_000));
            assert_eq!(server.stats().connections, lost + 1);
        }
    });
}

#[test]
fn an_answer_with_a_wrong_signature_is_refused() {
    let share = share();
    share.write_file("file", &bytes(1_000)).unwrap();
    let tamper = Fault::tamper(|message| {
        if let Some(last) = message.last_mut() {
            *last ^= 1;
        }
    });
    let server = start(serve(&share).fault(When::command(Command::READ), tamper));
    with_driver(&[("RequireSigning", 1)], |desk| {
        let file = connect(desk, &server).open("file").unwrap();
        assert_eq!(file.read(0, 1_000), Err(NtStatus::INVALID_SIGNATURE));
    });
}
