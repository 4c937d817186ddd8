//! The ends of Windows' logon sessions: what a user connected to must not outlive the user.

use core::ptr::NonNull;

use nt::Result;
use nt::sync::SpinLock;
use nt::sys::{self, NTSTATUS, PLUID};

use crate::objects::LogonId;
use crate::raw::RDBSS_DEVICE_OBJECT;
use crate::{Device, MiniRedirector};

/// The device whose mini-redirector is told, while that is started. The system's callback has no context of its own, and a driver
/// image has one device.
static LISTENER: SpinLock<Option<Listener>> = SpinLock::new(None);

#[derive(Clone, Copy)]
struct Listener {
    device: NonNull<RDBSS_DEVICE_OBJECT>,
    /// As it was registered: a generic function may have several addresses.
    routine: sys::PSE_LOGON_SESSION_TERMINATED_ROUTINE,
}

// SAFETY: what is done with the device may be done by any thread.
unsafe impl Send for Listener {}

/// Begins to tell the mini-redirector of the ends of marked logons. IRQL: PASSIVE.
pub(crate) fn listen<M: MiniRedirector>(device: Device<'_, M>) -> Result<()> {
    let routine: sys::PSE_LOGON_SESSION_TERMINATED_ROUTINE = Some(ended::<M>);
    *LISTENER.lock() = NonNull::new(device.as_raw()).map(|device| Listener { device, routine });
    // SAFETY: a routine of this driver, which is withdrawn before the driver goes.
    let registered = unsafe { sys::SeRegisterLogonSessionTerminatedRoutine(routine) };
    nt::check(registered).inspect_err(|_| *LISTENER.lock() = None)
}

/// The opposite; the mini-redirector is told of none any more. IRQL: PASSIVE.
pub(crate) fn stop_listening() {
    let listener = LISTENER.lock().take();
    if let Some(Listener { routine, .. }) = listener {
        // SAFETY: registered by `listen`. A failure has no remedy.
        let _ = unsafe { sys::SeUnregisterLogonSessionTerminatedRoutine(routine) };
    }
}

/// The system's callback, at PASSIVE_LEVEL in a thread of the system.
unsafe extern "C" fn ended<M: MiniRedirector>(logon: PLUID) -> NTSTATUS {
    // SAFETY: the system passes the LUID of the session.
    let Some(luid) = (unsafe { logon.as_ref() }) else {
        return nt::Status::INVALID_PARAMETER.0;
    };
    let logon = LogonId {
        low: luid.LowPart,
        high: luid.HighPart,
    };
    // The lock keeps `stop_listening`, and so the end of the device, away.
    let listener = LISTENER.lock();
    if let Some(Listener { device, .. }) = &*listener {
        // SAFETY: the device of `M` that listens, alive until it stops listening.
        let device = unsafe { Device::<M>::from_raw(*device) };
        device.mini().logon_ended(device, logon);
    }
    nt::Status::SUCCESS.0
}
