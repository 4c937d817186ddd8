//! What `wdk_sys` and `wdk_sys::ntddk` offer, as far as this project uses it: the same names, the same x64 layout, and
//! functions that a user-mode kernel stands behind. The functions keep the Rust ABI so that the verifier can name the
//! caller's place.

#![allow(
    missing_docs,
    non_camel_case_types,
    non_snake_case,
    non_upper_case_globals,
    reason = "the names and their meaning are the WDK's"
)]

/// Gives structures the all-zero default that bindgen derives for them.
macro_rules! zeroed_default {
    ($($type:ty),* $(,)?) => {
        $(impl Default for $type {
            fn default() -> Self {
                // SAFETY: plain C data made of integers, raw pointers and optional functions; all zeroes is a value.
                unsafe { core::mem::zeroed() }
            }
        })*
    };
}

mod basic;
mod dispatcher;
mod file;
mod irp;
mod layout;
mod lock;
mod mdl;
mod mup;
mod object;
mod pending;
mod pool;
mod registry;
mod security;
mod status;

pub use basic::*;
pub use dispatcher::*;
pub use file::*;
pub use irp::*;
pub use lock::*;
pub use mdl::*;
pub use pending::*;
pub use mup::*;
pub use object::*;
pub use pool::*;
pub use registry::*;
pub use security::*;
pub use status::*;
