//! `core` for code under the model: the same, but that threads may be switched at every atomic operation.
//!
//! The driver's files say `core::sync::atomic`; the crate that includes them gives this one the name `core`.
#![forbid(unsafe_code)]

mod step;

pub use ::core::*;
pub use step::step;

/// `core::sync`.
pub mod sync {
    pub mod atomic;

    pub use ::core::sync::*;
}
