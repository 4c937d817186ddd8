//! Registration with the provider, and the functions in its dispatch tables.

use super::{address, resolve};
use crate::ex;
use crate::io::{self, Packet};
use crate::irql;
use crate::mode;
use crate::rtl;
use crate::sys::{
    NTSTATUS, STATUS_DEVICE_NOT_READY, STATUS_INVALID_ADDRESS, STATUS_INVALID_PARAMETER,
    STATUS_NOT_SUPPORTED, STATUS_PENDING, STATUS_SUCCESS,
};
use crate::tcp::{self, Owner, Range, Socket};
use crate::verifier::{Place, broken};
use core::ffi::c_void;
use core::net::SocketAddr;
use core::panic::Location;
use core::ptr;
use socket2::{Domain, SockRef};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use wsk_sys::*;

/// In `ReservedRegistrationState` of a registration that stands.
const REGISTERED: u64 = 0x5753_4b52_4547_4953;

static REGISTRATIONS: AtomicUsize = AtomicUsize::new(0);

/// Whether there is a provider to be captured.
static PROVIDED: AtomicBool = AtomicBool::new(true);

/// How often somebody who waits for the provider looks.
const LOOK: Duration = Duration::from_millis(5);

/// Says whether there is a provider to be captured.
pub(crate) fn provide(there_is: bool) {
    PROVIDED.store(there_is, Ordering::SeqCst);
}

impl crate::Kernel {
    /// Has WSK come up, on a system that was booted without.
    pub fn start_wsk(&self) {
        provide(true);
    }
}

/// Waits for the provider, no longer than that; says whether it is there.
fn wait_for_provider(milliseconds: u32) -> bool {
    let limit = Duration::from_millis(milliseconds.into());
    let begun = std::time::Instant::now();
    loop {
        if PROVIDED.load(Ordering::SeqCst) {
            return true;
        }
        let left = match milliseconds {
            WSK_NO_WAIT => return false,
            WSK_INFINITE_WAIT => LOOK,
            _ => limit.saturating_sub(begun.elapsed()),
        };
        if left.is_zero() {
            return false;
        }
        std::thread::sleep(left.min(LOOK));
    }
}

/// How many registrations stand.
pub(crate) fn registrations() -> usize {
    REGISTRATIONS.load(Ordering::SeqCst)
}

/// A registered client.
#[derive(Debug, Default)]
pub(super) struct Client {
    captures: AtomicUsize,
    sockets: AtomicUsize,
}

impl Owner for Client {
    fn socket_closed(&self) {
        self.sockets.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The client behind a registration that stands.
fn client_of<'a>(
    registration: *mut WSK_REGISTRATION,
    service: &str,
    place: Place,
) -> Option<&'a Client> {
    // SAFETY: the client gives a registration.
    let registration = unsafe { registration.read() };
    if registration.ReservedRegistrationState != REGISTERED {
        broken!(Wsk, place, None, "{service}: the client is not registered");
        return None;
    }
    // SAFETY: made by WskRegister, and kept until WskDeregister.
    unsafe {
        registration
            .ReservedRegistrationContext
            .cast::<Client>()
            .as_ref()
    }
}

/// Registers a client.
#[track_caller]
pub unsafe fn WskRegister(
    WskClientNpi: *mut WSK_CLIENT_NPI,
    WskRegistration: *mut WSK_REGISTRATION,
) -> NTSTATUS {
    irql::at_most(irql::PASSIVE, "WskRegister", Location::caller());
    let _host = mode::host();
    // SAFETY: the client gives its interface.
    let dispatch = unsafe { (*WskClientNpi).Dispatch };
    // SAFETY: which is valid while it is registered.
    if unsafe { (*dispatch).Version } != WSK_VERSION_1_0 {
        return STATUS_NOT_SUPPORTED;
    }
    let registration = WSK_REGISTRATION {
        ReservedRegistrationState: REGISTERED,
        ReservedRegistrationContext: Arc::into_raw(Arc::<Client>::default()).cast_mut().cast(),
        ReservedRegistrationLock: 0,
    };
    // SAFETY: the client gives room for the registration.
    unsafe { WskRegistration.write(registration) };
    REGISTRATIONS.fetch_add(1, Ordering::SeqCst);
    STATUS_SUCCESS
}

