//! A small driver that keeps one file in memory, and what users and the verifier see of it.

use super::*;
use crate::sys::*;
use crate::user::{Create, Process};
use crate::verifier::{Rule, catch};
use crate::{Config, Driver, Kernel};
use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicU32, Ordering};
use parking_lot::Mutex;

static CONTENT: Mutex<Vec<u8>> = Mutex::new(Vec::new());
/// What the driver saw: major functions in order.
static SEEN: Mutex<Vec<u8>> = Mutex::new(Vec::new());
/// A read that the driver holds back.
static HELD: AtomicPtr<IRP> = AtomicPtr::new(ptr::null_mut());
/// What the driver does to a read: see the constants.
static BEHAVIOUR: AtomicU32 = AtomicU32::new(NORMAL);
const NORMAL: u32 = 0;
const HOLD: u32 = 1;
const FORGET_TO_MARK: u32 = 2;
const FORGET_TO_COMPLETE: u32 = 3;
const COMPLETE_TWICE: u32 = 4;
const COMPLETE_PENDING: u32 = 5;
const LEAVE_CANCEL_ROUTINE: u32 = 6;
const LEAVE_IRQL: u32 = 7;

fn complete(irp: PIRP, status: NTSTATUS, information: u64) -> NTSTATUS {
    // SAFETY: the driver's IRP.
    let packet = unsafe { Packet::new(irp) };
    packet.set_status(status);
    packet.set_information(information);
    // SAFETY: as above.
    unsafe { IofCompleteRequest(irp, 0) };
    status
}

unsafe extern "C" fn cancel_read(_device: PDEVICE_OBJECT, irp: PIRP) {
    // SAFETY: the cancel spin lock is held on entry.
    unsafe { IoReleaseCancelSpinLock(Packet::new(irp).cancel_irql()) };
    complete(irp, STATUS_CANCELLED, 0);
}

fn read(irp: PIRP, location: &IO_STACK_LOCATION) -> NTSTATUS {
    // SAFETY: the driver's IRP.
    let packet = unsafe { Packet::new(irp) };
    // SAFETY: the union's member for reads.
    let (offset, length) = unsafe {
        (
            location.Parameters.Read.ByteOffset.QuadPart,
            location.Parameters.Read.Length,
        )
    };
    match BEHAVIOUR.swap(NORMAL, Ordering::SeqCst) {
        HOLD => {
            packet.here().Control |= SL_PENDING_RETURNED as u8;
            packet.exchange_cancel(Some(cancel_read));
            HELD.store(irp, Ordering::SeqCst);
            return STATUS_PENDING;
        }
        FORGET_TO_MARK => {
            complete(irp, STATUS_SUCCESS, 0);
            return STATUS_PENDING;
        }
        FORGET_TO_COMPLETE => {
            HELD.store(irp, Ordering::SeqCst);
            return STATUS_SUCCESS;
        }
        COMPLETE_TWICE => {
            complete(irp, STATUS_SUCCESS, 0);
            return complete_again(irp);
        }
        COMPLETE_PENDING => {
            complete(irp, STATUS_PENDING, 0);
        }
        LEAVE_CANCEL_ROUTINE => {
            packet.exchange_cancel(Some(cancel_read));
        }
        LEAVE_IRQL => crate::irql::set(crate::irql::APC),
        _ => {}
    }
    let content = CONTENT.lock();
    let start = (offset as usize).min(content.len());
    let data = &content[start..(start + length as usize).min(content.len())];
    if data.is_empty() && length > 0 {
        return complete(irp, STATUS_END_OF_FILE, 0);
    }
    let to = if packet.system_buffer().is_null() {
        packet.user_buffer()
    } else {
        packet.system_buffer()
    };
    let to = match packet.mdl() {
        mdl if mdl.is_null() => to,
        // SAFETY: the I/O manager locked it.
        mdl => unsafe {
            crate::mdl::MmMapLockedPagesSpecifyCache(mdl, 0, 1, ptr::null_mut(), 0, 16)
        },
    };
    // SAFETY: the requestor gave room for `length` bytes.
    unsafe {
        to.cast::<u8>()
            .copy_from_nonoverlapping(data.as_ptr(), data.len())
    };
    // SAFETY: the IRP's file object.
    let file = unsafe { &mut *location.FileObject };
    file.CurrentByteOffset.QuadPart = offset + data.len() as i64;
    let count = data.len() as u64;
    drop(content);
    complete(irp, STATUS_SUCCESS, count)
}

