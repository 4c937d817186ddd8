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

/// Set in the process that a violation is to end.
const CHILD: &str = "NTSIM_TEST_CHILD";

/// Runs the test `name` of this module in a process of its own; its stderr.
fn stderr_of_child(name: &str) -> String {
    // Nothing says "--nocapture": the harness keeps what is printed, and loses it in the abort.
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("verifier::tests::{name}")])
        .env(CHILD, "1")
        .output()
        .unwrap();
    assert!(!child.status.success());
    String::from_utf8(child.stderr).unwrap()
}

/// Ends the process by a violation on a worker thread.
fn break_a_rule_on_a_worker(routine: unsafe extern "C" fn(PVOID)) {
    let _kernel = boot();
    let mut item = Box::new(WORK_QUEUE_ITEM {
        WorkerRoutine: Some(routine),
        ..WORK_QUEUE_ITEM::default()
    });
    // SAFETY: the item lives until the process ends.
    unsafe { ExQueueWorkItem(&raw mut *item, _WORK_QUEUE_TYPE::DelayedWorkQueue) };
    crate::ex::stop();
    unreachable!("the violation ends the process");
}

/// Checks that `stderr` ends with the report of `rule` and both places.
fn ends_with_report(stderr: &str, rule: Rule, first: &str, second: &str) {
    let last: Vec<&str> = stderr.trim_end().lines().rev().take(3).collect();
    let starts = [second, first, &format!("verifier: {rule:?}: ")];
    assert_eq!(last.len(), 3, "{stderr}");
    for (line, start) in last.into_iter().zip(starts) {
        assert!(line.starts_with(start), "{stderr}");
    }
}

unsafe extern "C" fn take_twice(_: PVOID) {
    let mut lock: KSPIN_LOCK = 0;
    for _ in 0..2 {
        // SAFETY: the second time breaks the rule on purpose.
        unsafe { KeAcquireSpinLockRaiseToDpc(&raw mut lock) };
    }
}

#[test]
fn a_violation_in_a_drivers_callback_is_reported_last() {
    if std::env::var_os(CHILD).is_some() {
        break_a_rule_on_a_worker(take_twice);
    }
    let stderr = stderr_of_child("a_violation_in_a_drivers_callback_is_reported_last");
    ends_with_report(&stderr, Rule::Recursion, "  at ", "  and ");
}

unsafe extern "C" fn keep_spin_lock(_: PVOID) {
    static LOCK: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    // SAFETY: left held on purpose.
    unsafe { KeAcquireSpinLockRaiseToDpc(LOCK.as_ptr()) };
    // SAFETY: back to the IRQL of a work item, so that only the lock is left.
    unsafe { KeLowerIrql(0) };
}

#[test]
fn a_violation_behind_a_drivers_callback_is_reported_last() {
    if std::env::var_os(CHILD).is_some() {
        break_a_rule_on_a_worker(keep_spin_lock);
    }
    let stderr = stderr_of_child("a_violation_behind_a_drivers_callback_is_reported_last");
    ends_with_report(&stderr, Rule::LockLeftHeld, "  at ", "  and ");
}

#[test]
fn the_last_violation_is_kept_until_the_next_boot() {
    let kernel = boot();
    // SAFETY: breaks the rule on purpose.
    let ended = std::panic::catch_unwind(|| unsafe { KeLeaveCriticalRegion() });
    assert!(ended.is_err());
    let last = last_violation().unwrap();
    assert_eq!(last.rule, Rule::UnevenCriticalRegion);
    assert_eq!(last.place.file(), file!());
    drop(kernel);
    let _kernel = boot();
    assert!(last_violation().is_none());
}
