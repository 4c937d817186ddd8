//! What all matching rules together do to one reply.

use std::time::Duration;

use smb_wire::NtStatus;

use super::rule::{Fault, HeaderChange, RawReply, Rewrite};
use crate::protection::Protection;

/// When the connection ends, as seen from a reply.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ending {
    /// Not because of this reply.
    #[default]
    Never,
    /// Once the reply is sent.
    After,
    /// In place of the reply.
    Before,
}

/// The sum of the faults of one reply.
#[derive(Clone, Default)]
pub(crate) struct Plan {
    pub(crate) delay: Duration,
    pub(crate) hold: u32,
    pub(crate) swallow: bool,
    pub(crate) copies: u32,
    pub(crate) status: Option<NtStatus>,
    pub(crate) interim: Option<Duration>,
    pub(crate) credits: Option<u16>,
    pub(crate) ending: Ending,
    pub(crate) rewrites: Vec<Rewrite>,
    pub(crate) tampers: Vec<Rewrite>,
    pub(crate) raw: Option<RawReply>,
    pub(crate) protection: Option<Protection>,
    pub(crate) header_changes: Vec<HeaderChange>,
    pub(crate) on_the_way: Vec<Rewrite>,
    mishearings: Vec<Rewrite>,
}

impl Plan {
    pub(super) fn add(&mut self, fault: &Fault) {
        match fault {
            Fault::Delay(by) => self.delay += *by,
            Fault::Hold(replies) => self.hold = self.hold.max(*replies),
            Fault::Swallow => self.swallow = true,
            Fault::Duplicate => self.copies += 1,
            Fault::Status(status) => self.status = Some(*status),
            Fault::Interim(by) => self.interim = Some(*by),
            Fault::Credits(credits) => self.credits = Some(*credits),
            Fault::Disconnect => self.ending = Ending::Before,
            Fault::DisconnectAfter => self.ending = self.ending.max(Ending::After),
            Fault::Rewrite(change) => self.rewrites.push(change.clone()),
            Fault::Tamper(change) => self.tampers.push(change.clone()),
            Fault::Raw(build) => self.raw = Some(build.clone()),
            Fault::Protect(protection) => self.protection = Some(*protection),
            Fault::Transform(change) => self.header_changes.push(change.clone()),
            Fault::OnTheWay(change) => self.on_the_way.push(change.clone()),
            Fault::Mishear(change) => self.mishearings.push(change.clone()),
        }
    }

    /// The request as the server hears it, if that is not what the client sent.
    pub(crate) fn mishear(&self, request: &[u8]) -> Option<Vec<u8>> {
        if self.mishearings.is_empty() {
            return None;
        }
        let mut heard = request.to_vec();
        for change in &self.mishearings {
            change(&mut heard);
        }
        Some(heard)
    }

    /// Whether the reply's bytes are looked at as a whole, so that its payload must be part of them.
    pub(crate) fn needs_flat_bytes(&self) -> bool {
        !self.rewrites.is_empty() || !self.tampers.is_empty() || self.raw.is_some()
    }
}
