//! WRITE (MS-SMB2 2.2.21 and 2.2.22).

use zerocopy::little_endian::{U16, U32, U64};

use super::FileId;
use super::body::{Body, buffer_offset, emit_buffer, emit_fixed};
use crate::writer::len16;
use crate::{EmitError, ParseError, Writer};

const REQUEST_STRUCTURE_SIZE: u16 = 49;
const RESPONSE_STRUCTURE_SIZE: u16 = 17;

open_enum! {
    /// How a READ's or WRITE's data travels (3.x).
    pub struct Channel(u32) {
        /// In the message.
        NONE = 0x0000_0000,
        RDMA_V1 = 0x0000_0001,
        RDMA_V1_INVALIDATE = 0x0000_0002,
        RDMA_TRANSFORM = 0x0000_0003,
    }
}

wire_flags! {
    /// Flags of a WRITE request.
    pub struct WriteFlags: u32 {
        /// The data is on stable storage before the answer (2.1 and later).
        const WRITE_THROUGH = 0x0000_0001;
        /// The server caches nothing (3.0.2 and later).
        const UNBUFFERED = 0x0000_0002;
    }
}

/// A WRITE request without its data, which may be sent from elsewhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WriteHead {
    /// How many bytes of data follow.
    pub length: u32,
    /// Where in the file they go.
    pub offset: u64,
    /// The file.
    pub file_id: FileId,
    /// How many more bytes the caller will write after these; a hint.
    pub remaining_bytes: u32,
    /// Flags.
    pub flags: WriteFlags,
}

/// Writes a part of a file's data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WriteRequest<'a> {
    /// What comes before the data. Its length is the data's.
    pub head: WriteHead,
    /// The data.
    pub data: &'a [u8],
}

wire_struct! {
    struct FixedRequest {
        data_offset: U16,
        length: U32,
        offset: U64,
        file_id: [u8; 16],
        channel: U32,
        remaining_bytes: U32,
        write_channel_info_offset: U16,
        write_channel_info_length: U16,
        flags: U32,
    }
}

impl WriteHead {
    /// Where the data is, from the header's beginning.
    pub const DATA_OFFSET: usize = buffer_offset::<FixedRequest>();

    /// Appends the body without the data, of which `self.length` bytes must follow at once.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        let fixed = FixedRequest {
            data_offset: len16(Self::DATA_OFFSET, "DataOffset")?.into(),
            length: self.length.into(),
            offset: self.offset.into(),
            file_id: self.file_id.0,
            channel: Channel::NONE.0.into(),
            remaining_bytes: self.remaining_bytes.into(),
            write_channel_info_offset: U16::ZERO,
            write_channel_info_length: U16::ZERO,
            flags: self.flags.bits().into(),
        };
        emit_fixed(w, REQUEST_STRUCTURE_SIZE, &fixed)
    }
}

impl<'a> WriteRequest<'a> {
    /// Reads the body of `message`. A request for an RDMA channel is refused.
    pub fn parse(message: &'a [u8]) -> Result<Self, ParseError> {
        let (fixed, body) = Body::open::<FixedRequest>(message, REQUEST_STRUCTURE_SIZE)?;
        if fixed.channel.get() != Channel::NONE.0 {
            return Err(ParseError::value("Channel"));
        }
        let head = WriteHead {
            length: fixed.length.get(),
            offset: fixed.offset.get(),
            file_id: FileId(fixed.file_id),
            remaining_bytes: fixed.remaining_bytes.get(),
            flags: WriteFlags::from_bits_retain(fixed.flags.get()),
        };
        Ok(Self {
            head,
            data: body.part(fixed.data_offset, head.length, "DataOffset")?,
        })
    }

    /// Appends the body.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        if usize::try_from(self.head.length) != Ok(self.data.len()) {
            return Err(EmitError::Contradiction("Length"));
        }
        self.head.emit(w)?;
        emit_buffer(w, self.data)
    }
}

/// The data is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WriteResponse {
    /// How many bytes were written. The caller checks that it sent as many.
    pub count: u32,
    /// How many bytes are still to be written on the channel; 0 without RDMA.
    pub remaining: u32,
}

wire_struct! {
    struct FixedResponse {
        reserved: U16,
        count: U32,
        remaining: U32,
        write_channel_info_offset: U16,
        write_channel_info_length: U16,
    }
}

impl WriteResponse {
    /// Reads the body of `message`.
    pub fn parse(message: &[u8]) -> Result<Self, ParseError> {
        let (fixed, _) = Body::open::<FixedResponse>(message, RESPONSE_STRUCTURE_SIZE)?;
        Ok(Self {
            count: fixed.count.get(),
            remaining: fixed.remaining.get(),
        })
    }

    /// Appends the body.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        let fixed = FixedResponse {
            reserved: U16::ZERO,
            count: self.count.into(),
            remaining: self.remaining.into(),
            write_channel_info_offset: U16::ZERO,
            write_channel_info_length: U16::ZERO,
        };
        emit_fixed(w, RESPONSE_STRUCTURE_SIZE, &fixed)?;
        emit_buffer(w, &[])
    }
}
