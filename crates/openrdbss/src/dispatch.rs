//! From IRPs to the routines that handle them: RxFsdDispatch, and the worker threads' side of it.

use crate::calldown::Answer;
use crate::context::{self, Context};
use crate::kernel::irp::{self, Irp};
use crate::kernel::region;
use crate::live::{Live, addr, get, load, set};
use crate::worker::LibraryWork;
use crate::{
    buffer, cancel, cleanup, close, control, create, directory, extended, file_info, flush,
    lock_control, notify, read_write, set_info, volume, worker,
};
use core::ffi::c_void;
use core::sync::atomic::Ordering;
use nt::sys::{
    DEVICE_OBJECT, IRP, NTSTATUS, STATUS_FILE_CLOSED, STATUS_INSUFFICIENT_RESOURCES,
    STATUS_INVALID_DEVICE_REQUEST, STATUS_INVALID_PARAMETER, STATUS_NOT_SUPPORTED, STATUS_PENDING,
    STATUS_REDIRECTOR_NOT_STARTED,
};
use rdbss::raw::*;

/// Hands an IRP to RDBSS. The IRP is finished, or will be, whatever is returned.
///
/// # Safety
/// The device is registered and the IRP is the caller's, which gives it up.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxFsdDispatch(
    RxDeviceObject: *mut RDBSS_DEVICE_OBJECT,
    Irp: *mut IRP,
) -> NTSTATUS {
    // SAFETY: the caller's promise.
    let device = unsafe { Live::from_nullable(RxDeviceObject) };
    // SAFETY: the caller's promise.
    let request = unsafe { Live::from_nullable(Irp) };
    let (Some(device), Some(request)) = (device, request) else {
        return STATUS_INVALID_PARAMETER;
    };
    let _region = region::enter();
    let admitted = admit(device, request).and_then(|open| {
        check_not_cleaned_up(request)?;
        Ok(open)
    });
    // Until the open is over.
    let _open = match admitted {
        Ok(open) => open,
        Err(status) => {
            irp::complete(request, status, 0);
            return status;
        }
    };
    let context = if is_last_of_handle(request) {
        context::create_must_succeed(Some(request), device, 0)
    } else {
        context::create(Some(request), device, 0)
    };
    let Some(context) = context else {
        irp::complete(request, STATUS_INSUFFICIENT_RESOURCES, 0);
        return STATUS_INSUFFICIENT_RESOURCES;
    };
    if !is_last_of_handle(request) {
        cancel::arm(context, request);
    }
    run(context)
}

/// The dispatch routine that RxRegisterMinirdr puts into the driver object.
pub(crate) unsafe extern "C" fn driver_dispatch(
    device: *mut DEVICE_OBJECT,
    request: *mut IRP,
) -> NTSTATUS {
    // SAFETY: the I/O manager passes a device of the driver, which is one of RxRegisterMinirdr, and its IRP.
    unsafe { RxFsdDispatch(device.cast(), request) }
}

fn major(request: Irp) -> u32 {
    irp::stack(request).map_or(u32::MAX, |stack| get!(stack => MajorFunction).into())
}

fn is_last_of_handle(request: Irp) -> bool {
    matches!(
        major(request),
        nt::sys::IRP_MJ_CLEANUP | nt::sys::IRP_MJ_CLOSE
    )
}

