//! NEGOTIATE, from SMB2 and from SMB1 (MS-SMB2 3.3.5.3, 3.3.5.4).

use smb_crypto::{PreauthHash, SigningAlgorithm};
use smb_wire::smb1::{self, DialectName};
use smb_wire::smb2::negotiate_context::{self, HashAlgorithm, NegotiateContext};
use smb_wire::smb2::{Capabilities, Dialect, NegotiateRequest, NegotiateResponse, SecurityMode};
use smb_wire::{Guid, List, NtStatus};

use super::{Failure, Outcome, Request, Result};
use crate::connection::{Connection, Negotiated};
use crate::fs::filetime_now;
use crate::logon;
use crate::server::{Server, Signing};

/// The body with its token and contexts.
const BODY: usize = 512;
const SALT_LEN: usize = 32;

/// The server's side of NEGOTIATE, as it also answers FSCTL_VALIDATE_NEGOTIATE_INFO.
pub(super) fn security_mode(server: &Server) -> SecurityMode {
    match server.settings.signing {
        Signing::Enabled => SecurityMode::SIGNING_ENABLED,
        Signing::Required => SecurityMode::SIGNING_ENABLED | SecurityMode::SIGNING_REQUIRED,
    }
}

/// The highest dialect that both sides speak.
pub(super) fn choose_dialect(server: &Server, offered: List<'_, Dialect>) -> Option<Dialect> {
    const KNOWN: [Dialect; 5] = [
        Dialect::SMB2_0_2,
        Dialect::SMB2_1,
        Dialect::SMB3_0,
        Dialect::SMB3_0_2,
        Dialect::SMB3_1_1,
    ];
    offered
        .iter()
        .filter(|dialect| KNOWN.contains(dialect) && server.settings.dialects.contains(dialect))
        .max()
}

pub(super) fn negotiate(connection: &mut Connection, request: &Request<'_>) -> Result<Outcome> {
    if connection.negotiated.is_some() {
        return Err(Failure::Hangup);
    }
    let offer = NegotiateRequest::parse(request.message)?;
    if offer.dialects.is_empty() {
        return Err(NtStatus::INVALID_PARAMETER.into());
    }
    let dialect =
        choose_dialect(&connection.server, offer.dialects).ok_or(NtStatus::NOT_SUPPORTED)?;
    let signing = choose_signing(dialect, &offer);
    let mut preauth = PreauthHash::START;
    if dialect == Dialect::SMB3_1_1 {
        check_preauth(&offer)?;
        preauth = preauth
            .extended(&[request.message])
            .map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)?;
    }
    let large = dialect > Dialect::SMB2_0_2 && connection.server.settings.max_io > 64 * 1024;
    connection.negotiated = Some(Negotiated {
        dialect,
        client_capabilities: offer.capabilities,
        client_guid: offer.client_guid,
        client_security_mode: offer.security_mode,
        capabilities: if large {
            Capabilities::LARGE_MTU
        } else {
            Capabilities::empty()
        },
        signing_algorithm: signing.unwrap_or(default_signing(dialect)),
        preauth,
    });
    answer(connection, request, dialect, signing)
}

