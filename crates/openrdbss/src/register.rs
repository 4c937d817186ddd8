//! Load, start, stop and unload (reference 4.1).

use crate::context::{self, Context};
use crate::dispatch;
use crate::kernel::region;
use crate::live::{Live, addr, follow, get, set};
use crate::net::{finalize, prefix, v_net_root};
use crate::{config, data, list, scavenger, unicode, worker};
use core::ptr::NonNull;
use nt::sys::{
    BOOLEAN, DRIVER_OBJECT, FILE_OBJECT, NTSTATUS, PDEVICE_OBJECT, STATUS_DEVICE_NOT_READY,
    STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_PARAMETER, STATUS_PENDING,
    STATUS_REDIRECTOR_HAS_OPEN_HANDLES, STATUS_REDIRECTOR_NOT_STARTED, STATUS_REDIRECTOR_STARTED,
    STATUS_SUCCESS, UNICODE_STRING,
};
use rdbss::raw::*;

/// Begins the library: the first call in DriverEntry, which runs in the system process.
///
/// # Safety
/// The driver object is the caller's; RxUnload comes before it goes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxDriverEntry(
    DriverObject: *mut DRIVER_OBJECT,
    _RegistryPath: *mut UNICODE_STRING,
) -> NTSTATUS {
    let _region = region::enter();
    match data::create(DriverObject) {
        Ok(()) => {
            make_device_fcb();
            STATUS_SUCCESS
        }
        Err(status) => status,
    }
}

/// Ends the library: the last call of an unload. No device is registered any more.
///
/// # Safety
/// No routine of the library runs or will be called.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxUnload(_DriverObject: *mut DRIVER_OBJECT) {
    data::destroy();
}

/// What file objects of the device itself, and of tree connections, point to.
#[repr(C)]
pub(crate) struct DeviceFcb {
    /// As long as the longest FCB.
    space: [u64; 86],
}

fn make_device_fcb() {
    let Some(data) = data::get() else { return };
    let start = addr!(data => device_fcb).as_ptr().cast::<u8>();
    let Some(memory) = NonNull::new(start) else {
        return;
    };
    // SAFETY: zeroed memory of the library's own, as long as the longest FCB.
    let stamped = unsafe { FcbRef::stamp(memory, config::fcb_layout()) };
    // SAFETY: just stamped; it lives as long as the library.
    if let Some(fcb) = unsafe { Live::from_nullable(stamped.as_ptr()) } {
        set!(fcb => Header.NodeTypeCode, RDBSS_NTC_DEVICE_FCB);
    }
}

/// The stand-in for an FCB in file objects of the device.
pub(crate) fn device_fcb(_device: Live<RDBSS_DEVICE_OBJECT>) -> *mut MRX_FCB {
    data::get().map_or(core::ptr::null_mut(), |data| {
        addr!(data => device_fcb).as_ptr().cast()
    })
}

/// True for a file object of the device itself; a tree connection's is not.
pub(crate) fn is_device_file(file_object: Live<FILE_OBJECT>) -> bool {
    let ours = data::get().map_or(core::ptr::null_mut(), |data| {
        addr!(data => device_fcb).as_ptr()
    });
    get!(file_object => FsContext).cast() == ours && get!(file_object => FsContext2).is_null()
}

