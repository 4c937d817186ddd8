//! The bytes of one operation.

use std::marker::PhantomData;

use crate::Result;
use crate::mdl::{Mdl, MdlCell, MdlRef, Part};

/// Bytes to send.
pub struct Gather<'a> {
    pub(super) message: Vec<u8>,
    pub(super) payload: Option<Part>,
    memory: PhantomData<&'a ()>,
}

impl<'a> Gather<'a> {
    /// What the MDL describes.
    pub fn message(message: &'a mut Mdl) -> Self {
        Self {
            message: message[..message.described()].to_vec(),
            payload: None,
            memory: PhantomData,
        }
    }

    /// What the MDL describes, followed by the first `length` bytes of other memory.
    ///
    /// # Errors
    /// STATUS_BUFFER_TOO_SMALL.
    pub fn message_and_payload(
        message: &'a mut Mdl,
        payload: MdlRef<'a>,
        length: usize,
    ) -> Result<Self> {
        Ok(Self {
            payload: Some(payload.part(0, length)?),
            ..Self::message(message)
        })
    }

    pub(super) fn len(&self) -> usize {
        self.message.len() + self.payload.as_ref().map_or(0, Part::len)
    }

    /// The bytes, out of memory that has to be there still.
    pub(super) fn read(&self) -> Vec<u8> {
        let mut bytes = self.message.clone();
        bytes.extend(self.payload.iter().flat_map(Part::read));
        bytes
    }

    pub(super) fn without_lifetime(self) -> Gather<'static> {
        Gather {
            message: self.message,
            payload: self.payload,
            memory: PhantomData,
        }
    }
}

/// Room to receive into.
pub struct Room<'a> {
    pub(super) part: Part,
    memory: PhantomData<&'a ()>,
}

impl<'a> Room<'a> {
    /// `length` bytes at an offset of the memory.
    ///
    /// # Errors
    /// STATUS_BUFFER_TOO_SMALL.
    pub fn new(memory: MdlCell<'a>, offset: usize, length: usize) -> Result<Self> {
        Ok(Self {
            part: memory.as_ref().part(offset, length)?,
            memory: PhantomData,
        })
    }
}
