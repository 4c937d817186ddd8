//! A small in-memory SMB server with a fault script, for the demo and the tests.
//!
//! It speaks SMB 2.0.2 to 3.1.1 with NTLMv2, signing, sealing and pre-authentication integrity, well enough for Samba's
//! `smbclient` and much of `smbtorture`. It keeps its files in memory ([`fs`]), can do almost anything wrong on
//! purpose ([`faults`]), and tells what it saw ([`Served`], [`Stats`]).
//!
//! ```no_run
//! use smb_server::{Fault, Share, When, builder};
//! use smb_wire::smb2::Command;
//!
//! let share = Share::new("data")?;
//! share.write_file("dir/hello.txt", b"hello")?;
//! let server = builder()
//!     .share(&share)
//!     .user("alice", "secret")
//!     .fault(When::command(Command::READ).nth(2), Fault::Swallow)
//!     .bind("127.0.0.1:0")?;
//! println!("listening on {}", server.address());
//! server.stop();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Nothing is sealed unless somebody wants it: the client, [`Builder::encryption`] for the whole server, or
//! [`Share::encrypted`] for a share. [`Builder::ciphers`] and [`Builder::signing_algorithms`] narrow down what 3.1.1 clients
//! can choose from. [`Served::sealed`] and [`Stats::sealed_requests`] tell what came sealed.
//!
//! It does not do: compression, multichannel, oplocks and leases (none is granted), durable handles, DFS,
//! named pipes (so `smbclient -L` finds no list of shares), links, reparse points, quotas, changed security descriptors.
#![forbid(unsafe_code)]

mod answer;
mod builder;
mod commands;
mod connection;
mod dispatch;
pub mod faults;
mod frame;
pub mod fs;
mod logon;
mod observer;
mod protection;
mod running;
mod seals;
mod server;
mod session;
mod share;
mod status;

pub use builder::Builder;
pub use faults::{Fault, Faults, NegotiateAnswer, Seen, StreamFault, When};
pub use observer::{Observer, Served, Stats};
pub use protection::Protection;
pub use running::RunningServer;
pub use server::{Encryption, Signing};
pub use share::Share;
pub use smb_crypto::{Cipher, SigningAlgorithm};

/// Begins to set a server up.
pub fn builder() -> Builder {
    Builder::default()
}
