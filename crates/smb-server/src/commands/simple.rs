//! Commands without a body worth the name: ECHO, LOGOFF, TREE_DISCONNECT, FLUSH.

use std::sync::Arc;

use smb_wire::NtStatus;
use smb_wire::smb2::{
    EchoRequest, EchoResponse, FlushRequest, FlushResponse, LogoffRequest, LogoffResponse,
    TreeDisconnectRequest, TreeDisconnectResponse,
};

use super::{Chain, Outcome, Request, Result};
use crate::connection::Connection;
use crate::fs::access;
use crate::session::{Session, Tree};

/// What a body of StructureSize 4 takes.
const BODY: usize = 4;

/// MS-SMB2 3.3.5.17.
pub(super) fn echo(request: &Request<'_>) -> Result<Outcome> {
    EchoRequest::parse(request.message)?;
    request.answer(BODY, |w| EchoResponse.emit(w))
}

/// MS-SMB2 3.3.5.6.
pub(super) fn logoff(connection: &mut Connection, request: &Request<'_>) -> Result<Outcome> {
    LogoffRequest::parse(request.message)?;
    let session = request.session()?;
    connection.sessions.remove(&session.id);
    connection.server.remove_session(session.id);
    session.end();
    request.answer(BODY, |w| LogoffResponse.emit(w))
}

/// MS-SMB2 3.3.5.8.
pub(super) fn tree_disconnect(
    request: &Request<'_>,
    session: &Session,
    tree: &Arc<Tree>,
) -> Result<Outcome> {
    TreeDisconnectRequest::parse(request.message)?;
    if !session.disconnect(tree.id) {
        return Err(NtStatus::NETWORK_NAME_DELETED.into());
    }
    request.answer(BODY, |w| TreeDisconnectResponse.emit(w))
}

/// MS-SMB2 3.3.5.11. Memory is as durable as it gets here.
pub(super) fn flush(request: &Request<'_>, chain: &mut Chain) -> Result<Outcome> {
    let flush = FlushRequest::parse(request.message)?;
    let file = request.file(flush.file_id, chain)?;
    file.open
        .require(access::WRITE_DATA | access::APPEND_DATA)?;
    request.answer(BODY, |w| FlushResponse.emit(w))
}
