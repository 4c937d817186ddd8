//! SET_INFO (MS-SMB2 2.2.39 and 2.2.40).

use zerocopy::little_endian::{U16, U32};

use super::body::{Body, buffer_offset, emit_buffer, emit_fixed};
use super::{FileId, InfoType};
use crate::writer::{len16, len32};
use crate::{EmitError, ParseError, Writer};

const REQUEST_STRUCTURE_SIZE: u16 = 33;
const RESPONSE_STRUCTURE_SIZE: u16 = 2;

/// Changes information about a file or its volume.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SetInfoRequest<'a> {
    /// What kind.
    pub info_type: InfoType,
    /// The class within the kind.
    pub class: u8,
    /// [`super::SecurityInformation`] bits.
    pub additional_information: u32,
    /// The file.
    pub file_id: FileId,
    /// The new information, in the form of its class.
    pub input: &'a [u8],
}

wire_struct! {
    struct Fixed {
        info_type: u8,
        file_info_class: u8,
        buffer_length: U32,
        buffer_offset: U16,
        reserved: U16,
        additional_information: U32,
        file_id: [u8; 16],
    }
}

impl<'a> SetInfoRequest<'a> {
    /// How many bytes lie before the information in the message: it can be written in place behind them.
    pub const BUFFER_OFFSET: usize = buffer_offset::<Fixed>();

    /// Reads the body of `message`.
    pub fn parse(message: &'a [u8]) -> Result<Self, ParseError> {
        let (fixed, body) = Body::open::<Fixed>(message, REQUEST_STRUCTURE_SIZE)?;
        Ok(Self {
            info_type: InfoType(fixed.info_type),
            class: fixed.file_info_class,
            additional_information: fixed.additional_information.get(),
            file_id: FileId(fixed.file_id),
            input: body.part(fixed.buffer_offset, fixed.buffer_length, "BufferOffset")?,
        })
    }

    /// Appends the body.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        let fixed = Fixed {
            info_type: self.info_type.0,
            file_info_class: self.class,
            buffer_length: len32(self.input.len(), "BufferLength")?.into(),
            buffer_offset: len16(Self::BUFFER_OFFSET, "BufferOffset")?.into(),
            reserved: U16::ZERO,
            additional_information: self.additional_information.into(),
            file_id: self.file_id.0,
        };
        emit_fixed(w, REQUEST_STRUCTURE_SIZE, &fixed)?;
        emit_buffer(w, self.input)
    }
}

/// The information is changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SetInfoResponse;

impl SetInfoResponse {
    /// Checks the body of `message`.
    pub fn parse(message: &[u8]) -> Result<Self, ParseError> {
        Body::open::<[u8; 0]>(message, RESPONSE_STRUCTURE_SIZE).map(|_| Self)
    }

    /// Appends the body.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        w.u16(RESPONSE_STRUCTURE_SIZE)
    }
}
