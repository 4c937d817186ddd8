//! The provider's side: the functions that WSK offers, at large and per socket.
//!
//! Every function that takes an IRP always completes it, also when it returns an error; STATUS_PENDING says that the
//! completion comes later. They may be called at up to DISPATCH_LEVEL unless their page says otherwise.

use crate::{
    ADDRESS_FAMILY, ADDRINFOEXW, NTSTATUS, PEPROCESS, PETHREAD, PGUID, PIRP, PSECURITY_DESCRIPTOR,
    PUNICODE_STRING, SOCKADDR, WSK_BUF, WSK_CLIENT, WSK_CLIENT_CONNECTION_DISPATCH,
    WSK_DATA_INDICATION,
};
use core::ffi::c_void;
use core::mem::{offset_of, size_of};

/// `WskSocket` flag: a connection-oriented socket.
pub const WSK_FLAG_CONNECTION_SOCKET: u32 = 0x0000_0002;
/// `WskSend` flag: do not hold the bytes back to fill a segment.
pub const WSK_FLAG_NODELAY: u32 = 0x0000_0002;
/// `WskReceive` flag: complete only when the whole buffer is filled.
pub const WSK_FLAG_WAITALL: u32 = 0x0000_0002;
/// `WskReceive` flag: drop what is received until the peer disconnects.
pub const WSK_FLAG_DRAIN: u32 = 0x0000_0004;
/// `WskDisconnect` flag, and of a disconnect indication: reset instead of an orderly end.
pub const WSK_FLAG_ABORTIVE: u32 = 0x0000_0001;

/// `WSK_CONTROL_SOCKET_TYPE`, as an integer.
pub type WSK_CONTROL_SOCKET_TYPE = i32;
/// Set a socket option.
pub const WskSetOption: WSK_CONTROL_SOCKET_TYPE = 0;
/// Get a socket option.
pub const WskGetOption: WSK_CONTROL_SOCKET_TYPE = 1;
/// Perform an I/O control on the socket.
pub const WskIoctl: WSK_CONTROL_SOCKET_TYPE = 2;

/// `WSK_SOCKET`: the provider's socket. What `Dispatch` points to depends on the kind of socket.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct WSK_SOCKET {
    /// A [`WSK_PROVIDER_CONNECTION_DISPATCH`] for [`WSK_FLAG_CONNECTION_SOCKET`].
    pub Dispatch: *const c_void,
}

/// `PFN_WSK_SOCKET`: (Client, AddressFamily, SocketType, Protocol, Flags, SocketContext, Dispatch, OwningProcess,
/// OwningThread, SecurityDescriptor, Irp). The socket comes as `Irp->IoStatus.Information`.
pub type PFN_WSK_SOCKET = Option<
    unsafe extern "C" fn(
        *mut WSK_CLIENT,
        ADDRESS_FAMILY,
        u16,
        u32,
        u32,
        *mut c_void,
        *const c_void,
        PEPROCESS,
        PETHREAD,
        PSECURITY_DESCRIPTOR,
        PIRP,
    ) -> NTSTATUS,
>;

/// `PFN_WSK_SOCKET_CONNECT`: (Client, SocketType, Protocol, LocalAddress, RemoteAddress, Flags, SocketContext, Dispatch,
/// OwningProcess, OwningThread, SecurityDescriptor, Irp). The socket comes as `Irp->IoStatus.Information`.
pub type PFN_WSK_SOCKET_CONNECT = Option<
    unsafe extern "C" fn(
        *mut WSK_CLIENT,
        u16,
        u32,
        *mut SOCKADDR,
        *mut SOCKADDR,
        u32,
        *mut c_void,
        *const WSK_CLIENT_CONNECTION_DISPATCH,
        PEPROCESS,
        PETHREAD,
        PSECURITY_DESCRIPTOR,
        PIRP,
    ) -> NTSTATUS,
>;

/// `PFN_WSK_CONTROL_CLIENT`: (Client, ControlCode, InputSize, InputBuffer, OutputSize, OutputBuffer,
/// OutputSizeReturned, Irp).
pub type PFN_WSK_CONTROL_CLIENT = Option<
    unsafe extern "C" fn(
        *mut WSK_CLIENT,
        u32,
        usize,
        *mut c_void,
        usize,
        *mut c_void,
        *mut usize,
        PIRP,
    ) -> NTSTATUS,
>;

