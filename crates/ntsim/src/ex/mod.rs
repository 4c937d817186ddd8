//! The executive: resources, fast mutexes, work items.

mod fast_mutex;
mod resource;
#[cfg(test)]
mod tests;
mod work;

pub use fast_mutex::*;
pub use resource::*;
pub use work::{ExQueueWorkItem, IoAllocateWorkItem, IoFreeWorkItem, IoQueueWorkItem};
pub(crate) use work::{post, start, stop};
