//! The client's side: registration with `netio.sys`, and the callbacks that a client may offer.

use crate::{NTSTATUS, WSK_DATA_INDICATION, WSK_PROVIDER_DISPATCH};
use core::ffi::c_void;
use core::mem::{offset_of, size_of};

/// `MAKE_WSK_VERSION(1, 0)`: the only version of the interface that there is.
pub const WSK_VERSION_1_0: u16 = 0x0100;
/// `WskCaptureProviderNPI` time-out: answer at once.
pub const WSK_NO_WAIT: u32 = 0;
/// `WskCaptureProviderNPI` time-out: wait until the provider is there.
pub const WSK_INFINITE_WAIT: u32 = 0xffff_ffff;

/// `WSK_CLIENT`: the provider's view of a client. Opaque; only ever behind a pointer.
#[repr(C)]
#[derive(Debug)]
pub struct WSK_CLIENT {
    opaque: [u8; 0],
}

/// `PFN_WSK_CLIENT_EVENT`: (ClientContext, EventType, Information, InformationLength).
pub type PFN_WSK_CLIENT_EVENT =
    Option<unsafe extern "C" fn(*mut c_void, u32, *mut c_void, usize) -> NTSTATUS>;

/// `PFN_WSK_RECEIVE_EVENT`: (SocketContext, Flags, DataIndication, BytesIndicated, BytesAccepted).
pub type PFN_WSK_RECEIVE_EVENT = Option<
    unsafe extern "C" fn(*mut c_void, u32, *mut WSK_DATA_INDICATION, usize, *mut usize) -> NTSTATUS,
>;

/// `PFN_WSK_DISCONNECT_EVENT`: (SocketContext, Flags).
pub type PFN_WSK_DISCONNECT_EVENT = Option<unsafe extern "C" fn(*mut c_void, u32) -> NTSTATUS>;

/// `PFN_WSK_SEND_BACKLOG_EVENT`: (SocketContext, IdealBacklogSize).
pub type PFN_WSK_SEND_BACKLOG_EVENT = Option<unsafe extern "C" fn(*mut c_void, usize) -> NTSTATUS>;

/// `WSK_CLIENT_DISPATCH`: callbacks that belong to no socket.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct WSK_CLIENT_DISPATCH {
    /// [`WSK_VERSION_1_0`].
    pub Version: u16,
    /// Zero.
    pub Reserved: u16,
    /// May be None.
    pub WskClientEvent: PFN_WSK_CLIENT_EVENT,
}

/// `WSK_CLIENT_NPI`: what a client registers.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct WSK_CLIENT_NPI {
    /// Handed to the client's callbacks.
    pub ClientContext: *mut c_void,
    /// Must stay valid until the registration is undone.
    pub Dispatch: *const WSK_CLIENT_DISPATCH,
}

/// `WSK_REGISTRATION`: the provider's state of a registration. It must not move while registered.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct WSK_REGISTRATION {
    /// Reserved.
    pub ReservedRegistrationState: u64,
    /// Reserved.
    pub ReservedRegistrationContext: *mut c_void,
    /// Reserved (`KSPIN_LOCK`).
    pub ReservedRegistrationLock: usize,
}

/// `WSK_PROVIDER_NPI`: what a client captures.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct WSK_PROVIDER_NPI {
    /// First argument of the functions in `Dispatch`.
    pub Client: *mut WSK_CLIENT,
    /// Functions that belong to no socket.
    pub Dispatch: *const WSK_PROVIDER_DISPATCH,
}

/// `WSK_CLIENT_CONNECTION_DISPATCH`: callbacks of a connection-oriented socket.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct WSK_CLIENT_CONNECTION_DISPATCH {
    /// Bytes have come.
    pub WskReceiveEvent: PFN_WSK_RECEIVE_EVENT,
    /// The peer has closed or reset the connection.
    pub WskDisconnectEvent: PFN_WSK_DISCONNECT_EVENT,
    /// The best amount of bytes to have in flight has changed.
    pub WskSendBacklogEvent: PFN_WSK_SEND_BACKLOG_EVENT,
}

/// `WskRegister`: begin a registration. IRQL PASSIVE.
pub type WskRegisterFn =
    unsafe extern "C" fn(*mut WSK_CLIENT_NPI, *mut WSK_REGISTRATION) -> NTSTATUS;
/// `WskCaptureProviderNPI`: wait up to that many milliseconds for the provider and take hold of it.
pub type WskCaptureProviderNPIFn =
    unsafe extern "C" fn(*mut WSK_REGISTRATION, u32, *mut WSK_PROVIDER_NPI) -> NTSTATUS;
/// `WskReleaseProviderNPI`: let go of the provider, once per capture.
pub type WskReleaseProviderNPIFn = unsafe extern "C" fn(*mut WSK_REGISTRATION);
/// `WskDeregister`: end a registration; waits until every capture is released and every socket closed.
pub type WskDeregisterFn = unsafe extern "C" fn(*mut WSK_REGISTRATION);

const _: () = {
    assert!(size_of::<WSK_CLIENT_DISPATCH>() == 16);
    assert!(offset_of!(WSK_CLIENT_DISPATCH, WskClientEvent) == 8);
    assert!(size_of::<WSK_CLIENT_NPI>() == 16);
    assert!(size_of::<WSK_REGISTRATION>() == 24);
    assert!(offset_of!(WSK_REGISTRATION, ReservedRegistrationLock) == 16);
    assert!(size_of::<WSK_PROVIDER_NPI>() == 16);
    assert!(size_of::<WSK_CLIENT_CONNECTION_DISPATCH>() == 24);
};
