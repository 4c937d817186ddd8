//! QUERY_INFO (MS-SMB2 2.2.37). The response is an [`super::OutputResponse`].

use zerocopy::little_endian::{U16, U32};

use super::FileId;
use super::body::{Body, buffer_offset, emit_buffer, emit_fixed};
use crate::writer::{len16, len32};
use crate::{EmitError, ParseError, Writer};

const STRUCTURE_SIZE: u16 = 41;

open_enum! {
    /// What kind of information is meant; each kind has its own classes.
    pub struct InfoType(u8) {
        /// About a file: [`crate::fscc::FileInformationClass`].
        FILE = 0x01,
        /// About the volume: [`crate::fscc::FsInformationClass`].
        FILESYSTEM = 0x02,
        /// The security descriptor.
        SECURITY = 0x03,
        /// The quota.
        QUOTA = 0x04,
    }
}

wire_flags! {
    /// Which parts of a security descriptor are meant: AdditionalInformation of [`InfoType::SECURITY`].
    pub struct SecurityInformation: u32 {
        const OWNER = 0x0000_0001;
        const GROUP = 0x0000_0002;
        const DACL = 0x0000_0004;
        const SACL = 0x0000_0008;
        const LABEL = 0x0000_0010;
        const ATTRIBUTE = 0x0000_0020;
        const SCOPE = 0x0000_0040;
        const BACKUP = 0x0001_0000;
    }
}

wire_flags! {
    /// How to go through the extended attributes.
    pub struct QueryInfoFlags: u32 {
        const RESTART_SCAN = 0x0000_0001;
        const RETURN_SINGLE_ENTRY = 0x0000_0002;
        const INDEX_SPECIFIED = 0x0000_0004;
    }
}

/// Asks for information about a file or its volume.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QueryInfoRequest<'a> {
    /// What kind.
    pub info_type: InfoType,
    /// The class within the kind.
    pub class: u8,
    /// The most bytes that the client takes.
    pub output_buffer_length: u32,
    /// [`SecurityInformation`] bits, or the index of the first extended attribute.
    pub additional_information: u32,
    /// How to go through the extended attributes.
    pub flags: QueryInfoFlags,
    /// The file.
    pub file_id: FileId,
    /// What some classes need to know: a list of extended attributes' names, or a quota query.
    pub input: &'a [u8],
}

wire_struct! {
    struct Fixed {
        info_type: u8,
        file_info_class: u8,
        output_buffer_length: U32,
        input_buffer_offset: U16,
        reserved: U16,
        input_buffer_length: U32,
        additional_information: U32,
        flags: U32,
        file_id: [u8; 16],
    }
}

impl<'a> QueryInfoRequest<'a> {
    /// Reads the body of `message`.
    pub fn parse(message: &'a [u8]) -> Result<Self, ParseError> {
        let (fixed, body) = Body::open::<Fixed>(message, STRUCTURE_SIZE)?;
        Ok(Self {
            info_type: InfoType(fixed.info_type),
            class: fixed.file_info_class,
            output_buffer_length: fixed.output_buffer_length.get(),
            additional_information: fixed.additional_information.get(),
            flags: QueryInfoFlags::from_bits_retain(fixed.flags.get()),
            file_id: FileId(fixed.file_id),
            input: body.part(
                fixed.input_buffer_offset,
                fixed.input_buffer_length,
                "InputBufferOffset",
            )?,
        })
    }

    /// Appends the body.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        // Without input there is nothing to point to, and Windows sends no offset then.
        let offset = if self.input.is_empty() {
            0
        } else {
            buffer_offset::<Fixed>()
        };
        let fixed = Fixed {
            info_type: self.info_type.0,
            file_info_class: self.class,
            output_buffer_length: self.output_buffer_length.into(),
            input_buffer_offset: len16(offset, "InputBufferOffset")?.into(),
            reserved: U16::ZERO,
            input_buffer_length: len32(self.input.len(), "InputBufferLength")?.into(),
            additional_information: self.additional_information.into(),
            flags: self.flags.bits().into(),
            file_id: self.file_id.0,
        };
        emit_fixed(w, STRUCTURE_SIZE, &fixed)?;
        emit_buffer(w, self.input)
    }
}
