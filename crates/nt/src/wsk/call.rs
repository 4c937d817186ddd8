//! WSK calls that are waited for.

use crate::irp::{OwnedIrp, outcome};
use crate::sync::{Event, EventKind, EventRef};
use crate::{Result, Status, sys};
use core::time::Duration;

/// What a call needs: a packet, and an event that its completion sets.
pub(super) struct Call {
    irp: OwnedIrp,
    done: Event,
}

impl Call {
    #[track_caller]
    pub(super) fn new() -> Result<Self> {
        Ok(Self {
            irp: OwnedIrp::new(1)?,
            done: Event::new(EventKind::Notification)?,
        })
    }

    /// Makes a WSK call and waits for its IRP; returns `IoStatus.Information`. After the time-out (None: never) the call
    /// is cancelled, and when it ends with an error then the result is [`Status::IO_TIMEOUT`]. IRQL: PASSIVE.
    ///
    /// # Safety
    ///
    /// The closure hands the IRP to one WSK function and returns its result, or an error without having done so; and
    /// everything it points that function to outlives this call.
    #[track_caller]
    pub(super) unsafe fn run(
        self,
        timeout: Option<Duration>,
        start: impl FnOnce(wsk_sys::PIRP) -> Result<i32>,
    ) -> Result<usize> {
        let irp = self.irp.as_ptr();
        let context = self.done.by_ref().as_ptr().cast();
        // SAFETY: the packet is not in flight, and the event outlives its flight: we wait below.
        unsafe { self.irp.prepare(Some(signal), context) };
        if timeout.is_some() {
            // Only what waits for the peer has a time-out.
            sys::network_wait();
        }
        let started = Status(start(irp.cast())?);
        if started == Status::NOT_IMPLEMENTED && !self.done.is_set() {
            // Wine's WSK answers so for what it lacks, and never completes the IRP: waiting would be for ever.
            return Err(started);
        }
        let timed_out = timeout.is_some_and(|timeout| self.done.wait_for(timeout).is_err());
        if timed_out {
            // SAFETY: the packet is ours until the end of this function, even if it completes at this moment.
            unsafe { sys::IoCancelIrp(irp) };
        }
        self.done.wait();
        // SAFETY: the packet has completed and is ours again.
        let (status, information) = unsafe { outcome(irp) };
        match status.ok() {
            Ok(()) => Ok(information),
            Err(_) if timed_out => Err(Status::IO_TIMEOUT),
            Err(status) => Err(status),
        }
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
