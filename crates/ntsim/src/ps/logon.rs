//! The ends of logon sessions, and who wants to know of them.

use crate::irql;
use crate::mode;
use crate::sys::*;
use core::panic::Location;
use parking_lot::Mutex;

type Routine = unsafe extern "C" fn(PLUID) -> NTSTATUS;

static ROUTINES: Mutex<Vec<Routine>> = Mutex::new(Vec::new());
/// Sessions whose end somebody wants to be told of.
static MARKED: Mutex<Vec<(u32, i32)>> = Mutex::new(Vec::new());

/// Has a routine called when a marked logon session ends.
#[track_caller]
pub unsafe fn SeRegisterLogonSessionTerminatedRoutine(
    CallbackRoutine: PSE_LOGON_SESSION_TERMINATED_ROUTINE,
) -> NTSTATUS {
    let place = Location::caller();
    irql::at_most(
        irql::PASSIVE,
        "SeRegisterLogonSessionTerminatedRoutine",
        place,
    );
    let Some(routine) = CallbackRoutine else {
        return STATUS_INVALID_PARAMETER;
    };
    let _host = mode::host();
    ROUTINES.lock().push(routine);
    STATUS_SUCCESS
}

/// Undoes [`SeRegisterLogonSessionTerminatedRoutine`].
#[track_caller]
pub unsafe fn SeUnregisterLogonSessionTerminatedRoutine(
    CallbackRoutine: PSE_LOGON_SESSION_TERMINATED_ROUTINE,
) -> NTSTATUS {
    let place = Location::caller();
    irql::at_most(
        irql::PASSIVE,
        "SeUnregisterLogonSessionTerminatedRoutine",
        place,
    );
    let mut routines = ROUTINES.lock();
    let found = routines.iter().position(|known| {
        CallbackRoutine.is_some_and(|routine| core::ptr::fn_addr_eq(*known, routine))
    });
    match found {
        Some(index) => {
            routines.swap_remove(index);
            STATUS_SUCCESS
        }
        None => STATUS_NOT_FOUND,
    }
}

/// Has the end of a logon session told; sessions that are not marked end in silence.
#[track_caller]
pub unsafe fn SeMarkLogonSessionForTerminationNotification(LogonId: PLUID) -> NTSTATUS {
    let place = Location::caller();
    irql::at_most(
        irql::PASSIVE,
        "SeMarkLogonSessionForTerminationNotification",
        place,
    );
    // SAFETY: the caller gives a LUID.
    let logon = unsafe { LogonId.read() };
    let logon = (logon.LowPart, logon.HighPart);
    let _host = mode::host();
    let mut marked = MARKED.lock();
    if !marked.contains(&logon) {
        marked.push(logon);
    }
    STATUS_SUCCESS
}

/// Ends a session: the routines to call, none if nobody wanted to be told.
pub(crate) fn end(logon: LUID) -> Vec<Routine> {
    let mut marked = MARKED.lock();
    let before = marked.len();
    marked.retain(|known| *known != (logon.LowPart, logon.HighPart));
    if marked.len() == before {
        return Vec::new();
    }
    ROUTINES.lock().clone()
}

/// How many routines are registered.
pub(crate) fn routines() -> usize {
    ROUTINES.lock().len()
}

/// Forgets everything, for a new kernel.
pub(crate) fn reset() {
    ROUTINES.lock().clear();
    MARKED.lock().clear();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, Kernel};
    use std::sync::atomic::{AtomicU32, Ordering};

    static ENDED: AtomicU32 = AtomicU32::new(0);

    unsafe extern "C" fn ended(logon: PLUID) -> NTSTATUS {
        // SAFETY: the caller gives a LUID.
        ENDED.store(unsafe { (*logon).LowPart }, Ordering::SeqCst);
        STATUS_SUCCESS
    }

    #[test]
    fn the_end_of_a_marked_logon_is_told_once_and_a_routine_left_is_a_leak() {
        let kernel = Kernel::boot(Config::default());
        let [mut marked, other] = [7, 8].map(|LowPart| LUID {
            LowPart,
            HighPart: 0,
        });
        // SAFETY: a routine that stays, at PASSIVE_LEVEL.
        let status = unsafe { SeRegisterLogonSessionTerminatedRoutine(Some(ended)) };
        assert_eq!(status, STATUS_SUCCESS);
        assert_eq!(kernel.leaks().logon_routines, 1);
        // SAFETY: a LUID.
        unsafe { SeMarkLogonSessionForTerminationNotification(&raw mut marked) };
        kernel.end_logon(other);
        assert_eq!(ENDED.swap(0, Ordering::SeqCst), 0);
        kernel.end_logon(marked);
        assert_eq!(ENDED.swap(0, Ordering::SeqCst), 7);
        kernel.end_logon(marked);
        assert_eq!(ENDED.swap(0, Ordering::SeqCst), 0);
        let expected = [STATUS_SUCCESS, STATUS_NOT_FOUND];
        for status in expected {
            // SAFETY: at PASSIVE_LEVEL.
            let withdrawn = unsafe { SeUnregisterLogonSessionTerminatedRoutine(Some(ended)) };
            assert_eq!(withdrawn, status);
        }
        assert!(kernel.leaks().is_clean());
    }
}
