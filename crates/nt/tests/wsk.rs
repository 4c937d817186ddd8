//! Sockets against real ones on the loopback.

mod support;

use nt::Status;
use nt::mdl::Mdl;
use nt::net::{Completion, Gather, KeepAlive, Request, Room, Stream};
use nt::pool::{PoolArc, Tag};
use nt::sync::{Event, EventKind, SpinLock};
use nt::wsk::{Provider, Socket, resolve};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

const TAG: Tag = Tag::new(b"Test");
const LONG: Duration = Duration::from_secs(60);

/// A socket and the peer's end of its connection.
fn connected() -> (Socket, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let provider = Provider::register(LONG).unwrap();
    let socket = Socket::connect(&provider, listener.local_addr().unwrap(), LONG).unwrap();
    (socket, listener.accept().unwrap().0)
}

fn mdl(bytes: &[u8]) -> Mdl {
    let mut mdl = Mdl::allocate(TAG, bytes.len()).unwrap();
    mdl.copy_from_slice(bytes);
    mdl
}

#[test]
fn bytes_go_there_and_back() {
    let _kernel = support::boot();
    let (socket, mut peer) = connected();
    let mut request = mdl(b"request");
    assert_eq!(socket.send_wait(Gather::message(&mut request), LONG), Ok(7));
    let mut bytes = [0; 7];
    peer.read_exact(&mut bytes).unwrap();
    assert_eq!(&bytes, b"request");
    peer.write_all(b"reply").unwrap();
    let mut room = mdl(&[0; 10]);
    let reply = Room::new(room.as_cell(), 2, 5).unwrap().filled();
    assert_eq!(socket.receive_wait(reply, LONG), Ok(5));
    assert_eq!(&*room, b"\0\0reply\0\0\0");
}

#[test]
fn a_message_is_followed_by_payload_from_elsewhere() {
    let _kernel = support::boot();
    let (socket, mut peer) = connected();
    let mut head = mdl(b"head........");
    head.describe(4).unwrap();
    let payload = mdl(b"payload, and more");
    let gather = Gather::message_and_payload(&mut head, payload.as_ref(), 7).unwrap();
    assert_eq!(gather.len(), 11);
    assert_eq!(socket.send_wait(gather, LONG), Ok(11));
    // The chain is undone: the message goes alone next time.
    assert!(head.as_ref().next().is_none());
    assert_eq!(socket.send_wait(Gather::message(&mut head), LONG), Ok(4));
    let mut bytes = [0; 15];
    peer.read_exact(&mut bytes).unwrap();
    assert_eq!(&bytes, b"headpayloadhead");
    let refused = Gather::message_and_payload(&mut head, payload.as_ref(), 18);
    assert_eq!(refused.err(), Some(Status::BUFFER_TOO_SMALL));
}

#[test]
fn the_end_of_the_stream_is_nothing_received() {
    let _kernel = support::boot();
    let (socket, peer) = connected();
    drop(peer);
    let mut room = mdl(&[0; 10]);
    let all = Room::new(room.as_cell(), 0, 10).unwrap();
    assert_eq!(socket.receive_wait(all, LONG), Ok(0));
}

#[test]
fn a_receive_that_takes_too_long_is_cancelled() {
    let _kernel = support::boot();
    let (socket, _peer) = connected();
    let mut room = mdl(&[0; 10]);
    let all = Room::new(room.as_cell(), 0, 10).unwrap();
    let result = socket.receive_wait(all, Duration::from_millis(10));
    assert_eq!(result, Err(Status::IO_TIMEOUT));
}

#[test]
fn nobody_listening_is_refused() {
    let _kernel = support::boot();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let provider = Provider::register(LONG).unwrap();
    let refused = Socket::connect(&provider, address, LONG).err();
    assert_eq!(refused, Some(Status::CONNECTION_REFUSED));
}

#[test]
fn options_are_set() {
    let _kernel = support::boot();
    let (socket, _peer) = connected();
    socket.set_nodelay(true).unwrap();
    let keep_alive = KeepAlive {
        idle: Duration::from_secs(30),
        interval: Duration::from_secs(5),
        probes: 3,
    };
    socket.set_keep_alive(Some(keep_alive)).unwrap();
    socket.set_keep_alive(None).unwrap();
}

#[test]
fn an_orderly_end_lets_the_peer_read_everything() {
    let _kernel = support::boot();
    let (socket, mut peer) = connected();
    let mut last = mdl(b"last words");
    socket.send_wait(Gather::message(&mut last), LONG).unwrap();
    socket.disconnect(LONG).unwrap();
    let mut words = String::new();
    peer.read_to_string(&mut words).unwrap();
    assert_eq!(words, "last words");
}

/// What a chain of operations leaves behind.
struct Report {
    /// Bytes moved.
    moved: SpinLock<usize>,
    ended: SpinLock<Option<Status>>,
    over: Event,
}

/// Receives byte by byte into the same place for as long as the socket lives.
struct Receiver {
    room: Mdl,
    socket: PoolArc<Socket>,
    report: PoolArc<Report>,
}

impl Completion for Receiver {
    fn completed(request: Request<Self>, result: nt::Result<usize>) {
        match result {
            Ok(count) if count > 0 => {
                *request.report.moved.lock() += count;
                let socket = request.socket.clone();
                socket.receive(request, |context| Room::new(context.room.as_cell(), 0, 1));
            }
            Ok(_) => {
                request.report.over.set();
            }
            Err(status) => {
                *request.report.ended.lock() = Some(status);
                request.report.over.set();
            }
        }
    }
}

fn new_report() -> PoolArc<Report> {
    let report = Report {
        moved: SpinLock::new(0),
        ended: SpinLock::new(None),
        over: Event::new(EventKind::Notification).unwrap(),
    };
    PoolArc::new(TAG, report).unwrap()
}

