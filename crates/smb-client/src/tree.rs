//! TREE_CONNECT (MS-SMB2 3.2.4.2.4, 3.2.5.5).

use smb_wire::smb2::{
    AccessMask, Header, ShareCapabilities, ShareFlags, ShareType, TreeConnectFlags,
    TreeConnectRequest, TreeConnectResponse,
};
use smb_wire::{NtStatus, Utf16};

use crate::encode;
use crate::error::{ClientError, Failure};
use crate::exchange::Ticket;
use crate::keys::Protection;

/// A connected share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tree {
    /// TreeId.
    pub id: u32,
    /// Disk, pipe or printer.
    pub share_type: ShareType,
    /// The share's properties.
    pub flags: ShareFlags,
    /// What the share can do.
    pub capabilities: ShareCapabilities,
    /// The most that the user may do on the share.
    pub maximal_access: AccessMask,
}

impl Tree {
    /// Whether the server demands that everything on this share is encrypted (MS-SMB2 3.2.5.5). Then
    /// [`crate::Session::sealing`] does it, or the share cannot be used.
    #[must_use]
    pub const fn must_be_sealed(&self) -> bool {
        self.flags.contains(ShareFlags::ENCRYPT_DATA)
    }
}

/// Connects to a share. The request has charge 1 and tree id 0.
#[derive(Clone, Copy, Debug)]
pub enum TreeConnect {}

impl TreeConnect {
    /// Writes the request for `path`, which is `\\server\share`. In 3.1.1 it is signed even where nothing else is, so give
    /// [`crate::Session::full_protection`].
    ///
    /// # Errors
    /// [`ClientError::Emit`], [`ClientError::Crypto`].
    pub fn request(
        path: Utf16<'_>,
        ticket: &Ticket,
        protection: Protection<'_>,
        out: &mut [u8],
    ) -> Result<usize, ClientError> {
        let body = TreeConnectRequest {
            flags: TreeConnectFlags::empty(),
            path,
        };
        encode::request(out, ticket, protection, |w| body.emit(w))
    }

    /// Takes the reply's message.
    ///
    /// # Errors
    /// The server's status, or what is wrong with the share.
    pub fn reply(message: &[u8]) -> Result<Tree, Failure> {
        let header = Header::parse(message)?;
        if header.status != NtStatus::SUCCESS {
            return Err(Failure::Server(header.status));
        }
        let response = TreeConnectResponse::parse(message)?;
        if !matches!(
            response.share_type,
            ShareType::DISK | ShareType::PIPE | ShareType::PRINT
        ) {
            return Err(ClientError::UnknownShareType(response.share_type.0).into());
        }
        Ok(Tree {
            // The final answer may be asynchronous; its header then has no room for a tree id.
            id: header
                .tree_id()
                .ok_or(ClientError::UnexpectedStatus(header.status))?,
            share_type: response.share_type,
            flags: response.share_flags,
            capabilities: response.capabilities,
            maximal_access: response.maximal_access,
        })
    }
}

#[cfg(test)]
mod tests;
