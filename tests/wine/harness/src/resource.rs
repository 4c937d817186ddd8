//! ERESOURCEs: many readers or one writer. Wine's work but for conversion and owner pointers; these here also say who
//! breaks the rules.
//!
//! The driver's ERESOURCE only holds a pointer to our own state.

use crate::irql;
use crate::ledger::{HELD, violation};
use crate::sync::{Condition, Mutex};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ptr::{NonNull, null_mut};
use wdk_sys::{
    BOOLEAN, ERESOURCE, ERESOURCE_THREAD, NTSTATUS, PERESOURCE, PETHREAD, PVOID, STATUS_SUCCESS,
    ULONG,
};

/// Who holds a resource, and how often. A thread by its address, or an owner pointer.
struct Owner {
    id: ERESOURCE_THREAD,
    times: u32,
}

#[derive(Default)]
struct State {
    owners: Vec<Owner>,
    exclusive: bool,
    /// Threads that wait for exclusive access, for which new readers stand back.
    writers_waiting: u32,
}

struct Resource {
    state: Mutex<State>,
    released: Condition,
}

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Access {
    Exclusive,
    Shared,
    /// Shared, past waiting writers.
    SharedStarving,
}

impl State {
    fn find(&mut self, id: ERESOURCE_THREAD) -> Option<&mut Owner> {
        self.owners.iter_mut().find(|owner| owner.id == id)
    }

    /// Gives access if it can be had now.
    fn try_acquire(&mut self, id: ERESOURCE_THREAD, access: Access) -> bool {
        let (exclusive, free) = (self.exclusive, self.owners.is_empty());
        let writers_waiting = self.writers_waiting != 0;
        if let Some(owner) = self.find(id) {
            let again = exclusive || access != Access::Exclusive;
            owner.times += u32::from(again);
            return again;
        }
        let granted = match access {
            Access::Exclusive => free,
            Access::Shared => !exclusive && !writers_waiting,
            Access::SharedStarving => !exclusive,
        };
        if granted {
            self.exclusive = access == Access::Exclusive;
            self.owners.push(Owner { id, times: 1 });
        }
        granted
    }
}

#[link(name = "ntoskrnl.exe", kind = "raw-dylib", modifiers = "+verbatim")]
unsafe extern "C" {
    /// Inline in the headers that `wdk_sys` is made from here.
    fn KeGetCurrentThread() -> PETHREAD;
}

/// The calling thread as an owner.
fn me() -> ERESOURCE_THREAD {
    // SAFETY: has no conditions.
    unsafe { KeGetCurrentThread() }.addr() as ERESOURCE_THREAD
}

/// The place in an ERESOURCE that points to our state.
fn place(resource: PERESOURCE) -> *mut *mut Resource {
    resource.cast()
}

fn state_of<'a>(resource: PERESOURCE, routine: &str) -> Option<&'a Resource> {
    // SAFETY: the driver names its ERESOURCE.
    let inner = unsafe { place(resource).read() };
    if inner.is_null() {
        violation!("{routine} of an ERESOURCE that is not initialised");
    }
    // SAFETY: NULL, or made by `initialize` and there until `delete`.
    unsafe { inner.as_ref() }
}

fn acquire(resource: PERESOURCE, wait: BOOLEAN, access: Access, routine: &str) -> BOOLEAN {
    irql::at_most(irql::APC, routine);
    if !irql::apcs_are_disabled() {
        violation!("{routine} while kernel APCs are enabled");
    }
    let Some(resource) = state_of(resource, routine) else {
        return 0;
    };
    let me = me();
    let mut state = resource.state.lock();
    if state.try_acquire(me, access) {
        return 1;
    }
    if wait == 0 {
        return 0;
    }
    if state.find(me).is_some() {
        violation!("{routine}: this thread has shared access and would wait for itself for ever");
        return 0;
    }
    let writer = u32::from(access == Access::Exclusive);
    state.writers_waiting += writer;
    loop {
        resource.released.wait(&mut state);
        if state.try_acquire(me, access) {
            break;
        }
    }
    state.writers_waiting -= writer;
    1
}

fn release(resource: PERESOURCE, id: ERESOURCE_THREAD, routine: &str) {
    irql::at_most(irql::DISPATCH, routine);
    let Some(resource) = state_of(resource, routine) else {
        return;
    };
    let mut state = resource.state.lock();
    match state.find(id) {
        Some(owner) => owner.times -= 1,
        None => violation!("{routine} for somebody who does not have the resource"),
    }
    state.owners.retain(|owner| owner.times != 0);
    state.exclusive &= !state.owners.is_empty();
    drop(state);
    resource.released.wake_all();
}

