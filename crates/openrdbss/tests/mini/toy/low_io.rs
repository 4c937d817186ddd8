//! Reads, writes, locks, controls and notifications, at once or later.

use super::{Misdeed, Toy, count, key_of, toy};
use nt::sys::*;
use rdbss::raw::*;
use std::sync::atomic::Ordering;

pub fn fill(table: &mut MINIRDR_DISPATCH) {
    table.MRxLowIOSubmit[LOWIO_OP_READ as usize] = Some(read_write);
    table.MRxLowIOSubmit[LOWIO_OP_WRITE as usize] = Some(read_write);
    table.MRxLowIOSubmit[LOWIO_OP_SHAREDLOCK as usize] = Some(lock);
    table.MRxLowIOSubmit[LOWIO_OP_EXCLUSIVELOCK as usize] = Some(lock);
    table.MRxLowIOSubmit[LOWIO_OP_UNLOCK as usize] = Some(unlock);
    table.MRxLowIOSubmit[LOWIO_OP_UNLOCK_MULTIPLE as usize] = Some(unlock_multiple);
    table.MRxLowIOSubmit[LOWIO_OP_FSCTL as usize] = Some(control);
    table.MRxLowIOSubmit[LOWIO_OP_NOTIFY_CHANGE_DIRECTORY as usize] = Some(notify);
    table.MRxExtendForNonCache = Some(extend);
}

unsafe extern "C" fn extend(
    _: *mut RX_CONTEXT,
    size: *mut LARGE_INTEGER,
    allocation: *mut LARGE_INTEGER,
) -> u32 {
    // SAFETY: RDBSS's sizes.
    let size = unsafe { size.read() };
    let answer = if toy().misdeed(Misdeed::SmallAllocation) {
        LARGE_INTEGER { QuadPart: 0 }
    } else {
        size
    };
    // SAFETY: RDBSS's sizes.
    unsafe { allocation.write(answer) };
    0
}

/// Does the transfer; status and bytes.
fn transfer(context: *mut RX_CONTEXT) -> (NTSTATUS, usize) {
    // SAFETY: a live read or write.
    let low_io = unsafe { (*context).Params.LowIo.LowIoContext };
    // SAFETY: as above.
    let params = unsafe { low_io.ParamsFor.ReadWrite };
    // SAFETY: as above.
    let key = unsafe { key_of((*context).pRelevantSrvOpen) };
    // SAFETY: as above.
    let buffer = unsafe { RxLowIoGetBufferAddress(context) }.cast::<u8>();
    let count = params.ByteCount as usize;
    // SAFETY: the locked buffer of that length.
    let buffer = unsafe { core::slice::from_raw_parts_mut(buffer, count) };
    let at = params.ByteOffset as usize;
    let mut nodes = toy().nodes();
    let Some(node) = nodes.get_mut(&key) else {
        return (STATUS_FILE_CLOSED, 0);
    };
    if low_io.Operation == LOWIO_OP_WRITE {
        let end = node.data.len().max(at + count);
        node.data.resize(end, 0);
        node.data[at..at + count].copy_from_slice(buffer);
        let done = if toy().misdeed(Misdeed::WriteHalf) {
            count / 2
        } else {
            count
        };
        return (STATUS_SUCCESS, done);
    }
    if toy().misdeed(Misdeed::ReadTooMuch) {
        return (STATUS_SUCCESS, count + 1);
    }
    if at >= node.data.len() {
        return (STATUS_END_OF_FILE, 0);
    }
    let done = count.min(node.data.len() - at);
    buffer[..done].copy_from_slice(&node.data[at..at + done]);
    (STATUS_SUCCESS, done)
}

unsafe extern "C" fn read_write(context: *mut RX_CONTEXT) -> NTSTATUS {
    let knobs = &toy().knobs;
    if toy().misdeed(Misdeed::LeaveSyncEventSet) {
        // SAFETY: a live request.
        let event = unsafe { &raw mut (*context).SyncEvent };
        // SAFETY: RDBSS's event.
        unsafe { KeSetEvent(event, 0, 0) };
    }
    let twice = toy().misdeed(Misdeed::CompleteTwiceInCallback);
    if twice || toy().misdeed(Misdeed::CompleteAndReturn) {
        return complete_in_callback(context, twice);
    }
    if knobs.hold.load(Ordering::SeqCst) {
        return hold(context);
    }
    if !knobs.pend.load(Ordering::SeqCst) {
        let (status, bytes) = transfer(context);
        // SAFETY: a live request.
        unsafe { (*context).InformationToReturn = bytes };
        return status;
    }
    match post(context) {
        STATUS_SUCCESS => STATUS_PENDING,
        status => status,
    }
}

fn post(context: *mut RX_CONTEXT) -> NTSTATUS {
    let device = super::driver::device();
    // SAFETY: the device is registered; the routine takes the request.
    unsafe { RxDispatchToWorkerThread(device, DelayedWorkQueue, Some(finish), context.cast()) }
}

unsafe extern "C" fn finish(context: PVOID) {
    let context: *mut RX_CONTEXT = context.cast();
    let (status, bytes) = transfer(context);
    complete(context, status, bytes);
}