fn complete_again(irp: PIRP) -> NTSTATUS {
    // SAFETY: breaks the rule on purpose.
    unsafe { IofCompleteRequest(irp, 0) };
    STATUS_SUCCESS
}

unsafe extern "C" fn dispatch(_device: PDEVICE_OBJECT, irp: PIRP) -> NTSTATUS {
    // SAFETY: the driver's IRP.
    let packet = unsafe { Packet::new(irp) };
    let location = *packet.here();
    {
        let _host = crate::mode::host();
        SEEN.lock().push(location.MajorFunction);
    }
    match u32::from(location.MajorFunction) {
        IRP_MJ_READ => read(irp, &location),
        IRP_MJ_WRITE => {
            // SAFETY: the union's member for writes.
            let (offset, length) = unsafe {
                (
                    location.Parameters.Write.ByteOffset.QuadPart,
                    location.Parameters.Write.Length,
                )
            };
            let from = if packet.system_buffer().is_null() {
                packet.user_buffer()
            } else {
                packet.system_buffer()
            };
            let from = match packet.mdl() {
                mdl if mdl.is_null() => from,
                // SAFETY: the I/O manager locked it.
                mdl => unsafe {
                    crate::mdl::MmMapLockedPagesSpecifyCache(mdl, 0, 1, ptr::null_mut(), 0, 16)
                },
            };
            // SAFETY: the requestor gave so many bytes.
            let data = unsafe { core::slice::from_raw_parts(from.cast::<u8>(), length as usize) };
            let _host = crate::mode::host();
            let mut content = CONTENT.lock();
            let end = offset as usize + data.len();
            if content.len() < end {
                content.resize(end, 0);
            }
            content[offset as usize..end].copy_from_slice(data);
            drop(content);
            complete(irp, STATUS_SUCCESS, u64::from(length))
        }
        IRP_MJ_DEVICE_CONTROL => {
            // SAFETY: METHOD_BUFFERED with four bytes in and out.
            let number = unsafe { &mut *packet.system_buffer().cast::<u32>() };
            *number += 1;
            complete(irp, STATUS_SUCCESS, 4)
        }
        _ => complete(irp, STATUS_SUCCESS, u64::from(FILE_OPENED)),
    }
}

static FLAGS: AtomicU32 = AtomicU32::new(0);

fn string(units: &[u16]) -> UNICODE_STRING {
    counted(units)
}

unsafe extern "C" fn entry(driver: PDRIVER_OBJECT, _path: PUNICODE_STRING) -> NTSTATUS {
    let _host = crate::mode::host();
    let (device_name, link_name): (Vec<u16>, Vec<u16>) = (
        r"\Device\Memory".encode_utf16().collect(),
        r"\??\Memory".encode_utf16().collect(),
    );
    let (mut device_name, mut link_name) = (string(&device_name), string(&link_name));
    let mut device = ptr::null_mut();
    // SAFETY: the I/O manager's driver object.
    let object = unsafe { &mut *driver };
    object.MajorFunction = [Some(dispatch as DRIVER_DISPATCH); 28];
    object.DriverUnload = Some(unload);
    // SAFETY: all arguments are live.
    let status = unsafe {
        IoCreateDevice(
            driver,
            16,
            &raw mut device_name,
            FILE_DEVICE_UNKNOWN,
            0,
            0,
            &raw mut device,
        )
    };
    if !NT_SUCCESS(status) {
        return status;
    }
    // SAFETY: just made.
    unsafe { (*device).Flags |= FLAGS.load(Ordering::SeqCst) };
    // SAFETY: live strings.
    unsafe { IoCreateSymbolicLink(&raw mut link_name, &raw mut device_name) }
}

unsafe extern "C" fn unload(driver: PDRIVER_OBJECT) {
    let _host = crate::mode::host();
    let link_name: Vec<u16> = r"\??\Memory".encode_utf16().collect();
    let mut link_name = string(&link_name);
    // SAFETY: a live string.
    unsafe { IoDeleteSymbolicLink(&raw mut link_name) };
    // SAFETY: the driver's one device.
    unsafe { IoDeleteDevice((*driver).DeviceObject) };
}

fn start(flags: u32) -> (Kernel, Driver) {
    let kernel = Kernel::boot(Config::default());
    FLAGS.store(flags, Ordering::SeqCst);
    BEHAVIOUR.store(NORMAL, Ordering::SeqCst);
    HELD.store(ptr::null_mut(), Ordering::SeqCst);
    *CONTENT.lock() = b"0123456789".to_vec();
    SEEN.lock().clear();
    let driver = kernel.load_driver("memory", entry).unwrap();
    (kernel, driver)
}

