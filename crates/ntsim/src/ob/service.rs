//! The object manager's services for drivers.

use super::handle;
use super::object;
use crate::io;
use crate::irql;
use crate::ke;
use crate::sys::*;
use crate::verifier::broken;
use core::panic::Location;
use object::Kind;

/// Types by which drivers name kinds of objects. Only their addresses matter.
static FILE_TYPE: usize = Kind::File as usize;
static EVENT_TYPE: usize = Kind::Event as usize;
static THREAD_TYPE: usize = Kind::Thread as usize;

/// `IoFileObjectType` points to this pointer's value.
pub static mut IoFileObjectType: *mut POBJECT_TYPE = (&raw const FILE_TYPE_POINTER).cast_mut();
/// `ExEventObjectType` points to this pointer's value.
pub static mut ExEventObjectType: *mut POBJECT_TYPE = (&raw const EVENT_TYPE_POINTER).cast_mut();
/// `PsThreadType` points to this pointer's value.
pub static mut PsThreadType: *mut POBJECT_TYPE = (&raw const THREAD_TYPE_POINTER).cast_mut();

static mut FILE_TYPE_POINTER: POBJECT_TYPE = (&raw const FILE_TYPE).cast_mut().cast();
static mut EVENT_TYPE_POINTER: POBJECT_TYPE = (&raw const EVENT_TYPE).cast_mut().cast();
static mut THREAD_TYPE_POINTER: POBJECT_TYPE = (&raw const THREAD_TYPE).cast_mut().cast();

fn matches(wanted: POBJECT_TYPE, kind: Kind) -> bool {
    wanted.is_null()
        || [
            (&raw const FILE_TYPE, Kind::File),
            (&raw const EVENT_TYPE, Kind::Event),
            (&raw const THREAD_TYPE, Kind::Thread),
        ]
        .iter()
        .any(|&(address, named)| wanted.cast_const().cast() == address && named == kind)
}

/// References the object behind a handle.
#[track_caller]
pub unsafe fn ObReferenceObjectByHandle(
    Handle: HANDLE,
    DesiredAccess: ACCESS_MASK,
    ObjectType: POBJECT_TYPE,
    AccessMode: KPROCESSOR_MODE,
    Object: *mut PVOID,
    HandleInformation: POBJECT_HANDLE_INFORMATION,
) -> NTSTATUS {
    irql::at_most(
        irql::PASSIVE,
        "ObReferenceObjectByHandle",
        Location::caller(),
    );
    let Some(entry) = handle::look_up(Handle, AccessMode) else {
        return STATUS_INVALID_HANDLE;
    };
    if !object::kind_of(entry.object).is_some_and(|kind| matches(ObjectType, kind)) {
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    if i32::from(AccessMode) == _MODE::UserMode && DesiredAccess & !entry.access != 0 {
        return STATUS_ACCESS_DENIED;
    }
    object::reference(entry.object);
    // SAFETY: the caller gives room for the object.
    unsafe { Object.write(entry.object) };
    // SAFETY: the caller gives NULL or room.
    if let Some(information) = unsafe { HandleInformation.as_mut() } {
        *information = _OBJECT_HANDLE_INFORMATION {
            HandleAttributes: 0,
            GrantedAccess: entry.access,
        };
    }
    STATUS_SUCCESS
}

/// Adds a reference to an object. Returns the new count.
#[track_caller]
pub unsafe fn ObfReferenceObject(Object: PVOID) -> LONG_PTR {
    irql::at_most(irql::DISPATCH, "ObfReferenceObject", Location::caller());
    object::reference(Object)
}

/// Drops a reference. Returns the new count.
#[track_caller]
pub unsafe fn ObfDereferenceObject(Object: PVOID) -> LONG_PTR {
    let place = Location::caller();
    irql::at_most(irql::DISPATCH, "ObfDereferenceObject", place);
    object::dereference(Object, place)
}

/// Closes a handle.
#[track_caller]
pub unsafe fn ZwClose(Handle: HANDLE) -> NTSTATUS {
    let place = Location::caller();
    irql::at_most(irql::PASSIVE, "ZwClose", place);
    let status = handle::close_handle(Handle, place);
    if status == STATUS_INVALID_HANDLE {
        broken!(
            BadHandle,
            place,
            None,
            "closed {Handle:p}, which is not open"
        );
    }
    status
}

/// Makes an event behind a handle.
#[track_caller]
pub unsafe fn ZwCreateEvent(
    EventHandle: PHANDLE,
    DesiredAccess: ACCESS_MASK,
    ObjectAttributes: POBJECT_ATTRIBUTES,
    EventType: EVENT_TYPE,
    InitialState: BOOLEAN,
) -> NTSTATUS {
    let place = Location::caller();
    irql::at_most(irql::PASSIVE, "ZwCreateEvent", place);
    // SAFETY: the caller gives NULL or attributes.
    let attributes =
        unsafe { ObjectAttributes.as_ref() }.map_or(0, |attributes| attributes.Attributes);
    handle::require_kernel_handle(attributes, "ZwCreateEvent", place);
    let event = object::create(Kind::Event, size_of::<KEVENT>(), place);
    if event.is_null() {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    // SAFETY: new memory for an event.
    unsafe { ke::KeInitializeEvent(event.cast(), EventType, InitialState) };
    let handle = handle::open_handle(event, DesiredAccess, attributes, place);
    object::dereference(event, place);
    // SAFETY: the caller gives room for the handle.
    unsafe { EventHandle.write(handle) };
    STATUS_SUCCESS
}

/// Signals the event behind a handle.
#[track_caller]
pub unsafe fn ZwSetEvent(EventHandle: HANDLE, PreviousState: PLONG) -> NTSTATUS {
    let place = Location::caller();
    irql::at_most(irql::PASSIVE, "ZwSetEvent", place);
    let Some(entry) = handle::look_up(EventHandle, _MODE::KernelMode as KPROCESSOR_MODE) else {
        return STATUS_INVALID_HANDLE;
    };
    if object::kind_of(entry.object) != Some(Kind::Event) {
        return STATUS_OBJECT_TYPE_MISMATCH;
    }
    // SAFETY: the handle keeps the event.
    let before = unsafe { ke::signal(entry.object.cast(), place) };
    // SAFETY: the caller gives NULL or room.
    if let Some(previous) = unsafe { PreviousState.as_mut() } {
        *previous = before;
    }
    STATUS_SUCCESS
}

/// Waits for the event, thread or file behind a handle.
#[track_caller]
pub unsafe fn ZwWaitForSingleObject(
    Handle: HANDLE,
    _Alertable: BOOLEAN,
    Timeout: PLARGE_INTEGER,
) -> NTSTATUS {
    let place = Location::caller();
    irql::at_most(irql::PASSIVE, "ZwWaitForSingleObject", place);
    let Some(entry) = handle::look_up(Handle, _MODE::KernelMode as KPROCESSOR_MODE) else {
        return STATUS_INVALID_HANDLE;
    };
    let waitable = match object::kind_of(entry.object) {
        Some(Kind::Event | Kind::Thread) => entry.object.cast(),
        Some(Kind::File) => io::event_of(entry.object.cast()),
        _ => return STATUS_OBJECT_TYPE_MISMATCH,
    };
    object::reference(entry.object);
    // SAFETY: the caller gives NULL or a time.
    let deadline = unsafe { ke::deadline_of(Timeout) };
    // SAFETY: the reference keeps the object.
    let status = unsafe { ke::wait_on(waitable, deadline, place) };
    object::dereference(entry.object, place);
    status
}