/// `PFN_WSK_GET_ADDRESS_INFO`: (Client, NodeName, ServiceName, NameSpace, Provider, Hints, Result, OwningProcess,
/// OwningThread, Irp). IRQL PASSIVE. The names and the hints must stay valid until the IRP completes.
pub type PFN_WSK_GET_ADDRESS_INFO = Option<
    unsafe extern "C" fn(
        *mut WSK_CLIENT,
        PUNICODE_STRING,
        PUNICODE_STRING,
        u32,
        PGUID,
        *mut ADDRINFOEXW,
        *mut *mut ADDRINFOEXW,
        PEPROCESS,
        PETHREAD,
        PIRP,
    ) -> NTSTATUS,
>;

/// `PFN_WSK_FREE_ADDRESS_INFO`: (Client, AddrInfo). IRQL PASSIVE.
pub type PFN_WSK_FREE_ADDRESS_INFO =
    Option<unsafe extern "C" fn(*mut WSK_CLIENT, *mut ADDRINFOEXW)>;

/// `PFN_WSK_GET_NAME_INFO`: (Client, SockAddr, SockAddrLength, NodeName, ServiceName, Flags, OwningProcess,
/// OwningThread, Irp). IRQL PASSIVE.
pub type PFN_WSK_GET_NAME_INFO = Option<
    unsafe extern "C" fn(
        *mut WSK_CLIENT,
        *mut SOCKADDR,
        u32,
        PUNICODE_STRING,
        PUNICODE_STRING,
        u32,
        PEPROCESS,
        PETHREAD,
        PIRP,
    ) -> NTSTATUS,
>;

/// `PFN_WSK_CONTROL_SOCKET`: (Socket, RequestType, ControlCode, Level, InputSize, InputBuffer, OutputSize,
/// OutputBuffer, OutputSizeReturned, Irp).
pub type PFN_WSK_CONTROL_SOCKET = Option<
    unsafe extern "C" fn(
        *mut WSK_SOCKET,
        WSK_CONTROL_SOCKET_TYPE,
        u32,
        u32,
        usize,
        *mut c_void,
        usize,
        *mut c_void,
        *mut usize,
        PIRP,
    ) -> NTSTATUS,
>;

/// `PFN_WSK_CLOSE_SOCKET`: (Socket, Irp). Everything else on the socket must have been issued before it; what is in
/// flight is aborted and completes first. IRQL PASSIVE.
pub type PFN_WSK_CLOSE_SOCKET = Option<unsafe extern "C" fn(*mut WSK_SOCKET, PIRP) -> NTSTATUS>;

/// `PFN_WSK_BIND`: (Socket, LocalAddress, Flags, Irp). The shape of [`PFN_WSK_CONNECT`] too.
pub type PFN_WSK_BIND =
    Option<unsafe extern "C" fn(*mut WSK_SOCKET, *mut SOCKADDR, u32, PIRP) -> NTSTATUS>;

/// `PFN_WSK_CONNECT`: (Socket, RemoteAddress, Flags, Irp).
pub type PFN_WSK_CONNECT = PFN_WSK_BIND;

/// `PFN_WSK_GET_LOCAL_ADDRESS`: (Socket, Address, Irp).
pub type PFN_WSK_GET_LOCAL_ADDRESS =
    Option<unsafe extern "C" fn(*mut WSK_SOCKET, *mut SOCKADDR, PIRP) -> NTSTATUS>;

/// `PFN_WSK_GET_REMOTE_ADDRESS`: (Socket, Address, Irp).
pub type PFN_WSK_GET_REMOTE_ADDRESS = PFN_WSK_GET_LOCAL_ADDRESS;

/// `PFN_WSK_SEND`: (Socket, Buffer, Flags, Irp). The bytes sent come as `Irp->IoStatus.Information`.
pub type PFN_WSK_SEND =
    Option<unsafe extern "C" fn(*mut WSK_SOCKET, *mut WSK_BUF, u32, PIRP) -> NTSTATUS>;

/// `PFN_WSK_RECEIVE`: (Socket, Buffer, Flags, Irp). The bytes received come as `Irp->IoStatus.Information`; success with
/// none says that the peer has closed its side.
pub type PFN_WSK_RECEIVE = PFN_WSK_SEND;

/// `PFN_WSK_DISCONNECT`: (Socket, Buffer or NULL, Flags, Irp).
pub type PFN_WSK_DISCONNECT = PFN_WSK_SEND;

/// `PFN_WSK_RELEASE_DATA_INDICATION_LIST`: (Socket, DataIndication).
pub type PFN_WSK_RELEASE_DATA_INDICATION_LIST =
    Option<unsafe extern "C" fn(*mut WSK_SOCKET, *mut WSK_DATA_INDICATION) -> NTSTATUS>;

