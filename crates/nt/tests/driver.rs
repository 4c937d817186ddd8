//! What needs a device: work items, links, files, IRPs; and the registry.

mod support;

use nt::device::{DeviceObject, SymbolicLink};
use nt::file::Create;
use nt::pool::Tag;
use nt::registry::Key;
use nt::string::{Unicode, UnicodeString};
use nt::sync::{Event, EventKind, EventRef};
use nt::work::WorkItem;
use nt::{Status, check, irp, sys, utf16};
use ntsim::RegistryValue;
use std::ptr::{NonNull, null_mut};
use std::sync::Arc;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::time::Duration;

const NAME: &[u16] = utf16!("\\Device\\NtTest");

/// The test driver's device.
static DEVICE: AtomicPtr<sys::DEVICE_OBJECT> = AtomicPtr::new(null_mut());
/// What the last create brought along.
static EXTENDED_ATTRIBUTES: AtomicUsize = AtomicUsize::new(0);

unsafe extern "C" fn entry(
    driver: *mut sys::DRIVER_OBJECT,
    _path: sys::PUNICODE_STRING,
) -> sys::NTSTATUS {
    let name = Unicode::new(NAME).unwrap();
    let mut device = null_mut();
    // SAFETY: the driver object and the name are valid; there is room for the device.
    let status = unsafe {
        sys::IoCreateDevice(
            driver,
            0,
            name.as_ptr(),
            sys::FILE_DEVICE_UNKNOWN,
            0,
            0,
            &mut device,
        )
    };
    if check(status).is_ok() {
        DEVICE.store(device, Ordering::Relaxed);
        // SAFETY: the driver object is ours to fill in.
        let driver = unsafe { &mut *driver };
        driver.DriverUnload = Some(unload);
        driver.MajorFunction = [Some(dispatch); 28];
    }
    status
}

unsafe extern "C" fn unload(_driver: *mut sys::DRIVER_OBJECT) {
    // SAFETY: the device was made by the entry, and nobody uses it any more.
    unsafe { sys::IoDeleteDevice(DEVICE.load(Ordering::Relaxed)) };
}

/// Completes everything at once.
unsafe extern "C" fn dispatch(
    _device: *mut sys::DEVICE_OBJECT,
    packet: *mut sys::IRP,
) -> sys::NTSTATUS {
    // SAFETY: the I/O manager gave us the packet.
    let location = unsafe { irp::current_stack_location(packet) };
    // SAFETY: as above.
    let location = unsafe { &*location };
    let mut information = 0;
    if u32::from(location.MajorFunction) == sys::IRP_MJ_CREATE {
        // SAFETY: the parameters are those of a create.
        let length = unsafe { location.Parameters.Create }.EaLength;
        EXTENDED_ATTRIBUTES.store(length as usize, Ordering::Relaxed);
        information = sys::FILE_OPENED as usize;
    }
    // SAFETY: the packet is ours, and not touched after this.
    unsafe { irp::complete(packet, Status::SUCCESS, information) };
    Status::SUCCESS.0
}

fn device() -> DeviceObject {
    let device = NonNull::new(DEVICE.load(Ordering::Relaxed)).unwrap();
    // SAFETY: the driver is loaded.
    unsafe { DeviceObject::reference(device) }
}

#[test]
fn a_work_item_runs_and_can_be_queued_again() {
    let kernel = support::boot();
    let driver = kernel.load_driver("nttest", entry).unwrap();
    let ran = Arc::new(Event::new(EventKind::Synchronization).unwrap());
    let ring = Arc::clone(&ran);
    let item = WorkItem::new(&device(), move || {
        ring.set();
    });
    let item = item.unwrap();
    for _ in 0..3 {
        assert!(item.queue());
        ran.wait();
    }
    drop((item, ran));
    driver.unload().unwrap();
}

