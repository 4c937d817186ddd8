//! Servers (SRV_CALL), shares (NET_ROOT) and users' views of them (V_NET_ROOT).
//!
//! All three are found by name in their device's table, and are made and unmade under that table's lock; the
//! mini-redirector is called without it. A view holds its share, a share its server. An object whose last reference goes
//! stays in the table as *dormant*, so that the next open of the same name finds it connected; the scavenger
//! finalizes dormant views when they are old, and what they held with them. An object whose making failed leaves the
//! table at once.

mod callback;
pub(crate) mod condition;
pub(crate) mod finalize;
mod named;
pub(crate) mod net_root;
pub(crate) mod prefix;
pub(crate) mod srv_call;
pub(crate) mod v_net_root;

pub(crate) use named::{dereference, reference};
