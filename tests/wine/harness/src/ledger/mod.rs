//! What the driver holds, and which of the kernel's rules it has broken.

mod counter;
mod violations;

pub use counter::HELD;
pub(crate) use violations::violation;
pub use violations::{record, violations};

use crate::log::log;
use crate::pool;
use crate::stack;
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
    /// ERESOURCEs initialised.
    pub resources: u64,
    /// Timers that will fire.
    pub timers: u64,
    /// Registrations with MUP.
    pub unc_providers: u64,
    /// Routines that wait for the ends of logon sessions.
    pub logon_routines: u64,
    /// Registrations with WSK.
    pub socket_clients: u64,
    /// WSK sockets open.
    pub sockets: u64,
    /// Operations on them that have not completed.
    pub socket_operations: u64,
    /// Rules broken since the harness started, in words: what, and where in the driver.
    pub violations: Vec<String>,
}

impl Snapshot {
    /// Whether anything is held; violations do not count.
    pub fn holds_anything(&self) -> bool {
        let empty = Self {
            violations: self.violations.clone(),
            ..Self::default()
        };
        *self != empty
    }
}

/// What the driver holds now.
pub fn snapshot() -> Snapshot {
    Snapshot {
        pool: pool::held(),
        threads: HELD.threads.get(),
        work_items: HELD.work_items.get(),
        mdls: HELD.mdls.get(),
        irps: HELD.irps.get(),
        resources: HELD.resources.get(),
        timers: crate::timer::set_now(),
        unc_providers: HELD.unc_providers.get(),
        logon_routines: HELD.logon_routines.get(),
        socket_clients: HELD.socket_clients.get(),
        sockets: HELD.sockets.get(),
        socket_operations: HELD.socket_operations.get(),
        violations: violations(),
    }
}

/// Says in the log what is held at this moment, in which the driver's image goes.
pub fn driver_has_gone() {
    let left = snapshot();
    if left.holds_anything() {
        log!("the driver is unloaded and has left behind: {left:?}");
    } else {
        log!("the driver is unloaded and holds nothing");
    }
    log!(
        "its calls used up to {} bytes of stack",
        stack::take_deepest()
    );
}
