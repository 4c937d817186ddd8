//! Closing an open.

use crate::{MiniRedirector, Request};

/// An open that goes. RDBSS may have made the request itself: the file's user may have closed it long ago.
pub struct Close<'a, M: MiniRedirector> {
    request: Request<'a, M>,
}

impl<'a, M: MiniRedirector> Close<'a, M> {
    pub(crate) fn new(request: Request<'a, M>) -> Self {
        Self { request }
    }

    /// Whether this close deletes the file: it is the last one, and someone asked for it.
    pub fn deletes_file(&self) -> bool {
        self.fcb()
            .is_ok_and(|fcb| fcb.is_delete_on_close() && fcb.open_count() == 0)
    }
}

deref_to_request!(Close);
