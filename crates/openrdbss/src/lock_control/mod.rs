//! IRP_MJ_LOCK_CONTROL: byte-range locks (reference 4.7).
//!
//! A file's locks are in a list with its FCB. A lock enters it first, which settles conflicts between handles that share an
//! open of the server, and then goes to the server, unless locks may be buffered; what the server refuses leaves the list
//! again. A request that has to wait for another handle's lock waits in a second list, and is tried again when one is given up. That
//! list is under the library's general lock, so that a cancelled request can be taken out of it by somebody who does not hold its file.

mod ranges;

use crate::calldown::Answer;
use crate::context::{self, Context};
use crate::fcb::Fcb;
use crate::kernel::irp::Stack;
use crate::kernel::{pool, spin};
use crate::live::{Live, addr, follow, get, set};
use crate::request::{self, File};
use crate::{data, dispatch, list, low_io};
use core::sync::atomic::Ordering;
use nt::sys::{
    BOOLEAN, FILE_OBJECT, LARGE_INTEGER, LIST_ENTRY, NTSTATUS, PVOID, STATUS_CANCELLED,
    STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_DEVICE_REQUEST, STATUS_LOCK_NOT_GRANTED,
    STATUS_NOT_IMPLEMENTED, STATUS_RANGE_NOT_LOCKED, STATUS_SUCCESS,
};
use ranges::Range;
use rdbss::raw::*;

/// A lock that is held, or on its way to the server.
#[repr(C)]
struct Held {
    /// As the server is told when several are given up together.
    list: LOWIO_LOCK_LIST,
    link: LIST_ENTRY,
    owner: Owner,
    open: *mut SRV_OPEN,
    /// The server knows of it.
    sent: bool,
}

/// Whose a lock is: unlocking needs the same three.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Owner {
    file_object: *mut FILE_OBJECT,
    process: u32,
    key: u32,
}

fn range_of(held: Live<Held>) -> Range {
    Range {
        start: get!(held => list.ByteOffset).cast_unsigned(),
        length: get!(held => list.Length).cast_unsigned(),
    }
}

fn members(file: Fcb) -> impl Iterator<Item = Live<Held>> {
    list::iter(addr!(file.extra() => locks)).map(|member| list::container!(member, Held, link))
}

/// IRP_MJ_LOCK_CONTROL.
pub(crate) fn lock_control(context: Context) -> Answer {
    let Some(stack) = context::stack(context) else {
        return STATUS_INVALID_DEVICE_REQUEST.into();
    };
    let file = match request::open_file(context) {
        Ok(file) => file,
        Err(status) => return status.into(),
    };
    if file.fcb.is_directory() {
        return STATUS_INVALID_DEVICE_REQUEST.into();
    }
    let owner = owner(context, stack);
    match u32::from(get!(context => MinorFunction)) {
        nt::sys::IRP_MN_LOCK => lock(context, stack, file, owner),
        nt::sys::IRP_MN_UNLOCK_SINGLE => unlock_single(context, stack, file, owner),
        nt::sys::IRP_MN_UNLOCK_ALL => unlock_all(context, file, |held| {
            (held.file_object, held.process) == (owner.file_object, owner.process)
        }),
        nt::sys::IRP_MN_UNLOCK_ALL_BY_KEY => unlock_all(context, file, |held| held == owner),
        _ => STATUS_INVALID_DEVICE_REQUEST.into(),
    }
}

fn owner(context: Context, stack: Stack) -> Owner {
    // SAFETY: the request is ours.
    let process = context::irp(context).map_or(0, |irp| unsafe {
        nt::sys::IoGetRequestorProcessId(irp.as_ptr())
    });
    Owner {
        file_object: get!(stack => FileObject),
        process,
        key: get!(stack => Parameters.LockControl.Key),
    }
}

fn requested(stack: Stack) -> Option<Range> {
    let length = follow!(stack => Parameters.LockControl.Length)?;
    let start = get!(stack => Parameters.LockControl.ByteOffset);
    Some(Range {
        start: quad(start).cast_unsigned(),
        length: quad(length.read()).cast_unsigned(),
    })
}

fn quad(value: LARGE_INTEGER) -> i64 {
    // SAFETY: every bit pattern of the union is a number.
    unsafe { value.QuadPart }
}

