//! Answers.

use smb_wire::{EmitError, ParseError, Reader};

use crate::{LENGTH_SIZE, MAX_DATA};

/// An open file of the agent's. Numbers are not used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Handle(pub u32);

impl Handle {
    /// Reads the data of a successful create's reply.
    pub fn parse(data: &[u8]) -> Result<Self, ParseError> {
        Reader::new(data).u32("Handle").map(Self)
    }

    /// The data of a successful create's reply.
    pub const fn to_bytes(self) -> [u8; 4] {
        self.0.to_le_bytes()
    }
}

/// Bytes of a reply's frame before its data, the frame's length included.
pub const REPLY_HEAD: usize = LENGTH_SIZE + 16;

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply<'a> {
    /// The request's tag.
    pub tag: u32,
    /// Its NTSTATUS.
    pub status: i32,
    /// `IoStatus.Information`: mostly a count of bytes, of a create what was done.
    pub information: u64,
    /// What was read or asked for; a [`Handle`] for a create, a [`Report`](crate::Report) for a status.
    pub data: &'a [u8],
}

impl<'a> Reply<'a> {
    /// Reads what follows a frame's length.
    pub fn parse(body: &'a [u8]) -> Result<Self, ParseError> {
        let mut r = Reader::new(body);
        Ok(Self {
            tag: r.u32("Tag")?,
            status: r.u32("Status")?.cast_signed(),
            information: r.u64("Information")?,
            data: r.rest(),
        })
    }

    /// The frame up to its data, which is to be sent after it. An error if the data is longer than [`MAX_DATA`].
    pub fn head(&self) -> Result<[u8; REPLY_HEAD], EmitError> {
        let too_long = EmitError::TooLong("Data");
        if self.data.len() > MAX_DATA {
            return Err(too_long);
        }
        let length = REPLY_HEAD
            .saturating_sub(LENGTH_SIZE)
            .saturating_add(self.data.len());
        let length = u32::try_from(length).map_err(|_| too_long)?;
        let mut head = [0; REPLY_HEAD];
        let mut w = smb_wire::Writer::new(&mut head);
        w.u32(length)?;
        w.u32(self.tag)?;
        w.u32(self.status.cast_unsigned())?;
        w.u64(self.information)?;
        Ok(head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::body_length;
    use proptest::prelude::*;
    use std::vec::Vec;

    #[test]
    fn a_handle_is_what_was_sent() {
        let handle = Handle(0x0102_0304);
        assert_eq!(Handle::parse(&handle.to_bytes()), Ok(handle));
        assert!(Handle::parse(&[1, 2, 3]).is_err());
    }

    #[test]
    fn a_reply_cut_short_is_refused() {
        let reply = Reply {
            tag: 1,
            status: 0,
            information: 0,
            data: &[],
        };
        let head = reply.head().unwrap();
        for length in 0..head.len() - LENGTH_SIZE {
            assert!(Reply::parse(&head[LENGTH_SIZE..][..length]).is_err());
        }
    }

    proptest! {
        #[test]
        fn a_reply_is_what_was_sent(
            tag: u32, status: i32, information: u64, data: Vec<u8>,
        ) {
            let reply = Reply { tag, status, information, data: &data };
            let mut frame = reply.head().unwrap().to_vec();
            frame.extend_from_slice(&data);
            let (length, body) = frame.split_first_chunk().unwrap();
            prop_assert_eq!(body_length(*length), Ok(body.len()));
            prop_assert_eq!(Reply::parse(body), Ok(reply));
        }
    }
}
