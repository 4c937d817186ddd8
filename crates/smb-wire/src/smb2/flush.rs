//! FLUSH (MS-SMB2 2.2.17). The response is [`super::FlushResponse`].

use zerocopy::little_endian::{U16, U32};

use super::FileId;
use super::body::{Body, emit_fixed};
use crate::{EmitError, ParseError, Writer};

const STRUCTURE_SIZE: u16 = 24;

/// Asks the server to put a file's data on stable storage.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FlushRequest {
    /// The file.
    pub file_id: FileId,
}

wire_struct! {
    struct Fixed {
        reserved1: U16,
        reserved2: U32,
        file_id: [u8; 16],
    }
}

impl FlushRequest {
    /// Reads the body of `message`.
    pub fn parse(message: &[u8]) -> Result<Self, ParseError> {
        let (fixed, _) = Body::open::<Fixed>(message, STRUCTURE_SIZE)?;
        Ok(Self {
            file_id: FileId(fixed.file_id),
        })
    }

    /// Appends the body.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        let fixed = Fixed {
            reserved1: U16::ZERO,
            reserved2: U32::ZERO,
            file_id: self.file_id.0,
        };
        emit_fixed(w, STRUCTURE_SIZE, &fixed)
    }
}