/// What may pass in the state that the mini-redirector is in (reference 4.1). A stop waits for what this gives for an open, which
/// connects and is in none of the counts yet that a stop looks at.
fn admit(device: Live<RDBSS_DEVICE_OBJECT>, request: Irp) -> Result<Option<LibraryWork>, NTSTATUS> {
    let major = major(request);
    if matches!(
        major,
        nt::sys::IRP_MJ_CREATE_NAMED_PIPE | nt::sys::IRP_MJ_CREATE_MAILSLOT
    ) {
        return Err(STATUS_NOT_SUPPORTED);
    }
    if major == nt::sys::IRP_MJ_CREATE
        && let Some(open) = LibraryWork::begin_if_started(device)
    {
        return Ok(Some(open));
    }
    let passes = match get!(device => StartStopContext.State) {
        RDBSS_STARTED => major != nt::sys::IRP_MJ_CREATE,
        RDBSS_STARTABLE => {
            is_last_of_handle(request)
                || matches!(
                    major,
                    nt::sys::IRP_MJ_DEVICE_CONTROL | nt::sys::IRP_MJ_FILE_SYSTEM_CONTROL
                )
                || (major == nt::sys::IRP_MJ_CREATE && create::opens_device(request))
        }
        _ => is_last_of_handle(request),
    };
    if passes {
        Ok(None)
    } else {
        Err(STATUS_REDIRECTOR_NOT_STARTED)
    }
}

/// After cleanup no handle is left, and what still comes is the memory manager's and the cache manager's: paging I/O, and the
/// sizes that go with it. Anything else is late and answered STATUS_FILE_CLOSED, as other file systems of Windows do.
fn check_not_cleaned_up(request: Irp) -> Result<(), NTSTATUS> {
    let cleaned_up = irp::stack(request)
        .and_then(irp::file_object)
        .is_some_and(|file| load(addr!(file => Flags)) & nt::sys::FO_CLEANUP_COMPLETE != 0);
    if !cleaned_up {
        return Ok(());
    }
    let paging = nt::sys::IRP_PAGING_IO | nt::sys::IRP_SYNCHRONOUS_PAGING_IO;
    let passes = match major(request) {
        nt::sys::IRP_MJ_CREATE
        | nt::sys::IRP_MJ_CLEANUP
        | nt::sys::IRP_MJ_CLOSE
        | nt::sys::IRP_MJ_QUERY_INFORMATION
        | nt::sys::IRP_MJ_SET_INFORMATION => true,
        nt::sys::IRP_MJ_READ | nt::sys::IRP_MJ_WRITE => get!(request => Flags) & paging != 0,
        _ => false,
    };
    passes.then_some(()).ok_or(STATUS_FILE_CLOSED)
}

/// Runs a request's routine, completes the request if that finishes it, and gives what the dispatch routine returns.
fn run(context: Context) -> NTSTATUS {
    match route(context) {
        Answer::Done(status) => context::complete(context, status),
        Answer::Post => post(context),
        Answer::Pending => STATUS_PENDING,
    }
}

fn route(context: Context) -> Answer {
    match u32::from(get!(context => MajorFunction)) {
        nt::sys::IRP_MJ_CREATE => create::create(context),
        nt::sys::IRP_MJ_CLEANUP => cleanup::cleanup(context),
        nt::sys::IRP_MJ_CLOSE => close::close(context),
        nt::sys::IRP_MJ_READ => read_write::read(context),
        nt::sys::IRP_MJ_WRITE => read_write::write(context),
        nt::sys::IRP_MJ_FLUSH_BUFFERS => flush::flush(context),
        nt::sys::IRP_MJ_QUERY_INFORMATION => file_info::query(context),
        nt::sys::IRP_MJ_SET_INFORMATION => set_info::set(context),
        nt::sys::IRP_MJ_DIRECTORY_CONTROL => match u32::from(get!(context => MinorFunction)) {
            nt::sys::IRP_MN_QUERY_DIRECTORY => directory::query(context),
            nt::sys::IRP_MN_NOTIFY_CHANGE_DIRECTORY => notify::notify(context),
            _ => STATUS_INVALID_DEVICE_REQUEST.into(),
        },
        nt::sys::IRP_MJ_QUERY_VOLUME_INFORMATION => volume::query(context),
        nt::sys::IRP_MJ_SET_VOLUME_INFORMATION => volume::set(context),
        nt::sys::IRP_MJ_DEVICE_CONTROL => control::device_control(context),
        nt::sys::IRP_MJ_FILE_SYSTEM_CONTROL => control::file_system_control(context),
        nt::sys::IRP_MJ_LOCK_CONTROL => lock_control::lock_control(context),
        nt::sys::IRP_MJ_QUERY_EA => extended::query_ea(context),
        nt::sys::IRP_MJ_SET_EA => extended::set_ea(context),
        nt::sys::IRP_MJ_QUERY_SECURITY => extended::query_security(context),
        nt::sys::IRP_MJ_SET_SECURITY => extended::set_security(context),
        nt::sys::IRP_MJ_QUERY_QUOTA => extended::query_quota(context),
        nt::sys::IRP_MJ_SET_QUOTA => extended::set_quota(context),
        _ => STATUS_INVALID_DEVICE_REQUEST.into(),
    }
}

