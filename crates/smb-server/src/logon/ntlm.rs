//! The server's side of NTLMv2 (MS-NLMP 3.2.5).

use smb_crypto::{ExportedSessionKey, Key128, NtHash, ResponseKey};
use smb_wire::ntlm::{
    AuthenticateMessage, AvFlags, AvPair, ChallengeMessage, ClientChallenge, MessageType,
    NegotiateFlags, NegotiateMessage, NtlmV2Response, TargetInfo,
};
use smb_wire::{NtStatus, Utf16};

use super::{Identity, emit, malformed, refused};
use crate::fs::filetime_now;
use crate::server::{Server, User};

/// What the server always does.
const ALWAYS: NegotiateFlags = NegotiateFlags::UNICODE
    .union(NegotiateFlags::NTLM)
    .union(NegotiateFlags::REQUEST_TARGET)
    .union(NegotiateFlags::TARGET_TYPE_SERVER)
    .union(NegotiateFlags::TARGET_INFO)
    .union(NegotiateFlags::EXTENDED_SESSION_SECURITY);
/// What the server does if the client can.
const IF_OFFERED: NegotiateFlags = NegotiateFlags::SIGN
    .union(NegotiateFlags::SEAL)
    .union(NegotiateFlags::ALWAYS_SIGN)
    .union(NegotiateFlags::KEY_EXCHANGE)
    .union(NegotiateFlags::KEY_128)
    .union(NegotiateFlags::KEY_56);

/// One NTLM exchange. The messages are kept for the MIC over all of them.
#[derive(Default)]
pub(super) struct Acceptor {
    negotiate: Vec<u8>,
    challenge_message: Vec<u8>,
    challenge: Option<[u8; 8]>,
}

/// What a message leads to.
pub(super) enum Step {
    /// The CHALLENGE message.
    Challenge(Vec<u8>),
    /// The end.
    Done {
        /// Who it is.
        identity: Identity,
        /// The keys that a proof of the password gives.
        keys: Option<Keys>,
    },
}

/// The keys of an authenticated user.
pub(super) struct Keys {
    pub(super) session: ExportedSessionKey,
    /// Whether the session key was chosen by the client and sent encrypted.
    pub(super) exchanged: bool,
}

impl Acceptor {
    pub(super) fn step(&mut self, server: &Server, message: &[u8]) -> Result<Step, NtStatus> {
        match MessageType::of(message).map_err(malformed)? {
            MessageType::NEGOTIATE => self.challenge(server, message).map(Step::Challenge),
            MessageType::AUTHENTICATE => {
                let challenge = self.challenge.take().ok_or(NtStatus::INVALID_PARAMETER)?;
                self.authenticate(server, &challenge, message)
            }
            _ => Err(NtStatus::INVALID_PARAMETER),
        }
    }

