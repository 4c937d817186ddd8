//! Events, on which threads wait.

use crate::pool::{KernelObject, Tag};
use crate::time::{KERNEL_MODE, relative};
use crate::{Result, Status, sys};
use core::marker::PhantomData;
use core::ptr::{NonNull, null_mut};
use core::time::Duration;

const TAG: Tag = Tag::new(b"NtEv");

/// `Executive`, the wait reason of drivers.
const EXECUTIVE: sys::KWAIT_REASON = 0;

/// What happens to a set event when a wait is satisfied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// It stays set, for all waiters, until it is reset.
    Notification,
    /// It is reset, so that each setting wakes one waiter.
    Synchronization,
}

impl EventKind {
    const fn as_raw(self) -> sys::EVENT_TYPE {
        match self {
            Self::Notification => 0,
            Self::Synchronization => 1,
        }
    }
}

/// An event of our own. The kernel's part is in pool, so the event may be made anywhere and moved.
pub struct Event {
    object: KernelObject<sys::KEVENT>,
}

impl Event {
    /// A new event, not set. IRQL: any.
    #[track_caller]
    pub fn new(kind: EventKind) -> Result<Self> {
        let object = KernelObject::<sys::KEVENT>::zeroed(TAG)?;
        // SAFETY: the object is room for an event that nobody knows yet.
        unsafe { sys::KeInitializeEvent(object.as_ptr(), kind.as_raw(), 0) };
        Ok(Self { object })
    }

    /// Sets the event; says whether it was set already. IRQL: any.
    #[track_caller]
    pub fn set(&self) -> bool {
        self.by_ref().set()
    }

    /// Resets the event; says whether it was set. IRQL: any.
    #[track_caller]
    pub fn reset(&self) -> bool {
        self.by_ref().reset()
    }

    /// Whether the event is set now. IRQL: any.
    #[track_caller]
    pub fn is_set(&self) -> bool {
        self.by_ref().is_set()
    }

    /// Waits until the event is set. IRQL: below DISPATCH.
    #[track_caller]
    pub fn wait(&self) {
        self.by_ref().wait();
    }

    /// Waits no longer than that; [`Status::TIMEOUT`] when the time is over. A wait of zero may be at DISPATCH.
    #[track_caller]
    pub fn wait_for(&self, timeout: Duration) -> Result<()> {
        self.by_ref().wait_for(timeout)
    }

    /// The event as others may be given it.
    pub fn by_ref(&self) -> EventRef<'_> {
        // SAFETY: the object was initialised, stays where it is, and lives as long as the borrow.
        unsafe { EventRef::from_raw(self.object.as_ptr()) }
    }
}

/// A KEVENT that somebody else owns, such as the one in an RX_CONTEXT.
#[derive(Clone, Copy)]
pub struct EventRef<'a> {
    event: *mut sys::KEVENT,
    owner: PhantomData<&'a sys::KEVENT>,
}

// SAFETY: any thread may use an event.
unsafe impl Send for EventRef<'_> {}
// SAFETY: as above.
unsafe impl Sync for EventRef<'_> {}

impl EventRef<'_> {
    /// Looks at a foreign event.
    ///
    /// # Safety
    ///
    /// It was initialised, and neither moves nor goes away during the lifetime.
    pub const unsafe fn from_raw(event: *mut sys::KEVENT) -> Self {
        Self {
            event,
            owner: PhantomData,
        }
    }

    /// See [`Event::set`].
    #[track_caller]
    pub fn set(self) -> bool {
        // SAFETY: the event is valid. Not followed by a wait, so any IRQL will do.
        unsafe { sys::KeSetEvent(self.event, 0, 0) != 0 }
    }

    /// See [`Event::reset`].
    #[track_caller]
    pub fn reset(self) -> bool {
        // SAFETY: the event is valid.
        unsafe { sys::KeResetEvent(self.event) != 0 }
    }

    /// See [`Event::is_set`].
    #[track_caller]
    pub fn is_set(self) -> bool {
        // SAFETY: the event is valid.
        unsafe { sys::KeReadStateEvent(self.event) != 0 }
    }

    /// See [`Event::wait`].
    #[track_caller]
    pub fn wait(self) {
        // SAFETY: the event is valid. Kernel mode and not alertable: only the event ends the wait.
        let _ = unsafe { wait_for_object(self.event.cast(), None) };
    }

    /// See [`Event::wait_for`].
    #[track_caller]
    pub fn wait_for(self, timeout: Duration) -> Result<()> {
        // SAFETY: the event is valid.
        unsafe { wait_for_object(self.event.cast(), Some(timeout)) }
    }

    /// The event itself, for kernel routines that take one.
    pub const fn as_ptr(self) -> *mut sys::KEVENT {
        self.event
    }
}

/// `KeWaitForSingleObject` in kernel mode, not alertable; [`Status::TIMEOUT`] is an error here.
///
/// # Safety
///
/// The object is a valid dispatcher object during the call.
#[track_caller]
unsafe fn wait_for_object(object: sys::PVOID, timeout: Option<Duration>) -> Result<()> {
    let mut due = timeout.map(relative);
    let due = due
        .as_mut()
        .map_or(null_mut(), |due| NonNull::from(due).as_ptr());
    // SAFETY: the caller vouches for the object; the time is absent or valid.
    let status = unsafe { sys::KeWaitForSingleObject(object, EXECUTIVE, KERNEL_MODE, 0, due) };
    match Status(status) {
        Status::TIMEOUT => Err(Status::TIMEOUT),
        status => status.ok(),
    }
}
