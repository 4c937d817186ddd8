//! Faults of a connection's bytes, whatever they mean.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What goes wrong with the bytes that the server sends on one connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StreamFault {
    /// The connection is closed after exactly this many bytes.
    CloseAtByte(u64),
    /// The connection is closed after this many frames.
    CloseAfterFrames(u64),
    /// The byte at this offset is combined with `mask` by exclusive or.
    Corrupt {
        /// The byte's offset in the server's stream.
        offset: u64,
        /// The bits to turn over.
        mask: u8,
    },
    /// The stream is sent in pieces of this many bytes, with a pause after each.
    Fragment {
        /// Bytes in a piece; at least 1.
        size: usize,
        /// How long to wait after a piece; with 0 the pieces may arrive together.
        pause: Duration,
    },
}

/// The faults of one connection's stream and how far it has come.
pub(crate) struct StreamState {
    faults: Vec<StreamFault>,
    sent: u64,
    frames: u64,
    /// Counts the frames that were not sent as they are.
    struck: Arc<AtomicU64>,
}

impl StreamState {
    pub(super) fn new(faults: Vec<StreamFault>, struck: Arc<AtomicU64>) -> Self {
        Self {
            faults,
            sent: 0,
            frames: 0,
            struck,
        }
    }

    /// Whether the stream may be written without looking at it.
    pub(crate) fn is_clean(&self) -> bool {
        self.faults.is_empty()
    }

    /// Sends a frame with all its faults; an error means that the connection ends here.
    pub(crate) fn write(&mut self, wire: &mut impl Write, mut bytes: Vec<u8>) -> io::Result<()> {
        let start = self.sent;
        let mut ends = None;
        let mut pieces = (bytes.len().max(1), Duration::ZERO);
        let mut struck = false;
        self.frames += 1;
        for fault in &self.faults {
            match fault {
                StreamFault::CloseAtByte(at) if *at < start + bytes.len() as u64 => {
                    ends = Some((*at - start.min(*at)) as usize);
                    struck = true;
                }
                StreamFault::CloseAfterFrames(frames) if *frames < self.frames => {
                    ends = Some(0);
                    struck = true;
                }
                StreamFault::Corrupt { offset, mask } => {
                    let place = offset
                        .checked_sub(start)
                        .and_then(|at| bytes.get_mut(at as usize));
                    if let Some(byte) = place {
                        *byte ^= mask;
                        struck = true;
                    }
                }
                StreamFault::Fragment { size, pause } => {
                    pieces = ((*size).max(1), *pause);
                    struck = true;
                }
                StreamFault::CloseAtByte(_) | StreamFault::CloseAfterFrames(_) => {}
            }
        }
        self.struck.fetch_add(struck.into(), Ordering::Relaxed);
        bytes.truncate(ends.unwrap_or(bytes.len()));
        for piece in bytes.chunks(pieces.0) {
            wire.write_all(piece)?;
            if !pieces.1.is_zero() {
                std::thread::sleep(pieces.1);
            }
        }
        self.sent += bytes.len() as u64;
        if ends.is_some() {
            Err(io::ErrorKind::ConnectionAborted.into())
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is sent, whether the connection goes on, and how many frames met a fault.
    fn send(faults: &[StreamFault], frames: &[&[u8]]) -> (Vec<u8>, bool, u64) {
        let struck = Arc::default();
        let mut state = StreamState::new(faults.to_vec(), Arc::clone(&struck));
        let mut wire = Vec::new();
        let alive = frames
            .iter()
            .all(|frame| state.write(&mut wire, frame.to_vec()).is_ok());
        (wire, alive, struck.load(Ordering::Relaxed))
    }

    #[test]
    fn the_stream_ends_exactly_at_the_byte() {
        assert_eq!(
            send(&[StreamFault::CloseAtByte(5)], &[b"abc", b"def"]),
            (b"abcde".to_vec(), false, 1)
        );
        assert_eq!(
            send(&[StreamFault::CloseAtByte(6)], &[b"abc", b"def"]),
            (b"abcdef".to_vec(), true, 0)
        );
        assert_eq!(
            send(&[StreamFault::CloseAfterFrames(1)], &[b"abc", b"def"]),
            (b"abc".to_vec(), false, 1)
        );
    }

    #[test]
    fn a_byte_is_corrupted_once_and_fragments_keep_the_rest() {
        let faults = [
            StreamFault::Corrupt {
                offset: 4,
                mask: 0x20,
            },
            StreamFault::Fragment {
                size: 2,
                pause: Duration::ZERO,
            },
        ];
        assert_eq!(
            send(&faults, &[b"abc", b"def"]),
            (b"abcdEf".to_vec(), true, 2)
        );
    }
}
