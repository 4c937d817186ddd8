//! File objects.

use super::door;
use super::request::{self, Spec};
use crate::ke;
use crate::ob::{self, Kind};
use crate::pool::{self, Fill};
use crate::sys::*;
use crate::verifier::Place;
use core::sync::atomic::{AtomicI32, AtomicU32, Ordering};

const NAME_TAG: u32 = pool::tag(b"IoNm");

/// Makes a file object for an open of `name` on a device. None when out of memory.
pub(super) fn create(
    device: PDEVICE_OBJECT,
    name: &[u16],
    related: PFILE_OBJECT,
    place: Place,
) -> Option<PFILE_OBJECT> {
    let file: PFILE_OBJECT = ob::create(Kind::File, size_of::<FILE_OBJECT>(), place).cast();
    if file.is_null() {
        return None;
    }
    let mut content = FILE_OBJECT {
        Type: IO_TYPE_FILE,
        Size: size_of::<FILE_OBJECT>() as CSHORT,
        DeviceObject: device,
        ..FILE_OBJECT::default()
    };
    if !name.is_empty() {
        // Room for a reparse to a name somewhat longer.
        let bytes = name.len() * 2;
        let buffer: PWCH = pool::allocate(bytes, NAME_TAG, Fill::Zero, place).cast();
        if buffer.is_null() {
            ob::dereference(file.cast(), place);
            return None;
        }
        // SAFETY: new memory of so many bytes.
        unsafe { buffer.copy_from_nonoverlapping(name.as_ptr(), name.len()) };
        content.FileName = UNICODE_STRING {
            Length: bytes as USHORT,
            MaximumLength: bytes as USHORT,
            Buffer: buffer,
        };
    }
    content.RelatedFileObject = related;
    if !related.is_null() {
        ob::reference(related.cast());
    }
    // SAFETY: a new object of this size.
    unsafe { file.write(content) };
    // SAFETY: the event is part of the object.
    unsafe { ke::KeInitializeEvent(event_of(file).cast(), _EVENT_TYPE::NotificationEvent, 0) };
    // SAFETY: as above.
    unsafe { ke::KeInitializeEvent(lock_of(file).cast(), _EVENT_TYPE::SynchronizationEvent, 1) };
    door::hold(device);
    Some(file)
}

/// The event that the end of a request signals.
pub(crate) fn event_of(file: PFILE_OBJECT) -> *mut DISPATCHER_HEADER {
    // SAFETY: the caller's file object; no access yet.
    unsafe { (&raw mut (*file).Event).cast() }
}

fn lock_of(file: PFILE_OBJECT) -> *mut DISPATCHER_HEADER {
    // SAFETY: the caller's file object; no access yet.
    unsafe { (&raw mut (*file).Lock).cast() }
}

/// Makes the file's event wait for the next end.
pub(super) fn reset_event(file: PFILE_OBJECT) {
    // SAFETY: the caller's file object.
    unsafe { ke::KeClearEvent(event_of(file).cast()) };
}

/// The file's flags, which the driver changes at any time.
pub(super) fn flags<'a>(file: PFILE_OBJECT) -> &'a AtomicU32 {
    // SAFETY: the caller's file object; no access yet.
    let flags = unsafe { &raw mut (*file).Flags };
    // SAFETY: aligned, and only used atomically once the file is shared.
    unsafe { AtomicU32::from_ptr(flags) }
}

/// Notes how a request on the file ended.
pub(super) fn set_final_status(file: PFILE_OBJECT, status: NTSTATUS) {
    // SAFETY: the caller's file object; no access yet.
    let place = unsafe { &raw mut (*file).FinalStatus };
    // SAFETY: aligned, and only used atomically; requests end on any thread.
    unsafe { AtomicI32::from_ptr(place) }.store(status, Ordering::Relaxed);
}

/// Whether requests on the file are done one at a time.
pub(super) fn is_synchronous(file: PFILE_OBJECT) -> bool {
    flags(file).load(Ordering::Relaxed) & FO_SYNCHRONOUS_IO != 0
}

/// Takes the file's lock, if it has one request at a time. Returns whether it was taken.
pub(super) fn lock(file: PFILE_OBJECT, place: Place) -> bool {
    let synchronous = is_synchronous(file);
    if synchronous {
        // SAFETY: the caller's file object.
        unsafe { ke::wait_on(lock_of(file), None, place) };
    }
    synchronous
}

/// Undoes [`lock`].
pub(super) fn unlock(file: PFILE_OBJECT, place: Place) {
    // SAFETY: the caller's file object.
    unsafe { ke::signal(lock_of(file), place) };
}

/// Sends a request without parameters for a file that is going away, and waits.
fn tell(file: PFILE_OBJECT, major: u32, place: Place) {
    // SAFETY: the caller's file object.
    let device = unsafe { (*file).DeviceObject };
    let spec = Spec {
        irp_flags: IRP_SYNCHRONOUS_API | IRP_CLOSE_OPERATION,
        mode: _MODE::KernelMode as KPROCESSOR_MODE,
        hold_file: false,
        must_succeed: true,
        ..Spec::new(file, device, major)
    };
    if let Ok(request) = request::issue(&spec, place) {
        request.wait();
    }
}

/// Tells the driver that the last handle is closed. Requests still under way are cancelled by the driver.
pub(crate) fn clean_up_file(file: PFILE_OBJECT, place: Place) {
    flags(file).fetch_or(FO_HANDLE_CREATED, Ordering::Relaxed);
    tell(file, IRP_MJ_CLEANUP, place);
}

/// Closes a file that nobody refers to any more.
pub(crate) fn delete_file(file: PFILE_OBJECT, place: Place) {
    // SAFETY: the last reference is gone, so the object is this function's.
    let content = unsafe { file.read() };
    if content.Flags & FO_FILE_OPEN != 0 {
        tell(file, IRP_MJ_CLOSE, place);
    }
    // SAFETY: as above; the driver may have changed the name.
    let name = unsafe { (*file).FileName.Buffer };
    if !name.is_null() {
        pool::free(name.cast(), NAME_TAG, place);
    }
    if !content.RelatedFileObject.is_null() {
        ob::dereference(content.RelatedFileObject.cast(), place);
    }
    if !content.DeviceObject.is_null() {
        door::release(content.DeviceObject, place);
    }
}
