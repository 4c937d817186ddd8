//! Bounded writing into a caller's buffer.

use core::marker::PhantomData;
use core::ptr::NonNull;

use nt::{Result, Status};

use crate::raw::LONG;

/// A buffer that a request's answer is written to, from the start on.
///
/// The memory may be a user's, who may change it meanwhile, so it is only ever written to. Nothing is written beyond the end: what
/// does not fit is [`Status::BUFFER_OVERFLOW`]. Where RDBSS keeps count of the room (`Info.LengthRemaining`), the count follows.
pub struct Output<'a> {
    start: NonNull<u8>,
    capacity: usize,
    written: usize,
    remaining: Option<NonNull<LONG>>,
    lives: PhantomData<&'a mut [u8]>,
}

impl<'a> Output<'a> {
    /// # Safety
    /// `start` must be NULL or `capacity` writable bytes that no Rust reference points to during `'a`.
    pub(crate) unsafe fn new(start: *mut u8, capacity: usize) -> Self {
        let (start, capacity) = match NonNull::new(start) {
            Some(start) => (start, capacity),
            None => (NonNull::dangling(), 0),
        };
        Self {
            start,
            capacity,
            written: 0,
            remaining: None,
            lives: PhantomData,
        }
    }

    /// The same for a buffer whose room is counted.
    ///
    /// # Safety
    /// As for [`Output::new`], with the capacity in `remaining`, which must be such a count that nobody else uses during `'a`.
    pub(crate) unsafe fn counted(start: *mut u8, remaining: NonNull<LONG>) -> Self {
        // SAFETY: by the contract.
        let capacity = usize::try_from(unsafe { remaining.read() }).unwrap_or(0);
        // SAFETY: by the contract.
        let mut output = unsafe { Self::new(start, capacity) };
        output.remaining = Some(remaining);
        output
    }

    /// Bytes that can still be written.
    pub fn room(&self) -> usize {
        self.capacity.saturating_sub(self.written)
    }

    /// Bytes written, and so the place of the next one.
    pub fn written(&self) -> usize {
        self.written
    }