/// Makes the device of a mini-redirector. A provider of UNC names gets a device without a name, since MUP takes the name when it
/// starts; the others get a named one.
///
/// # Safety
/// The dispatch table and the driver object outlive the device; `DeviceObject` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxRegisterMinirdr(
    DeviceObject: *mut *mut RDBSS_DEVICE_OBJECT,
    DriverObject: *mut DRIVER_OBJECT,
    MrdrDispatch: *mut MINIRDR_DISPATCH,
    Controls: u32,
    DeviceName: *mut UNICODE_STRING,
    DeviceExtensionSize: u32,
    DeviceType: u32,
    DeviceCharacteristics: u32,
) -> NTSTATUS {
    // SAFETY: the caller's promise.
    let Some(table) = (unsafe { Live::from_nullable(MrdrDispatch) }) else {
        return STATUS_INVALID_PARAMETER;
    };
    if data::get().is_none() {
        return STATUS_DEVICE_NOT_READY;
    }
    let _region = region::enter();
    let name = unicode::units_at(DeviceName);
    let provides = Controls
        & (RX_REGISTERMINI_FLAG_DONT_PROVIDE_UNCS | RX_REGISTERMINI_FLAG_DONT_USE_VISTA_REDIRECTOR)
        == 0;
    let Some(kept) = unicode::duplicate(name, RX_MISC_POOLTAG) else {
        return STATUS_INSUFFICIENT_RESOURCES;
    };
    let own = size_of::<RDBSS_DEVICE_OBJECT>().saturating_sub(size_of::<nt::sys::DEVICE_OBJECT>());
    let extension = u32::try_from(own)
        .unwrap_or(0)
        .saturating_add(DeviceExtensionSize);
    let mut device: PDEVICE_OBJECT = core::ptr::null_mut();
    let device_name = if provides {
        core::ptr::null_mut()
    } else {
        DeviceName
    };
    // SAFETY: the driver object is the caller's; the out pointer is a local.
    let status = unsafe {
        nt::sys::IoCreateDevice(
            DriverObject,
            extension,
            device_name,
            DeviceType,
            DeviceCharacteristics,
            0,
            &raw mut device,
        )
    };
    // SAFETY: made with room for a RDBSS_DEVICE_OBJECT.
    let made = unsafe { Live::from_nullable(device.cast::<RDBSS_DEVICE_OBJECT>()) };
    let (true, Some(made)) = (status >= 0, made) else {
        unicode::free(kept, RX_MISC_POOLTAG);
        return status;
    };
    set!(made => RegistrationControls, Controls);
    set!(made => Dispatch, table.as_ptr());
    set!(made => DeviceName, kept);
    set!(made => RegisterUncProvider, provides.into());
    let mailslots = Controls & RX_REGISTERMINI_FLAG_DONT_PROVIDE_MAILSLOTS == 0;
    set!(made => RegisterMailSlotProvider, mailslots.into());
    let names = addr!(made => RxNetNameTableInDeviceObject);
    prefix::init(names);
    set!(made => pRxNetNameTable, names.as_ptr());
    scavenger::init(made);
    list::init(addr!(made => MiniRdrListLinks));
    data::add_device(made);
    if Controls & RX_REGISTERMINI_FLAG_DONT_INIT_DRIVER_DISPATCH == 0 {
        fill_dispatch(DriverObject);
    }
    set!(made => DeviceObject.Flags, get!(made => DeviceObject.Flags) & !nt::sys::DO_DEVICE_INITIALIZING);
    // SAFETY: the caller's promise.
    unsafe { DeviceObject.write(made.as_ptr()) };
    STATUS_SUCCESS
}

fn fill_dispatch(driver: *mut DRIVER_OBJECT) {
    // SAFETY: the driver object is the caller's of RxRegisterMinirdr.
    let Some(driver) = (unsafe { Live::from_nullable(driver) }) else {
        return;
    };
    let entry: nt::sys::PDRIVER_DISPATCH = Some(dispatch::driver_dispatch);
    set!(driver => MajorFunction, [entry; 28]);
}

/// Removes the device, which is stopped.
///
/// # Safety
/// The device is registered, and nobody uses it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxpUnregisterMinirdr(RxDeviceObject: *mut RDBSS_DEVICE_OBJECT) {
    // SAFETY: the caller's promise.
    let Some(device) = (unsafe { Live::from_nullable(RxDeviceObject) }) else {
        return;
    };
    let _region = region::enter();
    if get!(device => StartStopContext.State) != RDBSS_STARTABLE {
        // One of Microsoft's samples unregisters what it has not stopped.
        leave_mup(device);
        end_connections(device);
    }
    context::wait_for_none(device, context::PATIENCE);
    worker::wait_for_library(device);
    worker::spin_down(device);
    data::remove_device(device);
    if let Some(table) = follow!(device => pRxNetNameTable) {
        prefix::destroy(table);
    }
    unicode::free(get!(device => DeviceName), RX_MISC_POOLTAG);
    // SAFETY: made by RxRegisterMinirdr, and nothing of the library points to it any more.
    unsafe { nt::sys::IoDeleteDevice(device.as_ptr().cast()) };
}

