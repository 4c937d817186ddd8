//! MUP asks whether a path is this provider's (IOCTL_REDIR_QUERY_PATH_EX; reference 4.3, 5.2).
//!
//! The question is answered by connecting: the request poses as a tree connection by UNC name, and what the mini-redirector
//! says to MRxCreateSrvCall and MRxCreateVNetRoot decides.

use super::connect;
use super::credentials::Credentials;
use super::name;
use crate::context::{self, Context};
use crate::live::{addr, set};
use crate::net;
use nt::sys::{
    IO_SECURITY_CONTEXT, NTSTATUS, STATUS_BAD_NETWORK_PATH, STATUS_INVALID_DEVICE_REQUEST,
};
use rdbss::raw::*;

/// MUP's question.
pub(crate) struct QueryPath<'a> {
    pub path: &'a [u16],
    pub security: *mut IO_SECURITY_CONTEXT,
}

/// How many characters of the path are this provider's: `\server\share`.
pub(crate) fn query_path(context: Context, question: &QueryPath<'_>) -> Result<usize, NTSTATUS> {
    let device = context::device(context).ok_or(STATUS_INVALID_DEVICE_REQUEST)?;
    // What follows the share is not the question: whether it is a name at all, the open will find out.
    let cut = name::split(name::server_and_share(question.path), false)
        .map_err(|_| STATUS_BAD_NETWORK_PATH)?;
    if !cut.is_unc() {
        return Err(STATUS_BAD_NETWORK_PATH);
    }
    let claim = addr!(context => Common.PrefixClaim);
    set!(claim => SuppliedPathName, crate::unicode::over(question.path));
    set!(claim => NetRootType, NET_ROOT_WILD);
    set!(claim => pSecurityContext, question.security);
    let create = context::create_params(context);
    let control = context::major(context);
    context::set_major(context, nt::sys::IRP_MJ_CREATE);
    // SAFETY: the create's part of the parameters is unused in a control, and all zero is a value of it.
    unsafe { create.as_ptr().write_bytes(0, 1) };
    set!(create => NtCreateParameters.SecurityContext, question.security);
    set!(create => ThisIsATreeConnectOpen, 1);
    let found = connect::identity(context).and_then(|identity| {
        connect::view_by_name(context, device, &cut, &Credentials::default(), identity)
    });
    let accepted = found.map(|found| {
        net::dereference(found.view);
        cut.tail.len().saturating_sub(found.path.len())
    });
    context::free_name(context);
    context::set_major(context, control);
    let accepted = accepted?;
    Ok(accepted)
}
