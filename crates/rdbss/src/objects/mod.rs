//! RDBSS's objects in safe types.
//!
//! Each is a reference that is good for as long as the callback that it was given to. What a mini-redirector knows of an object
//! itself is its context: a [`PoolArc`](nt::pool::PoolArc) that the object keeps, and that may be kept beyond the callback.

use core::sync::atomic::{AtomicU32, Ordering};

/// Defines a reference to an RDBSS object.
macro_rules! object_reference {
    ($(#[$doc:meta])* $name:ident: $raw:ty) => {
        $(#[$doc])*
        pub struct $name<'a, M> {
            raw: core::ptr::NonNull<$raw>,
            lives: core::marker::PhantomData<&'a M>,
        }

        impl<M> Clone for $name<'_, M> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<M> Copy for $name<'_, M> {}

        impl<M> $name<'_, M> {
            /// # Safety
            /// `raw` must be such an object of a device of `M`, alive during the lifetime of the result.
            pub(crate) unsafe fn from_raw(raw: core::ptr::NonNull<$raw>) -> Self {
                Self { raw, lives: core::marker::PhantomData }
            }

            /// The object as RDBSS's routines take it.
            pub fn as_raw(self) -> *mut $raw {
                self.raw.as_ptr()
            }
        }
    };
}

mod fcb;
mod fobx;
mod net_root;
mod srv_call;
mod srv_open;
mod v_net_root;

pub use fcb::Fcb;
pub use fobx::Fobx;
pub use net_root::{NetRoot, NetRootState, ShareKind};
pub use srv_call::SrvCall;
pub use srv_open::{BufferedLock, BufferedLocks, SrvOpen};
pub use v_net_root::{LogonId, VNetRoot};

/// Flags that other threads may change at the same time.
///
/// # Safety
/// `flags` must be such a field, aligned, of an object that lives during `'a`.
unsafe fn shared_flags<'a>(flags: *mut u32) -> &'a AtomicU32 {
    // SAFETY: by the contract.
    unsafe { AtomicU32::from_ptr(flags) }
}

/// Sets some flags and leaves the others.
fn set_flags(flags: &AtomicU32, set: u32) {
    flags.fetch_or(set, Ordering::AcqRel);
}
