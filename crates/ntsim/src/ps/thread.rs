//! Threads.

use super::spawn::spawn_host;
use crate::irql;
use crate::ke;
use crate::mode;
use crate::ob::{self, Kind};
use crate::sys::*;
use crate::verifier::{self, Place};
use core::cell::Cell;
use core::panic::Location;
use core::ptr;
use core::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// What a PETHREAD points to.
#[repr(C)]
struct Thread {
    /// Signalled once the thread has ended.
    header: DISPATCHER_HEADER,
    id: u64,
    system: bool,
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);
/// System threads of drivers that have not ended.
static RUNNING: AtomicUsize = AtomicUsize::new(0);

/// Gives a host thread's object back when the thread ends.
struct Owned(Cell<*mut Thread>);

impl Drop for Owned {
    fn drop(&mut self) {
        if !self.0.get().is_null() {
            CURRENT.set(ptr::null_mut());
            ob::dereference(self.0.get().cast(), Location::caller());
        }
    }
}

thread_local! {
    static ID: Cell<u64> = const { Cell::new(0) };
    static CURRENT: Cell<*mut Thread> = const { Cell::new(ptr::null_mut()) };
    static OWNED: Owned = const { Owned(Cell::new(ptr::null_mut())) };
}

/// The present thread's id, never 0.
pub(crate) fn current_id() -> u64 {
    match ID.get() {
        0 => {
            let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
            ID.set(id);
            id
        }
        id => id,
    }
}

/// How many system threads of drivers run.
pub(crate) fn running() -> usize {
    RUNNING.load(Ordering::SeqCst)
}

/// Fills a new thread object.
fn fill(thread: *mut Thread, id: u64, system: bool) {
    // SAFETY: new memory of the right size.
    unsafe {
        thread.write(Thread {
            header: DISPATCHER_HEADER::default(),
            id,
            system,
        })
    };
    // SAFETY: the header is the object's first field.
    unsafe { ke::initialise_header(thread.cast(), ke::TYPE_THREAD, 6, 0) };
}

/// The present thread's object; made when a thread of the host first asks.
pub(crate) fn current_thread() -> PETHREAD {
    let current = CURRENT.get();
    if !current.is_null() {
        return current.cast();
    }
    let _host = mode::host();
    let thread =
        ob::create_host(Kind::Thread, size_of::<Thread>(), Location::caller()).cast::<Thread>();
    fill(thread, current_id(), false);
    CURRENT.set(thread);
    OWNED.with(|owned| owned.0.set(thread));
    thread.cast()
}

/// The thread object behind a pointer.
fn thread_of<'a>(thread: PETHREAD) -> Option<&'a Thread> {
    // SAFETY: a PETHREAD that drivers pass about is live.
    unsafe { thread.cast::<Thread>().as_ref() }
}

/// Marks the present system thread as ended.
fn end(thread: *mut Thread, place: Place) {
    // Signalled last: who waits may unload the driver at once.
    RUNNING.fetch_sub(1, Ordering::SeqCst);
    // SAFETY: a thread object is an initialised dispatcher object.
    unsafe { ke::signal(thread.cast(), place) };
    ob::dereference(thread.cast(), place);
}

struct Start {
    routine: KSTART_ROUTINE,
    context: PVOID,
    thread: *mut Thread,
}

// SAFETY: the context is the driver's to hand over; the thread object is reference-counted.
unsafe impl Send for Start {}

impl Start {
    fn run(self, place: Place) {
        let _host = mode::host();
        // SAFETY: the creator's reference keeps the object.
        ID.set(unsafe { (*self.thread).id });
        CURRENT.set(self.thread);
        irql::run_at(irql::PASSIVE, "a system thread", place, || {
            let _kernel = mode::kernel();
            // SAFETY: the driver's routine with the context that it asked for, on its own thread.
            unsafe { (self.routine)(self.context) };
        });
        ke::require_apc_depth(0, "a system thread", place);
        CURRENT.set(ptr::null_mut());
        end(self.thread, place);
    }
}

