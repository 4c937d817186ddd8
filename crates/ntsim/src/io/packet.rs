//! Access to IRPs and their stack locations, field by field.

use crate::sys::*;
use core::sync::atomic::{AtomicPtr, AtomicU8, Ordering};

/// An IRP that stays valid while this is used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Packet(PIRP);

// SAFETY: who has a packet owns the IRP, and ownership moves between threads.
unsafe impl Send for Packet {}
// SAFETY: as above.
unsafe impl Sync for Packet {}

macro_rules! fields {
    ($($get:ident, $set:ident: $type:ty = $($field:ident).+;)*) => {
        $(
            #[allow(dead_code, reason = "one accessor pair per field")]
            pub(crate) fn $get(self) -> $type {
                // SAFETY: `new`'s contract.
                unsafe { (*self.0).$($field).+ }
            }

            #[allow(dead_code, reason = "one accessor pair per field")]
            pub(crate) fn $set(self, value: $type) {
                // SAFETY: `new`'s contract.
                unsafe { (*self.0).$($field).+ = value }
            }
        )*
    };
}

impl Packet {
    /// # Safety
    /// `irp` is an IRP that stays valid and owned by the caller while the packet is used.
    pub(crate) unsafe fn new(irp: PIRP) -> Self {
        Self(irp)
    }

    pub(crate) fn raw(self) -> PIRP {
        self.0
    }

    fields! {
        kind, set_kind: CSHORT = Type;
        mdl, set_mdl: PMDL = MdlAddress;
        flags, set_flags: ULONG = Flags;
        status, set_status: NTSTATUS = IoStatus.__bindgen_anon_1.Status;
        information, set_information: ULONG_PTR = IoStatus.Information;
        requestor_mode, set_requestor_mode: KPROCESSOR_MODE = RequestorMode;
        pending_returned, set_pending_returned: BOOLEAN = PendingReturned;
        stack_count, set_stack_count: CHAR = StackCount;
        location, set_location: CHAR = CurrentLocation;
        cancel_irql, set_cancel_irql: KIRQL = CancelIrql;
        allocation_flags, set_allocation_flags: UCHAR = AllocationFlags;
        user_iosb, set_user_iosb: PIO_STATUS_BLOCK = __bindgen_anon_1.UserIosb;
        user_event, set_user_event: PKEVENT = UserEvent;
        user_buffer, set_user_buffer: PVOID = UserBuffer;
        system_buffer, set_system_buffer: PVOID = AssociatedIrp.SystemBuffer;
        allocation_size, set_allocation_size: LARGE_INTEGER = Overlay.AllocationSize;
        thread, set_thread: PETHREAD = Tail.Overlay.Thread;
        original_file, set_original_file: PFILE_OBJECT = Tail.Overlay.OriginalFileObject;
        current, set_current: PIO_STACK_LOCATION =
            Tail.Overlay.__bindgen_anon_2.__bindgen_anon_1.CurrentStackLocation;
    }

    /// The present stack location.
    pub(crate) fn here<'a>(self) -> &'a mut IO_STACK_LOCATION {
        // SAFETY: an IRP that a driver owns has a present location.
        unsafe { &mut *self.current() }
    }

    /// The location of the next driver.
    pub(crate) fn next<'a>(self) -> &'a mut IO_STACK_LOCATION {
        // SAFETY: callers have checked that there is one.
        unsafe { &mut *self.current().wrapping_sub(1) }
    }

    fn cancel_flag<'a>(self) -> &'a AtomicU8 {
        // SAFETY: `new`'s contract; no access yet.
        let field = unsafe { &raw mut (*self.0).Cancel };
        // SAFETY: whoever looks at the byte while it may be set does so atomically.
        unsafe { AtomicU8::from_ptr(field) }
    }

    /// Whether the request is cancelled.
    pub(crate) fn cancelled(self) -> bool {
        self.cancel_flag().load(Ordering::Relaxed) != 0
    }

    /// Marks the request as cancelled.
    pub(crate) fn set_cancelled(self) {
        self.cancel_flag().store(1, Ordering::Relaxed);
    }

    /// Puts a cancel routine in and returns the former one.
    pub(crate) fn exchange_cancel(self, routine: PDRIVER_CANCEL) -> PDRIVER_CANCEL {
        // SAFETY: `new`'s contract; no access yet.
        let field = unsafe { &raw mut (*self.0).CancelRoutine };
        // SAFETY: the field is a pointer that all users exchange atomically.
        let field = unsafe { AtomicPtr::<()>::from_ptr(field.cast()) };
        let new = routine.map_or(core::ptr::null_mut(), |routine| routine as *mut ());
        let former = field.swap(new, Ordering::SeqCst);
        // SAFETY: the field holds NULL or a cancel routine, which is what the option is.
        unsafe { core::mem::transmute::<*mut (), PDRIVER_CANCEL>(former) }
    }

    /// The owner's own four words.
    fn words(self) -> *mut [PVOID; 4] {
        // SAFETY: `new`'s contract; no access yet. They are the first bytes of the tail.
        unsafe { &raw mut (*self.0).Tail }.cast()
    }

    /// Sets one of the owner's own words.
    pub(crate) fn set_driver_context(self, index: usize, value: PVOID) {
        // SAFETY: the caller owns the IRP and so the words.
        let words = unsafe { &mut *self.words() };
        words[index] = value;
    }

    /// What [`Packet::set_driver_context`] put there.
    pub(crate) fn driver_context(self, index: usize) -> PVOID {
        // SAFETY: the caller owns the IRP and so the words.
        let words = unsafe { &*self.words() };
        words[index]
    }
}
