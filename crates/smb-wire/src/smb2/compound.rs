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

#[cfg(test)]
mod tests {
    use std::vec;
    use std::vec::Vec;

    use super::*;
    use crate::Fault;
    use crate::smb2::{Command, EchoRequest, FileId, FlushRequest, HeaderFlags};
    use crate::writer::emitted;

    /// A compound of three messages: 64 + 4 bytes, padded to 72; the same; 64 + 24 bytes.
    fn compound() -> Vec<u8> {
        emitted(|w| {
            let mut compound = Builder::new(w);
            compound.add(w, &Header::request(Command::ECHO, 1), |w| {
                EchoRequest.emit(w)
            })?;
            compound.add(w, &Header::request(Command::ECHO, 2), |w| {
                EchoRequest.emit(w)
            })?;
            let header = Header {
                flags: HeaderFlags::RELATED_OPERATIONS,
                ..Header::request(Command::FLUSH, 3)
            };
            compound.add(w, &header, |w| {
                FlushRequest {
                    file_id: FileId::RELATED,
                }
                .emit(w)
            })?;
            Ok(())
        })
    }

    #[test]
    fn a_compound_gives_its_messages_in_order() {
        let frame = compound();
        let messages: Vec<&[u8]> = Chain::new(&frame).collect::<Result<_, _>>().unwrap();
        let lengths: Vec<usize> = messages.iter().map(|message| message.len()).collect();
        assert_eq!(lengths, [72, 72, 88]);
        let ids: Vec<u64> = messages
            .iter()
            .map(|message| Header::parse(message).unwrap().message_id)
            .collect();
        assert_eq!(ids, [1, 2, 3]);
        assert_eq!(
            FlushRequest::parse(messages[2]).unwrap().file_id,
            FileId::RELATED
        );
    }

    #[test]
    fn case_09_the_last_message_of_a_compound_takes_what_is_behind_it() {
        for junk in [0, 1, 3, 8, 24] {
            let mut frame = compound();
            frame.extend(vec![0; junk]);
            assert_eq!(Chain::new(&frame).last().unwrap().unwrap().len(), 88 + junk);
        }
    }

    #[test]
    fn case_08_a_compound_whose_link_goes_astray_ends_with_an_error() {
        let rows: [(u32, Fault); 7] = [
            (8, Fault::OutOfBounds),
            (56, Fault::OutOfBounds),
            (70, Fault::Misaligned),
            (0xFFFF_FFF8, Fault::OutOfBounds),
            (176, Fault::OutOfBounds),
            (232, Fault::OutOfBounds),
            (240, Fault::OutOfBounds),
        ];
        for (next, fault) in rows {
            let mut frame = compound();
            frame[Header::NEXT_COMMAND].copy_from_slice(&next.to_le_bytes());
            let messages: Vec<_> = Chain::new(&frame).collect();
            assert_eq!(
                messages,
                [Err(ParseError {
                    field: "NextCommand",
                    fault
                })],
                "NextCommand {next}"
            );
        }
    }

    #[test]
    fn case_08_a_compound_cut_inside_a_header_ends_with_an_error() {
        let frame = compound();
        assert!(Chain::new(&frame[..63]).all(|message| message.is_err()));
        assert!(Chain::new(&[]).next().is_none());
    }
}
