//! ERESOURCE: many readers or one writer, recursive. The state is the simulator's own; the driver's ERESOURCE holds a
//! pointer to it.

use super::fast_mutex::require_critical_region;
use crate::irql;
use crate::mode;
use crate::pool::{self, Anchor};
use crate::ps;
use crate::sys::*;
use crate::verifier::{self, Kind, Place, broken};
use core::panic::Location;
use parking_lot::{Condvar, Mutex, MutexGuard};

/// `ReservedLowFlags`-like mark in an initialised resource.
const MARK: KSPIN_LOCK = 0x4552_4553_4f55_5243;

struct Owner {
    id: ERESOURCE_THREAD,
    count: u32,
    place: Place,
}

#[derive(Default)]
struct State {
    exclusive: Option<Owner>,
    shared: Vec<Owner>,
    waiting_exclusive: u32,
    waiting_shared: u32,
}

impl State {
    /// Counts once more for the exclusive owner; false if that is not `id`.
    fn reenter(&mut self, id: ERESOURCE_THREAD) -> bool {
        match self.exclusive.as_mut().filter(|owner| owner.id == id) {
            Some(owner) => {
                owner.count += 1;
                true
            }
            None => false,
        }
    }

    fn share_of(&mut self, id: ERESOURCE_THREAD) -> Option<&mut Owner> {
        self.shared.iter_mut().find(|owner| owner.id == id)
    }

    fn place(&self) -> Option<Place> {
        self.exclusive
            .as_ref()
            .or(self.shared.first())
            .map(|owner| owner.place)
    }
}

#[derive(Default)]
struct Resource {
    state: Mutex<State>,
    changed: Condvar,
}

/// How eager a shared acquisition is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Share {
    /// Waits behind a waiting writer unless this thread shares already.
    Fair,
    /// Never waits behind a waiting writer.
    StarveExclusive,
    /// Always waits behind a waiting writer.
    WaitForExclusive,
}

/// The thread as an owner: the thread object's address, like `ExGetCurrentResourceThread`.
fn me() -> ERESOURCE_THREAD {
    ps::current_thread() as ERESOURCE_THREAD
}

/// The simulator's part of an initialised resource.
fn find<'a>(resource: PERESOURCE, place: Place) -> Option<&'a Resource> {
    // SAFETY: the caller of the service gives a resource; an uninitialised one is what the mark is for.
    let mark = unsafe { (*resource).SpinLock };
    if mark != MARK {
        broken!(
            Uninitialised,
            place,
            None,
            "the ERESOURCE at {resource:p} is not initialised or is deleted"
        );
        return None;
    }
    // SAFETY: the mark says that the pointer is ours.
    let link = unsafe { (*resource).__bindgen_anon_2 };
    // SAFETY: an initialised resource holds the address.
    let own = unsafe { link.Address };
    // SAFETY: it lives until ExDeleteResourceLite.
    unsafe { own.cast::<Resource>().as_ref() }
}

/// Acquires a resource: once more if this thread has it exclusively, else as `take` does, which gives the state back, still
/// locked, if it got the resource.
fn acquire(
    resource: PERESOURCE,
    service: &str,
    place: Place,
    take: impl for<'a> FnOnce(
        &'a Resource,
        MutexGuard<'a, State>,
        ERESOURCE_THREAD,
    ) -> Option<MutexGuard<'a, State>>,
) -> bool {
    irql::at_most(irql::APC, service, place);
    require_critical_region(service, place);
    let _host = mode::host();
    let Some(own) = find(resource, place) else {
        return false;
    };
    let id = me();
    let mut state = own.state.lock();
    let state = if state.reenter(id) {
        Some(state)
    } else {
        take(own, state, id)
    };
    if state.is_some() {
        verifier::acquired(resource as usize, Kind::Resource, place);
    }
    state.is_some()
}

fn acquire_exclusive(resource: PERESOURCE, wait: bool, place: Place) -> bool {
    let service = "ExAcquireResourceExclusiveLite";
    acquire(resource, service, place, |own, mut state, id| {
        if wait && let Some(owner) = state.share_of(id) {
            let first = owner.place;
            drop(state);
            broken!(
                Recursion,
                place,
                Some(first),
                "this thread shares the ERESOURCE and wants it exclusively: a deadlock"
            );
            return None;
        }
        let taken = |state: &State| state.exclusive.is_some() || !state.shared.is_empty();
        if taken(&state) {
            if !wait {
                return None;
            }
            verifier::acquiring(resource as usize, place);
            state.waiting_exclusive += 1;
            while taken(&state) {
                own.changed.wait(&mut state);
            }
            state.waiting_exclusive -= 1;
        } else if wait {
            verifier::acquiring(resource as usize, place);
        }
        state.exclusive = Some(Owner {
            id,
            count: 1,
            place,
        });
        Some(state)
    })
}