    /// Writes all of `bytes`, or nothing.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        if bytes.len() > self.room() {
            return Err(Status::BUFFER_OVERFLOW);
        }
        self.write_what_fits(bytes);
        Ok(())
    }

    /// Writes as much of `bytes` as there is room for; how much that was.
    pub fn write_what_fits(&mut self, bytes: &[u8]) -> usize {
        let length = bytes.len().min(self.room());
        let place = self.place();
        // SAFETY: there is room for so many bytes, and no Rust reference points there.
        unsafe { place.copy_from_nonoverlapping(NonNull::from(bytes).cast(), length) };
        self.moved_by(length);
        length
    }

    /// Writes `count` zero bytes, or nothing.
    pub fn write_zeros(&mut self, count: usize) -> Result<()> {
        if count > self.room() {
            return Err(Status::BUFFER_OVERFLOW);
        }
        let place = self.place();
        // SAFETY: there is room for so many bytes, and no Rust reference points there.
        unsafe { place.write_bytes(0, count) };
        self.moved_by(count);
        Ok(())
    }

    /// Writes a number, low byte first.
    pub fn write_u32(&mut self, value: u32) -> Result<()> {
        self.write(&value.to_le_bytes())
    }

    /// Writes a number, low byte first.
    pub fn write_u64(&mut self, value: u64) -> Result<()> {
        self.write(&value.to_le_bytes())
    }

    /// Writes characters, low bytes first: all of them, or none.
    pub fn write_utf16(&mut self, characters: &[u16]) -> Result<()> {
        if characters.len().saturating_mul(2) > self.room() {
            return Err(Status::BUFFER_OVERFLOW);
        }
        for character in characters {
            self.write(&character.to_le_bytes())?;
        }
        Ok(())
    }

    /// Writes zeros up to a multiple of `alignment` bytes from the start, or nothing.
    pub fn align(&mut self, alignment: usize) -> Result<()> {
        let aligned = self
            .written
            .checked_next_multiple_of(alignment)
            .unwrap_or(usize::MAX);
        self.write_zeros(aligned.saturating_sub(self.written))
    }

    /// Changes four bytes that have been written: an entry's link to the next one is known last.
    pub fn patch_u32(&mut self, offset: usize, value: u32) -> Result<()> {
        if offset.checked_add(4).is_none_or(|end| end > self.written) {
            return Err(Status::INVALID_PARAMETER);
        }
        // SAFETY: inside what has been written.
        let place = unsafe { self.start.add(offset) };
        // SAFETY: as above, and no Rust reference points there.
        unsafe { place.cast().write_unaligned(value.to_le()) };
        Ok(())
    }

    /// Takes back what has been written from `length` on: an entry that does not fit whole is not there.
    pub fn truncate(&mut self, length: usize) {
        self.written = self.written.min(length);
        self.count();
    }

    fn place(&self) -> NonNull<u8> {
        // SAFETY: never beyond the end of the buffer.
        unsafe { self.start.add(self.written) }
    }

    fn moved_by(&mut self, length: usize) {
        self.written = self.written.saturating_add(length);
        self.count();
    }

    fn count(&mut self) {
        if let Some(remaining) = self.remaining {
            // The room was read from a LONG.
            let room = LONG::try_from(self.room()).unwrap_or(0);
            // SAFETY: by the contract of `counted`.
            unsafe { remaining.write(room) };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_count<R>(room: LONG, test: impl FnOnce(&mut Output<'_>) -> R) -> (R, LONG, [u8; 16]) {
        let mut bytes = [0xee_u8; 16];
        let mut remaining = room;
        // SAFETY: the room is at most the array's length.
        let mut output =
            unsafe { Output::counted(bytes.as_mut_ptr(), NonNull::from(&mut remaining)) };
        let result = test(&mut output);
        (result, remaining, bytes)
    }

    #[test]
    fn the_count_of_the_room_follows_what_is_written() {
        let (result, remaining, bytes) = with_count(16, |output| {
            output.write_u32(0x0403_0201)?;
            output.write_utf16(&[0x41])?;
            output.align(8)
        });
        assert_eq!(result, Ok(()));
        assert_eq!(remaining, 8);
        assert_eq!(bytes[..9], [1, 2, 3, 4, 0x41, 0, 0, 0, 0xee]);
    }

    #[test]
    fn what_does_not_fit_is_not_written_at_all() {
        let (result, remaining, bytes) = with_count(6, |output| {
            output.write_u32(0)?;
            output.write_u32(0)
        });
        assert_eq!(result, Err(Status::BUFFER_OVERFLOW));
        assert_eq!(remaining, 2);
        assert_eq!(bytes[4..], [0xee; 12]);
    }

    #[test]
    fn as_much_as_fits_may_be_written() {
        let (length, remaining, bytes) = with_count(3, |output| output.write_what_fits(&[7; 9]));
        assert_eq!((length, remaining), (3, 0));
        assert_eq!(bytes[..4], [7, 7, 7, 0xee]);
    }

    #[test]
    fn an_entry_can_be_taken_back_and_its_link_patched() {
        let (result, remaining, bytes) = with_count(16, |output| {
            output.write_u64(0)?;
            output.write_u32(9)?;
            output.truncate(8);
            output.patch_u32(4, 5)?;
            output.patch_u32(5, 5)
        });
        assert_eq!(result, Err(Status::INVALID_PARAMETER));
        assert_eq!(remaining, 8);
        assert_eq!(bytes[..8], [0, 0, 0, 0, 5, 0, 0, 0]);
    }

    #[test]
    fn a_negative_room_is_none() {
        let (result, remaining, _) = with_count(-5, |output| output.write(&[1]));
        assert_eq!(result, Err(Status::BUFFER_OVERFLOW));
        assert_eq!(remaining, -5);
    }

    #[test]
    fn a_missing_buffer_has_no_room() {
        // SAFETY: NULL is allowed.
        let mut output = unsafe { Output::new(core::ptr::null_mut(), 10) };
        assert_eq!(output.room(), 0);
        assert_eq!(output.write(&[1]), Err(Status::BUFFER_OVERFLOW));
    }
}
