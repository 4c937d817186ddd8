//! The device of a mini-redirector, and the mini-redirector's state in the extension behind it.

use core::marker::PhantomData;
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU32, Ordering};

use nt::device::SymbolicLink;
use nt::pool::{PoolArc, PoolBox, Tag};
use nt::{Result, Status};

use crate::MiniRedirector;
use crate::raw::{self, MINIRDR_DISPATCH, PVOID, RDBSS_DEVICE_OBJECT, WORK_QUEUE_TYPE};

/// Tag of what this crate allocates for a mini-redirector.
pub(crate) const TAG: Tag = Tag::new(b"RxMx");

/// What goes with a registered device.
pub(crate) struct Registration {
    /// RDBSS keeps a pointer to it.
    pub(crate) table: PoolBox<MINIRDR_DISPATCH>,
    /// The name by which programs reach the device, once it is registered.
    pub(crate) link: Option<SymbolicLink>,
}

/// What lies right behind the RDBSS_DEVICE_OBJECT.
#[repr(C)]
pub(crate) struct DeviceExtension<M> {
    /// A reference given up by `PoolArc::into_raw`.
    mini: *mut M,
    /// Given up by `PoolBox::into_raw`.
    registration: *mut Registration,
}

/// A mini-redirector's device.
pub struct Device<'a, M> {
    raw: NonNull<RDBSS_DEVICE_OBJECT>,
    lives: PhantomData<&'a M>,
}

impl<M> Clone for Device<'_, M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for Device<'_, M> {}

// SAFETY: the device object is the kernel's; what is done with it here may be done by any thread.
unsafe impl<M: Send + Sync> Send for Device<'_, M> {}
// SAFETY: as above.
unsafe impl<M: Send + Sync> Sync for Device<'_, M> {}

/// Which of RDBSS's worker threads takes a piece of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkQueue {
    /// Work that must not wait behind other work.
    Critical,
    /// Ordinary work; may wait.
    Delayed,
    /// Work of the highest urgency.
    HyperCritical,
}

impl WorkQueue {
    const fn to_raw(self) -> WORK_QUEUE_TYPE {
        match self {
            Self::Critical => raw::CriticalWorkQueue,
            Self::Delayed => raw::DelayedWorkQueue,
            Self::HyperCritical => raw::HyperCriticalWorkQueue,
        }
    }
}

impl<'a, M: MiniRedirector> Device<'a, M> {
    /// # Safety
    /// `raw` must be a device that [`Device::attach`] has been called on with the same `M`, alive during `'a`.
    pub(crate) unsafe fn from_raw(raw: NonNull<RDBSS_DEVICE_OBJECT>) -> Self {
        Self {
            raw,
            lives: PhantomData,
        }
    }

    /// The device as RDBSS's routines take it.
    pub fn as_raw(self) -> *mut RDBSS_DEVICE_OBJECT {
        self.raw.as_ptr()
    }

