//! The bytes of one operation: what to send, where to receive.

use crate::mdl::{Mdl, MdlCell, MdlRef};
use crate::{Result, Status, sys};
use core::marker::PhantomData;
use core::ptr::{NonNull, null_mut};
use wsk_sys::WSK_BUF;

/// Bytes to send: a message of our own, and after it, if need be, payload from elsewhere that is not copied.
pub struct Gather<'a> {
    first: NonNull<sys::MDL>,
    length: usize,
    /// What to chain to the first MDL, which is ours alone then.
    payload: Option<NonNull<sys::MDL>>,
    memory: PhantomData<&'a mut Mdl>,
}

impl<'a> Gather<'a> {
    /// What the MDL describes (see [`Mdl::describe`]).
    pub fn message(message: &'a mut Mdl) -> Self {
        Self {
            length: message.described(),
            first: message.as_mut_ptr(),
            payload: None,
            memory: PhantomData,
        }
    }

    /// What the MDL describes, followed by the first `length` bytes of other memory (a [`crate::mdl::PartialMdl`] picks
    /// others). [`Status::BUFFER_TOO_SMALL`] when there are not that many.
    pub fn message_and_payload(
        message: &'a mut Mdl,
        payload: MdlRef<'a>,
        length: usize,
    ) -> Result<Self> {
        payload.check_range(0, length)?;
        let mut gather = Self::message(message);
        if length != 0 {
            gather.length = gather.length.saturating_add(length);
            gather.payload = NonNull::new(payload.as_ptr());
        }
        Ok(gather)
    }

    /// How many bytes.
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether there is nothing to send.
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    pub(crate) fn into_raw(self) -> Result<RawRange> {
        RawRange::new(self.first, 0, self.length, self.payload)
    }
}

/// Room to receive into.
pub struct Room<'a> {
    memory: MdlCell<'a>,
    offset: usize,
    length: usize,
}

impl<'a> Room<'a> {
    /// `length` bytes (at least one) at an offset of the memory; the operation completes as soon as some have come.
    /// [`Status::BUFFER_TOO_SMALL`] when the memory ends before.
    pub fn new(memory: MdlCell<'a>, offset: usize, length: usize) -> Result<Self> {
        memory.as_ref().check_range(offset, length)?;
        Ok(Self {
            memory,
            offset,
            length,
        })
    }

    pub(crate) fn into_raw(self) -> Result<RawRange> {
        let (first, offset) = self.memory.as_ref().locate(self.offset)?;
        let first = NonNull::new(first.as_ptr()).ok_or(Status::INVALID_PARAMETER)?;
        RawRange::new(first, offset, self.length, None)
    }
}

/// An operation's bytes without their lifetime: whoever holds it sees to it that the memory stays.
pub(crate) struct RawRange {
    /// The bytes in WSK's form, which says all there is to say.
    pub(crate) buffer: WSK_BUF,
    _chain: Chain,
}

// SAFETY: MDLs belong to no thread.
unsafe impl Send for RawRange {}

impl RawRange {
    fn new(
        first: NonNull<sys::MDL>,
        offset: usize,
        length: usize,
        payload: Option<NonNull<sys::MDL>>,
    ) -> Result<Self> {
        if length == 0 {
            return Err(Status::INVALID_PARAMETER);
        }
        let offset = u32::try_from(offset).map_err(|_| Status::INVALID_PARAMETER)?;
        Ok(Self {
            buffer: WSK_BUF {
                Mdl: first.as_ptr().cast(),
                Offset: offset,
                Length: length,
            },
            _chain: Chain::link(first, payload),
        })
    }
}

/// Two MDLs chained for the length of an operation; dropping undoes it.
struct Chain(Option<NonNull<sys::MDL>>);

impl Chain {
    fn link(first: NonNull<sys::MDL>, payload: Option<NonNull<sys::MDL>>) -> Self {
        let Some(payload) = payload else {
            return Self(None);
        };
        // SAFETY: with a payload, the first MDL came from an exclusive borrow that the operation keeps.
        unsafe { (*first.as_ptr()).Next = payload.as_ptr() };
        Self(Some(first))
    }
}

impl Drop for Chain {
    fn drop(&mut self) {
        if let Some(first) = self.0 {
            // SAFETY: the operation is over, and its memory still there.
            unsafe { (*first.as_ptr()).Next = null_mut() };
        }
    }
}
