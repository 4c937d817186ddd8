//! Queries, changes, and controls of the device.

use core::ptr::NonNull;
use std::sync::Arc;

use nt::Status;
use rdbss::Controlled;
use rdbss::info::RenameTarget;
use rdbss::raw::*;

use crate::mini::plan;
use crate::world::{World, unicode, zeroed};

/// Makes the request one of information, with a buffer.
fn buffer(world: &World, class: u32, bytes: &mut [u8]) {
    world.context().Common.Info = RX_INFO {
        InformationClass: class,
        Buffer: bytes.as_mut_ptr().cast(),
        LengthRemaining: bytes.len() as i32,
        ReplaceIfExists: 1,
        AdvanceOnly: 0,
    };
}

fn remaining(world: &World) -> i32 {
    // SAFETY: a request of information.
    unsafe { world.context().Common.Info.LengthRemaining }
}

#[test]
fn a_query_counts_down_what_remains() {
    let world = World::new();
    let mut bytes = [0; 40];
    buffer(&world, 4, &mut bytes);
    plan(
        &world.script.query_file_info,
        Box::new(|query| {
            assert_eq!(query.class(), 4);
            query.output().write(&[9; 10])
        }),
    );
    assert_eq!(world.call(world.table.MRxQueryFileInfo), Status::SUCCESS);
    assert_eq!((remaining(&world), &bytes[8..12]), (30, &[9, 9, 0, 0][..]));
}

#[test]
fn an_asynchronous_query_that_may_not_block_is_posted() {
    let world = World::new();
    world.context().Flags = RX_CONTEXT_FLAG_ASYNC_OPERATION;
    assert_eq!(world.call(world.table.MRxQueryFileInfo), Status::PENDING);
    assert_eq!(world.context().PostRequest, 1);
}

#[test]
fn an_asynchronous_query_that_may_block_becomes_synchronous() {
    let world = World::new();
    world.context().Flags = RX_CONTEXT_FLAG_ASYNC_OPERATION | RX_CONTEXT_FLAG_WAIT;
    plan(
        &world.script.query_file_info,
        Box::new(|_| Err(Status::INVALID_PARAMETER)),
    );
    assert_eq!(
        world.call(world.table.MRxQueryFileInfo),
        Status::INVALID_PARAMETER
    );
    assert_eq!(
        (world.context().Flags, world.context().PostRequest),
        (RX_CONTEXT_FLAG_WAIT, 0)
    );
}

#[test]
fn a_security_descriptor_that_does_not_fit_tells_its_size() {
    let world = World::new();
    let mut bytes = [0; 8];
    buffer(&world, 0, &mut bytes);
    world.context().Params.QuerySecurity = RX_QUERY_SECURITY {
        SecurityInformation: 4,
        Length: 8,
    };
    plan(
        &world.script.query_security,
        Box::new(|query| query.answer(&[1; 20])),
    );
    assert_eq!(
        world.call(world.table.MRxQuerySdInfo),
        Status::BUFFER_OVERFLOW
    );
    assert_eq!((world.context().InformationToReturn, bytes), (20, [0; 8]));
    plan(
        &world.script.query_security,
        Box::new(|query| query.answer(&[1; 5])),
    );
    assert_eq!(world.call(world.table.MRxQuerySdInfo), Status::SUCCESS);
    assert_eq!(
        (world.context().InformationToReturn, bytes),
        (5, [1, 1, 1, 1, 1, 0, 0, 0])
    );
}

/// Makes the request a rename whose target's directory RDBSS has opened, in `net_root`.
fn rename_to(world: &World, name: &str, net_root: *mut MRX_NET_ROOT) {
    let memory = NonNull::new(zeroed::<[u64; 90]>().cast()).unwrap();
    // SAFETY: zeroed memory, longer than any FCB.
    let target = unsafe { FcbRef::stamp(memory, world.fcb.layout()) };
    // SAFETY: our own memory.
    unsafe { (*target.head()).NodeTypeCode = RDBSS_NTC_OPENTARGETDIR_FCB };
    // SAFETY: our own memory.
    unsafe { (*target.mrx()).pNetRoot = net_root };
    // SAFETY: our own memory.
    unsafe { (*target.body()).PrivateAlreadyPrefixedName = unicode(name) };
    let file = zeroed::<FILE_OBJECT>();
    // SAFETY: our own memory.
    unsafe { (*file).FsContext = target.as_ptr().cast() };
    let location = zeroed::<IO_STACK_LOCATION>();
    // SAFETY: our own memory.
    let parameters = unsafe { &mut (*location).Parameters };
    parameters.SetFile.FileObject = file;
    world.context().CurrentIrp = zeroed();
    world.context().CurrentIrpSp = location;
}

