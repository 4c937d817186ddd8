//! CREATE (MS-SMB2 2.2.13 and 2.2.14).

use zerocopy::little_endian::{I64, U16, U32, U64};

use super::body::{Body, buffer_offset, emit_buffer, emit_fixed};
use super::create_context::{RequestContext, ResponseContext};
use super::{
    AccessMask, CreateAction, CreateDisposition, CreateOptions, FileId, ImpersonationLevel,
    OplockLevel, ShareAccess,
};
use crate::fscc::FileAttributes;
use crate::writer::{len16, len32, padding};
use crate::{Element, EmitError, List, ParseError, Utf16, Writer};

const REQUEST_STRUCTURE_SIZE: u16 = 57;
const RESPONSE_STRUCTURE_SIZE: u16 = 89;

/// Opens or creates a file.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct CreateRequest<'a> {
    /// The oplock that the client would like, or [`OplockLevel::LEASE`] when a context asks for one.
    pub oplock_level: OplockLevel,
    /// How far the server may act for the user.
    pub impersonation_level: ImpersonationLevel,
    /// What the client wants to do with the file.
    pub desired_access: AccessMask,
    /// Attributes for a new file.
    pub file_attributes: FileAttributes,
    /// What others may do meanwhile.
    pub share_access: ShareAccess,
    /// What to do when the file exists, and when not.
    pub disposition: CreateDisposition,
    /// How to open.
    pub options: CreateOptions,
    /// The path below the share, without a backslash in front.
    pub name: Utf16<'a>,
    /// What else the client wants.
    pub contexts: List<'a, RequestContext<'a>>,
}

wire_struct! {
    struct FixedRequest {
        security_flags: u8,
        oplock_level: u8,
        impersonation_level: U32,
        smb_create_flags: U64,
        reserved: U64,
        desired_access: U32,
        file_attributes: U32,
        share_access: U32,
        create_disposition: U32,
        create_options: U32,
        name_offset: U16,
        name_length: U16,
        create_contexts_offset: U32,
        create_contexts_length: U32,
    }
}

impl<'a> CreateRequest<'a> {
    /// Reads the body of `message`.
    pub fn parse(message: &'a [u8]) -> Result<Self, ParseError> {
        let (fixed, body) = Body::open::<FixedRequest>(message, REQUEST_STRUCTURE_SIZE)?;
        let name = body.part(fixed.name_offset, fixed.name_length, "NameOffset")?;
        let contexts = body.part(
            fixed.create_contexts_offset,
            fixed.create_contexts_length,
            "CreateContextsOffset",
        )?;
        Ok(Self {
            oplock_level: OplockLevel(fixed.oplock_level),
            impersonation_level: ImpersonationLevel(fixed.impersonation_level.get()),
            desired_access: AccessMask::from_bits_retain(fixed.desired_access.get()),
            file_attributes: FileAttributes::from_bits_retain(fixed.file_attributes.get()),
            share_access: ShareAccess::from_bits_retain(fixed.share_access.get()),
            disposition: CreateDisposition(fixed.create_disposition.get()),
            options: CreateOptions::from_bits_retain(fixed.create_options.get()),
            name: Utf16::from_bytes(name, "NameLength")?,
            contexts: List::parse(contexts)?,
        })
    }

    /// Appends the body.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        let name_offset = buffer_offset::<FixedRequest>();
        let name_length = self.name.byte_len();
        let fixed = FixedRequest {
            security_flags: 0,
            oplock_level: self.oplock_level.0,
            impersonation_level: self.impersonation_level.0.into(),
            smb_create_flags: U64::ZERO,
            reserved: U64::ZERO,
            desired_access: self.desired_access.bits().into(),
            file_attributes: self.file_attributes.bits().into(),
            share_access: self.share_access.bits().into(),
            create_disposition: self.disposition.0.into(),
            create_options: self.options.bits().into(),
            name_offset: len16(name_offset, "NameOffset")?.into(),
            name_length: len16(name_length, "NameLength")?.into(),
            create_contexts_offset: U32::ZERO,
            create_contexts_length: U32::ZERO,
        };
        emit_fixed(w, REQUEST_STRUCTURE_SIZE, &fixed)?;
        let fixed_end = w.position();
        self.name.emit(w)?;
        if self.contexts.is_empty() {
            return if self.name.is_empty() {
                emit_buffer(w, &[])
            } else {
                Ok(())
            };
        }
        w.zeros(padding(name_offset.saturating_add(name_length), 8))?;
        emit_contexts(w, &self.contexts, fixed_end)
    }
}

