//! Waiting. One lock guards the state of all waitable objects; a waiter hangs one block per object into that object's
//! list and sleeps until a signaller takes the blocks out and says which object it was.

use super::time;
use crate::irql;
use crate::mode;
use crate::sys::*;
use crate::verifier::{Place, broken};
use core::panic::Location;
use core::ptr;
use core::sync::atomic::{AtomicI32, Ordering};
use parking_lot::{Mutex, MutexGuard};
use std::thread::{self, Thread};
use std::time::Instant;

/// Types in a dispatcher header.
pub(crate) const TYPE_NOTIFICATION_EVENT: u8 = 0;
pub(crate) const TYPE_SYNCHRONIZATION_EVENT: u8 = 1;
pub(crate) const TYPE_SEMAPHORE: u8 = 5;
pub(crate) const TYPE_THREAD: u8 = 6;
pub(crate) const TYPE_NOTIFICATION_TIMER: u8 = 8;
pub(crate) const TYPE_SYNCHRONIZATION_TIMER: u8 = 9;

static DISPATCHER: Mutex<()> = Mutex::new(());

/// No object has been signalled for this waiter yet.
const WAITING: i32 = -1;

struct Waiter {
    /// [`WAITING`], or the index of the object that ended the wait.
    outcome: AtomicI32,
    thread: Thread,
    all: bool,
    blocks: *mut Block,
    count: usize,
}

#[repr(C)]
struct Block {
    /// First, so that a list entry is a block.
    entry: LIST_ENTRY,
    object: *mut DISPATCHER_HEADER,
    waiter: *const Waiter,
    key: i32,
}

const EMPTY_BLOCK: Block = Block {
    entry: LIST_ENTRY {
        Flink: ptr::null_mut(),
        Blink: ptr::null_mut(),
    },
    object: ptr::null_mut(),
    waiter: ptr::null(),
    key: 0,
};

/// Locks the state of all waitable objects.
pub(crate) fn lock() -> MutexGuard<'static, ()> {
    DISPATCHER.lock()
}

/// A dispatcher header that is being looked at under the lock. All accesses are to memory that other threads reach only
/// under that lock too.
#[derive(Clone, Copy)]
pub(crate) struct Header(*mut DISPATCHER_HEADER);

impl Header {
    /// # Safety
    /// `object` starts with a dispatcher header that stays valid, and the dispatcher lock is held while this is used.
    pub(crate) unsafe fn new(object: *mut DISPATCHER_HEADER) -> Self {
        Self(object)
    }

    pub(crate) fn kind(self) -> u8 {
        // SAFETY: `new`'s contract; the type is the header's first byte.
        unsafe { self.0.cast::<u8>().read() }
    }

    pub(crate) fn state(self) -> i32 {
        // SAFETY: `new`'s contract.
        unsafe { (*self.0).SignalState }
    }

    pub(crate) fn set_state(self, state: i32) {
        // SAFETY: `new`'s contract.
        unsafe { (*self.0).SignalState = state };
    }

    fn list(self) -> *mut LIST_ENTRY {
        // SAFETY: `new`'s contract; no access yet.
        unsafe { &raw mut (*self.0).WaitListHead }
    }

    fn first(self) -> *mut LIST_ENTRY {
        // SAFETY: `new`'s contract.
        unsafe { (*self.0).WaitListHead.Flink }
    }

    /// Whether this was ever initialised, as far as can be told.
    fn is_sound(self) -> bool {
        let known = matches!(
            self.kind(),
            TYPE_NOTIFICATION_EVENT
                | TYPE_SYNCHRONIZATION_EVENT
                | TYPE_SEMAPHORE
                | TYPE_THREAD
                | TYPE_NOTIFICATION_TIMER
                | TYPE_SYNCHRONIZATION_TIMER
        );
        known && !self.first().is_null()
    }

    /// Takes what a satisfied wait takes.
    fn consume(self) {
        match self.kind() {
            TYPE_SYNCHRONIZATION_EVENT | TYPE_SYNCHRONIZATION_TIMER => self.set_state(0),
            TYPE_SEMAPHORE => self.set_state(self.state() - 1),
            _ => {}
        }
    }

    /// Wakes whom the present state satisfies.
    pub(crate) fn wake(self) {
        let head = self.list();
        let mut entry = self.first();
        while entry != head && self.state() > 0 {
            // SAFETY: entries of a wait list are the first fields of blocks of sleeping waiters.
            let block = unsafe { &*entry.cast::<Block>() };
            let next = block.entry.Flink;
            // SAFETY: a waiter outlives its blocks' presence in lists.
            let waiter = unsafe { &*block.waiter };
            if !waiter.all {
                self.consume();
                finish(waiter, block.key);
                // The waiter may have had another block in this list.
                entry = self.first();
            } else if satisfied(waiter) {
                consume_all(waiter);
                finish(waiter, 0);
                entry = self.first();
            } else {
                entry = next;
            }
        }
    }
}

