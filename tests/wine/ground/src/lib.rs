//! The ground that tests of the real `oxsmb.sys` stand on: a private Wine session with the harness driver in it, and a safe
//! client of the harness's agent, so that a test reads like a program for Windows.
//!
//! [`with_driver`] is where most tests begin: it loads the driver, and at the end unloads it and sees that nothing remains.
//! The pieces below it: a [`Session`] (prefix, wineserver, services, the kernel's [`Log`]), a [`User`] (a connection to
//! the agent, one user thread), [`Mount`]s and [`File`]s.
//!
//! The driver's code is what ships, the kernel below it is Wine's and the harness's: docs/testing.md says what that proves.
//! Everything is built by `cargo xtask wine`. This crate is for tests: whatever fails here panics and says what was missing.
#![forbid(unsafe_code)]

mod built;
mod crash;
mod desk;
mod file;
mod footprint;
mod installation;
mod line;
mod log;
mod mount;
mod prefix;
mod program;
mod registry;
mod report;
mod server;
mod session;
mod user;

pub use built::Built;
pub use desk::{Desk, Settings, assert_nothing_held, wait_until, with_driver, with_session};
pub use file::{File, Pending};
pub use footprint::Footprint;
pub use installation::SERVICE;
pub use line::Answer;
pub use log::Log;
pub use mount::{Account, Listed, Mount, OX};
pub use prefix::Prefix;
pub use report::Held;
pub use session::{Output, Session};
pub use user::{Create, SHARE_ALL, User};
