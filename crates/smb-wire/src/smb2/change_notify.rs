//! CHANGE_NOTIFY (MS-SMB2 2.2.35). The response is an [`super::OutputResponse`] of notify records.

use zerocopy::little_endian::{U16, U32};

use super::FileId;
use super::body::{Body, emit_fixed};
use crate::{EmitError, ParseError, Writer};

const STRUCTURE_SIZE: u16 = 32;

wire_flags! {
    /// How to watch.
    pub struct ChangeNotifyFlags: u16 {
        /// Watch the directories below, too.
        const WATCH_TREE = 0x0001;
    }
}

wire_flags! {
    /// What to watch for; the same bits as in `NtNotifyChangeDirectoryFile`.
    pub struct CompletionFilter: u32 {
        const FILE_NAME = 0x0000_0001;
        const DIR_NAME = 0x0000_0002;
        const ATTRIBUTES = 0x0000_0004;
        const SIZE = 0x0000_0008;
        const LAST_WRITE = 0x0000_0010;
        const LAST_ACCESS = 0x0000_0020;
        const CREATION = 0x0000_0040;
        const EA = 0x0000_0080;
        const SECURITY = 0x0000_0100;
        const STREAM_NAME = 0x0000_0200;
        const STREAM_SIZE = 0x0000_0400;
        const STREAM_WRITE = 0x0000_0800;
    }
}

/// Asks to be told of the next changes in a directory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ChangeNotifyRequest {
    /// How to watch.
    pub flags: ChangeNotifyFlags,
    /// The most bytes of records that the client takes.
    pub output_buffer_length: u32,
    /// The directory.
    pub file_id: FileId,
    /// What to watch for.
    pub completion_filter: CompletionFilter,
}

wire_struct! {
    struct Fixed {
        flags: U16,
        output_buffer_length: U32,
        file_id: [u8; 16],
        completion_filter: U32,
        reserved: U32,
    }
}

impl ChangeNotifyRequest {
    /// Reads the body of `message`.
    pub fn parse(message: &[u8]) -> Result<Self, ParseError> {
        let (fixed, _) = Body::open::<Fixed>(message, STRUCTURE_SIZE)?;
        Ok(Self {
            flags: ChangeNotifyFlags::from_bits_retain(fixed.flags.get()),
            output_buffer_length: fixed.output_buffer_length.get(),
            file_id: FileId(fixed.file_id),
            completion_filter: CompletionFilter::from_bits_retain(fixed.completion_filter.get()),
        })
    }

    /// Appends the body.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        emit_fixed(
            w,
            STRUCTURE_SIZE,
            &Fixed {
                flags: self.flags.bits().into(),
                output_buffer_length: self.output_buffer_length.into(),
                file_id: self.file_id.0,
                completion_filter: self.completion_filter.bits().into(),
                reserved: U32::ZERO,
            },
        )
    }
}
