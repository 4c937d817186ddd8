//! Connecting to servers and shares, and the life of their states.

use core::ptr::null_mut;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use nt::Status;
use rdbss::connect::{ShareParameters, SrvCallLink};
use rdbss::raw::*;

use crate::fake_library::{Call, POST_STATUS, calls};
use crate::mini::plan;
use crate::world::{World, zeroed};

static CALLBACKS: AtomicUsize = AtomicUsize::new(0);

unsafe extern "C" fn srv_call_callback(_: *mut MRX_SRVCALL_CALLBACK_CONTEXT) {
    CALLBACKS.fetch_add(1, Ordering::Relaxed);
}

unsafe extern "C" fn net_root_callback(_: *mut MRX_CREATENETROOT_CONTEXT) {
    CALLBACKS.fetch_add(1, Ordering::Relaxed);
}

fn callbacks() -> usize {
    CALLBACKS.swap(0, Ordering::Relaxed)
}

/// Has the server connected; the callback context afterwards.
fn connect(world: &World) -> MRX_SRVCALL_CALLBACK_CONTEXT {
    let down = zeroed::<MRX_SRVCALLDOWN_STRUCTURE>();
    // SAFETY: our own memory.
    let down = unsafe { &mut *down };
    down.SrvCall = world.srv_call;
    down.CallBack = Some(srv_call_callback);
    let callback = zeroed::<MRX_SRVCALL_CALLBACK_CONTEXT>();
    // SAFETY: our own memory.
    unsafe { (*callback).SrvCalldownStructure = down };
    // SAFETY: our own memory.
    unsafe { (*callback).RxDeviceObject = world.device };
    // SAFETY: as RDBSS calls it.
    let status = unsafe { world.table.MRxCreateSrvCall.unwrap()(world.srv_call, callback) };
    assert_eq!(Status(status), Status::PENDING);
    // SAFETY: our own memory.
    unsafe { *callback }
}

fn notify(world: &World, winner: u8, context: PVOID) -> Status {
    // SAFETY: as RDBSS calls it.
    Status(unsafe { world.table.MRxSrvCallWinnerNotify.unwrap()(world.srv_call, winner, context) })
}

fn finalize_srv_call(world: &World) {
    // SAFETY: as RDBSS calls it.
    unsafe { world.table.MRxFinalizeSrvCall.unwrap()(world.srv_call, 0) };
}

fn succeed(world: &World) {
    let script = Arc::clone(&world.script);
    plan(
        &world.script.create_srv_call,
        Box::new(move |completion| completion.complete(Ok(script.state()))),
    );
}

#[test]
fn a_servers_state_lives_from_the_notice_to_the_finalization() {
    let world = World::new();
    callbacks();
    succeed(&world);
    let connected = connect(&world);
    assert_eq!(
        (callbacks(), Status(connected.Status)),
        (1, Status::SUCCESS)
    );
    assert_eq!(
        notify(&world, 1, connected.RecommunicateContext),
        Status::SUCCESS
    );
    assert_eq!(world.script.live(), 1);
    finalize_srv_call(&world);
    assert_eq!(world.script.live(), 0);
    finalize_srv_call(&world);
}

#[test]
fn a_loser_drops_its_state() {
    let world = World::new();
    succeed(&world);
    let connected = connect(&world);
    assert_eq!(
        notify(&world, 0, connected.RecommunicateContext),
        Status::SUCCESS
    );
    assert_eq!(world.script.live(), 0);
    finalize_srv_call(&world);
}

#[test]
fn a_forgotten_connect_fails() {
    let world = World::new();
    callbacks();
    plan(&world.script.create_srv_call, Box::new(drop));
    let connected = connect(&world);
    assert_eq!(
        (callbacks(), Status(connected.Status)),
        (1, Status::INSUFFICIENT_RESOURCES)
    );
    assert_eq!(connected.RecommunicateContext, null_mut());
    finalize_srv_call(&world);
}

#[test]
fn a_connect_that_cannot_be_posted_fails() {
    let world = World::new();
    callbacks();
    POST_STATUS.store(Status::INSUFFICIENT_RESOURCES.0, Ordering::Relaxed);
    let connected = connect(&world);
    assert_eq!(
        (callbacks(), Status(connected.Status)),
        (1, Status::INSUFFICIENT_RESOURCES)
    );
    finalize_srv_call(&world);
}

