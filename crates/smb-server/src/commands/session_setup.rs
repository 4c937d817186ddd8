//! SESSION_SETUP (MS-SMB2 3.3.5.5).

use std::sync::Arc;

use smb_crypto::PreauthHash;
use smb_wire::NtStatus;
use smb_wire::smb2::{
    Command, Dialect, Header, SecurityMode, SessionFlags, SessionSetupFlags, SessionSetupRequest,
    SessionSetupResponse,
};

use super::{Chain, Failure, Outcome, Request, Result};
use crate::answer::Answer;
use crate::connection::Connection;
use crate::logon::{Admitted, Identity, Logon, Step};
use crate::server::{Encryption, Signing};
use crate::session::{Session, SessionKeys};

const BODY: usize = 8;
/// Log-ons that a connection can have begun and not finished.
const MAX_LOGONS: usize = 16;
/// Sessions that a connection can have.
const MAX_SESSIONS: usize = 256;

pub(super) fn session_setup(
    connection: &mut Connection,
    request: &Request<'_>,
    chain: &mut Chain,
) -> Result<Outcome> {
    let setup = SessionSetupRequest::parse(request.message)?;
    if setup.flags.contains(SessionSetupFlags::BINDING) {
        return Err(NtStatus::REQUEST_NOT_ACCEPTED.into());
    }
    let id = session_id(connection, request)?;
    chain.session_id = id;
    let mut logon = connection
        .logons
        .remove(&id)
        .unwrap_or_else(|| Logon::new(preauth(connection)));
    if connection.dialect() == Some(Dialect::SMB3_1_1) {
        logon.preauth = logon
            .preauth
            .extended(&[request.message])
            .map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)?;
    }
    match logon.step(&connection.server, setup.security_buffer)? {
        Step::Continue(token) => {
            connection.logons.insert(id, logon);
            answer(
                request,
                id,
                NtStatus::MORE_PROCESSING_REQUIRED,
                SessionFlags::empty(),
                &token,
            )
        }
        Step::Done(admitted) => admit(connection, request, &setup, id, &logon, admitted),
    }
}

/// The session that the request continues, or the number of a new one.
fn session_id(connection: &Connection, request: &Request<'_>) -> Result<u64> {
    let id = request.header.session_id;
    if id != 0 {
        // A session that is logged on may prove itself anew; any other id must be of a log-on under way.
        let known = connection.logons.contains_key(&id) || request.session.is_some();
        return if known {
            Ok(id)
        } else {
            Err(NtStatus::USER_SESSION_DELETED.into())
        };
    }
    if connection.logons.len() >= MAX_LOGONS || connection.sessions.len() >= MAX_SESSIONS {
        return Err(NtStatus::INSUFFICIENT_RESOURCES.into());
    }
    Ok(connection.server.next_id())
}

fn preauth(connection: &Connection) -> PreauthHash {
    connection
        .negotiated
        .as_ref()
        .map_or(PreauthHash::START, |negotiated| negotiated.preauth)
}

fn admit(
    connection: &mut Connection,
    request: &Request<'_>,
    setup: &SessionSetupRequest<'_>,
    id: u64,
    logon: &Logon,
    admitted: Admitted,
) -> Result<Outcome> {
    let Admitted {
        token,
        identity,
        key,
    } = admitted;
    let mut flags = match identity {
        Identity::User => SessionFlags::empty(),
        Identity::Guest => SessionFlags::IS_GUEST,
        Identity::Anonymous => SessionFlags::IS_NULL,
    };
    // A session that proves itself again keeps its files and its keys (MS-SMB2 3.3.5.5.3).
    if request.session.is_none() {
        let negotiated = connection.negotiated.as_ref().ok_or(Failure::Hangup)?;
        let keys = key
            .map(|key| SessionKeys::derive(negotiated, logon.preauth, &key))
            .transpose()
            .map_err(|_| NtStatus::INSUFFICIENT_RESOURCES)?;
        let must_seal = connection.server.settings.encryption == Encryption::Required;
        if must_seal && !keys.as_ref().is_some_and(SessionKeys::can_seal) {
            return Err(NtStatus::ACCESS_DENIED.into());
        }
        let must_sign = connection.server.settings.signing == Signing::Required
            || setup.security_mode.contains(SecurityMode::SIGNING_REQUIRED);
        let session = Session::new(id, keys, must_sign, must_seal);
        if setup.previous_session_id != 0 && setup.previous_session_id != id {
            connection
                .server
                .end_previous_session(setup.previous_session_id);
        }
        connection.server.add_session(&session);
        connection.sessions.insert(id, Arc::clone(&session));
    }
    let session = connection.sessions.get(&id);
    let must_seal = session.is_some_and(|session| session.must_seal);
    flags.set(SessionFlags::ENCRYPT_DATA, must_seal);
    answer(request, id, NtStatus::SUCCESS, flags, &token)
}

fn answer(
    request: &Request<'_>,
    id: u64,
    status: NtStatus,
    flags: SessionFlags,
    token: &[u8],
) -> Result<Outcome> {
    let mut header = Header::response(&request.header, status);
    header.session_id = id;
    let response = SessionSetupResponse {
        flags,
        security_buffer: token,
    };
    Ok(Outcome::Answer(Answer::compose(
        header,
        BODY + token.len() + 1,
        |w| response.emit(w),
    )?))
}

impl Connection {
    /// Adds a reply that was sent to the pre-authentication hash that it belongs to (MS-SMB2 3.3.4.1).
    pub(crate) fn extend_preauth(&mut self, header: &Header, message: &[u8]) {
        let hash = match (header.command, header.status) {
            (Command::NEGOTIATE, _) => self
                .negotiated
                .as_mut()
                .map(|negotiated| &mut negotiated.preauth),
            (Command::SESSION_SETUP, NtStatus::MORE_PROCESSING_REQUIRED) => self
                .logons
                .get_mut(&header.session_id)
                .map(|logon| &mut logon.preauth),
            _ => None,
        };
        if let Some(hash) = hash
            && let Ok(extended) = hash.extended(&[message])
        {
            *hash = extended;
        }
    }
}