#[test]
fn dropping_a_work_item_waits_for_its_run() {
    let kernel = support::boot();
    let driver = kernel.load_driver("nttest", entry).unwrap();
    let runs = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&runs);
    let item = WorkItem::new(&device(), move || {
        nt::time::sleep(Duration::from_millis(5));
        count.fetch_add(1, Ordering::Relaxed);
    });
    let item = item.unwrap();
    item.queue();
    drop(item);
    assert_eq!(runs.load(Ordering::Relaxed), 1);
    driver.unload().unwrap();
}

#[test]
fn a_file_is_opened_by_a_link_with_extended_attributes() {
    let kernel = support::boot();
    let driver = kernel.load_driver("nttest", entry).unwrap();
    let link = SymbolicLink::create(utf16!("\\??\\NtTest"), NAME).unwrap();
    // One FILE_FULL_EA_INFORMATION: no next one, no flags, a name of one character, a value of two.
    let list = *b"\0\0\0\0\0\x01\x02\0N\0ab";
    let create = Create {
        path: utf16!("\\??\\NtTest"),
        access: sys::SYNCHRONIZE,
        attributes: 0,
        share: 0,
        disposition: sys::FILE_OPEN,
        options: sys::FILE_SYNCHRONOUS_IO_NONALERT,
        extended_attributes: &list,
    };
    let (file, done) = create.call().unwrap();
    assert_eq!(done, sys::FILE_OPENED as usize);
    assert_eq!(EXTENDED_ATTRIBUTES.load(Ordering::Relaxed), list.len());
    drop(file);
    drop(link);
    assert!(create.call().is_err());
    driver.unload().unwrap();
}

#[test]
fn settings_are_read_by_their_type() {
    let kernel = support::boot();
    let path = "\\Registry\\Machine\\System\\NtTest\\Parameters";
    let long = "x".repeat(1000);
    kernel.set_registry(path, "Number", &RegistryValue::Dword(7));
    kernel.set_registry(path, "Text", &RegistryValue::Text(long.clone()));
    kernel.set_registry(
        path,
        "Bytes",
        &RegistryValue::Raw(sys::REG_BINARY, vec![1, 2, 3]),
    );
    kernel.set_registry(
        path,
        "Huge",
        &RegistryValue::Raw(sys::REG_BINARY, vec![0; 0x2_0000]),
    );
    let service = utf16!("\\Registry\\Machine\\System\\NtTest");
    let key = Key::open_below(service, utf16!("Parameters")).unwrap();
    assert_eq!(key.read_u32(utf16!("Number")), Ok(7));
    let text = key.read_string(utf16!("Text")).unwrap();
    assert_eq!(String::from_utf16(&text).unwrap(), long);
    assert_eq!(&*key.read_binary(utf16!("Bytes")).unwrap(), [1, 2, 3]);
    assert_eq!(
        key.read_u32(utf16!("Text")),
        Err(Status::OBJECT_TYPE_MISMATCH)
    );
    assert_eq!(
        key.read_u32(utf16!("Missing")),
        Err(Status::OBJECT_NAME_NOT_FOUND)
    );
    assert!(key.read_binary(utf16!("Huge")).is_err());
    assert!(Key::open(utf16!("\\Registry\\Machine\\Missing")).is_err());
}

#[test]
fn names_compare_as_the_kernel_sees_case() {
    let _kernel = support::boot();
    let mut name = UnicodeString::from_text("Übung").unwrap();
    assert!(nt::string::eq_ignore_case(
        &name,
        &UnicodeString::from_text("üBUNG").unwrap()
    ));
    name.make_upper_case();
    assert_eq!(String::from_utf16(&name).unwrap(), "ÜBUNG");
}

