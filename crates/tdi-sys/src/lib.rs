//! The Transport Driver Interface (TDI) as raw declarations, for `wdk-sys` does not bind `tdi.h`, `tdikrnl.h` and
//! `tdiinfo.h`.
//!
//! Names, order and types are those of the TDI pages of the Windows driver documentation; layouts are those of x64 and
//! asserted here. Only what a client of TCP connections needs is declared: no listening, datagrams, or event handlers.
//!
//! A request to a TDI transport is an IRP of IRP_MJ_INTERNAL_DEVICE_CONTROL whose minor function is one of the codes in
//! [`request`], sent to the file object of an address or a connection endpoint. `IO_STACK_LOCATION.Parameters` holds the
//! structure that goes with the code.
#![no_std]
#![forbid(unsafe_code)]
// The names are the headers', so that their documentation can be searched with them.
#![allow(non_camel_case_types, non_snake_case, non_upper_case_globals)]

pub mod address;
pub mod information;
pub mod request;

pub use address::*;
pub use information::*;
pub use request::*;

use core::ffi::c_void;

/// `PVOID`.
pub type PVOID = *mut c_void;
/// `HANDLE`.
pub type HANDLE = *mut c_void;
