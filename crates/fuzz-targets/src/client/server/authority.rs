//! What a server agrees on with a client: dialect, ciphers, and the session's keys.

use smb_client::Sealing;
use smb_crypto::{
    Direction, ExportedSessionKey, Key128, KeyPurpose, MessageSigner, NtHash, OpeningKey,
    PreauthHash, ResponseKey, SealingKey, Side, SigningAlgorithm, SigningKey, Smb3Keys,
};
use smb_wire::ntlm::{
    AuthenticateMessage, AvPair, ChallengeMessage, NegotiateFlags, NtlmV2Response, TargetInfo,
};
use smb_wire::smb2::negotiate_context::{self as wire, HashAlgorithm, NegotiateContext};
use smb_wire::smb2::{
    Capabilities, Dialect, Header, HeaderFlags, NegotiateRequest, NegotiateResponse, SecurityMode,
    SessionFlags, SessionSetupRequest, SessionSetupResponse, ValidateNegotiateResponse,
};
use smb_wire::spnego::{Mech, NegState, NegTokenResp, NegotiationToken};
use smb_wire::{EmitError, Guid, List, NtStatus, Utf16, Writer, smb1};

use super::{Asked, header, message};
use crate::client::input::Input;

/// What the user and the server know.
pub const PASSWORD: &str = "Passw0rd";

const SESSION: u64 = 0x1_0000_0019;
const CHALLENGE: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];
const SERVER_GUID: Guid = Guid([9; 16]);
const MODE: SecurityMode = SecurityMode::SIGNING_ENABLED;

/// How far client and server have come to know each other.
#[derive(Debug)]
pub struct Authority {
    /// Which of the offered dialects to take, from the newest.
    dialect_choice: usize,
    cipher_choice: usize,
    session_flags: SessionFlags,
    dialect: Dialect,
    capabilities: Capabilities,
    cipher: Option<smb_crypto::Cipher>,
    signing_algorithm: SigningAlgorithm,
    preauth: PreauthHash,
    /// The hash at the end of NEGOTIATE, with which each logon begins.
    negotiated: PreauthHash,
    challenge: Vec<u8>,
    signing: Option<SigningKey>,
    sealing: Option<Sealing>,
}

impl Authority {
    pub fn new(dialect_choice: u8, cipher_choice: u8, session_flags: u8) -> Self {
        Self {
            dialect_choice: dialect_choice.into(),
            cipher_choice: cipher_choice.into(),
            session_flags: SessionFlags::from_bits_retain(session_flags.into()),
            dialect: Dialect::SMB2_0_2,
            capabilities: Capabilities::empty(),
            cipher: None,
            signing_algorithm: SigningAlgorithm::HmacSha256,
            preauth: PreauthHash::START,
            negotiated: PreauthHash::START,
            challenge: Vec::new(),
            signing: None,
            sealing: None,
        }
    }

    pub const fn session_id(&self) -> u64 {
        SESSION
    }

    pub const fn signing(&self) -> Option<&SigningKey> {
        self.signing.as_ref()
    }

    pub const fn sealing(&self) -> Option<&Sealing> {
        self.sealing.as_ref()
    }

    /// Signs a message, if there is a key.
    pub fn sign(&self, message: &mut [u8]) -> bool {
        let Some(key) = self
            .signing
            .as_ref()
            .filter(|_| message.len() >= Header::LEN)
        else {
            return false;
        };
        message[16] |= u8::try_from(HeaderFlags::SIGNED.bits()).expect("a low bit");
        let signature = key.sign(message, &[]).expect("signing");
        message[Header::SIGNATURE].copy_from_slice(&signature);
        true
    }

