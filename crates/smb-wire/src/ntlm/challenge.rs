//! CHALLENGE_MESSAGE (MS-NLMP 2.2.1.2).

use super::payload::{Field, PayloadWriter, open, read_version, write_version};
use super::{MessageType, NegotiateFlags, TargetInfo, Version};
use crate::{EmitError, ParseError, Utf16, Writer};

/// The server's message.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ChallengeMessage<'a> {
    /// The server's domain or name.
    pub target_name: Utf16<'a>,
    /// What the server took of what the client can do.
    pub flags: NegotiateFlags,
    /// The challenge.
    pub server_challenge: [u8; 8],
    /// What the server says of itself, with [`NegotiateFlags::TARGET_INFO`].
    pub target_info: Option<TargetInfo<'a>>,
    /// The server's system, with [`NegotiateFlags::VERSION`].
    pub version: Option<Version>,
}

impl<'a> ChallengeMessage<'a> {
    /// The fixed part without the version, which old servers leave out.
    const FIXED_LEN: usize = 48;

    /// Reads the message. A server that speaks no Unicode is refused.
    pub fn parse(message: &'a [u8]) -> Result<Self, ParseError> {
        let mut r = open(message, MessageType::CHALLENGE)?;
        let target_name: &Field = r.fixed("TargetNameFields")?;
        let flags = NegotiateFlags::from_bits_retain(r.u32("NegotiateFlags")?);
        if !flags.contains(NegotiateFlags::UNICODE) {
            return Err(ParseError::value("NegotiateFlags"));
        }
        let server_challenge = r.array("ServerChallenge")?;
        r.u64("Reserved")?;
        let target_info: &Field = r.fixed("TargetInfoFields")?;
        let version_end = Self::FIXED_LEN.saturating_add(Version::LEN);
        let room = message.len() >= version_end
            && [target_name, target_info]
                .iter()
                .filter_map(|field| field.start())
                .all(|start| start >= version_end);
        let target_info = match target_info.bytes(message, Self::FIXED_LEN, "TargetInfoFields")? {
            [] => None,
            pairs => Some(TargetInfo::parse(pairs)?),
        };
        Ok(Self {
            target_name: target_name.text(message, Self::FIXED_LEN, "TargetNameFields")?,
            flags,
            server_challenge,
            target_info,
            version: read_version(&mut r, flags, room)?,
        })
    }

    /// Appends the message.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        if self.version.is_some() != self.flags.contains(NegotiateFlags::VERSION) {
            return Err(EmitError::Contradiction("Version"));
        }
        if !self.flags.contains(NegotiateFlags::UNICODE) {
            return Err(EmitError::Contradiction("NegotiateFlags"));
        }
        let mut message = PayloadWriter::new(w, MessageType::CHALLENGE)?;
        let target_name = message.field()?;
        message.w.u32(self.flags.bits())?;
        message.w.bytes(&self.server_challenge)?;
        message.w.u64(0)?;
        let target_info = message.field()?;
        write_version(message.w, self.version.as_ref())?;
        message.fill(target_name, "TargetNameFields", |w| {
            self.target_name.emit(w)
        })?;
        match &self.target_info {
            Some(info) => message.fill(target_info, "TargetInfoFields", |w| info.emit(w)),
            None => Ok(()),
        }
    }
}
