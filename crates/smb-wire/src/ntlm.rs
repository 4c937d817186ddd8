//! NTLM messages (MS-NLMP 2.2): bytes only. What they prove is computed by `smb-client` with `smb-crypto`.
//!
//! Offsets count from the message's own beginning, wherever the writer stands.

mod authenticate;
mod av_pairs;
mod challenge;
mod flags;
mod negotiate;
mod payload;
mod response;
#[cfg(test)]
mod tests;

pub use authenticate::AuthenticateMessage;
pub use av_pairs::{AvFlags, AvId, AvPair, TargetInfo};
pub use challenge::ChallengeMessage;
pub use flags::{NegotiateFlags, Version};
pub use negotiate::NegotiateMessage;
pub use response::{ClientChallenge, NtlmV2Response};

use crate::{ParseError, Reader};

/// What every message begins with.
pub const SIGNATURE: [u8; 8] = *b"NTLMSSP\0";

open_enum! {
    /// Which message it is (MS-NLMP 2.2.1).
    pub struct MessageType(u32) {
        NEGOTIATE = 1,
        CHALLENGE = 2,
        AUTHENTICATE = 3,
    }
}

impl MessageType {
    /// The type of a message that begins with [`SIGNATURE`].
    pub fn of(message: &[u8]) -> Result<Self, ParseError> {
        let mut r = Reader::new(message);
        if r.array("Signature")? != SIGNATURE {
            return Err(ParseError::value("Signature"));
        }
        r.u32("MessageType").map(Self)
    }
}
