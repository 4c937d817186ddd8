//! Load and unload, and the bench that tests stand on.

use super::{Toy, connect, information, low_io, open};
use nt::sys::*;
use ntsim::user::{Create, File, Process};
use ntsim::{Config, Driver, Kernel};
use rdbss::raw::*;
use std::sync::atomic::{AtomicPtr, Ordering};

static DEVICE: AtomicPtr<RDBSS_DEVICE_OBJECT> = AtomicPtr::new(core::ptr::null_mut());

/// The table, which lives as long as the process.
static TABLE: AtomicPtr<MINIRDR_DISPATCH> = AtomicPtr::new(core::ptr::null_mut());

fn wide(text: &str) -> (Vec<u16>, UNICODE_STRING) {
    let mut units: Vec<u16> = text.encode_utf16().collect();
    let bytes = (units.len() * 2) as u16;
    let string = UNICODE_STRING {
        Length: bytes,
        MaximumLength: bytes,
        Buffer: units.as_mut_ptr(),
    };
    (units, string)
}

fn table() -> *mut MINIRDR_DISPATCH {
    // SAFETY: a table of zeroes has no callbacks and no flags.
    let mut table: MINIRDR_DISPATCH = unsafe { core::mem::zeroed() };
    table.NodeTypeCode = RDBSS_NTC_MINIRDR_DISPATCH;
    table.NodeByteSize = size_of::<MINIRDR_DISPATCH>() as u16;
    table.MRxFlags =
        RDBSS_MANAGE_FCB_EXTENSION | RDBSS_MANAGE_SRV_OPEN_EXTENSION | RDBSS_MANAGE_FOBX_EXTENSION;
    table.MRxFcbSize = 20;
    table.MRxSrvOpenSize = 12;
    table.MRxFobxSize = 4;
    table.ScavengerTimeout = 1;
    connect::fill(&mut table);
    open::fill(&mut table);
    low_io::fill(&mut table);
    information::fill(&mut table);
    let table = Box::into_raw(Box::new(table));
    TABLE.store(table, Ordering::SeqCst);
    table
}

unsafe extern "C" fn entry(driver: *mut DRIVER_OBJECT, path: *mut UNICODE_STRING) -> NTSTATUS {
    // SAFETY: the I/O manager's driver object.
    let status = unsafe { RxDriverEntry(driver, path) };
    if status < 0 {
        return status;
    }
    let (_units, mut name) = wide(r"\Device\Toy");
    let mut device = core::ptr::null_mut();
    // SAFETY: the table and the driver live; the out pointer is a local.
    let status = unsafe {
        RxRegisterMinirdr(
            &raw mut device,
            driver,
            table(),
            RX_REGISTERMINI_FLAG_DONT_PROVIDE_MAILSLOTS,
            &raw mut name,
            64,
            rdbss::raw::FILE_DEVICE_NETWORK_FILE_SYSTEM,
            rdbss::raw::FILE_REMOTE_DEVICE,
        )
    };
    if status < 0 {
        // SAFETY: nothing is registered.
        unsafe { RxUnload(driver) };
        return status;
    }
    DEVICE.store(device, Ordering::SeqCst);
    // SAFETY: the driver object is ours.
    unsafe { (*driver).DriverUnload = Some(unload) };
    let status = with_context(device, |context| {
        let mut post = 0;
        // SAFETY: a live context and a local.
        unsafe { RxStartMinirdr(context, &raw mut post) }
    });
    if status < 0 {
        remove(driver, device);
    }
    status
}

/// Takes the stopped device and the library away.
fn remove(driver: *mut DRIVER_OBJECT, device: *mut RDBSS_DEVICE_OBJECT) {
    // SAFETY: stopped.
    unsafe { RxpUnregisterMinirdr(device) };
    // SAFETY: no device is left.
    unsafe { RxUnload(driver) };
    let table = TABLE.swap(core::ptr::null_mut(), Ordering::SeqCst);
    // SAFETY: made by `table`, and nobody calls through it any more.
    drop(unsafe { Box::from_raw(table) });
}

fn with_context(
    device: *mut RDBSS_DEVICE_OBJECT,
    work: impl FnOnce(*mut RX_CONTEXT) -> NTSTATUS,
) -> NTSTATUS {
    // SAFETY: a registered device, no IRP.
    let context =
        unsafe { RxCreateRxContext(core::ptr::null_mut(), device, RX_CONTEXT_FLAG_IN_FSP) };
    if context.is_null() {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    let status = work(context);
    // SAFETY: our own reference.
    unsafe { RxDereferenceAndDeleteRxContext_Real(context) };
    status
}

/// Stops the toy. The caller runs as the driver.
pub fn stop() -> NTSTATUS {
    with_context(device(), |context| {
        let mut post = 0;
        // SAFETY: a live context and a local.
        unsafe { RxStopMinirdr(context, &raw mut post) }
    })
}

unsafe extern "C" fn unload(driver: *mut DRIVER_OBJECT) {
    let status = stop();
    // After a failed test files may be open.
    assert!(
        status == STATUS_SUCCESS || std::thread::panicking(),
        "stop: {status:#x}"
    );
    remove(driver, device());
}

/// Loads the toy.
pub fn load(kernel: &Kernel) -> Result<Driver, NTSTATUS> {
    kernel.load_driver("toy", entry)
}

/// The device of the running toy.
pub fn device() -> *mut RDBSS_DEVICE_OBJECT {
    DEVICE.load(Ordering::SeqCst)
}

/// A kernel with the toy loaded, and a user.
pub struct Bench {
    pub toy: &'static Toy,
    pub process: Process,
    driver: Option<Driver>,
    pub kernel: Kernel,
}

impl Bench {
    /// Boots and loads.
    pub fn new() -> Self {
        let kernel = Kernel::boot(Config::default());
        openrdbss::on_violation(None);
        let toy = Toy::install();
        let driver = load(&kernel).expect("the driver loads");
        Bench {
            toy,
            process: Process::new(),
            driver: Some(driver),
            kernel,
        }
    }

    /// Opens by UNC name, or by whatever NT name.
    pub fn create(&self, create: &Create<'_>) -> Result<(File, u64), NTSTATUS> {
        self.process.nt_create_file(create)
    }

    /// Opens or makes a file of the share for everything.
    pub fn file(&self, name: &str) -> File {
        let path = path(name);
        let create = Create {
            access: FILE_GENERIC_READ | FILE_GENERIC_WRITE | DELETE,
            disposition: FILE_OPEN_IF,
            ..Create::open(&path)
        };
        self.create(&create).expect(name).0
    }

    /// The same for overlapped I/O.
    pub fn overlapped(&self, name: &str) -> File {
        let path = path(name);
        let create = Create {
            access: FILE_GENERIC_READ | FILE_GENERIC_WRITE | DELETE,
            disposition: FILE_OPEN_IF,
            options: 0,
            ..Create::open(&path)
        };
        self.create(&create).expect(name).0
    }

    /// Unloads the driver, which finds leaks, and stops the kernel, which finds the others.
    pub fn finish(mut self) {
        let driver = self.driver.take().expect("loaded");
        driver.unload().expect("the driver unloads");
    }
}

impl Drop for Bench {
    /// After a failed test: leaves nothing behind that would fail the next one.
    fn drop(&mut self) {
        openrdbss::on_violation(None);
        if let Some(driver) = self.driver.take() {
            let _after_failure = driver.unload();
        }
    }
}

/// The UNC name of a file of the share.
pub fn path(name: &str) -> String {
    format!(r"\??\UNC\toy\pub\{name}")
}
