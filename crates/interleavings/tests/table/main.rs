//! The protocol engine's table behind a lock, with the receiver, under loom: every order in which its callers can come.

mod credits;
mod ends;
mod world;