/// `ExInitializeResourceLite`.
pub unsafe extern "C" fn initialize(resource: PERESOURCE) -> NTSTATUS {
    irql::at_most(irql::DISPATCH, "ExInitializeResourceLite");
    let inner = Box::new(Resource {
        state: Mutex::new(State::default()),
        released: Condition::new(),
    });
    // SAFETY: the driver gives room for an ERESOURCE.
    unsafe { resource.write(ERESOURCE::default()) };
    // SAFETY: as above, and it is greater than a pointer.
    unsafe { place(resource).write(Box::into_raw(inner)) };
    HELD.resources.add();
    STATUS_SUCCESS
}

/// `ExDeleteResourceLite`.
pub unsafe extern "C" fn delete(resource: PERESOURCE) -> NTSTATUS {
    irql::at_most(irql::DISPATCH, "ExDeleteResourceLite");
    // SAFETY: the driver names its ERESOURCE.
    let inner = unsafe { place(resource).replace(null_mut()) };
    let Some(inner) = NonNull::new(inner) else {
        violation!("ExDeleteResourceLite of an ERESOURCE that is not initialised");
        return STATUS_SUCCESS;
    };
    // SAFETY: `initialize` made the box, and nobody finds it any more.
    let inner = unsafe { Box::from_raw(inner.as_ptr()) };
    if !inner.state.lock().owners.is_empty() {
        violation!("ExDeleteResourceLite of a resource that somebody has");
    }
    HELD.resources.remove();
    STATUS_SUCCESS
}

/// `ExAcquireResourceExclusiveLite`.
pub unsafe extern "C" fn acquire_exclusive(resource: PERESOURCE, wait: BOOLEAN) -> BOOLEAN {
    acquire(
        resource,
        wait,
        Access::Exclusive,
        "ExAcquireResourceExclusiveLite",
    )
}

/// `ExAcquireResourceSharedLite`.
pub unsafe extern "C" fn acquire_shared(resource: PERESOURCE, wait: BOOLEAN) -> BOOLEAN {
    acquire(
        resource,
        wait,
        Access::Shared,
        "ExAcquireResourceSharedLite",
    )
}

/// `ExAcquireSharedStarveExclusive`.
pub unsafe extern "C" fn acquire_shared_starving(resource: PERESOURCE, wait: BOOLEAN) -> BOOLEAN {
    acquire(
        resource,
        wait,
        Access::SharedStarving,
        "ExAcquireSharedStarveExclusive",
    )
}

/// `ExReleaseResourceLite`.
pub unsafe extern "C" fn release_own(resource: PERESOURCE) {
    release(resource, me(), "ExReleaseResourceLite");
}

/// `ExReleaseResourceForThreadLite`.
pub unsafe extern "C" fn release_for_thread(resource: PERESOURCE, thread: ERESOURCE_THREAD) {
    release(resource, thread, "ExReleaseResourceForThreadLite");
}

/// `ExConvertExclusiveToSharedLite`.
pub unsafe extern "C" fn convert_to_shared(resource: PERESOURCE) {
    irql::at_most(irql::DISPATCH, "ExConvertExclusiveToSharedLite");
    let Some(resource) = state_of(resource, "ExConvertExclusiveToSharedLite") else {
        return;
    };
    let mut state = resource.state.lock();
    if !state.exclusive || state.find(me()).is_none() {
        violation!("ExConvertExclusiveToSharedLite without exclusive access");
    }
    state.exclusive = false;
    drop(state);
    resource.released.wake_all();
}

/// `ExSetResourceOwnerPointer`.
pub unsafe extern "C" fn set_owner_pointer(resource: PERESOURCE, pointer: PVOID) {
    irql::at_most(irql::DISPATCH, "ExSetResourceOwnerPointer");
    if pointer.addr() & 3 != 3 {
        violation!("ExSetResourceOwnerPointer to an owner without its two lowest bits set");
    }
    let Some(resource) = state_of(resource, "ExSetResourceOwnerPointer") else {
        return;
    };
    let mut state = resource.state.lock();
    match state.find(me()) {
        Some(owner) => owner.id = pointer.addr() as ERESOURCE_THREAD,
        None => violation!("ExSetResourceOwnerPointer by a thread that does not have the resource"),
    }
}

/// `ExIsResourceAcquiredExclusiveLite`.
pub unsafe extern "C" fn is_acquired_exclusive(resource: PERESOURCE) -> BOOLEAN {
    let Some(resource) = state_of(resource, "ExIsResourceAcquiredExclusiveLite") else {
        return 0;
    };
    let mut state = resource.state.lock();
    (state.exclusive && state.find(me()).is_some()).into()
}

/// `ExIsResourceAcquiredSharedLite`, which exclusive access answers too.
pub unsafe extern "C" fn is_acquired_shared(resource: PERESOURCE) -> ULONG {
    let Some(resource) = state_of(resource, "ExIsResourceAcquiredSharedLite") else {
        return 0;
    };
    let mut state = resource.state.lock();
    state.find(me()).map_or(0, |owner| owner.times)
}
