//! The scavenger: closes that were put off, and the end of what nobody uses (reference 4.6).
//!
//! A close is put off in the hope that the same file is opened again soon. The handle waits in the device's list of
//! pending closes, with the file object's reference; a timer, a purge, a sharing violation or a stop takes it from there.
//! Whoever takes a handle off the list closes it.

use crate::fcb::{self, Fcb};
use crate::kernel::region;
use crate::live::{Live, addr, follow, get, set};
use crate::net::{finalize, net_root};
use crate::worker::LibraryWork;
use crate::{close, data, fobx, list, srv_open};
use core::ffi::c_void;
use nt::sys::{BOOLEAN, LARGE_INTEGER, NTSTATUS, STATUS_SUCCESS};
use rdbss::raw::*;

const TICKS_PER_SECOND: i64 = 10_000_000;

/// Makes a device's scavenger.
pub(crate) fn init(device: Live<RDBSS_DEVICE_OBJECT>) {
    let scavenger = addr!(device => RdbssScavengerInDeviceObject);
    for head in [
        addr!(scavenger => SrvCallFinalizationList),
        addr!(scavenger => NetRootFinalizationList),
        addr!(scavenger => VNetRootFinalizationList),
        addr!(scavenger => FcbFinalizationList),
        addr!(scavenger => SrvOpenFinalizationList),
        addr!(scavenger => FobxFinalizationList),
        addr!(scavenger => ClosePendingFobxsList),
        addr!(scavenger => WorkItem.WorkQueueItem.List),
    ] {
        list::init(head);
    }
    let timeout =
        follow!(device => Dispatch).map_or(0, |callbacks| get!(callbacks => ScavengerTimeout));
    let limit = match timeout {
        0 => RX_SCAVENGER_FINALIZATION_TIME_INTERVAL,
        seconds => i64::from(seconds).saturating_mul(TICKS_PER_SECOND),
    };
    set!(scavenger => TimeLimit, LARGE_INTEGER { QuadPart: limit });
    set!(scavenger => State, RDBSS_SCAVENGER_INACTIVE);
    set!(device => pRdbssScavenger, scavenger.as_ptr());
}

fn limit(scavenger: Live<RDBSS_SCAVENGER>) -> i64 {
    quad(get!(scavenger => TimeLimit))
}

fn quad(value: LARGE_INTEGER) -> i64 {
    // SAFETY: every bit pattern of the union is a number.
    unsafe { value.QuadPart }
}

/// Sees to it that the scavenger runs after its time.
pub(crate) fn arm(device: Live<RDBSS_DEVICE_OBJECT>) {
    let Some(scavenger) = follow!(device => pRdbssScavenger) else {
        return;
    };
    let interval = LARGE_INTEGER {
        QuadPart: limit(scavenger),
    };
    let item = addr!(scavenger => WorkItem).as_ptr();
    let _held = data::lock();
    if get!(scavenger => State) != RDBSS_SCAVENGER_DORMANT {
        // Running already, or not started, when RxStopMinirdr does its work.
        return;
    }
    set!(scavenger => State, RDBSS_SCAVENGER_ACTIVE);
    // Under the lock: a stop in between would find nothing to take back, and the item is in the device, which goes then.
    // SAFETY: the item is used for nothing else, and RxStopMinirdr takes it back.
    unsafe {
        crate::timer::RxPostOneShotTimerRequest(
            device.as_ptr(),
            item,
            Some(run),
            device.as_ptr().cast(),
            interval,
        )
    };
}

/// Lets the scavenger begin.
pub(crate) fn start(device: Live<RDBSS_DEVICE_OBJECT>) {
    if let Some(scavenger) = follow!(device => pRdbssScavenger) {
        let _held = data::lock();
        set!(scavenger => State, RDBSS_SCAVENGER_DORMANT);
    }
}

