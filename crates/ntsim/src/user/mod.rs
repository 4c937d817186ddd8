//! User programs: NT's services as safe Rust. A [`Process`] opens [`File`]s; memory that is handed over for the time of a
//! request is the very memory that the driver sees.

mod file;
mod pending;
mod process;
mod shared;

pub use file::{File, IoStatus};
pub use pending::Pending;
pub use process::{Create, Process};
pub use shared::SharedMemory;
