//! NEGOTIATE, from SMB2 and from SMB1 (MS-SMB2 3.3.5.3, 3.3.5.4).

mod choice;

use smb_crypto::PreauthHash;
use smb_wire::smb1::{self, DialectName};
use smb_wire::smb2::negotiate_context::{HashAlgorithm, NegotiateContext};
use smb_wire::smb2::{Capabilities, Dialect, NegotiateRequest, NegotiateResponse, SecurityMode};
use smb_wire::{Guid, List, NtStatus};

use super::{Failure, Outcome, Request, Result};
use crate::connection::{Connection, Negotiated};
use crate::fs::filetime_now;
use crate::logon;
use crate::server::{Server, Signing};
use choice::Choice;

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
    let settings = &connection.server.settings;
    let choice = Choice::make(settings, dialect, &offer)?;
    let mut preauth = PreauthHash::START;
    if dialect == Dialect::SMB3_1_1 {
        preauth = preauth
            .extended(&[request.message])
            .map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)?;
    }
    connection.negotiated = Some(Negotiated {
        dialect,
        client_capabilities: offer.capabilities,
        client_guid: offer.client_guid,
        client_security_mode: offer.security_mode,
        capabilities: choice.capabilities(settings),
        signing_algorithm: choice.signing_algorithm(),
        cipher: choice.cipher,
        preauth,
    });
    answer(connection, request, &choice)
}

fn answer(connection: &Connection, request: &Request<'_>, choice: &Choice) -> Result<Outcome> {
    let server = &connection.server;
    let mut salt = [0; SALT_LEN];
    getrandom::fill(&mut salt).map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)?;
    let hashes = [HashAlgorithm::SHA_512];
    let ciphers = [choice.cipher_id()];
    let algorithms = choice.signing_id();
    let mut contexts = Vec::new();
    if choice.dialect == Dialect::SMB3_1_1 {
        contexts.push(NegotiateContext::PreauthIntegrity {
            algorithms: List::new(&hashes),
            salt: &salt,
        });
    }
    if choice.names_ciphers {
        contexts.push(NegotiateContext::Encryption(List::new(&ciphers)));
    }
    if let Some(algorithm) = &algorithms {
        let algorithm = std::slice::from_ref(algorithm);
        contexts.push(NegotiateContext::Signing(List::new(algorithm)));
    }
    let token = logon::offer()?;
    let max_io = connection.max_io();
    let response = NegotiateResponse {
        security_mode: security_mode(server),
        dialect: choice.dialect,
        server_guid: server.guid,
        capabilities: choice.capabilities(&server.settings),
        max_transact_size: max_io,
        max_read_size: max_io,
        max_write_size: max_io,
        system_time: filetime_now().cast_signed(),
        server_start_time: server.started.cast_signed(),
        security_buffer: &token,
        contexts: List::new(&contexts),
    };
    request.answer(BODY + token.len(), |w| response.emit(w))
}

impl Connection {
    /// Answers SMB1's opener in SMB2: with 2.0.2, or with the wildcard after which the client negotiates again.
    pub(crate) fn answer_opener(&mut self, request: &Request<'_>) -> Result<Outcome> {
        let opener = smb1::NegotiateRequest::parse(request.message).map_err(|_| Failure::Hangup)?;
        let names = |name| opener.dialects.iter().any(|dialect| dialect == name);
        let dialects = &self.server.settings.dialects;
        if names(DialectName::SMB_2_WILDCARD) && *dialects.end() > Dialect::SMB2_0_2 {
            return answer(self, request, &Choice::bare(Dialect::WILDCARD));
        }
        if !names(DialectName::SMB_2_002) || !dialects.contains(&Dialect::SMB2_0_2) {
            return Err(Failure::Hangup);
        }
        let choice = Choice::bare(Dialect::SMB2_0_2);
        self.negotiated = Some(Negotiated {
            dialect: choice.dialect,
            client_capabilities: Capabilities::empty(),
            client_guid: Guid::default(),
            client_security_mode: SecurityMode::SIGNING_ENABLED,
            capabilities: Capabilities::empty(),
            signing_algorithm: choice.signing_algorithm(),
            cipher: None,
            preauth: PreauthHash::START,
        });
        answer(self, request, &choice)
    }
}
