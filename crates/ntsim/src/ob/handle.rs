//! Handles.

use super::object;
use crate::io;
use crate::mode;
use crate::ps;
use crate::sys::*;
use crate::verifier::{Place, broken};
use core::ffi::c_void;
use core::ptr;
use parking_lot::RwLock;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a handle stands for.
#[derive(Clone, Copy)]
pub(crate) struct Entry {
    /// The object, referenced by the handle.
    pub(crate) object: *mut c_void,
    /// Granted access.
    pub(crate) access: ACCESS_MASK,
    /// Process that the handle belongs to; NULL for kernel handles.
    process: PEPROCESS,
    place: Place,
}

// SAFETY: objects are reference-counted and used by any thread.
unsafe impl Send for Entry {}
// SAFETY: as above.
unsafe impl Sync for Entry {}

/// Set in kernel handles.
const KERNEL: usize = 1 << 63;

static HANDLES: RwLock<BTreeMap<usize, Entry>> = RwLock::new(BTreeMap::new());
static NEXT: AtomicUsize = AtomicUsize::new(4);

/// Opens a handle to an object and references it for that.
pub(crate) fn open_handle(
    object: *mut c_void,
    access: ACCESS_MASK,
    attributes: ULONG,
    place: Place,
) -> HANDLE {
    let _host = mode::host();
    object::reference(object);
    object::take_handle(object, 1);
    let number = NEXT.fetch_add(4, Ordering::Relaxed);
    let kernel = attributes & OBJ_KERNEL_HANDLE != 0;
    let value = if kernel { number | KERNEL } else { number };
    let process = if kernel {
        ptr::null_mut()
    } else {
        ps::current_process()
    };
    HANDLES.write().insert(
        value,
        Entry {
            object,
            access,
            process,
            place,
        },
    );
    ptr::without_provenance_mut(value)
}

/// What a handle stands for, when the caller may use it.
pub(crate) fn look_up(handle: HANDLE, mode: KPROCESSOR_MODE) -> Option<Entry> {
    let _host = mode::host();
    let entry = HANDLES.read().get(&(handle as usize)).copied()?;
    let kernel = entry.process.is_null();
    let user = i32::from(mode) == _MODE::UserMode;
    let usable = if kernel {
        !user
    } else {
        entry.process == ps::current_process()
    };
    usable.then_some(entry)
}

/// Closes a handle; the last one to a file cleans it up.
pub(crate) fn close_handle(handle: HANDLE, place: Place) -> NTSTATUS {
    let _host = mode::host();
    let Some(entry) = HANDLES.write().remove(&(handle as usize)) else {
        return STATUS_INVALID_HANDLE;
    };
    let left = object::take_handle(entry.object, -1);
    if left == 0 && object::kind_of(entry.object) == Some(object::Kind::File) {
        io::clean_up_file(entry.object.cast(), place);
    }
    object::dereference(entry.object, place);
    STATUS_SUCCESS
}

/// Closes all handles of a process, for it ends.
pub(crate) fn close_all_of(process: PEPROCESS, place: Place) {
    let handles: Vec<usize> = HANDLES
        .read()
        .iter()
        .filter(|(_, entry)| entry.process == process)
        .map(|(&handle, _)| handle)
        .collect();
    for handle in handles {
        close_handle(ptr::without_provenance_mut(handle), place);
    }
}

/// Forgets all handles, for the test that opened them has failed.
pub(crate) fn abandon_handles() {
    HANDLES.write().clear();
}

/// Where handles were opened that are still open.
pub(crate) fn live_handles() -> Vec<Place> {
    HANDLES.read().values().map(|entry| entry.place).collect()
}

/// Checks that a driver does not open a handle in a user's process.
pub(crate) fn require_kernel_handle(attributes: ULONG, service: &str, place: Place) {
    let system = ps::process_of(ps::current_process()).is_some_and(|process| process.id == 4);
    if attributes & OBJ_KERNEL_HANDLE == 0 && !system {
        broken!(
            UserHandle,
            place,
            None,
            "{service} without OBJ_KERNEL_HANDLE in a user's process"
        );
    }
}
