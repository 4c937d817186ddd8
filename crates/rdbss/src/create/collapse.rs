//! A further handle of an open that the server already knows.

use nt::Result;

use super::CreateParameters;
use crate::context_parts;
use crate::objects::SrvOpen;
use crate::{MiniRedirector, Request};

/// A create that RDBSS would serve by an open that there is.
pub struct Collapse<'a, M: MiniRedirector> {
    request: Request<'a, M>,
}

impl<'a, M: MiniRedirector> Collapse<'a, M> {
    pub(crate) fn new(request: Request<'a, M>) -> Self {
        Self { request }
    }

    /// The open that the handle would use.
    pub fn candidate(&self) -> Result<SrvOpen<'_, M>> {
        self.request.srv_open()
    }

    /// What NtCreateFile was asked for.
    pub fn parameters(&self) -> CreateParameters {
        // SAFETY: a live context, whose parameters are those of a create.
        let create = unsafe { &*context_parts::create(self.request.as_raw()) };
        CreateParameters::new(create)
    }
}

deref_to_request!(Collapse);
