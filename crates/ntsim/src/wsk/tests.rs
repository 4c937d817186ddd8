//! A WSK client over real sockets.

use super::*;
use crate::irql;
use crate::mdl::{IoAllocateMdl, IoFreeMdl, MmBuildMdlForNonPagedPool};
use crate::sys::{
    IoAllocateIrp, IoCancelIrp, IoFreeIrp, IoReuseIrp, KEVENT, KeInitializeEvent, KeSetEvent,
    KeWaitForSingleObject, NTSTATUS, PDEVICE_OBJECT, PIRP, PMDL, PVOID, SL_INVOKE_ON_CANCEL,
    SL_INVOKE_ON_ERROR, SL_INVOKE_ON_SUCCESS, STATUS_CANCELLED, STATUS_CONNECTION_REFUSED,
    STATUS_CONNECTION_RESET, STATUS_MORE_PROCESSING_REQUIRED, STATUS_SUCCESS,
};
use crate::verifier::{Rule, catch};
use crate::{Config, Kernel};
use core::ptr;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use wsk_sys::*;

/// An operation that waits for its end.
struct Call {
    irp: PIRP,
    event: Box<KEVENT>,
}

unsafe extern "C" fn completed(_device: PDEVICE_OBJECT, _irp: PIRP, event: PVOID) -> NTSTATUS {
    assert_eq!(irql::current(), irql::DISPATCH);
    // SAFETY: the call's event.
    unsafe { KeSetEvent(event.cast(), 0, 0) };
    STATUS_MORE_PROCESSING_REQUIRED
}

impl Call {
    fn new() -> Self {
        // SAFETY: at PASSIVE_LEVEL.
        let irp = unsafe { IoAllocateIrp(1, 0) };
        let mut call = Self {
            irp,
            event: Box::default(),
        };
        call.prepare();
        call
    }

    fn prepare(&mut self) {
        let event = &raw mut *self.event;
        // SAFETY: room for an event, which stays in its box.
        unsafe { KeInitializeEvent(event, 0, 0) };
        // SAFETY: the call's IRP.
        let packet = unsafe { crate::io::Packet::new(self.irp) };
        let next = packet.next();
        next.CompletionRoutine = Some(completed);
        next.Context = event.cast();
        next.Control = (SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_ERROR | SL_INVOKE_ON_CANCEL) as u8;
    }

    fn wait(&mut self) -> (NTSTATUS, u64) {
        let event = &raw mut *self.event;
        // SAFETY: a live event.
        unsafe { KeWaitForSingleObject(event.cast(), 0, 0, 0, ptr::null_mut()) };
        // SAFETY: the IRP has come back.
        let packet = unsafe { crate::io::Packet::new(self.irp) };
        let end = (packet.status(), packet.information());
        // SAFETY: as above.
        unsafe { IoReuseIrp(self.irp, STATUS_SUCCESS) };
        self.prepare();
        end
    }

    fn run(&mut self, begin: impl FnOnce(wsk_sys::PIRP) -> NTSTATUS) -> (NTSTATUS, u64) {
        begin(self.irp.cast());
        self.wait()
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        // SAFETY: nobody has the IRP.
        unsafe { IoFreeIrp(self.irp) };
    }
}

static CLIENT: WSK_CLIENT_DISPATCH = WSK_CLIENT_DISPATCH {
    Version: WSK_VERSION_1_0,
    Reserved: 0,
    WskClientEvent: None,
};

/// A registered client of a running kernel.
struct Client {
    registration: Box<WSK_REGISTRATION>,
    npi: WSK_PROVIDER_NPI,
    _kernel: Kernel,
}