/// Starts a system thread. The handle must be closed; to wait, reference the thread object first.
#[track_caller]
pub unsafe fn PsCreateSystemThread(
    ThreadHandle: PHANDLE,
    DesiredAccess: ULONG,
    ObjectAttributes: POBJECT_ATTRIBUTES,
    _ProcessHandle: HANDLE,
    ClientId: PCLIENT_ID,
    StartRoutine: PKSTART_ROUTINE,
    StartContext: PVOID,
) -> NTSTATUS {
    let place = Location::caller();
    irql::at_most(irql::PASSIVE, "PsCreateSystemThread", place);
    let _host = mode::host();
    let Some(routine) = StartRoutine else {
        return STATUS_INVALID_PARAMETER;
    };
    // SAFETY: the caller gives NULL or attributes.
    let attributes =
        unsafe { ObjectAttributes.as_ref() }.map_or(0, |attributes| attributes.Attributes);
    ob::require_kernel_handle(attributes, "PsCreateSystemThread", place);
    let thread = ob::create(Kind::Thread, size_of::<Thread>(), place).cast::<Thread>();
    if thread.is_null() {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
    fill(thread, id, true);
    let handle = ob::open_handle(
        thread.cast(),
        DesiredAccess,
        attributes | OBJ_KERNEL_HANDLE,
        place,
    );
    // SAFETY: the caller gives room for the handle.
    unsafe { ThreadHandle.write(handle) };
    // SAFETY: the caller gives NULL or room for the ids.
    if let Some(client) = unsafe { ClientId.as_mut() } {
        *client = CLIENT_ID {
            UniqueProcess: ptr::without_provenance_mut(4),
            UniqueThread: ptr::without_provenance_mut(id as usize),
        };
    }
    RUNNING.fetch_add(1, Ordering::SeqCst);
    let start = Start {
        routine,
        context: StartContext,
        thread,
    };
    // The new thread owns the creation's reference; nobody joins it, its object tells when it has ended.
    drop(spawn_host("system", move || start.run(place)));
    STATUS_SUCCESS
}

/// Ends the present system thread and does not return. The host's thread cannot be unwound through the driver's frames, so
/// it sleeps from here on; returning from the start routine ends a thread for good and is the better way.
#[track_caller]
pub unsafe fn PsTerminateSystemThread(_ExitStatus: NTSTATUS) -> NTSTATUS {
    let place = Location::caller();
    irql::at_most(irql::PASSIVE, "PsTerminateSystemThread", place);
    let thread = CURRENT.get();
    // SAFETY: a current thread object is live.
    if thread.is_null() || !unsafe { (*thread).system } {
        return STATUS_INVALID_PARAMETER;
    }
    let _host = mode::host();
    verifier::require_no_more_held_than(0, "a system thread", place);
    ke::require_apc_depth(0, "a system thread", place);
    end(thread, place);
    loop {
        std::thread::park();
    }
}

/// The present thread.
pub unsafe fn KeGetCurrentThread() -> PKTHREAD {
    current_thread()
}

/// The present thread.
pub unsafe fn PsGetCurrentThread() -> PETHREAD {
    current_thread()
}

/// The present thread's id.
pub unsafe fn PsGetCurrentThreadId() -> HANDLE {
    ptr::without_provenance_mut(current_id() as usize)
}

/// Whether a thread was made by PsCreateSystemThread.
pub unsafe fn PsIsSystemThread(Thread: PETHREAD) -> BOOLEAN {
    BOOLEAN::from(thread_of(Thread).is_some_and(|thread| thread.system))
}

/// Whether a thread was made by PsCreateSystemThread.
pub unsafe fn IoIsSystemThread(Thread: PETHREAD) -> BOOLEAN {
    BOOLEAN::from(thread_of(Thread).is_some_and(|thread| thread.system))
}

/// Priorities make no difference here; returns the normal one.
pub unsafe fn KeSetPriorityThread(_Thread: PKTHREAD, _Priority: KPRIORITY) -> KPRIORITY {
    8
}
