//! OPLOCK_BREAK in its two kinds, which only StructureSize tells apart: oplocks (MS-SMB2 2.2.23.1, 2.2.24.1, 2.2.25.1)
//! and leases ([`super::lease_break`]).

use zerocopy::little_endian::U32;

use super::body::{Body, emit_fixed};
use super::lease_break::{ACK_STRUCTURE_SIZE, NOTIFICATION_STRUCTURE_SIZE};
use super::{FileId, Header, LeaseBreakAck, LeaseBreakNotification, OplockLevel};
use crate::{EmitError, ParseError, Reader, Writer};

const STRUCTURE_SIZE: u16 = 24;

/// An oplock's break: the server's notification, the client's acknowledgment, and the server's response to that.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OplockBreak {
    /// What is left of the oplock.
    pub oplock_level: OplockLevel,
    /// The open.
    pub file_id: FileId,
}

/// What the server tells: an oplock or a lease breaks. It comes with message id [`Header::UNSOLICITED`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BreakNotification {
    /// An oplock breaks.
    Oplock(OplockBreak),
    /// A lease breaks.
    Lease(LeaseBreakNotification),
}

/// What the client acknowledges, or how the server responds to that.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BreakAck {
    /// Of an oplock.
    Oplock(OplockBreak),
    /// Of a lease.
    Lease(LeaseBreakAck),
}

wire_struct! {
    struct Fixed {
        oplock_level: u8,
        reserved: u8,
        reserved2: U32,
        file_id: [u8; 16],
    }
}

impl OplockBreak {
    /// Reads the body of `message`.
    pub fn parse(message: &[u8]) -> Result<Self, ParseError> {
        let (fixed, _) = Body::open::<Fixed>(message, STRUCTURE_SIZE)?;
        Ok(Self {
            oplock_level: OplockLevel(fixed.oplock_level),
            file_id: FileId(fixed.file_id),
        })
    }

    /// Appends the body.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        let fixed = Fixed {
            oplock_level: self.oplock_level.0,
            reserved: 0,
            reserved2: U32::ZERO,
            file_id: self.file_id.0,
        };
        emit_fixed(w, STRUCTURE_SIZE, &fixed)
    }
}

impl BreakNotification {
    /// Reads the body of `message`, of either kind.
    pub fn parse(message: &[u8]) -> Result<Self, ParseError> {
        match structure_size(message)? {
            STRUCTURE_SIZE => OplockBreak::parse(message).map(Self::Oplock),
            NOTIFICATION_STRUCTURE_SIZE => LeaseBreakNotification::parse(message).map(Self::Lease),
            _ => Err(ParseError::value("StructureSize")),
        }
    }

    /// Appends the body.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        match self {
            Self::Oplock(oplock) => oplock.emit(w),
            Self::Lease(lease) => lease.emit(w),
        }
    }
}

impl BreakAck {
    /// Reads the body of `message`, of either kind.
    pub fn parse(message: &[u8]) -> Result<Self, ParseError> {
        match structure_size(message)? {
            STRUCTURE_SIZE => OplockBreak::parse(message).map(Self::Oplock),
            ACK_STRUCTURE_SIZE => LeaseBreakAck::parse(message).map(Self::Lease),
            _ => Err(ParseError::value("StructureSize")),
        }
    }

    /// Appends the body.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        match self {
            Self::Oplock(oplock) => oplock.emit(w),
            Self::Lease(lease) => lease.emit(w),
        }
    }
}

fn structure_size(message: &[u8]) -> Result<u16, ParseError> {
    let mut r = Reader::new(message);
    r.take(Header::LEN, "SMB2 header")?;
    r.u16("StructureSize")
}
