//! The driver on a desk: what the program `oxsmb` is made of, and what whole-driver tests use to reach a share.
//!
//! [`machine::Machine`] boots the simulated kernel and loads the driver, [`drive::Drive`] is a share connected through
//! it, [`file::File`] an open file there. Everything above is commands.
#![forbid(unsafe_code)]

pub mod advice;
pub mod arguments;
pub mod commands;
pub mod copy;
pub mod credentials;
pub mod demo;
pub mod drive;
pub mod ending;
pub mod facts;
pub mod failure;
pub mod file;
pub mod location;
pub mod machine;
pub mod pipeline;
pub mod progress;
pub mod protocol;
pub mod refusal;
pub mod serve;
pub mod shown;
pub mod stop;
pub mod units;
