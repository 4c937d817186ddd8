//! Writing into a caller's buffer.

#[cfg(test)]
pub(crate) use tests::emitted;

use zerocopy::{Immutable, IntoBytes};

use crate::EmitError;

/// A cursor over a buffer to fill. It remembers where the current message began, because SMB2 offsets and alignment
/// count from the message's header.
#[derive(Debug)]
pub struct Writer<'a> {
    buffer: &'a mut [u8],
    position: usize,
    start: usize,
}

impl<'a> Writer<'a> {
    /// A writer at the beginning of `buffer`, where the first message also begins.
    pub const fn new(buffer: &'a mut [u8]) -> Self {
        Self {
            buffer,
            position: 0,
            start: 0,
        }
    }

    /// How many bytes of the buffer were written.
    pub const fn position(&self) -> usize {
        self.position
    }

    /// How many bytes of the buffer are free.
    pub const fn remaining(&self) -> usize {
        self.buffer.len().saturating_sub(self.position)
    }

    /// What was written so far.
    pub fn written(&self) -> &[u8] {
        self.buffer.get(..self.position).unwrap_or_default()
    }

    /// What was written so far, to be changed in place: a signature goes in when the message is complete.
    pub fn written_mut(&mut self) -> &mut [u8] {
        self.buffer.get_mut(..self.position).unwrap_or_default()
    }

    /// What was written, as a slice that lives as long as the buffer.
    pub fn into_written(self) -> &'a mut [u8] {
        self.buffer.get_mut(..self.position).unwrap_or_default()
    }

    /// Begins a message at the current position; offsets count from here.
    pub const fn begin_message(&mut self) {
        self.start = self.position;
    }

    /// The distance from the current message's beginning.
    pub const fn message_offset(&self) -> usize {
        self.position.saturating_sub(self.start)
    }

    /// Takes back everything written after `position`, which [`Writer::position`] gave before.
    pub fn rewind(&mut self, position: usize) {
        self.position = self.position.min(position);
        self.start = self.start.min(position);
    }

    /// The next `len` bytes of the buffer, to be filled by the caller. They may hold anything.
    pub fn reserve(&mut self, len: usize) -> Result<&mut [u8], EmitError> {
        let end = self
            .position
            .checked_add(len)
            .ok_or(EmitError::BufferFull)?;
        let place = self
            .buffer
            .get_mut(self.position..end)
            .ok_or(EmitError::BufferFull)?;
        self.position = end;
        Ok(place)
    }

    /// Appends bytes.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<(), EmitError> {
        self.reserve(bytes.len())?.copy_from_slice(bytes);
        Ok(())
    }

    /// Appends `len` zero bytes.
    pub fn zeros(&mut self, len: usize) -> Result<(), EmitError> {
        self.reserve(len)?.fill(0);
        Ok(())
    }

    /// Appends a fixed structure.
    pub fn fixed<T: IntoBytes + Immutable>(&mut self, value: &T) -> Result<(), EmitError> {
        self.bytes(value.as_bytes())
    }

    /// Appends a byte.
    pub fn u8(&mut self, value: u8) -> Result<(), EmitError> {
        self.bytes(&[value])
    }

    /// Appends a little-endian 16-bit integer.
    pub fn u16(&mut self, value: u16) -> Result<(), EmitError> {
        self.bytes(&value.to_le_bytes())
    }

    /// Appends a little-endian 32-bit integer.
    pub fn u32(&mut self, value: u32) -> Result<(), EmitError> {
        self.bytes(&value.to_le_bytes())
    }

    /// Appends a little-endian 64-bit integer.
    pub fn u64(&mut self, value: u64) -> Result<(), EmitError> {
        self.bytes(&value.to_le_bytes())
    }

    /// Appends zeros until the distance from the message's beginning is a multiple of `alignment`.
    pub fn align(&mut self, alignment: usize) -> Result<(), EmitError> {
        self.zeros(padding(self.message_offset(), alignment))
    }

    /// Moves everything written from `position` on back, and puts `bytes` there: a DER length is known only afterwards.
    pub fn insert(&mut self, position: usize, bytes: &[u8]) -> Result<(), EmitError> {
        let full = EmitError::BufferFull;
        let tail = self.position.checked_sub(position).ok_or(full)?;
        let from_there = self.buffer.get_mut(position..).ok_or(full)?;
        let room = from_there.len().checked_sub(tail).ok_or(full)?;
        if bytes.len() > room {
            return Err(full);
        }
        from_there.copy_within(..tail, bytes.len());
        self.position = self.position.saturating_add(bytes.len());
        self.patch(position, bytes)
    }

    /// Overwrites bytes written earlier, at an absolute position.
    pub fn patch(&mut self, position: usize, bytes: &[u8]) -> Result<(), EmitError> {
        let end = position
            .checked_add(bytes.len())
            .ok_or(EmitError::BufferFull)?;
        let written = self.written_mut();
        written
            .get_mut(position..end)
            .ok_or(EmitError::BufferFull)?
            .copy_from_slice(bytes);
        Ok(())
    }
}

