//! Locking FCBs: `__RxAcquireFcb` and what the mini-redirector has of it.
//!
//! An FCB is locked by its `HeaderResource`. Order: an FCB before a table's lock, never two FCBs at once.

use super::Fcb;
use crate::context::{self, Context};
use crate::kernel::{event, resource};
use crate::live::{Live, addr, set};
use nt::sys::{ERESOURCE, FAST_MUTEX, NTSTATUS, STATUS_LOCK_NOT_GRANTED, STATUS_SUCCESS};
use rdbss::raw::{ERESOURCE_THREAD, FCB, MRX_FCB, RX_CONTEXT};

/// How an FCB is locked; the values are those of `__RxAcquireFcb`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Mode {
    Exclusive = 1,
    Shared = 2,
    /// Before waiting exclusive requests.
    SharedStarveExclusive = 4,
}

pub(super) fn init_fast_mutex(mutex: Live<FAST_MUTEX>) {
    // ExInitializeFastMutex is an inline function of the WDK.
    set!(mutex => Count, nt::sys::FM_LOCK_BIT as i32);
    set!(mutex => Owner, core::ptr::null_mut());
    set!(mutex => Contention, 0);
    event::init_synchronization(addr!(mutex => Event));
}

/// The resource that locks the FCB.
pub(crate) fn lock_of(fcb: Fcb) -> Live<ERESOURCE> {
    addr!(fcb.extra() => non_paged.HeaderResource)
}

/// Locks the FCB; false only if `wait` is false.
#[track_caller]
pub(crate) fn acquire(fcb: Fcb, mode: Mode, wait: bool) -> bool {
    match mode {
        Mode::Exclusive => resource::acquire_exclusive(lock_of(fcb), wait),
        Mode::Shared => resource::acquire_shared(lock_of(fcb), wait),
        Mode::SharedStarveExclusive => {
            resource::acquire_shared_starve_exclusive(lock_of(fcb), wait)
        }
    }
}

/// Locks the FCB exclusively, waiting for it.
#[track_caller]
pub(crate) fn acquire_exclusive_wait(fcb: Fcb) {
    acquire(fcb, Mode::Exclusive, true);
}

/// Locks the FCB shared, if `context` may wait or need not.
#[track_caller]
pub(crate) fn acquire_shared(fcb: Fcb, context: Context) -> bool {
    acquire(fcb, Mode::Shared, context::can_wait(context))
}

/// Unlocks the FCB.
#[track_caller]
pub(crate) fn release(fcb: Fcb) {
    resource::release(lock_of(fcb));
}

/// Unlocks the FCB in the name of `owner`.
#[track_caller]
pub(crate) fn release_for(fcb: Fcb, owner: ERESOURCE_THREAD) {
    resource::release_for(lock_of(fcb), owner as u64);
}

/// True if this thread holds the FCB exclusively.
pub(crate) fn is_exclusive(fcb: Fcb) -> bool {
    resource::is_exclusive(lock_of(fcb))
}

/// Locks an FCB (modes 1 exclusive, 2 shared, 3 shared behind exclusive, 4 shared before exclusive). Waits if there is no context
/// or its request may wait; else STATUS_LOCK_NOT_GRANTED if the lock is not free.
///
/// # Safety
/// The caller holds the FCB; APCs are off.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __RxAcquireFcb(
    Fcb: *mut FCB,
    RxContext: *mut RX_CONTEXT,
    Mode: u32,
    _LineNumber: u32,
    _FileName: *const u8,
    _SerialNumber: u32,
) -> NTSTATUS {
    let Some(fcb) = super::Fcb::from_ptr(Fcb) else {
        return STATUS_SUCCESS;
    };
    let wait = match RxContext.is_null() {
        true => true,
        false => context::check_live(RxContext).is_none_or(context::can_wait),
    };
    let mode = match Mode {
        1 => self::Mode::Exclusive,
        4 => self::Mode::SharedStarveExclusive,
        _ => self::Mode::Shared,
    };
    if acquire(fcb, mode, wait) {
        STATUS_SUCCESS
    } else {
        STATUS_LOCK_NOT_GRANTED
    }
}