impl Client {
    fn new() -> Self {
        let kernel = Kernel::boot(Config::default());
        let mut registration = Box::new(WSK_REGISTRATION {
            ReservedRegistrationState: 0,
            ReservedRegistrationContext: ptr::null_mut(),
            ReservedRegistrationLock: 0,
        });
        let mut client = WSK_CLIENT_NPI {
            ClientContext: ptr::null_mut(),
            Dispatch: &raw const CLIENT,
        };
        let mut npi = WSK_PROVIDER_NPI {
            Client: ptr::null_mut(),
            Dispatch: ptr::null(),
        };
        // SAFETY: all arguments are live.
        let status = unsafe { WskRegister(&raw mut client, &raw mut *registration) };
        assert_eq!(status, STATUS_SUCCESS);
        // SAFETY: as above.
        let status = unsafe {
            WskCaptureProviderNPI(&raw mut *registration, WSK_INFINITE_WAIT, &raw mut npi)
        };
        assert_eq!(status, STATUS_SUCCESS);
        Self {
            registration,
            npi,
            _kernel: kernel,
        }
    }

    fn dispatch(&self) -> &WSK_PROVIDER_DISPATCH {
        // SAFETY: captured.
        unsafe { &*self.npi.Dispatch }
    }

    fn socket(&self, call: &mut Call) -> Connection {
        let make = self.dispatch().WskSocket.unwrap();
        let (status, socket) = call.run(|irp| {
            let none = ptr::null_mut();
            // SAFETY: all arguments are live.
            unsafe {
                make(
                    self.npi.Client,
                    AF_INET,
                    SOCK_STREAM,
                    IPPROTO_TCP,
                    WSK_FLAG_CONNECTION_SOCKET,
                    none,
                    none,
                    none,
                    none,
                    none,
                    irp,
                )
            }
        });
        assert_eq!(status, STATUS_SUCCESS);
        Connection(socket as *mut WSK_SOCKET)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let registration = &raw mut *self.registration;
        // SAFETY: captured in `new`.
        unsafe { WskReleaseProviderNPI(registration) };
        // SAFETY: registered in `new`.
        unsafe { WskDeregister(registration) };
    }
}

#[derive(Clone, Copy)]
struct Connection(*mut WSK_SOCKET);

fn localhost(port: u16) -> SOCKADDR_IN {
    SOCKADDR_IN {
        sin_family: AF_INET,
        sin_port: port.to_be(),
        sin_addr: [127, 0, 0, 1],
        sin_zero: [0; 8],
    }
}

impl Connection {
    fn table(self) -> &'static WSK_PROVIDER_CONNECTION_DISPATCH {
        // SAFETY: a live socket's dispatch table.
        unsafe { &*(*self.0).Dispatch.cast() }
    }

    fn connect(self, call: &mut Call, port: u16) -> NTSTATUS {
        let mut any = localhost(0);
        // SAFETY: all arguments are live.
        let bound = call.run(|irp| unsafe {
            self.table().WskBind.unwrap()(self.0, (&raw mut any).cast(), 0, irp)
        });
        assert_eq!(bound.0, STATUS_SUCCESS);
        let mut to = localhost(port);
        // SAFETY: as above.
        call.run(|irp| unsafe {
            self.table().WskConnect.unwrap()(self.0, (&raw mut to).cast(), 0, irp)
        })
        .0
    }

    fn send(self, call: &mut Call, buffer: &mut WSK_BUF) -> (NTSTATUS, u64) {
        // SAFETY: the buffer lasts until the end.
        call.run(|irp| unsafe { self.table().WskSend.unwrap()(self.0, buffer, 0, irp) })
    }

    fn begin_receive(self, call: &Call, buffer: &mut WSK_BUF, flags: u32) {
        // SAFETY: the buffer lasts until the end.
        unsafe { self.table().WskReceive.unwrap()(self.0, buffer, flags, call.irp.cast()) };
    }

    fn receive(self, call: &mut Call, buffer: &mut WSK_BUF, flags: u32) -> (NTSTATUS, u64) {
        self.begin_receive(call, buffer, flags);
        call.wait()
    }

    fn close(self, call: &mut Call) {
        // SAFETY: a live socket.
        let end =
            call.run(|irp| unsafe { self.table().Basic.WskCloseSocket.unwrap()(self.0, irp) });
        assert_eq!(end.0, STATUS_SUCCESS);
    }
}

/// An MDL chain over parts of memory, in order.
struct Chain(Vec<PMDL>);

