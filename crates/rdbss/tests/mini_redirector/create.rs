//! Opening and closing files, and the life of their states.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use nt::Status;
use rdbss::OpenReply;
use rdbss::create::{CreateInformation, FcbInit, FileKind};
use rdbss::flags::Buffering;
use rdbss::raw::*;

use crate::fake_library::{Call, calls};
use crate::mini::{Mini, Script, plan};
use crate::world::World;

fn reply(script: &Script, key: usize) -> OpenReply<Mini> {
    OpenReply {
        srv_open: script.state(),
        fobx: script.state(),
        key,
        information: CreateInformation::Created,
        buffering: Buffering::READ,
        fcb: FcbInit {
            kind: FileKind::File,
            attributes: 0x20,
            links: 1,
            creation_time: 1,
            last_access_time: 2,
            last_write_time: 3,
            last_change_time: 4,
            allocation_size: 100,
            end_of_file: 5000,
        },
        is_newer: false,
    }
}

fn open(world: &World, key: usize) -> Status {
    let script = Arc::clone(&world.script);
    plan(
        &world.script.create,
        Box::new(move |create| create.open(reply(&script, key))),
    );
    world.call(world.table.MRxCreate)
}

fn close(world: &World) -> Status {
    world.call(world.table.MRxCloseSrvOpen)
}

fn free_handle(world: &World) {
    // SAFETY: as RDBSS calls it.
    unsafe { world.table.MRxDeallocateForFobx.unwrap()(world.context().pFobx) };
}

const FINISHED: Call = Call::FinishFcb {
    kind: FileTypeFile,
    allocation: 5000,
    size: 5000,
};

#[test]
fn an_open_file_has_its_key_buffering_and_handle() {
    let world = World::new();
    assert_eq!(open(&world, 42), Status::SUCCESS);
    assert_eq!(calls(), [Call::CreateFobx, FINISHED]);
    // SAFETY: our own memory.
    let srv_open = unsafe { &*world.srv_open };
    assert_eq!(
        (srv_open.Key.addr(), srv_open.BufferingFlags),
        (42, Buffering::READ.bits())
    );
    // SAFETY: a create's parameters.
    let information = unsafe { world.context().Params.Create.ReturnedCreateInformation };
    // SAFETY: made by the create.
    let next_ea = unsafe { (*world.context().pFobx).OffsetOfNextEaToReturn };
    assert_eq!((information, next_ea), (2, 1));
    assert_eq!(world.script.live(), 2);
    close(&world);
    free_handle(&world);
}

#[test]
fn the_states_of_a_file_are_dropped_once_each() {
    let world = World::new();
    open(&world, 1);
    assert_eq!(close(&world), Status::NETWORK_NAME_DELETED);
    assert_eq!(
        (
            world.script.live(),
            world.script.closes.load(Ordering::Relaxed)
        ),
        (1, 1)
    );
    assert_eq!(close(&world), Status::SUCCESS);
    assert_eq!(world.script.closes.load(Ordering::Relaxed), 1);
    free_handle(&world);
    assert_eq!(world.script.live(), 0);
    free_handle(&world);
}

#[test]
fn an_open_that_is_never_closed_is_dropped_when_it_is_forced() {
    let world = World::new();
    open(&world, 1);
    // SAFETY: as RDBSS calls it.
    unsafe { world.table.MRxForceClosed.unwrap()(world.srv_open) };
    free_handle(&world);
    assert_eq!(world.script.live(), 0);
}

#[test]
fn keys_that_rdbss_uses_itself_are_refused() {
    for key in [0, usize::MAX] {
        let world = World::new();
        assert_eq!(open(&world, key), Status::INVALID_PARAMETER);
        assert_eq!((calls(), world.script.live()), (vec![], 0));
    }
}

#[test]
fn sizes_of_a_file_that_is_open_already_are_left_alone() {
    let world = World::new();
    // SAFETY: our own memory.
    let fcb = unsafe { &mut *world.fcb.mrx() };
    fcb.OpenCount = 1;
    fcb.FcbState = FCB_STATE_TIME_AND_SIZE_ALREADY_SET;
    open(&world, 1);
    assert_eq!(calls(), [Call::CreateFobx]);
    close(&world);
    free_handle(&world);
}