/// Unlocks an FCB.
///
/// # Safety
/// This thread has it locked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __RxReleaseFcb(
    _RxContext: *mut RX_CONTEXT,
    MrxFcb: *mut MRX_FCB,
    _LineNumber: u32,
    _FileName: *const u8,
    _SerialNumber: u32,
) {
    if let Some(fcb) = super::Fcb::from_ptr(MrxFcb) {
        release(fcb);
    }
}

/// Unlocks an FCB that another thread has locked.
///
/// # Safety
/// That thread has it locked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn __RxReleaseFcbForThread(
    _RxContext: *mut RX_CONTEXT,
    MrxFcb: *mut MRX_FCB,
    ResourceThreadId: ERESOURCE_THREAD,
    _LineNumber: u32,
    _FileName: *const u8,
    _SerialNumber: u32,
) {
    if let Some(fcb) = super::Fcb::from_ptr(MrxFcb) {
        release_for(fcb, ResourceThreadId);
    }
}

/// Locks an FCB exclusively for the mini-redirector.
///
/// # Safety
/// The caller holds the FCB; APCs are off.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxAcquireExclusiveFcbResourceInMRx(Fcb: *mut MRX_FCB) -> NTSTATUS {
    if let Some(fcb) = super::Fcb::from_ptr(Fcb) {
        acquire_exclusive_wait(fcb);
    }
    STATUS_SUCCESS
}

/// Locks an FCB shared for the mini-redirector.
///
/// # Safety
/// The caller holds the FCB; APCs are off.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxAcquireSharedFcbResourceInMRx(Fcb: *mut MRX_FCB) -> NTSTATUS {
    if let Some(fcb) = super::Fcb::from_ptr(Fcb) {
        acquire(fcb, Mode::Shared, true);
    }
    STATUS_SUCCESS
}

/// Locks an FCB shared, if the request may wait or need not; else STATUS_LOCK_NOT_GRANTED.
///
/// # Safety
/// The caller holds the FCB and owns the request; APCs are off.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxAcquireSharedFcbResourceInMRxEx(
    pRxContext: *mut RX_CONTEXT,
    Fcb: *mut MRX_FCB,
) -> NTSTATUS {
    let Some(fcb) = super::Fcb::from_ptr(Fcb) else {
        return STATUS_SUCCESS;
    };
    let wait = context::check_live(pRxContext).is_none_or(context::can_wait);
    if acquire(fcb, Mode::Shared, wait) {
        STATUS_SUCCESS
    } else {
        STATUS_LOCK_NOT_GRANTED
    }
}

/// Unlocks an FCB for the mini-redirector.
///
/// # Safety
/// This thread has it locked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxReleaseFcbResourceInMRx(Fcb: *mut MRX_FCB) {
    if let Some(fcb) = super::Fcb::from_ptr(Fcb) {
        release(fcb);
    }
}

/// Unlocks an FCB in the name of the request's thread (`LowIoContext.ResourceThreadId`).
///
/// # Safety
/// That thread or request has it locked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxReleaseFcbResourceForThreadInMRx(
    _pRxContext: *mut RX_CONTEXT,
    MrxFcb: *mut MRX_FCB,
    ResourceThreadId: ERESOURCE_THREAD,
) {
    if let Some(fcb) = super::Fcb::from_ptr(MrxFcb) {
        release_for(fcb, ResourceThreadId);
    }
}

/// Notes who has the paging I/O resource; there is no paging I/O here.
///
/// # Safety
/// None is needed; the headers declare it so.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxTrackPagingIoResource(
    _Instance: nt::sys::PVOID,
    _Type: u32,
    _Line: u32,
    _File: *const u8,
) {
}
