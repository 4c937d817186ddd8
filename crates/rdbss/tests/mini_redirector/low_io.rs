//! Operations that are answered at once, later, or not at all.

use core::ptr::null_mut;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use nt::Status;
use nt::pool::{PoolArc, PoolBuf, Tag};
use rdbss::raw::*;
use rdbss::{Answering, Completion, LowIo, Outcome};

use crate::fake_library::{CANCELLED, Call, calls};
use crate::mini::{Mini, plan};
use crate::world::World;

/// Parameters of a read into a buffer.
fn read_into(buffer: *mut MDL) -> LOWIO_PARAMS {
    let read = LOWIO_READ_WRITE {
        Flags: 0,
        Buffer: buffer,
        ByteOffset: 4096,
        ByteCount: 64,
        Key: 0,
        NonPagedFcb: null_mut(),
    };
    LOWIO_PARAMS { ReadWrite: read }
}

fn read(world: &World, buffer: *mut MDL) -> Status {
    world.low_io(LOWIO_OP_READ, read_into(buffer));
    world.call(world.table.MRxLowIOSubmit[usize::from(LOWIO_OP_READ)])
}

/// Has a read without buffer pended; its completion.
fn pended_read(world: &World) -> Completion<Mini> {
    pended_read_into(world, null_mut())
}

/// Has a read pended; its completion.
fn pended_read_into(world: &World, buffer: *mut MDL) -> Completion<Mini> {
    let kept = Arc::new(Mutex::new(None));
    let keep = Arc::clone(&kept);
    plan(
        &world.script.read,
        Box::new(move |operation| {
            let (pended, completion) = operation.pend();
            *keep.lock().unwrap() = Some(completion);
            LowIo::Pending(pended)
        }),
    );
    assert_eq!(read(world, buffer), Status::PENDING);
    assert_eq!(calls(), []);
    kept.lock().unwrap().take().unwrap()
}

fn completed(status: Status, information: usize) -> [Call; 1] {
    [Call::LowIoCompletion {
        status: status.0,
        information,
    }]
}

#[test]
fn a_finished_read_is_not_completed_again() {
    let world = World::new();
    plan(
        &world.script.read,
        Box::new(|_| LowIo::Done {
            status: Status::END_OF_FILE,
            information: 5,
        }),
    );
    assert_eq!(read(&world, null_mut()), Status::END_OF_FILE);
    assert_eq!(world.context().InformationToReturn, 5);
    assert_eq!(calls(), []);
}

#[test]
fn a_pended_read_is_completed_once() {
    let world = World::new();
    pended_read(&world).complete(Status::SUCCESS, 512);
    assert_eq!(calls(), completed(Status::SUCCESS, 512));
}

#[test]
fn a_completion_may_come_before_the_callback_returns() {
    let world = World::new();
    plan(
        &world.script.read,
        Box::new(|operation| {
            let (pended, completion) = operation.pend();
            completion.complete(Status::SUCCESS, 1);
            LowIo::Pending(pended)
        }),
    );
    assert_eq!(read(&world, null_mut()), Status::PENDING);
    assert_eq!(calls(), completed(Status::SUCCESS, 1));
}

#[test]
fn a_dropped_completion_ends_the_read_with_an_error() {
    let world = World::new();
    drop(pended_read(&world));
    assert_eq!(calls(), completed(Status::REQUEST_ABORTED, 0));
}

#[test]
fn a_pended_read_stays_pending_whatever_is_returned() {
    let world = World::new();
    plan(
        &world.script.read,
        Box::new(|operation| {
            drop(operation.pend());
            LowIo::failed(Status::IO_TIMEOUT)
        }),
    );
    assert_eq!(read(&world, null_mut()), Status::PENDING);
    assert_eq!(calls(), completed(Status::REQUEST_ABORTED, 0));
}

#[test]
fn a_promise_that_nobody_keeps_is_an_error() {
    let world = World::new();
    plan(
        &world.script.read,
        Box::new(|_| LowIo::failed(Status::PENDING)),
    );
    assert_eq!(read(&world, null_mut()), Status::INTERNAL_ERROR);
}

