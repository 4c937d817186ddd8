//! A READ's data: what of it goes straight into the caller's buffer, and where it is in a message that is whole.

use core::ops::Range;

use smb_wire::smb2::{ReadResponse, ReadResponseHead};
use smb_wire::{Fault, NtStatus, ParseError};

use super::signature::verify_with;
use super::{Phase, Place, Receiver, Step, Token, frame};
use crate::error::ClientError;

/// How much a server may add behind the data.
pub(super) const MAX_TAIL: usize = 256;

impl<T: Token> Receiver<T> {
    /// Prepares for a READ's data: the fixed part, which the first look has, tells where it is (MS-SMB2 2.2.20).
    pub(super) fn open_data(&mut self, len: usize, asked: u32) -> Result<(), ClientError> {
        let fixed = fixed_part(
            self.message_bytes(0, len.min(ReadResponse::FIXED_END)),
            asked,
        )?;
        let data = usize::try_from(fixed.data_length).unwrap_or(usize::MAX);
        let head = match data {
            0 => ReadResponse::FIXED_END,
            _ => usize::from(fixed.data_offset),
        };
        let tail = len
            .checked_sub(head)
            .and_then(|rest| rest.checked_sub(data))
            .ok_or(ParseError {
                field: "DataLength",
                fault: Fault::OutOfBounds,
            })?;
        if tail > MAX_TAIL {
            return Err(frame::too_long(
                len,
                len.saturating_sub(tail).saturating_add(MAX_TAIL),
            ));
        }
        self.reserve(head.saturating_add(tail))?;
        self.phase = Phase::DataHead { len, head, data };
        Ok(())
    }

    /// Answers a READ whose data has been placed, if signature and data fit each other.
    pub(super) fn data_complete(
        &mut self,
        len: usize,
        head: usize,
        data: usize,
    ) -> Result<Step, ClientError> {
        if let Some(token) = &self.current {
            let inline = self.message_bytes(0, len.saturating_sub(data));
            let (before, behind) = inline.split_at_checked(head).unwrap_or((inline, &[]));
            let verified = verify_with(token, &self.header, before, |mac| {
                token.data(data, &mut |piece| mac.update(piece));
                mac.update(behind);
            });
            match verified {
                Ok(()) => {}
                // The buffer is its user's, who may have written to it meanwhile: that must not cost others the connection.
                Err(ClientError::BadSignature) => {
                    self.end_frame(len.saturating_sub(data));
                    return Ok(Step::Forged);
                }
                Err(error) => return Err(error),
            }
        }
        let from = self.end_frame(len.saturating_sub(data));
        Ok(Step::Answer {
            from,
            to: from.saturating_add(head),
            data: Place::Elsewhere(data),
        })
    }
}

/// Whether a READ with this status brings data: a pipe's message may be longer than the buffer.
pub(super) fn carries_data(status: NtStatus) -> bool {
    status.is_success() || status == NtStatus::BUFFER_OVERFLOW
}

/// Where the data of a READ's whole response is, if the message is at `from`.
pub(super) fn find_data(
    message: &[u8],
    from: usize,
    asked: u32,
) -> Result<Range<usize>, ClientError> {
    let head = fixed_part(message, asked)?;
    let data = ReadResponse::parse(message)?.data;
    let start = match data {
        [] => from,
        _ => from.saturating_add(head.data_offset.into()),
    };
    Ok(start..start.saturating_add(data.len()))
}

/// The fixed part of a READ's response, which must not bring more than was asked for.
fn fixed_part(message: &[u8], asked: u32) -> Result<ReadResponseHead, ClientError> {
    let fixed = ReadResponse::parse_fixed(message)?;
    if fixed.data_length > asked {
        return Err(ClientError::TooMuchData {
            asked,
            answered: fixed.data_length,
        });
    }
    Ok(fixed)
}
