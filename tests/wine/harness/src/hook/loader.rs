//! Wine's loader: its notifications, and what its modules really export.

use crate::kernelbase::{GetModuleHandleA, GetProcAddress};
use alloc::ffi::CString;
use core::ffi::{CStr, c_void};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};
use wdk_sys::{NT_SUCCESS, NTSTATUS, PUNICODE_STRING, STATUS_NOT_FOUND};

/// `LDR_DLL_NOTIFICATION_REASON_LOADED`: mapped, relocated, imports resolved, nothing run yet.
pub const LOADED: u32 = 1;
/// `LDR_DLL_NOTIFICATION_REASON_UNLOADED`.
pub const UNLOADED: u32 = 2;

/// `LDR_DLL_NOTIFICATION_DATA`, which is the same for both reasons.
#[repr(C)]
pub struct Notification {
    flags: u32,
    full_name: PUNICODE_STRING,
    base_name: PUNICODE_STRING,
    /// Where the image is.
    pub base: *mut c_void,
    /// Its size in memory, in bytes.
    pub size: u32,
}

impl Notification {
    /// Whether it is of an image with that file name.
    pub fn is_of(&self, name: &str) -> bool {
        // SAFETY: the loader gives a valid name.
        let base = unsafe { &*self.base_name };
        // SAFETY: a UNICODE_STRING has that many units.
        let units =
            unsafe { core::slice::from_raw_parts(base.Buffer, usize::from(base.Length / 2)) };
        char::decode_utf16(units.iter().copied())
            .map(|unit| unit.map_or('\0', |unit| unit.to_ascii_lowercase()))
            .eq(name.chars())
    }
}

/// `LDR_DLL_NOTIFICATION_FUNCTION`.
pub type NotificationFn = unsafe extern "C" fn(u32, *const Notification, *mut c_void);

type RegisterFn =
    unsafe extern "C" fn(u32, NotificationFn, *mut c_void, *mut *mut c_void) -> NTSTATUS;
type UnregisterFn = unsafe extern "C" fn(*mut c_void) -> NTSTATUS;

static COOKIE: AtomicPtr<c_void> = AtomicPtr::new(null_mut());

/// A routine of ntdll.dll, which a driver may not import.
fn ntdll(name: &CStr) -> Option<*mut c_void> {
    // SAFETY: the name is a NUL-terminated text.
    let module = unsafe { GetModuleHandleA(c"ntdll.dll".as_ptr()) };
    // SAFETY: ntdll.dll is always loaded; the name is a NUL-terminated text.
    let routine = unsafe { GetProcAddress(module, name.as_ptr()) };
    (!routine.is_null()).then_some(routine)
}

/// Has the loader call a function for every image from now on.
pub fn register(function: NotificationFn) -> Result<(), NTSTATUS> {
    let routine = ntdll(c"LdrRegisterDllNotification").ok_or(STATUS_NOT_FOUND)?;
    // SAFETY: the routine has this type.
    let routine: RegisterFn = unsafe { core::mem::transmute(routine) };
    let mut cookie = null_mut();
    // SAFETY: the function stays until `unregister`; the cookie goes to a local.
    let status = unsafe { routine(0, function, null_mut(), &mut cookie) };
    COOKIE.store(cookie, Ordering::Release);
    if NT_SUCCESS(status) {
        Ok(())
    } else {
        Err(status)
    }
}

/// Undoes [`register`].
pub fn unregister() {
    let cookie = COOKIE.swap(null_mut(), Ordering::AcqRel);
    if let Some(routine) = ntdll(c"LdrUnregisterDllNotification").filter(|_| !cookie.is_null()) {
        // SAFETY: the routine has this type.
        let routine: UnregisterFn = unsafe { core::mem::transmute(routine) };
        // A failure would mean that it is not registered, which is what we want.
        // SAFETY: the cookie came from `register`.
        let _ = unsafe { routine(cookie) };
    }
}

fn module(name: &str) -> *mut c_void {
    let Ok(name) = CString::new(name) else {
        return null_mut();
    };
    // SAFETY: a NUL-terminated text.
    unsafe { GetModuleHandleA(name.as_ptr()) }
}

/// Whether a module is loaded.
pub fn has_module(name: &str) -> bool {
    !module(name).is_null()
}

/// Whether Wine cannot supply an import: it is not exported, or the export only ends the process.
pub fn is_missing(module_name: &str, name: &str) -> bool {
    let Ok(name) = CString::new(name) else {
        return true;
    };
    // SAFETY: the module is loaded, or NULL, which has no exports we look for; the name is a NUL-terminated text.
    let routine = unsafe { GetProcAddress(module(module_name), name.as_ptr()) };
    routine.is_null() || is_stub(routine)
}

/// Whether an export is one of those that Wine's build tool writes for a routine without a body: it loads the module's
/// and the routine's name and calls what ends the process.
fn is_stub(routine: *const c_void) -> bool {
    const SUB_RSP: [u8; 4] = [0x48, 0x83, 0xec, 0x28];
    const LEA_RCX: [u8; 3] = [0x48, 0x8d, 0x0d];
    const LEA_RDX: [u8; 3] = [0x48, 0x8d, 0x15];
    const CALL: [u8; 1] = [0xe8];
    const NOP: [u8; 1] = [0x90];
    // SAFETY: exports are followed by more of their section, also where they are data.
    let code = unsafe { routine.cast::<[u8; 24]>().read_unaligned() };
    code[0..4] == SUB_RSP
        && code[4..7] == LEA_RCX
        && code[11..14] == LEA_RDX
        && code[18..19] == CALL
        && code[23..24] == NOP
}
