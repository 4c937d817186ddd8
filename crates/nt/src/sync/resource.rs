//! ERESOURCEs: many readers or one writer.
//!
//! An ERESOURCE is recursive: its exclusive owner may take it again, also shared. So it cannot hand out `&mut` to a
//! value, and guards none here.

use super::CriticalRegion;
use crate::pool::{KernelObject, Tag};
use crate::{Result, check, sys};
use core::marker::PhantomData;

const TAG: Tag = Tag::new(b"NtRs");

/// A resource of our own, in pool.
pub struct Resource {
    object: KernelObject<sys::ERESOURCE>,
}

impl Resource {
    /// A new resource, free (`ExInitializeResourceLite`). IRQL: any.
    #[track_caller]
    pub fn new() -> Result<Self> {
        let object = KernelObject::<sys::ERESOURCE>::zeroed(TAG)?;
        // SAFETY: the object is room for a resource that nobody knows yet; `drop` takes it from the system's list.
        check(unsafe { sys::ExInitializeResourceLite(object.as_ptr()) })?;
        Ok(Self { object })
    }

    /// Waits for shared access. See [`ResourceRef::acquire_shared`].
    #[track_caller]
    pub fn shared(&self) -> ResourceGuard<'_> {
        self.by_ref().acquire_shared()
    }

    /// Waits for exclusive access. See [`ResourceRef::acquire_exclusive`].
    #[track_caller]
    pub fn exclusive(&self) -> ResourceGuard<'_> {
        self.by_ref().acquire_exclusive()
    }

    /// The resource as others may be given it.
    pub fn by_ref(&self) -> ResourceRef<'_> {
        // SAFETY: the object was initialised, stays where it is, and lives as long as the borrow.
        unsafe { ResourceRef::from_raw(self.object.as_ptr()) }
    }
}

impl Drop for Resource {
    #[track_caller]
    fn drop(&mut self) {
        // SAFETY: the resource was initialised; guards borrow it, so nobody holds it. A failure has no remedy.
        let _ = unsafe { sys::ExDeleteResourceLite(self.object.as_ptr()) };
    }
}

/// An ERESOURCE that somebody else owns, such as an FCB's.
#[derive(Clone, Copy)]
pub struct ResourceRef<'a> {
    resource: *mut sys::ERESOURCE,
    owner: PhantomData<&'a sys::ERESOURCE>,
}

// SAFETY: any thread may use a resource; what is bound to a thread is the guard.
unsafe impl Send for ResourceRef<'_> {}
// SAFETY: as above.
unsafe impl Sync for ResourceRef<'_> {}

impl<'a> ResourceRef<'a> {
    /// Looks at a foreign resource.
    ///
    /// # Safety
    ///
    /// It was initialised, and neither moves nor is deleted during the lifetime.
    pub const unsafe fn from_raw(resource: *mut sys::ERESOURCE) -> Self {
        Self {
            resource,
            owner: PhantomData,
        }
    }

    /// Waits for shared access, within a critical region of its own. IRQL: below DISPATCH.
    #[track_caller]
    pub fn acquire_shared(self) -> ResourceGuard<'a> {
        let region = CriticalRegion::enter();
        // SAFETY: the resource is valid, APCs are held back, and waiting is allowed, so it always succeeds.
        unsafe { sys::ExAcquireResourceSharedLite(self.resource, 1) };
        self.guard(region)
    }

    /// Waits for exclusive access, within a critical region of its own. IRQL: below DISPATCH.
    #[track_caller]
    pub fn acquire_exclusive(self) -> ResourceGuard<'a> {
        let region = CriticalRegion::enter();
        // SAFETY: as in `acquire_shared`.
        unsafe { sys::ExAcquireResourceExclusiveLite(self.resource, 1) };
        self.guard(region)
    }

    /// Shared access if it can be had at once. IRQL: below DISPATCH.
    #[track_caller]
    pub fn try_acquire_shared(self) -> Option<ResourceGuard<'a>> {
        let region = CriticalRegion::enter();
        // SAFETY: the resource is valid and APCs are held back.
        let acquired = unsafe { sys::ExAcquireResourceSharedLite(self.resource, 0) };
        (acquired != 0).then(|| self.guard(region))
    }

    /// Exclusive access if it can be had at once. IRQL: below DISPATCH.
    #[track_caller]
    pub fn try_acquire_exclusive(self) -> Option<ResourceGuard<'a>> {
        let region = CriticalRegion::enter();
        // SAFETY: the resource is valid and APCs are held back.
        let acquired = unsafe { sys::ExAcquireResourceExclusiveLite(self.resource, 0) };
        (acquired != 0).then(|| self.guard(region))
    }

    /// Whether this thread has exclusive access. IRQL: any.
    #[track_caller]
    pub fn is_held_exclusive(self) -> bool {
        // SAFETY: the resource is valid.
        unsafe { sys::ExIsResourceAcquiredExclusiveLite(self.resource) != 0 }
    }

    /// Whether this thread has access, shared or exclusive. IRQL: any.
    #[track_caller]
    pub fn is_held(self) -> bool {
        // SAFETY: the resource is valid.
        unsafe { sys::ExIsResourceAcquiredSharedLite(self.resource) != 0 }
    }

    /// The resource itself, for kernel routines that take one.
    pub const fn as_ptr(self) -> *mut sys::ERESOURCE {
        self.resource
    }

    fn guard(self, region: CriticalRegion) -> ResourceGuard<'a> {
        ResourceGuard {
            resource: self,
            _region: region,
        }
    }
}

/// Access to a resource; dropping releases it and then leaves the critical region.
#[must_use = "the resource is released when the guard is dropped"]
pub struct ResourceGuard<'a> {
    resource: ResourceRef<'a>,
    /// Dropped after the release, and keeps the guard on its thread.
    _region: CriticalRegion,
}

impl ResourceGuard<'_> {
    /// Turns exclusive access into shared access without letting anyone in between. IRQL: below DISPATCH.
    #[track_caller]
    pub fn downgrade(&mut self) {
        if self.resource.is_held_exclusive() {
            // SAFETY: this thread has exclusive access.
            unsafe { sys::ExConvertExclusiveToSharedLite(self.resource.resource) };
        }
    }
}

impl Drop for ResourceGuard<'_> {
    #[track_caller]
    fn drop(&mut self) {
        // SAFETY: this thread has access, for the guard cannot change threads.
        unsafe { sys::ExReleaseResourceLite(self.resource.resource) };
    }
}
