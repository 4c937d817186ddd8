//! Clients: those who register with the provider and capture it.

use super::dispatch::PROVIDER;
use super::presence::wait_for_provider;
use crate::irql;
use crate::mode;
use crate::sys::{
    NTSTATUS, STATUS_DEVICE_NOT_READY, STATUS_INVALID_PARAMETER, STATUS_NOT_SUPPORTED,
    STATUS_SUCCESS,
};
use crate::tcp::Owner;
use crate::verifier::{Place, broken};
use core::panic::Location;
use core::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wsk_sys::*;

/// In `ReservedRegistrationState` of a registration that stands.
const REGISTERED: u64 = 0x5753_4b52_4547_4953;

static REGISTRATIONS: AtomicUsize = AtomicUsize::new(0);

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

impl Client {
    /// The client that makes a socket now: one more to be closed.
    pub(super) fn with_new_socket(client: *mut WSK_CLIENT) -> Arc<Self> {
        let client: *const Client = client.cast_const().cast();
        // SAFETY: what WskCaptureProviderNPI gave, which stays while it is captured.
        unsafe { Arc::increment_strong_count(client) };
        // SAFETY: the count was just raised.
        let client = unsafe { Arc::from_raw(client) };
        client.sockets.fetch_add(1, Ordering::SeqCst);
        client
    }
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