fn lock(context: Context, stack: Stack, file: File, owner: Owner) -> Answer {
    if context::has(context, RX_CONTEXT_FLAG_CANCELLED) {
        return STATUS_CANCELLED.into();
    }
    let Some(range) = requested(stack) else {
        return STATUS_INVALID_DEVICE_REQUEST.into();
    };
    let stack_flags = u32::from(get!(stack => Flags));
    let exclusive = stack_flags & nt::sys::SL_EXCLUSIVE_LOCK != 0;
    let at_once = stack_flags & nt::sys::SL_FAIL_IMMEDIATELY != 0;
    let mut flags = if exclusive {
        LOWIO_LOCKSFLAG_EXCLUSIVELOCK
    } else {
        0
    };
    flags |= if at_once {
        LOWIO_LOCKSFLAG_FAIL_IMMEDIATELY
    } else {
        0
    };
    let status = realizable(context, file.fcb, range, flags);
    if status < 0 {
        return status.into();
    }
    let Some(held) = pool::allocate::<Held>(0, RX_BUFFERED_LOCK_POOLTAG) else {
        return STATUS_INSUFFICIENT_RESOURCES.into();
    };
    let buffered = file.fcb.has(FCB_STATE_LOCK_BUFFERING_ENABLED);
    set!(held => list.ByteOffset, range.start.cast_signed());
    set!(held => list.Length, range.length.cast_signed());
    set!(held => list.ExclusiveLock, exclusive.into());
    set!(held => list.Key, owner.key);
    set!(held => owner, owner);
    set!(held => open, file.open.as_ptr());
    set!(held => sent, !buffered);
    // A request that waits may be granted, and over, before `enter` returns.
    context::reference(context);
    let entered = enter(context, file.fcb, held, at_once);
    context::dereference(context);
    if !entered {
        pool::free(held, RX_BUFFERED_LOCK_POOLTAG);
        return if at_once {
            STATUS_LOCK_NOT_GRANTED.into()
        } else {
            Answer::Pending
        };
    }
    if buffered {
        return STATUS_SUCCESS.into();
    }
    set!(context => LockManagerContext, held.as_ptr().cast());
    let operation = if exclusive {
        LOWIO_OP_EXCLUSIVELOCK
    } else {
        LOWIO_OP_SHAREDLOCK
    };
    fill(context, operation, range, flags, owner.key);
    low_io::submit(context, Some(lock_done))
}

fn realizable(context: Context, file: Fcb, range: Range, flags: u32) -> NTSTATUS {
    let callbacks = context::callbacks(context);
    let Some(check) = callbacks.and_then(|table| get!(table => MRxIsLockRealizable)) else {
        return STATUS_SUCCESS;
    };
    let mut start = LARGE_INTEGER {
        QuadPart: range.start.cast_signed(),
    };
    let mut length = LARGE_INTEGER {
        QuadPart: range.length.cast_signed(),
    };
    // SAFETY: the FCB lives and both numbers are locals.
    match unsafe { check(file.as_ptr(), &raw mut start, &raw mut length, flags) } {
        STATUS_NOT_IMPLEMENTED => STATUS_SUCCESS,
        status => status,
    }
}

fn fill(context: Context, operation: u16, range: Range, flags: u32, key: u32) {
    let low_io = low_io::begin(context, operation);
    set!(low_io => ParamsFor.Locks.Range.Length, range.length.cast_signed());
    set!(low_io => ParamsFor.Locks.ByteOffset, range.start.cast_signed());
    set!(low_io => ParamsFor.Locks.Flags, flags);
    set!(low_io => ParamsFor.Locks.Key, key);
}

/// Puts the lock into the file's list. If one of another owner is in the way, the request waits instead, unless it must not.
fn enter(context: Context, file: Fcb, held: Live<Held>, at_once: bool) -> bool {
    let extra = file.extra();
    let guard = spin::acquire(addr!(extra => lock_list_lock));
    let range = range_of(held);
    let exclusive = get!(held => list.ExclusiveLock) != 0;
    let owner = get!(held => owner);
    let conflict = members(file).any(|other| {
        let other_exclusive = get!(other => list.ExclusiveLock) != 0;
        // An owner may read what he has locked for writing; two exclusive locks never overlap.
        let own_read = other_exclusive && !exclusive && get!(other => owner) == owner;
        range.overlaps(range_of(other)) && (exclusive || other_exclusive) && !own_read
    });
    if !conflict {
        list::push_back(addr!(extra => locks), addr!(held => link));
        return true;
    }
    if !at_once {
        context::mark_pending(context);
        let _waiters = data::lock();
        context::flags(context).fetch_or(RX_CONTEXT_FLAG_IN_SERIALIZATION_QUEUE, Ordering::AcqRel);
        list::push_back(
            addr!(extra => lock_waiters),
            addr!(context => RxContextSerializationQLinks),
        );
    }
    drop(guard);
    if !at_once && context::has(context, RX_CONTEXT_FLAG_CANCELLED) {
        // Cancelled while it was not yet in the list: nobody else takes it out.
        cancel_wait(context);
    }
    false
}

/// Tries a cancelled request that waits for a lock again, which ends it. One that does not wait may be completed and its file gone, so
/// nothing of the file is looked at.
pub(crate) fn cancel_wait(context: Context) {
    let waited = {
        let _waiters = data::lock();
        take_waiter(context)
    };
    if waited {
        dispatch::queue(context);
    }
}

