//! Changes of a file.

use core::ptr::NonNull;

use nt::{Result, Status};

use crate::raw::{self, FcbRef, RX_INFO};
use crate::unicode::characters;
use crate::{MiniRedirector, Request};

/// A change of a file: times, size, name, deletion.
pub struct SetFileInfo<'a, M: MiniRedirector> {
    request: Request<'a, M>,
}

/// Where a rename or a new link leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RenameTarget<'a> {
    /// A path from the share on, with a leading backslash.
    Path(&'a [u16]),
    /// Another name in the same directory.
    SameDirectory(&'a [u16]),
}

/// Where FILE_RENAME_INFORMATION and FILE_LINK_INFORMATION have the name's length in bytes, and the name.
const NAME_LENGTH: usize = 16;
const NAME: usize = 20;

impl<'a, M: MiniRedirector> SetFileInfo<'a, M> {
    /// # Safety
    /// `request` must be a change of a file.
    pub(crate) unsafe fn new(request: Request<'a, M>) -> Self {
        Self { request }
    }

    /// What is to be changed (FILE_INFORMATION_CLASS).
    pub fn class(&self) -> u32 {
        self.info().InformationClass
    }

    /// The new information.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: a live context of a change, whose input is buffered.
        unsafe { super::input(self.request.as_raw()) }
    }

    /// Whether a rename or a link may replace a file of that name.
    pub fn replaces_existing(&self) -> bool {
        self.info().ReplaceIfExists != 0
    }

    /// Whether the cache manager only tells how far it has written.
    pub fn only_advances(&self) -> bool {
        self.info().AdvanceOnly != 0
    }

    /// Where a rename or a new link leads.
    ///
    /// The I/O manager has opened the target's directory for a target that is a path; RDBSS then keeps an FCB that only stands for
    /// the target's name. [`Status::NOT_SAME_DEVICE`] if that is in another share.
    pub fn target(&self) -> Result<RenameTarget<'_>> {
        match self.target_fcb()? {
            Some(fcb) => self.name_of(fcb).map(RenameTarget::Path),
            None => target_in(self.bytes()),
        }
    }

    fn info(&self) -> RX_INFO {
        // SAFETY: a live context of a change.
        unsafe { super::info(self.request.as_raw()) }
    }

    /// The FCB that stands for the target.
    fn target_fcb(&self) -> Result<Option<FcbRef>> {
        // SAFETY: a live context.
        let location = unsafe { (*self.request.as_raw()).CurrentIrpSp };
        // A context without IRP has no stack location that could be read.
        if self.request.is_internal() || location.is_null() {
            return Ok(None);
        }
        // SAFETY: a live context's stack location.
        let parameters = unsafe { &(*location).Parameters };
        // SAFETY: the parameters of a change of information, by the kind of the callback.
        let file = unsafe { parameters.SetFile.FileObject };
        if file.is_null() {
            return Ok(None);
        }
        // SAFETY: the I/O manager keeps the target's directory open during the rename.
        let fcb = unsafe { (*file).FsContext };
        let Some(fcb) = NonNull::new(fcb.cast::<raw::FCB>()) else {
            return Ok(None);
        };
        // SAFETY: the I/O manager lets only an open of our own device come this far, and every such open has an FCB.
        if unsafe { (*fcb.as_ptr()).Header.NodeTypeCode } != raw::RDBSS_NTC_OPENTARGETDIR_FCB {
            return Ok(None);
        }
        // SAFETY: as above.
        unsafe { FcbRef::probe(fcb) }
            .map(Some)
            .map_err(|_| Status::REVISION_MISMATCH)
    }

    fn name_of(&self, target: FcbRef) -> Result<&[u16]> {
        let ours = self
            .request
            .fcb()?
            .net_root()
            .map(|net_root| net_root.as_raw());
        // SAFETY: a live FCB.
        let theirs = unsafe { (*target.mrx()).pNetRoot };
        if ours != Some(theirs) {
            return Err(Status::NOT_SAME_DEVICE);
        }
        // SAFETY: a live FCB.
        let name = unsafe { &raw const (*target.body()).PrivateAlreadyPrefixedName };
        // SAFETY: the FCB keeps its name, and the I/O manager keeps the FCB's file open during the rename.
        Ok(unsafe { characters(name) })
    }
}

/// The target that FILE_RENAME_INFORMATION or FILE_LINK_INFORMATION names.
fn target_in(information: &[u8]) -> Result<RenameTarget<'_>> {
    let length = information
        .get(NAME_LENGTH..NAME)
        .and_then(|bytes| bytes.try_into().ok())
        .map(u32::from_le_bytes)
        .and_then(|length| usize::try_from(length).ok())
        .ok_or(Status::INFO_LENGTH_MISMATCH)?;
    let name = information
        .get(NAME..)
        .and_then(|bytes| bytes.get(..length))
        .ok_or(Status::INFO_LENGTH_MISMATCH)?;
    // SAFETY: any two bytes are a character.
    let (before, name, after) = unsafe { name.align_to::<u16>() };
    if !before.is_empty() || !after.is_empty() {
        return Err(Status::INVALID_PARAMETER);
    }
    Ok(if name.first() == Some(&u16::from(b'\\')) {
        RenameTarget::Path(name)
    } else {
        RenameTarget::SameDirectory(name)
    })
}

deref_to_request!(SetFileInfo);

#[cfg(test)]
mod tests {
    extern crate std;

    use super::*;
    use std::vec::Vec;

    /// The bytes of a rename to `name` whose length field says `length`, aligned as a system buffer is.
    fn information(name: &str, length: u32) -> Vec<u64> {
        let mut bytes = Vec::from([0_u8; NAME_LENGTH]);
        bytes.extend(length.to_le_bytes());
        bytes.extend(name.encode_utf16().flat_map(u16::to_le_bytes));
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        let words = bytes.chunks_exact(8);
        words
            .map(|word| u64::from_ne_bytes(word.try_into().unwrap()))
            .collect()
    }

    fn bytes(words: &[u64]) -> &[u8] {
        // SAFETY: any number is eight bytes.
        unsafe { words.align_to::<u8>() }.1
    }

    #[test]
    fn a_name_without_backslash_stays_in_the_directory() {
        let words = information("ab", 4);
        assert_eq!(
            target_in(bytes(&words)),
            Ok(RenameTarget::SameDirectory(&[0x61, 0x62]))
        );
    }

    #[test]
    fn a_name_with_backslash_is_a_path() {
        let words = information(r"\a", 4);
        assert_eq!(
            target_in(bytes(&words)),
            Ok(RenameTarget::Path(&[0x5c, 0x61]))
        );
    }

    #[test]
    fn a_length_beyond_the_buffer_is_refused() {
        for length in [40, 3, u32::MAX] {
            let words = information("ab", length);
            assert!(target_in(bytes(&words)).is_err());
        }
        assert!(target_in(&[0; 10]).is_err());
    }
}