#[test]
fn stack_locations_are_reached_as_the_macros_reach_them() {
    let _kernel = support::boot();
    let packet = irp::OwnedIrp::new(2).unwrap();
    let raw = packet.as_ptr();
    // SAFETY: the packet is ours and has two locations left.
    let next = unsafe { irp::next_stack_location(raw) };
    // SAFETY: as above.
    unsafe { irp::set_completion_routine(raw, None, next.cast()) };
    // SAFETY: the location is within the packet.
    assert_eq!(unsafe { (*next).Context }, next.cast());
    // SAFETY: the packet is ours.
    let before = unsafe { irp::set_cancel_routine(raw, Some(cancel)) };
    assert!(before.is_none());
    // SAFETY: as above.
    let before = unsafe { irp::set_cancel_routine(raw, None) };
    assert!(before.is_some_and(|before| std::ptr::fn_addr_eq(before, cancel as Cancel)));
    // SAFETY: as above.
    assert!(!unsafe { irp::is_cancelled(raw) });
}

#[test]
fn a_packet_goes_to_a_driver_and_comes_back() {
    let kernel = support::boot();
    let driver = kernel.load_driver("nttest", entry).unwrap();
    let (device, packet) = (device(), irp::OwnedIrp::new(1).unwrap());
    let done = Event::new(EventKind::Notification).unwrap();
    let raw = packet.as_ptr();
    // SAFETY: the packet is ours and has a location left.
    let next = unsafe { irp::next_stack_location(raw) };
    // SAFETY: the location is within the packet.
    unsafe { (*next).MajorFunction = sys::IRP_MJ_FLUSH_BUFFERS as u8 };
    let context = done.by_ref().as_ptr().cast();
    // SAFETY: as above; the event outlives the packet's flight.
    unsafe { irp::set_completion_routine(raw, Some(completed), context) };
    // SAFETY: the device is there, and the packet's location filled.
    let status = unsafe { irp::call_driver(device.as_ptr(), raw) };
    done.wait();
    // SAFETY: the packet has come back.
    let outcome = unsafe { irp::outcome(raw) };
    assert_eq!((status, outcome), (Status::SUCCESS, (Status::SUCCESS, 0)));
    drop((device, packet, done));
    driver.unload().unwrap();
}

unsafe extern "C" fn completed(
    _device: sys::PDEVICE_OBJECT,
    _packet: sys::PIRP,
    context: sys::PVOID,
) -> sys::NTSTATUS {
    // SAFETY: the context is the waiter's event.
    unsafe { EventRef::from_raw(context.cast()) }.set();
    Status::MORE_PROCESSING_REQUIRED.0
}

type Cancel = unsafe extern "C" fn(*mut sys::DEVICE_OBJECT, *mut sys::IRP);

unsafe extern "C" fn cancel(_device: *mut sys::DEVICE_OBJECT, _packet: *mut sys::IRP) {}

#[test]
fn a_users_buffer_is_locked_and_seen() {
    let _kernel = support::boot();
    let bytes = *b"user bytes";
    // SAFETY: the range is that of a local.
    let mdl = unsafe { sys::IoAllocateMdl(bytes.as_ptr().cast_mut().cast(), 10, 0, 0, null_mut()) };
    let mdl = NonNull::new(mdl).unwrap();
    // SAFETY: the MDL is new, and unlocked below.
    unsafe { nt::mdl::probe_and_lock(mdl.as_ptr(), 1, sys::_LOCK_OPERATION::IoReadAccess) }
        .unwrap();
    let mut copy = [0; 5];
    // SAFETY: the pages are locked, and nobody else uses the MDL.
    let view = unsafe { nt::mdl::MdlRef::from_raw(mdl) };
    view.copy_to(5, &mut copy).unwrap();
    assert_eq!(&copy, b"bytes");
    // SAFETY: locked above.
    unsafe { sys::MmUnlockPages(mdl.as_ptr()) };
    // SAFETY: not used any more.
    unsafe { sys::IoFreeMdl(mdl.as_ptr()) };
}

/// The tag shows in leak reports.
#[test]
fn a_leak_is_reported_with_its_tag() {
    let kernel = support::boot();
    let leaked = nt::pool::PoolBox::new(Tag::new(b"Leak"), 7).unwrap();
    assert!(kernel.leaks().to_string().contains("Leak"));
    drop(leaked);
    assert!(kernel.leaks().is_clean());
}
