//! Work for the system's worker threads, for what a completion routine or a timer may not do itself.

use crate::device::DeviceObject;
use crate::pool::{PoolBox, Tag};
use crate::sync::Rundown;
use crate::{Result, Status, sys};
use core::ptr::NonNull;
use core::sync::atomic::{AtomicBool, Ordering};

const TAG: Tag = Tag::new(b"NtWk");

/// `DelayedWorkQueue`, the one for work that may wait.
const DELAYED: sys::WORK_QUEUE_TYPE = 1;

struct Shared<F> {
    item: NonNull<sys::_IO_WORKITEM>,
    queued: AtomicBool,
    /// Calls queued or running.
    calls: Rundown,
    run: F,
    /// The item was made for it.
    _device: DeviceObject,
}

/// A closure that can be queued again and again without allocating. Dropping waits until it neither waits nor runs.
/// IRQL of dropping: PASSIVE, and not from the closure.
pub struct WorkItem<F: Fn() + Send + Sync + 'static> {
    shared: PoolBox<Shared<F>>,
}

// SAFETY: the item belongs to no thread, and the closure may be called and dropped by any.
unsafe impl<F: Fn() + Send + Sync> Send for WorkItem<F> {}
// SAFETY: as above.
unsafe impl<F: Fn() + Send + Sync> Sync for WorkItem<F> {}

impl<F: Fn() + Send + Sync + 'static> WorkItem<F> {
    /// A new item of a device of the driver; while work is queued or runs, the device keeps the driver loaded. The
    /// closure is called at PASSIVE, and may run twice at once if it is queued while it runs. IRQL: PASSIVE.
    #[track_caller]
    pub fn new(device: &DeviceObject, run: F) -> Result<Self> {
        let calls = Rundown::new()?;
        // SAFETY: the device is referenced.
        let item = unsafe { sys::IoAllocateWorkItem(device.as_ptr()) };
        let item = NonNull::new(item).ok_or(Status::INSUFFICIENT_RESOURCES)?;
        let shared = PoolBox::new(
            TAG,
            Shared {
                item,
                queued: AtomicBool::new(false),
                calls,
                run,
                _device: device.clone(),
            },
        );
        match shared {
            Ok(shared) => Ok(Self { shared }),
            Err(status) => {
                // SAFETY: the item was never queued.
                unsafe { sys::IoFreeWorkItem(item.as_ptr()) };
                Err(status)
            }
        }
    }

    /// Queues a call. False when one is queued already and has not begun: that one will do. IRQL: any.
    #[track_caller]
    pub fn queue(&self) -> bool {
        let shared = &*self.shared;
        if shared.queued.swap(true, Ordering::AcqRel) {
            return false;
        }
        let Some(call) = shared.calls.enter() else {
            return false;
        };
        call.keep();
        let context = PoolBox::as_ptr(&self.shared).as_ptr().cast();
        // SAFETY: the item is not queued, for `queued` was clear; the context lives until all calls have ended.
        unsafe {
            sys::IoQueueWorkItem(shared.item.as_ptr(), Some(call_back::<F>), DELAYED, context)
        };
        true
    }
}

unsafe extern "C" fn call_back<F: Fn()>(_device: sys::PDEVICE_OBJECT, context: sys::PVOID) {
    let Some(shared) = NonNull::new(context.cast::<Shared<F>>()) else {
        return;
    };
    // SAFETY: `queue` gave the context, and the call that it counted keeps it.
    let shared = unsafe { shared.as_ref() };
    // SAFETY: `queue` kept this call. Once it is dropped, nothing of `shared` may be touched.
    let _call = unsafe { shared.calls.take_back() };
    // Before running: what is queued from now on may concern things that this run does not see.
    shared.queued.store(false, Ordering::Release);
    (shared.run)();
}

impl<F: Fn() + Send + Sync + 'static> Drop for WorkItem<F> {
    #[track_caller]
    fn drop(&mut self) {
        self.shared.calls.close_and_wait();
        // SAFETY: no call is queued or runs, and none can be queued any more.
        unsafe { sys::IoFreeWorkItem(self.shared.item.as_ptr()) };
    }
}
