//! SPNEGO tokens (RFC 4178, MS-SPNG 2.2): which mechanism authenticates, and that mechanism's tokens.
//!
//! The nesting is fixed and walked level by level, so a peer cannot make it deeper. The TLVs themselves are the `der`
//! crate's work.

use der::asn1::AnyRef;
use der::{Decode, ErrorKind, Reader as _, SliceReader, Tag, TagNumber};

use crate::{Element, EmitError, List, ParseError, Reader, Writer};

#[cfg(test)]
mod tests;

/// A mechanism, as the contents of its object identifier.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Mech<'a>(pub &'a [u8]);

impl Mech<'_> {
    /// SPNEGO itself: 1.3.6.1.5.5.2.
    pub const SPNEGO: Self = Self(&[0x2B, 0x06, 0x01, 0x05, 0x05, 0x02]);
    /// NTLM: 1.3.6.1.4.1.311.2.2.10.
    pub const NTLMSSP: Self = Self(&[0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0A]);
    /// Kerberos: 1.2.840.113554.1.2.2.
    pub const KERBEROS: Self = Self(&[0x2A, 0x86, 0x48, 0x86, 0xF7, 0x12, 0x01, 0x02, 0x02]);
    /// Kerberos by the number that Windows 2000 got wrong: 1.2.840.48018.1.2.2.
    pub const MS_KERBEROS: Self = Self(&[0x2A, 0x86, 0x48, 0x82, 0xF7, 0x12, 0x01, 0x02, 0x02]);
    /// NEGOEX: 1.3.6.1.4.1.311.2.2.30.
    pub const NEGOEX: Self = Self(&[0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x1E]);
}

impl core::fmt::Debug for Mech<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match der::oid::ObjectIdentifier::from_bytes(self.0) {
            Ok(oid) => write!(f, "Mech({oid})"),
            Err(_) => write!(f, "Mech({:02x?})", self.0),
        }
    }
}

impl<'a> Element<'a> for Mech<'a> {
    fn read(r: &mut Reader<'a>) -> Result<Self, ParseError> {
        expect(r, Tag::ObjectIdentifier, "mechTypes").map(Self)
    }

    fn write(&self, w: &mut Writer<'_>, _last: bool) -> Result<(), EmitError> {
        tlv(w, Tag::ObjectIdentifier, |w| w.bytes(self.0))
    }
}

open_enum! {
    /// Where the negotiation stands (RFC 4178 4.2.2).
    pub struct NegState(u8) {
        ACCEPT_COMPLETED = 0,
        ACCEPT_INCOMPLETE = 1,
        REJECT = 2,
        REQUEST_MIC = 3,
    }
}

/// The first token of a side: NegTokenInit (RFC 4178 4.2.1), or the server's NegTokenInit2 (MS-SPNG 2.2.1), whose hints
/// say nothing and are passed over.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct NegTokenInit<'a> {
    /// The mechanisms, the best first; at least one.
    pub mech_types: List<'a, Mech<'a>>,
    /// The first token of the first mechanism.
    pub mech_token: Option<&'a [u8]>,
    /// A MIC over the list, by [`emit_mech_list`].
    pub mech_list_mic: Option<&'a [u8]>,
}

/// Every later token: NegTokenResp (RFC 4178 4.2.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct NegTokenResp<'a> {
    /// Where the negotiation stands.
    pub neg_state: Option<NegState>,
    /// The mechanism that the server took.
    pub supported_mech: Option<Mech<'a>>,
    /// The mechanism's next token.
    pub response_token: Option<&'a [u8]>,
    /// A MIC over the list of mechanisms, by [`emit_mech_list`].
    pub mech_list_mic: Option<&'a [u8]>,
}

