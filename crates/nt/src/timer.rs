//! Timers.

use crate::pool::{KernelObject, PoolBox, Tag};
use crate::time::relative;
use crate::{Result, sys};
use core::ptr::NonNull;
use core::time::Duration;

const TAG: Tag = Tag::new(b"NtTi");

/// `SynchronizationTimer`; nobody waits on the timer itself, so the kind does not matter.
const SYNCHRONIZATION: sys::TIMER_TYPE = 1;

struct Shared<F> {
    timer: KernelObject<sys::KTIMER>,
    dpc: KernelObject<sys::KDPC>,
    run: F,
}

/// A closure that is called at DISPATCH when its time comes. Dropping cancels and waits for a running call.
/// IRQL of dropping: PASSIVE, and not from the closure.
pub struct Timer<F: Fn() + Send + Sync + 'static> {
    shared: PoolBox<Shared<F>>,
}

impl<F: Fn() + Send + Sync + 'static> Timer<F> {
    /// A new timer, not set. IRQL: any.
    #[track_caller]
    pub fn new(run: F) -> Result<Self> {
        let shared = PoolBox::new(
            TAG,
            Shared {
                timer: KernelObject::zeroed(TAG)?,
                dpc: KernelObject::zeroed(TAG)?,
                run,
            },
        )?;
        let context = PoolBox::as_ptr(&shared).as_ptr().cast();
        // SAFETY: the object is room for a timer that nobody knows yet.
        unsafe { sys::KeInitializeTimerEx(shared.timer.as_ptr(), SYNCHRONIZATION) };
        // SAFETY: the object is room for a DPC that nobody knows yet; the context lives as long as the timer can fire.
        unsafe { sys::KeInitializeDpc(shared.dpc.as_ptr(), Some(call_back::<F>), context) };
        Ok(Self { shared })
    }

    /// Calls the closure once after that time, instead of what was set before. IRQL: any.
    #[track_caller]
    pub fn set(&self, due: Duration) {
        self.arm(due, 0);
    }

    /// Calls the closure after `due` and then every `period` (at least a millisecond). IRQL: any.
    #[track_caller]
    pub fn set_periodic(&self, due: Duration, period: Duration) {
        let period = i32::try_from(period.as_millis()).unwrap_or(i32::MAX);
        self.arm(due, period.max(1));
    }

    /// Takes the timer back without waiting for a call that runs; says whether it was set. IRQL: any.
    #[track_caller]
    pub fn disarm(&self) -> bool {
        // SAFETY: the timer is initialised.
        unsafe { sys::KeCancelTimer(self.shared.timer.as_ptr()) != 0 }
    }

    /// Takes the timer back and waits for a call that runs. IRQL: PASSIVE, without locks that the closure takes.
    #[track_caller]
    pub fn cancel(&self) {
        self.disarm();
        // The timer may have queued its DPC before it was taken back.
        // SAFETY: the routine has no preconditions but its IRQL.
        unsafe { sys::KeFlushQueuedDpcs() };
    }

    #[track_caller]
    fn arm(&self, due: Duration, period_milliseconds: i32) {
        let (timer, dpc) = (self.shared.timer.as_ptr(), self.shared.dpc.as_ptr());
        // SAFETY: both objects are initialised, and stay until `drop` has cancelled the timer.
        unsafe { sys::KeSetTimerEx(timer, relative(due), period_milliseconds, dpc) };
    }
}

unsafe extern "C" fn call_back<F: Fn()>(
    _dpc: *mut sys::KDPC,
    context: sys::PVOID,
    _argument: sys::PVOID,
    _argument2: sys::PVOID,
) {
    if let Some(shared) = NonNull::new(context.cast::<Shared<F>>()) {
        // SAFETY: the context is the timer's, which waits for this call before it goes.
        let shared = unsafe { shared.as_ref() };
        (shared.run)();
    }
}

impl<F: Fn() + Send + Sync + 'static> Drop for Timer<F> {
    #[track_caller]
    fn drop(&mut self) {
        self.cancel();
    }
}