impl Chain {
    fn new(parts: &mut [&mut [u8]]) -> Self {
        let mut mdls: Vec<PMDL> = Vec::new();
        for part in parts {
            // SAFETY: at PASSIVE_LEVEL.
            let mdl = unsafe {
                IoAllocateMdl(
                    part.as_mut_ptr().cast(),
                    part.len() as u32,
                    0,
                    0,
                    ptr::null_mut(),
                )
            };
            // SAFETY: just made.
            unsafe { MmBuildMdlForNonPagedPool(mdl) };
            if let Some(&last) = mdls.last() {
                // SAFETY: made above.
                unsafe { (*last).Next = mdl };
            }
            mdls.push(mdl);
        }
        Self(mdls)
    }

    fn buffer(&self, offset: u32, length: usize) -> WSK_BUF {
        WSK_BUF {
            Mdl: self.0[0].cast(),
            Offset: offset,
            Length: length,
        }
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        for &mdl in &self.0 {
            // SAFETY: made in `new`, and not in use.
            unsafe { IoFreeMdl(mdl) };
        }
    }
}

/// A connected pair: the client's socket and the peer.
fn pair(client: &Client, call: &mut Call) -> (Connection, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let connection = client.socket(call);
    assert_eq!(
        connection.connect(call, listener.local_addr().unwrap().port()),
        STATUS_SUCCESS
    );
    (connection, listener.accept().unwrap().0)
}

#[test]
fn a_chain_is_sent_and_received_in_pieces() {
    let client = Client::new();
    let mut call = Call::new();
    let (connection, mut peer) = pair(&client, &mut call);
    let (mut head, mut body) = (*b"..head", *b"body..");
    let chain = Chain::new(&mut [&mut head, &mut body]);
    assert_eq!(
        connection.send(&mut call, &mut chain.buffer(2, 8)),
        (STATUS_SUCCESS, 8)
    );
    let mut got = [0; 8];
    peer.read_exact(&mut got).unwrap();
    assert_eq!(&got, b"headbody");
    peer.write_all(b"abcdefgh").unwrap();
    assert_eq!(
        connection.receive(&mut call, &mut chain.buffer(1, 8), WSK_FLAG_WAITALL),
        (STATUS_SUCCESS, 8)
    );
    drop(chain);
    assert_eq!((&head, &body), (b".abcde", b"fghy.."));
    connection.close(&mut call);
}

#[test]
fn a_large_send_goes_on_when_the_peer_reads() {
    let client = Client::new();
    let mut call = Call::new();
    let (connection, mut peer) = pair(&client, &mut call);
    let mut data: Vec<u8> = (0..16_000_000u32)
        .map(|index| (index % 251) as u8)
        .collect();
    let expected = data.clone();
    let reader = std::thread::spawn(move || {
        let mut got = vec![0; 16_000_000];
        peer.read_exact(&mut got).unwrap();
        got
    });
    let length = data.len();
    let chain = Chain::new(&mut [&mut data]);
    assert_eq!(
        connection.send(&mut call, &mut chain.buffer(0, length)),
        (STATUS_SUCCESS, length as u64)
    );
    assert!(reader.join().unwrap() == expected);
    connection.close(&mut call);
}

#[test]
fn waiting_for_all_takes_several_packets_and_the_end_of_the_stream_is_an_empty_success() {
    let client = Client::new();
    let mut call = Call::new();
    let (connection, mut peer) = pair(&client, &mut call);
    let mut data = [0; 6];
    let chain = Chain::new(&mut [&mut data]);
    connection.begin_receive(&call, &mut chain.buffer(0, 6), WSK_FLAG_WAITALL);
    peer.write_all(b"one").unwrap();
    peer.write_all(b"two").unwrap();
    assert_eq!(call.wait(), (STATUS_SUCCESS, 6));
    drop(peer);
    for _ in 0..2 {
        assert_eq!(
            connection.receive(&mut call, &mut chain.buffer(0, 6), 0),
            (STATUS_SUCCESS, 0)
        );
    }
    connection.close(&mut call);
    drop(chain);
    assert_eq!(&data, b"onetwo");
}

