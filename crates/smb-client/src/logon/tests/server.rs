//! The server's side of a logon.

use std::vec;
use std::vec::Vec;

use smb_crypto::{
    ExportedSessionKey, Key128, KeyPurpose, MessageSigner, NtHash, PreauthHash, ResponseKey, Side,
    SigningAlgorithm, SigningKey, Smb3Keys,
};
use smb_wire::ntlm::{
    AuthenticateMessage, AvPair, ChallengeMessage, MessageType, NegotiateFlags, NtlmV2Response,
    TargetInfo,
};
use smb_wire::smb2::{
    Dialect, ErrorResponse, Header, HeaderFlags, SessionFlags, SessionSetupRequest,
    SessionSetupResponse,
};
use smb_wire::spnego::{Mech, NegState, NegTokenResp, NegotiationToken};
use smb_wire::{NtStatus, Utf16, Writer};

use super::super::spnego::MECH_LIST;
use crate::Ticket;
use crate::testing::*;

const CHALLENGE: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

pub(super) fn utf16(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

/// What the last token is.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum LastToken {
    Whole,
    WithoutMic,
    BadMic,
    Rejected,
    Empty,
}

/// A server that checks everything a client says, and may lie itself.
pub(super) struct Server {
    pub(super) dialect: Dialect,
    pub(super) password: &'static str,
    pub(super) flags: NegotiateFlags,
    pub(super) timestamp: Option<i64>,
    pub(super) name: &'static str,
    pub(super) session_flags: SessionFlags,
    pub(super) last_token: LastToken,
    /// Changes the CHALLENGE's bytes.
    pub(super) change_challenge: fn(&mut Vec<u8>),
    /// Replaces the first SPNEGO answer around the challenge.
    pub(super) first_answer: Option<NegTokenResp<'static>>,
    /// Whether the last response is signed.
    pub(super) sign: bool,
    /// How many more rounds it asks for than it needs.
    pub(super) extra_rounds: u32,
    pub(super) session_ids: [u64; 2],
    pub(super) preauth: PreauthHash,

    pub(super) keys: Option<SigningKey>,
    pub(super) nt_response: Vec<u8>,
    pub(super) lm_response: Vec<u8>,
    pub(super) mic_was_checked: bool,
    pub(super) was_anonymous: bool,
    negotiate: Vec<u8>,
    challenge: Vec<u8>,
}

