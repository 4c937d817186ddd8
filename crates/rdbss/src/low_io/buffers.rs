//! The buffers of reads and writes.

use core::ops::Deref;
use core::ptr::NonNull;

use nt::mdl::{LockedCell, LockedMemory, MdlCell, MdlRef};

use super::{Completion, ReadWrite};
use crate::MiniRedirector;
use crate::context_parts;
use crate::raw::{self, LOWIO_CONTEXT, LOWIO_READ_WRITE, MDL};

/// The buffer of a read or a write, locked by RDBSS until the answer.
///
/// # Safety
/// `low_io` must be in a live context of low I/O that is not answered during `'a`.
pub(super) unsafe fn buffer<'a>(low_io: *mut LOWIO_CONTEXT) -> Option<MdlRef<'a>> {
    // SAFETY: by the contract.
    let mdl = unsafe { transfer_mdl(low_io) }?;
    // SAFETY: locked by RDBSS until the answer. Users may write to it, but no Rust reference to it exists.
    Some(unsafe { MdlRef::from_raw(mdl) })
}

/// # Safety
/// As for [`buffer`].
unsafe fn transfer_mdl(low_io: *mut LOWIO_CONTEXT) -> Option<NonNull<MDL>> {
    // SAFETY: by the contract.
    let operation = unsafe { (*low_io).Operation };
    if !matches!(operation, raw::LOWIO_OP_READ | raw::LOWIO_OP_WRITE) {
        return None;
    }
    // SAFETY: the operation says that these are its parameters.
    NonNull::new(unsafe { (*context_parts::low_io_parameters::<LOWIO_READ_WRITE>(low_io)).Buffer })
}

/// Defines a completion that lends its buffer to other operations.
macro_rules! transfer_completion {
    ($(#[$doc:meta])* $name:ident: $operation:path, $convert:ident) => {
        $(#[$doc])*
        pub struct $name<M: MiniRedirector> {
            completion: Completion<M>,
            mdl: NonNull<MDL>,
        }

        // SAFETY: the MDL goes with the completion, which is Send.
        unsafe impl<M: MiniRedirector> Send for $name<M> {}
        // SAFETY: shared, it only gives out what any thread may look at.
        unsafe impl<M: MiniRedirector> Sync for $name<M> {}

        impl<M: MiniRedirector> $name<M> {
            /// Gives the completion back.
            pub fn into_completion(self) -> Completion<M> {
                self.completion
            }

            /// What is to be transferred.
            pub fn parameters(&self) -> ReadWrite {
                // SAFETY: a live context of such an operation.
                unsafe { ReadWrite::from_raw(context_parts::low_io(self.completion.context())) }
            }
        }

        impl<M: MiniRedirector> Deref for $name<M> {
            type Target = Completion<M>;

            fn deref(&self) -> &Completion<M> {
                &self.completion
            }
        }

        // SAFETY: the buffer is locked until the answer, which only this value can give; the MDL is RDBSS's and does not move.
        unsafe impl<M: MiniRedirector> LockedMemory for $name<M> {
            fn mdl(&self) -> MdlRef<'_> {
                // SAFETY: locked until the answer; users may write to it, but no Rust reference to it exists.
                unsafe { MdlRef::from_raw(self.mdl) }
            }
        }

        impl<M: MiniRedirector> Completion<M> {
            /// This completion as one that lends its buffer. It comes back if the operation is another one, or has no buffer.
            pub fn $convert(self) -> Result<$name<M>, Self> {
                let low_io = context_parts::low_io(self.context());
                // SAFETY: RDBSS keeps the context until the answer.
                let operation = unsafe { (*low_io).Operation };
                // SAFETY: as above.
                match unsafe { transfer_mdl(low_io) } {
                    Some(mdl) if operation == $operation => Ok($name { completion: self, mdl }),
                    _ => Err(self),
                }
            }
        }
    };
}

transfer_completion! {
    /// The completion of a read: its buffer is filled.
    ReadCompletion: raw::LOWIO_OP_READ, into_read
}

transfer_completion! {
    /// The completion of a write: its buffer is sent.
    WriteCompletion: raw::LOWIO_OP_WRITE, into_write
}

// SAFETY: RDBSS locks the buffer of a read for writing.
unsafe impl<M: MiniRedirector> LockedCell for ReadCompletion<M> {
    fn cell(&self) -> MdlCell<'_> {
        // SAFETY: as for `mdl`, and writable.
        unsafe { MdlCell::from_raw(self.mdl) }
    }
}
