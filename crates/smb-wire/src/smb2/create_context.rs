//! Create contexts: what CREATE can ask for, and be told, beyond its fixed part (MS-SMB2 2.2.13.2 and 2.2.14.2).
//!
//! That a context comes at most once, and only if it was asked for, is the caller's to check.

use zerocopy::little_endian::{U16, U32};

use super::{AccessMask, FileId, LeaseFlags, LeaseKey, LeaseState};
use crate::reader::part;
use crate::writer::{len16, len32, padding};
use crate::{Element, EmitError, Guid, NtStatus, ParseError, Reader, Writer};

const SECURITY_DESCRIPTOR: &[u8] = b"SecD";
const EXTENDED_ATTRIBUTES: &[u8] = b"ExtA";
const DURABLE_REQUEST: &[u8] = b"DHnQ";
const DURABLE_RECONNECT: &[u8] = b"DHnC";
const DURABLE_REQUEST_V2: &[u8] = b"DH2Q";
const DURABLE_RECONNECT_V2: &[u8] = b"DH2C";
const ALLOCATION_SIZE: &[u8] = b"AlSi";
const MAXIMAL_ACCESS: &[u8] = b"MxAc";
const TIMEWARP: &[u8] = b"TWrp";
const DISK_ID: &[u8] = b"QFid";
const LEASE: &[u8] = b"RqLs";

/// A context without meaning: its name and its data.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RawContext<'a> {
    /// Four letters, or a GUID.
    pub name: &'a [u8],
    /// The data.
    pub data: &'a [u8],
}

wire_flags! {
    /// Flags of a durable handle, version 2.
    pub struct DurableFlags: u32 {
        /// The handle outlives even the server's own restart.
        const PERSISTENT = 0x0000_0002;
    }
}

/// A lease, asked for or granted, version 1 or 2 (MS-SMB2 2.2.13.2.8, 2.2.13.2.10 and their responses).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lease {
    /// The client's name for the lease.
    pub key: LeaseKey,
    /// What may be cached.
    pub state: LeaseState,
    /// Flags.
    pub flags: LeaseFlags,
    /// What version 2 adds; `None` makes it version 1.
    pub v2: Option<LeaseV2>,
}

/// What version 2 adds to a lease.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LeaseV2 {
    /// The lease of the directory above, with [`LeaseFlags::PARENT_LEASE_KEY_SET`].
    pub parent_key: LeaseKey,
    /// Counts the changes of the state.
    pub epoch: u16,
}