/// Either token.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum NegotiationToken<'a> {
    /// The first.
    Init(NegTokenInit<'a>),
    /// A later one.
    Resp(NegTokenResp<'a>),
}

impl<'a> NegotiationToken<'a> {
    /// Reads a token. The first is wrapped as a GSS-API token (RFC 2743 3.1), the others are bare.
    pub fn parse(token: &'a [u8]) -> Result<Self, ParseError> {
        let mut r = Reader::new(token);
        let (tag, value) = next(&mut r, "NegotiationToken")?;
        match tag {
            Tag::Application {
                constructed: true,
                number: TagNumber::N0,
            } => {
                let mut r = Reader::new(value);
                if Mech(expect(&mut r, Tag::ObjectIdentifier, "thisMech")?) != Mech::SPNEGO {
                    return Err(ParseError::value("thisMech"));
                }
                let init = expect(&mut r, context(TagNumber::N0), "negTokenInit")?;
                NegTokenInit::parse_value(init).map(Self::Init)
            }
            _ if tag == context(TagNumber::N1) => NegTokenResp::parse_value(value).map(Self::Resp),
            _ => Err(ParseError::value("NegotiationToken")),
        }
    }

    /// Appends the token.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        match self {
            Self::Init(init) => init.emit(w),
            Self::Resp(resp) => resp.emit(w),
        }
    }
}

impl<'a> NegTokenInit<'a> {
    fn parse_value(value: &'a [u8]) -> Result<Self, ParseError> {
        let mut mech_types = None;
        let mut token = Self {
            mech_types: List::default(),
            mech_token: None,
            mech_list_mic: None,
        };
        let mut fields = Reader::new(expect(
            &mut Reader::new(value),
            Tag::Sequence,
            "negTokenInit",
        )?);
        while !fields.is_empty() {
            let (tag, field) = next(&mut fields, "negTokenInit")?;
            let mut r = Reader::new(field);
            match tag {
                _ if tag == context(TagNumber::N0) => {
                    mech_types = Some(List::parse(expect(&mut r, Tag::Sequence, "mechTypes")?)?);
                }
                _ if tag == context(TagNumber::N2) => {
                    token.mech_token = Some(expect(&mut r, Tag::OctetString, "mechToken")?);
                }
                // [3] is the MIC in RFC 4178 and the hints in MS-SPNG, where the MIC moved to [4].
                _ if tag == context(TagNumber::N3) || tag == context(TagNumber::N4) => {
                    let (inner, mic) = next(&mut r, "mechListMIC")?;
                    if inner == Tag::OctetString {
                        token.mech_list_mic = Some(mic);
                    }
                }
                _ => {}
            }
        }
        token.mech_types = mech_types.ok_or(ParseError::truncated("mechTypes"))?;
        if token.mech_types.is_empty() {
            Err(ParseError::value("mechTypes"))
        } else {
            Ok(token)
        }
    }

    /// Appends the token, as RFC 4178 has it and wrapped as a GSS-API token.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        if self.mech_types.is_empty() {
            return Err(EmitError::Contradiction("mechTypes"));
        }
        tlv(
            w,
            Tag::Application {
                constructed: true,
                number: TagNumber::N0,
            },
            |w| {
                Mech::SPNEGO.write(w, true)?;
                tlv(w, context(TagNumber::N0), |w| {
                    tlv(w, Tag::Sequence, |w| {
                        tlv(w, context(TagNumber::N0), |w| {
                            emit_mech_list(&self.mech_types, w)
                        })?;
                        emit_octets(w, TagNumber::N2, self.mech_token)?;
                        emit_octets(w, TagNumber::N3, self.mech_list_mic)
                    })
                })
            },
        )
    }
}

impl<'a> NegTokenResp<'a> {
    fn parse_value(value: &'a [u8]) -> Result<Self, ParseError> {
        let mut token = Self::default();
        let mut fields = Reader::new(expect(
            &mut Reader::new(value),
            Tag::Sequence,
            "negTokenResp",
        )?);
        while !fields.is_empty() {
            let (tag, field) = next(&mut fields, "negTokenResp")?;
            let mut r = Reader::new(field);
            match tag {
                _ if tag == context(TagNumber::N0) => {
                    let [state] = *expect(&mut r, Tag::Enumerated, "negState")? else {
                        return Err(ParseError::value("negState"));
                    };
                    token.neg_state = Some(NegState(state));
                }
                _ if tag == context(TagNumber::N1) => {
                    token.supported_mech = Some(Mech(expect(
                        &mut r,
                        Tag::ObjectIdentifier,
                        "supportedMech",
                    )?));
                }
                _ if tag == context(TagNumber::N2) => {
                    token.response_token = Some(expect(&mut r, Tag::OctetString, "responseToken")?);
                }
                _ if tag == context(TagNumber::N3) => {
                    token.mech_list_mic = Some(expect(&mut r, Tag::OctetString, "mechListMIC")?);
                }
                _ => {}
            }
        }
        Ok(token)
    }

