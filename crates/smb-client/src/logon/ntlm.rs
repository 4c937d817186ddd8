//! NTLMv2's three messages (MS-NLMP 3.1.5).

use alloc::vec::Vec;

use smb_crypto::{ExportedSessionKey, Key128, MessageSigner, NtHash, ResponseKey, Side};
use smb_wire::Utf16;
use smb_wire::ntlm::{
    AuthenticateMessage, AvFlags, AvId, AvPair, ChallengeMessage, ClientChallenge, NegotiateFlags,
    NegotiateMessage, TargetInfo,
};

use super::identity::{Identity, NtlmRandom};
use super::spnego::build;
use crate::config::Config;
use crate::error::{ClientError, NtlmNeed};

/// The longest challenge worth answering. Real ones have a few hundred bytes.
const MAX_CHALLENGE: usize = 8 * 1024;
/// The fixed parts of what is built here.
const ROOM: usize = 256;
/// User, domain and workstation in an AUTHENTICATE message.
const NAMES_ROOM: usize = 3 * 2 * Identity::MAX_UNITS;
/// NTProofStr comes before the rest of the response.
const PROOF_LEN: usize = 16;

/// Where an LM response would be.
const NO_LM_RESPONSE: [u8; 24] = [0; 24];

/// What NTLMv2 here insists on.
const REQUIRED: [(NegotiateFlags, NtlmNeed); 3] = [
    (
        NegotiateFlags::EXTENDED_SESSION_SECURITY,
        NtlmNeed::ExtendedSessionSecurity,
    ),
    (NegotiateFlags::KEY_128, NtlmNeed::Keys128),
    (NegotiateFlags::TARGET_INFO, NtlmNeed::TargetInfo),
];

/// The client's side of one NTLM authentication.
#[derive(Debug)]
pub(super) struct Ntlm {
    identity: Identity,
    random: NtlmRandom,
    /// The NEGOTIATE message, which the MIC covers.
    negotiate: Vec<u8>,
    key: Option<Established>,
}

/// What authentication gives.
#[derive(Debug)]
struct Established {
    key: ExportedSessionKey,
    key_exchange: bool,
}

impl Ntlm {
    pub(super) const fn new(identity: Identity, random: NtlmRandom) -> Self {
        Self {
            identity,
            random,
            negotiate: Vec::new(),
            key: None,
        }
    }

    pub(super) const fn is_anonymous(&self) -> bool {
        self.identity.is_anonymous()
    }

    /// The session key, once authenticated.
    pub(super) fn session_key(&self) -> Result<&Key128, ClientError> {
        self.key
            .as_ref()
            .map(|established| established.key.key())
            .ok_or(ClientError::OutOfOrder)
    }

    /// The MIC that this side makes over SPNEGO's list; nobody makes none.
    pub(super) fn sign_list(&self, list: &[u8]) -> Result<Option<[u8; 16]>, ClientError> {
        let Some(established) = &self.key else {
            return Ok(None);
        };
        let mut signer =
            MessageSigner::new(&established.key, Side::Client, established.key_exchange)?;
        Ok(Some(signer.sign(list)?))
    }

    /// Checks the MIC that the server made over SPNEGO's list, if it made one.
    pub(super) fn verify_list(&self, list: &[u8], mic: Option<&[u8]>) -> Result<(), ClientError> {
        let (Some(established), Some(mic)) = (&self.key, mic) else {
            return Ok(());
        };
        let mut signer =
            MessageSigner::new(&established.key, Side::Server, established.key_exchange)?;
        signer
            .verify(list, mic)
            .map_err(|_| ClientError::BadMechListMic)
    }

    /// The NEGOTIATE message.
    pub(super) fn negotiate(&mut self) -> Result<&[u8], ClientError> {
        let message = NegotiateMessage {
            flags: self.offered_flags() | NegotiateFlags::REQUEST_TARGET,
            ..NegotiateMessage::default()
        };
        self.negotiate = build(ROOM, |w| message.emit(w))?;
        Ok(&self.negotiate)
    }

    /// The AUTHENTICATE message that answers a CHALLENGE.
    #[inline(never)]
    pub(super) fn authenticate(
        &mut self,
        config: &Config,
        challenge: &[u8],
    ) -> Result<Vec<u8>, ClientError> {
        if challenge.len() > MAX_CHALLENGE {
            return Err(ClientError::BadTargetInfo);
        }
        let parsed = ChallengeMessage::parse(challenge)?;
        for (flag, need) in REQUIRED {
            if !parsed.flags.contains(flag) {
                return Err(ClientError::WeakChallenge(need));
            }
        }
        let target_info = parsed.target_info.ok_or(ClientError::BadTargetInfo)?;
        self.check_target(&target_info)?;
        let flags = (parsed.flags & self.offered_flags()) | NegotiateFlags::TARGET_INFO;
        match self.identity.hash.clone() {
            Some(hash) => {
                self.authenticate_user(config, challenge, &parsed, target_info, flags, &hash)
            }
            None => anonymous(flags),
        }
    }