#[test]
fn a_cancelled_read_names_its_cookie_and_still_ends_once() {
    let world = World::new();
    let completion = pended_read(&world);
    completion.set_cancel_cookie(0x1_0000_0007).unwrap();
    assert_eq!(
        completion.set_cancel_cookie(8),
        Err(Status::INVALID_DEVICE_STATE)
    );
    let routine = world.context().MRxCancelRoutine;
    assert_eq!(world.call(routine), Status::SUCCESS);
    assert_eq!(*world.script.cancelled.lock().unwrap(), [0x1_0000_0007]);
    completion.complete(Status::CANCELLED, 0);
    assert!(world.context().MRxCancelRoutine.is_none());
    assert_eq!(calls(), completed(Status::CANCELLED, 0));
}

#[test]
fn a_read_that_is_cancelled_already_does_not_start() {
    let world = World::new();
    let completion = pended_read(&world);
    CANCELLED.store(true, Ordering::Relaxed);
    assert_eq!(completion.set_cancel_cookie(1), Err(Status::CANCELLED));
    completion.complete(Status::CANCELLED, 0);
}

#[test]
fn a_transfer_of_nothing_has_no_buffer() {
    let world = World::new();
    let completion = pended_read(&world);
    assert!(completion.buffer().is_none());
    let completion = completion.into_read().err().unwrap();
    completion.complete(Status::SUCCESS, 0);
}

#[test]
fn the_buffer_of_a_read_is_not_lent_as_that_of_a_write() {
    let world = World::new();
    let mdl = nt::mdl::Mdl::new(PoolBuf::zeroed(Tag::new(b"Test"), 64).unwrap()).unwrap();
    let buffer = nt::mdl::LockedMemory::mdl(&mdl).as_ptr();
    let completion = pended_read_into(&world, buffer).into_write().err().unwrap();
    assert_eq!(completion.buffer().map(|buffer| buffer.len()), Some(64));
    completion
        .into_read()
        .ok()
        .unwrap()
        .into_completion()
        .complete(Status::SUCCESS, 64);
    assert_eq!(calls(), completed(Status::SUCCESS, 64));
}

/// Counts up, and answers with the count.
struct Counter(AtomicU32);

impl Outcome for Counter {
    fn outcome(&mut self) -> (Status, usize) {
        (Status::SUCCESS, *self.0.get_mut() as usize)
    }
}

#[test]
fn a_shared_operation_is_answered_by_the_last_one_to_let_go() {
    let world = World::new();
    let answering = Answering::new(pended_read(&world), Counter(AtomicU32::new(0)));
    let one = PoolArc::new(Tag::new(b"Test"), answering).unwrap();
    let other = one.clone();
    one.0.fetch_add(3, Ordering::Relaxed);
    drop(one);
    assert_eq!(calls(), []);
    other.0.fetch_add(4, Ordering::Relaxed);
    drop(other);
    assert_eq!(calls(), completed(Status::SUCCESS, 7));
}

#[test]
fn an_unlock_of_several_ranges_gives_each() {
    let world = World::new();
    let entry = |next, offset| LOWIO_LOCK_LIST {
        Next: next,
        LockNumber: 0,
        ByteOffset: offset,
        Length: 10,
        ExclusiveLock: 1,
        Key: 3,
    };
    let mut last = entry(null_mut(), 200);
    let mut first = entry(&mut last, 100);
    let ranges = LOWIO_LOCKS {
        Range: LOWIO_LOCKS_RANGE {
            LockList: &mut first,
        },
        Flags: 0,
        ByteOffset: 0,
        Key: 0,
    };
    world.low_io(LOWIO_OP_UNLOCK_MULTIPLE, LOWIO_PARAMS { Locks: ranges });
    plan(
        &world.script.unlock_multiple,
        Box::new(|ranges| {
            let offsets: Vec<i64> = ranges.iter().map(|range| range.offset).collect();
            assert_eq!(offsets, [100, 200]);
            LowIo::Done {
                status: Status::SUCCESS,
                information: 0,
            }
        }),
    );
    let routine = world.table.MRxLowIOSubmit[usize::from(LOWIO_OP_UNLOCK_MULTIPLE)];
    assert_eq!(world.call(routine), Status::SUCCESS);
}