/// `PFN_WSK_CONNECT_EX`: (Socket, RemoteAddress, Buffer, Flags, Irp).
pub type PFN_WSK_CONNECT_EX = Option<
    unsafe extern "C" fn(*mut WSK_SOCKET, *mut SOCKADDR, *mut WSK_BUF, u32, PIRP) -> NTSTATUS,
>;

/// `WSK_PROVIDER_DISPATCH`: functions that belong to no socket.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct WSK_PROVIDER_DISPATCH {
    /// Version that the provider uses.
    pub Version: u16,
    /// Reserved.
    pub Reserved: u16,
    /// Make a socket.
    pub WskSocket: PFN_WSK_SOCKET,
    /// Make, bind and connect a socket.
    pub WskSocketConnect: PFN_WSK_SOCKET_CONNECT,
    /// Control the client's use of WSK.
    pub WskControlClient: PFN_WSK_CONTROL_CLIENT,
    /// Look a name up.
    pub WskGetAddressInfo: PFN_WSK_GET_ADDRESS_INFO,
    /// Free a look-up's result.
    pub WskFreeAddressInfo: PFN_WSK_FREE_ADDRESS_INFO,
    /// Look an address up.
    pub WskGetNameInfo: PFN_WSK_GET_NAME_INFO,
}

/// `WSK_PROVIDER_BASIC_DISPATCH`: functions that all kinds of sockets have.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct WSK_PROVIDER_BASIC_DISPATCH {
    /// Options and I/O controls.
    pub WskControlSocket: PFN_WSK_CONTROL_SOCKET,
    /// Close the socket.
    pub WskCloseSocket: PFN_WSK_CLOSE_SOCKET,
}

/// `WSK_PROVIDER_CONNECTION_DISPATCH`: functions of a connection-oriented socket.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct WSK_PROVIDER_CONNECTION_DISPATCH {
    /// What all sockets have.
    pub Basic: WSK_PROVIDER_BASIC_DISPATCH,
    /// Bind to a local address; needed before connecting.
    pub WskBind: PFN_WSK_BIND,
    /// Connect to a remote address.
    pub WskConnect: PFN_WSK_CONNECT,
    /// The local address.
    pub WskGetLocalAddress: PFN_WSK_GET_LOCAL_ADDRESS,
    /// The peer's address.
    pub WskGetRemoteAddress: PFN_WSK_GET_REMOTE_ADDRESS,
    /// Send bytes.
    pub WskSend: PFN_WSK_SEND,
    /// Receive bytes.
    pub WskReceive: PFN_WSK_RECEIVE,
    /// End the connection.
    pub WskDisconnect: PFN_WSK_DISCONNECT,
    /// Give indicated bytes back.
    pub WskRelease: PFN_WSK_RELEASE_DATA_INDICATION_LIST,
    /// Connect and send the first bytes at once. Only there since Windows 8.1, as all that follow.
    pub WskConnectEx: PFN_WSK_CONNECT_EX,
    /// Reserved for the system.
    pub WskSendEx: *mut c_void,
    /// Reserved for the system.
    pub WskReceiveEx: *mut c_void,
}

// SAFETY: the two reserved pointers are never followed; the rest are functions.
unsafe impl Sync for WSK_PROVIDER_CONNECTION_DISPATCH {}

const _: () = {
    assert!(size_of::<WSK_SOCKET>() == 8);
    assert!(size_of::<WSK_PROVIDER_DISPATCH>() == 56);
    assert!(offset_of!(WSK_PROVIDER_DISPATCH, WskSocket) == 8);
    assert!(offset_of!(WSK_PROVIDER_DISPATCH, WskControlClient) == 24);
    assert!(offset_of!(WSK_PROVIDER_DISPATCH, WskGetAddressInfo) == 32);
    assert!(offset_of!(WSK_PROVIDER_DISPATCH, WskGetNameInfo) == 48);
    assert!(size_of::<WSK_PROVIDER_BASIC_DISPATCH>() == 16);
    assert!(size_of::<WSK_PROVIDER_CONNECTION_DISPATCH>() == 104);
    assert!(offset_of!(WSK_PROVIDER_CONNECTION_DISPATCH, WskBind) == 16);
    assert!(offset_of!(WSK_PROVIDER_CONNECTION_DISPATCH, WskConnect) == 24);
    assert!(offset_of!(WSK_PROVIDER_CONNECTION_DISPATCH, WskSend) == 48);
    assert!(offset_of!(WSK_PROVIDER_CONNECTION_DISPATCH, WskReceive) == 56);
    assert!(offset_of!(WSK_PROVIDER_CONNECTION_DISPATCH, WskDisconnect) == 64);
    assert!(offset_of!(WSK_PROVIDER_CONNECTION_DISPATCH, WskConnectEx) == 80);
};
