//! Cancelling IRPs.

use super::irp;
use crate::irql;
use crate::ke;
use crate::mode;
use crate::sys::*;
use crate::verifier::{self, Place, broken};
use core::panic::Location;
use core::sync::atomic::{AtomicU64, Ordering};

/// The system's one cancel spin lock: the id of its holder.
static CANCEL_LOCK: AtomicU64 = AtomicU64::new(0);

fn lock_address() -> PKSPIN_LOCK {
    CANCEL_LOCK.as_ptr()
}

/// Takes the cancel spin lock.
#[track_caller]
pub unsafe fn IoAcquireCancelSpinLock(Irql: PKIRQL) {
    // SAFETY: a spin lock that is always there.
    let former = unsafe { ke::KeAcquireSpinLockRaiseToDpc(lock_address()) };
    // SAFETY: the caller gives room for the IRQL.
    unsafe { Irql.write(former) };
}

/// Lets go of the cancel spin lock.
#[track_caller]
pub unsafe fn IoReleaseCancelSpinLock(Irql: KIRQL) {
    // SAFETY: a spin lock that is always there.
    unsafe { ke::KeReleaseSpinLock(lock_address(), Irql) };
}

/// Cancels an IRP. TRUE if it had a cancel routine, which was called.
#[track_caller]
pub unsafe fn IoCancelIrp(Irp: PIRP) -> BOOLEAN {
    let place = Location::caller();
    irql::at_most(irql::DISPATCH, "IoCancelIrp", place);
    let Some(packet) = irp::check(Irp, "IoCancelIrp", place) else {
        return 0;
    };
    BOOLEAN::from(cancel(packet, place))
}

/// Cancels an IRP that stays valid meanwhile.
pub(super) fn cancel(packet: super::Packet, place: Place) -> bool {
    let former = irql::current();
    // SAFETY: a spin lock that is always there.
    unsafe { ke::KeAcquireSpinLockRaiseToDpc(lock_address()) };
    packet.set_cancelled();
    let Some(routine) = packet.exchange_cancel(None) else {
        // SAFETY: taken above.
        unsafe { ke::KeReleaseSpinLock(lock_address(), former) };
        return false;
    };
    packet.set_cancel_irql(former);
    let device = packet.here().DeviceObject;
    {
        let _kernel = mode::kernel();
        // SAFETY: the routine that the IRP's owner set, with the cancel spin lock held as it expects.
        unsafe { routine(device, packet.raw()) };
    }
    // The IRP may be gone from here on.
    if CANCEL_LOCK.load(Ordering::Relaxed) == crate::ps::current_id() || irql::current() != former {
        broken!(
            CancelLock,
            place,
            verifier::holds(lock_address() as usize),
            "the cancel routine left the cancel spin lock held, or IRQL {} instead of {former}",
            irql::current()
        );
        irql::set(former);
    }
    true
}
