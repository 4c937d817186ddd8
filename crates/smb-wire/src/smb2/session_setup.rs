//! SESSION_SETUP (MS-SMB2 2.2.5 and 2.2.6).

use zerocopy::little_endian::{U16, U32, U64};

use super::body::{Body, buffer_offset, emit_buffer, emit_fixed};
use super::{Capabilities, SecurityMode};
use crate::writer::len16;
use crate::{EmitError, ParseError, Writer};

const REQUEST_STRUCTURE_SIZE: u16 = 25;
const RESPONSE_STRUCTURE_SIZE: u16 = 9;

wire_flags! {
    /// Flags of a SESSION_SETUP request (3.x).
    pub struct SessionSetupFlags: u8 {
        /// Binds an existing session to a new connection.
        const BINDING = 0x01;
    }
}

wire_flags! {
    /// What kind of session the server made.
    pub struct SessionFlags: u16 {
        /// The user is a guest: no keys, no signing.
        const IS_GUEST = 0x0001;
        /// The user is nobody: no keys, no signing.
        const IS_NULL = 0x0002;
        /// Everything after this must be encrypted (3.x).
        const ENCRYPT_DATA = 0x0004;
    }
}

/// One step of authentication.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionSetupRequest<'a> {
    /// Flags.
    pub flags: SessionSetupFlags,
    /// What the client thinks of signing.
    pub security_mode: SecurityMode,
    /// What the client can do; only DFS means something here.
    pub capabilities: Capabilities,
    /// A session of before a reconnect, which the server may drop; or 0.
    pub previous_session_id: u64,
    /// The GSS token.
    pub security_buffer: &'a [u8],
}

wire_struct! {
    struct FixedRequest {
        flags: u8,
        security_mode: u8,
        capabilities: U32,
        channel: U32,
        security_buffer_offset: U16,
        security_buffer_length: U16,
        previous_session_id: U64,
    }
}

impl<'a> SessionSetupRequest<'a> {
    /// Reads the body of `message`.
    pub fn parse(message: &'a [u8]) -> Result<Self, ParseError> {
        let (fixed, body) = Body::open::<FixedRequest>(message, REQUEST_STRUCTURE_SIZE)?;
        Ok(Self {
            flags: SessionSetupFlags::from_bits_retain(fixed.flags),
            security_mode: SecurityMode::from_bits_retain(fixed.security_mode.into()),
            capabilities: Capabilities::from_bits_retain(fixed.capabilities.get()),
            previous_session_id: fixed.previous_session_id.get(),
            security_buffer: body.part(
                fixed.security_buffer_offset,
                fixed.security_buffer_length,
                "SecurityBufferOffset",
            )?,
        })
    }

    /// Appends the body.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        let security_mode = u8::try_from(self.security_mode.bits());
        let fixed = FixedRequest {
            flags: self.flags.bits(),
            security_mode: security_mode.map_err(|_| EmitError::TooLong("SecurityMode"))?,
            capabilities: self.capabilities.bits().into(),
            channel: U32::ZERO,
            security_buffer_offset: len16(buffer_offset::<FixedRequest>(), "SecurityBufferOffset")?
                .into(),
            security_buffer_length: len16(self.security_buffer.len(), "SecurityBufferLength")?
                .into(),
            previous_session_id: self.previous_session_id.into(),
        };
        emit_fixed(w, REQUEST_STRUCTURE_SIZE, &fixed)?;
        emit_buffer(w, self.security_buffer)
    }
}

/// The server's answer to one step: another token with STATUS_MORE_PROCESSING_REQUIRED, or the session.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionSetupResponse<'a> {
    /// What kind of session it is.
    pub flags: SessionFlags,
    /// The GSS token; may be empty.
    pub security_buffer: &'a [u8],
}

wire_struct! {
    struct FixedResponse {
        session_flags: U16,
        security_buffer_offset: U16,
        security_buffer_length: U16,
    }
}

impl<'a> SessionSetupResponse<'a> {
    /// Reads the body of `message`.
    pub fn parse(message: &'a [u8]) -> Result<Self, ParseError> {
        let (fixed, body) = Body::open::<FixedResponse>(message, RESPONSE_STRUCTURE_SIZE)?;
        Ok(Self {
            flags: SessionFlags::from_bits_retain(fixed.session_flags.get()),
            security_buffer: body.part(
                fixed.security_buffer_offset,
                fixed.security_buffer_length,
                "SecurityBufferOffset",
            )?,
        })
    }

    /// Appends the body.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        let fixed = FixedResponse {
            session_flags: self.flags.bits().into(),
            security_buffer_offset: len16(
                buffer_offset::<FixedResponse>(),
                "SecurityBufferOffset",
            )?
            .into(),
            security_buffer_length: len16(self.security_buffer.len(), "SecurityBufferLength")?
                .into(),
        };
        emit_fixed(w, RESPONSE_STRUCTURE_SIZE, &fixed)?;
        emit_buffer(w, self.security_buffer)
    }
}
