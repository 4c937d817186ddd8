//! Attaching to WSK.

use crate::pool::{KernelObject, PoolArc, Tag};
use crate::{Result, Status, check, sys};
use core::ptr::{NonNull, null_mut};
use core::time::Duration;
use wsk_sys::{
    WSK_CLIENT, WSK_CLIENT_DISPATCH, WSK_CLIENT_NPI, WSK_PROVIDER_DISPATCH, WSK_PROVIDER_NPI,
    WSK_REGISTRATION, WSK_VERSION_1_0,
};

const TAG: Tag = Tag::new(b"NtWs");

/// We want no events of WSK's own.
static CLIENT: WSK_CLIENT_DISPATCH = WSK_CLIENT_DISPATCH {
    Version: WSK_VERSION_1_0,
    Reserved: 0,
    WskClientEvent: None,
};

/// An attachment to WSK, shared by clones and sockets; the last one to be dropped detaches. IRQL of dropping: PASSIVE.
#[derive(Clone)]
pub struct Provider(PoolArc<Captured>);

impl Provider {
    /// Registers with WSK and waits, no longer than the time-out, until it is there. IRQL: PASSIVE.
    #[track_caller]
    pub fn register(timeout: Duration) -> Result<Self> {
        let registered = Registered::new()?;
        let mut npi = WSK_PROVIDER_NPI {
            Client: null_mut(),
            Dispatch: null_mut(),
        };
        let milliseconds = u32::try_from(timeout.as_millis())
            .unwrap_or(u32::MAX)
            // The greatest value means for ever.
            .min(wsk_sys::WSK_INFINITE_WAIT - 1);
        let state = registered.state.as_ptr();
        // SAFETY: the registration is valid, and the answer goes to a local.
        check(unsafe { sys::WskCaptureProviderNPI(state, milliseconds, &mut npi) })?;
        let captured = Captured { npi, registered };
        Ok(Self(PoolArc::new(TAG, captured)?))
    }

    /// The client, as the first argument of the provider's functions.
    pub(super) fn client(&self) -> *mut WSK_CLIENT {
        self.0.npi.Client
    }

    /// The provider's functions that belong to no socket.
    pub(super) fn dispatch(&self) -> Result<&WSK_PROVIDER_DISPATCH> {
        let dispatch = NonNull::new(self.0.npi.Dispatch.cast_mut());
        // SAFETY: the table stays until the provider is released, which this borrow prevents.
        dispatch
            .map(|dispatch| unsafe { dispatch.as_ref() })
            .ok_or(Status::DEVICE_NOT_READY)
    }
}

/// A registration, captured or not; dropping ends it.
struct Registered {
    state: KernelObject<WSK_REGISTRATION>,
    /// WSK may look at it for as long as the registration lasts.
    _client: KernelObject<WSK_CLIENT_NPI>,
}

impl Registered {
    #[track_caller]
    fn new() -> Result<Self> {
        let state = KernelObject::<WSK_REGISTRATION>::zeroed(TAG)?;
        let client = KernelObject::<WSK_CLIENT_NPI>::zeroed(TAG)?;
        let npi = WSK_CLIENT_NPI {
            ClientContext: null_mut(),
            Dispatch: &CLIENT,
        };
        // SAFETY: the object is room for this structure.
        unsafe { client.as_ptr().write(npi) };
        // SAFETY: both stay where they are for as long as the registration lasts.
        check(unsafe { sys::WskRegister(client.as_ptr(), state.as_ptr()) })?;
        Ok(Self {
            state,
            _client: client,
        })
    }
}

impl Drop for Registered {
    #[track_caller]
    fn drop(&mut self) {
        // SAFETY: the registration is valid; sockets and captures, which hold it, are gone.
        unsafe { sys::WskDeregister(self.state.as_ptr()) };
    }
}

/// A captured provider; dropping releases it, and then the registration goes.
struct Captured {
    npi: WSK_PROVIDER_NPI,
    registered: Registered,
}

// SAFETY: the provider may be used from any thread.
unsafe impl Send for Captured {}
// SAFETY: as above.
unsafe impl Sync for Captured {}

impl Drop for Captured {
    #[track_caller]
    fn drop(&mut self) {
        // SAFETY: captured once, released once; sockets hold the provider, so none is left.
        unsafe { sys::WskReleaseProviderNPI(self.registered.state.as_ptr()) };
    }
}
