//! How the driver reaches a server: by name, by address, by WSK; and what it says where TDI is asked for and there is none.
#![forbid(unsafe_code)]

mod desk;
mod server;

use desk::bytes;
use samba_ground::{Config, SHARE, Samba};
use server::{ANN, serve, share};
use smb_wire::NtStatus;
use wine_ground::{Mount, OX, wait_until, with_driver};

const SIZE: usize = 100_000;

#[test]
fn a_server_is_reached_by_its_host_name() {
    let share = share();
    share.write_file("file", &bytes(SIZE)).unwrap();
    let server = serve(&share).bind("127.0.0.1:0").unwrap();
    let name = format!("localhost@OX@{}", server.address().port());
    with_driver(&[], |desk| {
        let mount = Mount::connect_to(desk.user(), &name, SHARE, &ANN).unwrap();
        assert!(mount.open("file").unwrap().read(0, SIZE).unwrap() == bytes(SIZE));
    });
}

#[test]
fn a_server_is_reached_by_its_ipv6_address() {
    let share = share();
    share.write_file("file", &bytes(SIZE)).unwrap();
    let server = serve(&share).bind("[::1]:0").expect("there is IPv6");
    let name = format!("0--1.ipv6-literal.net@OX@{}", server.address().port());
    with_driver(&[], |desk| {
        let mount = Mount::connect_to(desk.user(), &name, SHARE, &ANN).unwrap();
        assert!(mount.open("file").unwrap().read(0, SIZE).unwrap() == bytes(SIZE));
    });
    assert_eq!(server.stop().connections, 1);
}

#[test]
fn several_servers_are_used_at_once_and_lost_one_by_one() {
    const SERVERS: usize = 5;
    let share = share();
    share.write_file("file", &bytes(SIZE)).unwrap();
    let start = |_| serve(&share).bind("127.0.0.1:0").unwrap();
    let mut servers: Vec<_> = (0..SERVERS).map(start).collect();
    with_driver(&[], |desk| {
        let mut mounts: Vec<_> = servers
            .iter()
            .map(|server| server::connect(desk, server))
            .collect();
        assert_eq!(desk.user().held().counters.sockets, SERVERS as u64);
        while let (Some(server), Some(lost)) = (servers.pop(), mounts.pop()) {
            for mount in &mounts {
                let file = mount.open("file").unwrap();
                assert!(file.read(0, SIZE).unwrap() == bytes(SIZE));
            }
            server.stop();
            assert_eq!(
                lost.open("file").err(),
                Some(NtStatus::REMOTE_NOT_LISTENING)
            );
        }
    });
}

#[test]
fn a_connection_that_nobody_needs_any_more_is_closed() {
    let share = share();
    let server = serve(&share).bind("127.0.0.1:0").unwrap();
    with_driver(&[("CloseDelaySeconds", 1)], |desk| {
        let mount = server::connect(desk, &server);
        mount.make("file").unwrap();
        mount.disconnect(false).unwrap();
        wait_until("the connection is closed", || {
            server.stats().open_connections == 0
        });
    });
}

#[test]
fn where_tdi_is_asked_for_and_the_system_has_none_the_network_is_unreachable() {
    let samba = Samba::start(&Config::default());
    with_driver(&[("Transport", 1)], |desk| {
        assert_eq!(
            desk.mount(samba.port(), SHARE, &OX).err(),
            Some(NtStatus::NETWORK_UNREACHABLE)
        );
    });
}