/// Blocks of a waiter.
#[expect(
    clippy::mut_from_ref,
    reason = "the dispatcher lock makes the access exclusive"
)]
fn blocks(waiter: &Waiter) -> &mut [Block] {
    // SAFETY: the waiter's own array, touched under the dispatcher lock only.
    unsafe { core::slice::from_raw_parts_mut(waiter.blocks, waiter.count) }
}

fn header_of(block: &Block) -> Header {
    // SAFETY: waited-on objects stay valid during the wait; the caller has the lock.
    unsafe { Header::new(block.object) }
}

fn satisfied(waiter: &Waiter) -> bool {
    blocks(waiter)
        .iter()
        .all(|block| header_of(block).state() > 0)
}

fn consume_all(waiter: &Waiter) {
    blocks(waiter)
        .iter()
        .for_each(|block| header_of(block).consume());
}

/// Takes a waiter out of all lists and wakes it.
fn finish(waiter: &Waiter, key: i32) {
    unlink(waiter);
    let thread = waiter.thread.clone();
    // From here on the waiter may be gone.
    waiter.outcome.store(key, Ordering::Release);
    thread.unpark();
}

fn unlink(waiter: &Waiter) {
    for block in blocks(waiter) {
        let entry = block.entry;
        // SAFETY: neighbours in a list are valid, and the lock is held.
        unsafe { (*entry.Blink).Flink = entry.Flink };
        // SAFETY: as above.
        unsafe { (*entry.Flink).Blink = entry.Blink };
    }
}

fn link(waiter: &Waiter) {
    for block in blocks(waiter) {
        let head = header_of(block).list();
        // SAFETY: the head is valid and initialised, and the lock is held.
        let last = unsafe { (*head).Blink };
        block.entry = LIST_ENTRY {
            Flink: head,
            Blink: last,
        };
        // SAFETY: the last entry is valid.
        unsafe { (*last).Flink = &raw mut block.entry };
        // SAFETY: as above.
        unsafe { (*head).Blink = &raw mut block.entry };
    }
}

/// Writes a fresh header.
///
/// # Safety
/// There is room for a header at `object`.
pub(crate) unsafe fn initialise_header(
    object: *mut DISPATCHER_HEADER,
    kind: u8,
    words: u8,
    state: i32,
) {
    let mut header = DISPATCHER_HEADER::default();
    header.__bindgen_anon_1.__bindgen_anon_1 = _DISPATCHER_HEADER__bindgen_ty_1__bindgen_ty_1 {
        Type: kind,
        Signalling: 0,
        Size: words,
        Reserved1: 0,
    };
    header.SignalState = state;
    // SAFETY: by the contract; no access yet.
    let head = unsafe { &raw mut (*object).WaitListHead };
    header.WaitListHead = LIST_ENTRY {
        Flink: head,
        Blink: head,
    };
    // SAFETY: by the contract.
    unsafe { object.write(header) };
}

/// Sets an object's signal state and wakes its waiters. Returns the former state.
///
/// # Safety
/// `object` is an initialised dispatcher object.
pub(crate) unsafe fn signal(object: *mut DISPATCHER_HEADER, place: Place) -> i32 {
    let _host = mode::host();
    let _guard = lock();
    // SAFETY: by the contract, and the lock is held.
    let header = unsafe { Header::new(object) };
    if !header.is_sound() {
        broken!(
            Uninitialised,
            place,
            None,
            "signalled object at {object:p} was not initialised or is freed"
        );
        return 0;
    }
    let before = header.state();
    header.set_state(1);
    header.wake();
    before
}

/// Whether an object is signalled.
///
/// # Safety
/// `object` is an initialised dispatcher object.
pub(crate) unsafe fn is_signalled(object: *mut DISPATCHER_HEADER) -> bool {
    let _guard = lock();
    // SAFETY: by the contract, and the lock is held.
    unsafe { Header::new(object) }.state() > 0
}

