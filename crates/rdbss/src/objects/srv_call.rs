//! SRV_CALL: a server.

use core::ptr::NonNull;

use nt::pool::PoolArc;
use nt::string::Unicode;

use super::{set_flags, shared_flags};
use crate::context_slot::ContextSlot;
use crate::flags::SrvCallFlags;
use crate::raw::{self, MRX_SRV_CALL};
use crate::unicode::characters;
use crate::{Device, MiniRedirector};

object_reference! {
    /// A server (`MRX_SRV_CALL`).
    SrvCall: MRX_SRV_CALL
}

impl<'a, M: MiniRedirector> SrvCall<'a, M> {
    /// The server's name with one leading backslash.
    pub fn name(self) -> &'a [u16] {
        // SAFETY: a live object.
        let name = unsafe { (*self.as_raw()).pSrvCallName };
        // SAFETY: RDBSS keeps the name as long as the object.
        unsafe { characters(name) }
    }

    /// The mini-redirector's own state of the server; None until the connect has succeeded.
    pub fn context(self) -> Option<&'a M::SrvCall> {
        self.slot().get()
    }

    /// A reference to that state to keep.
    pub fn share_context(self) -> Option<PoolArc<M::SrvCall>> {
        self.slot().share()
    }

    /// Says what the server can do.
    pub fn set_flags(self, flags: SrvCallFlags) {
        // SAFETY: a live object.
        let field = unsafe { &raw mut (*self.as_raw()).Flags };
        // SAFETY: the flags of a live object.
        set_flags(unsafe { shared_flags(field) }, flags.bits());
    }

    /// Sets how many closes may be delayed at a time.
    pub fn set_maximum_delayed_closes(self, count: u32) {
        let count = i32::try_from(count).unwrap_or(i32::MAX);
        // SAFETY: a live object, whose field RDBSS reads only.
        unsafe { (*self.as_raw()).MaximumNumberOfCloseDelayedFiles = count };
    }

    /// Notes the server's domain. `RxSetSrvCallDomainName`
    pub fn set_domain(self, domain: &[u16]) -> nt::Result<()> {
        let domain = Unicode::new(domain)?;
        // SAFETY: RDBSS copies the name into the live object.
        nt::check(unsafe { raw::RxSetSrvCallDomainName(self.as_raw(), domain.as_ptr()) })
    }

    /// The device that the server was reached by.
    pub fn device(self) -> Option<Device<'a, M>> {
        // SAFETY: a live object.
        let device = unsafe { (*self.as_raw()).RxDeviceObject };
        // SAFETY: an object of `M` has a device of `M`, which outlives it.
        NonNull::new(device).map(|device| unsafe { Device::from_raw(device) })
    }

    pub(crate) fn slot(self) -> ContextSlot<'a, M::SrvCall> {
        // SAFETY: a live object.
        let field = unsafe { &raw mut (*self.as_raw()).Context };
        // SAFETY: a field is not at NULL.
        let field = unsafe { NonNull::new_unchecked(field) };
        // SAFETY: the context of a live object; only this function makes its slot.
        unsafe { ContextSlot::new(field) }
    }

    pub(crate) fn second_slot(self) -> ContextSlot<'a, crate::connect::SrvCallLink> {
        // SAFETY: a live object.
        let field = unsafe { &raw mut (*self.as_raw()).Context2 };
        // SAFETY: a field is not at NULL.
        let field = unsafe { NonNull::new_unchecked(field) };
        // SAFETY: the second context of a live object; only this function makes its slot.
        unsafe { ContextSlot::new(field) }
    }
}
