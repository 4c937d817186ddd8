//! A driver that breaks the kernel's rules on purpose, one after the other, when it starts, and leaves things behind when it
//! goes. Loaded in the place of `oxsmb.sys`, it shows that the harness finds out: without that, a run of the real driver
//! without violations would say nothing.
//!
//! Each offence is one that the harness survives; in a real kernel most would be a bug check.
#![cfg(windows)]
#![no_std]

mod offences;

use core::panic::PanicInfo;
use wdk_sys::ntddk::KeBugCheckEx;
use wdk_sys::{NTSTATUS, PDRIVER_OBJECT, PUNICODE_STRING, STATUS_SUCCESS};

/// The driver's entry point.
///
/// # Safety
///
/// Only the kernel calls it, with its own driver object.
#[unsafe(export_name = "DriverEntry")]
unsafe extern "C" fn driver_entry(driver: PDRIVER_OBJECT, _key: PUNICODE_STRING) -> NTSTATUS {
    // SAFETY: the kernel gives its driver object, which is ours to fill in.
    unsafe { (*driver).DriverUnload = Some(unload) };
    offences::commit_all();
    STATUS_SUCCESS
}

unsafe extern "C" fn unload(_driver: PDRIVER_OBJECT) {}

#[panic_handler]
fn panic(_information: &PanicInfo<'_>) -> ! {
    // SAFETY: ends the process.
    unsafe { KeBugCheckEx(0xe2, 0, 0, 0, 0) }
}
