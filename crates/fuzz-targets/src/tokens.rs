//! What authenticates: SPNEGO in DER, and NTLM.

use smb_wire::List;
use smb_wire::ntlm::{
    AuthenticateMessage, ChallengeMessage, ClientChallenge, MessageType, NegotiateMessage,
    NtlmV2Response, TargetInfo,
};
use smb_wire::spnego::{Mech, NegotiationToken};

use crate::round_trip::both_ways;

/// A SPNEGO token, and the NTLM message that it may hold.
pub fn spnego(token: &[u8]) {
    both_ways!(token, 0, NegotiationToken);
    let inner = match NegotiationToken::parse(token) {
        Ok(NegotiationToken::Init(init)) => {
            assert!(!init.mech_types.is_empty());
            // In words, an object identifier is decoded whole.
            let words = format!("{:?}", init.mech_types);
            assert!(!words.is_empty());
            init.mech_token
        }
        Ok(NegotiationToken::Resp(response)) => response.response_token,
        Err(_) => None,
    };
    if let Some(inner) = inner {
        ntlm(inner);
    }
    if let Ok(mechs) = List::<Mech<'_>>::parse(token) {
        assert!(mechs.len() <= token.len());
    }
}

/// An NTLM message by its type; anything else is tried as the structures inside of the messages.
pub fn ntlm(message: &[u8]) {
    match MessageType::of(message) {
        Ok(MessageType::NEGOTIATE) => {
            both_ways!(message, 0, NegotiateMessage);
        }
        Ok(MessageType::CHALLENGE) => {
            both_ways!(message, 0, ChallengeMessage);
        }
        Ok(MessageType::AUTHENTICATE) => {
            both_ways!(message, 0, AuthenticateMessage);
            if let Ok(parsed) = AuthenticateMessage::parse(message) {
                proof(parsed.nt_response);
            }
        }
        Ok(_) => {}
        Err(_) => proof(message),
    }
}

fn proof(response: &[u8]) {
    both_ways!(response, 0, ClientChallenge);
    if let Ok(parsed) = NtlmV2Response::parse(response) {
        both_ways!(parsed.client_challenge, 0, ClientChallenge);
    }
    both_ways!(response, 0, TargetInfo);
}
