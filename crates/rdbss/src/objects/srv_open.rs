//! SRV_OPEN: an open as the server knows it.

use core::ptr::NonNull;
use core::sync::atomic::Ordering;

use nt::pool::PoolArc;

use super::{Fcb, VNetRoot, set_flags, shared_flags};
use crate::MiniRedirector;
use crate::context_slot::ContextSlot;
use crate::flags::{Buffering, SrvOpenFlags};
use crate::raw::{self, LARGE_INTEGER, MRX_SRV_OPEN, PVOID};
use crate::unicode::characters;

object_reference! {
    /// An open as the server knows it (`MRX_SRV_OPEN`); several handles may share one.
    SrvOpen: MRX_SRV_OPEN
}

impl<'a, M: MiniRedirector> SrvOpen<'a, M> {
    /// The file's name from the share on, with a leading backslash; empty for the share's root.
    pub fn name(self) -> &'a [u16] {
        // SAFETY: a live object.
        let name = unsafe { (*self.as_raw()).pAlreadyPrefixedName };
        // SAFETY: the FCB keeps the name, and the open keeps the FCB.
        unsafe { characters(name) }
    }

    /// The file.
    pub fn fcb(self) -> nt::Result<Fcb<'a, M>> {
        // SAFETY: a live object.
        let fcb = unsafe { (*self.as_raw()).pFcb };
        // SAFETY: a SRV_OPEN keeps its FCB.
        unsafe { Fcb::from_raw(fcb) }
    }

    /// Through whose view of the share.
    pub fn v_net_root(self) -> VNetRoot<'a, M> {
        // SAFETY: a live object.
        let v_net_root = unsafe { (*self.as_raw()).pVNetRoot };
        // SAFETY: RDBSS makes no SRV_OPEN without a V_NET_ROOT.
        let v_net_root = unsafe { NonNull::new_unchecked(v_net_root) };
        // SAFETY: a SRV_OPEN keeps its V_NET_ROOT.
        unsafe { VNetRoot::from_raw(v_net_root) }
    }

    /// The mini-redirector's own state of the open; None until it is open.
    pub fn context(self) -> Option<&'a M::SrvOpen> {
        self.slot().get()
    }

    /// A reference to that state to keep.
    pub fn share_context(self) -> Option<PoolArc<M::SrvOpen>> {
        self.slot().share()
    }

    /// The open's key; see [`OpenReply`](crate::OpenReply).
    pub fn key(self) -> usize {
        // SAFETY: a live object.
        unsafe { (*self.as_raw()).Key }.addr()
    }

    /// The access that the open has.
    pub fn desired_access(self) -> u32 {
        // SAFETY: a live object; its access does not change.
        unsafe { (*self.as_raw()).DesiredAccess }
    }

    /// The access that the open shares.
    pub fn share_access(self) -> u32 {
        // SAFETY: a live object; its share access does not change.
        unsafe { (*self.as_raw()).ShareAccess }
    }

    /// The open's options (FILE_*).
    pub fn create_options(self) -> u32 {
        // SAFETY: a live object; its options do not change.
        unsafe { (*self.as_raw()).CreateOptions }
    }

    /// What may be kept local.
    pub fn buffering(self) -> Buffering {
        // SAFETY: a live object.
        let field = unsafe { &raw mut (*self.as_raw()).BufferingFlags };
        // SAFETY: the flags of a live object.
        Buffering::from_bits_truncate(unsafe { shared_flags(field) }.load(Ordering::Acquire))
    }

    /// The open's flags.
    pub fn flags(self) -> SrvOpenFlags {
        SrvOpenFlags::from_bits_truncate(self.raw_flags())
    }

    /// The open's flags as RDBSS has them (`SRVOPEN_FLAG_*`).
    pub fn raw_flags(self) -> u32 {
        // SAFETY: a live object.
        let field = unsafe { &raw mut (*self.as_raw()).Flags };
        // SAFETY: the flags of a live object.
        unsafe { shared_flags(field) }.load(Ordering::Acquire)
    }

    /// Sets flags; the others stay.
    pub fn set_flags(self, flags: SrvOpenFlags) {
        // SAFETY: a live object.
        let field = unsafe { &raw mut (*self.as_raw()).Flags };
        // SAFETY: the flags of a live object.
        set_flags(unsafe { shared_flags(field) }, flags.bits());
    }

    /// Reports that the open may no longer keep local what it could (`RxIndicateChangeOfBufferingStateForSrvOpen`), as the server does
    /// by [`SrvCallLink::report_break`](crate::SrvCallLink::report_break). IRQL: any.
    pub fn report_break(self, level: usize) {
        let srv_call = self.v_net_root().net_root().srv_call().as_raw();
        let key = core::ptr::without_provenance_mut(self.key());
        let level = core::ptr::without_provenance_mut(level);
        // SAFETY: live objects; key and level are numbers to RDBSS.
        unsafe {
            raw::RxIndicateChangeOfBufferingStateForSrvOpen(srv_call, self.as_raw(), key, level)
        };
    }

    /// The byte-range locks that have not been sent to the server (`RxLockEnumerator`). The FCB must be held.
    pub fn buffered_locks(self) -> BufferedLocks<'a, M> {
        BufferedLocks {
            srv_open: self,
            continuation: core::ptr::null_mut(),
        }
    }

    pub(crate) fn set_buffering(self, buffering: Buffering) {
        // SAFETY: a live object.
        let field = unsafe { &raw mut (*self.as_raw()).BufferingFlags };
        // SAFETY: the flags of a live object.
        let flags = unsafe { shared_flags(field) };
        flags.store(buffering.bits(), Ordering::Release);
    }

    pub(crate) fn slot(self) -> ContextSlot<'a, M::SrvOpen> {
        // SAFETY: a live object.
        let field = unsafe { &raw mut (*self.as_raw()).Context };
        // SAFETY: a field is not at NULL.
        let field = unsafe { NonNull::new_unchecked(field) };
        // SAFETY: the context of a live object; only this function makes its slot.
        unsafe { ContextSlot::new(field) }
    }
}

/// One byte-range lock that has not been sent to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BufferedLock {
    /// First byte.
    pub offset: i64,
    /// How many bytes.
    pub length: i64,
    /// Whether nobody else may have the range.
    pub exclusive: bool,
}

/// Goes through the buffered locks of an open.
pub struct BufferedLocks<'a, M> {
    srv_open: SrvOpen<'a, M>,
    continuation: PVOID,
}

impl<M: MiniRedirector> Iterator for BufferedLocks<'_, M> {
    type Item = BufferedLock;

    fn next(&mut self) -> Option<BufferedLock> {
        let mut offset = LARGE_INTEGER { QuadPart: 0 };
        let mut length = LARGE_INTEGER { QuadPart: 0 };
        let mut exclusive = 0;
        // SAFETY: a live object, and places for the answer.
        let more = unsafe {
            raw::RxLockEnumerator(
                self.srv_open.as_raw(),
                &mut self.continuation,
                &mut offset,
                &mut length,
                &mut exclusive,
            )
        };
        if more == 0 {
            return None;
        }
        Some(BufferedLock {
            // SAFETY: any bits are a number.
            offset: unsafe { offset.QuadPart },
            // SAFETY: any bits are a number.
            length: unsafe { length.QuadPart },
            exclusive: exclusive != 0,
        })
    }
}
