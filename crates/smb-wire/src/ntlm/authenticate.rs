//! AUTHENTICATE_MESSAGE (MS-NLMP 2.2.1.3).

use core::ops::Range;

use super::payload::{Field, PayloadWriter, open, read_version, write_version};
use super::{MessageType, NegotiateFlags, Version};
use crate::{EmitError, ParseError, Utf16, Writer};

/// The client's second message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AuthenticateMessage<'a> {
    /// The LMv2 response, or zeros.
    pub lm_response: &'a [u8],
    /// The NTLMv2 response: see [`super::NtlmV2Response`]. Empty for an anonymous user.
    pub nt_response: &'a [u8],
    /// The user's domain.
    pub domain: Utf16<'a>,
    /// The user's name.
    pub user: Utf16<'a>,
    /// The client's name.
    pub workstation: Utf16<'a>,
    /// The session key, encrypted, with [`NegotiateFlags::KEY_EXCHANGE`].
    pub encrypted_session_key: &'a [u8],
    /// What both sides can do.
    pub flags: NegotiateFlags,
    /// The client's system, with [`NegotiateFlags::VERSION`].
    pub version: Option<Version>,
    /// The MIC over all three messages, zero while it is computed. When read it is there if there is room for it; whether
    /// it means something, [`super::AvFlags::MIC_PRESENT`] in the NTLMv2 response says.
    pub mic: Option<[u8; 16]>,
}

impl<'a> AuthenticateMessage<'a> {
    /// Where the MIC is in a message that has one.
    pub const MIC: Range<usize> = 72..88;

    /// The fixed part without version and MIC, which old clients leave out.
    const FIXED_LEN: usize = 64;

    /// Reads the message. A client that speaks no Unicode is refused.
    pub fn parse(message: &'a [u8]) -> Result<Self, ParseError> {
        let mut r = open(message, MessageType::AUTHENTICATE)?;
        let lm: &Field = r.fixed("LmChallengeResponseFields")?;
        let nt: &Field = r.fixed("NtChallengeResponseFields")?;
        let domain: &Field = r.fixed("DomainNameFields")?;
        let user: &Field = r.fixed("UserNameFields")?;
        let workstation: &Field = r.fixed("WorkstationFields")?;
        let key: &Field = r.fixed("EncryptedRandomSessionKeyFields")?;
        let flags = NegotiateFlags::from_bits_retain(r.u32("NegotiateFlags")?);
        if !flags.contains(NegotiateFlags::UNICODE) {
            return Err(ParseError::value("NegotiateFlags"));
        }
        let starts = [lm, nt, domain, user, workstation, key]
            .into_iter()
            .filter_map(Field::start);
        let payload_start = starts.min().unwrap_or(message.len()).min(message.len());
        let version = read_version(&mut r, flags, payload_start >= Self::MIC.start)?;
        let mic = if payload_start >= Self::MIC.end {
            message.get(Self::MIC)
        } else {
            None
        };
        Ok(Self {
            lm_response: lm.bytes(message, Self::FIXED_LEN, "LmChallengeResponseFields")?,
            nt_response: nt.bytes(message, Self::FIXED_LEN, "NtChallengeResponseFields")?,
            domain: domain.text(message, Self::FIXED_LEN, "DomainNameFields")?,
            user: user.text(message, Self::FIXED_LEN, "UserNameFields")?,
            workstation: workstation.text(message, Self::FIXED_LEN, "WorkstationFields")?,
            encrypted_session_key: key.bytes(
                message,
                Self::FIXED_LEN,
                "EncryptedRandomSessionKeyFields",
            )?,
            flags,
            version,
            mic: mic.and_then(|mic| mic.try_into().ok()),
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
        let mut message = PayloadWriter::new(w, MessageType::AUTHENTICATE)?;
        let lm = message.field()?;
        let nt = message.field()?;
        let domain = message.field()?;
        let user = message.field()?;
        let workstation = message.field()?;
        let key = message.field()?;
        message.w.u32(self.flags.bits())?;
        write_version(message.w, self.version.as_ref())?;
        if let Some(mic) = &self.mic {
            message.w.bytes(mic)?;
        }
        message.fill(domain, "DomainNameFields", |w| self.domain.emit(w))?;
        message.fill(user, "UserNameFields", |w| self.user.emit(w))?;
        message.fill(workstation, "WorkstationFields", |w| {
            self.workstation.emit(w)
        })?;
        message.fill(lm, "LmChallengeResponseFields", |w| {
            w.bytes(self.lm_response)
        })?;
        message.fill(nt, "NtChallengeResponseFields", |w| {
            w.bytes(self.nt_response)
        })?;
        message.fill(key, "EncryptedRandomSessionKeyFields", |w| {
            w.bytes(self.encrypted_session_key)
        })
    }
}
