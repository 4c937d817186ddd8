//! SPNEGO with one mechanism (RFC 4178, MS-SPNG).

use alloc::vec::Vec;

use smb_wire::spnego::{Mech, NegState, NegTokenInit, NegTokenResp, NegotiationToken};
use smb_wire::{EmitError, List, Writer};

use crate::error::ClientError;

/// The only mechanism offered.
const MECHANISMS: &[Mech<'static>] = &[Mech::NTLMSSP];

/// The DER of the list of mechanisms, over which both sides make a MIC: SEQUENCE { 1.3.6.1.4.1.311.2.2.10 }.
pub(super) const MECH_LIST: &[u8] = &[
    0x30, 0x0C, 0x06, 0x0A, 0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0A,
];

/// What tags and lengths add to the tokens inside, generously.
const ROOM: usize = 128;

/// The first token: the offer with the mechanism's own first token.
pub(super) fn offer(mech_token: &[u8]) -> Result<Vec<u8>, ClientError> {
    let token = NegotiationToken::Init(NegTokenInit {
        mech_types: List::new(MECHANISMS),
        mech_token: Some(mech_token),
        mech_list_mic: None,
    });
    build(mech_token.len().saturating_add(ROOM), |w| token.emit(w))
}

/// Whether what a server says before the offer leaves room for NTLM (MS-SPNG 3.2.5.2). It may say nothing.
pub(crate) fn check_hint(token: &[u8]) -> Result<(), ClientError> {
    if token.is_empty() {
        return Ok(());
    }
    match NegotiationToken::parse(token)? {
        NegotiationToken::Init(init)
            if init.mech_types.iter().any(|mech| mech == Mech::NTLMSSP) =>
        {
            Ok(())
        }
        NegotiationToken::Init(_) => Err(ClientError::NoCommonMechanism),
        NegotiationToken::Resp(_) => Err(ClientError::BadSpnegoState),
    }
}

/// The mechanism's token in the server's answer to the offer.
pub(super) fn challenge(token: &[u8]) -> Result<&[u8], ClientError> {
    let response = response(token)?;
    if response
        .supported_mech
        .is_some_and(|mech| mech != Mech::NTLMSSP)
    {
        return Err(ClientError::NoCommonMechanism);
    }
    match response.neg_state {
        Some(NegState::REJECT) => Err(ClientError::NoCommonMechanism),
        Some(NegState::ACCEPT_INCOMPLETE | NegState::REQUEST_MIC) | None => {
            response.response_token.ok_or(ClientError::BadSpnegoState)
        }
        Some(_) => Err(ClientError::BadSpnegoState),
    }
}

/// The second token: the mechanism's last token, and the MIC over the offer.
pub(super) fn answer(mech_token: &[u8], mic: Option<&[u8; 16]>) -> Result<Vec<u8>, ClientError> {
    let token = NegotiationToken::Resp(NegTokenResp {
        neg_state: Some(NegState::ACCEPT_INCOMPLETE),
        supported_mech: None,
        response_token: Some(mech_token),
        mech_list_mic: mic.map(<[u8; 16]>::as_slice),
    });
    build(mech_token.len().saturating_add(ROOM), |w| token.emit(w))
}

/// The MIC in the server's last token. A server may leave it out, and the whole token too: with one mechanism there was
/// nothing to talk down.
pub(super) fn accepted(token: &[u8]) -> Result<Option<&[u8]>, ClientError> {
    if token.is_empty() {
        return Ok(None);
    }
    let response = response(token)?;
    match response.neg_state {
        Some(NegState::ACCEPT_COMPLETED) | None => Ok(response.mech_list_mic),
        Some(_) => Err(ClientError::BadSpnegoState),
    }
}

fn response(token: &[u8]) -> Result<NegTokenResp<'_>, ClientError> {
    match NegotiationToken::parse(token)? {
        NegotiationToken::Resp(response) => Ok(response),
        NegotiationToken::Init(_) => Err(ClientError::BadSpnegoState),
    }
}

/// Bytes of at most `room` that `emit` writes.
pub(super) fn build(
    room: usize,
    emit: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>,
) -> Result<Vec<u8>, ClientError> {
    let mut bytes = Vec::new();
    bytes
        .try_reserve_exact(room)
        .map_err(|_| ClientError::OutOfMemory)?;
    bytes.resize(room, 0);
    let mut w = Writer::new(&mut bytes);
    emit(&mut w)?;
    let len = w.position();
    bytes.truncate(len);
    Ok(bytes)
}
