//! The registry: a tree in memory.

mod service;
#[cfg(test)]
mod tests;
mod tree;

pub(crate) use service::delete_object;
pub use service::*;
pub use tree::Value;
pub(crate) use tree::{get, reset, set};