/// As RxpUnregisterMinirdr: the name that the headers give it.
///
/// # Safety
/// As RxpUnregisterMinirdr.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxUnregisterMinirdr(RxDeviceObject: *mut RDBSS_DEVICE_OBJECT) {
    // SAFETY: the caller's promise.
    unsafe { RxpUnregisterMinirdr(RxDeviceObject) }
}

/// Would make a device available that was made after the driver's initialisation.
///
/// # Safety
/// The device is registered.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxMakeLateDeviceAvailable(RxDeviceObject: *mut RDBSS_DEVICE_OBJECT) {
    // SAFETY: the caller's promise.
    if let Some(device) = unsafe { Live::from_nullable(RxDeviceObject) } {
        set!(device => DeviceObject.Flags, get!(device => DeviceObject.Flags) & !nt::sys::DO_DEVICE_INITIALIZING);
    }
}

/// Finds the request's device, in the system process; elsewhere the request has to be posted.
fn in_system_process(
    context: *mut RX_CONTEXT,
    post: *mut BOOLEAN,
) -> Result<(Context, Live<RDBSS_DEVICE_OBJECT>), NTSTATUS> {
    let context = context::check_live(context).ok_or(STATUS_INVALID_PARAMETER)?;
    let device = context::device(context).ok_or(STATUS_INVALID_PARAMETER)?;
    if data::in_system_process() {
        return Ok((context, device));
    }
    // SAFETY: the caller of RxStartMinirdr or RxStopMinirdr passes a writable BOOLEAN.
    unsafe { post.write(1) };
    Err(STATUS_PENDING)
}

/// Starts the mini-redirector: registers with MUP and calls MRxStart. Outside the system process STATUS_PENDING with
/// `*PostToFsp` TRUE. STATUS_REDIRECTOR_STARTED if it is started.
///
/// # Safety
/// `RxContext` is a request of the device; `PostToFsp` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxStartMinirdr(
    RxContext: *mut RX_CONTEXT,
    PostToFsp: *mut BOOLEAN,
) -> NTSTATUS {
    let (context, device) = match in_system_process(RxContext, PostToFsp) {
        Ok(found) => found,
        Err(status) => return status,
    };
    let _region = region::enter();
    if !enter(context, device, RDBSS_STARTABLE, RDBSS_STARTABLE) {
        return STATUS_REDIRECTOR_STARTED;
    }
    let status = join_mup(device);
    if status < 0 {
        leave(device, RDBSS_STARTABLE);
        return status;
    }
    let table = follow!(device => Dispatch);
    let status = match table.and_then(|table| get!(table => MRxStart)) {
        // SAFETY: request and device live.
        Some(start) => unsafe { start(context.as_ptr(), device.as_ptr()) },
        None => STATUS_SUCCESS,
    };
    if status < 0 {
        leave_mup(device);
        leave(device, RDBSS_STARTABLE);
        return status;
    }
    set!(device => StartStopContext.Version, get!(device => StartStopContext.Version).wrapping_add(1));
    scavenger::start(device);
    leave(device, RDBSS_STARTED);
    STATUS_SUCCESS
}

/// Begins a start or stop, in which the state is `during`; false if the state is not `from`, or if another start or stop is under way.
fn enter(
    context: Context,
    device: Live<RDBSS_DEVICE_OBJECT>,
    from: RX_RDBSS_STATE,
    during: RX_RDBSS_STATE,
) -> bool {
    let state = addr!(device => StartStopContext);
    let _held = data::lock();
    let free = get!(state => State) == from && get!(state => pStopContext).is_null();
    if free {
        set!(state => State, during);
        set!(state => pStopContext, context.as_ptr());
    }
    free
}