#[test]
fn a_link_reports_breaks_until_the_server_is_finalized() {
    let world = World::new();
    let kept = Arc::new(std::sync::Mutex::new(None));
    let keep = Arc::clone(&kept);
    plan(
        &world.script.create_srv_call,
        Box::new(move |completion| {
            *keep.lock().unwrap() = completion.link();
            completion.complete(Err(Status::IO_TIMEOUT));
        }),
    );
    connect(&world);
    let link: nt::pool::PoolArc<SrvCallLink> = kept.lock().unwrap().take().unwrap();
    link.report_break(77, 1);
    assert_eq!(calls(), [Call::Break { key: 77, level: 1 }]);
    finalize_srv_call(&world);
    link.report_break(78, 0);
    assert_eq!(calls(), []);
}

/// Has the share connected; view and share status afterwards.
fn connect_share(world: &World) -> (Status, Status) {
    let create = zeroed::<MRX_CREATENETROOT_CONTEXT>();
    // SAFETY: our own memory.
    let context = unsafe { &mut *create };
    context.pVNetRoot = world.v_net_root.cast();
    context.Callback = Some(net_root_callback);
    // SAFETY: as RDBSS calls it.
    let status = unsafe { world.table.MRxCreateVNetRoot.unwrap()(create) };
    assert_eq!(Status(status), Status::PENDING);
    // SAFETY: our own memory.
    let context = unsafe { &*create };
    (
        Status(context.VirtualNetRootStatus),
        Status(context.NetRootStatus),
    )
}

fn finalize_share(world: &World) {
    // SAFETY: as RDBSS calls it.
    unsafe { world.table.MRxFinalizeVNetRoot.unwrap()(world.v_net_root, null_mut()) };
    // SAFETY: as RDBSS calls it.
    unsafe { world.table.MRxFinalizeNetRoot.unwrap()(world.net_root, null_mut()) };
}

#[test]
fn a_connected_share_is_described_and_its_states_dropped_once() {
    let world = World::new();
    callbacks();
    let script = Arc::clone(&world.script);
    let share = ShareParameters {
        cluster_size: 3000,
        ..ShareParameters::default()
    };
    plan(
        &world.script.create_v_net_root,
        Box::new(move |completion| completion.succeed(script.state(), script.state(), &share)),
    );
    assert_eq!(connect_share(&world), (Status::SUCCESS, Status::SUCCESS));
    assert_eq!((callbacks(), world.script.live()), (1, 2));
    // SAFETY: our own memory.
    let parameters = unsafe { (*world.net_root).Parameters };
    // SAFETY: described as a share of files.
    let cluster = unsafe { parameters.DiskParameters.ClusterSize };
    assert_eq!(cluster, 4096);
    finalize_share(&world);
    assert_eq!(world.script.live(), 0);
    finalize_share(&world);
}

#[test]
fn a_failed_connect_fails_a_new_share_but_not_a_used_one() {
    let world = World::new();
    callbacks();
    plan(
        &world.script.create_v_net_root,
        Box::new(|completion| completion.fail(Status::LOGON_FAILURE)),
    );
    assert_eq!(
        connect_share(&world),
        (Status::LOGON_FAILURE, Status::LOGON_FAILURE)
    );
    let script = Arc::clone(&world.script);
    plan(
        &world.script.create_v_net_root,
        Box::new(move |completion| {
            completion.succeed(script.state(), script.state(), &ShareParameters::default())
        }),
    );
    connect_share(&world);
    plan(&world.script.create_v_net_root, Box::new(drop));
    assert_eq!(
        connect_share(&world),
        (Status::INSUFFICIENT_RESOURCES, Status::SUCCESS)
    );
    assert_eq!(callbacks(), 3);
    finalize_share(&world);
}

#[test]
fn a_path_is_split_in_place() {
    let world = World::new();
    let mut path = crate::world::unicode(r"\server\share\file");
    let (mut share, mut rest) = (crate::world::unicode(""), crate::world::unicode(""));
    // SAFETY: as RDBSS calls it.
    unsafe {
        world.table.MRxExtractNetRootName.unwrap()(&mut path, world.srv_call, &mut share, &mut rest)
    };
    assert_eq!((share.Length, rest.Length), (12, 10));
    assert_eq!(share.Buffer, path.Buffer.wrapping_add(7));
    // SAFETY: as RDBSS calls it; the rest is optional.
    unsafe {
        world.table.MRxExtractNetRootName.unwrap()(
            &mut path,
            world.srv_call,
            &mut share,
            null_mut(),
        )
    };
}
