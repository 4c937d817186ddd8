//! What the driver itself does with files: its calls are led here by its import table.
//!
//! Opens below the name of the registered UNC provider become creates on its device, as MUP would send them; all others are
//! Wine's.

use super::create::Create;
use super::handles::{self, DRIVER};
use super::registry;
use crate::irql;
use crate::uncprovider;
use alloc::vec::Vec;
use wdk_sys::_MODE::KernelMode;
use wdk_sys::ntddk;
use wdk_sys::{
    ACCESS_MASK, HANDLE, IO_STATUS_BLOCK, KPROCESSOR_MODE, NTSTATUS, OBJ_CASE_INSENSITIVE,
    OBJECT_ATTRIBUTES, PDEVICE_OBJECT, PHANDLE, PIO_STATUS_BLOCK, PLARGE_INTEGER,
    POBJECT_ATTRIBUTES, POBJECT_HANDLE_INFORMATION, POBJECT_TYPE, PVOID, STATUS_SUCCESS, ULONG,
};

/// `ZwCreateFile`.
///
/// # Safety
///
/// The arguments are as for the kernel's routine.
pub unsafe extern "C" fn zw_create_file(
    handle: PHANDLE,
    access: ACCESS_MASK,
    attributes: POBJECT_ATTRIBUTES,
    status_block: PIO_STATUS_BLOCK,
    allocation_size: PLARGE_INTEGER,
    file_attributes: ULONG,
    share: ULONG,
    disposition: ULONG,
    options: ULONG,
    extended_attributes: PVOID,
    extended_attributes_length: ULONG,
) -> NTSTATUS {
    irql::at_most(irql::PASSIVE, "ZwCreateFile");
    // SAFETY: the caller gives attributes.
    let name = unsafe { &*attributes };
    let Some((device, below)) = on_provider(name) else {
        // SAFETY: the caller's own arguments.
        return unsafe {
            ntddk::ZwCreateFile(
                handle,
                access,
                attributes,
                status_block,
                allocation_size,
                file_attributes,
                share,
                disposition,
                options,
                extended_attributes,
                extended_attributes_length,
            )
        };
    };
    let list = if extended_attributes.is_null() {
        Vec::new()
    } else {
        // SAFETY: the caller gives a list of this length.
        let list = unsafe {
            core::slice::from_raw_parts(
                extended_attributes.cast_const().cast::<u8>(),
                extended_attributes_length as usize,
            )
        };
        list.into()
    };
    // SAFETY: NULL or the caller's.
    let allocation_size = match unsafe { allocation_size.as_ref() } {
        // SAFETY: the members of the union are all integers.
        Some(size) => unsafe { size.QuadPart },
        None => 0,
    };
    let create = Create {
        name: below,
        related: None,
        access,
        attributes: file_attributes,
        share,
        disposition,
        options,
        allocation_size,
        extended_attributes: list,
        case_sensitive: name.Attributes & OBJ_CASE_INSENSITIVE == 0,
        target_directory: false,
        mode: KernelMode as _,
    };
    let (status, information) = match create.run(device) {
        Ok((file, information)) => {
            let opened = handles::to_kernel(handles::insert(file, DRIVER));
            // SAFETY: the caller gives room for the handle.
            unsafe { handle.write(opened) };
            (STATUS_SUCCESS, information)
        }
        Err(status) => (status, 0),
    };
    let mut outcome = IO_STATUS_BLOCK {
        Information: information,
        ..IO_STATUS_BLOCK::default()
    };
    outcome.__bindgen_anon_1.Status = status;
    // SAFETY: the caller gives room for the outcome.
    unsafe { status_block.write(outcome) };
    status
}

/// The device and the name on it, if that is the registered provider's.
fn on_provider(attributes: &OBJECT_ATTRIBUTES) -> Option<(PDEVICE_OBJECT, Vec<u16>)> {
    if !attributes.RootDirectory.is_null() {
        return None;
    }
    // SAFETY: attributes without a root have a name.
    let name = unsafe { &*attributes.ObjectName };
    // SAFETY: the string has so many characters.
    let units = unsafe { core::slice::from_raw_parts(name.Buffer, usize::from(name.Length / 2)) };
    let provider = uncprovider::registered()?;
    let (prefix, below) = units.split_at_checked(provider.name.len())?;
    let begins = below.first().is_none_or(|&unit| unit == u16::from(b'\\'));
    (begins && is_equal(prefix, &provider.name)).then(|| (provider.device, below.into()))
}

/// Whether two names are the same to a user.
fn is_equal(a: &[u16], b: &[u16]) -> bool {
    let (Ok(a), Ok(b)) = (registry::counted(a), registry::counted(b)) else {
        return false;
    };
    // SAFETY: both strings are locals over slices that live.
    unsafe { ntddk::RtlEqualUnicodeString(&a, &b, 1) != 0 }
}

/// `ZwClose`.
///
/// # Safety
///
/// The arguments are as for the kernel's routine.
pub unsafe extern "C" fn zw_close(handle: HANDLE) -> NTSTATUS {
    irql::at_most(irql::PASSIVE, "ZwClose");
    match handles::from_kernel(handle) {
        Some(ours) => match handles::close(ours) {
            Ok(()) => STATUS_SUCCESS,
            Err(status) => status,
        },
        // SAFETY: the caller's own argument.
        None => unsafe { ntddk::ZwClose(handle) },
    }
}

/// `ObReferenceObjectByHandle`.
///
/// # Safety
///
/// The arguments are as for the kernel's routine.
pub unsafe extern "C" fn ob_reference_object_by_handle(
    handle: HANDLE,
    access: ACCESS_MASK,
    kind: POBJECT_TYPE,
    mode: KPROCESSOR_MODE,
    object: *mut PVOID,
    information: POBJECT_HANDLE_INFORMATION,
) -> NTSTATUS {
    irql::at_most(irql::PASSIVE, "ObReferenceObjectByHandle");
    match handles::from_kernel(handle).map(handles::get) {
        Some(Ok(file)) => {
            // SAFETY: the caller gives room for the pointer.
            unsafe { object.write(file.object().cast()) };
            // The caller's reference, which ObfDereferenceObject drops.
            core::mem::forget(file);
            STATUS_SUCCESS
        }
        Some(Err(status)) => status,
        // SAFETY: the caller's own arguments.
        None => unsafe {
            ntddk::ObReferenceObjectByHandle(handle, access, kind, mode, object, information)
        },
    }
}
