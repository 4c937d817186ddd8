//! What NtCreateFile was asked for.

use crate::raw::RX_CREATE;

/// The options; the byte above them may still hold the disposition.
const OPTIONS: u32 = 0x00ff_ffff;

/// What NtCreateFile was asked for; the values are those of its documentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreateParameters {
    /// The access that the handle shall have (ACCESS_MASK).
    pub desired_access: u32,
    /// What others may do meanwhile (FILE_SHARE_*).
    pub share_access: u32,
    /// What to do if the file exists or not (FILE_OPEN, FILE_CREATE, ...).
    pub disposition: u32,
    /// FILE_* options.
    pub options: u32,
    /// Attributes of a new file (FILE_ATTRIBUTE_*).
    pub attributes: u32,
    /// Bytes to allocate for a new file.
    pub allocation_size: i64,
}

impl CreateParameters {
    pub(super) fn new(create: &RX_CREATE) -> Self {
        let asked = &create.NtCreateParameters;
        // SAFETY: any bits are a number.
        let allocation_size = unsafe { asked.AllocationSize.QuadPart };
        Self {
            desired_access: asked.DesiredAccess,
            share_access: asked.ShareAccess,
            disposition: asked.Disposition,
            options: asked.CreateOptions & OPTIONS,
            attributes: asked.FileAttributes,
            allocation_size,
        }
    }
}