/// Takes a waiting request out of its list; false if somebody else has. The waiters are locked.
fn take_waiter(context: Context) -> bool {
    let flag = RX_CONTEXT_FLAG_IN_SERIALIZATION_QUEUE;
    let waited = context::flags(context).fetch_and(!flag, Ordering::AcqRel) & flag != 0;
    if waited {
        list::remove(addr!(context => RxContextSerializationQLinks));
    }
    waited
}

/// Takes out the first request waiting for a lock of the file that `wanted` chooses; it is the caller's then, to be queued.
fn take_first(file: Fcb, wanted: impl Fn(Context) -> bool) -> Option<Context> {
    let _waiters = data::lock();
    list::iter(addr!(file.extra() => lock_waiters))
        .map(|member| list::container!(member, RX_CONTEXT, RxContextSerializationQLinks))
        .find(|waiter| wanted(*waiter) && take_waiter(*waiter))
}

/// A lock is gone: everybody who waits tries again.
fn wake_waiters(file: Fcb) {
    while let Some(waiter) = take_first(file, |_| true) {
        dispatch::queue(waiter);
    }
}

/// Ends the requests of a file object that wait for a lock.
fn cancel_waiters(file: Fcb, file_object: Live<FILE_OBJECT>) {
    let of_object = |waiter| {
        // It waits, so its IRP is not completed.
        context::stack(waiter)
            .is_some_and(|stack| get!(stack => FileObject) == file_object.as_ptr())
    };
    while let Some(waiter) = take_first(file, of_object) {
        context::flags(waiter).fetch_or(RX_CONTEXT_FLAG_CANCELLED, Ordering::AcqRel);
        dispatch::queue(waiter);
    }
}

/// Takes a lock out of its file's list and frees it.
fn drop_lock(file: Fcb, held: Live<Held>) {
    {
        let _held = spin::acquire(addr!(file.extra() => lock_list_lock));
        list::remove(addr!(held => link));
    }
    pool::free(held, RX_BUFFERED_LOCK_POOLTAG);
}

unsafe extern "C" fn lock_done(context: *mut RX_CONTEXT) -> NTSTATUS {
    // SAFETY: low I/O passes the live request.
    let Some(context) = (unsafe { Live::from_nullable(context) }) else {
        return STATUS_SUCCESS;
    };
    let status = get!(context => StoredStatus);
    set!(context => InformationToReturn, 0);
    let held = get!(context => LockManagerContext).cast::<Held>();
    set!(context => LockManagerContext, core::ptr::null_mut());
    // SAFETY: `lock` put it there; nobody but its owner's unlock, which has not been answered, takes it away.
    let held = unsafe { Live::from_nullable(held) };
    if let (true, Some(held), Some(file)) = (status < 0, held, Fcb::from_ptr(get!(context => pFcb)))
    {
        drop_lock(file, held);
        wake_waiters(file);
    }
    status
}

fn unlock_single(context: Context, stack: Stack, file: File, owner: Owner) -> Answer {
    let Some(range) = requested(stack) else {
        return STATUS_INVALID_DEVICE_REQUEST.into();
    };
    let found = {
        let _held = spin::acquire(addr!(file.fcb.extra() => lock_list_lock));
        let found = members(file.fcb)
            .find(|held| range_of(*held) == range && get!(*held => owner) == owner);
        if let Some(held) = found {
            list::remove(addr!(held => link));
        }
        found
    };
    let Some(held) = found else {
        return STATUS_RANGE_NOT_LOCKED.into();
    };
    let sent = get!(held => sent);
    pool::free(held, RX_BUFFERED_LOCK_POOLTAG);
    if !sent {
        wake_waiters(file.fcb);
        return STATUS_SUCCESS.into();
    }
    fill(context, LOWIO_OP_UNLOCK, range, 0, owner.key);
    low_io::submit(context, Some(unlock_done))
}

unsafe extern "C" fn unlock_done(context: *mut RX_CONTEXT) -> NTSTATUS {
    // SAFETY: low I/O passes the live request.
    let Some(context) = (unsafe { Live::from_nullable(context) }) else {
        return STATUS_SUCCESS;
    };
    set!(context => InformationToReturn, 0);
    if let Some(file) = Fcb::from_ptr(get!(context => pFcb)) {
        wake_waiters(file);
    }
    get!(context => StoredStatus)
}

/// Gives up the locks whose owner `wanted` chooses, all in one request.
fn unlock_all(context: Context, file: File, wanted: impl Fn(Owner) -> bool) -> Answer {
    let chain = take_all(file.fcb, wanted);
    if chain.is_null() {
        wake_waiters(file.fcb);
        return STATUS_SUCCESS.into();
    }
    let low_io = low_io::begin(context, LOWIO_OP_UNLOCK_MULTIPLE);
    set!(low_io => ParamsFor.Locks.Range.LockList, chain);
    low_io::submit(context, Some(unlock_all_done))
}