fn acquire_shared(resource: PERESOURCE, wait: bool, share: Share, place: Place) -> bool {
    let service = "ExAcquireResourceSharedLite";
    acquire(resource, service, place, |own, mut state, id| {
        let shares = state.share_of(id).is_some();
        let must_wait = |state: &State| {
            state.exclusive.is_some()
                || match share {
                    Share::Fair => state.waiting_exclusive > 0 && !shares,
                    Share::StarveExclusive => false,
                    Share::WaitForExclusive => state.waiting_exclusive > 0,
                }
        };
        if wait && !shares {
            verifier::acquiring(resource as usize, place);
        }
        if must_wait(&state) {
            if !wait {
                return None;
            }
            state.waiting_shared += 1;
            while must_wait(&state) {
                own.changed.wait(&mut state);
            }
            state.waiting_shared -= 1;
        }
        match state.share_of(id) {
            Some(owner) => owner.count += 1,
            None => state.shared.push(Owner {
                id,
                count: 1,
                place,
            }),
        }
        Some(state)
    })
}

fn release(resource: PERESOURCE, id: ERESOURCE_THREAD, place: Place) {
    irql::at_most(irql::DISPATCH, "ExReleaseResourceLite", place);
    let _host = mode::host();
    let Some(own) = find(resource, place) else {
        return;
    };
    let mut state = own.state.lock();
    let mut found = false;
    if let Some(owner) = state.exclusive.as_mut().filter(|owner| owner.id == id) {
        found = true;
        owner.count -= 1;
        if owner.count == 0 {
            state.exclusive = None;
        }
    } else if let Some(index) = state.shared.iter().position(|owner| owner.id == id) {
        found = true;
        state.shared[index].count -= 1;
        if state.shared[index].count == 0 {
            state.shared.swap_remove(index);
        }
    }
    let owner = state.place();
    drop(state);
    if !found {
        broken!(
            NotOwner,
            place,
            owner,
            "owner {id:#x} does not have the ERESOURCE"
        );
        return;
    }
    if id == me() {
        verifier::released(resource as usize);
    } else if id & 3 != 3 {
        // An owner pointer is no thread, and nobody's list has it.
        verifier::released_for(id, resource as usize);
    }
    own.changed.notify_all();
}

/// Initialises a resource. It must be deleted before its memory is freed.
#[track_caller]
pub unsafe fn ExInitializeResourceLite(Resource: PERESOURCE) -> NTSTATUS {
    let place = Location::caller();
    irql::at_most(irql::DISPATCH, "ExInitializeResourceLite", place);
    let _host = mode::host();
    if let Some(before) = pool::drop_anchor(Resource as usize, Anchor::Resource, place) {
        broken!(
            ResourceState,
            place,
            Some(before),
            "this ERESOURCE is initialised already"
        );
        return STATUS_SUCCESS;
    }
    verifier::forget_range(Resource as usize, size_of::<ERESOURCE>());
    let mut resource = ERESOURCE {
        SpinLock: MARK,
        ..ERESOURCE::default()
    };
    resource.__bindgen_anon_2.Address = Box::into_raw(Box::<self::Resource>::default()).cast();
    // SAFETY: the caller gives room for a resource.
    unsafe { Resource.write(resource) };
    STATUS_SUCCESS
}

/// Deletes a resource that nobody has.
#[track_caller]
pub unsafe fn ExDeleteResourceLite(Resource: PERESOURCE) -> NTSTATUS {
    let place = Location::caller();
    irql::at_most(irql::DISPATCH, "ExDeleteResourceLite", place);
    let _host = mode::host();
    let Some(own) = find(Resource, place) else {
        return STATUS_INVALID_PARAMETER;
    };
    if let Some(owner) = own.state.lock().place() {
        broken!(
            ResourceState,
            place,
            Some(owner),
            "deleted an ERESOURCE that someone has"
        );
    }
    pool::lift_anchor(Resource as usize);
    verifier::forget_marked(Resource as usize);
    verifier::forget_range(Resource as usize, size_of::<ERESOURCE>());
    let own: *const self::Resource = own;
    // SAFETY: the caller's resource; from here on it is uninitialised.
    unsafe { (*Resource).SpinLock = 0 };
    // SAFETY: made by ExInitializeResourceLite, and the mark that led here is gone.
    drop(unsafe { Box::from_raw(own.cast_mut()) });
    STATUS_SUCCESS
}

/// Resets a resource that nobody has, as if it were new.
#[track_caller]
pub unsafe fn ExReinitializeResourceLite(Resource: PERESOURCE) -> NTSTATUS {
    let place = Location::caller();
    let _host = mode::host();
    let Some(own) = find(Resource, place) else {
        return STATUS_INVALID_PARAMETER;
    };
    if let Some(owner) = own.state.lock().place() {
        broken!(
            ResourceState,
            place,
            Some(owner),
            "reinitialised an ERESOURCE that someone has"
        );
    }
    STATUS_SUCCESS
}

/// Takes a resource exclusively. FALSE when it is taken and `Wait` is FALSE.
#[track_caller]
pub unsafe fn ExAcquireResourceExclusiveLite(Resource: PERESOURCE, Wait: BOOLEAN) -> BOOLEAN {
    BOOLEAN::from(acquire_exclusive(Resource, Wait != 0, Location::caller()))
}

