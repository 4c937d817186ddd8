//! Everything that crosses a connection does so by WSK and by TDI alike; each on a system that has no other transport.
#![forbid(unsafe_code)]

mod scripted;

use std::io::ErrorKind;
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use ntsim::{Config, Kernel, RegistryValue, sys};
use scripted::{
    BY_TDI, HASTY, Mount, PARAMETERS, PASSWORD, SHARE, Settings, USER, bytes, count, server, share,
    start, wait_until, with_driver,
};
use smb_server::{Fault, Share, When};
use smb_wire::NtStatus;
use smb_wire::smb2::Command;
use socket2::{Domain, Socket, Type};

/// How the driver is set up: its settings.
type By = &'static Settings<'static>;

const WSK: By = &[];
const TDI: By = &[BY_TDI];

/// Makes a test of each function for each transport.
macro_rules! by_both {
    ($($fact:ident,)*) => {
        mod by_wsk {
            $(#[test] fn $fact() { super::$fact(super::WSK) })*
        }
        mod by_tdi {
            $(#[test] fn $fact() { super::$fact(super::TDI) })*
        }
    };
}

by_both! {
    files_are_made_written_read_listed_renamed_and_deleted,
    much_data_crosses_in_both_directions_at_once_signed_and_not,
    a_read_that_is_cancelled_ends_and_the_connection_goes_on,
    a_server_that_goes_away_ends_what_is_in_flight_and_is_found_again,
    a_server_that_does_not_listen_is_said_not_to,
    a_server_that_takes_connections_but_says_nothing_is_given_up_in_time,
    a_server_that_takes_no_connections_is_given_up_in_time,
    a_server_is_reached_by_its_ipv6_address,
    a_connection_that_nobody_needs_ends_in_order,
    a_connection_with_something_wrong_is_reset,
}

const LARGE: usize = (8 << 20) + 3;
/// Longer than any test.
const NEVER: Duration = Duration::from_secs(3600);

fn with_file(size: usize) -> Share {
    let share = share();
    share.write_file("file", &bytes(size)).unwrap();
    share
}

/// The transport, and other settings.
fn and(by: By, settings: &Settings<'static>) -> Vec<(&'static str, u32)> {
    [by, settings].concat()
}

fn files_are_made_written_read_listed_renamed_and_deleted(by: By) {
    const SIZE: usize = 100_000;
    let share = share();
    let server = start(server(&share));
    with_driver(by, |desk| {
        let mount = desk.mount(&server);
        let options = sys::FILE_DIRECTORY_FILE;
        mount
            .create("dir", sys::FILE_GENERIC_READ, sys::FILE_CREATE, options)
            .unwrap();
        let file = mount.make("dir\\new").unwrap();
        assert_eq!(count(file.nt_write_file(&bytes(SIZE), Some(0))), Ok(SIZE));
        assert_eq!(count(file.nt_flush_buffers_file()), Ok(0));
        assert!(mount.read("dir\\new", SIZE).unwrap() == bytes(SIZE));
        mount.rename(&file, "dir\\renamed", false).unwrap();
        assert_eq!(mount.list("dir").unwrap(), [".", "..", "renamed"]);
        mount.delete(&file).unwrap();
        drop(file);
        assert_eq!(mount.list("dir").unwrap(), [".", ".."]);
    });
    let stats = server.stop();
    assert_eq!((stats.connections, stats.protocol_errors), (1, 0));
    assert_eq!((stats.open_sessions, stats.open_handles), (0, 0));
}

fn much_data_crosses_in_both_directions_at_once_signed_and_not(by: By) {
    for signed in [0, 1] {
        let share = with_file(LARGE);
        let server = start(server(&share));
        let settings = and(by, &[("RequireSigning", signed), ("MaxIoBytes", 100_007)]);
        with_driver(&settings, |desk| {
            let mount = desk.mount(&server);
            let (from, to) = (mount.open("file").unwrap(), mount.make("copy").unwrap());
            let read = from.nt_read_file_overlapped(vec![0; LARGE], 0);
            let write = to.nt_write_file_overlapped(bytes(LARGE), 0);
            assert_eq!(count(write.wait().1), Ok(LARGE));
            let (content, status) = read.wait();
            assert_eq!(count(status), Ok(LARGE));
            assert!(content == bytes(LARGE));
        });
        assert!(share.read_file("copy").unwrap() == bytes(LARGE));
        assert_eq!(server.stop().bad_signatures, 0);
    }
}

fn a_read_that_is_cancelled_ends_and_the_connection_goes_on(by: By) {
    let share = with_file(1000);
    let server = start(server(&share).fault(When::command(Command::READ), Fault::Interim(NEVER)));
    with_driver(by, |desk| {
        let file = desk.mount(&server).open("file").unwrap();
        let read = file.nt_read_file_overlapped(vec![0; 1000], 0);
        wait_until("it is asked for", || {
            server.stats().requests_of(Command::READ) == 1
        });
        assert_eq!(file.nt_cancel_io_file(), 1);
        assert_eq!(count(read.wait().1), Err(NtStatus::CANCELLED));
        server.faults().clear();
        assert_eq!(count(file.nt_read_file(&mut [0; 1000], Some(0))), Ok(1000));
    });
    assert_eq!(server.stop().connections, 1);
}

fn a_server_that_goes_away_ends_what_is_in_flight_and_is_found_again(by: By) {
    const MANY: u64 = 16;
    let share = with_file(1000);
    let first = start(server(&share).fault(When::command(Command::READ), Fault::Interim(NEVER)));
    let address = first.address();
    with_driver(&and(by, HASTY), |desk| {
        let mount = desk.mount(&first);
        let file = mount.open("file").unwrap();
        let reads: Vec<_> = (0..MANY)
            .map(|index| file.nt_read_file_overlapped(vec![0; 10], index))
            .collect();
        wait_until("all are asked for", || {
            first.stats().requests_of(Command::READ) == MANY
        });
        first.stop();
        for read in reads {
            let ended = count(read.wait().1);
            assert_eq!(ended, Err(NtStatus::CONNECTION_DISCONNECTED));
        }
        drop(file);
        assert_eq!(mount.read("file", 10), Err(NtStatus::REMOTE_NOT_LISTENING));
        let again = server(&share).bind(address).expect("the port is free");
        assert_eq!(mount.read("file", 10).unwrap(), bytes(1000)[..10]);
        drop(mount);
        drop(again);
    });
}

fn a_server_that_does_not_listen_is_said_not_to(by: By) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    with_driver(by, |desk| {
        let refused = Mount::connect_to(desk.process(), "127.0.0.1", port, SHARE, None);
        assert_eq!(refused.err(), Some(NtStatus::REMOTE_NOT_LISTENING));
    });
}

fn a_server_that_takes_connections_but_says_nothing_is_given_up_in_time(by: By) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    with_driver(&and(by, HASTY), |desk| {
        let silent = Mount::connect_to(desk.process(), "127.0.0.1", port, SHARE, None);
        assert_eq!(silent.err(), Some(NtStatus::IO_TIMEOUT));
    });
}