/// Ends a registration. Every capture must be released, and every socket closed.
#[track_caller]
pub unsafe fn WskDeregister(WskRegistration: *mut WSK_REGISTRATION) {
    let place = Location::caller();
    irql::at_most(irql::PASSIVE, "WskDeregister", place);
    let _host = mode::host();
    let Some(client) = client_of(WskRegistration, "WskDeregister", place) else {
        return;
    };
    let (captures, sockets) = (
        client.captures.load(Ordering::SeqCst),
        client.sockets.load(Ordering::SeqCst),
    );
    if captures > 0 || sockets > 0 {
        // The real one would wait forever.
        broken!(
            Wsk,
            place,
            None,
            "WskDeregister with {captures} captures and {sockets} sockets"
        );
    }
    // SAFETY: the client's registration.
    unsafe { (*WskRegistration).ReservedRegistrationState = 0 };
    // SAFETY: made by WskRegister, and nothing finds it any more.
    drop(unsafe { Arc::from_raw(client) });
    REGISTRATIONS.fetch_sub(1, Ordering::SeqCst);
}

/// Takes hold of the provider.
#[track_caller]
pub unsafe fn WskCaptureProviderNPI(
    WskRegistration: *mut WSK_REGISTRATION,
    WaitTimeout: u32,
    WskProviderNpi: *mut WSK_PROVIDER_NPI,
) -> NTSTATUS {
    let place = Location::caller();
    let limit = if WaitTimeout == WSK_NO_WAIT {
        irql::DISPATCH
    } else {
        irql::PASSIVE
    };
    irql::at_most(limit, "WskCaptureProviderNPI", place);
    let Some(client) = client_of(WskRegistration, "WskCaptureProviderNPI", place) else {
        return STATUS_INVALID_PARAMETER;
    };
    if !wait_for_provider(WaitTimeout) {
        return STATUS_DEVICE_NOT_READY;
    }
    client.captures.fetch_add(1, Ordering::SeqCst);
    let provider = WSK_PROVIDER_NPI {
        Client: ptr::from_ref(client).cast_mut().cast(),
        Dispatch: &raw const PROVIDER,
    };
    // SAFETY: the client gives room for the interface.
    unsafe { WskProviderNpi.write(provider) };
    STATUS_SUCCESS
}

/// Lets go of the provider, once per capture.
#[track_caller]
pub unsafe fn WskReleaseProviderNPI(WskRegistration: *mut WSK_REGISTRATION) {
    let place = Location::caller();
    irql::at_most(irql::DISPATCH, "WskReleaseProviderNPI", place);
    let Some(client) = client_of(WskRegistration, "WskReleaseProviderNPI", place) else {
        return;
    };
    let released = client
        .captures
        .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |captures| {
            captures.checked_sub(1)
        });
    if released.is_err() {
        broken!(
            Wsk,
            place,
            None,
            "the provider was released more often than captured"
        );
    }
}

static PROVIDER: WSK_PROVIDER_DISPATCH = WSK_PROVIDER_DISPATCH {
    Version: WSK_VERSION_1_0,
    Reserved: 0,
    WskSocket: Some(wsk_socket),
    WskSocketConnect: Some(wsk_socket_connect),
    WskControlClient: None,
    WskGetAddressInfo: Some(wsk_get_address_info),
    WskFreeAddressInfo: Some(wsk_free_address_info),
    WskGetNameInfo: None,
};

static CONNECTION: WSK_PROVIDER_CONNECTION_DISPATCH = WSK_PROVIDER_CONNECTION_DISPATCH {
    Basic: WSK_PROVIDER_BASIC_DISPATCH {
        WskControlSocket: Some(wsk_control_socket),
        WskCloseSocket: Some(wsk_close_socket),
    },
    WskBind: Some(wsk_bind),
    WskConnect: Some(wsk_connect),
    WskGetLocalAddress: Some(wsk_get_local_address),
    WskGetRemoteAddress: Some(wsk_get_remote_address),
    WskSend: Some(wsk_send),
    WskReceive: Some(wsk_receive),
    WskDisconnect: Some(wsk_disconnect),
    WskRelease: None,
    WskConnectEx: None,
    WskSendEx: ptr::null_mut(),
    WskReceiveEx: ptr::null_mut(),
};

/// Takes over an IRP, does something at once, and completes it with the outcome.
fn at_once(
    irp: wsk_sys::PIRP,
    service: &str,
    action: impl FnOnce(Place) -> Result<usize, NTSTATUS>,
) -> NTSTATUS {
    let place = Location::caller();
    let Some(packet) = io::take_over(irp.cast(), service, place) else {
        return STATUS_INVALID_PARAMETER;
    };
    let _host = mode::host();
    finish(packet, action(place), place)
}

