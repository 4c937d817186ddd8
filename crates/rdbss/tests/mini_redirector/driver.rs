//! DriverEntry, DriverUnload, and the way of an IRP.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use nt::Status;
use nt::device::SymbolicLink;
use ntsim::{Config, Kernel};
use rdbss::raw::*;

use crate::fake_library::{self, Call, START_STATUS, calls};
use crate::mini::Script;
use crate::world::{World, load, settings, zeroed};

fn registered() -> Call {
    let name = r"\Device\Mini".encode_utf16().collect();
    Call::Register {
        name,
        controls: RX_REGISTERMINI_FLAG_DONT_PROVIDE_MAILSLOTS,
    }
}

#[test]
fn a_driver_is_loaded_and_unloaded_in_order() {
    let _kernel = Kernel::boot(Config::default());
    fake_library::reset();
    let driver = zeroed::<DRIVER_OBJECT>();
    assert_eq!(load(driver, Arc::default()), 0);
    assert_eq!(
        calls(),
        [Call::DriverEntry, registered(), Call::LinkMade, Call::Start]
    );
    // SAFETY: our own memory.
    let object = unsafe { &*driver };
    assert!(object.MajorFunction.iter().all(Option::is_some));
    // SAFETY: as the I/O manager calls it.
    unsafe { object.DriverUnload.unwrap()(driver) };
    assert_eq!(
        calls(),
        [
            Call::Stop,
            Call::Unregister,
            Call::LinkDeleted,
            Call::Unload
        ]
    );
}

#[test]
fn a_driver_whose_link_exists_already_is_unregistered() {
    let _kernel = Kernel::boot(Config::default());
    let names = settings();
    let _taken = SymbolicLink::create(names.link_name, names.device_name).unwrap();
    fake_library::reset();
    let script: Arc<Script> = Arc::default();
    let driver = zeroed::<DRIVER_OBJECT>();
    assert_eq!(
        Status(load(driver, Arc::clone(&script))),
        Status::OBJECT_NAME_COLLISION
    );
    assert_eq!(
        calls(),
        [
            Call::DriverEntry,
            registered(),
            Call::Unregister,
            Call::Unload
        ]
    );
    assert_eq!(Arc::strong_count(&script), 1);
    // SAFETY: our own memory.
    assert!(unsafe { (*driver).DriverUnload }.is_none());
}

#[test]
fn a_driver_that_does_not_start_leaves_nothing() {
    let _kernel = Kernel::boot(Config::default());
    fake_library::reset();
    START_STATUS.store(Status::INSUFFICIENT_RESOURCES.0, Ordering::Relaxed);
    let script: Arc<Script> = Arc::default();
    assert_eq!(
        Status(load(zeroed(), Arc::clone(&script))),
        Status::INSUFFICIENT_RESOURCES
    );
    assert_eq!(
        calls(),
        [
            Call::DriverEntry,
            registered(),
            Call::LinkMade,
            Call::Start,
            Call::Unregister,
            Call::LinkDeleted,
            Call::Unload
        ]
    );
    assert_eq!(Arc::strong_count(&script), 1);
}

#[test]
fn a_start_on_a_thread_of_another_process_fails() {
    let _kernel = Kernel::boot(Config::default());
    fake_library::reset();
    START_STATUS.store(Status::PENDING.0, Ordering::Relaxed);
    assert_eq!(
        Status(load(zeroed(), Arc::default())),
        Status::INVALID_DEVICE_STATE
    );
}

/// Keeps the IRP for the test.
unsafe extern "C" fn keep(_: *mut DEVICE_OBJECT, _: *mut IRP, _: PVOID) -> i32 {
    Status::MORE_PROCESSING_REQUIRED.0
}

/// Gives the driver an IRP.
fn dispatch(world: &World, major: u32) -> Status {
    let owned = nt::irp::OwnedIrp::new(1).unwrap();
    let irp = owned.as_ptr();
    // SAFETY: the IRP has a location for one driver.
    unsafe { nt::irp::set_completion_routine(irp, Some(keep), core::ptr::null_mut()) };
    // SAFETY: as above.
    let location = unsafe { nt::irp::next_stack_location(irp) };
    // SAFETY: as above.
    unsafe { (*location).MajorFunction = major as u8 };
    // SAFETY: our own IRP.
    let tail = unsafe { &mut (*irp).Tail };
    // SAFETY: zeroed memory is any arm of the union.
    let overlay = unsafe { &mut tail.Overlay };
    let position = &mut overlay.__bindgen_anon_2.__bindgen_anon_1;
    // Makes that location the current one, as IoCallDriver does.
    position.CurrentStackLocation = location;
    // SAFETY: our own IRP.
    unsafe { (*irp).CurrentLocation -= 1 };
    // SAFETY: our own IRP.
    let outcome = unsafe { &mut (*irp).IoStatus };
    outcome.__bindgen_anon_1.Status = Status::NOT_SUPPORTED.0;
    // SAFETY: our own memory.
    let routine = unsafe { (*world.driver).MajorFunction[major as usize] };
    // SAFETY: as the I/O manager calls it.
    Status(unsafe { routine.unwrap()(world.device.cast(), irp) })
}

#[test]
fn requests_go_to_rdbss_but_those_of_plug_and_play_do_not() {
    let world = World::new();
    assert_eq!(dispatch(&world, nt::sys::IRP_MJ_CREATE), Status::SUCCESS);
    assert_eq!(calls(), [Call::FsdDispatch]);
    assert_eq!(dispatch(&world, nt::sys::IRP_MJ_PNP), Status::NOT_SUPPORTED);
    assert_eq!(calls(), []);
}
