//! IOCTL (MS-SMB2 3.3.5.15).

use smb_wire::smb2::{
    Capabilities, Fsctl, IoctlFlags, IoctlRequest, IoctlResponse, SecurityMode,
    ValidateNegotiateRequest, ValidateNegotiateResponse,
};
use smb_wire::{NtStatus, Writer};

use super::negotiate::{choose_dialect, security_mode};
use super::{Chain, Failure, Outcome, Request, Result, copy_chunk};
use crate::connection::{Connection, Negotiated};

const BODY: usize = 64;

pub(super) fn ioctl(
    connection: &Connection,
    request: &Request<'_>,
    chain: &mut Chain,
) -> Result<Outcome> {
    let ioctl = IoctlRequest::parse(request.message)?;
    let len = ioctl
        .input
        .len()
        .max(ioctl.max_output_response as usize)
        .max(ioctl.max_input_response as usize);
    connection.check_payload(request, u32::try_from(len).unwrap_or(u32::MAX))?;
    if !ioctl.flags.contains(IoctlFlags::IS_FSCTL) {
        return Err(NtStatus::NOT_SUPPORTED.into());
    }
    match ioctl.ctl_code {
        Fsctl::VALIDATE_NEGOTIATE_INFO => validate_negotiate(connection, request, &ioctl),
        Fsctl::DFS_GET_REFERRALS | Fsctl::DFS_GET_REFERRALS_EX => Err(NtStatus::NOT_FOUND.into()),
        Fsctl::QUERY_NETWORK_INTERFACE_INFO => Err(NtStatus::NOT_SUPPORTED.into()),
        Fsctl::SRV_REQUEST_RESUME_KEY => {
            let file = request.file(ioctl.file_id, chain)?;
            answer(
                request,
                &ioctl,
                NtStatus::SUCCESS,
                &copy_chunk::resume_key(file.id),
            )
        }
        Fsctl::SRV_COPYCHUNK | Fsctl::SRV_COPYCHUNK_WRITE => {
            if (ioctl.max_output_response as usize) < copy_chunk::RESPONSE {
                return Err(NtStatus::INVALID_PARAMETER.into());
            }
            let copied =
                copy_chunk::copy(request, chain, ioctl.ctl_code, ioctl.file_id, ioctl.input)?;
            answer(request, &ioctl, copied.status, &copied.output)
        }
        _ => {
            // A file system's way to say that it does not know a control code.
            request.file(ioctl.file_id, chain)?;
            Err(NtStatus::INVALID_DEVICE_REQUEST.into())
        }
    }
}

/// FSCTL_VALIDATE_NEGOTIATE_INFO (MS-SMB2 3.3.5.15.12): whether somebody between changed the NEGOTIATE. If so, the
/// connection ends without a word.
fn validate_negotiate(
    connection: &Connection,
    request: &Request<'_>,
    ioctl: &IoctlRequest<'_>,
) -> Result<Outcome> {
    let negotiated = connection.negotiated.as_ref().ok_or(Failure::Hangup)?;
    let claim = ValidateNegotiateRequest::parse(ioctl.input).map_err(|_| Failure::Hangup)?;
    let room = ioctl.max_output_response as usize >= ValidateNegotiateResponse::LEN;
    if !room || !tells_the_same(connection, negotiated, &claim) {
        return Err(Failure::Hangup);
    }
    let mut output = [0; ValidateNegotiateResponse::LEN];
    let response = ValidateNegotiateResponse {
        capabilities: negotiated.capabilities,
        server_guid: connection.server.guid,
        security_mode: security_mode(&connection.server),
        dialect: negotiated.dialect,
    };
    response.emit(&mut Writer::new(&mut output))?;
    answer(request, ioctl, NtStatus::SUCCESS, &output)
}

fn answer(
    request: &Request<'_>,
    ioctl: &IoctlRequest<'_>,
    status: NtStatus,
    output: &[u8],
) -> Result<Outcome> {
    if output.len() > ioctl.max_output_response as usize {
        return Err(NtStatus::BUFFER_TOO_SMALL.into());
    }
    let response = IoctlResponse {
        ctl_code: ioctl.ctl_code,
        file_id: ioctl.file_id,
        flags: IoctlFlags::empty(),
        output,
    };
    request.answer_as(status, BODY + output.len(), |w| response.emit(w))
}

fn tells_the_same(
    connection: &Connection,
    negotiated: &Negotiated,
    claim: &ValidateNegotiateRequest<'_>,
) -> bool {
    let said: (Capabilities, SecurityMode) = (
        negotiated.client_capabilities,
        negotiated.client_security_mode,
    );
    claim.client_guid == negotiated.client_guid
        && (claim.capabilities, claim.security_mode) == said
        && choose_dialect(&connection.server, claim.dialects) == Some(negotiated.dialect)
}