fn finish(packet: Packet, outcome: Result<usize, NTSTATUS>, place: Place) -> NTSTATUS {
    let (status, information) = match outcome {
        Ok(information) => (STATUS_SUCCESS, information),
        Err(status) => (status, 0),
    };
    io::complete_at_dispatch(packet, status, information as u64, place);
    STATUS_PENDING
}

/// Takes over an IRP and hands it to an operation that completes it some time.
fn begin(
    irp: wsk_sys::PIRP,
    service: &str,
    action: impl FnOnce(Packet, Place) -> Result<(), NTSTATUS>,
) -> NTSTATUS {
    let place = Location::caller();
    let Some(packet) = io::take_over(irp.cast(), service, place) else {
        return STATUS_INVALID_PARAMETER;
    };
    let _host = mode::host();
    if let Err(status) = action(packet, place) {
        finish(packet, Err(status), place);
    }
    STATUS_PENDING
}

/// Makes a socket for a client.
fn make(
    client: *mut WSK_CLIENT,
    family: ADDRESS_FAMILY,
    kind: u16,
    flags: u32,
) -> Result<Arc<Socket>, NTSTATUS> {
    if kind != SOCK_STREAM || flags != WSK_FLAG_CONNECTION_SOCKET {
        return Err(STATUS_NOT_SUPPORTED);
    }
    let domain = match family {
        AF_INET => Domain::IPV4,
        AF_INET6 => Domain::IPV6,
        _ => return Err(STATUS_NOT_SUPPORTED),
    };
    let client: *const Client = client.cast_const().cast();
    // SAFETY: what WskCaptureProviderNPI gave, which stays while it is captured.
    unsafe { Arc::increment_strong_count(client) };
    // SAFETY: the count was just raised.
    let client = unsafe { Arc::from_raw(client) };
    client.sockets.fetch_add(1, Ordering::SeqCst);
    Socket::new(client.clone(), (&raw const CONNECTION).cast(), domain)
        .inspect_err(|_| client.socket_closed())
}

unsafe extern "C" fn wsk_socket(
    client: *mut WSK_CLIENT,
    family: ADDRESS_FAMILY,
    kind: u16,
    _protocol: u32,
    flags: u32,
    _context: *mut c_void,
    _dispatch: *const c_void,
    _process: wsk_sys::PEPROCESS,
    _thread: wsk_sys::PETHREAD,
    _security: wsk_sys::PSECURITY_DESCRIPTOR,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    at_once(irp, "WskSocket", |_| {
        Ok(make(client, family, kind, flags)?.into_raw() as usize)
    })
}

unsafe extern "C" fn wsk_socket_connect(
    client: *mut WSK_CLIENT,
    kind: u16,
    _protocol: u32,
    local: *mut SOCKADDR,
    remote: *mut SOCKADDR,
    _flags: u32,
    _context: *mut c_void,
    _dispatch: *const WSK_CLIENT_CONNECTION_DISPATCH,
    _process: wsk_sys::PEPROCESS,
    _thread: wsk_sys::PETHREAD,
    _security: wsk_sys::PSECURITY_DESCRIPTOR,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    // SAFETY: the client gives addresses.
    let (local, remote) = (unsafe { address::read(local) }, unsafe {
        address::read(remote)
    });
    begin(irp, "WskSocketConnect", |packet, place| {
        let (Some(local), Some(remote)) = (local, remote) else {
            return Err(STATUS_INVALID_ADDRESS);
        };
        let socket = make(
            client,
            address::family(&remote),
            kind,
            WSK_FLAG_CONNECTION_SOCKET,
        )?;
        let bound = socket.bind(local);
        if let Err(status) = bound {
            socket.discard();
            return Err(status);
        }
        socket.connect_new(remote, packet, place);
        Ok(())
    })
}

unsafe extern "C" fn wsk_bind(
    socket: *mut WSK_SOCKET,
    to: *mut SOCKADDR,
    _flags: u32,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    // SAFETY: the client gives an address.
    let to = unsafe { address::read(to) };
    at_once(irp, "WskBind", |_| {
        // SAFETY: the client's socket, not closed.
        let socket = unsafe { Socket::from_raw(socket.cast()) };
        socket.bind(to.ok_or(STATUS_INVALID_ADDRESS)?).map(|()| 0)
    })
}

