//! NEGOTIATE_MESSAGE (MS-NLMP 2.2.1.1).

use super::payload::{Field, PayloadWriter, open, read_version, write_version};
use super::{MessageType, NegotiateFlags, Version};
use crate::{EmitError, ParseError, Writer};

/// The client's first message.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct NegotiateMessage<'a> {
    /// What the client can do.
    pub flags: NegotiateFlags,
    /// The client's domain in the OEM code page, with [`NegotiateFlags::OEM_DOMAIN_SUPPLIED`].
    pub domain: &'a [u8],
    /// The client's name in the OEM code page, with [`NegotiateFlags::OEM_WORKSTATION_SUPPLIED`].
    pub workstation: &'a [u8],
    /// The client's system, with [`NegotiateFlags::VERSION`].
    pub version: Option<Version>,
}

impl<'a> NegotiateMessage<'a> {
    /// The fixed part without the version, which old clients leave out.
    const FIXED_LEN: usize = 32;

    /// Reads the message.
    pub fn parse(message: &'a [u8]) -> Result<Self, ParseError> {
        let mut r = open(message, MessageType::NEGOTIATE)?;
        let flags = NegotiateFlags::from_bits_retain(r.u32("NegotiateFlags")?);
        let domain: &Field = r.fixed("DomainNameFields")?;
        let workstation: &Field = r.fixed("WorkstationFields")?;
        let version_end = Self::FIXED_LEN.saturating_add(Version::LEN);
        let room = message.len() >= version_end
            && [domain, workstation]
                .iter()
                .filter_map(|field| field.start())
                .all(|start| start >= version_end);
        Ok(Self {
            flags,
            domain: domain.bytes(message, Self::FIXED_LEN, "DomainNameFields")?,
            workstation: workstation.bytes(message, Self::FIXED_LEN, "WorkstationFields")?,
            version: read_version(&mut r, flags, room)?,
        })
    }

    /// Appends the message. The flags say whether names and version are there, so they must agree with them.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        if self.version.is_some() != self.flags.contains(NegotiateFlags::VERSION) {
            return Err(EmitError::Contradiction("Version"));
        }
        let mut message = PayloadWriter::new(w, MessageType::NEGOTIATE)?;
        message.w.u32(self.flags.bits())?;
        let domain = message.field()?;
        let workstation = message.field()?;
        write_version(message.w, self.version.as_ref())?;
        message.fill(domain, "DomainNameFields", |w| w.bytes(self.domain))?;
        message.fill(workstation, "WorkstationFields", |w| {
            w.bytes(self.workstation)
        })
    }
}
