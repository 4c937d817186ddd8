//! TREE_CONNECT (MS-SMB2 2.2.9 and 2.2.10).

use zerocopy::little_endian::{U16, U32};

use super::AccessMask;
use super::body::{Body, buffer_offset, emit_fixed};
use crate::writer::len16;
use crate::{EmitError, ParseError, Utf16, Writer};

const REQUEST_STRUCTURE_SIZE: u16 = 9;
const RESPONSE_STRUCTURE_SIZE: u16 = 16;

wire_flags! {
    /// Flags of a TREE_CONNECT request (3.1.1).
    pub struct TreeConnectFlags: u16 {
        /// The client reconnects to the same node of a cluster.
        const CLUSTER_RECONNECT = 0x0001;
        /// The client can follow a redirection to an owner node.
        const REDIRECT_TO_OWNER = 0x0002;
        /// An extension lies behind the fixed part; this crate neither sends nor reads it.
        const EXTENSION_PRESENT = 0x0004;
    }
}

open_enum! {
    /// What is shared.
    pub struct ShareType(u8) {
        DISK = 0x01,
        PIPE = 0x02,
        PRINT = 0x03,
    }
}

wire_flags! {
    /// Properties of a share. Its offline-caching policy is the two bits of [`ShareFlags::CACHING_MASK`].
    pub struct ShareFlags: u32 {
        const DFS = 0x0000_0001;
        const DFS_ROOT = 0x0000_0002;
        /// 0 is manual, 0x10 automatic for documents, 0x20 for programs too, 0x30 none.
        const CACHING_MASK = 0x0000_0030;
        const RESTRICT_EXCLUSIVE_OPENS = 0x0000_0100;
        const FORCE_SHARED_DELETE = 0x0000_0200;
        const ALLOW_NAMESPACE_CACHING = 0x0000_0400;
        const ACCESS_BASED_DIRECTORY_ENUM = 0x0000_0800;
        const FORCE_LEVELII_OPLOCK = 0x0000_1000;
        const ENABLE_HASH_V1 = 0x0000_2000;
        const ENABLE_HASH_V2 = 0x0000_4000;
        const ENCRYPT_DATA = 0x0000_8000;
        const IDENTITY_REMOTING = 0x0004_0000;
        const COMPRESS_DATA = 0x0010_0000;
        const ISOLATED_TRANSPORT = 0x0020_0000;
    }
}

wire_flags! {
    /// What a share can do.
    pub struct ShareCapabilities: u32 {
        const DFS = 0x0000_0008;
        const CONTINUOUS_AVAILABILITY = 0x0000_0010;
        const SCALEOUT = 0x0000_0020;
        const CLUSTER = 0x0000_0040;
        const ASYMMETRIC = 0x0000_0080;
        const REDIRECT_TO_OWNER = 0x0000_0100;
    }
}

/// Connects to a share.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TreeConnectRequest<'a> {
    /// Flags.
    pub flags: TreeConnectFlags,
    /// `\\server\share`.
    pub path: Utf16<'a>,
}

wire_struct! {
    struct FixedRequest {
        flags: U16,
        path_offset: U16,
        path_length: U16,
    }
}

impl<'a> TreeConnectRequest<'a> {
    /// Reads the body of `message`.
    pub fn parse(message: &'a [u8]) -> Result<Self, ParseError> {
        let (fixed, body) = Body::open::<FixedRequest>(message, REQUEST_STRUCTURE_SIZE)?;
        let path = body.part(fixed.path_offset, fixed.path_length, "PathOffset")?;
        Ok(Self {
            flags: TreeConnectFlags::from_bits_retain(fixed.flags.get()),
            path: Utf16::from_bytes(path, "PathLength")?,
        })
    }

    /// Appends the body.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        let fixed = FixedRequest {
            flags: self.flags.bits().into(),
            path_offset: len16(buffer_offset::<FixedRequest>(), "PathOffset")?.into(),
            path_length: len16(self.path.byte_len(), "PathLength")?.into(),
        };
        emit_fixed(w, REQUEST_STRUCTURE_SIZE, &fixed)?;
        self.path.emit(w)
    }
}

/// The share is connected; the header has its tree id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TreeConnectResponse {
    /// What is shared.
    pub share_type: ShareType,
    /// The share's properties.
    pub share_flags: ShareFlags,
    /// What the share can do.
    pub capabilities: ShareCapabilities,
    /// The most that the user may do on the share.
    pub maximal_access: AccessMask,
}

wire_struct! {
    struct FixedResponse {
        share_type: u8,
        reserved: u8,
        share_flags: U32,
        capabilities: U32,
        maximal_access: U32,
    }
}

impl TreeConnectResponse {
    /// Reads the body of `message`. Bytes behind it are left alone; Windows once read them as part of it (CVE-2017-0016).
    pub fn parse(message: &[u8]) -> Result<Self, ParseError> {
        let (fixed, _) = Body::open::<FixedResponse>(message, RESPONSE_STRUCTURE_SIZE)?;
        Ok(Self {
            share_type: ShareType(fixed.share_type),
            share_flags: ShareFlags::from_bits_retain(fixed.share_flags.get()),
            capabilities: ShareCapabilities::from_bits_retain(fixed.capabilities.get()),
            maximal_access: AccessMask::from_bits_retain(fixed.maximal_access.get()),
        })
    }

    /// Appends the body.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        emit_fixed(
            w,
            RESPONSE_STRUCTURE_SIZE,
            &FixedResponse {
                share_type: self.share_type.0,
                reserved: 0,
                share_flags: self.share_flags.bits().into(),
                capabilities: self.capabilities.bits().into(),
                maximal_access: self.maximal_access.bits().into(),
            },
        )
    }
}
