//! Encrypted frames (MS-SMB2 3.2.5.1.1.1): collected whole, opened where they lie, then taken for a compound.

use smb_wire::netbios::FrameHeader;
use smb_wire::smb2::transform::TransformHeader;

use super::{Phase, Receiver, SharedTable, Step, Token, awaited};
use crate::error::ClientError;

impl<T: Token> Receiver<T> {
    /// Prepares for an encrypted frame. Whom it answers only the opened message tells, so it may be as long as all that was
    /// asked for together (MS-SMB2 3.2.5.1.1.1).
    pub(super) fn open_sealed(
        &mut self,
        len: usize,
        session_id: u64,
        table: &impl SharedTable<T>,
    ) -> Result<(), ClientError> {
        if !table.with_sealing(session_id, |sealing| sealing.is_some()) {
            return Err(ClientError::UnexpectedEncryption);
        }
        self.collect(len, awaited(table).min(self.max_sealed))?;
        self.phase = Phase::Sealed { len, session_id };
        Ok(())
    }

    /// Opens an encrypted frame where it lies. What is not the server's own ends the connection: the request that it would
    /// answer could only wait for its time-out.
    // Its own frame: what cipher and hash need is not to lie on top of what answers need.
    #[inline(never)]
    pub(super) fn unseal(
        &mut self,
        len: usize,
        session_id: u64,
        table: &impl SharedTable<T>,
    ) -> Result<Step, ClientError> {
        let start = self.start.saturating_add(FrameHeader::LEN);
        let frame = self.inline.get_mut(start..start.saturating_add(len));
        let frame = frame.unwrap_or_default();
        table.with_sealing(session_id, |sealing| match sealing {
            Some(sealing) => sealing.open(frame),
            None => Err(ClientError::UnexpectedEncryption),
        })?;
        self.phase = Phase::Compound {
            len,
            next: TransformHeader::LEN,
            sealed: Some(session_id),
        };
        Ok(Step::Again)
    }
}
