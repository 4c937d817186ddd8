//! The harness: a test-only driver for Wine 8's kernel that lets the unchanged `oxsmb.sys` run there.
//!
//! winedevice.exe, in which Wine runs drivers, is an ordinary process, and drivers of one load-order group share it. So
//! this driver, started first, sees the image of `oxsmb.sys` being loaded ([`hook`]) and rewrites its import table before
//! its first instruction runs: what Wine lacks, fakes or gets wrong comes from here instead (`hook/table.rs` lists it
//! all). The image on disk and its code stay as they are.
//!
//! Around that, [`wsk`] is a Winsock Kernel provider over ws2_32, [`ledger`] counts what the driver holds and which rules
//! of the kernel it breaks, and [`agent`] is the tests' hand in this kernel: a control socket, and I/O requests such as
//! Windows' I/O manager would build.
//!
//! What is real here and what is not: see README.md.
#![cfg(windows)]
#![no_std]

extern crate alloc;

mod agent;
mod checked;
mod dpc;
mod entry;
mod fast_mutex;
mod hook;
mod irp;
mod irql;
mod kernelbase;
mod ledger;
mod log;
mod logon;
mod mdl;
mod mup;
mod per_thread;
mod pool;
mod requestor;
mod resource;
mod runtime;
mod security;
mod share_access;
mod shared_data;
mod spin_lock;
mod stack;
mod sync;
mod system_thread;
mod thread;
mod timer;
mod uncprovider;
mod wait;
mod winsock;
mod work_item;
mod wsk;
