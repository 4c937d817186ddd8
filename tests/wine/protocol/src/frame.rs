//! The frame around a request.

use smb_wire::{EmitError, ParseError, Reader, Writer};

use crate::field::{end, flag, forbidden};
use crate::{MAX_FRAME, Request};

/// Bytes of the length before every frame, in both directions.
pub const LENGTH_SIZE: usize = 4;

/// How many bytes follow a frame's length; an error if they are more than [`MAX_FRAME`].
pub fn body_length(length: [u8; LENGTH_SIZE]) -> Result<usize, ParseError> {
    match u32::from_le_bytes(length) as usize {
        length if length <= MAX_FRAME => Ok(length),
        _ => Err(forbidden("Length")),
    }
}

/// A request with what its answer is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Chosen by the sender; the reply bears it.
    pub tag: u32,
    /// The connection goes on with its next request before this one is answered. For requests on an open file.
    pub overlapped: bool,
    /// What is asked.
    pub request: Request<'a>,
}

impl<'a> Frame<'a> {
    /// Most bytes that this frame's [`emit`](Self::emit) writes.
    pub fn room(&self) -> usize {
        // The fixed fields of any request take much less.
        self.request
            .variable_length()
            .saturating_add(LENGTH_SIZE)
            .saturating_add(128)
    }

    /// Reads what follows a frame's length.
    pub fn parse(body: &'a [u8]) -> Result<Self, ParseError> {
        let mut r = Reader::new(body);
        let tag = r.u32("Tag")?;
        let overlapped = flag(&mut r, "Overlapped")?;
        let request = Request::parse(&mut r)?;
        end(&r, "Request")?;
        Ok(Self {
            tag,
            overlapped,
            request,
        })
    }

    /// Writes the frame, its length included.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        let start = w.position();
        w.zeros(LENGTH_SIZE)?;
        w.u32(self.tag)?;
        w.u8(u8::from(self.overlapped))?;
        self.request.emit(w)?;
        let length = w
            .position()
            .saturating_sub(start)
            .saturating_sub(LENGTH_SIZE);
        if length > MAX_FRAME {
            return Err(EmitError::TooLong("Length"));
        }
        let length = u32::try_from(length).map_err(|_| EmitError::TooLong("Length"))?;
        w.patch(start, &length.to_le_bytes())
    }
}

#[cfg(test)]
mod tests;