    /// The mini-redirector.
    pub fn mini(self) -> &'a M {
        // SAFETY: the extension of a live device.
        let mini = unsafe { (*self.extension()).mini };
        // SAFETY: the extension keeps a reference as long as the device lives.
        unsafe { &*mini }
    }

    /// A reference to the mini-redirector to keep.
    pub fn share_mini(self) -> PoolArc<M> {
        // SAFETY: the extension of a live device.
        let mini = unsafe { (*self.extension()).mini };
        // SAFETY: given up in `attach`, so not NULL.
        let mini = unsafe { NonNull::new_unchecked(mini) };
        // SAFETY: the extension keeps its reference as long as the device lives.
        unsafe { PoolArc::clone_raw(mini) }
    }

    /// Runs `work` on one of RDBSS's worker threads (`RxDispatchToWorkerThread`). It runs at PASSIVE_LEVEL in the system process,
    /// before the mini-redirector has stopped. IRQL: DISPATCH_LEVEL or below. On error `work` is dropped.
    pub fn post<F>(self, queue: WorkQueue, work: F) -> Result<()>
    where
        F: FnOnce(Device<'_, M>) + Send + 'static,
    {
        let posted = PoolBox::new(
            TAG,
            Posted::<M, F> {
                device: self.raw,
                work,
                mini: PhantomData,
            },
        )?;
        let parameter = PoolBox::into_raw(posted);
        let routine: raw::PRX_WORKERTHREAD_ROUTINE = Some(run_posted::<M, F>);
        // SAFETY: a live device, and a routine that takes this parameter, once.
        let status = unsafe {
            raw::RxDispatchToWorkerThread(
                self.as_raw(),
                queue.to_raw(),
                routine,
                parameter.as_ptr().cast(),
            )
        };
        if Status(status).is_success() {
            return Ok(());
        }
        // SAFETY: given up above, and the routine will not be called.
        drop(unsafe { PoolBox::from_raw(TAG, parameter) });
        Err(Status(status))
    }

    /// Does all delayed closes (`RxScavengeAllFobxs`). IRQL: PASSIVE_LEVEL.
    pub fn scavenge_delayed_closes(self) {
        // SAFETY: a live device.
        unsafe { raw::RxScavengeAllFobxs(self.as_raw()) };
    }

    /// How many files are known, open or kept for a delayed close.
    pub fn active_files(self) -> u32 {
        // SAFETY: a live device.
        let count = unsafe { &raw mut (*self.as_raw()).NumberOfActiveFcbs };
        // SAFETY: a counter of a live device, which RDBSS changes with interlocked operations.
        unsafe { AtomicU32::from_ptr(count) }.load(Ordering::Relaxed)
    }

    /// Puts the mini-redirector behind a device that RDBSS has just made.
    ///
    /// # Safety
    /// `raw` must have an extension of at least [`Device::EXTENSION_SIZE`] bytes that nobody uses yet.
    pub(crate) unsafe fn attach(
        raw: NonNull<RDBSS_DEVICE_OBJECT>,
        mini: PoolArc<M>,
        registration: PoolBox<Registration>,
    ) -> Self {
        let device = Self {
            raw,
            lives: PhantomData,
        };
        let extension = DeviceExtension {
            mini: PoolArc::into_raw(mini).as_ptr(),
            registration: PoolBox::into_raw(registration).as_ptr(),
        };
        // SAFETY: by the contract.
        unsafe { device.extension().write(extension) };
        device
    }

    /// What [`Device::attach`] was given, to be dropped once the device has gone.
    ///
    /// # Safety
    /// Once for a device; and the result must outlive every callback.
    pub(crate) unsafe fn detach(self) -> (PoolArc<M>, PoolBox<Registration>) {
        // SAFETY: the extension of a live device.
        let extension = unsafe { self.extension().read() };
        // SAFETY: given up in `attach`, so not NULL.
        let mini = unsafe { NonNull::new_unchecked(extension.mini) };
        // SAFETY: as above.
        let registration = unsafe { NonNull::new_unchecked(extension.registration) };
        // SAFETY: given up in `attach`, and taken back once.
        let mini = unsafe { PoolArc::from_raw(mini) };
        // SAFETY: as above.
        let registration = unsafe { PoolBox::from_raw(TAG, registration) };
        (mini, registration)
    }

    /// What `RxRegisterMinirdr` has to allocate behind the device.
    pub(crate) const EXTENSION_SIZE: u32 = size_of::<DeviceExtension<M>>() as u32;

    fn extension(self) -> *mut DeviceExtension<M> {
        self.raw.as_ptr().wrapping_add(1).cast()
    }
}

/// Work on its way to a worker thread.
struct Posted<M, F> {
    device: NonNull<RDBSS_DEVICE_OBJECT>,
    work: F,
    mini: PhantomData<fn() -> M>,
}

unsafe extern "C" fn run_posted<M, F>(parameter: PVOID)
where
    M: MiniRedirector,
    F: FnOnce(Device<'_, M>) + Send + 'static,
{
    let Some(parameter) = NonNull::new(parameter.cast::<Posted<M, F>>()) else {
        return;
    };
    // SAFETY: `Device::post` gave this up, and RDBSS calls back once.
    let posted = PoolBox::into_inner(unsafe { PoolBox::from_raw(TAG, parameter) });
    // SAFETY: RDBSS waits for posted work before a device goes.
    let device = unsafe { Device::from_raw(posted.device) };
    (posted.work)(device);
}
