//! The kernel services that the library uses on objects embedded in RDBSS structures.
//!
//! `nt`'s own types keep their kernel object in pool; the ones here lie at fixed places of shared structures
//! (`RX_CONTEXT.SyncEvent`, `NON_PAGED_FCB.HeaderResource`, ...), so they are reached through [`Live`](crate::live::Live).

pub(crate) mod event;
pub(crate) mod irp;
pub(crate) mod pool;
pub(crate) mod region;
pub(crate) mod resource;
pub(crate) mod secret;
pub(crate) mod spin;
