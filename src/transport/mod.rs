//! How bytes reach a server.

pub mod wsk;
