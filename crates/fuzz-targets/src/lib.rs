//! What the fuzzers do with their bytes: one ordinary function for each target.
//!
//! libFuzzer calls them from `fuzz/`, and so do the tests here, on the stable toolchain: with the committed corpora, with
//! everything that was ever found, and with a fixed number of changed inputs ([`mutation`]).
#![forbid(unsafe_code)]

mod client;
mod contexts;
mod control;
mod deframer;
mod files;
mod frames;
mod messages;
pub mod mutation;
mod round_trip;
mod tokens;

/// A thing to be fuzzed.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// The name: of the binary, the corpus and the regressions.
    pub name: &'static str,
    /// Does what it can with these bytes. A panic is a finding.
    pub run: fn(&[u8]),
    /// More bytes than this are not tried.
    pub max_len: usize,
}

/// Every target.
pub const TARGETS: &[Target] = &[
    target("frame", frames::frame, 4096),
    target("request", messages::request, 2048),
    target("response", messages::response, 2048),
    target("list", contexts::lists, 1024),
    target("fscc", files::information, 1024),
    target("spnego", tokens::spnego, 2048),
    target("ntlm", tokens::ntlm, 2048),
    target("netbios", frames::netbios, 512),
    target("control", control::buffers, 8192),
    target("deframer", deframer::deframer, 4096),
    target("client", client::client, 4096),
];

const fn target(name: &'static str, run: fn(&[u8]), max_len: usize) -> Target {
    Target { name, run, max_len }
}

/// Runs the target of this name, if `data` is not too long for it.
///
/// # Panics
/// With what was found; or if there is no such target.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    let target = target.unwrap_or_else(|| panic!("there is no target {name}"));
    if data.len() <= target.max_len {
        (target.run)(data);
    }
}
