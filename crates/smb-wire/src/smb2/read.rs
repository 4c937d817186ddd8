//! READ (MS-SMB2 2.2.19 and 2.2.20).

use zerocopy::little_endian::{U16, U32, U64};

use super::body::{Body, buffer_offset, emit_buffer, emit_fixed};
use super::{Channel, FileId, Header};
use crate::{EmitError, ParseError, Writer};

const REQUEST_STRUCTURE_SIZE: u16 = 49;
const RESPONSE_STRUCTURE_SIZE: u16 = 17;

wire_flags! {
    /// Flags of a READ request (3.0.2 and later).
    pub struct ReadFlags: u8 {
        const UNBUFFERED = 0x01;
        /// The answer may come compressed (3.1.1).
        const REQUEST_COMPRESSED = 0x02;
    }
}

/// Asks for a part of a file's data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReadRequest {
    /// Flags.
    pub flags: ReadFlags,
    /// The most bytes to read.
    pub length: u32,
    /// Where in the file.
    pub offset: u64,
    /// The file.
    pub file_id: FileId,
    /// The fewest bytes that are a success.
    pub minimum_count: u32,
    /// How many more bytes the caller will read after these; a hint.
    pub remaining_bytes: u32,
}

wire_struct! {
    struct FixedRequest {
        padding: u8,
        flags: u8,
        length: U32,
        offset: U64,
        file_id: [u8; 16],
        minimum_count: U32,
        channel: U32,
        remaining_bytes: U32,
        read_channel_info_offset: U16,
        read_channel_info_length: U16,
    }
}

impl ReadRequest {
    /// Reads the body of `message`. A request for an RDMA channel is refused.
    pub fn parse(message: &[u8]) -> Result<Self, ParseError> {
        let (fixed, _) = Body::open::<FixedRequest>(message, REQUEST_STRUCTURE_SIZE)?;
        if fixed.channel.get() != Channel::NONE.0 {
            return Err(ParseError::value("Channel"));
        }
        Ok(Self {
            flags: ReadFlags::from_bits_retain(fixed.flags),
            length: fixed.length.get(),
            offset: fixed.offset.get(),
            file_id: FileId(fixed.file_id),
            minimum_count: fixed.minimum_count.get(),
            remaining_bytes: fixed.remaining_bytes.get(),
        })
    }

    /// Appends the body.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        let fixed = FixedRequest {
            padding: ReadResponse::DATA_OFFSET,
            flags: self.flags.bits(),
            length: self.length.into(),
            offset: self.offset.into(),
            file_id: self.file_id.0,
            minimum_count: self.minimum_count.into(),
            channel: Channel::NONE.0.into(),
            remaining_bytes: self.remaining_bytes.into(),
            read_channel_info_offset: U16::ZERO,
            read_channel_info_length: U16::ZERO,
        };
        emit_fixed(w, REQUEST_STRUCTURE_SIZE, &fixed)?;
        emit_buffer(w, &[])
    }
}

/// What a READ response says before its data: enough to receive the data into its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReadResponseHead {
    /// Where the data is, from the header's beginning. Not below [`ReadResponse::DATA_OFFSET`] if there is data.
    pub data_offset: u8,
    /// How many bytes of data there are. The caller checks that it asked for as many.
    pub data_length: u32,
    /// How many bytes are still to come on the channel; 0 without RDMA.
    pub data_remaining: u32,
    /// Reserved, or RDMA transform flags (3.1.1).
    pub flags: u32,
}

/// A part of a file's data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReadResponse<'a> {
    /// How many bytes are still to come on the channel; 0 without RDMA.
    pub data_remaining: u32,
    /// Reserved, or RDMA transform flags (3.1.1).
    pub flags: u32,
    /// The data. The caller checks that it is no more than it asked for.
    pub data: &'a [u8],
}

wire_struct! {
    struct FixedResponse {
        data_offset: u8,
        reserved: u8,
        data_length: U32,
        data_remaining: U32,
        flags: U32,
    }
}

impl<'a> ReadResponse<'a> {
    /// Header and fixed part, in bytes: what [`ReadResponse::parse_fixed`] needs.
    pub const FIXED_END: usize = buffer_offset::<FixedResponse>();
    /// Where this crate's responses have their data, and the lowest place where others may.
    pub const DATA_OFFSET: u8 = Self::FIXED_END as u8;

    /// Reads what comes before the data from the first [`ReadResponse::FIXED_END`] bytes of a message.
    pub fn parse_fixed(message: &[u8]) -> Result<ReadResponseHead, ParseError> {
        ReadResponse::open(message).map(|(head, _)| head)
    }

    /// Reads the body of `message`.
    pub fn parse(message: &'a [u8]) -> Result<Self, ParseError> {
        let (head, body) = Self::open(message)?;
        Ok(Self {
            data_remaining: head.data_remaining,
            flags: head.flags,
            data: body.part(head.data_offset, head.data_length, "DataOffset")?,
        })
    }

    fn open(message: &'a [u8]) -> Result<(ReadResponseHead, Body<'a>), ParseError> {
        let (fixed, body) = Body::open::<FixedResponse>(message, RESPONSE_STRUCTURE_SIZE)?;
        let head = ReadResponseHead {
            data_offset: fixed.data_offset,
            data_length: fixed.data_length.get(),
            data_remaining: fixed.data_remaining.get(),
            flags: fixed.flags.get(),
        };
        if head.data_length > 0 && head.data_offset < Self::DATA_OFFSET {
            return Err(ParseError::out_of_bounds("DataOffset"));
        }
        Ok((head, body))
    }

    /// Appends the body.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        let data_length = crate::writer::len32(self.data.len(), "DataLength")?;
        let head = ReadResponseHead {
            data_offset: Self::DATA_OFFSET,
            data_length,
            data_remaining: self.data_remaining,
            flags: self.flags,
        };
        head.emit(w)?;
        emit_buffer(w, self.data)
    }
}

impl ReadResponseHead {
    /// Appends the body without the data, for a sender that has it elsewhere.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        let fixed = FixedResponse {
            data_offset: self.data_offset,
            reserved: 0,
            data_length: self.data_length.into(),
            data_remaining: self.data_remaining.into(),
            flags: self.flags.into(),
        };
        emit_fixed(w, RESPONSE_STRUCTURE_SIZE, &fixed)
    }
}

const _: () = assert!(ReadResponse::FIXED_END == Header::LEN + 16);