fn open() -> crate::user::File {
    let create = Create {
        access: FILE_ALL_ACCESS,
        ..Create::open(r"\??\Memory\file")
    };
    Process::new().nt_create_file(&create).unwrap().0
}

fn open_overlapped() -> crate::user::File {
    let create = Create {
        access: FILE_ALL_ACCESS,
        options: 0,
        ..Create::open(r"\DosDevices\memory\file")
    };
    Process::new().nt_create_file(&create).unwrap().0
}

#[test]
fn a_file_is_read_and_written_in_all_three_ways_of_buffering() {
    for flags in [0, DO_BUFFERED_IO, DO_DIRECT_IO] {
        let (_kernel, driver) = start(flags);
        let file = open();
        let mut buffer = [0; 4];
        assert_eq!(file.nt_read_file(&mut buffer, None).ok(), Ok(4));
        assert_eq!(&buffer, b"0123");
        assert_eq!(file.nt_read_file(&mut buffer, None).ok(), Ok(4));
        assert_eq!(&buffer, b"4567");
        assert_eq!(file.nt_write_file(b"ab", Some(9)).ok(), Ok(2));
        assert_eq!(file.nt_read_file(&mut buffer, Some(8)).ok(), Ok(3));
        assert_eq!(&buffer[..3], b"8ab");
        assert_eq!(
            file.nt_read_file(&mut buffer, Some(20)).ok(),
            Err(STATUS_END_OF_FILE)
        );
        drop(file);
        driver.unload().unwrap();
    }
}

#[test]
fn cleanup_comes_with_the_last_handle_and_close_with_the_last_reference() {
    let (_kernel, driver) = start(0);
    let file = open();
    let object = file.object();
    crate::ob::reference(object.cast());
    drop(file);
    let create_and_cleanup = [IRP_MJ_CREATE as u8, IRP_MJ_CLEANUP as u8];
    assert_eq!(*SEEN.lock(), create_and_cleanup);
    assert_eq!(driver.unload(), Err(STATUS_FILES_OPEN));
    crate::ob::dereference(object.cast(), core::panic::Location::caller());
    assert_eq!(SEEN.lock().last(), Some(&(IRP_MJ_CLOSE as u8)));
    driver.unload().unwrap();
}

#[test]
fn what_is_being_opened_keeps_its_driver_and_what_is_being_unloaded_is_not_opened() {
    let (_kernel, driver) = start(0);
    let path: Vec<u16> = r"\Device\Memory".encode_utf16().collect();
    let resolve = || crate::ob::resolve(&path).map(|(target, _)| target);
    let entered = resolve().unwrap();
    assert_eq!(driver.unload(), Err(STATUS_FILES_OPEN));
    drop(entered);
    assert!(shut(driver.raw()));
    assert_eq!(resolve().err(), Some(STATUS_NO_SUCH_DEVICE));
    driver.unload().unwrap();
    assert_eq!(resolve().err(), Some(STATUS_OBJECT_NAME_NOT_FOUND));
}

#[test]
fn a_device_control_is_buffered() {
    let (_kernel, driver) = start(0);
    let mut answer = [0; 4];
    assert_eq!(
        open()
            .nt_device_io_control_file(0x22_0000, &7u32.to_le_bytes(), &mut answer)
            .ok(),
        Ok(4)
    );
    assert_eq!(u32::from_le_bytes(answer), 8);
    driver.unload().unwrap();
}

#[test]
fn an_overlapped_read_is_finished_by_the_driver_later() {
    let (kernel, driver) = start(DO_DIRECT_IO);
    let file = open_overlapped();
    BEHAVIOUR.store(HOLD, Ordering::SeqCst);
    let pending = file.nt_read_file_overlapped(vec![0u8; 4], 2);
    assert_eq!(pending.try_wait(), None);
    assert_eq!(kernel.stats().irps_outstanding, 1);
    let irp = HELD.load(Ordering::SeqCst);
    // SAFETY: the driver still has it.
    let packet = unsafe { Packet::new(irp) };
    packet.exchange_cancel(None);
    let location = *packet.here();
    read(irp, &location);
    let (buffer, status) = pending.wait();
    assert_eq!(
        (buffer.as_slice(), status.ok()),
        (b"2345".as_slice(), Ok(4))
    );
    drop(file);
    driver.unload().unwrap();
}