/// What a client asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RequestContext<'a> {
    /// `SecD`: a self-relative security descriptor for a new file.
    SecurityDescriptor(&'a [u8]),
    /// `ExtA`: extended attributes for a new file, as a chain of [`crate::fscc::FullEa`].
    ExtendedAttributes(&'a [u8]),
    /// `DHnQ`: a durable handle.
    Durable,
    /// `DHnC`: the durable handle again.
    DurableReconnect(FileId),
    /// `DH2Q`: a durable handle, version 2.
    DurableV2 {
        /// For how long, in milliseconds; 0 leaves it to the server.
        timeout: u32,
        /// Flags.
        flags: DurableFlags,
        /// The client's name for the open.
        create_guid: Guid,
    },
    /// `DH2C`: the durable handle again, version 2.
    DurableReconnectV2 {
        /// The server's name for the open.
        file_id: FileId,
        /// The client's name for the open.
        create_guid: Guid,
        /// Flags.
        flags: DurableFlags,
    },
    /// `AlSi`: how many bytes to set aside for a new file.
    AllocationSize(u64),
    /// `MxAc`: the most that the user may do, or only if the file changed since the given FILETIME.
    MaximalAccess(Option<i64>),
    /// `TWrp`: the file as it was at the given FILETIME.
    Timewarp(i64),
    /// `QFid`: the ids of file and volume.
    DiskId,
    /// `RqLs`: a lease.
    Lease(Lease),
    /// Any other context.
    Other(RawContext<'a>),
}

/// What a server answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ResponseContext<'a> {
    /// `DHnQ`: the handle is durable.
    Durable,
    /// `DH2Q`: the handle is durable, version 2.
    DurableV2 {
        /// For how long, in milliseconds.
        timeout: u32,
        /// Flags.
        flags: DurableFlags,
    },
    /// `MxAc`: the most that the user may do.
    MaximalAccess {
        /// Whether the answer could be found.
        status: NtStatus,
        /// The answer.
        access: AccessMask,
    },
    /// `QFid`: the ids of file and volume.
    DiskId {
        /// The file's id on the volume.
        file_id: u64,
        /// The volume's id.
        volume_id: u64,
    },
    /// `RqLs`: the lease granted.
    Lease(Lease),
    /// Any other context.
    Other(RawContext<'a>),
}

impl<'a> Element<'a> for RequestContext<'a> {
    fn read(r: &mut Reader<'a>) -> Result<Self, ParseError> {
        let raw = RawContext::read(r)?;
        let mut data = Reader::new(raw.data);
        Ok(match raw.name {
            SECURITY_DESCRIPTOR => Self::SecurityDescriptor(raw.data),
            EXTENDED_ATTRIBUTES => Self::ExtendedAttributes(raw.data),
            DURABLE_REQUEST => Self::Durable,
            DURABLE_RECONNECT => Self::DurableReconnect(FileId(data.array("DHnC")?)),
            DURABLE_REQUEST_V2 => {
                let timeout = data.u32("DH2Q")?;
                let flags = DurableFlags::from_bits_retain(data.u32("DH2Q")?);
                data.u64("DH2Q")?;
                Self::DurableV2 {
                    timeout,
                    flags,
                    create_guid: Guid(data.array("DH2Q")?),
                }
            }
            DURABLE_RECONNECT_V2 => Self::DurableReconnectV2 {
                file_id: FileId(data.array("DH2C")?),
                create_guid: Guid(data.array("DH2C")?),
                flags: DurableFlags::from_bits_retain(data.u32("DH2C")?),
            },
            ALLOCATION_SIZE => Self::AllocationSize(data.u64("AlSi")?),
            MAXIMAL_ACCESS if data.is_empty() => Self::MaximalAccess(None),
            MAXIMAL_ACCESS => Self::MaximalAccess(Some(data.u64("MxAc")?.cast_signed())),
            TIMEWARP => Self::Timewarp(data.u64("TWrp")?.cast_signed()),
            DISK_ID => Self::DiskId,
            LEASE => Self::Lease(Lease::parse(raw.data)?),
            _ => Self::Other(raw),
        })
    }

    fn write(&self, w: &mut Writer<'_>, last: bool) -> Result<(), EmitError> {
        let name = match self {
            Self::SecurityDescriptor(_) => SECURITY_DESCRIPTOR,
            Self::ExtendedAttributes(_) => EXTENDED_ATTRIBUTES,
            Self::Durable => DURABLE_REQUEST,
            Self::DurableReconnect(_) => DURABLE_RECONNECT,
            Self::DurableV2 { .. } => DURABLE_REQUEST_V2,
            Self::DurableReconnectV2 { .. } => DURABLE_RECONNECT_V2,
            Self::AllocationSize(_) => ALLOCATION_SIZE,
            Self::MaximalAccess(_) => MAXIMAL_ACCESS,
            Self::Timewarp(_) => TIMEWARP,
            Self::DiskId => DISK_ID,
            Self::Lease(_) => LEASE,
            Self::Other(raw) => raw.name,
        };
        write_context(w, name, last, |w| match self {
            Self::SecurityDescriptor(data) | Self::ExtendedAttributes(data) => w.bytes(data),
            Self::Durable => w.zeros(16),
            Self::DurableReconnect(file_id) => w.bytes(&file_id.0),
            Self::DurableV2 {
                timeout,
                flags,
                create_guid,
            } => {
                w.u32(*timeout)?;
                w.u32(flags.bits())?;
                w.u64(0)?;
                w.bytes(&create_guid.0)
            }
            Self::DurableReconnectV2 {
                file_id,
                create_guid,
                flags,
            } => {
                w.bytes(&file_id.0)?;
                w.bytes(&create_guid.0)?;
                w.u32(flags.bits())
            }
            Self::AllocationSize(bytes) => w.u64(*bytes),
            Self::MaximalAccess(None) | Self::DiskId => Ok(()),
            Self::MaximalAccess(Some(time)) | Self::Timewarp(time) => w.u64(time.cast_unsigned()),
            Self::Lease(lease) => lease.emit(w),
            Self::Other(raw) => w.bytes(raw.data),
        })
    }
}

impl<'a> Element<'a> for ResponseContext<'a> {
    fn read(r: &mut Reader<'a>) -> Result<Self, ParseError> {
        let raw = RawContext::read(r)?;
        let mut data = Reader::new(raw.data);
        Ok(match raw.name {
            DURABLE_REQUEST => Self::Durable,
            DURABLE_REQUEST_V2 => Self::DurableV2 {
                timeout: data.u32("DH2Q")?,
                flags: DurableFlags::from_bits_retain(data.u32("DH2Q")?),
            },
            MAXIMAL_ACCESS => Self::MaximalAccess {
                status: NtStatus(data.u32("MxAc")?),
                access: AccessMask::from_bits_retain(data.u32("MxAc")?),
            },
            DISK_ID => Self::DiskId {
                file_id: data.u64("QFid")?,
                volume_id: data.u64("QFid")?,
            },
            LEASE => Self::Lease(Lease::parse(raw.data)?),
            _ => Self::Other(raw),
        })
    }

    fn write(&self, w: &mut Writer<'_>, last: bool) -> Result<(), EmitError> {
        let name = match self {
            Self::Durable => DURABLE_REQUEST,
            Self::DurableV2 { .. } => DURABLE_REQUEST_V2,
            Self::MaximalAccess { .. } => MAXIMAL_ACCESS,
            Self::DiskId { .. } => DISK_ID,
            Self::Lease(_) => LEASE,
            Self::Other(raw) => raw.name,
        };
        write_context(w, name, last, |w| match self {
            Self::Durable => w.zeros(8),
            Self::DurableV2 { timeout, flags } => {
                w.u32(*timeout)?;
                w.u32(flags.bits())
            }
            Self::MaximalAccess { status, access } => {
                w.u32(status.0)?;
                w.u32(access.bits())
            }
            Self::DiskId { file_id, volume_id } => {
                w.u64(*file_id)?;
                w.u64(*volume_id)?;
                w.zeros(16)
            }
            Self::Lease(lease) => lease.emit(w),
            Self::Other(raw) => w.bytes(raw.data),
        })
    }
}

