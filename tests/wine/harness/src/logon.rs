//! The ends of logon sessions, which the harness's are not: who wants to be told of one is only counted.

use crate::irql;
use crate::ledger::{HELD, violation};
use core::sync::atomic::{AtomicUsize, Ordering};
use wdk_sys::{
    NTSTATUS, PLUID, PSE_LOGON_SESSION_TERMINATED_ROUTINE, STATUS_INSUFFICIENT_RESOURCES,
    STATUS_INVALID_PARAMETER, STATUS_NOT_FOUND, STATUS_SUCCESS,
};

/// The routine that is registered, 0 for none.
static REGISTERED: AtomicUsize = AtomicUsize::new(0);

fn address(routine: PSE_LOGON_SESSION_TERMINATED_ROUTINE) -> usize {
    routine.map_or(0, |routine| routine as usize)
}

/// `SeRegisterLogonSessionTerminatedRoutine`.
pub unsafe extern "C" fn register(routine: PSE_LOGON_SESSION_TERMINATED_ROUTINE) -> NTSTATUS {
    irql::at_most(irql::PASSIVE, "SeRegisterLogonSessionTerminatedRoutine");
    let routine = address(routine);
    if routine == 0 {
        return STATUS_INVALID_PARAMETER;
    }
    let free = REGISTERED.compare_exchange(0, routine, Ordering::AcqRel, Ordering::Relaxed);
    if free.is_err() {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    HELD.logon_routines.add();
    STATUS_SUCCESS
}

/// `SeUnregisterLogonSessionTerminatedRoutine`.
pub unsafe extern "C" fn unregister(routine: PSE_LOGON_SESSION_TERMINATED_ROUTINE) -> NTSTATUS {
    irql::at_most(irql::PASSIVE, "SeUnregisterLogonSessionTerminatedRoutine");
    let routine = address(routine);
    let known = REGISTERED.compare_exchange(routine, 0, Ordering::AcqRel, Ordering::Relaxed);
    if routine == 0 || known.is_err() {
        violation!("SeUnregisterLogonSessionTerminatedRoutine of what is not registered");
        return STATUS_NOT_FOUND;
    }
    HELD.logon_routines.remove();
    STATUS_SUCCESS
}

/// `SeMarkLogonSessionForTerminationNotification`.
pub unsafe extern "C" fn mark(_logon: PLUID) -> NTSTATUS {
    irql::at_most(
        irql::PASSIVE,
        "SeMarkLogonSessionForTerminationNotification",
    );
    STATUS_SUCCESS
}