fn receive_all(socket: &PoolArc<Socket>) -> PoolArc<Report> {
    let report = new_report();
    let request = Request::to_receive(
        &**socket,
        Receiver {
            room: mdl(&[0]),
            socket: socket.clone(),
            report: report.clone(),
        },
    );
    socket.receive(request.unwrap(), |context| {
        Room::new(context.room.as_cell(), 0, 1)
    });
    report
}

#[test]
fn a_completion_starts_the_next_operation_without_growing_the_stack() {
    let _kernel = support::boot();
    let (socket, mut peer) = connected();
    let socket = PoolArc::new(TAG, socket).unwrap();
    // All is there before the first receive, so every one may complete within its own call.
    let count = 50_000;
    peer.write_all(&vec![7; count]).unwrap();
    drop(peer);
    let report = receive_all(&socket);
    report.over.wait();
    assert_eq!(*report.moved.lock(), count);
    assert_eq!(*report.ended.lock(), None);
    socket.close();
}

#[test]
fn a_steady_stream_allocates_nothing() {
    let kernel = support::boot();
    let (socket, mut peer) = connected();
    let socket = PoolArc::new(TAG, socket).unwrap();
    let report = receive_all(&socket);
    let mut send_and_wait = |count: usize, total: usize| {
        peer.write_all(&vec![7; count]).unwrap();
        while *report.moved.lock() < total {
            nt::time::sleep(Duration::from_millis(1));
        }
    };
    send_and_wait(1, 1);
    let before = kernel.stats().pool_allocations;
    send_and_wait(1000, 1001);
    assert_eq!(kernel.stats().pool_allocations, before);
    socket.close();
}

#[test]
fn closing_ends_what_is_in_flight_and_waits_for_its_completion() {
    let _kernel = support::boot();
    let (socket, _peer) = connected();
    let socket = PoolArc::new(TAG, socket).unwrap();
    let report = receive_all(&socket);
    socket.close();
    assert!(report.over.is_set());
    assert!(report.ended.lock().is_some());
}

/// Sends the same bytes until that fails.
struct Sender {
    message: Mdl,
    socket: PoolArc<Socket>,
    report: PoolArc<Report>,
}

impl Completion for Sender {
    fn completed(request: Request<Self>, result: nt::Result<usize>) {
        match result {
            Ok(count) => {
                *request.report.moved.lock() += count;
                let socket = request.socket.clone();
                socket.send(request, |context| Ok(Gather::message(&mut context.message)));
            }
            Err(status) => {
                *request.report.ended.lock() = Some(status);
                request.report.over.set();
            }
        }
    }
}

#[test]
fn senders_in_many_threads_all_end_when_the_socket_is_closed_under_them() {
    let _kernel = support::boot();
    let (socket, mut peer) = connected();
    let socket = PoolArc::new(TAG, socket).unwrap();
    let reader = std::thread::spawn(move || std::io::copy(&mut peer, &mut std::io::sink()));
    let senders: Vec<_> = (0..4)
        .map(|_| {
            let report = new_report();
            let request = Request::to_receive(
                &*socket,
                Sender {
                    message: mdl(&[7; 100]),
                    socket: socket.clone(),
                    report: report.clone(),
                },
            );
            let (request, socket) = (request.unwrap(), socket.clone());
            let thread = nt::thread::spawn(move || {
                socket.send(request, |context| Ok(Gather::message(&mut context.message)));
            });
            (thread.unwrap(), report)
        })
        .collect();
    nt::time::sleep(Duration::from_millis(20));
    socket.close();
    for (thread, report) in senders {
        thread.join();
        report.over.wait();
        assert!(report.ended.lock().is_some());
    }
    // Whether the peer read to the end or was reset does not matter here.
    let _ = reader.join().unwrap();
}

#[test]
fn a_closed_socket_fails_every_operation() {
    let _kernel = support::boot();
    let (socket, _peer) = connected();
    let socket = PoolArc::new(TAG, socket).unwrap();
    socket.close();
    socket.close();
    let report = receive_all(&socket);
    assert!(report.over.is_set());
    assert_eq!(*report.ended.lock(), Some(Status::CONNECTION_DISCONNECTED));
    let mut message = mdl(b"late");
    let refused = socket.send_wait(Gather::message(&mut message), LONG);
    assert_eq!(refused, Err(Status::CONNECTION_DISCONNECTED));
}

#[test]
fn a_bad_range_comes_back_by_the_completion() {
    let _kernel = support::boot();
    let (socket, _peer) = connected();
    let socket = PoolArc::new(TAG, socket).unwrap();
    let report = new_report();
    let request = Request::to_receive(
        &*socket,
        Receiver {
            room: mdl(&[0]),
            socket: socket.clone(),
            report: report.clone(),
        },
    );
    socket.receive(request.unwrap(), |context| {
        Room::new(context.room.as_cell(), 0, 2)
    });
    assert_eq!(*report.ended.lock(), Some(Status::BUFFER_TOO_SMALL));
    socket.close();
}

#[test]
fn a_numeric_name_is_its_own_address() {
    let _kernel = support::boot();
    let provider = Provider::register(LONG).unwrap();
    let found = resolve(&provider, nt::utf16!("127.0.0.1"), 445, LONG).unwrap();
    assert_eq!(&*found, ["127.0.0.1:445".parse().unwrap()]);
}

#[test]
fn the_local_host_has_an_address() {
    let _kernel = support::boot();
    let provider = Provider::register(LONG).unwrap();
    let found = resolve(&provider, nt::utf16!("localhost"), 1445, LONG).unwrap();
    assert!(
        found
            .iter()
            .all(|address| address.ip().is_loopback() && address.port() == 1445)
    );
}
