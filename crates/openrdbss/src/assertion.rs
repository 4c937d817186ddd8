//! The rules of the RDBSS interface that a mini-redirector can break, and what happens when one does.
//!
//! Reference section 7 lists them. By default a broken rule is a bug check RDR_FILE_SYSTEM (0x27) with the rule as its
//! first parameter, which under ntsim ends the test with both places in the code. A test that breaks a rule on purpose
//! installs a handler with [`on_violation`]; the library then goes on with the safest answer it has.

use core::ffi::c_void;
use core::sync::atomic::{AtomicPtr, Ordering};

/// A rule of the interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
pub enum Rule {
    /// A callback returned STATUS_PENDING where only a final status is allowed.
    PendingNotAllowed = 1,
    /// MRxCreateSrvCall and MRxCreateVNetRoot must return STATUS_PENDING.
    PendingRequired = 2,
    /// RxLowIoCompletion was called for a request that is not pending, or a second time.
    CompletedTwice = 3,
    /// The callback of a server or share connection was called a second time.
    CallbackTwice = 4,
    /// MRxCreate or MRxCollapseOpen returned without the FCB held exclusively.
    FcbNotExclusive = 5,
    /// MRxCreate or MRxCollapseOpen succeeded without setting `pFobx`.
    FobxMissing = 6,
    /// A query callback made `Info.LengthRemaining` larger.
    LengthRemainingGrew = 7,
    /// An extend callback returned an allocation smaller than the size.
    AllocationTooSmall = 8,
    /// A routine of RDBSS was called at an IRQL above its highest.
    IrqlTooHigh = 9,
    /// The thread waits for the network while it holds an FCB exclusively in a create.
    FcbHeldOverNetworkWait = 10,
    /// RxCreateNetFobx was called without the FCB held exclusively.
    FobxWithoutFcb = 11,
    /// An RX_CONTEXT was used after its last reference was dropped.
    ContextNotLive = 12,
    /// An object lost more references than it had.
    ReferenceUnderflow = 13,
    /// `SyncEvent` was left signalled by a callback.
    SyncEventLeftSignalled = 14,
    /// The share's cluster size is not a power of two.
    ClusterSizeInvalid = 15,
    /// A slot of the dispatch table that RDBSS calls without a check is NULL.
    RequiredCallbackMissing = 16,
    /// A write finished with success but did not write every byte.
    ShortWrite = 17,
    /// A low I/O operation gave back more bytes than there was room for.
    TooManyBytes = 18,
}

/// What a test does about a broken rule; it may be called at DISPATCH_LEVEL.
pub type Handler = fn(Rule, *const c_void);

static HANDLER: AtomicPtr<()> = AtomicPtr::new(core::ptr::null_mut());

/// Calls `handler` instead of stopping the system; `None` restores the bug check.
pub fn on_violation(handler: Option<Handler>) {
    let pointer = handler.map_or(core::ptr::null_mut(), |handler| handler as *mut ());
    HANDLER.store(pointer, Ordering::Release);
}

/// The bug check code RDR_FILE_SYSTEM.
const RDR_FILE_SYSTEM: u32 = 0x27;

/// Reports that `rule` was broken, about the object at `object`.
#[track_caller]
pub(crate) fn violated<T>(rule: Rule, object: *const T) {
    let handler = HANDLER.load(Ordering::Acquire);
    if handler.is_null() {
        nt::bugcheck(RDR_FILE_SYSTEM, [rule as usize, object as usize, 0, 0]);
    }
    // SAFETY: only `on_violation` stores there, and it stores nothing but a `Handler`.
    let handler = unsafe { core::mem::transmute::<*mut (), Handler>(handler) };
    handler(rule, object.cast());
}

/// Checks a rule.
#[track_caller]
pub(crate) fn require<T>(holds: bool, rule: Rule, object: *const T) {
    if !holds {
        violated(rule, object);
    }
}
