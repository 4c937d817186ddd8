//! CLOSE (MS-SMB2 2.2.15 and 2.2.16).

use zerocopy::little_endian::{I64, U16, U32};

use super::FileId;
use super::body::{Body, emit_fixed};
use crate::fscc::FileAttributes;
use crate::{EmitError, ParseError, Writer};

const REQUEST_STRUCTURE_SIZE: u16 = 24;
const RESPONSE_STRUCTURE_SIZE: u16 = 60;

wire_flags! {
    /// Flags of CLOSE, the same in both directions.
    pub struct CloseFlags: u16 {
        /// Asks for the attributes, or says that they are there.
        const POSTQUERY_ATTRIB = 0x0001;
    }
}

/// Closes an open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CloseRequest {
    /// Flags.
    pub flags: CloseFlags,
    /// The open.
    pub file_id: FileId,
}

wire_struct! {
    struct FixedRequest {
        flags: U16,
        reserved: U32,
        file_id: [u8; 16],
    }
}

impl CloseRequest {
    /// Reads the body of `message`.
    pub fn parse(message: &[u8]) -> Result<Self, ParseError> {
        let (fixed, _) = Body::open::<FixedRequest>(message, REQUEST_STRUCTURE_SIZE)?;
        Ok(Self {
            flags: CloseFlags::from_bits_retain(fixed.flags.get()),
            file_id: FileId(fixed.file_id),
        })
    }

    /// Appends the body.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        let fixed = FixedRequest {
            flags: self.flags.bits().into(),
            reserved: U32::ZERO,
            file_id: self.file_id.0,
        };
        emit_fixed(w, REQUEST_STRUCTURE_SIZE, &fixed)
    }
}

/// The open is closed. The other fields mean something only with [`CloseFlags::POSTQUERY_ATTRIB`]. Times are FILETIMEs:
/// 100-ns units since 1601.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct CloseResponse {
    /// Flags.
    pub flags: CloseFlags,
    /// When the file was created.
    pub creation_time: i64,
    /// When the file was last accessed.
    pub last_access_time: i64,
    /// When the file's data last changed.
    pub last_write_time: i64,
    /// When anything of the file last changed.
    pub change_time: i64,
    /// The space set aside for the file, in bytes.
    pub allocation_size: i64,
    /// The file's size in bytes.
    pub end_of_file: i64,
    /// The file's attributes.
    pub file_attributes: FileAttributes,
}

wire_struct! {
    struct FixedResponse {
        flags: U16,
        reserved: U32,
        creation_time: I64,
        last_access_time: I64,
        last_write_time: I64,
        change_time: I64,
        allocation_size: I64,
        end_of_file: I64,
        file_attributes: U32,
    }
}

impl CloseResponse {
    /// Reads the body of `message`.
    pub fn parse(message: &[u8]) -> Result<Self, ParseError> {
        let (fixed, _) = Body::open::<FixedResponse>(message, RESPONSE_STRUCTURE_SIZE)?;
        Ok(Self {
            flags: CloseFlags::from_bits_retain(fixed.flags.get()),
            creation_time: fixed.creation_time.get(),
            last_access_time: fixed.last_access_time.get(),
            last_write_time: fixed.last_write_time.get(),
            change_time: fixed.change_time.get(),
            allocation_size: fixed.allocation_size.get(),
            end_of_file: fixed.end_of_file.get(),
            file_attributes: FileAttributes::from_bits_retain(fixed.file_attributes.get()),
        })
    }

    /// Appends the body.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        emit_fixed(
            w,
            RESPONSE_STRUCTURE_SIZE,
            &FixedResponse {
                flags: self.flags.bits().into(),
                reserved: U32::ZERO,
                creation_time: self.creation_time.into(),
                last_access_time: self.last_access_time.into(),
                last_write_time: self.last_write_time.into(),
                change_time: self.change_time.into(),
                allocation_size: self.allocation_size.into(),
                end_of_file: self.end_of_file.into(),
                file_attributes: self.file_attributes.bits().into(),
            },
        )
    }
}
