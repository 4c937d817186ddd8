//! Low I/O.

use core::cell::Cell;
use core::ptr::NonNull;

use nt::Status;

use crate::context_parts;
use crate::low_io::{
    Control, LockRange, LowIo, Notify, Operation, ReadWrite, UnlockMultiple, UnlockRange,
};
use crate::raw::{LOWIO_CONTEXT, NTSTATUS, RX_CONTEXT};
use crate::{MiniRedirector, Request};

/// Calls a low I/O callback with parameters that `parse` takes from the context.
///
/// # Safety
/// `context` must be NULL or a context of a device of `M` for such an operation.
unsafe fn submit<M: MiniRedirector, P: Copy>(
    context: *mut RX_CONTEXT,
    parse: unsafe fn(*mut LOWIO_CONTEXT) -> P,
    serve: impl FnOnce(&M, Operation<'_, M, P>) -> LowIo,
) -> NTSTATUS {
    let Some(context) = NonNull::new(context) else {
        return Status::INVALID_PARAMETER.0;
    };
    // SAFETY: by the contract.
    let parameters = unsafe { parse(context_parts::low_io(context.as_ptr())) };
    // SAFETY: by the contract.
    let device = unsafe { Request::<M>::from_raw(context) }.device().as_raw();
    // SAFETY: every context has a device.
    let device = unsafe { NonNull::new_unchecked(device) };
    // SAFETY: the device outlives the request, which may be over before the callback returns.
    let device = unsafe { crate::Device::<M>::from_raw(device) };
    // SAFETY: by the contract.
    let request = unsafe { Request::from_raw(context) };
    let pended = Cell::new(false);
    // SAFETY: by the contract; `pended` is honoured below.
    let operation = unsafe { Operation::new(request, parameters, &pended) };
    let outcome = serve(device.mini(), operation);
    if pended.get() {
        // The completion gives the answer, whatever the callback said. The context may be gone.
        return Status::PENDING.0;
    }
    match outcome {
        LowIo::Done {
            status,
            information,
        } if status != Status::PENDING => {
            // SAFETY: not pended, so the context is still the callback's.
            unsafe { (*context.as_ptr()).InformationToReturn = information as _ };
            status.0
        }
        // A token of another operation, or a status that promises an answer that nobody will give.
        LowIo::Done { .. } | LowIo::Pending(_) => Status::INTERNAL_ERROR.0,
    }
}

/// Defines a routine of `MRxLowIOSubmit`.
macro_rules! low_io_routine {
    ($name:ident, $method:ident, $parameters:ty, $parse:expr) => {
        /// # Safety
        /// As the argument of this entry of MRxLowIOSubmit.
        pub(crate) unsafe extern "C" fn $name<M: MiniRedirector>(
            context: *mut RX_CONTEXT,
        ) -> NTSTATUS {
            // SAFETY: by the contract.
            unsafe {
                submit::<M, $parameters>(context, $parse, |mini, operation| mini.$method(operation))
            }
        }
    };
}

low_io_routine!(read, read, ReadWrite, ReadWrite::from_raw);
low_io_routine!(write, write, ReadWrite, ReadWrite::from_raw);
low_io_routine!(lock, lock, LockRange, LockRange::from_raw);
low_io_routine!(unlock, unlock, UnlockRange, UnlockRange::from_raw);
low_io_routine!(unlock_multiple, unlock_multiple, UnlockMultiple, |_| {
    UnlockMultiple::new()
});
low_io_routine!(fs_control, fs_control, Control, Control::from_raw);
low_io_routine!(io_control, io_control, Control, Control::from_raw);
low_io_routine!(
    notify_change_directory,
    notify_change_directory,
    Notify,
    Notify::from_raw
);
