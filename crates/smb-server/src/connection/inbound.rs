//! Receiving frames: one buffer, in which messages are used where they arrived.

use std::io::{self, Read};
use std::ops::Range;

use smb_wire::netbios::{FrameHeader, PacketType};

/// What is asked from the socket at least; small requests arrive many at a time.
const READ_AHEAD: usize = 256 * 1024;

/// The receiving half of a connection.
pub(crate) struct Inbound<R> {
    source: R,
    buffer: Vec<u8>,
    /// The bytes received and not handed out yet.
    filled: Range<usize>,
    max_message: usize,
}

impl<R: Read> Inbound<R> {
    pub(crate) fn new(source: R, max_message: usize) -> Self {
        Self {
            source,
            buffer: vec![0; READ_AHEAD],
            filled: 0..0,
            max_message,
        }
    }

    /// The next message, without its frame header. `None` at the end of the stream; an error also for a frame that is
    /// too long or not a message.
    pub(crate) fn next(&mut self) -> io::Result<Option<&mut [u8]>> {
        let message = loop {
            if !self.fill(FrameHeader::LEN)? {
                return Ok(None);
            }
            let start = self.filled.start;
            let head: [u8; FrameHeader::LEN] = std::array::from_fn(|i| self.buffer[start + i]);
            let frame = FrameHeader::parse(head);
            let len = frame.length as usize;
            if len > self.max_message {
                return Err(io::ErrorKind::InvalidData.into());
            }
            if !self.fill(FrameHeader::LEN + len)? {
                return Ok(None);
            }
            let body = self.filled.start + FrameHeader::LEN;
            self.filled.start = body + len;
            match frame.packet_type {
                PacketType::MESSAGE => break body..body + len,
                PacketType::KEEP_ALIVE => {}
                _ => return Err(io::ErrorKind::InvalidData.into()),
            }
        };
        Ok(Some(&mut self.buffer[message]))
    }

    /// Receives until `len` bytes are there; false if the stream ends before.
    fn fill(&mut self, len: usize) -> io::Result<bool> {
        if self.filled.len() >= len {
            return Ok(true);
        }
        self.make_room(len);
        while self.filled.len() < len {
            let received = match self.source.read(&mut self.buffer[self.filled.end..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            if received == 0 {
                return Ok(false);
            }
            self.filled.end += received;
        }
        Ok(true)
    }

    /// Moves what is there to the front if `len` bytes would not fit behind it.
    fn make_room(&mut self, len: usize) {
        if self.filled.is_empty() {
            self.filled = 0..0;
        }
        if self.filled.start + len > self.buffer.len() {
            self.buffer.copy_within(self.filled.clone(), 0);
            self.filled = 0..self.filled.len();
        }
        if len > self.buffer.len() {
            self.buffer.resize(len + READ_AHEAD, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives its bytes in pieces of the given size.
    struct Slowly<'a>(&'a [u8], usize);

    impl Read for Slowly<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let len = self.1.min(into.len()).min(self.0.len());
            into[..len].copy_from_slice(&self.0[..len]);
            self.0 = &self.0[len..];
            Ok(len)
        }
    }

    fn frame(message: &[u8]) -> Vec<u8> {
        let head = FrameHeader::message(message.len()).unwrap().to_bytes();
        [&head, message].concat()
    }

    #[test]
    fn messages_come_whole_however_the_stream_is_cut() {
        let long = vec![7; 600_000];
        let stream = [frame(b"one"), frame(&long), frame(b""), frame(b"three")].concat();
        for piece in [1, 3, 4096, usize::MAX] {
            let mut inbound = Inbound::new(Slowly(&stream, piece), 1 << 20);
            let mut next = || inbound.next().unwrap().map(|message| message.to_vec());
            assert_eq!(next().as_deref(), Some(&b"one"[..]));
            assert_eq!(next().as_deref(), Some(&long[..]));
            assert_eq!(next().as_deref(), Some(&b""[..]));
            assert_eq!(next().as_deref(), Some(&b"three"[..]));
            assert_eq!(next(), None);
        }
    }

    #[test]
    fn a_frame_over_the_limit_is_refused_before_it_is_received() {
        let mut inbound = Inbound::new(&[0, 0xFF, 0xFF, 0xFF][..], 1000);
        assert_eq!(
            inbound.next().unwrap_err().kind(),
            io::ErrorKind::InvalidData
        );
    }
}
