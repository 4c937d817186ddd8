//! File objects, in memory of our own: Wine makes none that a redirector could use.

use super::request::{Request, Spec};
use crate::sync::{Condition, Mutex};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ffi::c_void;
use core::mem::offset_of;
use core::ptr::{NonNull, null};
use core::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};
use wdk_sys::_EVENT_TYPE::{NotificationEvent, SynchronizationEvent};
use wdk_sys::_MODE::KernelMode;
use wdk_sys::ntddk::KeInitializeEvent;
use wdk_sys::{
    CSHORT, FILE_OBJECT, FO_FILE_OPEN, FO_HANDLE_CREATED, FO_SYNCHRONOUS_IO, IRP_CLOSE_OPERATION,
    IRP_MJ_CLEANUP, IRP_MJ_CLOSE, IRP_SYNCHRONOUS_API, LARGE_INTEGER, NTSTATUS, PDEVICE_OBJECT,
    PFILE_OBJECT, STATUS_SUCCESS, UNICODE_STRING,
};

/// `IO_TYPE_FILE`.
const IO_TYPE_FILE: CSHORT = 5;

/// What Wine has before every kernel object, so that `ObfReferenceObject` and its counterpart find the count there.
#[repr(C)]
struct Header {
    references: AtomicI32,
    kind: *const ObjectType,
}

/// What Wine's `POBJECT_TYPE` points to.
#[repr(C)]
struct ObjectType {
    name: *const u16,
    constructor: Option<unsafe extern "C" fn(*mut c_void) -> *mut c_void>,
    /// Called when the last reference is gone.
    release: Option<unsafe extern "C" fn(*mut c_void)>,
}

// SAFETY: nothing in it changes.
unsafe impl Sync for ObjectType {}

static FILE_TYPE: ObjectType = ObjectType {
    name: null(),
    constructor: None,
    release: Some(release),
};

#[repr(C)]
struct Body {
    header: Header,
    object: FILE_OBJECT,
    name: Vec<u16>,
    /// Keeps what `RelatedFileObject` points to.
    _related: Option<File>,
    access: u32,
    opened: AtomicBool,
    cleaned: AtomicBool,
    /// A request is under way on a file that does one at a time.
    busy: Mutex<bool>,
    idle: Condition,
}

const OBJECT: usize = offset_of!(Body, object);
// Wine takes the header to be 16 bytes long.
const _: () = assert!(OBJECT == 16);

static COUNT: AtomicU64 = AtomicU64::new(0);

/// How many file objects there are.
pub fn count() -> u64 {
    COUNT.load(Ordering::Relaxed)
}

/// A reference to a file object. The last one closes the file, so none may be dropped above PASSIVE_LEVEL.
pub struct File(NonNull<Body>);

// SAFETY: the count is atomic, and what the driver does to the object is between it and its own locks.
unsafe impl Send for File {}
// SAFETY: as above.
unsafe impl Sync for File {}

impl File {
    /// A file object that is about to be opened on a device, with FO_ flags and the access that its handle will have.
    pub fn new(
        device: PDEVICE_OBJECT,
        name: Vec<u16>,
        related: Option<Self>,
        flags: u32,
        access: u32,
    ) -> Self {
        let length = (name.len() * 2) as u16;
        let object = FILE_OBJECT {
            Type: IO_TYPE_FILE,
            Size: size_of::<FILE_OBJECT>() as CSHORT,
            DeviceObject: device,
            RelatedFileObject: related.as_ref().map_or(core::ptr::null_mut(), Self::object),
            Flags: flags,
            FileName: UNICODE_STRING {
                Length: length,
                MaximumLength: length,
                Buffer: name.as_ptr().cast_mut(),
            },
            ..FILE_OBJECT::default()
        };
        let body = Box::new(Body {
            header: Header {
                references: AtomicI32::new(1),
                kind: &FILE_TYPE,
            },
            object,
            name,
            _related: related,
            access,
            opened: AtomicBool::new(false),
            cleaned: AtomicBool::new(false),
            busy: Mutex::new(false),
            idle: Condition::new(),
        });
        COUNT.fetch_add(1, Ordering::Relaxed);
        let file = Self(NonNull::from(Box::leak(body)));
        // SAFETY: the object was made just now; only an address is made.
        let event = unsafe { &raw mut (*file.object()).Event };
        // SAFETY: the event is part of the object.
        unsafe { KeInitializeEvent(event, NotificationEvent, 0) };
        // SAFETY: as above.
        let lock = unsafe { &raw mut (*file.object()).Lock };
        // SAFETY: as above.
        unsafe { KeInitializeEvent(lock, SynchronizationEvent, 1) };
        file
    }

