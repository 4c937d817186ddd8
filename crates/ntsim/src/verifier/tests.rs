//! Rules that belong to no single service.

use super::*;
use crate::irql;
use crate::ps;
use crate::sys::*;
use crate::user::Process;
use crate::{Config, Kernel};
use core::ptr;

fn boot() -> Kernel {
    Kernel::boot(Config::default())
}

#[test]
fn a_callback_must_not_leave_a_lock_held() {
    let _kernel = boot();
    let mut lock: KSPIN_LOCK = 0;
    let raw = &raw mut lock;
    let violation = catch(|| {
        irql::run_at(irql::DISPATCH, "a callback", Location::caller(), || {
            // SAFETY: breaks the rule on purpose.
            unsafe { KeAcquireSpinLockAtDpcLevel(raw) };
        });
        irql::set(irql::DISPATCH);
        // SAFETY: taken above.
        unsafe { KeReleaseSpinLock(raw, 0) };
    });
    assert_eq!(violation.unwrap().rule, Rule::LockLeftHeld);
}

#[test]
fn a_driver_must_not_open_handles_in_a_users_process() {
    let _kernel = boot();
    let token = ps::Token {
        logon: Process::new().logon(),
        session: 1,
        restricted: false,
    };
    let process = ps::new_process(token, Location::caller());
    let mut handle: HANDLE = ptr::null_mut();
    let violation = catch(|| {
        let _attached = ps::attach(process);
        // SAFETY: breaks the rule on purpose.
        let status =
            unsafe { ZwCreateEvent(&raw mut handle, EVENT_ALL_ACCESS, ptr::null_mut(), 0, 0) };
        assert_eq!(status, STATUS_SUCCESS);
    });
    assert_eq!(violation.unwrap().rule, Rule::UserHandle);
    crate::ob::close_all_of(process, Location::caller());
    crate::ob::dereference(process.cast(), Location::caller());
}

#[test]
fn a_bug_check_is_reported_and_does_not_return() {
    let _kernel = boot();
    let violation = catch(|| {
        // SAFETY: stops the system on purpose.
        let stopped = std::panic::catch_unwind(|| unsafe { KeBugCheckEx(0x27, 1, 2, 3, 4) });
        assert!(stopped.is_err());
    });
    assert_eq!(violation.unwrap().rule, Rule::BugCheck);
}

unsafe extern "C" fn keep_cancel_lock(_device: PDEVICE_OBJECT, _irp: PIRP) {}

#[test]
fn a_cancel_routine_must_release_the_cancel_spin_lock() {
    let _kernel = boot();
    // SAFETY: at PASSIVE_LEVEL.
    let irp = unsafe { IoAllocateIrp(1, 0) };
    // SAFETY: just made.
    let packet = unsafe { crate::io::Packet::new(irp) };
    packet.set_current(packet.current().wrapping_sub(1));
    packet.exchange_cancel(Some(keep_cancel_lock));
    let violation = catch(|| {
        // SAFETY: breaks the rule on purpose.
        assert_eq!(unsafe { IoCancelIrp(irp) }, 1);
        irql::set(irql::DISPATCH);
        // SAFETY: the cancel routine left it held.
        unsafe { IoReleaseCancelSpinLock(0) };
    });
    assert_eq!(violation.unwrap().rule, Rule::CancelLock);
    // SAFETY: made above.
    unsafe { IoFreeIrp(irp) };
}