    pub fn negotiate(&mut self, asked: &Asked, input: &mut Input<'_>) -> Vec<u8> {
        if asked.message.starts_with(&smb1::PROTOCOL_ID) {
            return self.agree(asked, Dialect::WILDCARD, &[], input);
        }
        self.extend(&asked.message);
        let request = NegotiateRequest::parse(&asked.message).expect("a sound NEGOTIATE");
        let offered: Vec<Dialect> = request.dialects.iter().collect();
        let newest = offered.len() - 1;
        self.dialect = offered[newest - self.dialect_choice % offered.len()];
        let ciphers: Vec<wire::Cipher> = request
            .contexts
            .iter()
            .filter_map(|context| match context {
                NegotiateContext::Encryption(ciphers) => Some(ciphers.iter().collect::<Vec<_>>()),
                _ => None,
            })
            .flatten()
            .collect();
        self.capabilities = match self.dialect {
            Dialect::SMB2_0_2 => Capabilities::empty(),
            Dialect::SMB3_0 | Dialect::SMB3_0_2 => {
                Capabilities::LARGE_MTU | (request.capabilities & Capabilities::ENCRYPTION)
            }
            _ => Capabilities::LARGE_MTU,
        };
        (self.signing_algorithm, self.cipher) = match self.dialect {
            Dialect::SMB3_1_1 => {
                let chosen = ciphers.get(self.cipher_choice % (ciphers.len() + 1));
                let cipher = chosen.and_then(|cipher| smb_crypto::Cipher::from_wire_id(cipher.0));
                let signing = [
                    SigningAlgorithm::AesGmac,
                    SigningAlgorithm::AesCmac,
                    SigningAlgorithm::HmacSha256,
                ];
                (signing[self.cipher_choice % 3], cipher)
            }
            Dialect::SMB3_0 | Dialect::SMB3_0_2 => {
                let can = self.capabilities.contains(Capabilities::ENCRYPTION);
                let ccm = can.then_some(smb_crypto::Cipher::Aes128Ccm);
                (SigningAlgorithm::AesCmac, ccm)
            }
            _ => (SigningAlgorithm::HmacSha256, None),
        };
        let cipher = [wire::Cipher(
            self.cipher.map_or(0, |cipher| cipher.wire_id()),
        )];
        let signing = [match self.signing_algorithm {
            SigningAlgorithm::AesGmac => wire::SigningAlgorithm::AES_GMAC,
            SigningAlgorithm::AesCmac => wire::SigningAlgorithm::AES_CMAC,
            _ => wire::SigningAlgorithm::HMAC_SHA256,
        }];
        let contexts = [
            NegotiateContext::PreauthIntegrity {
                algorithms: List::new(&[HashAlgorithm::SHA_512]),
                salt: &[3; 32],
            },
            NegotiateContext::Signing(List::new(&signing)),
            NegotiateContext::Encryption(List::new(&cipher)),
        ];
        let contexts = match (self.dialect, ciphers.is_empty()) {
            (Dialect::SMB3_1_1, false) => &contexts[..],
            (Dialect::SMB3_1_1, true) => &contexts[..2],
            _ => &[],
        };
        let answer = self.agree(asked, self.dialect, contexts, input);
        self.extend(&answer);
        self.negotiated = self.preauth;
        answer
    }