/// Stops the timer; a run that has begun goes on, and RxSpinDownMRxDispatcher waits for it.
pub(crate) fn stop(device: Live<RDBSS_DEVICE_OBJECT>) {
    if let Some(scavenger) = follow!(device => pRdbssScavenger) {
        let _held = data::lock();
        set!(scavenger => State, RDBSS_SCAVENGER_INACTIVE);
    }
    // SAFETY: the device is registered.
    unsafe {
        crate::timer::RxCancelTimerRequest(device.as_ptr(), Some(run), device.as_ptr().cast())
    };
}

unsafe extern "C" fn run(context: *mut c_void) {
    // SAFETY: `arm` passes a device, which RxStopMinirdr keeps until no work of it is left.
    let Some(device) = (unsafe { Live::from_nullable(context.cast::<RDBSS_DEVICE_OBJECT>()) })
    else {
        return;
    };
    let Some(scavenger) = follow!(device => pRdbssScavenger) else {
        return;
    };
    {
        let _held = data::lock();
        if get!(scavenger => State) == RDBSS_SCAVENGER_ACTIVE {
            set!(scavenger => State, RDBSS_SCAVENGER_DORMANT);
        }
    }
    let _work = LibraryWork::begin(device);
    let before = nt::time::interrupt_time().saturating_sub(limit(scavenger).unsigned_abs());
    close_pending(device, |handle| close_time(handle) <= before);
    let left = finalize::dormant(device, before);
    let pending = {
        let _held = data::lock();
        !list::is_empty(addr!(scavenger => ClosePendingFobxsList))
    };
    if left || pending {
        arm(device);
    }
}

fn close_time(handle: Live<FOBX>) -> u64 {
    quad(get!(handle => CloseTime)).unsigned_abs()
}

/// Puts a handle's close off, if its server allows one more. The FCB is locked exclusively.
pub(crate) fn delay_close(handle: Live<FOBX>, open: Live<SRV_OPEN>) -> bool {
    let Some(server) = srv_open::server(open) else {
        return false;
    };
    let Some(device) = follow!(server => mrx.RxDeviceObject) else {
        return false;
    };
    let Some(scavenger) = follow!(device => pRdbssScavenger) else {
        return false;
    };
    {
        let _held = data::lock();
        let pending = get!(server => NumberOfCloseDelayedFiles);
        let stopped = get!(scavenger => State) == RDBSS_SCAVENGER_INACTIVE;
        if stopped || pending >= get!(server => mrx.MaximumNumberOfCloseDelayedFiles) {
            return false;
        }
        set!(server => NumberOfCloseDelayedFiles, pending.saturating_add(1));
        let now = nt::time::interrupt_time().cast_signed();
        set!(handle => CloseTime, LARGE_INTEGER { QuadPart: now });
        srv_open::change_flags(open, SRVOPEN_FLAG_CLOSE_DELAYED, 0);
        fobx::change_flags(handle, FOBX_FLAG_MARKED_AS_DORMANT, 0);
        list::push_back(
            addr!(scavenger => ClosePendingFobxsList),
            addr!(handle => ClosePendingList),
        );
        set!(scavenger => NumberOfDormantFiles, get!(scavenger => NumberOfDormantFiles).saturating_add(1));
    }
    arm(device);
    true
}

/// Closes the pending handles that `wanted` chooses; true if there was one. No FCB is locked.
pub(crate) fn close_pending(
    device: Live<RDBSS_DEVICE_OBJECT>,
    wanted: impl Fn(Live<FOBX>) -> bool,
) -> bool {
    let mut any = false;
    while let Some(handle) = take_pending(device, &wanted) {
        any = true;
        close_now(handle);
    }
    any
}

