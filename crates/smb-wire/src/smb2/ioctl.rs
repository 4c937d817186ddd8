//! IOCTL (MS-SMB2 2.2.31 and 2.2.32).

use zerocopy::little_endian::{U16, U32};

use super::body::{Body, buffer_offset, emit_buffer, emit_fixed};
use super::{Capabilities, Dialect, FileId, SecurityMode};
use crate::writer::{len16, len32};
use crate::{EmitError, Guid, List, ParseError, Reader, Writer};

const REQUEST_STRUCTURE_SIZE: u16 = 57;
const RESPONSE_STRUCTURE_SIZE: u16 = 49;

open_enum! {
    /// A control code (MS-SMB2 2.2.31, MS-FSCC 2.3).
    pub struct Fsctl(u32) {
        DFS_GET_REFERRALS = 0x0006_0194,
        DFS_GET_REFERRALS_EX = 0x0006_01B0,
        SET_COMPRESSION = 0x0009_C040,
        GET_COMPRESSION = 0x0009_003C,
        CREATE_OR_GET_OBJECT_ID = 0x0009_00C0,
        GET_OBJECT_ID = 0x0009_009C,
        SET_OBJECT_ID = 0x0009_0098,
        SET_REPARSE_POINT = 0x0009_00A4,
        GET_REPARSE_POINT = 0x0009_00A8,
        DELETE_REPARSE_POINT = 0x0009_00AC,
        SET_SPARSE = 0x0009_00C4,
        SET_ZERO_DATA = 0x0009_80C8,
        QUERY_ALLOCATED_RANGES = 0x0009_40CF,
        FILE_LEVEL_TRIM = 0x0009_8208,
        DUPLICATE_EXTENTS_TO_FILE = 0x0009_8344,
        GET_INTEGRITY_INFORMATION = 0x0009_027C,
        SET_INTEGRITY_INFORMATION = 0x0009_C280,
        OFFLOAD_READ = 0x0009_4264,
        OFFLOAD_WRITE = 0x0009_8268,
        PIPE_PEEK = 0x0011_400C,
        PIPE_WAIT = 0x0011_0018,
        PIPE_TRANSCEIVE = 0x0011_C017,
        SRV_REQUEST_RESUME_KEY = 0x0014_0078,
        SRV_ENUMERATE_SNAPSHOTS = 0x0014_4064,
        SRV_COPYCHUNK = 0x0014_40F2,
        SRV_COPYCHUNK_WRITE = 0x0014_80F2,
        SRV_READ_HASH = 0x0014_41BB,
        LMR_REQUEST_RESILIENCY = 0x0014_01D4,
        QUERY_NETWORK_INTERFACE_INFO = 0x0014_01FC,
        VALIDATE_NEGOTIATE_INFO = 0x0014_0204,
    }
}

wire_flags! {
    /// Flags of an IOCTL.
    pub struct IoctlFlags: u32 {
        /// The code is an FSCTL. Servers refuse others.
        const IS_FSCTL = 0x0000_0001;
    }
}

/// Sends a control code. Codes whose request has an output buffer of its own do not cross the network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IoctlRequest<'a> {
    /// The code.
    pub ctl_code: Fsctl,
    /// The file, or [`FileId::RELATED`] where the code needs none.
    pub file_id: FileId,
    /// The most bytes of input that the server may give back.
    pub max_input_response: u32,
    /// The most bytes of output that the client takes.
    pub max_output_response: u32,
    /// Flags.
    pub flags: IoctlFlags,
    /// What goes with the code.
    pub input: &'a [u8],
}

wire_struct! {
    struct FixedRequest {
        reserved: U16,
        ctl_code: U32,
        file_id: [u8; 16],
        input_offset: U32,
        input_count: U32,
        max_input_response: U32,
        output_offset: U32,
        output_count: U32,
        max_output_response: U32,
        flags: U32,
        reserved2: U32,
    }
}

impl<'a> IoctlRequest<'a> {
    /// Reads the body of `message`.
    pub fn parse(message: &'a [u8]) -> Result<Self, ParseError> {
        let (fixed, body) = Body::open::<FixedRequest>(message, REQUEST_STRUCTURE_SIZE)?;
        Ok(Self {
            ctl_code: Fsctl(fixed.ctl_code.get()),
            file_id: FileId(fixed.file_id),
            max_input_response: fixed.max_input_response.get(),
            max_output_response: fixed.max_output_response.get(),
            flags: IoctlFlags::from_bits_retain(fixed.flags.get()),
            input: body.part(fixed.input_offset, fixed.input_count, "InputOffset")?,
        })
    }

    /// Appends the body.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        let offset = len32(buffer_offset::<FixedRequest>(), "InputOffset")?.into();
        let fixed = FixedRequest {
            reserved: U16::ZERO,
            ctl_code: self.ctl_code.0.into(),
            file_id: self.file_id.0,
            input_offset: offset,
            input_count: len32(self.input.len(), "InputCount")?.into(),
            max_input_response: self.max_input_response.into(),
            output_offset: offset,
            output_count: U32::ZERO,
            max_output_response: self.max_output_response.into(),
            flags: self.flags.bits().into(),
            reserved2: U32::ZERO,
        };
        emit_fixed(w, REQUEST_STRUCTURE_SIZE, &fixed)?;
        emit_buffer(w, self.input)
    }
}

