//! Processes.

use super::token::{SYSTEM_LOGON, Token};
use crate::mode;
use crate::ob::{self, Kind, ObjectHeader};
use crate::sys::*;
use crate::verifier::Place;
use core::cell::Cell;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

/// What a PEPROCESS points to.
#[repr(C)]
pub(crate) struct Process {
    pub(crate) id: usize,
    pub(crate) token: Token,
}

#[repr(C)]
struct SystemProcess {
    header: ObjectHeader,
    body: Process,
}

static SYSTEM: SystemProcess = SystemProcess {
    header: ObjectHeader::permanent(Kind::Process),
    body: Process {
        id: 4,
        token: Token {
            logon: SYSTEM_LOGON,
            session: 0,
            restricted: false,
        },
    },
};

/// The system process.
pub static mut PsInitialSystemProcess: PEPROCESS = (&raw const SYSTEM.body).cast_mut().cast();

/// Ids of user processes begin here and grow by four.
static NEXT_ID: AtomicUsize = AtomicUsize::new(1000);

thread_local! {
    static ATTACHED: Cell<*const Process> = const { Cell::new(&raw const SYSTEM.body) };
}

/// Makes a user process. NULL when out of memory.
pub(crate) fn new_process(token: Token, place: Place) -> PEPROCESS {
    let process = ob::create_host(Kind::Process, size_of::<Process>(), place).cast::<Process>();
    let id = NEXT_ID.fetch_add(4, Ordering::Relaxed);
    // SAFETY: new memory of the right size.
    unsafe { process.write(Process { id, token }) };
    process.cast()
}

/// The present thread's process.
pub(super) fn current() -> &'static Process {
    // SAFETY: a thread's process lives while the thread is attached to it.
    unsafe { &*ATTACHED.get() }
}

/// The present thread's process.
pub(crate) fn current_process() -> PEPROCESS {
    ATTACHED.get().cast_mut().cast()
}

/// A process by its pointer.
pub(crate) fn process_of(process: PEPROCESS) -> Option<&'static Process> {
    // SAFETY: a PEPROCESS that drivers and this crate pass about is live.
    unsafe { process.cast::<Process>().as_ref() }
}

/// Puts the thread back into its former process when dropped.
pub(crate) struct Attachment {
    former: *const Process,
    _not_send: core::marker::PhantomData<*mut ()>,
}

impl Drop for Attachment {
    fn drop(&mut self) {
        ATTACHED.set(self.former);
    }
}

/// Makes a process the present thread's.
pub(crate) fn attach(process: PEPROCESS) -> Attachment {
    Attachment {
        former: ATTACHED.replace(process.cast_const().cast()),
        _not_send: core::marker::PhantomData,
    }
}

/// The present process.
pub unsafe fn PsGetCurrentProcess() -> PEPROCESS {
    current_process()
}

/// The present process.
pub unsafe fn IoGetCurrentProcess() -> PEPROCESS {
    current_process()
}

/// The present process's id.
pub unsafe fn PsGetCurrentProcessId() -> HANDLE {
    ptr::without_provenance_mut(current().id)
}

/// A process's id.
pub unsafe fn PsGetProcessId(Process: PEPROCESS) -> HANDLE {
    ptr::without_provenance_mut(process_of(Process).map_or(0, |process| process.id))
}

/// The process of a thread; this kernel knows it for the present thread and for system threads.
pub unsafe fn IoThreadToProcess(Thread: PETHREAD) -> PEPROCESS {
    let _host = mode::host();
    if Thread == super::current_thread() {
        current_process()
    } else {
        (&raw const SYSTEM.body).cast_mut().cast()
    }
}