unsafe extern "C" fn wsk_connect(
    socket: *mut WSK_SOCKET,
    to: *mut SOCKADDR,
    _flags: u32,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    // SAFETY: the client gives an address.
    let to = unsafe { address::read(to) };
    begin(irp, "WskConnect", |packet, place| {
        // SAFETY: the client's socket, not closed.
        let socket = unsafe { Socket::from_raw(socket.cast()) };
        let to = to.ok_or(STATUS_INVALID_ADDRESS)?;
        require_bound(&socket, place);
        socket.connect(to, packet, place);
        Ok(())
    })
}

/// A WSK socket must be bound before it connects; the host's would bind itself.
fn require_bound(socket: &Socket, place: Place) {
    let bound = socket.is_bound();
    if !bound {
        broken!(Wsk, place, None, "WskConnect on a socket that is not bound");
    }
}

unsafe extern "C" fn wsk_get_local_address(
    socket: *mut WSK_SOCKET,
    to: *mut SOCKADDR,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    get_address(socket, to, irp, false)
}

unsafe extern "C" fn wsk_get_remote_address(
    socket: *mut WSK_SOCKET,
    to: *mut SOCKADDR,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    get_address(socket, to, irp, true)
}

fn get_address(
    socket: *mut WSK_SOCKET,
    to: *mut SOCKADDR,
    irp: wsk_sys::PIRP,
    remote: bool,
) -> NTSTATUS {
    at_once(irp, "WskGetLocalAddress", |_| {
        // SAFETY: the client's socket, not closed.
        let socket = unsafe { Socket::from_raw(socket.cast()) };
        let address: SocketAddr = socket.address(remote)?;
        // SAFETY: the client gives room for an address of its socket's family.
        unsafe { address::write(&address, to) };
        Ok(0)
    })
}

/// Makes a range of a client's buffer.
fn range_of(buffer: *mut WSK_BUF, service: &str, place: Place) -> Result<Range, NTSTATUS> {
    // SAFETY: the client gives a buffer, which it keeps for the time of the call.
    let buffer = unsafe { buffer.as_ref() };
    let range = buffer
        .and_then(|buffer| Range::new(buffer.Mdl.cast(), buffer.Offset as usize, buffer.Length));
    range.ok_or_else(|| {
        broken!(
            Wsk,
            place,
            None,
            "{service}: the MDL chain is shorter than the buffer, or its pages are not locked"
        );
        STATUS_INVALID_PARAMETER
    })
}

unsafe extern "C" fn wsk_send(
    socket: *mut WSK_SOCKET,
    buffer: *mut WSK_BUF,
    _flags: u32,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    begin(irp, "WskSend", |packet, place| {
        // SAFETY: the client's socket, not closed.
        let socket = unsafe { Socket::from_raw(socket.cast()) };
        socket.send(range_of(buffer, "WskSend", place)?, packet, place);
        Ok(())
    })
}

unsafe extern "C" fn wsk_receive(
    socket: *mut WSK_SOCKET,
    buffer: *mut WSK_BUF,
    flags: u32,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    begin(irp, "WskReceive", |packet, place| {
        // SAFETY: the client's socket, not closed.
        let socket = unsafe { Socket::from_raw(socket.cast()) };
        let whole = flags & WSK_FLAG_WAITALL != 0;
        socket.receive(range_of(buffer, "WskReceive", place)?, whole, packet, place);
        Ok(())
    })
}

unsafe extern "C" fn wsk_disconnect(
    socket: *mut WSK_SOCKET,
    buffer: *mut WSK_BUF,
    flags: u32,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    begin(irp, "WskDisconnect", |packet, place| {
        if !buffer.is_null() {
            return Err(STATUS_NOT_SUPPORTED);
        }
        // SAFETY: the client's socket, not closed.
        let socket = unsafe { Socket::from_raw(socket.cast()) };
        socket.disconnect(flags & WSK_FLAG_ABORTIVE != 0, packet, place);
        Ok(())
    })
}

unsafe extern "C" fn wsk_close_socket(socket: *mut WSK_SOCKET, irp: wsk_sys::PIRP) -> NTSTATUS {
    irql::at_most(irql::PASSIVE, "WskCloseSocket", Location::caller());
    begin(irp, "WskCloseSocket", |packet, place| {
        // SAFETY: the client's socket, not closed.
        let socket = unsafe { Socket::from_raw(socket.cast()) };
        socket.close(packet, place);
        Ok(())
    })
}

