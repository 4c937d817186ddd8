//! Servers that lie: what a program sees of it is a status, never a wrong byte, a hang or a leak.
//!
//! One module for each section of the 48 cases; `docs/hostile-servers.md` has them all.
#![forbid(unsafe_code)]

mod connecting;
mod create;
mod cut;
mod framing;
mod info;
mod lies;
mod life;
mod matching;
mod page;
mod read_write;
#[path = "../scripted/mod.rs"]
mod scripted;
mod windows;
