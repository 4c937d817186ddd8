//! Many threads at once, each doing whatever comes to its mind to the same few files, while connections are cut, ended by
//! force, and the driver is unloaded; then nothing may be left.
//!
//! `cargo test` does each once. `OXSMB_STRESS_SECONDS=600` has each go on for so long, each time with other numbers;
//! `cargo xtask sanitize` does that under AddressSanitizer and ThreadSanitizer.
#![forbid(unsafe_code)]

mod crowd;
mod files;
mod length;
mod part;
#[path = "../scripted/mod.rs"]
mod scripted;
mod statuses;
mod unload;