wire_flags! {
    /// Flags of a CREATE response (3.x).
    pub struct CreateResponseFlags: u8 {
        /// The last part of the path is a reparse point.
        const REPARSEPOINT = 0x01;
    }
}

/// The file is open. Times are FILETIMEs: 100-ns units since 1601.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct CreateResponse<'a> {
    /// The oplock granted.
    pub oplock_level: OplockLevel,
    /// Flags.
    pub flags: CreateResponseFlags,
    /// What was done.
    pub action: CreateAction,
    /// When the file was created.
    pub creation_time: i64,
    /// When the file was last accessed.
    pub last_access_time: i64,
    /// When the file's data last changed.
    pub last_write_time: i64,
    /// When anything of the file last changed.
    pub change_time: i64,
    /// The space set aside for the file, in bytes. As sent: the caller checks its sign.
    pub allocation_size: i64,
    /// The file's size in bytes. As sent: the caller checks its sign.
    pub end_of_file: i64,
    /// The file's attributes.
    pub file_attributes: FileAttributes,
    /// The open.
    pub file_id: FileId,
    /// Answers to the request's contexts.
    pub contexts: List<'a, ResponseContext<'a>>,
}

wire_struct! {
    struct FixedResponse {
        oplock_level: u8,
        flags: u8,
        create_action: U32,
        creation_time: I64,
        last_access_time: I64,
        last_write_time: I64,
        change_time: I64,
        allocation_size: I64,
        end_of_file: I64,
        file_attributes: U32,
        reserved2: U32,
        file_id: [u8; 16],
        create_contexts_offset: U32,
        create_contexts_length: U32,
    }
}

impl<'a> CreateResponse<'a> {
    /// Reads the body of `message`. Without contexts it may be 88 bytes: many servers leave out the byte of buffer that
    /// StructureSize counts.
    pub fn parse(message: &'a [u8]) -> Result<Self, ParseError> {
        let (fixed, body) = Body::open::<FixedResponse>(message, RESPONSE_STRUCTURE_SIZE)?;
        let contexts = body.part(
            fixed.create_contexts_offset,
            fixed.create_contexts_length,
            "CreateContextsOffset",
        )?;
        Ok(Self {
            oplock_level: OplockLevel(fixed.oplock_level),
            flags: CreateResponseFlags::from_bits_retain(fixed.flags),
            action: CreateAction(fixed.create_action.get()),
            creation_time: fixed.creation_time.get(),
            last_access_time: fixed.last_access_time.get(),
            last_write_time: fixed.last_write_time.get(),
            change_time: fixed.change_time.get(),
            allocation_size: fixed.allocation_size.get(),
            end_of_file: fixed.end_of_file.get(),
            file_attributes: FileAttributes::from_bits_retain(fixed.file_attributes.get()),
            file_id: FileId(fixed.file_id),
            contexts: List::parse(contexts)?,
        })
    }

    /// Appends the body.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        let fixed = FixedResponse {
            oplock_level: self.oplock_level.0,
            flags: self.flags.bits(),
            create_action: self.action.0.into(),
            creation_time: self.creation_time.into(),
            last_access_time: self.last_access_time.into(),
            last_write_time: self.last_write_time.into(),
            change_time: self.change_time.into(),
            allocation_size: self.allocation_size.into(),
            end_of_file: self.end_of_file.into(),
            file_attributes: self.file_attributes.bits().into(),
            reserved2: U32::ZERO,
            file_id: self.file_id.0,
            create_contexts_offset: U32::ZERO,
            create_contexts_length: U32::ZERO,
        };
        emit_fixed(w, RESPONSE_STRUCTURE_SIZE, &fixed)?;
        let fixed_end = w.position();
        if self.contexts.is_empty() {
            emit_buffer(w, &[])
        } else {
            emit_contexts(w, &self.contexts, fixed_end)
        }
    }
}

/// Appends the contexts and puts their place into the last two fields of the fixed part.
fn emit_contexts<'a, T: Element<'a>>(
    w: &mut Writer<'_>,
    contexts: &List<'a, T>,
    fixed_end: usize,
) -> Result<(), EmitError> {
    let start = w.position();
    let offset = len32(w.message_offset(), "CreateContextsOffset")?;
    contexts.emit(w)?;
    let length = len32(w.position().saturating_sub(start), "CreateContextsLength")?;
    w.patch(fixed_end.saturating_sub(8), &offset.to_le_bytes())?;
    w.patch(fixed_end.saturating_sub(4), &length.to_le_bytes())
}
