//! Streams of both transports against real sockets on the loopback.

mod support;

use nt::Status;
use nt::irql::{self, Irql};
use nt::mdl::Mdl;
use nt::net::{Completion, Gather, KeepAlive, Request, Room, Socket, Stream};
use nt::pool::{PoolArc, Tag};
use nt::sync::{Event, EventKind, SpinLock};
use nt::wsk::{Provider, resolve};
use nt::{tdi, wsk};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

const TAG: Tag = Tag::new(b"Test");
const LONG: Duration = Duration::from_secs(60);

/// Which transport a fact is shown for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Wsk,
    Tdi,
}

impl By {
    fn connect(self, address: SocketAddr) -> nt::Result<Socket> {
        match self {
            Self::Wsk => {
                let provider = Provider::register(LONG)?;
                wsk::Socket::connect(&provider, address, LONG).map(Socket::Wsk)
            }
            Self::Tdi => tdi::Socket::connect(address, LONG).map(Socket::Tdi),
        }
    }
}

/// Makes a test of each function for each transport.
macro_rules! by_both {
    ($($fact:ident,)*) => {
        mod by_wsk {
            $(#[test] fn $fact() { super::$fact(super::By::Wsk) })*
        }
        mod by_tdi {
            $(#[test] fn $fact() { super::$fact(super::By::Tdi) })*
        }
    };
}

by_both! {
    bytes_go_there_and_back,
    a_message_is_followed_by_payload_from_elsewhere,
    the_end_of_the_stream_is_nothing_received,
    a_receive_that_takes_too_long_is_cancelled,
    nobody_listening_is_refused,
    options_are_set,
    an_orderly_end_lets_the_peer_read_everything,
    a_completion_starts_the_next_operation_without_growing_the_stack,
    a_steady_stream_allocates_nothing,
    closing_ends_what_is_in_flight_and_waits_for_its_completion,
    a_closed_socket_may_be_dropped_at_dispatch,
    a_completion_can_leave_the_next_operation_to_a_thread_in_time,
    senders_in_many_threads_all_end_when_the_socket_is_closed_under_them,
    a_closed_socket_fails_every_operation,
    a_bad_range_comes_back_by_the_completion,
    an_address_of_ipv6_is_as_good,
    an_abort_ends_what_is_in_flight_and_the_peer_sees_a_reset,
    an_end_in_order_leaves_the_way_back_open,
    bytes_are_received_into_the_middle_of_memory_piece_by_piece,
}

/// A socket and the peer's end of its connection.
fn connected(by: By) -> (Socket, TcpStream) {
    connected_at(by, "127.0.0.1:0")
}

fn connected_at(by: By, address: &str) -> (Socket, TcpStream) {
    let listener = TcpListener::bind(address).unwrap();
    let socket = by.connect(listener.local_addr().unwrap()).unwrap();
    (socket, listener.accept().unwrap().0)
}

fn mdl(bytes: &[u8]) -> Mdl {
    let mut mdl = Mdl::allocate(TAG, bytes.len()).unwrap();
    mdl.copy_from_slice(bytes);
    mdl
}

fn bytes_go_there_and_back(by: By) {
    let _kernel = support::boot();
    let (socket, mut peer) = connected(by);
    let mut request = mdl(b"request");
    assert_eq!(socket.send_wait(Gather::message(&mut request), LONG), Ok(7));
    let mut bytes = [0; 7];
    peer.read_exact(&mut bytes).unwrap();
    assert_eq!(&bytes, b"request");
    peer.write_all(b"reply").unwrap();
    let mut room = mdl(&[0; 10]);
    let reply = Room::new(room.as_cell(), 2, 5).unwrap();
    assert_eq!(socket.receive_wait(reply, LONG), Ok(5));
    assert_eq!(&*room, b"\0\0reply\0\0\0");
}

fn a_message_is_followed_by_payload_from_elsewhere(by: By) {
    let _kernel = support::boot();
    let (socket, mut peer) = connected(by);
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

fn the_end_of_the_stream_is_nothing_received(by: By) {
    let _kernel = support::boot();
    let (socket, peer) = connected(by);
    drop(peer);
    let mut room = mdl(&[0; 10]);
    let all = Room::new(room.as_cell(), 0, 10).unwrap();
    assert_eq!(socket.receive_wait(all, LONG), Ok(0));
}

fn a_receive_that_takes_too_long_is_cancelled(by: By) {
    let _kernel = support::boot();
    let (socket, _peer) = connected(by);
    let mut room = mdl(&[0; 10]);
    let all = Room::new(room.as_cell(), 0, 10).unwrap();
    let result = socket.receive_wait(all, Duration::from_millis(10));
    assert_eq!(result, Err(Status::IO_TIMEOUT));
}

fn nobody_listening_is_refused(by: By) {
    let _kernel = support::boot();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let refused = by.connect(address).err();
    assert_eq!(refused, Some(Status::CONNECTION_REFUSED));
}

fn options_are_set(by: By) {
    let _kernel = support::boot();
    let (socket, _peer) = connected(by);
    socket.set_nodelay(true).unwrap();
    let keep_alive = KeepAlive {
        idle: Duration::from_secs(30),
        interval: Duration::from_secs(5),
        probes: 3,
    };
    socket.set_keep_alive(Some(keep_alive)).unwrap();
    socket.set_keep_alive(None).unwrap();
}

fn an_orderly_end_lets_the_peer_read_everything(by: By) {
    let _kernel = support::boot();
    let (socket, mut peer) = connected(by);
    let mut last = mdl(b"last words");
    socket.send_wait(Gather::message(&mut last), LONG).unwrap();
    socket.disconnect(LONG).unwrap();
    let mut words = String::new();
    peer.read_to_string(&mut words).unwrap();
    assert_eq!(words, "last words");
}

fn an_address_of_ipv6_is_as_good(by: By) {
    let _kernel = support::boot();
    let (socket, mut peer) = connected_at(by, "[::1]:0");
    let mut request = mdl(b"request");
    assert_eq!(socket.send_wait(Gather::message(&mut request), LONG), Ok(7));
    let mut bytes = [0; 7];
    peer.read_exact(&mut bytes).unwrap();
    assert_eq!(&bytes, b"request");
}

fn an_abort_ends_what_is_in_flight_and_the_peer_sees_a_reset(by: By) {
    let _kernel = support::boot();
    let (socket, mut peer) = connected(by);
    let socket = PoolArc::new(TAG, socket).unwrap();
    let report = receive_all(&socket);
    socket.abort(LONG).unwrap();
    report.over.wait();
    assert_eq!(*report.ended.lock(), Some(Status::CONNECTION_ABORTED));
    let end = peer.read(&mut [0; 1]).unwrap_err();
    assert_eq!(end.kind(), std::io::ErrorKind::ConnectionReset);
    socket.close();
}

fn an_end_in_order_leaves_the_way_back_open(by: By) {
    let _kernel = support::boot();
    let (socket, mut peer) = connected(by);
    socket.disconnect(LONG).unwrap();
    assert_eq!(peer.read(&mut [0; 1]).unwrap(), 0);
    peer.write_all(b"late").unwrap();
    drop(peer);
    let mut room = mdl(&[0; 10]);
    let reply = Room::new(room.as_cell(), 0, 10).unwrap();
    assert_eq!(socket.receive_wait(reply, LONG), Ok(4));
    let nothing = Room::new(room.as_cell(), 0, 10).unwrap();
    assert_eq!(socket.receive_wait(nothing, LONG), Ok(0));
}

fn bytes_are_received_into_the_middle_of_memory_piece_by_piece(by: By) {
    const SIZE: usize = 3 << 20;
    let _kernel = support::boot();
    let (socket, mut peer) = connected(by);
    let sent: Vec<u8> = (0..SIZE).map(|at| (at / 7) as u8).collect();
    let mut room = Mdl::allocate(TAG, SIZE + 2).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| peer.write_all(&sent).unwrap());
        let mut at = 1;
        while at <= SIZE {
            let rest = Room::new(room.as_cell(), at, SIZE + 1 - at).unwrap();
            at += socket.receive_wait(rest, LONG).unwrap();
        }
    });
    assert!(room[1..=SIZE] == sent);
    assert_eq!((room[0], room[SIZE + 1]), (0, 0));
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

fn a_completion_starts_the_next_operation_without_growing_the_stack(by: By) {
    let _kernel = support::boot();
    let (socket, mut peer) = connected(by);
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

fn a_steady_stream_allocates_nothing(by: By) {
    let kernel = support::boot();
    let (socket, mut peer) = connected(by);
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

fn closing_ends_what_is_in_flight_and_waits_for_its_completion(by: By) {
    let _kernel = support::boot();
    let (socket, _peer) = connected(by);
    let socket = PoolArc::new(TAG, socket).unwrap();
    let report = receive_all(&socket);
    socket.close();
    assert!(report.over.is_set());
    assert!(report.ended.lock().is_some());
}

fn a_closed_socket_may_be_dropped_at_dispatch(by: By) {
    let _kernel = support::boot();
    let (socket, _peer) = connected(by);
    socket.close();
    let lock = SpinLock::new(());
    let raised = lock.lock();
    drop(socket);
    drop(raised);
}

/// Receives byte by byte, and leaves that to a thread after some turns at DISPATCH.
struct Considerate {
    room: Mdl,
    socket: PoolArc<Socket>,
    left: PoolArc<Left>,
}

/// What is left to the thread.
struct Left {
    request: SpinLock<Option<Request<Considerate>>>,
    moved: SpinLock<usize>,
    news: Event,
}

const TURNS: u32 = 3;

impl Considerate {
    fn go_on(request: Request<Self>) {
        let socket = request.socket.clone();
        socket.receive(request, |context| Room::new(context.room.as_cell(), 0, 1));
    }
}

impl Completion for Considerate {
    fn completed(request: Request<Self>, result: nt::Result<usize>) {
        let left = request.left.clone();
        let count = result.unwrap_or_default();
        *left.moved.lock() += count;
        if count > 0 && (irql::current() < Irql::DISPATCH || request.turn() < TURNS) {
            return Self::go_on(request);
        }
        if count > 0 {
            *left.request.lock() = Some(request);
        }
        left.news.set();
    }
}

fn a_completion_can_leave_the_next_operation_to_a_thread_in_time(by: By) {
    let kernel = support::boot();
    let (socket, mut peer) = connected(by);
    let socket = PoolArc::new(TAG, socket).unwrap();
    let left = Left {
        request: SpinLock::new(None),
        moved: SpinLock::new(0),
        news: Event::new(EventKind::Synchronization).unwrap(),
    };
    let left = PoolArc::new(TAG, left).unwrap();
    let context = Considerate {
        room: mdl(&[0]),
        socket: socket.clone(),
        left: left.clone(),
    };
    Considerate::go_on(Request::to_receive(&*socket, context).unwrap());
    let count = 10_000;
    peer.write_all(&vec![7; count]).unwrap();
    drop(peer);
    loop {
        left.news.wait();
        let request = left.request.lock().take();
        match request {
            Some(request) => Considerate::go_on(request),
            None => break,
        }
    }
    assert_eq!(*left.moved.lock(), count);
    assert!(kernel.stats().longest_stay <= u64::from(TURNS) + 1);
    socket.close();
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

fn senders_in_many_threads_all_end_when_the_socket_is_closed_under_them(by: By) {
    let _kernel = support::boot();
    let (socket, mut peer) = connected(by);
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

fn a_closed_socket_fails_every_operation(by: By) {
    let _kernel = support::boot();
    let (socket, _peer) = connected(by);
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

fn a_bad_range_comes_back_by_the_completion(by: By) {
    let _kernel = support::boot();
    let (socket, _peer) = connected(by);
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

#[test]
fn a_request_of_one_transport_fails_on_another_that_asks_more_of_it() {
    let _kernel = support::boot();
    let (by_wsk, _peer) = connected(By::Wsk);
    let (by_tdi, _peer) = connected(By::Tdi);
    let by_tdi = PoolArc::new(TAG, by_tdi).unwrap();
    let report = new_report();
    let request = Request::to_send(
        &by_wsk,
        Receiver {
            room: mdl(&[0]),
            socket: by_tdi.clone(),
            report: report.clone(),
        },
    );
    by_tdi.receive(request.unwrap(), |context| {
        Room::new(context.room.as_cell(), 0, 1)
    });
    assert_eq!(*report.ended.lock(), Some(Status::INVALID_PARAMETER));
    by_tdi.close();
}

#[test]
fn a_request_made_to_send_by_tdi_does_not_receive_into_the_middle_of_memory() {
    let _kernel = support::boot();
    let (socket, _peer) = connected(By::Tdi);
    let socket = PoolArc::new(TAG, socket).unwrap();
    let report = new_report();
    let request = Request::to_send(
        &*socket,
        Receiver {
            room: mdl(&[0; 2]),
            socket: socket.clone(),
            report: report.clone(),
        },
    );
    socket.receive(request.unwrap(), |context| {
        Room::new(context.room.as_cell(), 1, 1)
    });
    assert_eq!(*report.ended.lock(), Some(Status::INVALID_PARAMETER));
    socket.close();
}

#[test]
fn a_system_may_lack_either_transport() {
    let config = ntsim::Config {
        wsk: false,
        tdi: false,
        ..ntsim::Config::default()
    };
    let _kernel = ntsim::Kernel::boot(config);
    let provider = Provider::register(Duration::from_millis(1)).err();
    assert_eq!(provider, Some(Status::DEVICE_NOT_READY));
    let socket = By::Tdi.connect("127.0.0.1:1".parse().unwrap()).err();
    assert_eq!(socket, Some(Status::OBJECT_NAME_NOT_FOUND));
}