/// Ends what [`enter`] began.
fn leave(device: Live<RDBSS_DEVICE_OBJECT>, state: RX_RDBSS_STATE) {
    let _held = data::lock();
    set!(device => StartStopContext.pStopContext, core::ptr::null_mut());
    set!(device => StartStopContext.State, state);
}

fn join_mup(device: Live<RDBSS_DEVICE_OBJECT>) -> NTSTATUS {
    if get!(device => RegisterUncProvider) == 0 {
        return STATUS_SUCCESS;
    }
    let mailslots = get!(device => RegisterMailSlotProvider) != 0;
    let flags = if mailslots {
        nt::sys::FSRTL_UNC_PROVIDER_FLAGS_MAILSLOTS_SUPPORTED
    } else {
        0
    };
    let handle = addr!(device => MupHandle).as_ptr();
    let name = addr!(device => DeviceName).as_ptr();
    // SAFETY: handle and name are the device's own.
    unsafe { nt::sys::FsRtlRegisterUncProviderEx(handle, name, device.as_ptr().cast(), flags) }
}

fn leave_mup(device: Live<RDBSS_DEVICE_OBJECT>) {
    let handle = get!(device => MupHandle);
    if !handle.is_null() {
        set!(device => MupHandle, core::ptr::null_mut());
        // SAFETY: the handle of `join_mup`.
        unsafe { nt::sys::FsRtlDeregisterUncProvider(handle) };
    }
}

/// Stops the mini-redirector: no new requests, connections closed, MRxStop. STATUS_REDIRECTOR_HAS_OPEN_HANDLES if files or tree
/// connections are open; it goes on then. Outside the system process STATUS_PENDING with `*PostToFsp` TRUE.
///
/// # Safety
/// As RxStartMinirdr; not from work that was queued by RxDispatchToWorkerThread for the device.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxStopMinirdr(
    RxContext: *mut RX_CONTEXT,
    PostToFsp: *mut BOOLEAN,
) -> NTSTATUS {
    let (context, device) = match in_system_process(RxContext, PostToFsp) {
        Ok(found) => found,
        Err(status) => return status,
    };
    let _region = region::enter();
    if !enter(context, device, RDBSS_STARTED, RDBSS_STOP_IN_PROGRESS) {
        return STATUS_REDIRECTOR_NOT_STARTED;
    }
    scavenger::close_pending(device, |_| true);
    // The mini-redirector's own work, too: it may hold views for a moment, and what it let go of after the look would stay.
    worker::spin_down(device);
    worker::wait_for_library(device);
    if get!(device => NumberOfActiveFcbs) != 0 || v_net_root::any_in_use(device) {
        leave(device, RDBSS_STARTED);
        return STATUS_REDIRECTOR_HAS_OPEN_HANDLES;
    }
    leave_mup(device);
    end_connections(device);
    let table = follow!(device => Dispatch);
    let status = match table.and_then(|table| get!(table => MRxStop)) {
        // SAFETY: request and device live.
        Some(stop) => unsafe { stop(context.as_ptr(), device.as_ptr()) },
        None => STATUS_SUCCESS,
    };
    worker::spin_down(device);
    leave(device, RDBSS_STARTABLE);
    status
}

/// Ends what is connected and not in use, and waits for the work that this starts.
fn end_connections(device: Live<RDBSS_DEVICE_OBJECT>) {
    scavenger::stop(device);
    v_net_root::drop_connections(device);
    finalize::dormant(device, u64::MAX);
    worker::wait_for_library(device);
    // Work that was under way may have left something behind.
    scavenger::close_pending(device, |_| true);
    finalize::dormant(device, u64::MAX);
}

#[cfg(test)]
mod tests;
