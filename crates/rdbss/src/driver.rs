//! A driver that is a mini-redirector, from DriverEntry to DriverUnload.
//!
//! A driver image links one RDBSS, so it has one mini-redirector and one device.

use core::ptr::NonNull;
use core::sync::atomic::{AtomicPtr, Ordering};
use core::time::Duration;

use nt::device::SymbolicLink;
use nt::pool::{PoolArc, PoolBox};
use nt::string::Unicode;
use nt::sys::{self, DEVICE_OBJECT, DRIVER_OBJECT, IRP};
use nt::{Result, Status};

use crate::context::OwnContext;
use crate::device::{Registration, TAG};
use crate::raw::{self, MINIRDR_DISPATCH, NTSTATUS, RDBSS_DEVICE_OBJECT, UNICODE_STRING};
use crate::{Device, MiniRedirector, dispatch_table, logon};

/// Names and choices of a driver.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// The device's name (`\Device\...`). MUP finds the network provider by it.
    pub device_name: &'a [u16],
    /// A name by which programs reach the device (`\??\...`).
    pub link_name: &'a [u16],
    /// Whether UNC paths are offered to the mini-redirector by MUP.
    pub provides_unc_names: bool,
}

/// The device of this driver, while there is one.
static DEVICE: AtomicPtr<RDBSS_DEVICE_OBJECT> = AtomicPtr::new(core::ptr::null_mut());

/// DriverEntry: initialises RDBSS, makes the mini-redirector, registers it, and starts it. On failure everything is undone.
///
/// `make` gets the path of the service's registry key.
///
/// # Safety
/// To be called by DriverEntry, with its arguments, and with nothing else done to the driver object.
pub unsafe fn load<M: MiniRedirector>(
    driver: *mut DRIVER_OBJECT,
    registry_path: *mut UNICODE_STRING,
    settings: &Settings<'_>,
    make: impl FnOnce(&[u16]) -> Result<M>,
) -> NTSTATUS {
    let Some(driver) = NonNull::new(driver) else {
        return Status::INVALID_PARAMETER.0;
    };
    // SAFETY: DriverEntry's arguments, before anything else.
    let status = unsafe { raw::RxDriverEntry(driver.as_ptr(), registry_path) };
    if status < 0 {
        return status;
    }
    // SAFETY: DriverEntry's argument, which lives during the call.
    let service_key = unsafe { crate::unicode::characters(registry_path) };
    // SAFETY: RDBSS has been initialised for this driver.
    let loaded = make(service_key).and_then(|mini| unsafe { register(driver, settings, mini) });
    if let Err(status) = loaded {
        // SAFETY: initialised above, and nothing is registered.
        unsafe { raw::RxUnload(driver.as_ptr()) };
        return status.0;
    }
    Status::SUCCESS.0
}

/// Registers a mini-redirector, gives it its link, and starts it (reference 4.1 has the order).
///
/// # Safety
/// RDBSS has been initialised for this driver object, which DriverEntry is still working on.
unsafe fn register<M: MiniRedirector>(
    driver: NonNull<DRIVER_OBJECT>,
    settings: &Settings<'_>,
    mini: M,
) -> Result<()> {
    let mini = PoolArc::new(TAG, mini)?;
    let mut registration = PoolBox::new(
        TAG,
        Registration {
            table: table_in_pool::<M>()?,
            link: None,
        },
    )?;
    let mut controls = raw::RX_REGISTERMINI_FLAG_DONT_PROVIDE_MAILSLOTS;
    if !settings.provides_unc_names {
        controls |= raw::RX_REGISTERMINI_FLAG_DONT_PROVIDE_UNCS;
    }
    let name = Unicode::new(settings.device_name)?;
    let mut device = core::ptr::null_mut();
    // SAFETY: the table stays where it is until the device has gone; the name is copied.
    nt::check(unsafe {
        raw::RxRegisterMinirdr(
            &mut device,
            driver.as_ptr(),
            &mut *registration.table,
            controls,
            name.as_ptr(),
            Device::<M>::EXTENSION_SIZE,
            raw::FILE_DEVICE_NETWORK_FILE_SYSTEM,
            raw::FILE_REMOTE_DEVICE,
        )
    })?;
    let device = NonNull::new(device).ok_or(Status::INTERNAL_ERROR)?;
    match SymbolicLink::create(settings.link_name, settings.device_name) {
        Ok(link) => registration.link = Some(link),
        Err(status) => {
            // SAFETY: registered just now, and known to nobody.
            unsafe { raw::RxpUnregisterMinirdr(device.as_ptr()) };
            return Err(status);
        }
    }
    // SAFETY: a new device with that extension, which gets no request before it is started.
    let device = unsafe { Device::attach(device, mini, registration) };
    DEVICE.store(device.as_raw(), Ordering::Release);
    // SAFETY: DriverEntry's driver object.
    unsafe { fill_driver_object::<M>(driver) };
    if let Err(status) = start(device) {
        // SAFETY: not started.
        unsafe { unregister(device) };
        return Err(status);
    }
    Ok(())
}

