//! The completion port and its threads.
//!
//! Wine ends an operation when the thread that began it ends, so all that can stay pending is begun here, by threads
//! that live as long as the harness. They also complete every IRP, so that no completion routine runs inside the call
//! that started its operation.

use super::operation::Operation;
use crate::kernelbase::{
    CloseHandle, CreateIoCompletionPort, GetQueuedCompletionStatus, Handle, INFINITE,
    INVALID_HANDLE_VALUE, Overlapped, PostQueuedCompletionStatus,
};
use crate::ledger::violation;
use crate::sync::Mutex;
use crate::thread::Thread;
use crate::winsock::{RawSocket, as_handle};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};
use wdk_sys::{NTSTATUS, STATUS_INSUFFICIENT_RESOURCES};

/// As many as there are processors where the tests run.
const THREADS: usize = 2;

/// What a packet of the port is: the end of an operation on a socket, ...
const IO: usize = 1;
/// ... a task of ours, ...
const TASK: usize = 2;
/// ... or the end of a thread.
const END: usize = 3;

type Task = Box<dyn FnOnce() + Send>;

static PORT: AtomicPtr<core::ffi::c_void> = AtomicPtr::new(null_mut());
static RUNNING: Mutex<Vec<Thread>> = Mutex::new(Vec::new());

fn port() -> Handle {
    PORT.load(Ordering::Acquire)
}

/// Opens the port and starts its threads.
pub fn start() -> Result<(), NTSTATUS> {
    // SAFETY: asks for a new port.
    let port = unsafe { CreateIoCompletionPort(INVALID_HANDLE_VALUE, null_mut(), 0, 0) };
    if port.is_null() {
        return Err(STATUS_INSUFFICIENT_RESOURCES);
    }
    PORT.store(port, Ordering::Release);
    for _ in 0..THREADS {
        let thread = Thread::spawn(run)?;
        RUNNING.lock().push(thread);
    }
    Ok(())
}

/// Ends the threads and closes the port.
pub fn stop() {
    let threads = core::mem::take(&mut *RUNNING.lock());
    for _ in &threads {
        // SAFETY: the port is open; no operation comes with the packet.
        unsafe { PostQueuedCompletionStatus(port(), 0, END, null_mut()) };
    }
    for thread in threads {
        thread.join();
    }
    let port = PORT.swap(null_mut(), Ordering::AcqRel);
    if !port.is_null() {
        // SAFETY: the port is ours, and nobody waits for it any more.
        unsafe { CloseHandle(port) };
    }
}

/// Has a socket report the ends of its operations here.
pub fn attach(socket: RawSocket) -> Result<(), NTSTATUS> {
    // SAFETY: both are open.
    let result = unsafe { CreateIoCompletionPort(as_handle(socket), port(), IO, 0) };
    if result.is_null() {
        Err(STATUS_INSUFFICIENT_RESOURCES)
    } else {
        Ok(())
    }
}

/// Calls a closure on one of the threads, soon. IRQL: any.
pub fn later(task: impl FnOnce() + Send + 'static) {
    let task: Box<Task> = Box::new(Box::new(task));
    let packet = Box::into_raw(task);
    // SAFETY: the port is open; with this key the pointer is taken for nothing but the box.
    let posted = unsafe { PostQueuedCompletionStatus(port(), 0, TASK, packet.cast()) };
    if posted == 0 {
        violation!("the WSK provider is used after its end");
        // SAFETY: nobody got it.
        drop(unsafe { Box::from_raw(packet) });
    }
}

fn run() {
    loop {
        let (mut bytes, mut key, mut packet) = (0, 0, null_mut::<Overlapped>());
        // SAFETY: everything goes to locals. Failure of an operation is in its packet.
        unsafe {
            GetQueuedCompletionStatus(port(), &mut bytes, &mut key, &mut packet, INFINITE);
        }
        match key {
            IO if !packet.is_null() => {
                // SAFETY: a packet with this key is of an operation begun by `Operation`.
                unsafe { Operation::ended(packet, bytes as usize) };
            }
            TASK if !packet.is_null() => {
                // SAFETY: `later` gave this box, once.
                let task = unsafe { Box::from_raw(packet.cast::<Task>()) };
                task();
            }
            END => return,
            _ => {}
        }
    }
}