#[test]
fn refusal_and_reset_have_their_statuses() {
    let client = Client::new();
    let mut call = Call::new();
    let nobody = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let connection = client.socket(&mut call);
    assert_eq!(
        connection.connect(&mut call, nobody),
        STATUS_CONNECTION_REFUSED
    );
    connection.close(&mut call);
    let (connection, peer) = pair(&client, &mut call);
    let mut data = [0; 6];
    let chain = Chain::new(&mut [&mut data]);
    socket2::SockRef::from(&peer)
        .set_linger(Some(core::time::Duration::ZERO))
        .unwrap();
    drop(peer);
    assert_eq!(
        connection.receive(&mut call, &mut chain.buffer(0, 6), 0).0,
        STATUS_CONNECTION_RESET
    );
    connection.close(&mut call);
}

#[test]
fn a_receive_can_be_cancelled_and_a_close_ends_it() {
    let client = Client::new();
    let (mut call, mut other) = (Call::new(), Call::new());
    let (connection, _peer) = pair(&client, &mut call);
    let mut data = [0; 6];
    let chain = Chain::new(&mut [&mut data]);
    connection.begin_receive(&call, &mut chain.buffer(0, 6), 0);
    // SAFETY: the call's IRP is not freed meanwhile.
    assert_eq!(unsafe { IoCancelIrp(call.irp) }, 1);
    assert_eq!(call.wait().0, STATUS_CANCELLED);
    connection.begin_receive(&call, &mut chain.buffer(0, 6), 0);
    connection.close(&mut other);
    assert_eq!(call.wait().0, STATUS_CANCELLED);
}

#[test]
fn memory_in_use_by_the_network_must_stay() {
    let client = Client::new();
    let (mut call, mut other) = (Call::new(), Call::new());
    let (connection, _peer) = pair(&client, &mut call);
    let mut data = [0; 6];
    let chain = Chain::new(&mut [&mut data]);
    connection.begin_receive(&call, &mut chain.buffer(0, 6), 0);
    let violation = catch(|| {
        // SAFETY: breaks the rule on purpose; the service refuses.
        unsafe { IoFreeMdl(chain.0[0]) };
    });
    assert_eq!(violation.unwrap().rule, Rule::MdlInUse);
    connection.close(&mut other);
    assert_eq!(call.wait().0, STATUS_CANCELLED);
}

#[test]
fn a_buffer_must_fit_its_chain() {
    let client = Client::new();
    let mut call = Call::new();
    let (connection, _peer) = pair(&client, &mut call);
    let mut data = [0; 6];
    let chain = Chain::new(&mut [&mut data]);
    let violation = catch(|| {
        connection.send(&mut call, &mut chain.buffer(1, 6));
    });
    assert_eq!(violation.unwrap().rule, Rule::Wsk);
    connection.close(&mut call);
}

#[test]
fn a_name_is_looked_up() {
    let client = Client::new();
    let mut call = Call::new();
    let name: Vec<u16> = "127.0.0.1".encode_utf16().collect();
    let mut name = crate::io::counted(&name);
    let mut list: *mut ADDRINFOEXW = ptr::null_mut();
    let look_up = client.dispatch().WskGetAddressInfo.unwrap();
    let end = call.run(|irp| {
        let none: PVOID = ptr::null_mut();
        // SAFETY: all arguments last until the end.
        unsafe {
            look_up(
                client.npi.Client,
                (&raw mut name).cast(),
                none.cast(),
                0,
                none.cast(),
                none.cast(),
                &raw mut list,
                none.cast(),
                none.cast(),
                irp,
            )
        }
    });
    assert_eq!(end.0, STATUS_SUCCESS);
    // SAFETY: a successful look-up has a result.
    let first = unsafe { &*list };
    assert_eq!(
        (first.ai_family, first.ai_addrlen),
        (i32::from(AF_INET), 16)
    );
    // SAFETY: its address is of that family.
    let address = unsafe { *first.ai_addr.cast::<SOCKADDR_IN>() };
    assert_eq!(address.sin_addr, [127, 0, 0, 1]);
    // SAFETY: the look-up's list.
    unsafe { client.dispatch().WskFreeAddressInfo.unwrap()(client.npi.Client, list) };
}
