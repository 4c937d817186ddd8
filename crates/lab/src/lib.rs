//! The driver on a desk: what the program `oxsmb` is made of.
#![forbid(unsafe_code)]

pub mod advice;
pub mod arguments;
pub mod credentials;
pub mod failure;
pub mod location;
pub mod progress;
pub mod units;