    fn agree(
        &self,
        asked: &Asked,
        dialect: Dialect,
        contexts: &[NegotiateContext<'_>],
        input: &mut Input<'_>,
    ) -> Vec<u8> {
        let size = input.one_of([0x1_0000, 0x8_0000, 0x10_0000, 0x1000, 0x80_0000, u32::MAX]);
        let body = NegotiateResponse {
            security_mode: MODE,
            dialect,
            server_guid: SERVER_GUID,
            capabilities: self.capabilities,
            max_transact_size: size,
            max_read_size: size,
            max_write_size: size,
            system_time: 1,
            server_start_time: 0,
            security_buffer: &[],
            contexts: List::new(contexts),
        };
        message(&header(asked, NtStatus::SUCCESS, input), |w| body.emit(w))
    }

    /// What FSCTL_VALIDATE_NEGOTIATE_INFO repeats.
    pub fn validated(&self) -> Vec<u8> {
        emitted(|w| {
            ValidateNegotiateResponse {
                capabilities: self.capabilities,
                server_guid: SERVER_GUID,
                security_mode: MODE,
                dialect: self.dialect,
            }
            .emit(w)
        })
    }

    pub fn session_setup(&mut self, asked: &Asked, input: &mut Input<'_>) -> Vec<u8> {
        let request = SessionSetupRequest::parse(&asked.message).expect("a sound SESSION_SETUP");
        let token = NegotiationToken::parse(request.security_buffer).expect("a sound token");
        match token {
            NegotiationToken::Init(_) => {
                self.preauth = self.negotiated;
                self.extend(&asked.message);
                self.challenged(asked, input)
            }
            NegotiationToken::Resp(response) => {
                self.extend(&asked.message);
                self.authenticated(asked, &response, input)
            }
        }
    }

    fn challenged(&mut self, asked: &Asked, input: &mut Input<'_>) -> Vec<u8> {
        let pairs = [
            AvPair::NbDomainName(Utf16::from_str("EXAMPLE")),
            AvPair::NbComputerName(Utf16::from_str("FS1")),
            AvPair::Timestamp(0x01DC_0000_0000_0000),
        ];
        self.challenge = emitted(|w| {
            ChallengeMessage {
                target_name: Utf16::from_str("FS1"),
                flags: NegotiateFlags::UNICODE
                    | NegotiateFlags::NTLM
                    | NegotiateFlags::EXTENDED_SESSION_SECURITY
                    | NegotiateFlags::TARGET_INFO
                    | NegotiateFlags::KEY_128
                    | NegotiateFlags::KEY_EXCHANGE
                    | NegotiateFlags::SIGN,
                server_challenge: CHALLENGE,
                target_info: Some(TargetInfo::new(&pairs)),
                version: None,
            }
            .emit(w)
        });
        let token = emitted(|w| {
            NegotiationToken::Resp(NegTokenResp {
                neg_state: Some(NegState::ACCEPT_INCOMPLETE),
                supported_mech: Some(Mech::NTLMSSP),
                response_token: Some(&self.challenge),
                mech_list_mic: None,
            })
            .emit(w)
        });
        let status = NtStatus::MORE_PROCESSING_REQUIRED;
        let answer = self.setup(asked, status, &token, input);
        self.extend(&answer);
        answer
    }

    fn authenticated(
        &mut self,
        asked: &Asked,
        response: &NegTokenResp<'_>,
        input: &mut Input<'_>,
    ) -> Vec<u8> {
        let token = response.response_token.unwrap_or_default();
        let key = AuthenticateMessage::parse(token).ok().and_then(open_key);
        let mut last = Vec::new();
        if let Some((key, key_exchange)) = &key {
            let mut signer =
                MessageSigner::new(key, Side::Server, *key_exchange).expect("a signer");
            let mic = signer.sign(MECH_LIST).expect("signing");
            last = emitted(|w| {
                NegotiationToken::Resp(NegTokenResp {
                    neg_state: Some(NegState::ACCEPT_COMPLETED),
                    mech_list_mic: Some(&mic),
                    ..NegTokenResp::default()
                })
                .emit(w)
            });
        }
        let mut answer = self.setup(asked, NtStatus::SUCCESS, &last, input);
        let keyless = SessionFlags::IS_GUEST | SessionFlags::IS_NULL;
        if let Some((key, _)) = key
            && !self.session_flags.intersects(keyless)
        {
            self.derive(key.key());
            self.sign(&mut answer);
        }
        answer
    }

    fn derive(&mut self, session_key: &Key128) {
        let smb3 = match self.dialect {
            Dialect::SMB3_1_1 => Smb3Keys::Smb311(self.preauth),
            Dialect::SMB3_0 | Dialect::SMB3_0_2 => Smb3Keys::Smb30,
            _ => {
                self.signing = SigningKey::new(self.signing_algorithm, session_key).ok();
                return;
            }
        };
        let key = smb3
            .derive(session_key, KeyPurpose::Signing)
            .expect("a key");
        self.signing = SigningKey::new(self.signing_algorithm, &key).ok();
        self.sealing = self.cipher.map(|cipher| {
            let key = |direction| {
                smb3.derive_sealing(session_key.as_bytes(), cipher, direction)
                    .expect("a key")
            };
            Sealing::new(
                SealingKey::new(key(Direction::ServerToClient)).expect("a key"),
                OpeningKey::new(key(Direction::ClientToServer)).expect("a key"),
            )
        });
    }

    fn setup(
        &self,
        asked: &Asked,
        status: NtStatus,
        token: &[u8],
        input: &mut Input<'_>,
    ) -> Vec<u8> {
        let header = Header {
            session_id: SESSION,
            ..header(asked, status, input)
        };
        let body = SessionSetupResponse {
            flags: self.session_flags,
            security_buffer: token,
        };
        message(&header, |w| body.emit(w))
    }

    fn extend(&mut self, message: &[u8]) {
        self.preauth = self.preauth.extended(&[message]).expect("hashing");
    }
}

/// SEQUENCE { NTLM }, over which both sides make a MIC.
const MECH_LIST: &[u8] = &[
    0x30, 0x0C, 0x06, 0x0A, 0x2B, 0x06, 0x01, 0x04, 0x01, 0x82, 0x37, 0x02, 0x02, 0x0A,
];

/// The session key, and whether it was exchanged, if the user proves to know the password.
fn open_key(message: AuthenticateMessage<'_>) -> Option<(ExportedSessionKey, bool)> {
    let units = |text: Utf16<'_>| text.units().collect::<Vec<_>>();
    let response = NtlmV2Response::parse(message.nt_response).ok()?;
    let password: Vec<u16> = PASSWORD.encode_utf16().collect();
    let hash = NtHash::from_password(&password).ok()?;
    let key = ResponseKey::new(&hash, &units(message.user), &units(message.domain)).ok()?;
    let proof = key.prove(&CHALLENGE, &[response.client_challenge]).ok()?;
    if proof.proof != response.proof {
        return None;
    }
    if !message.flags.contains(NegotiateFlags::KEY_EXCHANGE) {
        return Some((ExportedSessionKey::new(proof.session_base_key), false));
    }
    let encrypted = Key128::new(message.encrypted_session_key.try_into().ok()?);
    let opened = ExportedSessionKey::new(encrypted)
        .encrypted(&proof.session_base_key)
        .ok()?;
    Some((ExportedSessionKey::new(Key128::new(opened)), true))
}

fn emitted(emit: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>) -> Vec<u8> {
    let mut buffer = vec![0; 2048];
    let mut writer = Writer::new(&mut buffer);
    emit(&mut writer).expect("room enough");
    writer.written().to_vec()
}