/// Takes a share of a resource, behind waiting writers.
#[track_caller]
pub unsafe fn ExAcquireResourceSharedLite(Resource: PERESOURCE, Wait: BOOLEAN) -> BOOLEAN {
    BOOLEAN::from(acquire_shared(
        Resource,
        Wait != 0,
        Share::Fair,
        Location::caller(),
    ))
}

/// Takes a share of a resource, past waiting writers.
#[track_caller]
pub unsafe fn ExAcquireSharedStarveExclusive(Resource: PERESOURCE, Wait: BOOLEAN) -> BOOLEAN {
    BOOLEAN::from(acquire_shared(
        Resource,
        Wait != 0,
        Share::StarveExclusive,
        Location::caller(),
    ))
}

/// Takes a share of a resource, behind waiting writers even when this thread shares it already.
#[track_caller]
pub unsafe fn ExAcquireSharedWaitForExclusive(Resource: PERESOURCE, Wait: BOOLEAN) -> BOOLEAN {
    BOOLEAN::from(acquire_shared(
        Resource,
        Wait != 0,
        Share::WaitForExclusive,
        Location::caller(),
    ))
}

/// Lets go once.
#[track_caller]
pub unsafe fn ExReleaseResourceLite(Resource: PERESOURCE) {
    release(Resource, me(), Location::caller());
}

/// Lets go once for another owner: a thread, or what ExSetResourceOwnerPointer named.
#[track_caller]
pub unsafe fn ExReleaseResourceForThreadLite(
    Resource: PERESOURCE,
    ResourceThreadId: ERESOURCE_THREAD,
) {
    release(Resource, ResourceThreadId, Location::caller());
}

/// Makes a pointer (with its two low bits set) the owner in place of this thread.
#[track_caller]
pub unsafe fn ExSetResourceOwnerPointer(Resource: PERESOURCE, OwnerPointer: PVOID) {
    let place = Location::caller();
    irql::at_most(irql::DISPATCH, "ExSetResourceOwnerPointer", place);
    let _host = mode::host();
    let Some(own) = find(Resource, place) else {
        return;
    };
    let id = me();
    let new = OwnerPointer as ERESOURCE_THREAD;
    let mut state = own.state.lock();
    let moved = if let Some(owner) = state.exclusive.as_mut().filter(|owner| owner.id == id) {
        owner.id = new;
        owner.count
    } else if let Some(owner) = state.share_of(id) {
        owner.id = new;
        owner.count
    } else {
        0
    };
    drop(state);
    if moved == 0 || new & 3 != 3 {
        broken!(
            NotOwner,
            place,
            None,
            "the owner pointer {new:#x} cannot take the ERESOURCE over from this thread"
        );
    }
    for _ in 0..moved {
        verifier::released(Resource as usize);
    }
}

/// Turns exclusive ownership into a share.
#[track_caller]
pub unsafe fn ExConvertExclusiveToSharedLite(Resource: PERESOURCE) {
    let place = Location::caller();
    irql::at_most(irql::DISPATCH, "ExConvertExclusiveToSharedLite", place);
    let _host = mode::host();
    let Some(own) = find(Resource, place) else {
        return;
    };
    let mut state = own.state.lock();
    match state.exclusive.take() {
        Some(owner) if owner.id == me() => {
            state.shared.push(owner);
            drop(state);
            own.changed.notify_all();
        }
        other => {
            state.exclusive = other;
            drop(state);
            broken!(
                NotOwner,
                place,
                None,
                "converted an ERESOURCE that this thread does not have exclusively"
            );
        }
    }
}

/// Whether this thread has the resource exclusively.
#[track_caller]
pub unsafe fn ExIsResourceAcquiredExclusiveLite(Resource: PERESOURCE) -> BOOLEAN {
    let _host = mode::host();
    let own = find(Resource, Location::caller());
    BOOLEAN::from(own.is_some_and(|own| {
        own.state
            .lock()
            .exclusive
            .as_ref()
            .is_some_and(|owner| owner.id == me())
    }))
}

/// How often this thread has the resource, in whatever way.
#[track_caller]
pub unsafe fn ExIsResourceAcquiredSharedLite(Resource: PERESOURCE) -> ULONG {
    let _host = mode::host();
    let Some(own) = find(Resource, Location::caller()) else {
        return 0;
    };
    let id = me();
    let mut state = own.state.lock();
    match &state.exclusive {
        Some(owner) if owner.id == id => owner.count,
        _ => state.share_of(id).map_or(0, |owner| owner.count),
    }
}

/// How many threads wait to have the resource exclusively.
#[track_caller]
pub unsafe fn ExGetExclusiveWaiterCount(Resource: PERESOURCE) -> ULONG {
    let _host = mode::host();
    find(Resource, Location::caller()).map_or(0, |own| own.state.lock().waiting_exclusive)
}

/// How many threads wait to share the resource.
#[track_caller]
pub unsafe fn ExGetSharedWaiterCount(Resource: PERESOURCE) -> ULONG {
    let _host = mode::host();
    find(Resource, Location::caller()).map_or(0, |own| own.state.lock().waiting_shared)
}
