//! NEGOTIATE (MS-SMB2 2.2.3 and 2.2.4).

use zerocopy::little_endian::{I64, U16, U32};

use super::body::{Body, buffer_offset, emit_fixed};
use super::negotiate_context::NegotiateContext;
use crate::list::packed_u16;
use crate::writer::{len16, len32, padding};
use crate::{EmitError, Guid, List, ParseError, Writer};

const REQUEST_STRUCTURE_SIZE: u16 = 36;
const RESPONSE_STRUCTURE_SIZE: u16 = 65;

open_enum! {
    /// A dialect of SMB2.
    pub struct Dialect(u16) {
        SMB2_0_2 = 0x0202,
        SMB2_1 = 0x0210,
        SMB3_0 = 0x0300,
        SMB3_0_2 = 0x0302,
        SMB3_1_1 = 0x0311,
        /// The answer to an SMB1 opener with "SMB 2.???": negotiate again in SMB2.
        WILDCARD = 0x02FF,
    }
}

packed_u16!(Dialect: "Dialects");

wire_flags! {
    /// What a side thinks of signing.
    pub struct SecurityMode: u16 {
        const SIGNING_ENABLED = 0x0001;
        const SIGNING_REQUIRED = 0x0002;
    }
}

wire_flags! {
    /// What a side can do.
    pub struct Capabilities: u32 {
        const DFS = 0x0000_0001;
        const LEASING = 0x0000_0002;
        /// Requests of more than one credit.
        const LARGE_MTU = 0x0000_0004;
        const MULTI_CHANNEL = 0x0000_0008;
        const PERSISTENT_HANDLES = 0x0000_0010;
        const DIRECTORY_LEASING = 0x0000_0020;
        /// AES-128-CCM; only 3.0 and 3.0.2 say it here.
        const ENCRYPTION = 0x0000_0040;
        const NOTIFICATIONS = 0x0000_0080;
    }
}

/// What the client offers.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct NegotiateRequest<'a> {
    /// What the client thinks of signing.
    pub security_mode: SecurityMode,
    /// What the client can do.
    pub capabilities: Capabilities,
    /// Who the client is, the same on all its connections; zero for 2.0.2 alone.
    pub client_guid: Guid,
    /// The dialects it speaks.
    pub dialects: List<'a, Dialect>,
    /// What goes with 3.1.1; without that dialect there is none.
    pub contexts: List<'a, NegotiateContext<'a>>,
}

wire_struct! {
    struct FixedRequest {
        dialect_count: U16,
        security_mode: U16,
        reserved: U16,
        capabilities: U32,
        client_guid: [u8; 16],
        // ClientStartTime without 3.1.1, where it must be zero.
        negotiate_context_offset: U32,
        negotiate_context_count: U16,
        reserved2: U16,
    }
}

impl<'a> NegotiateRequest<'a> {
    /// Reads the body of `message`.
    pub fn parse(message: &'a [u8]) -> Result<Self, ParseError> {
        let (fixed, body) = Body::open::<FixedRequest>(message, REQUEST_STRUCTURE_SIZE)?;
        let dialects: List<'_, Dialect> =
            List::parse_counted(&mut body.rest(), fixed.dialect_count.get())?;
        let contexts = if dialects.iter().any(|dialect| dialect == Dialect::SMB3_1_1) {
            parse_contexts(
                &body,
                fixed.negotiate_context_offset,
                fixed.negotiate_context_count,
            )?
        } else {
            List::default()
        };
        Ok(Self {
            security_mode: SecurityMode::from_bits_retain(fixed.security_mode.get()),
            capabilities: Capabilities::from_bits_retain(fixed.capabilities.get()),
            client_guid: Guid(fixed.client_guid),
            dialects,
            contexts,
        })
    }

    /// Appends the body. Contexts without the dialect 3.1.1 are a contradiction.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        let contexts = !self.contexts.is_empty();
        if contexts
            && self
                .dialects
                .iter()
                .all(|dialect| dialect != Dialect::SMB3_1_1)
        {
            return Err(EmitError::Contradiction("NegotiateContextList"));
        }
        let dialects_len = self.dialects.len().saturating_mul(size_of::<u16>());
        let fixed = FixedRequest {
            dialect_count: len16(self.dialects.len(), "DialectCount")?.into(),
            security_mode: self.security_mode.bits().into(),
            reserved: U16::ZERO,
            capabilities: self.capabilities.bits().into(),
            client_guid: self.client_guid.0,
            negotiate_context_offset: contexts_offset(
                buffer_offset::<FixedRequest>(),
                dialects_len,
                contexts,
            )?
            .into(),
            negotiate_context_count: len16(self.contexts.len(), "NegotiateContextCount")?.into(),
            reserved2: U16::ZERO,
        };
        emit_fixed(w, REQUEST_STRUCTURE_SIZE, &fixed)?;
        self.dialects.emit(w)?;
        if contexts {
            w.align(8)?;
            self.contexts.emit(w)?;
        }
        Ok(())
    }
}