#[test]
fn a_rename_into_another_directory_has_the_path_that_rdbss_keeps() {
    let world = World::new();
    let mut bytes = [0; 24];
    buffer(&world, 10, &mut bytes);
    rename_to(&world, r"\other\name", world.net_root);
    let expected: Vec<u16> = r"\other\name".encode_utf16().collect();
    plan(
        &world.script.set_file_info,
        Box::new(move |set| {
            assert!(set.replaces_existing());
            assert_eq!(set.target()?, RenameTarget::Path(&expected));
            Ok(())
        }),
    );
    assert_eq!(world.call(world.table.MRxSetFileInfo), Status::SUCCESS);
}

#[test]
fn a_rename_into_another_share_is_refused() {
    let world = World::new();
    rename_to(&world, r"\name", zeroed::<NET_ROOT>().cast());
    plan(
        &world.script.set_file_info,
        Box::new(|set| set.target().map(|_| ())),
    );
    assert_eq!(
        world.call(world.table.MRxSetFileInfo),
        Status::NOT_SAME_DEVICE
    );
}

/// Makes the request a control of the device.
fn control(world: &World, code: u32, bytes: &mut [u8]) {
    let parameters = XXCTL_LOWIO_COMPONENT {
        Flags: 0,
        ControlCode: code,
        InputBufferLength: 2,
        pInputBuffer: bytes.as_mut_ptr().cast(),
        OutputBufferLength: bytes.len() as u32,
        pOutputBuffer: bytes.as_mut_ptr().cast(),
        MinorFunction: 0,
    };
    world.low_io(0, LOWIO_PARAMS { IoCtl: parameters });
}

#[test]
fn a_buffered_control_is_answered_over_its_input() {
    let world = World::new();
    let mut bytes = [1, 2, 0, 0];
    control(&world, 0x0028_0000, &mut bytes);
    plan(
        &world.script.device_control,
        Box::new(|control| {
            let sum: u8 = control.input()?.iter().sum();
            assert_eq!(control.answer(&[0; 5]), Err(Status::BUFFER_TOO_SMALL));
            control.answer(&[sum, 7, 7])?;
            Ok(Controlled::Done)
        }),
    );
    assert_eq!(
        world.call(world.table.MRxDevFcbXXXControlFile),
        Status::SUCCESS
    );
    assert_eq!(
        (world.context().InformationToReturn, bytes),
        (3, [3, 7, 7, 0])
    );
}

#[test]
fn the_input_of_a_control_can_be_wiped_and_nothing_beyond_it() {
    let world = World::new();
    let mut bytes = [1, 2, 3, 4];
    control(&world, 0x0028_0000, &mut bytes);
    plan(
        &world.script.device_control,
        Box::new(|control| {
            control.wipe_input();
            assert_eq!(control.input()?, [0, 0]);
            Ok(Controlled::Done)
        }),
    );
    assert_eq!(
        world.call(world.table.MRxDevFcbXXXControlFile),
        Status::SUCCESS
    );
    assert_eq!(bytes, [0, 0, 3, 4]);
}

#[test]
fn the_buffers_of_a_control_of_method_neither_are_not_touched() {
    let world = World::new();
    let mut bytes = [9; 4];
    control(&world, 0x0028_0003, &mut bytes);
    plan(
        &world.script.device_control,
        Box::new(|control| {
            assert_eq!(control.input(), Err(Status::NOT_SUPPORTED));
            control.wipe_input();
            control.answer(&[1]).map(|()| Controlled::Done)
        }),
    );
    assert_eq!(
        world.call(world.table.MRxDevFcbXXXControlFile),
        Status::NOT_SUPPORTED
    );
    assert_eq!(bytes, [9; 4]);
}

#[test]
fn a_control_can_be_posted() {
    let world = World::new();
    let asked = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    plan(
        &world.script.device_control,
        Box::new(move |control| {
            count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Ok(if control.may_block() {
                Controlled::Done
            } else {
                Controlled::Post
            })
        }),
    );
    assert_eq!(
        world.call(world.table.MRxDevFcbXXXControlFile),
        Status::PENDING
    );
    assert_eq!(world.context().PostRequest, 1);
    world.context().Flags = RX_CONTEXT_FLAG_IN_FSP;
    assert_eq!(
        world.call(world.table.MRxDevFcbXXXControlFile),
        Status::SUCCESS
    );
    assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 2);
}
