//! Connecting to servers and shares.

mod connection;
mod path;
mod srv_call;
mod srv_call_link;
mod v_net_root;
mod v_net_root_link;

pub use connection::{Finalize, connected_view, delete_connection};
pub use path::{SplitPath, split_path};
pub use srv_call::SrvCallCompletion;
pub use srv_call_link::SrvCallLink;
pub use v_net_root::{ShareParameters, VNetRootCompletion};
pub use v_net_root_link::VNetRootLink;

use crate::context_parts;
use crate::raw::{self, RX_CONTEXT};
use crate::unicode::characters;

/// Whom the user wants to be. What is None was not said; what is empty was said to be empty.
#[derive(Clone, Copy, Default)]
pub struct Credentials<'a> {
    /// The user's name.
    pub user: Option<&'a [u16]>,
    /// The password.
    pub password: Option<&'a [u16]>,
    /// The user's domain.
    pub domain: Option<&'a [u16]>,
}

/// What a create says of the connection that it needs.
#[derive(Clone, Copy)]
pub struct ConnectRequest<'a> {
    /// Whom the user wants to be.
    pub credentials: Credentials<'a>,
    /// The transport to use, where the user named one.
    pub transport: Option<&'a [u16]>,
    /// The open is only for the connection's sake (`net use`, or MUP's question whether a path is ours).
    pub is_tree_connect: bool,
    /// The open may connect later, when the connection is used.
    pub is_deferred: bool,
    /// The name is a UNC name.
    pub is_unc_name: bool,
}

impl<'a> ConnectRequest<'a> {
    /// # Safety
    /// `context` must be a create's context, alive and unchanged in its create parameters during `'a`.
    pub(crate) unsafe fn from_raw(context: *mut RX_CONTEXT) -> Self {
        // SAFETY: by the contract, the context lives and its parameters are those of a create.
        let create = unsafe { &*context_parts::create(context) };
        let said = |string: &'a raw::UNICODE_STRING| {
            // SAFETY: the strings of a create's context stay as long as it.
            (!string.Buffer.is_null()).then(|| unsafe { characters(string) })
        };
        Self {
            credentials: Credentials {
                user: said(&create.UserName),
                password: said(&create.Password),
                domain: said(&create.UserDomainName),
            },
            transport: said(&create.TransportName),
            is_tree_connect: create.ThisIsATreeConnectOpen != 0,
            is_deferred: create.TreeConnectOpenDeferred != 0,
            is_unc_name: create.Flags & raw::RX_CONTEXT_CREATE_FLAG_UNC_NAME != 0,
        }
    }
}

/// A key that keeps apart connections of the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionId {
    /// The first half; RDBSS's own keys put the session here.
    pub low: u32,
    /// The second half.
    pub high: i32,
}