/// How many bytes lead from `position` to the next multiple of `alignment`.
pub(crate) const fn padding(position: usize, alignment: usize) -> usize {
    match position.checked_rem(alignment) {
        Some(0) | None => 0,
        Some(over) => alignment.saturating_sub(over),
    }
}

/// A length for a 16-bit length field.
pub(crate) fn len16(len: usize, field: &'static str) -> Result<u16, EmitError> {
    u16::try_from(len).map_err(|_| EmitError::TooLong(field))
}

/// A length for a 32-bit length field.
pub(crate) fn len32(len: usize, field: &'static str) -> Result<u32, EmitError> {
    u32::try_from(len).map_err(|_| EmitError::TooLong(field))
}

#[cfg(test)]
mod tests {
    use std::vec;
    use std::vec::Vec;

    use super::*;

    /// What `emit` writes.
    pub(crate) fn emitted(emit: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>) -> Vec<u8> {
        // Whatever the writer is to leave zero must be zeroed by it.
        let mut buffer = vec![0xCC; 8192];
        let mut w = Writer::new(&mut buffer);
        emit(&mut w).unwrap();
        let len = w.position();
        buffer.truncate(len);
        buffer
    }

    #[test]
    fn a_full_buffer_takes_nothing_more() {
        let mut buffer = [0; 3];
        let mut w = Writer::new(&mut buffer);
        w.u16(0x0201).unwrap();
        assert_eq!(w.u16(0x0403), Err(EmitError::BufferFull));
        assert_eq!(w.zeros(usize::MAX), Err(EmitError::BufferFull));
        assert_eq!((w.position(), w.remaining()), (2, 1));
        assert_eq!(w.written(), [1, 2]);
    }

    #[test]
    fn alignment_counts_from_the_message() {
        let bytes = emitted(|w| {
            w.zeros(3)?;
            w.begin_message();
            w.u8(1)?;
            w.align(8)?;
            w.align(8)
        });
        assert_eq!(bytes.len(), 3 + 8);
    }

    #[test]
    fn a_patch_must_lie_in_what_was_written() {
        let mut buffer = [0; 8];
        let mut w = Writer::new(&mut buffer);
        w.u16(0).unwrap();
        assert_eq!(w.patch(1, &[1, 2]), Err(EmitError::BufferFull));
        assert_eq!(w.patch(usize::MAX, &[1, 2]), Err(EmitError::BufferFull));
        assert_eq!(w.patch(0, &[1, 2]), Ok(()));
        assert_eq!(w.written(), [1, 2]);
    }

    #[test]
    fn an_insertion_moves_what_is_behind_it() {
        let mut buffer = [0; 5];
        let mut w = Writer::new(&mut buffer);
        w.bytes(&[1, 2, 3]).unwrap();
        w.insert(1, &[8, 9]).unwrap();
        assert_eq!(w.written(), [1, 8, 9, 2, 3]);
        assert_eq!(w.insert(0, &[0]), Err(EmitError::BufferFull));
        assert_eq!(w.insert(usize::MAX, &[]), Err(EmitError::BufferFull));
    }

    #[test]
    fn a_rewound_writer_writes_again_from_there() {
        let mut buffer = [0; 4];
        let mut w = Writer::new(&mut buffer);
        w.u8(1).unwrap();
        let position = w.position();
        w.u16(0xFFFF).unwrap();
        w.rewind(position);
        w.u8(2).unwrap();
        assert_eq!(w.into_written(), [1, 2]);
    }
}
