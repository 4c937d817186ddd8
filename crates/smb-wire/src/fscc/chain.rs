//! Lists linked by NextEntryOffset: directory entries, streams, extended attributes, change records.

use core::marker::PhantomData;

use crate::writer::len32;
use crate::{EmitError, ParseError, Reader, Writer};

/// An entry of a linked list.
pub trait ChainEntry<'a>: Sized {
    /// To how many bytes entries are aligned.
    const ALIGNMENT: usize;
    /// The fixed part, NextEntryOffset included, in bytes.
    const FIXED_LEN: usize;

    /// Reads an entry from its own bytes, NextEntryOffset first.
    fn parse(bytes: &'a [u8]) -> Result<Self, ParseError>;

    /// Appends the entry with a NextEntryOffset of 0.
    fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError>;
}

/// The bytes of the entries of a list, NextEntryOffset first. A link must be aligned, reach over the fixed part that it is
/// in, and lead to another entry, so the iteration always ends. After a broken link it ends with an error.
#[derive(Clone, Debug)]
pub struct Links<'a> {
    rest: &'a [u8],
    alignment: usize,
    fixed_len: usize,
}

impl<'a> Links<'a> {
    /// The entries in `bytes`, of the given alignment and size of fixed part.
    pub const fn new(bytes: &'a [u8], alignment: usize, fixed_len: usize) -> Self {
        Self {
            rest: bytes,
            alignment,
            fixed_len,
        }
    }

    /// Ends the iteration.
    pub(super) const fn end(&mut self) {
        self.rest = &[];
    }

    fn split(&self, bytes: &'a [u8]) -> Result<(&'a [u8], &'a [u8]), ParseError> {
        const FIELD: &str = "NextEntryOffset";
        let next = Reader::new(bytes).u32(FIELD)?;
        let next = usize::try_from(next).map_err(|_| ParseError::out_of_bounds(FIELD))?;
        if next == 0 {
            return Ok((bytes, &[]));
        }
        if next.checked_rem(self.alignment) != Some(0) {
            return Err(ParseError::misaligned(FIELD));
        }
        // A link to the very end would lead to an entry of no bytes.
        if next < self.fixed_len || next >= bytes.len() {
            return Err(ParseError::out_of_bounds(FIELD));
        }
        bytes
            .split_at_checked(next)
            .ok_or(ParseError::out_of_bounds(FIELD))
    }
}

impl<'a> Iterator for Links<'a> {
    type Item = Result<&'a [u8], ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let bytes = core::mem::take(&mut self.rest);
        Some(self.split(bytes).map(|(entry, rest)| {
            self.rest = rest;
            entry
        }))
    }
}

/// The entries of a list. After the first that is broken the iteration ends.
#[derive(Clone, Debug)]
pub struct Entries<'a, T> {
    links: Links<'a>,
    entry: PhantomData<T>,
}

impl<'a, T: ChainEntry<'a>> Entries<'a, T> {
    /// The entries in `bytes`.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self {
            links: Links::new(bytes, T::ALIGNMENT, T::FIXED_LEN),
            entry: PhantomData,
        }
    }
}

impl<'a, T: ChainEntry<'a>> Iterator for Entries<'a, T> {
    type Item = Result<T, ParseError>;

    fn next(&mut self) -> Option<Self::Item> {
        let entry = self.links.next()?.and_then(T::parse);
        if entry.is_err() {
            self.links.end();
        }
        Some(entry)
    }
}

/// Packs entries into a buffer as long as they fit.
#[derive(Debug)]
pub struct EntryPacker<'b> {
    w: Writer<'b>,
    last_start: Option<usize>,
}

impl<'b> EntryPacker<'b> {
    /// A packer into `buffer`, whose beginning counts as aligned.
    pub const fn new(buffer: &'b mut [u8]) -> Self {
        Self {
            w: Writer::new(buffer),
            last_start: None,
        }
    }

    /// Appends an entry and links the one before to it. `false` when it does not fit: then nothing has changed.
    pub fn push<'a, T: ChainEntry<'a>>(&mut self, entry: &T) -> Result<bool, EmitError> {
        self.push_with(T::ALIGNMENT, |w| entry.emit(w))
    }

    /// As [`EntryPacker::push`], for an entry that `emit` writes.
    pub(super) fn push_with(
        &mut self,
        alignment: usize,
        emit: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>,
    ) -> Result<bool, EmitError> {
        let before = self.w.position();
        match self.try_push(alignment, emit) {
            Ok(start) => {
                self.last_start = Some(start);
                Ok(true)
            }
            Err(error) => {
                self.w.rewind(before);
                if error == EmitError::BufferFull {
                    Ok(false)
                } else {
                    Err(error)
                }
            }
        }
    }

    fn try_push(
        &mut self,
        alignment: usize,
        emit: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>,
    ) -> Result<usize, EmitError> {
        if self.last_start.is_some() {
            self.w.align(alignment)?;
        }
        let start = self.w.position();
        emit(&mut self.w)?;
        if let Some(last_start) = self.last_start {
            let next = len32(start.saturating_sub(last_start), "NextEntryOffset")?;
            self.w.patch(last_start, &next.to_le_bytes())?;
        }
        Ok(start)
    }

    /// Whether there is no entry yet.
    pub const fn is_empty(&self) -> bool {
        self.last_start.is_none()
    }

    /// How many bytes the entries take.
    pub const fn len(&self) -> usize {
        self.w.position()
    }

    /// The packed entries.
    pub fn into_bytes(self) -> &'b mut [u8] {
        self.w.into_written()
    }
}
