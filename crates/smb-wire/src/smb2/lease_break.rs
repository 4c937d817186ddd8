//! The lease kind of OPLOCK_BREAK (MS-SMB2 2.2.23.2, 2.2.24.2, 2.2.25.2).

use zerocopy::little_endian::{U16, U32, U64};

use super::body::{Body, emit_fixed};
use super::{LeaseKey, LeaseState};
use crate::{EmitError, ParseError, Writer};

pub(super) const NOTIFICATION_STRUCTURE_SIZE: u16 = 44;
pub(super) const ACK_STRUCTURE_SIZE: u16 = 36;

wire_flags! {
    /// Flags of a lease break notification.
    pub struct LeaseBreakFlags: u32 {
        /// The server waits for an acknowledgment.
        const ACK_REQUIRED = 0x01;
    }
}

/// A lease breaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LeaseBreakNotification {
    /// The epoch after the break (version 2 leases; else 0).
    pub new_epoch: u16,
    /// Flags.
    pub flags: LeaseBreakFlags,
    /// The lease.
    pub lease_key: LeaseKey,
    /// What the client may cache now.
    pub current_state: LeaseState,
    /// What it may cache after the break.
    pub new_state: LeaseState,
}

wire_struct! {
    struct FixedNotification {
        new_epoch: U16,
        flags: U32,
        lease_key: [u8; 16],
        current_lease_state: U32,
        new_lease_state: U32,
        break_reason: U32,
        access_mask_hint: U32,
        share_mask_hint: U32,
    }
}

impl LeaseBreakNotification {
    /// Reads the body of `message`.
    pub fn parse(message: &[u8]) -> Result<Self, ParseError> {
        let (fixed, _) = Body::open::<FixedNotification>(message, NOTIFICATION_STRUCTURE_SIZE)?;
        Ok(Self {
            new_epoch: fixed.new_epoch.get(),
            flags: LeaseBreakFlags::from_bits_retain(fixed.flags.get()),
            lease_key: LeaseKey(fixed.lease_key),
            current_state: LeaseState::from_bits_retain(fixed.current_lease_state.get()),
            new_state: LeaseState::from_bits_retain(fixed.new_lease_state.get()),
        })
    }

    /// Appends the body.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        let fixed = FixedNotification {
            new_epoch: self.new_epoch.into(),
            flags: self.flags.bits().into(),
            lease_key: self.lease_key.0,
            current_lease_state: self.current_state.bits().into(),
            new_lease_state: self.new_state.bits().into(),
            break_reason: U32::ZERO,
            access_mask_hint: U32::ZERO,
            share_mask_hint: U32::ZERO,
        };
        emit_fixed(w, NOTIFICATION_STRUCTURE_SIZE, &fixed)
    }
}

/// The client's acknowledgment of a lease break, and the server's response to it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LeaseBreakAck {
    /// The lease.
    pub lease_key: LeaseKey,
    /// What is left of it.
    pub state: LeaseState,
}

wire_struct! {
    struct FixedAck {
        reserved: U16,
        flags: U32,
        lease_key: [u8; 16],
        lease_state: U32,
        lease_duration: U64,
    }
}

impl LeaseBreakAck {
    /// Reads the body of `message`.
    pub fn parse(message: &[u8]) -> Result<Self, ParseError> {
        let (fixed, _) = Body::open::<FixedAck>(message, ACK_STRUCTURE_SIZE)?;
        Ok(Self {
            lease_key: LeaseKey(fixed.lease_key),
            state: LeaseState::from_bits_retain(fixed.lease_state.get()),
        })
    }

    /// Appends the body.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        let fixed = FixedAck {
            reserved: U16::ZERO,
            flags: U32::ZERO,
            lease_key: self.lease_key.0,
            lease_state: self.state.bits().into(),
            lease_duration: U64::ZERO,
        };
        emit_fixed(w, ACK_STRUCTURE_SIZE, &fixed)
    }
}