impl Lease {
    const V1_LEN: usize = 32;
    const V2_LEN: usize = 52;

    /// The two versions have nothing but their size to tell them apart.
    fn parse(data: &[u8]) -> Result<Self, ParseError> {
        if data.len() != Self::V1_LEN && data.len() != Self::V2_LEN {
            return Err(ParseError::value("RqLs"));
        }
        let mut r = Reader::new(data);
        let key = LeaseKey(r.array("LeaseKey")?);
        let state = LeaseState::from_bits_retain(r.u32("LeaseState")?);
        let flags = LeaseFlags::from_bits_retain(r.u32("LeaseFlags")?);
        r.u64("LeaseDuration")?;
        let v2 = if r.is_empty() {
            None
        } else {
            Some(LeaseV2 {
                parent_key: LeaseKey(r.array("ParentLeaseKey")?),
                epoch: r.u16("Epoch")?,
            })
        };
        Ok(Self {
            key,
            state,
            flags,
            v2,
        })
    }

    fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        w.bytes(&self.key.0)?;
        w.u32(self.state.bits())?;
        w.u32(self.flags.bits())?;
        w.u64(0)?;
        if let Some(v2) = &self.v2 {
            w.bytes(&v2.parent_key.0)?;
            w.u16(v2.epoch)?;
            w.u16(0)?;
        }
        Ok(())
    }
}

wire_struct! {
    struct ContextHeader {
        next: U32,
        name_offset: U16,
        name_length: U16,
        reserved: U16,
        data_offset: U16,
        data_length: U32,
    }
}

impl<'a> RawContext<'a> {
    /// Reads the first context of a chain; its offsets count from its own beginning.
    fn read(r: &mut Reader<'a>) -> Result<Self, ParseError> {
        const HEADER_LEN: usize = size_of::<ContextHeader>();
        let all = r.rest();
        let header: &ContextHeader = r.fixed("CreateContexts")?;
        let next =
            usize::try_from(header.next.get()).map_err(|_| ParseError::out_of_bounds("Next"))?;
        let bytes = if next == 0 {
            *r = Reader::new(&[]);
            all
        } else {
            if !next.is_multiple_of(8) {
                return Err(ParseError::misaligned("Next"));
            }
            // A link to the very end would lead to a context of no bytes.
            if next < HEADER_LEN || next >= all.len() {
                return Err(ParseError::out_of_bounds("Next"));
            }
            let mut rest = Reader::new(all);
            let bytes = rest.take(next, "Next")?;
            *r = rest;
            bytes
        };
        Ok(Self {
            name: part(
                bytes,
                HEADER_LEN,
                header.name_offset,
                header.name_length,
                "NameOffset",
            )?,
            data: part(
                bytes,
                HEADER_LEN,
                header.data_offset,
                header.data_length,
                "DataOffset",
            )?,
        })
    }
}

