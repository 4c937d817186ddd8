use crate::sys::*;
use crate::{Config, Kernel, RegistryValue};
use core::ptr;

const KEY: &str = r"\Registry\Machine\Software\Test";

fn string(units: &[u16]) -> UNICODE_STRING {
    crate::io::counted(units)
}

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

fn open(path: &str) -> Result<HANDLE, NTSTATUS> {
    let units = wide(path);
    let mut name = string(&units);
    let mut attributes = OBJECT_ATTRIBUTES {
        ObjectName: &raw mut name,
        Attributes: OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE,
        ..OBJECT_ATTRIBUTES::default()
    };
    let mut handle = ptr::null_mut();
    // SAFETY: all arguments are live.
    let status = unsafe { ZwOpenKey(&raw mut handle, KEY_READ, &raw mut attributes) };
    if NT_SUCCESS(status) {
        Ok(handle)
    } else {
        Err(status)
    }
}

fn query(handle: HANDLE, name: &str, room: usize) -> (NTSTATUS, Vec<u8>) {
    let units = wide(name);
    let mut name = string(&units);
    let mut answer = vec![0u8; room];
    let mut length = 0;
    // SAFETY: all arguments are live.
    let status = unsafe {
        ZwQueryValueKey(
            handle,
            &raw mut name,
            _KEY_VALUE_INFORMATION_CLASS::KeyValuePartialInformation,
            answer.as_mut_ptr().cast(),
            room as u32,
            &raw mut length,
        )
    };
    answer.truncate(length as usize);
    (status, answer)
}

#[test]
fn a_preset_value_is_read_whatever_the_case() {
    let kernel = Kernel::boot(Config::default());
    kernel.set_registry(KEY, "Port", &RegistryValue::Dword(445));
    let handle = open(&KEY.to_uppercase()).unwrap();
    let (status, answer) = query(handle, "pORT", 64);
    assert_eq!(status, STATUS_SUCCESS);
    assert_eq!(answer, [0, 0, 0, 0, 4, 0, 0, 0, 4, 0, 0, 0, 0xbd, 1, 0, 0]);
    assert_eq!(query(handle, "Port", 14).0, STATUS_BUFFER_OVERFLOW);
    assert_eq!(query(handle, "Port", 8).0, STATUS_BUFFER_TOO_SMALL);
    assert_eq!(query(handle, "Other", 64).0, STATUS_OBJECT_NAME_NOT_FOUND);
    // SAFETY: the handle is open.
    unsafe { ZwClose(handle) };
    assert_eq!(
        open(r"\Registry\Machine\Software\None").err(),
        Some(STATUS_OBJECT_NAME_NOT_FOUND)
    );
}

#[test]
fn what_a_driver_sets_can_be_seen() {
    let kernel = Kernel::boot(Config::default());
    kernel.set_registry(KEY, "A", &RegistryValue::Text("x".into()));
    let handle = open(KEY).unwrap();
    let units = wide("B");
    let mut name = string(&units);
    let mut data = 7u32;
    // SAFETY: all arguments are live.
    let status = unsafe {
        ZwSetValueKey(
            handle,
            &raw mut name,
            0,
            REG_DWORD,
            (&raw mut data).cast(),
            4,
        )
    };
    assert_eq!(status, STATUS_SUCCESS);
    assert_eq!(
        kernel.registry(KEY, "b"),
        Some((REG_DWORD, vec![7, 0, 0, 0]))
    );
    assert_eq!(
        kernel.registry(KEY, "a"),
        Some((REG_SZ, vec![b'x', 0, 0, 0]))
    );
    // SAFETY: the handle is open.
    unsafe { ZwClose(handle) };
}
