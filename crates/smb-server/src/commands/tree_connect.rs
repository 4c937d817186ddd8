//! TREE_CONNECT (MS-SMB2 3.3.5.7).

use std::sync::Arc;

use smb_wire::NtStatus;
use smb_wire::smb2::{
    AccessMask, Header, ShareCapabilities, ShareFlags, ShareType, Target, TreeConnectRequest,
    TreeConnectResponse,
};

use super::{Chain, Outcome, Request, Result};
use crate::answer::Answer;
use crate::connection::Connection;
use crate::fs::access;
use crate::session::{Session, Tree};
use crate::share::Share;

const BODY: usize = 16;
/// The share for named pipes, which every server has.
const IPC: &str = "IPC$";

pub(super) fn tree_connect(
    connection: &Connection,
    request: &Request<'_>,
    session: &Arc<Session>,
    chain: &mut Chain,
) -> Result<Outcome> {
    let connect = TreeConnectRequest::parse(request.message)?;
    let path = connect.path.to_string();
    let name = path.rsplit('\\').next().unwrap_or_default();
    if !path.starts_with("\\\\") {
        return Err(NtStatus::INVALID_PARAMETER.into());
    }
    let share = if name.eq_ignore_ascii_case(IPC) {
        None
    } else {
        Some(
            connection
                .server
                .share(name)
                .ok_or(NtStatus::BAD_NETWORK_NAME)?
                .clone(),
        )
    };
    let must_seal = share.as_ref().is_some_and(Share::is_encrypted);
    if must_seal && session.seals().is_none() {
        return Err(NtStatus::ACCESS_DENIED.into());
    }
    let response = TreeConnectResponse {
        share_type: if share.is_some() {
            ShareType::DISK
        } else {
            ShareType::PIPE
        },
        share_flags: if must_seal {
            ShareFlags::ENCRYPT_DATA
        } else {
            ShareFlags::empty()
        },
        capabilities: ShareCapabilities::empty(),
        maximal_access: AccessMask::from_bits_retain(
            share
                .as_ref()
                .map_or(access::ALL, |share| share.maximal_access()),
        ),
    };
    let id = connection.server.next_id() as u32;
    session.connect(Tree {
        id,
        share,
        must_seal,
    })?;
    chain.tree_id = id;
    let mut header = Header::response(&request.header, NtStatus::SUCCESS);
    header.target = Target::tree(id);
    Ok(Outcome::Answer(Answer::compose(header, BODY, |w| {
        response.emit(w)
    })?))
}