/// Appends a context whose data `data` writes.
fn write_context(
    w: &mut Writer<'_>,
    name: &[u8],
    last: bool,
    data: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>,
) -> Result<(), EmitError> {
    let start = w.position();
    let distance = |w: &Writer<'_>| w.position().saturating_sub(start);
    w.zeros(size_of::<ContextHeader>())?;
    let name_offset = distance(w);
    w.bytes(name)?;
    w.zeros(padding(distance(w), 8))?;
    let data_offset = distance(w);
    data(w)?;
    let data_length = distance(w).saturating_sub(data_offset);
    if !last {
        w.zeros(padding(distance(w), 8))?;
    }
    let header = ContextHeader {
        next: if last {
            U32::ZERO
        } else {
            len32(distance(w), "Next")?.into()
        },
        name_offset: len16(name_offset, "NameOffset")?.into(),
        name_length: len16(name.len(), "NameLength")?.into(),
        reserved: U16::ZERO,
        data_offset: if data_length == 0 {
            U16::ZERO
        } else {
            len16(data_offset, "DataOffset")?.into()
        },
        data_length: len32(data_length, "DataLength")?.into(),
    };
    w.patch(start, zerocopy::IntoBytes::as_bytes(&header))
}

#[cfg(test)]
mod tests {
    use std::vec;

    use super::*;
    use crate::List;
    use crate::writer::emitted;

    #[test]
    fn case_24_a_chain_of_create_contexts_that_goes_astray_is_refused() {
        let rows: [(u32, ParseError); 5] = [
            (8, ParseError::out_of_bounds("Next")),
            (20, ParseError::misaligned("Next")),
            (0xFFFF_FFF8, ParseError::out_of_bounds("Next")),
            (64, ParseError::out_of_bounds("Next")),
            (72, ParseError::out_of_bounds("Next")),
        ];
        let chain =
            emitted(|w| List::new(&[RequestContext::Durable, RequestContext::DiskId]).emit(w));
        assert_eq!(chain.len(), 64);
        for (next, expected) in rows {
            let mut chain = chain.clone();
            chain[..4].copy_from_slice(&next.to_le_bytes());
            assert_eq!(List::<RequestContext<'_>>::parse(&chain), Err(expected));
        }
    }

    #[test]
    fn case_24_a_create_context_cannot_reach_out_of_its_link() {
        let chain =
            emitted(|w| List::new(&[RequestContext::Durable, RequestContext::DiskId]).emit(w));
        let with = |position: usize, value: u16| {
            let mut chain = chain.clone();
            chain[position..position + 2].copy_from_slice(&value.to_le_bytes());
            List::<RequestContext<'_>>::parse(&chain).map(drop)
        };
        assert_eq!(
            with(4, 40),
            Err(ParseError::out_of_bounds("NameOffset")),
            "the name lies in the next context"
        );
        assert_eq!(
            with(4, 8),
            Err(ParseError::out_of_bounds("NameOffset")),
            "the name lies in the header"
        );
        assert_eq!(
            with(6, 0xFFFF),
            Err(ParseError::out_of_bounds("NameOffset"))
        );
        assert_eq!(
            with(10, 32),
            Err(ParseError::out_of_bounds("DataOffset")),
            "the data lies in the next context"
        );
        assert_eq!(
            with(14, 0xFFFF),
            Err(ParseError::out_of_bounds("DataOffset"))
        );
    }

    #[test]
    fn case_24_a_lease_of_neither_version_is_refused() {
        for len in [0_u8, 31, 33, 51, 53] {
            let mut context = vec![0, 0, 0, 0, 16, 0, 4, 0, 0, 0, 24, 0, len, 0, 0, 0];
            context.extend(b"RqLs\0\0\0\0");
            context.resize(24 + usize::from(len), 0);
            let parsed = List::<ResponseContext<'_>>::parse(&context).map(drop);
            assert_eq!(parsed, Err(ParseError::value("RqLs")));
        }
    }
}
