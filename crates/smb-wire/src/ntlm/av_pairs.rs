//! AV_PAIRs: what a server says of itself, and a client adds (MS-NLMP 2.2.2.1).

use crate::writer::len16;
use crate::{Element, EmitError, List, ParseError, Reader, Utf16, Writer};

open_enum! {
    /// What an AV_PAIR is about.
    pub struct AvId(u16) {
        /// Ends the list.
        EOL = 0x0000,
        NB_COMPUTER_NAME = 0x0001,
        NB_DOMAIN_NAME = 0x0002,
        DNS_COMPUTER_NAME = 0x0003,
        DNS_DOMAIN_NAME = 0x0004,
        DNS_TREE_NAME = 0x0005,
        FLAGS = 0x0006,
        TIMESTAMP = 0x0007,
        SINGLE_HOST = 0x0008,
        TARGET_NAME = 0x0009,
        CHANNEL_BINDINGS = 0x000A,
    }
}

wire_flags! {
    /// The value of [`AvId::FLAGS`].
    pub struct AvFlags: u32 {
        /// The account's authentication is constrained.
        const CONSTRAINED = 0x0000_0001;
        /// The AUTHENTICATE message has a MIC.
        const MIC_PRESENT = 0x0000_0002;
        /// The target's name was not checked against a trusted source.
        const UNTRUSTED_SPN = 0x0000_0004;
    }
}

