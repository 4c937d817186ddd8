//! Compounds: several messages in one frame, linked by NextCommand (MS-SMB2 3.2.4.1.4 and 3.3.4.1.3).

use super::Header;
use crate::writer::len32;
use crate::{EmitError, ParseError, Reader, Writer};

/// The messages of a frame, in order. After a broken link the iteration ends with an error.
#[derive(Clone, Debug)]
pub struct Chain<'a> {
    rest: &'a [u8],
}

impl<'a> Chain<'a> {
    /// The messages of `frame`, which may be just one.
    pub const fn new(frame: &'a [u8]) -> Self {
        Self { rest: frame }
    }
}

impl<'a> Iterator for Chain<'a> {
    type Item = Result<&'a [u8], ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let all = core::mem::take(&mut self.rest);
        Some(first_len(all).map(|len| {
            let (message, rest) = all.split_at_checked(len).unwrap_or((all, &[]));
            self.rest = rest;
            message
        }))
    }
}

/// How many bytes of `frame` belong to its first message, padding included. For a sender that signs the messages of a
/// compound one by one, and for a receiver that checks them.
///
/// A link must be a multiple of eight, reach over the header that it is in, and leave room for another header; the last
/// message takes all that is left, whatever a server padded it with.
pub fn first_len(frame: &[u8]) -> Result<usize, ParseError> {
    const FIELD: &str = "NextCommand";
    let mut r = Reader::new(frame);
    let mut header = Reader::new(r.take(Header::LEN, "SMB2 header")?);
    header.take(Header::NEXT_COMMAND.start, FIELD)?;
    let next = usize::try_from(header.u32(FIELD)?).map_err(|_| ParseError::out_of_bounds(FIELD))?;
    if next == 0 {
        return Ok(frame.len());
    }
    if !next.is_multiple_of(8) {
        return Err(ParseError::misaligned(FIELD));
    }
    let last = frame.len().saturating_sub(Header::LEN);
    if (Header::LEN..=last).contains(&next) {
        Ok(next)
    } else {
        Err(ParseError::out_of_bounds(FIELD))
    }
}

/// Puts messages behind one another into a writer, padding each to eight bytes and linking it to the next.
#[derive(Debug)]
pub struct Builder {
    frame_start: usize,
    last_start: Option<usize>,
}

impl Builder {
    /// A compound that begins at the writer's position.
    pub const fn new(w: &Writer<'_>) -> Self {
        Self {
            frame_start: w.position(),
            last_start: None,
        }
    }

    /// Appends a message: its header, then what `body` writes. Gives its position in the writer.
    pub fn add(
        &mut self,
        w: &mut Writer<'_>,
        header: &Header,
        body: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>,
    ) -> Result<usize, EmitError> {
        if let Some(last_start) = self.last_start {
            let len = w.position().saturating_sub(self.frame_start);
            w.zeros(crate::writer::padding(len, 8))?;
            let next = len32(w.position().saturating_sub(last_start), "NextCommand")?;
            w.patch(
                last_start.saturating_add(Header::NEXT_COMMAND.start),
                &next.to_le_bytes(),
            )?;
        }
        let start = w.position();
        header.emit(w)?;
        body(w)?;
        self.last_start = Some(start);
        Ok(start)
    }
}
