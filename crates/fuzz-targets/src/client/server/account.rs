//! A session as the server has it: the logon, and the keys that come of it.

use std::collections::{HashMap, HashSet};

use smb_client::Sealing;
use smb_crypto::{
    Direction, ExportedSessionKey, Key128, KeyPurpose, MessageSigner, NtHash, OpeningKey,
    PreauthHash, ResponseKey, SealingKey, Side, SigningAlgorithm, SigningKey, Smb3Keys,
};
use smb_wire::ntlm::{
    AuthenticateMessage, AvPair, ChallengeMessage, NegotiateFlags, NtlmV2Response, TargetInfo,
};
use smb_wire::smb2::transform::TransformHeader;
use smb_wire::smb2::{Command, Dialect, Header, HeaderFlags, SessionFlags, SessionSetupResponse};
use smb_wire::spnego::{Mech, NegState, NegTokenInit, NegTokenResp, NegotiationToken};
use smb_wire::{List, NtStatus, Utf16};

use super::authority::{Agreed, emitted};
use super::{Asked, header, message};
use crate::client::input::Input;

/// What the user and the server know.
pub const PASSWORD: &str = "Passw0rd";
/// The user's machine.
pub const WORKSTATION: &str = "WS1";

/// Why a challenge of the user's own machine is refused: nobody has no machine to compare.
pub const REFLECTION: &str = "a challenge of our own";

const CHALLENGE: [u8; 8] = [1, 2, 3, 4, 5, 6, 7, 8];

/// One session.
#[derive(Debug)]
pub struct Account {
    pub id: u64,
    preauth: PreauthHash,
    keys: Option<Keys>,
    /// Everything of the session has to come encrypted.
    pub seals_all: bool,
}

#[derive(Debug)]
struct Keys {
    signing: SigningKey,
    sealing: Option<Sealing>,
    /// Those of what the client sealed.
    nonces: HashSet<[u8; 16]>,
    /// What the client signed under each of AES-GMAC's nonces.
    signed: HashMap<(u64, bool), Vec<u8>>,
}

/// What the server says next, and why no client may go on with it, if that is so.
pub struct Reply {
    pub message: Vec<u8>,
    pub refused: Option<&'static str>,
}

impl Account {
    pub const fn new(id: u64, negotiated: PreauthHash) -> Self {
        Self {
            id,
            preauth: negotiated,
            keys: None,
            seals_all: false,
        }
    }

    pub const fn has_keys(&self) -> bool {
        self.keys.is_some()
    }

    pub fn can_seal(&self) -> bool {
        self.sealing().is_some()
    }

    fn sealing(&self) -> Option<&Sealing> {
        self.keys.as_ref()?.sealing.as_ref()
    }

    /// Signs a message, if there is a key.
    pub fn sign(&self, message: &mut [u8]) -> bool {
        let Some(keys) = self.keys.as_ref().filter(|_| message.len() >= Header::LEN) else {
            return false;
        };
        message[16] |= u8::try_from(HeaderFlags::SIGNED.bits()).expect("a low bit");
        let signature = keys.signing.sign(message, &[]).expect("signing");
        message[Header::SIGNATURE].copy_from_slice(&signature);
        true
    }

    /// Whether the client signed this message with the session's key. A nonce stands for one message.
    pub fn verify(&mut self, header: &Header, message: &[u8]) -> bool {
        let Some(keys) = &mut self.keys else {
            return false;
        };
        if keys.signing.verify(message, &[]).is_err() {
            return false;
        }
        if keys.signing.algorithm() == SigningAlgorithm::AesGmac {
            let nonce = (header.message_id, header.command == Command::CANCEL);
            let first = keys.signed.entry(nonce).or_insert_with(|| message.to_vec());
            assert!(first == message, "two messages signed with one nonce");
        }
        true
    }

    /// Seals what lies behind the room for a transform header.
    pub fn seal(&self, frame: &mut [u8]) -> bool {
        let Some(sealing) = self.sealing() else {
            return false;
        };
        sealing.seal(self.id, frame).expect("sealing");
        true
    }

