//! What the library knows that belongs to no device: made by RxDriverEntry, gone after RxUnload.

use crate::kernel::{pool, spin};
use crate::live::{Live, addr, get, set};
use crate::{context, list, register, timer, worker};
use core::ptr::NonNull;
use core::sync::atomic::{AtomicPtr, Ordering};
use nt::sys::{
    DRIVER_OBJECT, KSPIN_LOCK, LIST_ENTRY, NTSTATUS, PEPROCESS, STATUS_INSUFFICIENT_RESOURCES,
};
use rdbss::raw::{RDBSS_DEVICE_OBJECT, RX_MISC_POOLTAG};

/// The library's own state, in nonpaged pool.
#[repr(C)]
pub(crate) struct Data {
    /// The driver that linked the library.
    pub driver: *mut DRIVER_OBJECT,
    /// The process that RxDriverEntry ran in: the system process.
    pub process: PEPROCESS,
    /// Devices of registered mini-redirectors, by `MiniRdrListLinks`; under `lock`.
    pub devices: LIST_ENTRY,
    /// Guards short list work and state changes anywhere in the library that have no lock of their own.
    pub lock: KSPIN_LOCK,
    /// What file objects of the device itself point to.
    pub device_fcb: register::DeviceFcb,
    /// Requests under way and spare contexts.
    pub contexts: context::Contexts,
    /// Worker threads.
    pub workers: worker::Workers,
    /// Timed work.
    pub timers: timer::Timers,
}

static DATA: AtomicPtr<Data> = AtomicPtr::new(core::ptr::null_mut());

/// The state, between RxDriverEntry and RxUnload.
pub(crate) fn get() -> Option<Live<Data>> {
    NonNull::new(DATA.load(Ordering::Acquire)).map(|data| {
        // SAFETY: it is published after it is made and withdrawn before it is freed, when no device is left.
        unsafe { Live::from_non_null(data) }
    })
}

/// Takes the library's general lock.
#[track_caller]
pub(crate) fn lock() -> Option<spin::Held> {
    get().map(|data| spin::acquire(addr!(data => lock)))
}

/// Makes the state and starts the worker threads.
pub(crate) fn create(driver: *mut DRIVER_OBJECT) -> Result<(), NTSTATUS> {
    let data = pool::allocate::<Data>(0, RX_MISC_POOLTAG).ok_or(STATUS_INSUFFICIENT_RESOURCES)?;
    set!(data => driver, driver);
    set!(data => process, nt::thread::current_process());
    list::init(addr!(data => devices));
    context::init(addr!(data => contexts));
    timer::init(addr!(data => timers));
    if let Err(status) = worker::start(addr!(data => workers)) {
        pool::free(data, RX_MISC_POOLTAG);
        return Err(status);
    }
    DATA.store(data.as_ptr(), Ordering::Release);
    Ok(())
}

/// Ends the worker threads and frees the state. No device is left.
pub(crate) fn destroy() {
    let Some(data) = get() else { return };
    timer::stop(addr!(data => timers));
    worker::stop(addr!(data => workers));
    DATA.store(core::ptr::null_mut(), Ordering::Release);
    context::drain(addr!(data => contexts));
    pool::free(data, RX_MISC_POOLTAG);
}

/// Adds a device to those that are walked.
pub(crate) fn add_device(device: Live<RDBSS_DEVICE_OBJECT>) {
    let Some(data) = get() else { return };
    let _held = spin::acquire(addr!(data => lock));
    list::push_back(addr!(data => devices), addr!(device => MiniRdrListLinks));
}

/// Takes a device out again.
pub(crate) fn remove_device(device: Live<RDBSS_DEVICE_OBJECT>) {
    let _held = lock();
    list::remove(addr!(device => MiniRdrListLinks));
}

/// True in a thread of the process that RxDriverEntry ran in.
pub(crate) fn in_system_process() -> bool {
    let current = nt::thread::current_process();
    get().is_some_and(|data| get!(data => process) == current)
}
