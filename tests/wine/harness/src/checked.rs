//! Routines that are Wine's as they are, but for a check of the IRQL before them.

use crate::irql;
use wdk_sys::ntddk;
use wdk_sys::{
    ACCESS_MASK, BOOLEAN, HANDLE, KEY_VALUE_INFORMATION_CLASS, NTSTATUS, PDEVICE_OBJECT,
    PDRIVER_OBJECT, PHANDLE, POBJECT_ATTRIBUTES, PULONG, PUNICODE_STRING, PVOID, ULONG,
};

/// Defines routines: `ours = TheirName(arguments) -> result => highest IRQL`.
macro_rules! checked {
    ($($ours:ident = $real:ident($($argument:ident: $kind:ty),*) $(-> $result:ty)? => $limit:ident;)*) => {
        $(
            #[doc = concat!("`", stringify!($real), "`.")]
            pub unsafe extern "C" fn $ours($($argument: $kind),*) $(-> $result)? {
                irql::at_most(irql::$limit, stringify!($real));
                // SAFETY: the driver's own arguments.
                unsafe { ntddk::$real($($argument),*) }
            }
        )*
    };
}

checked! {
    open_key = ZwOpenKey(
        key: PHANDLE,
        access: ACCESS_MASK,
        attributes: POBJECT_ATTRIBUTES
    ) -> NTSTATUS => PASSIVE;

    query_value_key = ZwQueryValueKey(
        key: HANDLE,
        name: PUNICODE_STRING,
        class: KEY_VALUE_INFORMATION_CLASS,
        information: PVOID,
        length: ULONG,
        result_length: PULONG
    ) -> NTSTATUS => PASSIVE;

    create_device = IoCreateDevice(
        driver: PDRIVER_OBJECT,
        extension_size: ULONG,
        name: PUNICODE_STRING,
        kind: ULONG,
        characteristics: ULONG,
        exclusive: BOOLEAN,
        device: *mut PDEVICE_OBJECT
    ) -> NTSTATUS => APC;

    delete_device = IoDeleteDevice(device: PDEVICE_OBJECT) => APC;

    create_symbolic_link = IoCreateSymbolicLink(
        link: PUNICODE_STRING,
        device: PUNICODE_STRING
    ) -> NTSTATUS => PASSIVE;

    delete_symbolic_link = IoDeleteSymbolicLink(link: PUNICODE_STRING) -> NTSTATUS => PASSIVE;
}