/// Sets an option of the host's socket.
fn set_option(socket: &Socket, level: u32, code: u32, value: u32) -> Result<usize, NTSTATUS> {
    let host = socket.host()?;
    let reference = SockRef::from(&*host);
    let keepalive = socket2::TcpKeepalive::new();
    let seconds = Duration::from_secs(u64::from(value.max(1)));
    let result = match (level, code) {
        (IPPROTO_TCP, TCP_NODELAY) => reference.set_tcp_nodelay(value != 0),
        (IPPROTO_TCP, TCP_KEEPIDLE) => reference.set_tcp_keepalive(&keepalive.with_time(seconds)),
        (IPPROTO_TCP, TCP_KEEPINTVL) => {
            reference.set_tcp_keepalive(&keepalive.with_interval(seconds))
        }
        (IPPROTO_TCP, TCP_KEEPCNT) => reference.set_tcp_keepalive(&keepalive.with_retries(value)),
        (SOL_SOCKET, SO_KEEPALIVE) => reference.set_keepalive(value != 0),
        _ => return Err(STATUS_NOT_SUPPORTED),
    };
    result.map(|()| 0).map_err(|error| tcp::status_of(&error))
}

unsafe extern "C" fn wsk_control_socket(
    socket: *mut WSK_SOCKET,
    request: WSK_CONTROL_SOCKET_TYPE,
    code: u32,
    level: u32,
    input_size: usize,
    input: *mut c_void,
    _output_size: usize,
    _output: *mut c_void,
    _returned: *mut usize,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    let control = || {
        if request != WskSetOption || input_size < size_of::<u32>() {
            return Err(STATUS_NOT_SUPPORTED);
        }
        // SAFETY: the client gives so many bytes.
        let value = unsafe { input.cast::<u32>().read_unaligned() };
        // SAFETY: the client's socket, not closed.
        let socket = unsafe { Socket::from_raw(socket.cast()) };
        set_option(&socket, level, code, value)
    };
    if irp.is_null() {
        let _host = mode::host();
        return control().err().unwrap_or(STATUS_SUCCESS);
    }
    at_once(irp, "WskControlSocket", |_| control())
}

/// The text of a client's string.
fn text(string: wsk_sys::PUNICODE_STRING) -> String {
    // SAFETY: the client gives NULL or a string, which it keeps until the look-up's end.
    String::from_utf16_lossy(unsafe { rtl::units(string.cast_const().cast()) })
}

/// A pointer that goes to the worker that looks up.
struct ResultSlot(*mut *mut ADDRINFOEXW);

// SAFETY: the client keeps the slot until the look-up's end.
unsafe impl Send for ResultSlot {}

impl ResultSlot {
    fn give(&self, list: *mut ADDRINFOEXW) {
        // SAFETY: as above.
        unsafe { self.0.write(list) };
    }
}

unsafe extern "C" fn wsk_get_address_info(
    _client: *mut WSK_CLIENT,
    node: wsk_sys::PUNICODE_STRING,
    service: wsk_sys::PUNICODE_STRING,
    _name_space: u32,
    _provider: PGUID,
    hints: *mut ADDRINFOEXW,
    result: *mut *mut ADDRINFOEXW,
    _process: wsk_sys::PEPROCESS,
    _thread: wsk_sys::PETHREAD,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    irql::at_most(irql::PASSIVE, "WskGetAddressInfo", Location::caller());
    begin(irp, "WskGetAddressInfo", |packet, place| {
        let (node, service) = (text(node), text(service));
        // SAFETY: the client gives NULL or hints.
        let family =
            unsafe { hints.as_ref() }.map_or(AF_UNSPEC, |hints| hints.ai_family as ADDRESS_FAMILY);
        let slot = ResultSlot(result);
        ex::post(move || {
            let outcome = resolve::addresses(&node, &service, family)
                .and_then(|addresses| resolve::list(&addresses, place))
                .map(|list| {
                    slot.give(list);
                    0
                });
            finish(packet, outcome, place);
        });
        Ok(())
    })
}

unsafe extern "C" fn wsk_free_address_info(_client: *mut WSK_CLIENT, list: *mut ADDRINFOEXW) {
    let place = Location::caller();
    irql::at_most(irql::PASSIVE, "WskFreeAddressInfo", place);
    resolve::free(list, place);
}