/// The table of callbacks where RDBSS may write to it, made without passing over the stack.
fn table_in_pool<M: MiniRedirector>() -> Result<PoolBox<MINIRDR_DISPATCH>> {
    let table: &'static MINIRDR_DISPATCH = const { &dispatch_table::<M>() };
    let mut place = PoolBox::<MINIRDR_DISPATCH>::new_zeroed(TAG)?;
    // SAFETY: a whole table from one place to another.
    unsafe { place.as_mut_ptr().copy_from_nonoverlapping(table, 1) };
    // SAFETY: written just now.
    Ok(unsafe { place.assume_init() })
}

/// Sends all requests to [`dispatch`]. RxRegisterMinirdr has sent them to RDBSS itself, IRP_MJ_PNP among them, which is not for it.
///
/// # Safety
/// `driver` must be DriverEntry's driver object.
unsafe fn fill_driver_object<M: MiniRedirector>(driver: NonNull<DRIVER_OBJECT>) {
    // SAFETY: by the contract.
    let driver = unsafe { &mut *driver.as_ptr() };
    driver.DriverUnload = Some(unload::<M>);
    driver.MajorFunction = [Some(dispatch); sys::IRP_MJ_MAXIMUM_FUNCTION as usize + 1];
}

fn start<M: MiniRedirector>(device: Device<'_, M>) -> Result<()> {
    let context = OwnContext::new(device)?;
    // SAFETY: a live context, on a thread of the system process, and its own flag.
    let status = unsafe { raw::RxStartMinirdr(context.as_raw(), context.post_flag()) };
    if status == Status::PENDING.0 {
        // Only a thread of another process is put off.
        return Err(Status::INVALID_DEVICE_STATE);
    }
    nt::check(status)
}

fn stop<M: MiniRedirector>(device: Device<'_, M>) -> Result<()> {
    let context = OwnContext::new(device)?;
    // SAFETY: a live context, on a thread of the system process, and its own flag.
    nt::check(unsafe { raw::RxStopMinirdr(context.as_raw(), context.post_flag()) })
}

/// Stops the device in an unload, which cannot be refused any more. The I/O manager unloads only when nothing is open, and what
/// RDBSS keeps for a delayed close, it closes in stopping; so what is still in use will not be for long: the thread that has
/// answered the last request, or work that the end of a logon has started, is about to let go of it.
fn stop_for_good<M: MiniRedirector>(device: Device<'_, M>) {
    // The end of a logon starts work that uses its views: none may start between the stop's look at what is in use and its end.
    logon::stop_listening();
    for _ in 0..MOST_ATTEMPTS {
        if stop(device) != Err(Status(sys::STATUS_REDIRECTOR_HAS_OPEN_HANDLES)) {
            return;
        }
        nt::time::sleep(BETWEEN_ATTEMPTS);
    }
}

/// How long an unload waits for what is in use, in all a minute: longer than any request takes that is not answered.
const MOST_ATTEMPTS: u32 = 6000;
const BETWEEN_ATTEMPTS: Duration = Duration::from_millis(10);

/// Takes the device away, and then the mini-redirector.
///
/// # Safety
/// The device must not be started, and not be used afterwards.
unsafe fn unregister<M: MiniRedirector>(device: Device<'_, M>) {
    // RDBSS may still finalize servers and shares by callbacks, so the mini-redirector outlives the device.
    // SAFETY: by the contract.
    let kept = unsafe { device.detach() };
    // SAFETY: by the contract.
    unsafe { raw::RxpUnregisterMinirdr(device.as_raw()) };
    DEVICE.store(core::ptr::null_mut(), Ordering::Release);
    drop(kept);
}

unsafe extern "C" fn unload<M: MiniRedirector>(driver: *mut DRIVER_OBJECT) {
    if let Some(device) = NonNull::new(DEVICE.load(Ordering::Acquire)) {
        // SAFETY: the device of this driver, whose mini-redirector `load` has attached.
        let device = unsafe { Device::<M>::from_raw(device) };
        stop_for_good(device);
        // SAFETY: stopped, and no request can come during an unload.
        unsafe { unregister(device) };
    }
    // Whoever the mini-redirector has waited for may still be on the way out of our code.
    nt::irp::wait_for_completions();
    // SAFETY: the last call of an unload.
    unsafe { raw::RxUnload(driver) };
}

unsafe extern "C" fn dispatch(device: *mut DEVICE_OBJECT, irp: *mut IRP) -> NTSTATUS {
    // SAFETY: the I/O manager's IRP, at our stack location.
    let location = unsafe { nt::irp::current_stack_location(irp) };
    // SAFETY: as above.
    let major = u32::from(unsafe { (*location).MajorFunction });
    let ours = DEVICE.load(Ordering::Acquire);
    if major == sys::IRP_MJ_PNP || device.cast() != ours {
        // Not RDBSS's: left as it came, which is "not supported".
        // SAFETY: the IRP is ours, and has its status from the I/O manager.
        let (status, information) = unsafe { nt::irp::outcome(irp) };
        // SAFETY: the IRP is ours, and is not touched any more.
        unsafe { nt::irp::complete(irp, status, information) };
        return status.0;
    }
    // SAFETY: our live device, and an IRP that RDBSS takes over.
    unsafe { raw::RxFsdDispatch(ours, irp) }
}