/// Takes the first such handle off the list.
fn take_pending(
    device: Live<RDBSS_DEVICE_OBJECT>,
    wanted: &impl Fn(Live<FOBX>) -> bool,
) -> Option<Live<FOBX>> {
    let scavenger = follow!(device => pRdbssScavenger)?;
    let _held = data::lock();
    let handle = list::iter(addr!(scavenger => ClosePendingFobxsList))
        .map(|member| list::container!(member, FOBX, ClosePendingList))
        .find(|handle| wanted(*handle))?;
    list::remove(addr!(handle => ClosePendingList));
    fobx::change_flags(handle, 0, FOBX_FLAG_MARKED_AS_DORMANT);
    set!(scavenger => NumberOfDormantFiles, get!(scavenger => NumberOfDormantFiles).saturating_sub(1));
    if let Some(server) = fobx::open(handle).and_then(srv_open::server) {
        set!(server => NumberOfCloseDelayedFiles, get!(server => NumberOfCloseDelayedFiles).saturating_sub(1));
    }
    Some(handle)
}

/// Does a close that was put off.
fn close_now(handle: Live<FOBX>) {
    let Some(file) = file_of(handle) else { return };
    fcb::reference(file);
    fcb::acquire_exclusive_wait(file);
    close::close_without_request(handle, file);
    fcb::release(file);
    fcb::dereference(file);
}

/// A pending handle's file.
fn file_of(handle: Live<FOBX>) -> Option<Fcb> {
    fobx::open(handle).and_then(srv_open::file)
}

/// Runs the pending closes of one share, or of one file of it; true if there was one.
pub(crate) fn close_pending_of(share: Live<NET_ROOT>, only: Option<Fcb>) -> bool {
    let Some(device) = net_root::device(share) else {
        return false;
    };
    close_pending(device, |handle| {
        let file = file_of(handle);
        match only {
            Some(only) => file == Some(only),
            None => file.and_then(Fcb::net_root) == Some(share),
        }
    })
}

/// Does the pending closes of the share's files now. STATUS_SUCCESS.
///
/// # Safety
/// The caller holds the share, and has no FCB locked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxPurgeRelatedFobxs(
    NetRoot: *mut NET_ROOT,
    _RxContext: *mut RX_CONTEXT,
    _AttemptFinalization: BOOLEAN,
    _PurgingFcb: *mut FCB,
) -> NTSTATUS {
    // SAFETY: the caller's promise.
    if let Some(share) = unsafe { Live::from_nullable(NetRoot) } {
        purge(share);
    }
    STATUS_SUCCESS
}

/// As RxPurgeRelatedFobxs.
///
/// # Safety
/// As RxPurgeRelatedFobxs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxScavengeFobxsForNetRoot(
    NetRoot: *mut NET_ROOT,
    _PurgingFcb: *mut FCB,
    _SynchronizeWithScavenger: BOOLEAN,
) {
    // SAFETY: the caller's promise.
    if let Some(share) = unsafe { Live::from_nullable(NetRoot) } {
        purge(share);
    }
}

/// Runs the pending closes of the share. Which of its files may be `PurgingFcb` under another name (MRxAreFilesAliased) is not
/// asked: closing more than needed is always right.
fn purge(share: Live<NET_ROOT>) {
    let _region = region::enter();
    close_pending_of(share, None);
}

/// Runs all pending closes of the device.
///
/// # Safety
/// The device is registered; the caller has no FCB locked.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxPurgeAllFobxs(RxDeviceObject: *mut RDBSS_DEVICE_OBJECT) {
    let _region = region::enter();
    // SAFETY: the caller's promise.
    if let Some(device) = unsafe { Live::from_nullable(RxDeviceObject) } {
        close_pending(device, |_| true);
    }
}

/// Runs all pending closes of the device and ends what nobody uses then.
///
/// # Safety
/// As RxPurgeAllFobxs.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxScavengeAllFobxs(RxDeviceObject: *mut RDBSS_DEVICE_OBJECT) {
    let _region = region::enter();
    // SAFETY: the caller's promise.
    if let Some(device) = unsafe { Live::from_nullable(RxDeviceObject) } {
        close_pending(device, |_| true);
        finalize::dormant(device, u64::MAX);
    }
}

#[cfg(test)]
mod tests;