/// What the server chose.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct NegotiateResponse<'a> {
    /// What the server thinks of signing.
    pub security_mode: SecurityMode,
    /// The dialect, or [`Dialect::WILDCARD`].
    pub dialect: Dialect,
    /// Who the server is.
    pub server_guid: Guid,
    /// What the server can do.
    pub capabilities: Capabilities,
    /// The largest buffer of a request or response that is neither READ nor WRITE, in bytes.
    pub max_transact_size: u32,
    /// The largest READ in bytes.
    pub max_read_size: u32,
    /// The largest WRITE in bytes.
    pub max_write_size: u32,
    /// The server's clock, as a FILETIME.
    pub system_time: i64,
    /// When the server started, as a FILETIME; or 0.
    pub server_start_time: i64,
    /// The GSS token (a NegTokenInit2), or empty: then the client begins.
    pub security_buffer: &'a [u8],
    /// What goes with 3.1.1; without that dialect there is none.
    pub contexts: List<'a, NegotiateContext<'a>>,
}

wire_struct! {
    struct FixedResponse {
        security_mode: U16,
        dialect_revision: U16,
        negotiate_context_count: U16,
        server_guid: [u8; 16],
        capabilities: U32,
        max_transact_size: U32,
        max_read_size: U32,
        max_write_size: U32,
        system_time: I64,
        server_start_time: I64,
        security_buffer_offset: U16,
        security_buffer_length: U16,
        negotiate_context_offset: U32,
    }
}

impl<'a> NegotiateResponse<'a> {
    /// Reads the body of `message`.
    pub fn parse(message: &'a [u8]) -> Result<Self, ParseError> {
        let (fixed, body) = Body::open::<FixedResponse>(message, RESPONSE_STRUCTURE_SIZE)?;
        let dialect = Dialect(fixed.dialect_revision.get());
        let contexts = if dialect == Dialect::SMB3_1_1 {
            parse_contexts(
                &body,
                fixed.negotiate_context_offset,
                fixed.negotiate_context_count,
            )?
        } else {
            List::default()
        };
        Ok(Self {
            security_mode: SecurityMode::from_bits_retain(fixed.security_mode.get()),
            dialect,
            server_guid: Guid(fixed.server_guid),
            capabilities: Capabilities::from_bits_retain(fixed.capabilities.get()),
            max_transact_size: fixed.max_transact_size.get(),
            max_read_size: fixed.max_read_size.get(),
            max_write_size: fixed.max_write_size.get(),
            system_time: fixed.system_time.get(),
            server_start_time: fixed.server_start_time.get(),
            security_buffer: body.part(
                fixed.security_buffer_offset,
                fixed.security_buffer_length,
                "SecurityBufferOffset",
            )?,
            contexts,
        })
    }

    /// Appends the body. Contexts without the dialect 3.1.1 are a contradiction.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        let contexts = !self.contexts.is_empty();
        if contexts && self.dialect != Dialect::SMB3_1_1 {
            return Err(EmitError::Contradiction("NegotiateContextList"));
        }
        let buffer_offset = buffer_offset::<FixedResponse>();
        let fixed = FixedResponse {
            security_mode: self.security_mode.bits().into(),
            dialect_revision: self.dialect.0.into(),
            negotiate_context_count: len16(self.contexts.len(), "NegotiateContextCount")?.into(),
            server_guid: self.server_guid.0,
            capabilities: self.capabilities.bits().into(),
            max_transact_size: self.max_transact_size.into(),
            max_read_size: self.max_read_size.into(),
            max_write_size: self.max_write_size.into(),
            system_time: self.system_time.into(),
            server_start_time: self.server_start_time.into(),
            security_buffer_offset: len16(buffer_offset, "SecurityBufferOffset")?.into(),
            security_buffer_length: len16(self.security_buffer.len(), "SecurityBufferLength")?
                .into(),
            negotiate_context_offset: contexts_offset(
                buffer_offset,
                self.security_buffer.len(),
                contexts,
            )?
            .into(),
        };
        emit_fixed(w, RESPONSE_STRUCTURE_SIZE, &fixed)?;
        w.bytes(self.security_buffer)?;
        if contexts {
            w.align(8)?;
            self.contexts.emit(w)?;
        }
        Ok(())
    }
}

fn parse_contexts<'a>(
    body: &Body<'a>,
    offset: U32,
    count: U16,
) -> Result<List<'a, NegotiateContext<'a>>, ParseError> {
    if count == U16::ZERO {
        return Ok(List::default());
    }
    List::parse_counted(
        &mut body.from(offset.get(), "NegotiateContextOffset")?,
        count.get(),
    )
}

/// Contexts begin at the first multiple of eight behind the buffer.
fn contexts_offset(
    buffer_offset: usize,
    buffer_len: usize,
    present: bool,
) -> Result<u32, EmitError> {
    let end = buffer_offset.saturating_add(buffer_len);
    let offset = end.saturating_add(padding(end, 8));
    len32(if present { offset } else { 0 }, "NegotiateContextOffset")
}
