//! Connecting to a share.

use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU32, Ordering};

use nt::pool::PoolArc;
use nt::{Result, Status};

use super::ConnectRequest;
use crate::MiniRedirector;
use crate::flags::NetRootFlags;
use crate::objects::{ShareKind, VNetRoot};
use crate::raw::{
    self, DISK_PARAMETERS, GUID, MRX_CREATENETROOT_CONTEXT, NET_ROOT_PARAMETERS,
    NETROOT_THROTTLING_PARAMETERS,
};

/// What RDBSS must know of a share.
#[derive(Clone, Copy, Debug)]
pub struct ShareParameters {
    /// What the share is of.
    pub kind: ShareKind,
    /// What can be said of it.
    pub flags: NetRootFlags,
    /// Bytes a cluster. Rounded up to a power of two, for RDBSS rounds sizes with it.
    pub cluster_size: u32,
    /// Bytes by which the cache manager reads ahead.
    pub read_ahead_granularity: u32,
}

impl Default for ShareParameters {
    /// A share of files with nothing special.
    fn default() -> Self {
        Self {
            kind: ShareKind::Disk,
            flags: NetRootFlags::empty(),
            cluster_size: 512,
            read_ahead_granularity: raw::DEFAULT_READ_AHEAD_GRANULARITY,
        }
    }
}

/// How much longer each further try of a lock that conflicts waits, and how long at most, in milliseconds.
const LOCK_THROTTLING: NETROOT_THROTTLING_PARAMETERS = NETROOT_THROTTLING_PARAMETERS {
    Increment: 75,
    MaximumDelay: 8000,
};

/// `FILE_DEVICE_*` of a kind of share.
const fn device_type(kind: ShareKind) -> u32 {
    match kind {
        ShareKind::Disk | ShareKind::Wild => 0x07,
        ShareKind::Pipe => 0x11,
        ShareKind::Comm => 0x1b,
        ShareKind::Print => 0x18,
        ShareKind::Mailslot => 0x0c,
    }
}

/// A connect to a share that RDBSS waits for. Dropping it unfinished fails the connect.
pub struct VNetRootCompletion<M: MiniRedirector> {
    create: NonNull<MRX_CREATENETROOT_CONTEXT>,
    mini: PhantomData<fn() -> M>,
}

// SAFETY: RDBSS keeps everything behind the pointer until the callback, which any thread may call.
unsafe impl<M: MiniRedirector> Send for VNetRootCompletion<M> {}

impl<M: MiniRedirector> VNetRootCompletion<M> {
    /// # Safety
    /// `create` must be what RDBSS gave to `MRxCreateVNetRoot`, which must return STATUS_PENDING.
    pub(crate) unsafe fn new(create: NonNull<MRX_CREATENETROOT_CONTEXT>) -> Self {
        Self {
            create,
            mini: PhantomData,
        }
    }

    /// The view that is being made; its share's context is None if the share is new too.
    pub fn v_net_root(&self) -> VNetRoot<'_, M> {
        // SAFETY: RDBSS keeps the structure until the callback.
        let v_net_root = unsafe { (*self.create.as_ptr()).pVNetRoot };
        // SAFETY: RDBSS connects no share without a V_NET_ROOT, which begins with what a mini-redirector sees.
        let v_net_root = unsafe { NonNull::new_unchecked(v_net_root.cast()) };
        // SAFETY: RDBSS keeps it until the callback.
        unsafe { VNetRoot::from_raw(v_net_root) }
    }

    /// What the create said; None if the connect is not for a create.
    pub fn connect_request(&self) -> Option<ConnectRequest<'_>> {
        // SAFETY: RDBSS keeps the structure until the callback.
        let context = unsafe { (*self.create.as_ptr()).RxContext };
        // SAFETY: a connect's context is a create's, and waits for the callback.
        (!context.is_null()).then(|| unsafe { ConnectRequest::from_raw(context) })
    }

    /// Ends the connect with success. If the share has a context already, `net_root` and `share` are not used. IRQL: below
    /// DISPATCH_LEVEL.
    pub fn succeed(
        self,
        v_net_root: PoolArc<M::VNetRoot>,
        net_root: PoolArc<M::NetRoot>,
        share: &ShareParameters,
    ) {
        let this = ManuallyDrop::new(self);
        if this.is_new_share() {
            this.describe(share);
            // Another thread may have been first, and its context is as good.
            drop(this.v_net_root().net_root().slot().fill(net_root));
        }
        let filled = this.v_net_root().slot().fill(v_net_root);
        debug_assert!(filled.is_ok(), "a view is connected once");
        this.call_back(Ok(()));
    }

    /// Ends the connect with an error. The share fails only if it is new: others may be using it. IRQL: below DISPATCH_LEVEL.
    pub fn fail(self, status: Status) {
        ManuallyDrop::new(self).call_back(Err(status));
    }

    fn is_new_share(&self) -> bool {
        self.v_net_root().net_root().context().is_none()
    }

    fn describe(&self, share: &ShareParameters) {
        let net_root = self.v_net_root().net_root().as_raw();
        // SAFETY: a live object in the making, and so ours to write.
        unsafe { (*net_root).Type = share.kind.to_raw() };
        // SAFETY: as above.
        unsafe { (*net_root).DeviceType = device_type(share.kind) as _ };
        // SAFETY: as above.
        unsafe { (*net_root).MRxNetRootState = raw::MRX_NET_ROOT_STATE_GOOD };
        // SAFETY: as above.
        let flags = unsafe { &raw mut (*net_root).Flags };
        // SAFETY: an aligned field of a live object.
        unsafe { AtomicU32::from_ptr(flags) }.fetch_or(share.flags.bits(), Ordering::AcqRel);
        if share.kind == ShareKind::Disk {
            let cluster = share
                .cluster_size
                .checked_next_power_of_two()
                .unwrap_or(512);
            let disk = DISK_PARAMETERS {
                ClusterSize: cluster,
                ReadAheadGranularity: share.read_ahead_granularity,
                LockThrottlingParameters: LOCK_THROTTLING,
                RenameInfoOverallocationSize: 0,
                VolumeId: GUID {
                    Data1: 0,
                    Data2: 0,
                    Data3: 0,
                    Data4: [0; 8],
                },
            };
            // SAFETY: as above.
            unsafe {
                (*net_root).Parameters = NET_ROOT_PARAMETERS {
                    DiskParameters: disk,
                }
            };
        }
    }

    fn call_back(&self, outcome: Result<()>) {
        let create = self.create.as_ptr();
        let (view, share) = match outcome {
            Ok(()) => (Status::SUCCESS, Status::SUCCESS),
            Err(status) if self.is_new_share() => (status, status),
            Err(status) => (status, Status::SUCCESS),
        };
        // SAFETY: RDBSS keeps the structure until the callback.
        unsafe { (*create).VirtualNetRootStatus = view.0 };
        // SAFETY: as above.
        unsafe { (*create).NetRootStatus = share.0 };
        // SAFETY: as above.
        if let Some(finish) = unsafe { (*create).Callback } {
            // SAFETY: once, with what RDBSS gave; nothing is touched afterwards.
            unsafe { finish(create) };
        }
    }
}

impl<M: MiniRedirector> Drop for VNetRootCompletion<M> {
    fn drop(&mut self) {
        // Mostly it goes down with work that could not be posted.
        self.call_back(Err(Status::INSUFFICIENT_RESOURCES));
    }
}