/// Completes a pending request, at DISPATCH_LEVEL if the knob says so.
fn complete(context: *mut RX_CONTEXT, status: NTSTATUS, bytes: usize) {
    // SAFETY: ours until the completion.
    unsafe { (*context).StoredStatus = status };
    // SAFETY: as above.
    unsafe { (*context).InformationToReturn = bytes };
    let twice = toy().misdeed(Misdeed::CompleteTwice);
    if toy().misdeed(Misdeed::CompleteAtHighIrql) {
        // SAFETY: wrong on purpose.
        let old = unsafe { KfRaiseIrql(DISPATCH_LEVEL as u8 + 1) };
        // SAFETY: not completed so; that follows.
        unsafe { RxLowIoCompletion(context) };
        // SAFETY: raised above.
        unsafe { KeLowerIrql(old) };
    }
    let raise = toy().knobs.at_dispatch.load(Ordering::SeqCst);
    // SAFETY: this thread is at PASSIVE_LEVEL.
    let old = raise.then(|| unsafe { KfRaiseIrql(DISPATCH_LEVEL as u8) });
    // SAFETY: the completion.
    unsafe { RxLowIoCompletion(context) };
    if let Some(old) = old {
        // SAFETY: raised above.
        unsafe { KeLowerIrql(old) };
    }
    if twice {
        // SAFETY: wrong on purpose; contexts stay mapped while the driver is loaded.
        unsafe { RxLowIoCompletion(context) };
    }
}

/// Completes a request while RDBSS, which waits for the callback's result, keeps it alive; and then once more, by a second
/// completion or by a final status.
fn complete_in_callback(context: *mut RX_CONTEXT, twice: bool) -> NTSTATUS {
    let (status, bytes) = transfer(context);
    complete(context, status, bytes);
    if twice {
        // SAFETY: wrong on purpose; the submitter holds the context.
        unsafe { RxLowIoCompletion(context) };
        return STATUS_PENDING;
    }
    status
}

/// Keeps the request until it is released or cancelled.
fn hold(context: *mut RX_CONTEXT) -> NTSTATUS {
    // SAFETY: a live request.
    let status = unsafe { RxSetMinirdrCancelRoutine(context, Some(cancel)) };
    if status != STATUS_SUCCESS {
        return status;
    }
    toy().held.lock().unwrap().push(context as usize);
    STATUS_PENDING
}

unsafe extern "C" fn cancel(context: *mut RX_CONTEXT) -> NTSTATUS {
    count(&toy().counters.cancels);
    if take(context as usize) {
        complete(context, STATUS_CANCELLED, 0);
    }
    STATUS_SUCCESS
}

fn take(context: usize) -> bool {
    let mut held = toy().held.lock().unwrap();
    let before = held.len();
    held.retain(|other| *other != context);
    held.len() != before
}

impl Toy {
    /// Lets the held requests go on. The caller runs as the driver.
    pub fn release(&self) {
        let held = core::mem::take(&mut *self.held.lock().unwrap());
        for context in held {
            let context = context as *mut RX_CONTEXT;
            // SAFETY: ours until the completion.
            unsafe { RxSetMinirdrCancelRoutine(context, None) };
            // SAFETY: as above.
            let operation = unsafe { (*context).Params.LowIo.LowIoContext.Operation };
            match operation {
                LOWIO_OP_NOTIFY_CHANGE_DIRECTORY => complete(context, STATUS_NOTIFY_ENUM_DIR, 0),
                _ => assert_eq!(post(context), STATUS_SUCCESS),
            }
        }
    }
}

unsafe extern "C" fn notify(context: *mut RX_CONTEXT) -> NTSTATUS {
    hold(context)
}

unsafe extern "C" fn lock(_: *mut RX_CONTEXT) -> NTSTATUS {
    count(&toy().counters.locks);
    STATUS_SUCCESS
}

unsafe extern "C" fn unlock(_: *mut RX_CONTEXT) -> NTSTATUS {
    count(&toy().counters.unlocks);
    STATUS_SUCCESS
}

unsafe extern "C" fn unlock_multiple(context: *mut RX_CONTEXT) -> NTSTATUS {
    // SAFETY: a live unlock of several.
    let mut next = unsafe {
        (*context)
            .Params
            .LowIo
            .LowIoContext
            .ParamsFor
            .Locks
            .Range
            .LockList
    };
    while !next.is_null() {
        count(&toy().counters.unlocks);
        // SAFETY: RDBSS's list.
        next = unsafe { (*next).Next };
    }
    STATUS_SUCCESS
}

/// Echoes the input.
unsafe extern "C" fn control(context: *mut RX_CONTEXT) -> NTSTATUS {
    // SAFETY: a live control.
    let params = unsafe { (*context).Params.LowIo.LowIoContext.ParamsFor.FsCtl };
    let bytes = params.InputBufferLength.min(params.OutputBufferLength) as usize;
    // SAFETY: METHOD_BUFFERED: both are the same buffer, of the greater length.
    unsafe {
        core::ptr::copy(
            params.pInputBuffer.cast::<u8>(),
            params.pOutputBuffer.cast::<u8>(),
            bytes,
        )
    };
    // SAFETY: a live control.
    unsafe { (*context).InformationToReturn = bytes };
    STATUS_SUCCESS
}
