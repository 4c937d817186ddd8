//! FOBX: a handle.

use core::ptr::NonNull;

use nt::pool::PoolArc;

use super::SrvOpen;
use crate::MiniRedirector;
use crate::context_slot::ContextSlot;
use crate::raw::MRX_FOBX;
use crate::unicode::characters;

object_reference! {
    /// A handle (`MRX_FOBX`).
    Fobx: MRX_FOBX
}

impl<'a, M: MiniRedirector> Fobx<'a, M> {
    /// The open behind the handle.
    pub fn srv_open(self) -> Option<SrvOpen<'a, M>> {
        // SAFETY: a live object.
        let srv_open = unsafe { (*self.as_raw()).pSrvOpen };
        // SAFETY: a FOBX keeps its SRV_OPEN.
        NonNull::new(srv_open).map(|srv_open| unsafe { SrvOpen::from_raw(srv_open) })
    }

    /// The mini-redirector's own state of the handle; None until it is open.
    pub fn context(self) -> Option<&'a M::Fobx> {
        self.slot().get()
    }

    /// A reference to that state to keep.
    pub fn share_context(self) -> Option<PoolArc<M::Fobx>> {
        self.slot().share()
    }

    /// The search pattern of a directory's handle; empty before its first query.
    pub fn query_template(self) -> &'a [u16] {
        // SAFETY: a live object.
        let query = unsafe { &raw const (*self.as_raw()).Query };
        // SAFETY: RDBSS keeps the pattern as long as the handle; both arms of the union are all zero in a file's handle.
        unsafe { characters(query.cast()) }
    }

    /// Where the next query of extended attributes goes on, from 1.
    pub fn next_ea(self) -> u32 {
        // SAFETY: a live object.
        unsafe { (*self.as_raw()).OffsetOfNextEaToReturn }
    }

    /// Sets where the next query of extended attributes goes on. RDBSS holds the FCB exclusively around such queries.
    pub fn set_next_ea(self, index: u32) {
        // SAFETY: a live object.
        unsafe { (*self.as_raw()).OffsetOfNextEaToReturn = index };
    }

    pub(crate) fn slot(self) -> ContextSlot<'a, M::Fobx> {
        // SAFETY: a live object.
        let field = unsafe { &raw mut (*self.as_raw()).Context };
        // SAFETY: a field is not at NULL.
        let field = unsafe { NonNull::new_unchecked(field) };
        // SAFETY: the context of a live object; only this function makes its slot.
        unsafe { ContextSlot::new(field) }
    }
}
