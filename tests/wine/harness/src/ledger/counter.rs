//! Counts of things that the driver makes and must destroy.

use core::sync::atomic::{AtomicU64, Ordering};

/// How many there are.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// One more.
    pub fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// One less.
    pub fn remove(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }

    /// How many there are now.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// What is counted. For the meaning see [`super::Snapshot`].
#[derive(Debug)]
pub struct Held {
    pub threads: Counter,
    pub work_items: Counter,
    pub mdls: Counter,
    pub irps: Counter,
    pub resources: Counter,
    pub unc_providers: Counter,
    pub logon_routines: Counter,
    pub socket_clients: Counter,
    pub sockets: Counter,
    pub socket_operations: Counter,
}

/// The driver's counts.
pub static HELD: Held = Held {
    threads: Counter::new(),
    work_items: Counter::new(),
    mdls: Counter::new(),
    irps: Counter::new(),
    resources: Counter::new(),
    unc_providers: Counter::new(),
    logon_routines: Counter::new(),
    socket_clients: Counter::new(),
    sockets: Counter::new(),
    socket_operations: Counter::new(),
};
