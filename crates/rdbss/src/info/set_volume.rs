//! Changes of a volume.

use crate::{MiniRedirector, Request};

/// A change of a volume.
pub struct SetVolumeInfo<'a, M: MiniRedirector> {
    request: Request<'a, M>,
}

impl<'a, M: MiniRedirector> SetVolumeInfo<'a, M> {
    /// # Safety
    /// `request` must be a change of a volume.
    pub(crate) unsafe fn new(request: Request<'a, M>) -> Self {
        Self { request }
    }

    /// What is to be changed (FS_INFORMATION_CLASS).
    pub fn class(&self) -> u32 {
        // SAFETY: a live context of a change.
        unsafe { super::info(self.request.as_raw()) }.InformationClass
    }

    /// The new information.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: a live context of a change, whose input is buffered.
        unsafe { super::input(self.request.as_raw()) }
    }
}

deref_to_request!(SetVolumeInfo);
