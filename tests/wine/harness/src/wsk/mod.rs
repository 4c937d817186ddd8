//! Winsock Kernel over ws2_32. Wine's own lacks half of it, completes the other half under its locks, and has room for
//! ten operations a socket.
//!
//! * [`provider`]: the functions that a client is given;
//! * [`socket`]: a socket with its two queues of operations;
//! * [`operation`]: one operation with its IRP, from queue to completion;
//! * [`port`]: the threads that make all calls into ws2_32 that wait, and complete all IRPs.

mod address;
mod control;
mod operation;
mod port;
mod provider;
mod range;
mod resolve;
mod socket;
mod status;

use crate::irql;
use crate::ledger::{HELD, violation};
use crate::winsock::{StartupData, WINSOCK_2_2, WSACleanup, WSAStartup};
use alloc::boxed::Box;
use core::ptr::{NonNull, null_mut};
use core::sync::atomic::{AtomicU64, Ordering};
use wdk_sys::{
    NTSTATUS, STATUS_INVALID_PARAMETER, STATUS_NOT_SUPPORTED, STATUS_SUCCESS, STATUS_UNSUCCESSFUL,
};
use wsk_sys::{
    WSK_CLIENT, WSK_CLIENT_NPI, WSK_NO_WAIT, WSK_PROVIDER_NPI, WSK_REGISTRATION, WSK_VERSION_1_0,
    WskCaptureProviderNPIFn, WskDeregisterFn, WskRegisterFn, WskReleaseProviderNPIFn,
};

/// `WskRegister`.
pub const REGISTER: WskRegisterFn = register;
/// `WskDeregister`.
pub const DEREGISTER: WskDeregisterFn = deregister;
/// `WskCaptureProviderNPI`.
pub const CAPTURE: WskCaptureProviderNPIFn = capture;
/// `WskReleaseProviderNPI`.
pub const RELEASE: WskReleaseProviderNPIFn = release;

/// Makes Winsock ready and starts the threads.
pub fn start() -> Result<(), NTSTATUS> {
    let mut data = StartupData([0; 408]);
    // SAFETY: the answer goes to a local.
    if unsafe { WSAStartup(WINSOCK_2_2, &mut data) } != 0 {
        return Err(STATUS_UNSUCCESSFUL);
    }
    port::start()
}

/// Ends the threads. No client is registered any more.
pub fn stop() {
    resolve::wait_for_all();
    port::stop();
    // SAFETY: undoes `start`.
    unsafe { WSACleanup() };
}

/// A registered client.
#[derive(Default)]
struct Client {
    captures: AtomicU64,
    sockets: AtomicU64,
}

impl Client {
    /// The client behind the first argument of the provider's functions.
    fn of<'a>(client: *mut WSK_CLIENT) -> &'a Self {
        // SAFETY: `capture` gave it out, and it stays while it is captured.
        unsafe { &*client.cast::<Self>() }
    }
}

/// The place in a registration that points to our client.
fn client_of<'a>(registration: *mut WSK_REGISTRATION, routine: &str) -> Option<&'a Client> {
    // SAFETY: the driver names its registration.
    let client = unsafe { (*registration).ReservedRegistrationContext };
    if client.is_null() {
        violation!("{routine} of what is not registered");
    }
    // SAFETY: NULL, or made by `register` and there until `deregister`.
    unsafe { client.cast::<Client>().as_ref() }
}

unsafe extern "C" fn register(
    client: *mut WSK_CLIENT_NPI,
    registration: *mut WSK_REGISTRATION,
) -> NTSTATUS {
    irql::at_most(irql::PASSIVE, "WskRegister");
    // SAFETY: the driver gives its interface.
    let dispatch = unsafe { (*client).Dispatch };
    // SAFETY: which is there while it is registered.
    if unsafe { (*dispatch).Version } != WSK_VERSION_1_0 {
        return STATUS_NOT_SUPPORTED;
    }
    let state = WSK_REGISTRATION {
        ReservedRegistrationState: 0,
        ReservedRegistrationContext: Box::into_raw(Box::<Client>::default()).cast(),
        ReservedRegistrationLock: 0,
    };
    // SAFETY: the driver gives room for the registration.
    unsafe { registration.write(state) };
    HELD.socket_clients.add();
    STATUS_SUCCESS
}

unsafe extern "C" fn deregister(registration: *mut WSK_REGISTRATION) {
    irql::at_most(irql::PASSIVE, "WskDeregister");
    let Some(client) = client_of(registration, "WskDeregister") else {
        return;
    };
    let captures = client.captures.load(Ordering::SeqCst);
    let sockets = client.sockets.load(Ordering::SeqCst);
    if captures != 0 || sockets != 0 {
        violation!(
            "WskDeregister with {captures} captures and {sockets} sockets would wait for ever"
        );
        return;
    }
    // SAFETY: the driver's registration.
    let client = unsafe { &mut (*registration).ReservedRegistrationContext };
    if let Some(client) = NonNull::new(core::mem::replace(client, null_mut())) {
        // SAFETY: `register` made the box, and nobody finds it any more.
        drop(unsafe { Box::from_raw(client.cast::<Client>().as_ptr()) });
        HELD.socket_clients.remove();
    }
}

unsafe extern "C" fn capture(
    registration: *mut WSK_REGISTRATION,
    wait_milliseconds: u32,
    provider: *mut WSK_PROVIDER_NPI,
) -> NTSTATUS {
    let waits = wait_milliseconds != WSK_NO_WAIT;
    let limit = if waits { irql::PASSIVE } else { irql::DISPATCH };
    irql::at_most(limit, "WskCaptureProviderNPI");
    let Some(client) = client_of(registration, "WskCaptureProviderNPI") else {
        return STATUS_INVALID_PARAMETER;
    };
    client.captures.fetch_add(1, Ordering::SeqCst);
    let npi = WSK_PROVIDER_NPI {
        Client: core::ptr::from_ref(client).cast_mut().cast(),
        Dispatch: &provider::PROVIDER,
    };
    // SAFETY: the driver gives room for the interface.
    unsafe { provider.write(npi) };
    STATUS_SUCCESS
}

unsafe extern "C" fn release(registration: *mut WSK_REGISTRATION) {
    irql::at_most(irql::DISPATCH, "WskReleaseProviderNPI");
    let Some(client) = client_of(registration, "WskReleaseProviderNPI") else {
        return;
    };
    if client.captures.fetch_sub(1, Ordering::SeqCst) == 0 {
        client.captures.store(0, Ordering::SeqCst);
        violation!("the WSK provider was released more often than captured");
    }
}