/// Puts the request on a worker thread, where it may wait.
fn post(context: Context) -> NTSTATUS {
    if let Some(request) = context::irp(context)
        && let Err(status) = lock_buffer(request)
    {
        return context::complete(context, status);
    }
    context::mark_pending(context);
    queue(context);
    STATUS_PENDING
}

/// Queues a request that is marked pending.
pub(crate) fn queue(context: Context) {
    set!(context => PostRequest, 0);
    worker::queue(
        addr!(context => WorkQueueItem),
        None,
        Some(run_posted),
        context.as_ptr().cast(),
    );
}

unsafe extern "C" fn run_posted(context: *mut c_void) {
    // SAFETY: `queue` passes the request, which this thread owns now.
    let Some(context) = (unsafe { Live::from_nullable(context.cast::<RX_CONTEXT>()) }) else {
        return;
    };
    context::flags(context).fetch_or(
        RX_CONTEXT_FLAG_WAIT | RX_CONTEXT_FLAG_IN_FSP,
        Ordering::AcqRel,
    );
    run(context);
}

/// Locks the user buffer of the kinds of request that have one, while this is still its process.
fn lock_buffer(request: Irp) -> Result<(), NTSTATUS> {
    let Some(stack) = irp::stack(request) else {
        return Ok(());
    };
    let user_buffer = !get!(request => UserBuffer).is_null()
        && get!(request => AssociatedIrp.SystemBuffer).is_null();
    if !user_buffer {
        return Ok(());
    }
    let (access, length) = match u32::from(get!(stack => MajorFunction)) {
        nt::sys::IRP_MJ_READ => (buffer::WRITE_ACCESS, get!(stack => Parameters.Read.Length)),
        nt::sys::IRP_MJ_WRITE => (buffer::READ_ACCESS, get!(stack => Parameters.Write.Length)),
        nt::sys::IRP_MJ_DIRECTORY_CONTROL => (
            buffer::WRITE_ACCESS,
            get!(stack => Parameters.QueryDirectory.Length),
        ),
        nt::sys::IRP_MJ_QUERY_EA => (
            buffer::WRITE_ACCESS,
            get!(stack => Parameters.QueryEa.Length),
        ),
        nt::sys::IRP_MJ_SET_EA => (buffer::READ_ACCESS, get!(stack => Parameters.SetEa.Length)),
        nt::sys::IRP_MJ_QUERY_SECURITY => (
            buffer::WRITE_ACCESS,
            get!(stack => Parameters.QuerySecurity.Length),
        ),
        nt::sys::IRP_MJ_QUERY_QUOTA => (
            buffer::WRITE_ACCESS,
            get!(stack => Parameters.QueryQuota.Length),
        ),
        nt::sys::IRP_MJ_SET_QUOTA => (
            buffer::READ_ACCESS,
            get!(stack => Parameters.SetQuota.Length),
        ),
        _ => return Ok(()),
    };
    buffer::lock(request, access, length)
}

/// Puts a request on a worker thread. STATUS_PENDING, or what the request was completed with if its buffer could not be locked.
///
/// # Safety
/// The request is the caller's, which gives it up.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxFsdPostRequest(RxContext: *mut RX_CONTEXT) -> NTSTATUS {
    context::check_live(RxContext).map_or(STATUS_INVALID_PARAMETER, post)
}