impl Server {
    pub(super) fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            password: "Passw0rd",
            flags: NegotiateFlags::UNICODE
                | NegotiateFlags::NTLM
                | NegotiateFlags::EXTENDED_SESSION_SECURITY
                | NegotiateFlags::TARGET_INFO
                | NegotiateFlags::KEY_128
                | NegotiateFlags::KEY_EXCHANGE
                | NegotiateFlags::SIGN,
            timestamp: Some(0x01DC_0000_0000_0000),
            name: "FS1",
            session_flags: SessionFlags::empty(),
            last_token: LastToken::Whole,
            change_challenge: |_| {},
            first_answer: None,
            sign: true,
            extra_rounds: 0,
            session_ids: [SESSION; 2],
            preauth: PreauthHash::START,
            keys: None,
            nt_response: vec![],
            lm_response: vec![],
            mic_was_checked: false,
            was_anonymous: false,
            negotiate: vec![],
            challenge: vec![],
        }
    }

    pub(super) fn answer(&mut self, ticket: &Ticket, request: &[u8]) -> Vec<u8> {
        self.preauth = self.preauth.extended(&[request]).unwrap();
        let token = SessionSetupRequest::parse(request).unwrap().security_buffer;
        match NegotiationToken::parse(token).unwrap() {
            NegotiationToken::Init(init) => {
                assert!(init.mech_types.iter().eq([Mech::NTLMSSP]));
                self.challenged(ticket, init.mech_token.unwrap())
            }
            NegotiationToken::Resp(response) => self.authenticated(ticket, &response),
        }
    }

    fn challenged(&mut self, ticket: &Ticket, negotiate: &[u8]) -> Vec<u8> {
        assert_eq!(MessageType::of(negotiate), Ok(MessageType::NEGOTIATE));
        self.negotiate = negotiate.to_vec();
        let mut pairs = vec![
            AvPair::NbDomainName(Utf16::from_str("EXAMPLE")),
            AvPair::NbComputerName(Utf16::from_str(self.name)),
        ];
        pairs.extend(self.timestamp.map(AvPair::Timestamp));
        let mut challenge = bytes(|w| {
            ChallengeMessage {
                target_name: Utf16::from_str(self.name),
                flags: self.flags,
                server_challenge: CHALLENGE,
                target_info: self
                    .flags
                    .contains(NegotiateFlags::TARGET_INFO)
                    .then_some(TargetInfo::new(&pairs)),
                version: None,
            }
            .emit(w)
        });
        (self.change_challenge)(&mut challenge);
        self.challenge = challenge;
        let response = self.first_answer.unwrap_or(NegTokenResp {
            neg_state: Some(NegState::ACCEPT_INCOMPLETE),
            supported_mech: Some(Mech::NTLMSSP),
            response_token: Some(&self.challenge),
            mech_list_mic: None,
        });
        let token = bytes(|w| NegotiationToken::Resp(response).emit(w));
        let frame = self.setup_response(
            ticket,
            NtStatus::MORE_PROCESSING_REQUIRED,
            self.session_ids[0],
            &token,
        );
        self.preauth = self.preauth.extended(&[message(&frame)]).unwrap();
        frame
    }

    fn authenticated(&mut self, ticket: &Ticket, response: &NegTokenResp<'_>) -> Vec<u8> {
        if self.extra_rounds > 0 {
            self.extra_rounds -= 1;
            return self.setup_response(ticket, NtStatus::MORE_PROCESSING_REQUIRED, SESSION, &[]);
        }
        let token = response.response_token.unwrap();
        let parsed = AuthenticateMessage::parse(token).unwrap();
        if parsed.flags.contains(NegotiateFlags::ANONYMOUS) {
            assert!(parsed.user.is_empty() && parsed.nt_response.is_empty());
            assert_eq!(response.mech_list_mic, None);
            self.was_anonymous = true;
            return self.setup_response(ticket, NtStatus::SUCCESS, self.session_ids[1], &[]);
        }
        let Some(key) = self.check(token, &parsed) else {
            return crate::testing::response(ticket, NtStatus::LOGON_FAILURE, 1, |w| {
                ErrorResponse::EMPTY.emit(w)
            });
        };
        let key_exchange = parsed.flags.contains(NegotiateFlags::KEY_EXCHANGE);
        let signer = |side| MessageSigner::new(&key, side, key_exchange).unwrap();
        assert_eq!(
            signer(Side::Client).verify(MECH_LIST, response.mech_list_mic.unwrap()),
            Ok(())
        );

        let mut mic = signer(Side::Server).sign(MECH_LIST).unwrap();
        if self.last_token == LastToken::BadMic {
            mic[5] ^= 1;
        }
        let last = NegTokenResp {
            neg_state: Some(match self.last_token {
                LastToken::Rejected => NegState::REJECT,
                _ => NegState::ACCEPT_COMPLETED,
            }),
            mech_list_mic: (self.last_token != LastToken::WithoutMic).then_some(&mic),
            ..NegTokenResp::default()
        };
        let token = match self.last_token {
            LastToken::Empty => vec![],
            _ => bytes(|w| NegotiationToken::Resp(last).emit(w)),
        };
        let mut frame = self.setup_response(ticket, NtStatus::SUCCESS, self.session_ids[1], &token);
        let keys = self.signing_key(key.key());
        let keyless = SessionFlags::IS_GUEST | SessionFlags::IS_NULL;
        if self.sign && !self.session_flags.intersects(keyless) {
            let message = &mut frame[4..];
            message[16] |= u8::try_from(HeaderFlags::SIGNED.bits()).unwrap();
            let signature = keys.sign(message, &[]).unwrap();
            message[Header::SIGNATURE].copy_from_slice(&signature);
        }
        self.keys = Some(keys);
        frame
    }

    /// Checks the proof and the MIC, and opens the session key.
    fn check(
        &mut self,
        token: &[u8],
        parsed: &AuthenticateMessage<'_>,
    ) -> Option<ExportedSessionKey> {
        self.nt_response = parsed.nt_response.to_vec();
        self.lm_response = parsed.lm_response.to_vec();
        let response = NtlmV2Response::parse(parsed.nt_response).unwrap();
        let hash = NtHash::from_password(&utf16(self.password)).unwrap();
        let units = |text: Utf16<'_>| text.units().collect::<Vec<_>>();
        let key = ResponseKey::new(&hash, &units(parsed.user), &units(parsed.domain)).unwrap();
        let proof = key.prove(&CHALLENGE, &[response.client_challenge]).unwrap();
        if proof.proof != response.proof {
            return None;
        }
        let key = if parsed.flags.contains(NegotiateFlags::KEY_EXCHANGE) {
            let encrypted = Key128::new(parsed.encrypted_session_key.try_into().unwrap());
            let opened = ExportedSessionKey::new(encrypted)
                .encrypted(&proof.session_base_key)
                .unwrap();
            ExportedSessionKey::new(Key128::new(opened))
        } else {
            ExportedSessionKey::new(proof.session_base_key.clone())
        };
        let mut zeroed = token.to_vec();
        zeroed[AuthenticateMessage::MIC].fill(0);
        assert_eq!(
            key.mic(&self.negotiate, &self.challenge, &zeroed).unwrap(),
            token[AuthenticateMessage::MIC]
        );
        self.mic_was_checked = true;
        Some(key)
    }

    fn signing_key(&self, session_key: &Key128) -> SigningKey {
        let keys = match self.dialect {
            Dialect::SMB3_1_1 => Smb3Keys::Smb311(self.preauth),
            Dialect::SMB3_0 | Dialect::SMB3_0_2 => Smb3Keys::Smb30,
            _ => return SigningKey::new(SigningAlgorithm::HmacSha256, session_key).unwrap(),
        };
        let key = keys.derive(session_key, KeyPurpose::Signing).unwrap();
        SigningKey::new(SigningAlgorithm::AesCmac, &key).unwrap()
    }

    fn setup_response(
        &self,
        ticket: &Ticket,
        status: NtStatus,
        session_id: u64,
        token: &[u8],
    ) -> Vec<u8> {
        let header = Header {
            session_id,
            ..answer_header(ticket, status, 1)
        };
        let body = SessionSetupResponse {
            flags: self.session_flags,
            security_buffer: token,
        };
        frame(&header, |w| body.emit(w))
    }
}

fn bytes(emit: impl FnOnce(&mut Writer<'_>) -> Result<(), smb_wire::EmitError>) -> Vec<u8> {
    let mut buffer = vec![0; 16384];
    let mut w = Writer::new(&mut buffer);
    emit(&mut w).unwrap();
    w.written().to_vec()
}
