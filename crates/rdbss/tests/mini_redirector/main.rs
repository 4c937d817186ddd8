//! A small mini-redirector against a library that only notes what it is asked.

mod create;
mod dispatch_table;
mod driver;
mod fake_library;
mod information;
mod low_io;
mod mini;
mod servers;
mod world;