#[test]
fn every_version_of_fcb_is_opened() {
    for layout in [
        FcbLayout::V1,
        FcbLayout::V2,
        FcbLayout::V3,
        FcbLayout::V4,
        FcbLayout::V5,
    ] {
        let world = World::with_layout(layout);
        let script = Arc::clone(&world.script);
        plan(
            &world.script.create,
            Box::new(move |create| {
                assert!(create.fcb()?.set_context(script.state()).is_ok());
                assert_eq!(create.fcb()?.net_root().unwrap().share_name().len(), 6);
                create.open(reply(&script, 1))
            }),
        );
        assert_eq!(world.call(world.table.MRxCreate), Status::SUCCESS);
        close(&world);
        free_handle(&world);
        assert_eq!(world.script.live(), 1);
        // SAFETY: as RDBSS calls it.
        unsafe { world.table.MRxDeallocateForFcb.unwrap()(world.fcb.as_ptr()) };
        assert_eq!(world.script.live(), 0);
    }
}

#[test]
fn an_fcb_of_an_unknown_version_is_refused() {
    let world = World::new();
    // SAFETY: our own memory.
    unsafe { (*world.fcb.head()).ReservedAndVersion = 6 << 4 };
    assert_eq!(open(&world, 1), Status::REVISION_MISMATCH);
    assert_eq!(world.script.live(), 0);
}

#[test]
fn the_fcb_is_released_around_a_wait_and_held_again() {
    let world = World::new();
    plan(
        &world.script.create,
        Box::new(|create| {
            create.release_fcb(|_| {
                assert_eq!(calls(), [Call::ReleaseFcb]);
                create.release_fcb(|_| ()).unwrap();
                assert_eq!(calls(), []);
            })?;
            Err(Status::OBJECT_NAME_NOT_FOUND)
        }),
    );
    assert_eq!(
        world.call(world.table.MRxCreate),
        Status::OBJECT_NAME_NOT_FOUND
    );
    assert_eq!(calls(), [Call::AcquireFcb]);
}

#[test]
fn a_create_never_pends() {
    let world = World::new();
    plan(&world.script.create, Box::new(|_| Err(Status::PENDING)));
    assert_eq!(world.call(world.table.MRxCreate), Status::INTERNAL_ERROR);
}

#[test]
fn a_collapsed_open_gets_a_handle_with_a_state() {
    let world = World::new();
    assert_eq!(
        world.call(world.table.MRxShouldTryToCollapseThisOpen),
        Status::SUCCESS
    );
    assert_eq!(world.call(world.table.MRxCollapseOpen), Status::SUCCESS);
    assert_eq!((calls(), world.script.live()), (vec![Call::CreateFobx], 1));
    free_handle(&world);
}

#[test]
fn a_break_changes_the_opens_buffering_and_tells_rdbss() {
    let world = World::new();
    for (level, expected) in [(1_usize, Buffering::READ), (0, Buffering::empty())] {
        let mut state = 0xffff_ffff;
        let level = core::ptr::without_provenance_mut(level);
        // SAFETY: as RDBSS calls it.
        let status = unsafe {
            world.table.MRxComputeNewBufferingState.unwrap()(world.srv_open, level, &mut state)
        };
        assert_eq!((Status(status), state), (Status::SUCCESS, expected.bits()));
        // SAFETY: our own memory.
        assert_eq!(unsafe { (*world.srv_open).BufferingFlags }, expected.bits());
    }
}

#[test]
fn an_extended_file_has_at_least_its_size_allocated() {
    let world = World::new();
    let mut size = LARGE_INTEGER { QuadPart: 1000 };
    let mut allocation = LARGE_INTEGER { QuadPart: 0 };
    // SAFETY: as RDBSS calls it.
    let status = unsafe {
        world.table.MRxExtendForCache.unwrap()(world.context, &mut size, &mut allocation)
    };
    // SAFETY: any bits are a number.
    assert_eq!((status, unsafe { allocation.QuadPart }), (0, 1000));
}
