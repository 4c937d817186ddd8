//! A device of a mini-redirector that does nothing, in ntsim: what tests of the library's insides stand on.

extern crate std;

use crate::live::Live;
use core::sync::atomic::{AtomicPtr, Ordering};
use core::time::Duration;
use nt::sys::{DRIVER_OBJECT, NTSTATUS, UNICODE_STRING};
use ntsim::{Config, Driver, Kernel};
use rdbss::raw::*;
use std::boxed::Box;

static TABLE: AtomicPtr<MINIRDR_DISPATCH> = AtomicPtr::new(core::ptr::null_mut());
static DEVICE: AtomicPtr<RDBSS_DEVICE_OBJECT> = AtomicPtr::new(core::ptr::null_mut());

/// A kernel with the device in it. Dropping it unregisters the device, which must be stopped.
pub(crate) struct Bench {
    driver: Option<Driver>,
    pub kernel: Kernel,
}

impl Bench {
    /// Registers a mini-redirector with the callbacks that `fill` puts into its table.
    pub fn new(fill: impl FnOnce(&mut MINIRDR_DISPATCH)) -> Self {
        let kernel = Kernel::boot(Config::default());
        crate::on_violation(None);
        // SAFETY: a table of zeroes has no callbacks and no flags.
        let mut table: MINIRDR_DISPATCH = unsafe { core::mem::zeroed() };
        fill(&mut table);
        TABLE.store(Box::into_raw(Box::new(table)), Ordering::SeqCst);
        let driver = kernel.load_driver("bench", entry).unwrap();
        Bench {
            driver: Some(driver),
            kernel,
        }
    }

    /// Runs this thread as one of the driver's.
    pub fn run<R>(&self, work: impl FnOnce() -> R) -> R {
        self.kernel.run_as_driver(work)
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if let Some(driver) = self.driver.take() {
            driver.unload().unwrap();
        }
        let table = TABLE.swap(core::ptr::null_mut(), Ordering::SeqCst);
        // SAFETY: made by `new`, and the device that knew it is gone.
        drop(unsafe { Box::from_raw(table) });
    }
}

/// The bench's device.
pub(crate) fn device() -> Live<RDBSS_DEVICE_OBJECT> {
    // SAFETY: registered while the bench stands.
    unsafe { Live::from_nullable(DEVICE.load(Ordering::SeqCst)) }.unwrap()
}

/// Waits for what another thread does, for as long as a slow machine may need.
pub(crate) fn wait_until(what: &str, done: impl Fn() -> bool) {
    assert!(comes(Duration::from_secs(20), done), "never: {what}");
}

/// True if `done` comes true in that time.
pub(crate) fn comes(time: Duration, done: impl Fn() -> bool) -> bool {
    let end = std::time::Instant::now() + time;
    while !done() {
        if std::time::Instant::now() > end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    true
}

unsafe extern "C" fn entry(driver: *mut DRIVER_OBJECT, path: *mut UNICODE_STRING) -> NTSTATUS {
    // SAFETY: the I/O manager's driver object.
    let status = unsafe { crate::register::RxDriverEntry(driver, path) };
    if status < 0 {
        return status;
    }
    let mut units = r"\Device\Bench"
        .encode_utf16()
        .collect::<std::vec::Vec<_>>();
    let bytes = (units.len() * 2) as u16;
    let mut name = UNICODE_STRING {
        Length: bytes,
        MaximumLength: bytes,
        Buffer: units.as_mut_ptr(),
    };
    let mut device = core::ptr::null_mut();
    // SAFETY: the table and the driver live; the out pointer is a local.
    let status = unsafe {
        crate::register::RxRegisterMinirdr(
            &raw mut device,
            driver,
            TABLE.load(Ordering::SeqCst),
            RX_REGISTERMINI_FLAG_DONT_PROVIDE_UNCS | RX_REGISTERMINI_FLAG_DONT_PROVIDE_MAILSLOTS,
            &raw mut name,
            0,
            rdbss::raw::FILE_DEVICE_NETWORK_FILE_SYSTEM,
            rdbss::raw::FILE_REMOTE_DEVICE,
        )
    };
    DEVICE.store(device, Ordering::SeqCst);
    // SAFETY: the driver object is ours.
    unsafe { (*driver).DriverUnload = Some(unload) };
    status
}

unsafe extern "C" fn unload(driver: *mut DRIVER_OBJECT) {
    // SAFETY: stopped, or never started.
    unsafe { crate::register::RxUnregisterMinirdr(DEVICE.load(Ordering::SeqCst)) };
    // SAFETY: no device is left.
    unsafe { crate::register::RxUnload(driver) };
}