/// Waits for objects. `deadline` None is forever.
fn wait(
    objects: &[PVOID],
    blocks: &mut [Block],
    all: bool,
    deadline: Option<Instant>,
    place: Place,
) -> NTSTATUS {
    let _host = mode::host();
    let guard = lock();
    let header = |object: &PVOID| {
        // SAFETY: the caller keeps the objects valid during the wait, and the lock is held.
        unsafe { Header::new(object.cast()) }
    };
    if let Some(bad) = objects
        .iter()
        .find(|object| object.is_null() || !header(object).is_sound())
    {
        drop(guard);
        broken!(
            Uninitialised,
            place,
            None,
            "waited on an object at {bad:p} that was not initialised or is freed"
        );
        return STATUS_INVALID_PARAMETER;
    }
    if all {
        if objects.iter().all(|object| header(object).state() > 0) {
            objects.iter().for_each(|object| header(object).consume());
            return STATUS_SUCCESS;
        }
    } else if let Some(index) = objects.iter().position(|object| header(object).state() > 0) {
        header(&objects[index]).consume();
        return index as NTSTATUS;
    }
    if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
        return STATUS_TIMEOUT;
    }
    let waiter = Waiter {
        outcome: AtomicI32::new(WAITING),
        thread: thread::current(),
        all,
        blocks: blocks.as_mut_ptr(),
        count: objects.len(),
    };
    for (key, (block, object)) in blocks.iter_mut().zip(objects).enumerate() {
        *block = Block {
            object: object.cast(),
            waiter: &raw const waiter,
            key: key as i32,
            ..EMPTY_BLOCK
        };
    }
    link(&waiter);
    drop(guard);
    loop {
        match deadline {
            None => thread::park(),
            Some(deadline) => {
                thread::park_timeout(deadline.saturating_duration_since(Instant::now()))
            }
        }
        let outcome = waiter.outcome.load(Ordering::Acquire);
        if outcome != WAITING {
            // The signaller may still look at the object, which is the caller's to free from here on.
            drop(lock());
            return outcome;
        }
        if deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            let _guard = lock();
            let outcome = waiter.outcome.load(Ordering::Acquire);
            if outcome != WAITING {
                return outcome;
            }
            unlink(&waiter);
            return STATUS_TIMEOUT;
        }
    }
}

/// Waits for one object of this kernel's own.
///
/// # Safety
/// `object` is an initialised dispatcher object that stays valid.
pub(crate) unsafe fn wait_on(
    object: *mut DISPATCHER_HEADER,
    deadline: Option<Instant>,
    place: Place,
) -> NTSTATUS {
    let mut block = [EMPTY_BLOCK];
    wait(&[object.cast()], &mut block, false, deadline, place)
}

fn check_level(deadline: Option<Instant>, service: &str, place: Place) {
    let polls = deadline.is_some_and(|deadline| deadline <= Instant::now());
    irql::at_most(
        if polls { irql::DISPATCH } else { irql::APC },
        service,
        place,
    );
}

/// Waits for an object; a time-out is relative when negative, and NULL is forever. Nothing delivers APCs or alerts here,
/// so mode and alertability make no difference.
#[track_caller]
pub unsafe fn KeWaitForSingleObject(
    Object: PVOID,
    _WaitReason: KWAIT_REASON,
    _WaitMode: KPROCESSOR_MODE,
    _Alertable: BOOLEAN,
    Timeout: PLARGE_INTEGER,
) -> NTSTATUS {
    let place = Location::caller();
    // SAFETY: the caller gives NULL or a time.
    let deadline = unsafe { time::deadline_of(Timeout) };
    check_level(deadline, "KeWaitForSingleObject", place);
    let mut block = [EMPTY_BLOCK];
    wait(&[Object], &mut block, false, deadline, place)
}

/// Waits for any or all of up to 64 objects. With WaitAny the result is STATUS_WAIT_0 plus the object's index.
#[track_caller]
pub unsafe fn KeWaitForMultipleObjects(
    Count: ULONG,
    Object: *mut PVOID,
    WaitType: WAIT_TYPE,
    _WaitReason: KWAIT_REASON,
    _WaitMode: KPROCESSOR_MODE,
    _Alertable: BOOLEAN,
    Timeout: PLARGE_INTEGER,
    WaitBlockArray: PKWAIT_BLOCK,
) -> NTSTATUS {
    let place = Location::caller();
    // SAFETY: the caller gives NULL or a time.
    let deadline = unsafe { time::deadline_of(Timeout) };
    check_level(deadline, "KeWaitForMultipleObjects", place);
    if Count == 0
        || Count > MAXIMUM_WAIT_OBJECTS
        || (Count > THREAD_WAIT_OBJECTS && WaitBlockArray.is_null())
    {
        return STATUS_INVALID_PARAMETER;
    }
    // SAFETY: the caller gives an array of `Count` objects.
    let objects = unsafe { core::slice::from_raw_parts(Object, Count as usize) };
    let mut blocks = [EMPTY_BLOCK; MAXIMUM_WAIT_OBJECTS as usize];
    wait(
        objects,
        &mut blocks,
        WaitType == _WAIT_TYPE::WaitAll,
        deadline,
        place,
    )
}
