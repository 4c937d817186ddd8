//! The responses that are nothing but a buffer: to QUERY_DIRECTORY, QUERY_INFO and CHANGE_NOTIFY
//! (MS-SMB2 2.2.34, 2.2.38, 2.2.36).

use zerocopy::little_endian::{U16, U32};

use super::body::{Body, buffer_offset, emit_buffer, emit_fixed};
use crate::writer::{len16, len32};
use crate::{EmitError, ParseError, Writer};

const STRUCTURE_SIZE: u16 = 9;

/// A directory's entries, in the class that was asked for (MS-SMB2 2.2.34).
pub type QueryDirectoryResponse<'a> = OutputResponse<'a>;
/// The information that was asked for (MS-SMB2 2.2.38).
pub type QueryInfoResponse<'a> = OutputResponse<'a>;
/// The changes, as [`crate::fscc::NotifyRecord`]s; empty when there were too many (MS-SMB2 2.2.36).
pub type ChangeNotifyResponse<'a> = OutputResponse<'a>;

/// A response with a buffer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OutputResponse<'a> {
    /// The buffer. The caller checks that it is no longer than what it asked for.
    pub output: &'a [u8],
}

wire_struct! {
    struct Fixed {
        output_buffer_offset: U16,
        output_buffer_length: U32,
    }
}

impl<'a> OutputResponse<'a> {
    /// How many bytes lie before the buffer in the message: a server can fill the buffer in place behind them.
    pub const BUFFER_OFFSET: usize = buffer_offset::<Fixed>();

    /// Reads the body of `message`.
    pub fn parse(message: &'a [u8]) -> Result<Self, ParseError> {
        let (fixed, body) = Body::open::<Fixed>(message, STRUCTURE_SIZE)?;
        Ok(Self {
            output: body.part(
                fixed.output_buffer_offset,
                fixed.output_buffer_length,
                "OutputBufferOffset",
            )?,
        })
    }

    /// Appends the body.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        Self::emit_head(w, self.output.len())?;
        emit_buffer(w, self.output)
    }

    /// Appends the body without the buffer, of which the caller will put `len` bytes right behind.
    pub fn emit_head(w: &mut Writer<'_>, len: usize) -> Result<(), EmitError> {
        let fixed = Fixed {
            output_buffer_offset: len16(Self::BUFFER_OFFSET, "OutputBufferOffset")?.into(),
            output_buffer_length: len32(len, "OutputBufferLength")?.into(),
        };
        emit_fixed(w, STRUCTURE_SIZE, &fixed)
    }
}