    /// What the client sealed, if it was with the session's key.
    pub fn open(&mut self, frame: &[u8]) -> Option<Vec<u8>> {
        let nonce = TransformHeader::parse(frame).expect("a sound header").nonce;
        let mut opened = frame.to_vec();
        self.sealing()?.open(&mut opened).ok()?;
        let fresh = self.keys.as_mut()?.nonces.insert(nonce);
        assert!(fresh, "a nonce was used twice");
        Some(opened.split_off(TransformHeader::LEN))
    }

    pub fn hash(&mut self, message: &[u8]) {
        self.preauth = self.preauth.extended(&[message]).expect("hashing");
    }

    /// A message with the session's id as it is now.
    pub fn with_id(&self, mut message: Vec<u8>) -> Vec<u8> {
        message[40..48].copy_from_slice(&self.id.to_le_bytes());
        message
    }

    /// Asks the user to prove who he is; or asks in a way that no client may answer.
    pub fn challenge(
        &self,
        asked: &Asked,
        session_flags: SessionFlags,
        input: &mut Input<'_>,
    ) -> Reply {
        let header = self.header(asked, NtStatus::MORE_PROCESSING_REQUIRED, input);
        let mut flags = NegotiateFlags::UNICODE
            | NegotiateFlags::NTLM
            | NegotiateFlags::EXTENDED_SESSION_SECURITY
            | NegotiateFlags::TARGET_INFO
            | NegotiateFlags::KEY_128
            | NegotiateFlags::KEY_EXCHANGE
            | NegotiateFlags::SIGN;
        let mut pairs = vec![
            AvPair::NbDomainName(Utf16::from_str("EXAMPLE")),
            AvPair::NbComputerName(Utf16::from_str("FS1")),
            AvPair::Timestamp(0x01DC_0000_0000_0000),
        ];
        let mut token = NegTokenResp {
            neg_state: Some(NegState::ACCEPT_INCOMPLETE),
            supported_mech: Some(Mech::NTLMSSP),
            response_token: None,
            mech_list_mic: None,
        };
        let (mut has_token, mut has_info, mut is_init) = (true, true, false);
        let lie = input.byte().checked_sub(200).map(|lie| lie % 15);
        match lie {
            None => {}
            Some(0) => flags -= NegotiateFlags::KEY_EXCHANGE,
            Some(1) => flags -= NegotiateFlags::SIGN,
            Some(2) => drop(pairs.pop()),
            Some(3) => token.neg_state = None,
            Some(4) => token.neg_state = Some(NegState::REQUEST_MIC),
            Some(5) => flags -= NegotiateFlags::EXTENDED_SESSION_SECURITY,
            Some(6) => flags -= NegotiateFlags::KEY_128,
            Some(7) => {
                flags -= NegotiateFlags::TARGET_INFO;
                has_info = false;
            }
            Some(8) => pairs.push(pairs[0]),
            Some(9) => token.supported_mech = Some(Mech::KERBEROS),
            Some(10) => token.neg_state = Some(NegState::REJECT),
            Some(11) => token.neg_state = Some(NegState::ACCEPT_COMPLETED),
            Some(12) => has_token = false,
            Some(13) => is_init = true,
            Some(_) => pairs[1] = AvPair::NbComputerName(Utf16::from_str(WORKSTATION)),
        }
        let challenge = emitted(|w| {
            ChallengeMessage {
                target_name: Utf16::from_str("FS1"),
                flags,
                server_challenge: CHALLENGE,
                target_info: has_info.then(|| TargetInfo::new(&pairs)),
                version: None,
            }
            .emit(w)
        });
        token.response_token = has_token.then_some(&challenge);
        let token = if is_init {
            NegotiationToken::Init(NegTokenInit {
                mech_types: List::new(&[Mech::NTLMSSP]),
                mech_token: Some(&challenge),
                mech_list_mic: None,
            })
        } else {
            NegotiationToken::Resp(token)
        };
        let body = SessionSetupResponse {
            flags: session_flags,
            security_buffer: &emitted(|w| token.emit(w)),
        };
        Reply {
            message: message(&header, |w| body.emit(w)),
            refused: lie.filter(|lie| *lie >= 5).map(|lie| match lie {
                14 => REFLECTION,
                _ => "a challenge that is worth nothing",
            }),
        }
    }