/// Takes locks out of the list; those that the server knows of come back as a chain, the others are freed.
fn take_all(file: Fcb, wanted: impl Fn(Owner) -> bool) -> *mut LOWIO_LOCK_LIST {
    let mut chain: *mut LOWIO_LOCK_LIST = core::ptr::null_mut();
    let mut number = 0u32;
    loop {
        let found = {
            let _held = spin::acquire(addr!(file.extra() => lock_list_lock));
            let found = members(file).find(|held| wanted(get!(*held => owner)));
            if let Some(held) = found {
                list::remove(addr!(held => link));
            }
            found
        };
        let Some(held) = found else { return chain };
        if !get!(held => sent) {
            pool::free(held, RX_BUFFERED_LOCK_POOLTAG);
            continue;
        }
        number = number.saturating_add(1);
        set!(held => list.LockNumber, number);
        set!(held => list.Next, chain);
        chain = addr!(held => list).as_ptr();
    }
}

unsafe extern "C" fn unlock_all_done(context: *mut RX_CONTEXT) -> NTSTATUS {
    // SAFETY: low I/O passes the live request.
    let Some(request) = (unsafe { Live::from_nullable(context) }) else {
        return STATUS_SUCCESS;
    };
    let low_io = context::low_io(request);
    let mut next = follow!(low_io => ParamsFor.Locks.Range.LockList);
    set!(low_io => ParamsFor.Locks.Range.LockList, core::ptr::null_mut());
    while let Some(range) = next {
        next = follow!(range => Next);
        pool::free(range, RX_BUFFERED_LOCK_POOLTAG);
    }
    // SAFETY: as above.
    unsafe { unlock_done(context) }
}

/// A handle goes: its locks and its waiting requests go with it.
pub(crate) fn unlock_all_at_cleanup(context: Context, file: File, file_object: Live<FILE_OBJECT>) {
    cancel_waiters(file.fcb, file_object);
    let any = {
        let _held = spin::acquire(addr!(file.fcb.extra() => lock_list_lock));
        members(file.fcb).any(|held| get!(held => owner).file_object == file_object.as_ptr())
    };
    if any {
        // A cleanup waits, so this is finished when it returns; what the server says changes nothing.
        unlock_all(context, file, |owner| {
            owner.file_object == file_object.as_ptr()
        });
    }
}

/// The FCB goes: no lock of it can be left but one that was never answered.
pub(crate) fn forget_all(file: Fcb) {
    while let Some(member) = list::pop_front(addr!(file.extra() => locks)) {
        pool::free(
            list::container!(member, Held, link),
            RX_BUFFERED_LOCK_POOLTAG,
        );
    }
}

/// Gives the buffered locks of an open one after the other: `*ContinuationHandle` is NULL at first, FALSE says that there are no
/// more. A lock that was given counts as sent.
///
/// # Safety
/// The caller has the FCB of the open locked exclusively; the pointers are writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxLockEnumerator(
    SrvOpen: *mut MRX_SRV_OPEN,
    ContinuationHandle: *mut PVOID,
    FileOffset: *mut LARGE_INTEGER,
    LockRange: *mut LARGE_INTEGER,
    IsLockExclusive: *mut BOOLEAN,
) -> BOOLEAN {
    // SAFETY: the caller's promise; a MRX_SRV_OPEN begins a SRV_OPEN.
    let Some(open) = (unsafe { Live::from_nullable(SrvOpen.cast::<SRV_OPEN>()) }) else {
        return 0;
    };
    let Some(file) = crate::srv_open::file(open) else {
        return 0;
    };
    let _held = spin::acquire(addr!(file.extra() => lock_list_lock));
    let next =
        members(file).find(|held| get!(*held => open) == open.as_ptr() && !get!(*held => sent));
    let Some(held) = next else { return 0 };
    set!(held => sent, true);
    let range = range_of(held);
    // SAFETY: the caller's promise.
    unsafe { ContinuationHandle.write(held.as_ptr().cast()) };
    // SAFETY: the caller's promise.
    unsafe {
        FileOffset.write(LARGE_INTEGER {
            QuadPart: range.start.cast_signed(),
        })
    };
    // SAFETY: the caller's promise.
    unsafe {
        LockRange.write(LARGE_INTEGER {
            QuadPart: range.length.cast_signed(),
        })
    };
    // SAFETY: the caller's promise.
    unsafe { IsLockExclusive.write(get!(held => list.ExclusiveLock)) };
    1
}

#[cfg(test)]
mod tests;
