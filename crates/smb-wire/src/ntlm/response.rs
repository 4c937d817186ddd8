//! The NTLMv2 response inside of an AUTHENTICATE message (MS-NLMP 2.2.2.7 and 2.2.2.8).

use super::TargetInfo;
use crate::{EmitError, ParseError, Reader, Writer};

/// NTLMv2_RESPONSE: a proof, and what it was computed over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NtlmV2Response<'a> {
    /// NTProofStr: HMAC-MD5 over the server's challenge and `client_challenge`.
    pub proof: [u8; 16],
    /// The bytes of a [`ClientChallenge`], to the end: the proof covers them as they came.
    pub client_challenge: &'a [u8],
}

impl<'a> NtlmV2Response<'a> {
    /// Reads [`super::AuthenticateMessage::nt_response`].
    pub fn parse(nt_response: &'a [u8]) -> Result<Self, ParseError> {
        let mut r = Reader::new(nt_response);
        Ok(Self {
            proof: r.array("NTProofStr")?,
            client_challenge: r.rest(),
        })
    }
}

/// NTLMv2_CLIENT_CHALLENGE, which MS-NLMP 3.3.2 calls `temp`.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ClientChallenge<'a> {
    /// The client's clock, or the server's if it gave one, as a FILETIME.
    pub timestamp: i64,
    /// Random bytes.
    pub client_challenge: [u8; 8],
    /// The server's list with the client's amendments.
    pub target_info: TargetInfo<'a>,
}

impl<'a> ClientChallenge<'a> {
    /// The only version of the response, which the structure says twice.
    const RESPONSE_VERSION: u8 = 1;

    /// Reads [`NtlmV2Response::client_challenge`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let mut r = Reader::new(bytes);
        if r.u8("RespType")? != Self::RESPONSE_VERSION {
            return Err(ParseError::value("RespType"));
        }
        if r.u8("HiRespType")? != Self::RESPONSE_VERSION {
            return Err(ParseError::value("HiRespType"));
        }
        r.take(6, "Reserved")?;
        let timestamp = r.u64("TimeStamp")?.cast_signed();
        let client_challenge = r.array("ChallengeFromClient")?;
        r.u32("Reserved3")?;
        Ok(Self {
            timestamp,
            client_challenge,
            target_info: TargetInfo::parse(r.rest())?,
        })
    }

    /// Appends the structure, with the four zero bytes that end it (MS-NLMP 3.3.2).
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        w.bytes(&[Self::RESPONSE_VERSION, Self::RESPONSE_VERSION])?;
        w.zeros(6)?;
        w.u64(self.timestamp.cast_unsigned())?;
        w.bytes(&self.client_challenge)?;
        w.u32(0)?;
        self.target_info.emit(w)?;
        w.u32(0)
    }
}