    /// Lets the user in, or says something no client may believe.
    pub fn accept(
        &mut self,
        asked: &Asked,
        response: &NegTokenResp<'_>,
        agreed: &Agreed,
        session_flags: SessionFlags,
        input: &mut Input<'_>,
    ) -> Reply {
        let token = response.response_token.unwrap_or_default();
        let key = AuthenticateMessage::parse(token).ok().and_then(open_key);
        let keyless = session_flags.intersects(SessionFlags::IS_GUEST | SessionFlags::IS_NULL);
        let mut header = self.header(asked, NtStatus::SUCCESS, input);
        let mut last = NegTokenResp {
            neg_state: Some(NegState::ACCEPT_COMPLETED),
            ..NegTokenResp::default()
        };
        let mut mic = [0; 16];
        if let Some((key, key_exchange)) = &key {
            let mut signer =
                MessageSigner::new(key, Side::Server, *key_exchange).expect("a signer");
            mic = signer.sign(MECH_LIST).expect("signing");
            last.mech_list_mic = Some(&mic);
        }
        let (mut has_token, mut signs, mut refused) = (key.is_some(), true, None);
        let has_keys = key.is_some() && !keyless;
        let mut wrong_mic = mic;
        wrong_mic[4] ^= 1;
        match input.byte().checked_sub(200).map(|lie| lie % 8) {
            None => {}
            Some(0) => has_token = false,
            Some(1) => last.mech_list_mic = None,
            Some(2) => last.neg_state = None,
            Some(3) if has_keys => {
                last.mech_list_mic = Some(&wrong_mic);
                refused = Some("a wrong MIC");
            }
            Some(4) if has_keys => {
                last.neg_state = Some(NegState::REJECT);
                refused = Some("a rejection");
            }
            Some(5) if has_keys => {
                signs = false;
                refused = (agreed.dialect >= Dialect::SMB3_0).then_some("no signature");
            }
            Some(6) => {
                header.session_id ^= 2;
                refused = Some("another session");
            }
            Some(7) => {
                header.status = NtStatus::MORE_PROCESSING_REQUIRED;
                refused = Some("a third round");
            }
            Some(_) => {}
        }
        let body = SessionSetupResponse {
            flags: session_flags,
            security_buffer: &match has_token {
                true => emitted(|w| NegotiationToken::Resp(last).emit(w)),
                false => Vec::new(),
            },
        };
        let mut message = message(&header, |w| body.emit(w));
        if let Some((key, _)) = key
            && !keyless
        {
            self.keys = Some(self.derive(key.key(), agreed));
            self.seals_all = session_flags.contains(SessionFlags::ENCRYPT_DATA);
            if signs {
                self.sign(&mut message);
            }
        }
        Reply { message, refused }
    }

    fn derive(&self, session_key: &Key128, agreed: &Agreed) -> Keys {
        let smb3 = match agreed.dialect {
            Dialect::SMB3_1_1 => Some(Smb3Keys::Smb311(self.preauth)),
            Dialect::SMB3_0 | Dialect::SMB3_0_2 => Some(Smb3Keys::Smb30),
            _ => None,
        };
        let signing = smb3.as_ref().map(|smb3| {
            smb3.derive(session_key, KeyPurpose::Signing)
                .expect("a key")
        });
        let signing = signing.as_ref().unwrap_or(session_key);
        // After a lie about the dialect the cipher may be none of its own.
        let sealing = smb3.zip(agreed.cipher).and_then(|(smb3, cipher)| {
            let key = |direction| {
                let key = smb3.derive_sealing(session_key.as_bytes(), cipher, direction);
                key.ok()
            };
            Some(Sealing::new(
                SealingKey::new(key(Direction::ServerToClient)?).ok()?,
                OpeningKey::new(key(Direction::ClientToServer)?).ok()?,
            ))
        });
        Keys {
            signing: SigningKey::new(agreed.signing, signing).expect("a key"),
            sealing,
            nonces: HashSet::new(),
            signed: HashMap::new(),
        }
    }

    fn header(&self, asked: &Asked, status: NtStatus, input: &mut Input<'_>) -> Header {
        Header {
            session_id: self.id,
            ..header(asked, status, input)
        }
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
