//! A model of `nt` for a scheduler that tries the orders in which threads can run.
//!
//! The same names and promises as `nt`'s, as far as the driver's connections use them, over threads of Shuttle: one runs at a
//! time, and is switched where it takes a lock, uses an atomic, waits, wakes others, lets go of a shared value, or calls the
//! transport. So what the model itself keeps needs no locks of its own.
//!
//! * [`machine`]: the threads that run or sleep, the time, and what is allocated;
//! * [`net`]: a transport with a server's hands at its other end.
#![forbid(unsafe_code)]

pub mod irql;
pub mod log;
pub mod machine;
pub mod mdl;
pub mod net;
pub mod pool;
pub mod random;
pub mod sync;
pub mod thread;
pub mod time;

pub use kernel::{Result, Status};
