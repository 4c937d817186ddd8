//! A shared value in pool.

use super::stock::Home;
use super::{Tag, allocate, free};
use crate::Result;
use core::alloc::Layout;
use core::fmt;
use core::marker::PhantomData;
use core::mem::{ManuallyDrop, offset_of};
use core::ops::Deref;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicUsize, Ordering};

#[repr(C)]
struct Shared<T> {
    count: AtomicUsize,
    tag: Tag,
    /// The stock that the block goes back to, if it came from one.
    home: Option<PoolArc<Home>>,
    value: T,
}

/// A value in nonpaged pool that lives as long as its last reference. `Clone` counts up and allocates nothing.
pub struct PoolArc<T> {
    shared: NonNull<Shared<T>>,
    owns: PhantomData<Shared<T>>,
}

// SAFETY: any holder may be the one to drop the value (Send) while others read it (Sync).
unsafe impl<T: Send + Sync> Send for PoolArc<T> {}
// SAFETY: a shared reference can be cloned, so as above.
unsafe impl<T: Send + Sync> Sync for PoolArc<T> {}

impl<T> PoolArc<T> {
    /// Moves a value into pool, with one reference. When there is no memory the value is dropped. IRQL: any.
    #[track_caller]
    pub fn new(tag: Tag, value: T) -> Result<Self> {
        let block = allocate(tag, Self::LAYOUT)?;
        // SAFETY: the block was allocated with this layout just now.
        Ok(unsafe { Self::in_block(block, tag, None, value) })
    }

    /// What a block must be like.
    pub(super) const LAYOUT: Layout = Layout::new::<Shared<T>>();

    /// Puts a value into a block.
    ///
    /// # Safety
    ///
    /// The block is from `allocate` with [`PoolArc::LAYOUT`] and this tag, by way of the home if there is one, and
    /// nobody uses it.
    pub(super) unsafe fn in_block(
        block: NonNull<u8>,
        tag: Tag,
        home: Option<PoolArc<Home>>,
        value: T,
    ) -> Self {
        let shared = block.cast::<Shared<T>>();
        let content = Shared {
            count: AtomicUsize::new(1),
            tag,
            home,
            value,
        };
        // SAFETY: the caller vouches for the block.
        unsafe { shared.write(content) };
        Self {
            shared,
            owns: PhantomData,
        }
    }

    /// Gives one reference up as a pointer to the value, for a context field.
    pub fn into_raw(this: Self) -> NonNull<T> {
        Self::as_ptr(&ManuallyDrop::new(this))
    }

    /// Takes back the reference that [`PoolArc::into_raw`] gave up.
    ///
    /// # Safety
    ///
    /// The pointer is from `into_raw` of an arc of this type, and that reference was not taken back yet.
    pub unsafe fn from_raw(value: NonNull<T>) -> Self {
        // SAFETY: the value is a field of a `Shared`, so the start is within the same block.
        let shared = unsafe { value.byte_sub(offset_of!(Shared<T>, value)) };
        Self {
            shared: shared.cast(),
            owns: PhantomData,
        }
    }

    /// A further reference to what [`PoolArc::into_raw`] gave up, which stays given up.
    ///
    /// # Safety
    ///
    /// The pointer is from `into_raw` of an arc of this type, and that reference is not taken back during this call.
    pub unsafe fn clone_raw(value: NonNull<T>) -> Self {
        // SAFETY: the caller vouches for the pointer; the arc is not dropped, so the reference stays given up.
        let borrowed = ManuallyDrop::new(unsafe { Self::from_raw(value) });
        Self::clone(&borrowed)
    }

    /// The value's address, the same for all references.
    pub fn as_ptr(this: &Self) -> NonNull<T> {
        // SAFETY: the field is within the block; no reference is made, so the pointer keeps access to all of it.
        let value = unsafe { &raw mut (*this.shared.as_ptr()).value };
        // SAFETY: a field's address is not null.
        unsafe { NonNull::new_unchecked(value) }
    }

    /// Whether both refer to the same value.
    pub fn ptr_eq(this: &Self, other: &Self) -> bool {
        this.shared == other.shared
    }

    /// The value, if this is the only reference.
    pub fn get_mut(this: &mut Self) -> Option<&mut T> {
        // Acquire pairs with the release of other references' drops, as in `drop`.
        if this.shared().count.load(Ordering::Acquire) != 1 {
            return None;
        }
        // SAFETY: no other reference exists, and this one is borrowed mutably.
        Some(unsafe { PoolArc::as_ptr(this).as_mut() })
    }

    fn shared(&self) -> &Shared<T> {
        // SAFETY: the block lives while a reference does.
        unsafe { self.shared.as_ref() }
    }
}

impl<T> Clone for PoolArc<T> {
    fn clone(&self) -> Self {
        // Relaxed is enough: a new reference comes from an old one that keeps the value alive. The count cannot wrap:
        // 2^64 references do not fit in memory, and leaking that many takes centuries.
        self.shared().count.fetch_add(1, Ordering::Relaxed);
        Self {
            shared: self.shared,
            owns: PhantomData,
        }
    }
}

impl<T> Drop for PoolArc<T> {
    #[track_caller]
    fn drop(&mut self) {
        if self.shared().count.fetch_sub(1, Ordering::Release) != 1 {
            return;
        }
        // All use through other references happened before their decrement; see it before dropping the value. A fence would do as
        // well, but ThreadSanitizer does not know fences.
        self.shared().count.load(Ordering::Acquire);
        // SAFETY: this was the last reference, so all of the block is ours alone.
        let home = unsafe { self.shared.as_mut() }.home.take();
        let tag = self.shared().tag;
        // SAFETY: as above.
        unsafe { Self::as_ptr(self).drop_in_place() };
        match home {
            // SAFETY: the block came from there, and its value is gone.
            Some(home) => unsafe { home.put(self.shared.cast()) },
            // SAFETY: the block was allocated with this tag, and its value is gone.
            None => unsafe { free(tag, self.shared.cast()) },
        }
    }
}

impl<T> Deref for PoolArc<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.shared().value
    }
}

impl<T: fmt::Debug> fmt::Debug for PoolArc<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(out)
    }
}
