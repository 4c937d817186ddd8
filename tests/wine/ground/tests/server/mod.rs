//! Our own server with its fault script, and a user that it knows.

// Each test program uses its own part of this.
#![allow(dead_code)]

use smb_server::{Builder, RunningServer, Share};
use smb_wire::smb2::Command;
use wine_ground::{Account, Desk, Mount, Settings};

/// The usual share.
pub const SHARE: &str = "share";
/// The usual user.
pub const ANN: Account<'static> = Account {
    name: "ann",
    password: "secret",
};

/// Nothing is signed, and the driver has time.
pub const PATIENT: &Settings<'static> = &[("RequireSigning", 0)];
/// Short time limits. What is answered at all is answered sooner.
pub const HASTY: &Settings<'static> = &[("ConnectTimeoutMs", 2_000), ("RequestTimeoutMs", 2_000)];

/// An empty share of the usual name.
pub fn share() -> Share {
    Share::new(SHARE).expect("an empty share")
}

/// A server that is to have the usual user and share.
pub fn serve(share: &Share) -> Builder {
    smb_server::builder()
        .share(share)
        .user(ANN.name, ANN.password)
}

/// Starts a server on a port of its own.
pub fn start(server: Builder) -> RunningServer {
    server.bind("127.0.0.1:0").expect("the server starts")
}

/// Connects the usual user to the usual share.
pub fn connect(desk: &Desk, server: &RunningServer) -> Mount {
    desk.mount(server.address().port(), SHARE, &ANN)
        .expect("the share connects")
}

/// How often a server was asked for something.
pub fn asked(server: &RunningServer, command: Command) -> usize {
    server.stats().requests_of(command) as usize
}
