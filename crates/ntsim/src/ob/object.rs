//! Objects: a header with kind and counts before each body.

use crate::ex;
use crate::io;
use crate::irql;
use crate::mode;
use crate::pool::{self, Fill};
use crate::registry;
use crate::verifier::{Place, broken};
use core::ffi::c_void;
use core::ptr;
use core::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::alloc::{GlobalAlloc, Layout, System};

/// Kinds of objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Kind {
    /// DRIVER_OBJECT.
    Driver,
    /// DEVICE_OBJECT with its extension.
    Device,
    /// FILE_OBJECT.
    File,
    /// ETHREAD.
    Thread,
    /// EPROCESS.
    Process,
    /// KEVENT behind a handle.
    Event,
    /// An open registry key.
    Key,
}

const KINDS: [Kind; 7] = [
    Kind::Driver,
    Kind::Device,
    Kind::File,
    Kind::Thread,
    Kind::Process,
    Kind::Event,
    Kind::Key,
];

/// Live objects in pool, by kind.
static LIVE: [AtomicUsize; KINDS.len()] = [const { AtomicUsize::new(0) }; KINDS.len()];

const MARK: u64 = 0x4f42_4a45_4354_2121;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Storage {
    Pool,
    Host,
    Static,
}

/// What stands before each object.
#[repr(C, align(16))]
pub(crate) struct ObjectHeader {
    mark: u64,
    kind: Kind,
    references: AtomicI64,
    handles: AtomicI64,
    storage: Storage,
    size: usize,
}

impl ObjectHeader {
    /// Header of an object that is never deleted.
    pub(crate) const fn permanent(kind: Kind) -> Self {
        Self {
            mark: MARK,
            kind,
            references: AtomicI64::new(1),
            handles: AtomicI64::new(0),
            storage: Storage::Static,
            size: 0,
        }
    }
}

const HEADER: usize = size_of::<ObjectHeader>();

fn tag(kind: Kind) -> u32 {
    pool::tag(match kind {
        Kind::Driver => b"Driv",
        Kind::Device => b"Devi",
        Kind::File => b"File",
        Kind::Thread => b"Thre",
        Kind::Process => b"Proc",
        Kind::Event => b"Even",
        Kind::Key => b"Key ",
    })
}

fn header<'a>(object: *mut c_void) -> Option<&'a ObjectHeader> {
    if object.is_null() || !(object as usize).is_multiple_of(16) {
        return None;
    }
    // SAFETY: callers name objects; the mark tells when they do not, as far as memory before it can be read.
    let header = unsafe { &*object.cast::<ObjectHeader>().wrapping_sub(1) };
    (header.mark == MARK).then_some(header)
}

fn place_in(memory: *mut u8, kind: Kind, size: usize, storage: Storage) -> *mut c_void {
    if memory.is_null() {
        return ptr::null_mut();
    }
    let header = ObjectHeader {
        mark: MARK,
        kind,
        references: AtomicI64::new(1),
        handles: AtomicI64::new(0),
        storage,
        size,
    };
    // SAFETY: new memory with room for header and body.
    unsafe { memory.cast::<ObjectHeader>().write(header) };
    memory.wrapping_add(HEADER).cast()
}

/// Makes a zeroed object in pool, with one reference. NULL when out of memory.
pub(crate) fn create(kind: Kind, size: usize, place: Place) -> *mut c_void {
    let memory = pool::allocate(HEADER + size, tag(kind), Fill::Zero, place);
    if !memory.is_null() {
        LIVE[kind as usize].fetch_add(1, Ordering::Relaxed);
    }
    place_in(memory, kind, size, Storage::Pool)
}

fn host_layout(size: usize) -> Layout {
    match Layout::from_size_align(HEADER + size, 16) {
        Ok(layout) => layout,
        Err(error) => panic!("an object of {size} bytes: {error}"),
    }
}

/// Makes a zeroed object that is not on the driver's account.
pub(crate) fn create_host(kind: Kind, size: usize, _place: Place) -> *mut c_void {
    // SAFETY: the layout is not empty.
    let memory = unsafe { System.alloc_zeroed(host_layout(size)) };
    place_in(memory, kind, size, Storage::Host)
}

/// The kind of an object, or None if it is none.
pub(crate) fn kind_of(object: *mut c_void) -> Option<Kind> {
    header(object).map(|header| header.kind)
}

/// Adds a reference. Returns the new count.
pub(crate) fn reference(object: *mut c_void) -> i64 {
    header(object).map_or(0, |header| {
        header.references.fetch_add(1, Ordering::Relaxed) + 1
    })
}

/// Drops a reference and deletes the object with the last one. Returns the new count.
pub(crate) fn dereference(object: *mut c_void, place: Place) -> i64 {
    let Some(header) = header(object) else {
        let other =
            pool::place_of((object as *mut u8).wrapping_sub(HEADER)).and_then(|(_, freed)| freed);
        broken!(
            OverDereference,
            place,
            other,
            "dereferenced {object:p}, which is no object"
        );
        return 0;
    };
    let left = header.references.fetch_sub(1, Ordering::AcqRel) - 1;
    if left < 0 {
        broken!(
            OverDereference,
            place,
            None,
            "a {:?} object was dereferenced too often",
            header.kind
        );
    }
    if left == 0 {
        // Closing a file takes a request to the driver, which is not possible here; a worker does it then.
        if header.kind == Kind::File && irql::current() > irql::PASSIVE {
            let address = object as usize;
            ex::post(move || delete(address as *mut c_void, place));
        } else {
            delete(object, place);
        }
    }
    left
}

fn delete(object: *mut c_void, place: Place) {
    let _host = mode::host();
    let Some(header) = header(object) else { return };
    match header.kind {
        Kind::File => io::delete_file(object.cast(), place),
        Kind::Key => registry::delete_object(object),
        Kind::Driver | Kind::Device | Kind::Thread | Kind::Process | Kind::Event => {}
    }
    let memory: *mut u8 = object.cast::<u8>().wrapping_sub(HEADER);
    match header.storage {
        Storage::Static => {}
        // SAFETY: made by `create_host` with this layout, and nobody refers to it.
        Storage::Host => unsafe { System.dealloc(memory, host_layout(header.size)) },
        Storage::Pool => {
            let fewer = |count: usize| count.checked_sub(1);
            // None left: the object outlived a failed test.
            let _ = LIVE[header.kind as usize].fetch_update(
                Ordering::Relaxed,
                Ordering::Relaxed,
                fewer,
            );
            pool::free(memory, tag(header.kind), place);
        }
    }
}

/// Changes the number of handles to an object by `by`. Returns how many there are then.
pub(crate) fn take_handle(object: *mut c_void, by: i64) -> i64 {
    header(object).map_or(0, |header| {
        header.handles.fetch_add(by, Ordering::AcqRel) + by
    })
}

/// Forgets all live objects, for the test that made them has failed.
pub(crate) fn abandon_objects() {
    LIVE.iter()
        .for_each(|count| count.store(0, Ordering::Relaxed));
}

/// Live objects in pool: name of the kind, and how many.
pub(crate) fn live_objects() -> Vec<(String, usize)> {
    KINDS
        .iter()
        .map(|&kind| {
            (
                format!("{kind:?}"),
                LIVE[kind as usize].load(Ordering::Relaxed),
            )
        })
        .filter(|&(_, count)| count > 0)
        .collect()
}