/// What the control code gave. An input that the server gives back is not looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct IoctlResponse<'a> {
    /// The code.
    pub ctl_code: Fsctl,
    /// The file.
    pub file_id: FileId,
    /// Reserved.
    pub flags: IoctlFlags,
    /// The output. The caller checks that it is no more than it asked for.
    pub output: &'a [u8],
}

wire_struct! {
    struct FixedResponse {
        reserved: U16,
        ctl_code: U32,
        file_id: [u8; 16],
        input_offset: U32,
        input_count: U32,
        output_offset: U32,
        output_count: U32,
        flags: U32,
        reserved2: U32,
    }
}

impl<'a> IoctlResponse<'a> {
    /// How many bytes lie before the output in the messages of this crate.
    pub const BUFFER_OFFSET: usize = buffer_offset::<FixedResponse>();

    /// Reads the body of `message`.
    pub fn parse(message: &'a [u8]) -> Result<Self, ParseError> {
        let (fixed, body) = Body::open::<FixedResponse>(message, RESPONSE_STRUCTURE_SIZE)?;
        Ok(Self {
            ctl_code: Fsctl(fixed.ctl_code.get()),
            file_id: FileId(fixed.file_id),
            flags: IoctlFlags::from_bits_retain(fixed.flags.get()),
            output: body.part(fixed.output_offset, fixed.output_count, "OutputOffset")?,
        })
    }

    /// Appends the body.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        let offset = len32(Self::BUFFER_OFFSET, "OutputOffset")?.into();
        let fixed = FixedResponse {
            reserved: U16::ZERO,
            ctl_code: self.ctl_code.0.into(),
            file_id: self.file_id.0,
            input_offset: offset,
            input_count: U32::ZERO,
            output_offset: offset,
            output_count: len32(self.output.len(), "OutputCount")?.into(),
            flags: self.flags.bits().into(),
            reserved2: U32::ZERO,
        };
        emit_fixed(w, RESPONSE_STRUCTURE_SIZE, &fixed)?;
        emit_buffer(w, self.output)
    }
}

/// Input of [`Fsctl::VALIDATE_NEGOTIATE_INFO`] (MS-SMB2 2.2.31.4): the NEGOTIATE request once more, but signed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ValidateNegotiateRequest<'a> {
    /// What the client could do.
    pub capabilities: Capabilities,
    /// Who the client is.
    pub client_guid: Guid,
    /// What the client thought of signing.
    pub security_mode: SecurityMode,
    /// The dialects it offered.
    pub dialects: List<'a, Dialect>,
}

impl<'a> ValidateNegotiateRequest<'a> {
    /// Reads an IOCTL's input.
    pub fn parse(input: &'a [u8]) -> Result<Self, ParseError> {
        let mut r = Reader::new(input);
        let capabilities = Capabilities::from_bits_retain(r.u32("Capabilities")?);
        let client_guid = Guid(r.array("Guid")?);
        let security_mode = SecurityMode::from_bits_retain(r.u16("SecurityMode")?);
        let count = r.u16("DialectCount")?;
        Ok(Self {
            capabilities,
            client_guid,
            security_mode,
            dialects: List::parse_counted(&mut r, count)?,
        })
    }

    /// Appends an IOCTL's input.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        w.u32(self.capabilities.bits())?;
        w.bytes(&self.client_guid.0)?;
        w.u16(self.security_mode.bits())?;
        w.u16(len16(self.dialects.len(), "DialectCount")?)?;
        self.dialects.emit(w)
    }
}

/// Output of [`Fsctl::VALIDATE_NEGOTIATE_INFO`] (MS-SMB2 2.2.32.6): the NEGOTIATE response once more, but signed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ValidateNegotiateResponse {
    /// What the server can do.
    pub capabilities: Capabilities,
    /// Who the server is.
    pub server_guid: Guid,
    /// What the server thinks of signing.
    pub security_mode: SecurityMode,
    /// The dialect it chose.
    pub dialect: Dialect,
}

impl ValidateNegotiateResponse {
    /// The size in bytes.
    pub const LEN: usize = 24;

    /// Reads an IOCTL's output.
    pub fn parse(output: &[u8]) -> Result<Self, ParseError> {
        let mut r = Reader::new(output);
        Ok(Self {
            capabilities: Capabilities::from_bits_retain(r.u32("Capabilities")?),
            server_guid: Guid(r.array("Guid")?),
            security_mode: SecurityMode::from_bits_retain(r.u16("SecurityMode")?),
            dialect: Dialect(r.u16("Dialect")?),
        })
    }

    /// Appends an IOCTL's output.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        w.u32(self.capabilities.bits())?;
        w.bytes(&self.server_guid.0)?;
        w.u16(self.security_mode.bits())?;
        w.u16(self.dialect.0)
    }
}