    fn body(&self) -> &Body {
        // SAFETY: this reference keeps it. The object inside is only read and written through pointers.
        unsafe { self.0.as_ref() }
    }

    /// The object, for the driver.
    pub fn object(&self) -> PFILE_OBJECT {
        self.0.as_ptr().wrapping_byte_add(OBJECT).cast()
    }

    /// The device that it is open on.
    pub fn device(&self) -> PDEVICE_OBJECT {
        // SAFETY: this reference keeps the object.
        unsafe { (*self.object()).DeviceObject }
    }

    fn flags(&self) -> u32 {
        // SAFETY: this reference keeps the object.
        unsafe { (*self.object()).Flags }
    }

    /// Whether the handle has any of these rights.
    pub fn may(&self, access: u32) -> bool {
        self.body().access & access != 0
    }

    /// Whether a flag such as FO_NO_INTERMEDIATE_BUFFERING is set.
    pub fn has(&self, flag: u32) -> bool {
        self.flags() & flag != 0
    }

    /// Whether requests are done one at a time.
    pub fn is_synchronous(&self) -> bool {
        self.has(FO_SYNCHRONOUS_IO)
    }

    /// The file's own position, which the driver moves.
    pub fn position(&self) -> i64 {
        // SAFETY: this reference keeps the object.
        let position = unsafe { (*self.object()).CurrentByteOffset };
        // SAFETY: the members of the union are all integers.
        unsafe { position.QuadPart }
    }

    /// Moves the file's own position.
    pub fn set_position(&self, position: i64) {
        // SAFETY: this reference keeps the object.
        unsafe { (*self.object()).CurrentByteOffset = LARGE_INTEGER { QuadPart: position } };
    }

    /// Waits until no other request is under way on a synchronous file. False for files that do several at once.
    pub fn lock(&self) -> bool {
        if !self.is_synchronous() {
            return false;
        }
        let mut busy = self.body().busy.lock();
        while *busy {
            self.body().idle.wait(&mut busy);
        }
        *busy = true;
        true
    }

    /// Undoes [`Self::lock`]; any thread may do it.
    pub fn unlock(&self) {
        *self.body().busy.lock() = false;
        self.body().idle.wake_one();
    }

    /// The driver has opened it, and so will see it closed.
    pub fn set_opened(&self) {
        // SAFETY: this reference keeps the object, which nobody else knows yet.
        unsafe { (*self.object()).Flags |= FO_FILE_OPEN };
        self.body().opened.store(true, Ordering::Release);
    }

    /// The last handle is gone (IRP_MJ_CLEANUP). Happens once.
    pub fn clean_up(&self) -> NTSTATUS {
        if self.body().cleaned.swap(true, Ordering::AcqRel) {
            return STATUS_SUCCESS;
        }
        // SAFETY: this reference keeps the object, and nobody else changes flags of a file without handles.
        unsafe { (*self.object()).Flags |= FO_HANDLE_CREATED };
        self.tell(IRP_MJ_CLEANUP)
    }

    /// Sends a request without parameters and waits.
    fn tell(&self, major: u32) -> NTSTATUS {
        let spec = Spec {
            irp_flags: IRP_SYNCHRONOUS_API | IRP_CLOSE_OPERATION,
            mode: KernelMode as _,
            hold: None,
            ..Spec::new(self, major)
        };
        match Request::new(spec, None) {
            Ok(request) => request.run().status,
            Err(status) => status,
        }
    }
}

impl Clone for File {
    fn clone(&self) -> Self {
        self.body()
            .header
            .references
            .fetch_add(1, Ordering::Relaxed);
        Self(self.0)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        if self.body().header.references.fetch_sub(1, Ordering::AcqRel) == 1 {
            close(self.0);
        }
    }
}

/// The driver has dropped the last reference.
unsafe extern "C" fn release(object: *mut c_void) {
    let body = object.wrapping_byte_sub(OBJECT).cast::<Body>();
    if let Some(body) = NonNull::new(body) {
        close(body);
    }
}

/// Tells the driver that nobody refers to the file any more (IRP_MJ_CLOSE) and frees it.
fn close(body: NonNull<Body>) {
    // What the driver refers to while it closes the file must not bring it here again.
    // SAFETY: without references, the object is this function's.
    let header = unsafe { &(*body.as_ptr()).header };
    header.references.store(1, Ordering::Relaxed);
    let last = core::mem::ManuallyDrop::new(File(body));
    if last.body().opened.load(Ordering::Acquire) {
        last.tell(IRP_MJ_CLOSE);
    }
    COUNT.fetch_sub(1, Ordering::Relaxed);
    // SAFETY: the request is over, so this function has the only pointer.
    drop(unsafe { Box::from_raw(body.as_ptr()) });
}