    fn challenge(&mut self, server: &Server, message: &[u8]) -> Result<Vec<u8>, NtStatus> {
        let offered = NegotiateMessage::parse(message).map_err(malformed)?.flags;
        let mut challenge = [0; 8];
        getrandom::fill(&mut challenge).map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)?;
        let settings = &server.settings;
        let dns_name = settings.name.to_lowercase();
        let pairs = [
            AvPair::NbDomainName(Utf16::from_str(&settings.domain)),
            AvPair::NbComputerName(Utf16::from_str(&settings.name)),
            AvPair::DnsComputerName(Utf16::from_str(&dns_name)),
            AvPair::Timestamp(filetime_now().cast_signed()),
        ];
        let reply = ChallengeMessage {
            target_name: Utf16::from_str(&settings.name),
            flags: ALWAYS | offered & IF_OFFERED,
            server_challenge: challenge,
            target_info: Some(TargetInfo::new(&pairs)),
            version: None,
        };
        self.negotiate = message.to_vec();
        self.challenge = Some(challenge);
        self.challenge_message = emit(|w| reply.emit(w))?;
        Ok(self.challenge_message.clone())
    }

    fn authenticate(
        &self,
        server: &Server,
        challenge: &[u8; 8],
        message: &[u8],
    ) -> Result<Step, NtStatus> {
        let claim = AuthenticateMessage::parse(message).map_err(malformed)?;
        if claim.user.is_empty() && claim.nt_response.is_empty() {
            let admitted = server.settings.anonymous;
            let step = Step::Done {
                identity: Identity::Anonymous,
                keys: None,
            };
            return if admitted {
                Ok(step)
            } else {
                Err(NtStatus::ACCESS_DENIED)
            };
        }
        let Some(user) = find_user(server, &claim) else {
            let step = Step::Done {
                identity: Identity::Guest,
                keys: None,
            };
            return if server.settings.guest {
                Ok(step)
            } else {
                Err(NtStatus::LOGON_FAILURE)
            };
        };
        let base_key = check_proof(user, challenge, &claim)?;
        let exchanged = claim.flags.contains(NegotiateFlags::KEY_EXCHANGE);
        let session = if exchanged {
            let encrypted = claim
                .encrypted_session_key
                .try_into()
                .map_err(|_| NtStatus::INVALID_PARAMETER)?;
            let opened = ExportedSessionKey::new(Key128::new(encrypted))
                .encrypted(&base_key)
                .map_err(refused)?;
            ExportedSessionKey::new(Key128::new(opened))
        } else {
            ExportedSessionKey::new(base_key)
        };
        self.check_mic(&session, &claim, message)?;
        Ok(Step::Done {
            identity: Identity::User,
            keys: Some(Keys { session, exchanged }),
        })
    }

    /// A client that says so in its proof has put a MIC over all three messages into the last (MS-NLMP 3.2.5.1.2).
    fn check_mic(
        &self,
        key: &ExportedSessionKey,
        claim: &AuthenticateMessage<'_>,
        message: &[u8],
    ) -> Result<(), NtStatus> {
        let response = NtlmV2Response::parse(claim.nt_response).map_err(malformed)?;
        let temp = ClientChallenge::parse(response.client_challenge).map_err(malformed)?;
        if !temp.target_info.flags().contains(AvFlags::MIC_PRESENT) {
            return Ok(());
        }
        let mut message = message.to_vec();
        message
            .get_mut(AuthenticateMessage::MIC)
            .ok_or(NtStatus::INVALID_PARAMETER)?
            .fill(0);
        let expected = key
            .mic(&self.negotiate, &self.challenge_message, &message)
            .map_err(refused)?;
        if claim.mic == Some(expected) {
            Ok(())
        } else {
            Err(NtStatus::LOGON_FAILURE)
        }
    }
}

/// The user that a client says it is; a user without a domain is in every one.
fn find_user<'s>(server: &'s Server, claim: &AuthenticateMessage<'_>) -> Option<&'s User> {
    let same = |known: &str, said: &str| known.to_lowercase() == said.to_lowercase();
    let (name, domain) = (claim.user.to_string(), claim.domain.to_string());
    server.settings.users.iter().find(|user| {
        same(&user.name, &name) && (user.domain.is_empty() || same(&user.domain, &domain))
    })
}

/// Checks that the client knows the password; gives the session base key (MS-NLMP 3.3.2).
fn check_proof(
    user: &User,
    challenge: &[u8; 8],
    claim: &AuthenticateMessage<'_>,
) -> Result<Key128, NtStatus> {
    let units = |text: Utf16<'_>| text.units().collect::<Vec<u16>>();
    let password: Vec<u16> = user.password.encode_utf16().collect();
    let response = NtlmV2Response::parse(claim.nt_response).map_err(malformed)?;
    let hash = NtHash::from_password(&password).map_err(refused)?;
    let key = ResponseKey::new(&hash, &units(claim.user), &units(claim.domain)).map_err(refused)?;
    let expected = key
        .prove(challenge, &[response.client_challenge])
        .map_err(refused)?;
    if expected.proof == response.proof {
        Ok(expected.session_base_key)
    } else {
        Err(NtStatus::LOGON_FAILURE)
    }
}