fn a_server_that_takes_no_connections_is_given_up_in_time(by: By) {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
    listener.bind(&any.into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    // The queue has a few places; once they are taken, the next to come hears nothing.
    let mut queue = Vec::new();
    while let Ok(place) = TcpStream::connect_timeout(&address, Duration::from_millis(100)) {
        queue.push(place);
    }
    let settings = and(by, &[("ConnectTimeoutMs", 300)]);
    with_driver(&settings, |desk| {
        let process = desk.process();
        let silent = Mount::connect_to(process, "127.0.0.1", address.port(), SHARE, None);
        assert_eq!(silent.err(), Some(NtStatus::IO_TIMEOUT));
    });
}

fn a_server_is_reached_by_its_ipv6_address(by: By) {
    let share = with_file(1000);
    let server = server(&share).bind("[::1]:0").expect("there is IPv6");
    let port = server.address().port();
    with_driver(by, |desk| {
        // As a UNC name has it.
        let host = "0-0--1.ipv6-literal.net";
        let user = Some((USER, PASSWORD));
        let mount = Mount::connect_to(desk.process(), host, port, SHARE, user).unwrap();
        assert!(mount.read("file", 1000).unwrap() == bytes(1000));
    });
    assert_eq!(server.stop().connections, 1);
}

/// How the driver's side of a connection ended.
#[derive(Debug, PartialEq, Eq)]
enum Ended {
    InOrder,
    Reset,
}

/// Stands between the driver and a server, and tells how the driver's side ended.
fn watch(server: SocketAddr) -> (u16, JoinHandle<Ended>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let watcher = thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        let mut server = TcpStream::connect(server).unwrap();
        let (mut answers, mut to_client) =
            (server.try_clone().unwrap(), client.try_clone().unwrap());
        let back = thread::spawn(move || {
            // Ends when either end does; the other direction tells how.
            let _ = std::io::copy(&mut answers, &mut to_client);
        });
        let ended = match std::io::copy(&mut client, &mut server) {
            Ok(_) => Ended::InOrder,
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::ConnectionReset);
                Ended::Reset
            }
        };
        // It may be gone already.
        let _ = server.shutdown(Shutdown::Both);
        back.join().unwrap();
        ended
    });
    (port, watcher)
}