    fn authenticate_user(
        &mut self,
        config: &Config,
        challenge: &[u8],
        parsed: &ChallengeMessage<'_>,
        target_info: TargetInfo<'_>,
        flags: NegotiateFlags,
        hash: &NtHash,
    ) -> Result<Vec<u8>, ClientError> {
        let target_name = service_name(config)?;
        let amendments = [
            // There is a MIC even for a server that does not tell the time, and so need not check it (MS-NLMP 3.1.5.1.2): else
            // who takes the time out of the challenge would be rid of the MIC (CVE-2019-1040).
            AvPair::Flags(target_info.flags() | AvFlags::MIC_PRESENT),
            AvPair::ChannelBindings([0; 16]),
            AvPair::TargetName(Utf16::from_units(&target_name)),
        ];
        let temp = ClientChallenge {
            timestamp: target_info.timestamp().unwrap_or(self.random.filetime),
            client_challenge: self.random.client_challenge,
            target_info: target_info.amended(&amendments),
        };
        let room = challenge
            .len()
            .saturating_add(target_name.len().saturating_mul(2))
            .saturating_add(ROOM);
        let mut nt_response = build(room, |w| {
            w.zeros(PROOF_LEN)?;
            temp.emit(w)
        })?;

        let response_key = ResponseKey::new(hash, &self.identity.user, &self.identity.domain)?;
        let (proof_place, temp) = nt_response
            .split_at_mut_checked(PROOF_LEN)
            .ok_or(ClientError::OutOfOrder)?;
        let proof = response_key.prove(&parsed.server_challenge, &[temp])?;
        proof_place.copy_from_slice(&proof.proof);
        let key_exchange = flags.contains(NegotiateFlags::KEY_EXCHANGE);
        let key = ExportedSessionKey::new(if key_exchange {
            self.random.session_key.clone()
        } else {
            proof.session_base_key.clone()
        });
        let encrypted = key.encrypted(&proof.session_base_key)?;
        let message = AuthenticateMessage {
            lm_response: &NO_LM_RESPONSE,
            nt_response: &nt_response,
            domain: Utf16::from_units(&self.identity.domain),
            user: Utf16::from_units(&self.identity.user),
            workstation: Utf16::from_units(&self.identity.workstation),
            encrypted_session_key: if key_exchange { &encrypted } else { &[] },
            flags,
            version: None,
            mic: Some([0; 16]),
        };
        let room = nt_response
            .len()
            .saturating_add(NAMES_ROOM)
            .saturating_add(ROOM);
        let mut bytes = build(room, |w| message.emit(w))?;
        let mic = key.mic(&self.negotiate, challenge, &bytes)?;
        if let Some(place) = bytes.get_mut(AuthenticateMessage::MIC) {
            place.copy_from_slice(&mic);
        }
        self.key = Some(Established { key, key_exchange });
        Ok(bytes)
    }

    /// What this side can do. Nobody has no key to sign with or to exchange.
    fn offered_flags(&self) -> NegotiateFlags {
        let flags = NegotiateFlags::UNICODE
            | NegotiateFlags::NTLM
            | NegotiateFlags::ALWAYS_SIGN
            | NegotiateFlags::EXTENDED_SESSION_SECURITY
            | NegotiateFlags::TARGET_INFO
            | NegotiateFlags::KEY_128;
        if self.is_anonymous() {
            flags
        } else {
            flags | NegotiateFlags::SIGN | NegotiateFlags::KEY_EXCHANGE
        }
    }

    /// Refuses lists that say anything twice, and challenges of this very machine: somebody would be sending our own
    /// credentials back to us (CVE-2025-33073).
    fn check_target(&self, target_info: &TargetInfo<'_>) -> Result<(), ClientError> {
        for (index, pair) in target_info.iter().enumerate() {
            if target_info
                .iter()
                .skip(index)
                .filter(|other| other.id() == pair.id())
                .count()
                > 1
            {
                return Err(ClientError::BadTargetInfo);
            }
        }
        let workstation = self.identity.workstation.as_slice();
        match target_info.get(AvId::NB_COMPUTER_NAME) {
            Some(AvPair::NbComputerName(server))
                if !workstation.is_empty() && same_name(server, workstation) =>
            {
                Err(ClientError::Reflection)
            }
            _ => Ok(()),
        }
    }
}

/// The AUTHENTICATE message of nobody (MS-NLMP 3.2.5.1.2).
fn anonymous(flags: NegotiateFlags) -> Result<Vec<u8>, ClientError> {
    let message = AuthenticateMessage {
        lm_response: &[0],
        nt_response: &[],
        domain: Utf16::EMPTY,
        user: Utf16::EMPTY,
        workstation: Utf16::EMPTY,
        encrypted_session_key: &[],
        flags: flags | NegotiateFlags::ANONYMOUS,
        version: None,
        mic: None,
    };
    build(ROOM, |w| message.emit(w))
}

/// The service's name, `cifs/` and the server's.
fn service_name(config: &Config) -> Result<Vec<u16>, ClientError> {
    let server = config.server_name.units();
    const SERVICE: [u16; 5] = [0x63, 0x69, 0x66, 0x73, 0x2f];
    let length = server.len().saturating_add(SERVICE.len());
    let mut name = Vec::new();
    name.try_reserve_exact(length)
        .map_err(|_| ClientError::OutOfMemory)?;
    name.resize(length, 0);
    for (place, &unit) in name.iter_mut().zip(SERVICE.iter().chain(server)) {
        *place = unit;
    }
    Ok(name)
}

/// Whether two NetBIOS names are the same but for the case of their letters.
fn same_name(name: Utf16<'_>, other: &[u16]) -> bool {
    let lower =
        |unit: u16| u8::try_from(unit).map_or(unit, |byte| u16::from(byte.to_ascii_lowercase()));
    name.units().map(lower).eq(other.iter().copied().map(lower))
}