/// One AV_PAIR.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AvPair<'a> {
    /// The server's NetBIOS name.
    NbComputerName(Utf16<'a>),
    /// The server's NetBIOS domain.
    NbDomainName(Utf16<'a>),
    /// The server's DNS name.
    DnsComputerName(Utf16<'a>),
    /// The server's DNS domain.
    DnsDomainName(Utf16<'a>),
    /// The forest's DNS name.
    DnsTreeName(Utf16<'a>),
    /// Flags.
    Flags(AvFlags),
    /// The server's clock, as a FILETIME.
    Timestamp(i64),
    /// Where the client runs (MS-NLMP 2.2.2.2), as it is.
    SingleHost(&'a [u8]),
    /// The service that the client wants, as in `cifs/server`.
    TargetName(Utf16<'a>),
    /// MD5 of the channel bindings; zeros for none.
    ChannelBindings([u8; 16]),
    /// Any other pair, with its value as it is.
    Other {
        /// What it is about.
        id: AvId,
        /// Its value.
        value: &'a [u8],
    },
}

impl<'a> AvPair<'a> {
    /// What the pair is about.
    pub const fn id(&self) -> AvId {
        match self {
            Self::NbComputerName(_) => AvId::NB_COMPUTER_NAME,
            Self::NbDomainName(_) => AvId::NB_DOMAIN_NAME,
            Self::DnsComputerName(_) => AvId::DNS_COMPUTER_NAME,
            Self::DnsDomainName(_) => AvId::DNS_DOMAIN_NAME,
            Self::DnsTreeName(_) => AvId::DNS_TREE_NAME,
            Self::Flags(_) => AvId::FLAGS,
            Self::Timestamp(_) => AvId::TIMESTAMP,
            Self::SingleHost(_) => AvId::SINGLE_HOST,
            Self::TargetName(_) => AvId::TARGET_NAME,
            Self::ChannelBindings(_) => AvId::CHANNEL_BINDINGS,
            Self::Other { id, .. } => *id,
        }
    }

    fn parse_value(id: AvId, value: &'a [u8]) -> Result<Self, ParseError> {
        let text = |field| Utf16::from_bytes(value, field);
        let mut r = Reader::new(value);
        Ok(match id {
            AvId::NB_COMPUTER_NAME => Self::NbComputerName(text("MsvAvNbComputerName")?),
            AvId::NB_DOMAIN_NAME => Self::NbDomainName(text("MsvAvNbDomainName")?),
            AvId::DNS_COMPUTER_NAME => Self::DnsComputerName(text("MsvAvDnsComputerName")?),
            AvId::DNS_DOMAIN_NAME => Self::DnsDomainName(text("MsvAvDnsDomainName")?),
            AvId::DNS_TREE_NAME => Self::DnsTreeName(text("MsvAvDnsTreeName")?),
            AvId::FLAGS => Self::Flags(AvFlags::from_bits_retain(r.u32("MsvAvFlags")?)),
            AvId::TIMESTAMP => Self::Timestamp(r.u64("MsvAvTimestamp")?.cast_signed()),
            AvId::SINGLE_HOST => Self::SingleHost(value),
            AvId::TARGET_NAME => Self::TargetName(text("MsvAvTargetName")?),
            AvId::CHANNEL_BINDINGS => Self::ChannelBindings(r.array("MsvAvChannelBindings")?),
            _ => Self::Other { id, value },
        })
    }

    fn emit_value(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        match self {
            Self::NbComputerName(text)
            | Self::NbDomainName(text)
            | Self::DnsComputerName(text)
            | Self::DnsDomainName(text)
            | Self::DnsTreeName(text)
            | Self::TargetName(text) => text.emit(w),
            Self::Flags(flags) => w.u32(flags.bits()),
            Self::Timestamp(time) => w.u64(time.cast_unsigned()),
            Self::SingleHost(value) | Self::Other { value, .. } => w.bytes(value),
            Self::ChannelBindings(hash) => w.bytes(hash),
        }
    }
}

impl<'a> Element<'a> for AvPair<'a> {
    fn read(r: &mut Reader<'a>) -> Result<Self, ParseError> {
        let id = AvId(r.u16("AvId")?);
        let len = r.u16("AvLen")?;
        Self::parse_value(id, r.take(len.into(), "AvLen")?)
    }

    fn write(&self, w: &mut Writer<'_>, _last: bool) -> Result<(), EmitError> {
        if self.id() == AvId::EOL {
            return Err(EmitError::Contradiction("MsvAvEOL"));
        }
        w.u16(self.id().0)?;
        let len_position = w.position();
        w.u16(0)?;
        let start = w.position();
        self.emit_value(w)?;
        let len = len16(w.position().saturating_sub(start), "AvLen")?;
        w.patch(len_position, &len.to_le_bytes())
    }
}

/// A list of AV_PAIRs, and what its reader puts in place of some of them: a client sends the server's list back with
/// additions of its own (MS-NLMP 3.1.5.1.2).
#[derive(Clone, Copy, Debug, Default)]
pub struct TargetInfo<'a> {
    pairs: List<'a, AvPair<'a>>,
    amendments: &'a [AvPair<'a>],
}

impl<'a> TargetInfo<'a> {
    /// The list of these pairs.
    pub const fn new(pairs: &'a [AvPair<'a>]) -> Self {
        Self {
            pairs: List::new(pairs),
            amendments: &[],
        }
    }

    /// Reads the list at the beginning of `bytes`, up to the pair that ends it. A list without an end is refused.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let mut r = Reader::new(bytes);
        loop {
            let before = r;
            let id = AvId(r.u16("AvId")?);
            let len = r.u16("AvLen")?;
            if id == AvId::EOL {
                let pairs_len = bytes.len().saturating_sub(before.len());
                let pairs = List::parse(bytes.get(..pairs_len).unwrap_or_default())?;
                return Ok(Self {
                    pairs,
                    amendments: &[],
                });
            }
            r.take(len.into(), "AvLen")?;
        }
    }

    /// The same list with `amendments` at its end instead of the pairs with the same ids. Replaces earlier amendments.
    pub const fn amended(self, amendments: &'a [AvPair<'a>]) -> Self {
        Self {
            pairs: self.pairs,
            amendments,
        }
    }

    /// The pairs.
    pub fn iter(&self) -> impl Iterator<Item = AvPair<'a>> + use<'a> {
        let amendments = self.amendments;
        let replaced = move |pair: &AvPair<'a>| {
            amendments
                .iter()
                .any(|amendment| amendment.id() == pair.id())
        };
        self.pairs
            .iter()
            .filter(move |pair| !replaced(pair))
            .chain(amendments.iter().copied())
    }

    /// The first pair with this id.
    pub fn get(&self, id: AvId) -> Option<AvPair<'a>> {
        self.iter().find(|pair| pair.id() == id)
    }

    /// The server's clock, as a FILETIME.
    pub fn timestamp(&self) -> Option<i64> {
        match self.get(AvId::TIMESTAMP)? {
            AvPair::Timestamp(time) => Some(time),
            _ => None,
        }
    }

    /// The flags; none when there is no such pair.
    pub fn flags(&self) -> AvFlags {
        match self.get(AvId::FLAGS) {
            Some(AvPair::Flags(flags)) => flags,
            _ => AvFlags::empty(),
        }
    }

    /// Appends the pairs and the one that ends them.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        self.iter().try_for_each(|pair| pair.write(w, false))?;
        w.u32(0)
    }
}

impl PartialEq for TargetInfo<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}
