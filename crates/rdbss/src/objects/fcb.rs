//! FCB: a file, whoever has it open.

use core::marker::PhantomData;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicI32, Ordering};

use nt::Status;
use nt::pool::PoolArc;

use super::{NetRoot, shared_flags};
use crate::MiniRedirector;
use crate::context_slot::ContextSlot;
use crate::raw::{self, FcbRef, MRX_FCB};

/// A file (`MRX_FCB`).
pub struct Fcb<'a, M> {
    layout: FcbRef,
    lives: PhantomData<&'a M>,
}

impl<M> Clone for Fcb<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Fcb<'_, M> {}

impl<'a, M: MiniRedirector> Fcb<'a, M> {
    /// # Safety
    /// `fcb` must be NULL or an FCB of a device of `M`, alive during `'a`.
    pub(crate) unsafe fn from_raw(fcb: *mut MRX_FCB) -> nt::Result<Self> {
        let fcb = NonNull::new(fcb).ok_or(Status::INVALID_PARAMETER)?;
        // SAFETY: by the contract.
        let layout = unsafe { FcbRef::probe(fcb) }.map_err(|_| Status::REVISION_MISMATCH)?;
        Ok(Self {
            layout,
            lives: PhantomData,
        })
    }

    /// The FCB as RDBSS's routines take it.
    pub fn as_raw(self) -> *mut MRX_FCB {
        self.layout.as_ptr()
    }

    /// The share.
    pub fn net_root(self) -> Option<NetRoot<'a, M>> {
        // SAFETY: a live FCB.
        let net_root = unsafe { (*self.layout.mrx()).pNetRoot };
        // SAFETY: an FCB keeps its NET_ROOT.
        NonNull::new(net_root).map(|net_root| unsafe { NetRoot::from_raw(net_root) })
    }

    /// The mini-redirector's own state of the file, if it has given one.
    pub fn context(self) -> Option<&'a M::Fcb> {
        self.slot().get()
    }

    /// A reference to that state to keep.
    pub fn share_context(self) -> Option<PoolArc<M::Fcb>> {
        self.slot().share()
    }

    /// Gives the file a state; the state comes back if there is one already. It is dropped with the FCB.
    pub fn set_context(self, context: PoolArc<M::Fcb>) -> Result<(), PoolArc<M::Fcb>> {
        self.slot().fill(context)
    }

    /// The FCB's state as RDBSS has it (`FCB_STATE_*`).
    pub fn state(self) -> u32 {
        // SAFETY: a live FCB.
        let field = unsafe { &raw mut (*self.layout.mrx()).FcbState };
        // SAFETY: the flags of a live FCB.
        unsafe { shared_flags(field) }.load(Ordering::Acquire)
    }

    /// How many handles are open.
    pub fn open_count(self) -> i32 {
        // SAFETY: a live FCB.
        let field = unsafe { &raw mut (*self.layout.mrx()).OpenCount };
        // SAFETY: a counter of a live FCB.
        unsafe { AtomicI32::from_ptr(field) }.load(Ordering::Acquire)
    }

    /// Whether the last close deletes the file.
    pub fn is_delete_on_close(self) -> bool {
        self.state() & raw::FCB_STATE_DELETE_ON_CLOSE != 0
    }

    /// Whether the file can no longer be reached by this FCB.
    pub fn is_orphaned(self) -> bool {
        self.state() & raw::FCB_STATE_ORPHANED != 0
    }

    /// Whether the file is a paging file.
    pub fn is_paging_file(self) -> bool {
        self.state() & raw::FCB_STATE_PAGING_FILE != 0
    }

    /// Whether the FCB is that of a directory.
    pub fn is_directory(self) -> bool {
        self.node_type() == raw::RDBSS_NTC_STORAGE_TYPE_DIRECTORY
    }

    /// The FCB's node type (`RDBSS_NTC_*`).
    pub fn node_type(self) -> u16 {
        // SAFETY: a live FCB.
        unsafe { (*self.layout.head()).NodeTypeCode }
    }

    /// The file's size, read whole (`RxGetFileSizeWithLock`).
    pub fn file_size(self) -> i64 {
        let mut size = 0;
        // SAFETY: a live FCB, and a place for the answer.
        unsafe { raw::RxGetFileSizeWithLock(self.as_raw(), &mut size) };
        size
    }

    /// Sets the file's size, written whole (`RxSetFileSizeWithLock`). The FCB must be held exclusively.
    pub fn set_file_size(self, mut size: i64) {
        // SAFETY: a live FCB, and a size to read.
        unsafe { raw::RxSetFileSizeWithLock(self.as_raw(), &mut size) };
    }

    /// Writes the file's cached data (`RxFlushFcbInSystemCache`).
    pub fn flush_cache(self) -> nt::Result<()> {
        // SAFETY: a live FCB.
        nt::check(unsafe { raw::RxFlushFcbInSystemCache(self.as_raw(), 1) })
    }

    /// Throws the file's cached data away (`RxPurgeFcbInSystemCache`). The FCB must be held exclusively.
    pub fn purge_cache(self) -> nt::Result<()> {
        let no_offset = core::ptr::null_mut();
        // SAFETY: a live FCB; no offset means the whole file.
        nt::check(unsafe { raw::RxPurgeFcbInSystemCache(self.as_raw(), no_offset, 0, 0, 0) })
    }

    pub(crate) fn clear_time_and_size_set(self) {
        // SAFETY: a live FCB.
        let field = unsafe { &raw mut (*self.layout.mrx()).FcbState };
        // SAFETY: the flags of a live FCB.
        let state = unsafe { shared_flags(field) };
        state.fetch_and(!raw::FCB_STATE_TIME_AND_SIZE_ALREADY_SET, Ordering::AcqRel);
    }

    pub(crate) fn slot(self) -> ContextSlot<'a, M::Fcb> {
        // SAFETY: a live FCB.
        let field = unsafe { &raw mut (*self.layout.mrx()).Context };
        // SAFETY: a field is not at NULL.
        let field = unsafe { NonNull::new_unchecked(field) };
        // SAFETY: the context of a live FCB; only this function makes its slot.
        unsafe { ContextSlot::new(field) }
    }
}
