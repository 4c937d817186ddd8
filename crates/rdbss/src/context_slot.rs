//! The `Context` field of an RDBSS object, which holds the mini-redirector's own state of that object.

use core::marker::PhantomData;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicPtr, Ordering};

use nt::pool::PoolArc;

use crate::raw::PVOID;

/// A `Context` field: NULL, or a reference given up by [`PoolArc::into_raw`].
///
/// It is filled at most once in the life of its object, and emptied when the object goes. So whoever may look at the object may
/// also look at what the slot holds for as long.
pub(crate) struct ContextSlot<'a, T> {
    field: &'a AtomicPtr<T>,
    owns: PhantomData<T>,
}

impl<'a, T> ContextSlot<'a, T> {
    /// # Safety
    /// `field` must be the `Context` field of an object that lives during `'a`, and be used by this type with the same `T` only.
    pub(crate) unsafe fn new(field: NonNull<PVOID>) -> Self {
        Self {
            // SAFETY: an aligned pointer field, never touched but atomically, alive during `'a`.
            field: unsafe { AtomicPtr::from_ptr(field.as_ptr().cast()) },
            owns: PhantomData,
        }
    }

    /// What the slot holds.
    pub(crate) fn get(&self) -> Option<&'a T> {
        let held = NonNull::new(self.field.load(Ordering::Acquire))?;
        // SAFETY: the slot holds a reference until its object goes, which is not during `'a`.
        Some(unsafe { held.as_ref() })
    }

    /// A further reference to what the slot holds.
    pub(crate) fn share(&self) -> Option<PoolArc<T>> {
        let held = NonNull::new(self.field.load(Ordering::Acquire))?;
        // SAFETY: as above; the slot's own reference stays where it is.
        Some(unsafe { PoolArc::clone_raw(held) })
    }

    /// Fills the slot; gives the reference back if it is full.
    pub(crate) fn fill(&self, context: PoolArc<T>) -> Result<(), PoolArc<T>> {
        let raw = PoolArc::into_raw(context);
        let filled = self.field.compare_exchange(
            core::ptr::null_mut(),
            raw.as_ptr(),
            Ordering::AcqRel,
            Ordering::Relaxed,
        );
        match filled {
            Ok(_) => Ok(()),
            // SAFETY: given up a moment ago, and the slot has not taken it.
            Err(_) => Err(unsafe { PoolArc::from_raw(raw) }),
        }
    }

    /// Empties the slot.
    ///
    /// # Safety
    /// Nothing that [`ContextSlot::get`] gave may be used any more: the object is going.
    pub(crate) unsafe fn empty(&self) -> Option<PoolArc<T>> {
        let held = NonNull::new(self.field.swap(core::ptr::null_mut(), Ordering::AcqRel))?;
        // SAFETY: the slot held this reference and has just lost it.
        Some(unsafe { PoolArc::from_raw(held) })
    }
}