    /// Appends the token.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        tlv(w, context(TagNumber::N1), |w| {
            tlv(w, Tag::Sequence, |w| {
                if let Some(state) = self.neg_state {
                    tlv(w, context(TagNumber::N0), |w| {
                        tlv(w, Tag::Enumerated, |w| w.u8(state.0))
                    })?;
                }
                if let Some(mech) = self.supported_mech {
                    tlv(w, context(TagNumber::N1), |w| mech.write(w, true))?;
                }
                emit_octets(w, TagNumber::N2, self.response_token)?;
                emit_octets(w, TagNumber::N3, self.mech_list_mic)
            })
        })
    }
}

/// Appends the list of mechanisms in the form over which the mechListMIC is made (RFC 4178 5).
pub fn emit_mech_list<'a>(mechs: &List<'a, Mech<'a>>, w: &mut Writer<'_>) -> Result<(), EmitError> {
    tlv(w, Tag::Sequence, |w| mechs.emit(w))
}

const fn context(number: TagNumber) -> Tag {
    Tag::ContextSpecific {
        constructed: true,
        number,
    }
}

/// The next element: its tag and its contents.
fn next<'a>(r: &mut Reader<'a>, field: &'static str) -> Result<(Tag, &'a [u8]), ParseError> {
    let fault = |error: der::Error| match error.kind() {
        ErrorKind::Incomplete { .. } => ParseError::truncated(field),
        _ => ParseError::value(field),
    };
    let mut slice = SliceReader::new(r.rest()).map_err(fault)?;
    let any = AnyRef::decode(&mut slice).map_err(fault)?;
    let consumed =
        usize::try_from(u32::from(slice.position())).map_err(|_| ParseError::value(field))?;
    r.take(consumed, field)?;
    Ok((der::Tagged::tag(&any), any.value()))
}

/// The contents of the next element, which must have this tag.
fn expect<'a>(r: &mut Reader<'a>, tag: Tag, field: &'static str) -> Result<&'a [u8], ParseError> {
    match next(r, field)? {
        (found, value) if found == tag => Ok(value),
        _ => Err(ParseError::value(field)),
    }
}

/// Appends an element with the contents that `contents` writes.
fn tlv(
    w: &mut Writer<'_>,
    tag: Tag,
    contents: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>,
) -> Result<(), EmitError> {
    let start = w.position();
    contents(w)?;
    let length = u32::try_from(w.position().saturating_sub(start))
        .map_err(|_| EmitError::TooLong("DER length"))?;
    // The header goes in front of the contents from its end: a long length comes after the number of its bytes (X.690 8.1.3).
    match u8::try_from(length) {
        Ok(short) if short < LONG_LENGTH => w.insert(start, &[short])?,
        _ => {
            let [first, second, third, fourth] = length.to_be_bytes();
            let (count, bytes): (u8, &[u8]) = match (first, second, third) {
                (0, 0, 0) => (1, &[fourth]),
                (0, 0, _) => (2, &[third, fourth]),
                (0, ..) => (3, &[second, third, fourth]),
                _ => (4, &[first, second, third, fourth]),
            };
            w.insert(start, bytes)?;
            w.insert(start, &[LONG_LENGTH | count])?;
        }
    }
    w.insert(start, &[tag.octet()])
}

/// The bit of a length's first byte that says that it only counts the bytes of the length.
const LONG_LENGTH: u8 = 0x80;

fn emit_octets(
    w: &mut Writer<'_>,
    number: TagNumber,
    octets: Option<&[u8]>,
) -> Result<(), EmitError> {
    let Some(octets) = octets else {
        return Ok(());
    };
    tlv(w, context(number), |w| {
        tlv(w, Tag::OctetString, |w| w.bytes(octets))
    })
}