#[test]
fn an_overlapped_read_can_be_cancelled_by_request_file_or_drop() {
    let (_kernel, driver) = start(0);
    let file = open_overlapped();
    for way in 0..3 {
        BEHAVIOUR.store(HOLD, Ordering::SeqCst);
        let pending = file.nt_read_file_overlapped(vec![0u8; 4], 0);
        match way {
            0 => pending.cancel(),
            1 => assert_eq!(file.nt_cancel_io_file(), 1),
            _ => {
                drop(pending);
                continue;
            }
        }
        assert_eq!(pending.wait().1.ok(), Err(STATUS_CANCELLED));
    }
    drop(file);
    driver.unload().unwrap();
}

/// Runs one read with a misbehaving driver.
fn misbehave(behaviour: u32) -> Option<Rule> {
    let (_kernel, driver) = start(0);
    let file = open_overlapped();
    let violation = catch(|| {
        BEHAVIOUR.store(behaviour, Ordering::SeqCst);
        let pending = file.nt_read_file_overlapped(vec![0u8; 4], 0);
        let forgotten = HELD.swap(ptr::null_mut(), Ordering::SeqCst);
        if !forgotten.is_null() {
            complete(forgotten, STATUS_SUCCESS, 0);
        }
        drop(pending);
    });
    drop(file);
    driver.unload().unwrap();
    violation.map(|violation| violation.rule)
}

#[test]
fn rules_of_dispatch_and_completion() {
    for (behaviour, rule) in [
        (FORGET_TO_MARK, Rule::PendingMismatch),
        (FORGET_TO_COMPLETE, Rule::NotCompleted),
        (COMPLETE_TWICE, Rule::DoubleCompletion),
        (COMPLETE_PENDING, Rule::CompletedPending),
        (LEAVE_CANCEL_ROUTINE, Rule::CancelRoutineLeft),
        (LEAVE_IRQL, Rule::IrqlNotRestored),
    ] {
        assert_eq!(misbehave(behaviour), Some(rule));
    }
}

#[test]
fn a_drivers_own_irp_must_be_taken_back_and_have_a_location() {
    let (_kernel, driver) = start(0);
    // SAFETY: the driver's one device.
    let device = unsafe { (*driver.raw()).DeviceObject };
    // SAFETY: at PASSIVE_LEVEL.
    let irp = unsafe { IoAllocateIrp(1, 0) };
    // SAFETY: just made.
    let packet = unsafe { Packet::new(irp) };
    packet.next().MajorFunction = IRP_MJ_FLUSH_BUFFERS as u8;
    // SAFETY: breaks the rules on purpose.
    let lost = catch(|| unsafe {
        IofCallDriver(device, irp);
    });
    assert_eq!(lost.unwrap().rule, Rule::IrpNotTakenBack);
    // SAFETY: as above.
    unsafe { IoReuseIrp(irp, STATUS_SUCCESS) };
    packet.set_location(1);
    // SAFETY: as above.
    let none_left = catch(|| unsafe {
        IofCallDriver(device, irp);
    });
    assert_eq!(none_left.unwrap().rule, Rule::NoStackLocation);
    // SAFETY: made above.
    unsafe { IoFreeIrp(irp) };
    // SAFETY: breaks the rule on purpose.
    let gone = catch(|| unsafe { IoFreeIrp(irp) });
    assert_eq!(gone.unwrap().rule, Rule::NotAnIrp);
    driver.unload().unwrap();
}

#[test]
fn rules_of_devices_and_references() {
    let (_kernel, driver) = start(0);
    // SAFETY: the driver's one device.
    let device = unsafe { (*driver.raw()).DeviceObject };
    crate::ob::reference(device.cast());
    // SAFETY: breaks the rule on purpose.
    let twice = catch(|| unsafe {
        unload(driver.raw());
        IoDeleteDevice(device);
    });
    assert_eq!(twice.unwrap().rule, Rule::DeviceState);
    crate::ob::dereference(device.cast(), core::panic::Location::caller());
    let too_often = catch(|| {
        crate::ob::dereference(device.cast(), core::panic::Location::caller());
    });
    assert_eq!(too_often.unwrap().rule, Rule::OverDereference);
}

#[test]
fn what_is_left_after_the_unload_is_a_leak() {
    let (_kernel, driver) = start(0);
    // SAFETY: at PASSIVE_LEVEL.
    let memory =
        unsafe { crate::pool::ExAllocatePool2(POOL_FLAG_NON_PAGED, 3, crate::pool::tag(b"Left")) };
    let violation = catch(|| driver.unload().unwrap()).unwrap();
    assert_eq!(violation.rule, Rule::Leak);
    assert!(violation.detail.contains("Left: 3 bytes"));
    // SAFETY: allocated above.
    unsafe { crate::pool::ExFreePool(memory) };
}