fn answer(
    connection: &Connection,
    request: &Request<'_>,
    dialect: Dialect,
    signing: Option<SigningAlgorithm>,
) -> Result<Outcome> {
    let server = &connection.server;
    let mut salt = [0; SALT_LEN];
    getrandom::fill(&mut salt).map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)?;
    let algorithms = [match signing {
        Some(SigningAlgorithm::HmacSha256) => negotiate_context::SigningAlgorithm::HMAC_SHA256,
        _ => negotiate_context::SigningAlgorithm::AES_CMAC,
    }];
    let hashes = [HashAlgorithm::SHA_512];
    let contexts = [
        NegotiateContext::PreauthIntegrity {
            algorithms: List::new(&hashes),
            salt: &salt,
        },
        NegotiateContext::Signing(List::new(&algorithms)),
    ];
    let sent = match (dialect, signing) {
        (Dialect::SMB3_1_1, Some(_)) => &contexts[..],
        (Dialect::SMB3_1_1, None) => &contexts[..1],
        _ => &[],
    };
    let token = logon::offer()?;
    let max_io = connection.max_io();
    let response = NegotiateResponse {
        security_mode: security_mode(server),
        dialect,
        server_guid: server.guid,
        capabilities: connection
            .negotiated
            .as_ref()
            .map_or(Capabilities::empty(), |state| state.capabilities),
        max_transact_size: max_io,
        max_read_size: max_io,
        max_write_size: max_io,
        system_time: filetime_now().cast_signed(),
        server_start_time: server.started.cast_signed(),
        security_buffer: &token,
        contexts: List::new(sent),
    };
    request.answer(BODY + token.len(), |w| response.emit(w))
}

fn default_signing(dialect: Dialect) -> SigningAlgorithm {
    if dialect >= Dialect::SMB3_0 {
        SigningAlgorithm::AesCmac
    } else {
        SigningAlgorithm::HmacSha256
    }
}

/// The first algorithm that the client names and the server knows, if it names any (3.1.1).
fn choose_signing(dialect: Dialect, offer: &NegotiateRequest<'_>) -> Option<SigningAlgorithm> {
    let named = offer.contexts.iter().find_map(|context| match context {
        NegotiateContext::Signing(algorithms) if dialect == Dialect::SMB3_1_1 => Some(algorithms),
        _ => None,
    })?;
    named.iter().find_map(|algorithm| match algorithm {
        negotiate_context::SigningAlgorithm::HMAC_SHA256 => Some(SigningAlgorithm::HmacSha256),
        negotiate_context::SigningAlgorithm::AES_CMAC => Some(SigningAlgorithm::AesCmac),
        _ => None,
    })
}

/// A 3.1.1 client names its hashes exactly once, SHA-512 among them.
fn check_preauth(offer: &NegotiateRequest<'_>) -> Result<()> {
    let mut named = offer.contexts.iter().filter_map(|context| match context {
        NegotiateContext::PreauthIntegrity { algorithms, .. } => Some(algorithms),
        _ => None,
    });
    let (Some(hashes), None) = (named.next(), named.next()) else {
        return Err(NtStatus::INVALID_PARAMETER.into());
    };
    if hashes.iter().all(|hash| hash != HashAlgorithm::SHA_512) {
        return Err(NtStatus::SMB_NO_PREAUTH_INTEGRITY_HASH_OVERLAP.into());
    }
    Ok(())
}

impl Connection {
    /// Answers SMB1's opener in SMB2: with 2.0.2, or with the wildcard after which the client negotiates again.
    pub(crate) fn answer_opener(&mut self, request: &Request<'_>) -> Result<Outcome> {
        let opener = smb1::NegotiateRequest::parse(request.message).map_err(|_| Failure::Hangup)?;
        let names = |name| opener.dialects.iter().any(|dialect| dialect == name);
        let dialects = &self.server.settings.dialects;
        if names(DialectName::SMB_2_WILDCARD) && *dialects.end() > Dialect::SMB2_0_2 {
            return answer(self, request, Dialect::WILDCARD, None);
        }
        if !names(DialectName::SMB_2_002) || !dialects.contains(&Dialect::SMB2_0_2) {
            return Err(Failure::Hangup);
        }
        self.negotiated = Some(Negotiated {
            dialect: Dialect::SMB2_0_2,
            client_capabilities: Capabilities::empty(),
            client_guid: Guid::default(),
            client_security_mode: SecurityMode::SIGNING_ENABLED,
            capabilities: Capabilities::empty(),
            signing_algorithm: SigningAlgorithm::HmacSha256,
            preauth: PreauthHash::START,
        });
        answer(self, request, Dialect::SMB2_0_2, None)
    }
}