fn a_connection_that_nobody_needs_ends_in_order(by: By) {
    let share = with_file(1000);
    let server = start(server(&share));
    let (port, ended) = watch(server.address());
    with_driver(by, |desk| {
        let user = Some((USER, PASSWORD));
        let mount = Mount::connect_to(desk.process(), "127.0.0.1", port, SHARE, user).unwrap();
        mount.read("file", 10).unwrap();
        mount.disconnect(false).unwrap();
    });
    assert_eq!(ended.join().unwrap(), Ended::InOrder);
    assert_eq!(server.stop().requests_of(Command::LOGOFF), 1);
}

fn a_connection_with_something_wrong_is_reset(by: By) {
    let share = with_file(1000);
    let nonsense = Fault::rewrite(|message| message[0] = !message[0]);
    let server = start(server(&share).fault(When::command(Command::READ), nonsense));
    let (port, ended) = watch(server.address());
    with_driver(by, |desk| {
        let user = Some((USER, PASSWORD));
        let mount = Mount::connect_to(desk.process(), "127.0.0.1", port, SHARE, user).unwrap();
        let read = mount.read("file", 10);
        assert_eq!(read, Err(NtStatus::INVALID_NETWORK_RESPONSE));
        assert_eq!(ended.join().unwrap(), Ended::Reset);
    });
}

#[test]
fn by_tdi_a_name_that_is_no_address_leads_nowhere() {
    with_driver(TDI, |desk| {
        let nowhere = Mount::connect_to(desk.process(), "localhost", 445, SHARE, None);
        assert_eq!(nowhere.err(), Some(NtStatus::BAD_NETWORK_PATH));
    });
}

/// Loads the driver on a system that has neither transport.
fn on_a_bare_system(transport: u32) -> Result<(), NtStatus> {
    let kernel = Kernel::boot(Config {
        wsk: false,
        tdi: false,
        ..Config::default()
    });
    for (name, value) in [("Transport", transport), ("ConnectTimeoutMs", 100)] {
        kernel.set_registry(PARAMETERS, name, &RegistryValue::Dword(value));
    }
    let driver = kernel.load_driver("oxsmb", oxsmb::driver_entry);
    let driver = driver.map_err(|status| NtStatus(status.cast_unsigned()))?;
    let process = ntsim::user::Process::new();
    let mount = Mount::connect_to(&process, "127.0.0.1", 445, SHARE, None).map(drop);
    drop(process);
    driver.unload().unwrap();
    mount
}

#[test]
fn without_the_transport_that_is_chosen_there_is_no_network_but_the_driver_loads() {
    assert_eq!(on_a_bare_system(0), Err(NtStatus::NETWORK_UNREACHABLE));
    assert_eq!(on_a_bare_system(1), Err(NtStatus::NETWORK_UNREACHABLE));
}

#[test]
fn the_first_to_connect_waits_for_a_transport_that_comes_up_after_the_driver() {
    let share = with_file(1000);
    let server = start(server(&share));
    let kernel = Kernel::boot(Config {
        wsk: false,
        ..Config::default()
    });
    kernel.set_registry(
        PARAMETERS,
        "ConnectTimeoutMs",
        &RegistryValue::Dword(120_000),
    );
    let driver = kernel.load_driver("oxsmb", oxsmb::driver_entry).unwrap();
    let process = ntsim::user::Process::new();
    let port = server.address().port();
    thread::scope(|scope| {
        let connecting = scope.spawn(|| {
            let user = Some((USER, PASSWORD));
            let mount = Mount::connect_to(&process, "127.0.0.1", port, SHARE, user).unwrap();
            mount.read("file", 1000).unwrap()
        });
        thread::sleep(Duration::from_millis(50));
        assert!(!connecting.is_finished());
        kernel.start_wsk();
        assert!(connecting.join().unwrap() == bytes(1000));
    });
    drop(process);
    driver.unload().unwrap();
}
