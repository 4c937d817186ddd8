//! Calls into a transport that are waited for.

use crate::irp::{OwnedIrp, outcome};
use crate::sync::{Event, EventKind, EventRef};
use crate::{Result, Status, sys};
use core::time::Duration;

/// What a call needs: a packet, and an event that its completion sets.
pub(crate) struct Call {
    irp: OwnedIrp,
    done: Event,
}

impl Call {
    /// A call of a transport whose packets need that many stack locations. IRQL: any.
    #[track_caller]
    pub(crate) fn new(stack_size: i8) -> Result<Self> {
        Ok(Self {
            irp: OwnedIrp::new(stack_size)?,
            done: Event::new(EventKind::Notification)?,
        })
    }

    /// Makes a call and waits for its IRP; returns its status and `IoStatus.Information`. After the time-out (None: never)
    /// the call is cancelled, and when it ends with an error then the result is [`Status::IO_TIMEOUT`]. IRQL: PASSIVE.
    ///
    /// # Safety
    ///
    /// The closure hands the IRP to one function or driver and returns its result, or an error without having done so; and
    /// everything it points to outlives this call.
    #[track_caller]
    pub(crate) unsafe fn run(
        self,
        timeout: Option<Duration>,
        start: impl FnOnce(*mut sys::IRP) -> Result<i32>,
    ) -> Result<(Status, usize)> {
        let irp = self.irp.as_ptr();
        let context = self.done.by_ref().as_ptr().cast();
        // SAFETY: the packet is not in flight, and the event outlives its flight: we wait below.
        unsafe { self.irp.prepare(Some(signal), context) };
        if timeout.is_some() {
            // Only what waits for the peer has a time-out.
            sys::network_wait();
        }
        // Whatever the call returns, the outcome comes by the IRP.
        start(irp)?;
        let timed_out = timeout.is_some_and(|timeout| self.done.wait_for(timeout).is_err());
        if timed_out {
            // SAFETY: the packet is ours until the end of this function, even if it completes at this moment.
            unsafe { sys::IoCancelIrp(irp) };
        }
        self.done.wait();
        // SAFETY: the packet has completed and is ours again.
        let (status, information) = unsafe { outcome(irp) };
        if timed_out && status.is_error() {
            return Err(Status::IO_TIMEOUT);
        }
        Ok((status, information))
    }

    /// [`Self::run`], where an error status is an error like any other.
    ///
    /// # Safety
    ///
    /// As for [`Self::run`].
    #[track_caller]
    pub(crate) unsafe fn run_ok(
        self,
        timeout: Option<Duration>,
        start: impl FnOnce(*mut sys::IRP) -> Result<i32>,
    ) -> Result<usize> {
        // SAFETY: the caller vouches.
        let (status, information) = unsafe { self.run(timeout, start) }?;
        status.ok().map(|()| information)
    }
}

/// Completion routine: wakes the waiter, who owns the packet.
unsafe extern "C" fn signal(
    _device: sys::PDEVICE_OBJECT,
    _irp: sys::PIRP,
    context: sys::PVOID,
) -> sys::NTSTATUS {
    // SAFETY: `run` gave its event, and keeps it until it is set.
    let event = unsafe { EventRef::from_raw(context.cast()) };
    event.set();
    Status::MORE_PROCESSING_REQUIRED.0
}