#[test]
fn create_parameters_are_checked_before_the_driver_sees_them() {
    let (_kernel, driver) = start(0);
    let both = Create {
        options: FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE,
        ..Create::open(r"\??\Memory\x")
    };
    assert_eq!(
        Process::new().nt_create_file(&both).err(),
        Some(STATUS_INVALID_PARAMETER)
    );
    assert_eq!(
        Process::new()
            .nt_create_file(&Create::open(r"\??\Nobody\x"))
            .err(),
        Some(STATUS_OBJECT_PATH_NOT_FOUND)
    );
    assert!(SEEN.lock().is_empty());
    driver.unload().unwrap();
}

#[test]
fn every_failed_allocation_on_the_way_is_an_error_and_no_leak() {
    let (kernel, driver) = start(DO_BUFFERED_IO);
    let mut n = 1;
    loop {
        kernel.faults().fail_nth(n);
        let create = Create {
            access: FILE_ALL_ACCESS,
            ..Create::open(r"\??\Memory\file")
        };
        if let Ok((file, _)) = Process::new().nt_create_file(&create) {
            file.nt_read_file(&mut [0; 4], Some(0));
        }
        if kernel.faults().struck() == 0 {
            break;
        }
        n += 1;
    }
    assert!(n > 4);
    kernel.faults().clear();
    driver.unload().unwrap();
}

#[test]
fn share_access_follows_the_six_counts() {
    let mut first = FILE_OBJECT::default();
    let mut second = FILE_OBJECT::default();
    let mut access = SHARE_ACCESS::default();
    let (first, second, access) = (&raw mut first, &raw mut second, &raw mut access);
    // SAFETY: live structures.
    unsafe { IoSetShareAccess(FILE_READ_DATA, FILE_SHARE_READ, first, access) };
    // SAFETY: as above.
    let write = unsafe { IoCheckShareAccess(FILE_WRITE_DATA, FILE_SHARE_READ, second, access, 1) };
    assert_eq!(write, STATUS_SHARING_VIOLATION);
    // SAFETY: as above.
    let read = unsafe { IoCheckShareAccess(FILE_READ_DATA, FILE_SHARE_READ, second, access, 1) };
    assert_eq!(read, STATUS_SUCCESS);
    for file in [first, second] {
        // SAFETY: as above.
        unsafe { IoRemoveShareAccess(file, access) };
    }
    // SAFETY: as above.
    assert_eq!(unsafe { *access }, SHARE_ACCESS::default());
}

#[test]
fn extended_attribute_lists_are_checked_entry_by_entry() {
    let check = |list: &[u8]| {
        let mut offset = u32::MAX;
        // SAFETY: a live list.
        let status = unsafe {
            IoCheckEaBufferValidity(
                list.as_ptr().cast_mut().cast(),
                list.len() as u32,
                &raw mut offset,
            )
        };
        (status, offset)
    };
    let good = [
        12, 0, 0, 0, 0, 1, 1, 0, b'A', 0, 7, 0, 0, 0, 0, 0, 0, 1, 0, 0, b'B', 0,
    ];
    assert_eq!(check(&good).0, STATUS_SUCCESS);
    assert_eq!(check(&good[..21]), (STATUS_EA_LIST_INCONSISTENT, 12));
    assert_eq!(check(&good[..4]), (STATUS_EA_LIST_INCONSISTENT, 0));
}

#[test]
fn an_irp_that_a_driver_has_can_neither_be_freed_nor_be_outstanding_at_the_unload() {
    let (_kernel, driver) = start(0);
    let file = open_overlapped();
    BEHAVIOUR.store(HOLD, Ordering::SeqCst);
    let pending = file.nt_read_file_overlapped(vec![0u8; 4], 0);
    let irp = HELD.load(Ordering::SeqCst);
    // SAFETY: breaks the rule on purpose; the service refuses.
    let freed = catch(|| unsafe { IoFreeIrp(irp) });
    assert_eq!(freed.unwrap().rule, Rule::IrpInUse);
    drop(pending);
    drop(file);
    crate::stats::IRPS_OUTSTANDING.add(1);
    let busy = catch(|| driver.unload().unwrap());
    crate::stats::IRPS_OUTSTANDING.subtract(1);
    assert_eq!(busy.unwrap().rule, Rule::UnloadedBusy);
}
