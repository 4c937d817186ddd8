//! Calls WNet functions of mpr.dll, as `net use` and Explorer do, and prints what comes of it for a test to read.
//!
//! ```text
//! np-client CALL [then CALL]...
//! ```
//!
//! Each call prints `error N`, N being its Win32 code, and what it has found, a line each, a name that is missing as `-`:
//!
//! * `add REMOTE USER PASSWORD [LOCAL]`: WNetAddConnection2W; a user or password `-` is NULL
//! * `cancel NAME [force]`: WNetCancelConnection2W
//! * `enum`: WNetOpenEnumW(RESOURCE_CONNECTED), WNetEnumResourceW; of each connection the local and the remote name
//! * `connection LOCAL`, `universal PATH`, `user NAME`: WNetGetConnectionW, WNetGetUniversalNameW, WNetGetUserW
//! * `drive LETTER:`: QueryDosDeviceW; what the letter stands for
//!
//! Wine's mpr never asks a provider for some things, and of a connection without a local name it reads that name all the same, so
//! these ask oxsmbnp.dll itself:
//!
//! * `np-enum`: NPOpenEnum(RESOURCE_CONNECTED), NPEnumResource, NPCloseEnum
//! * `np-caps INDEX`: NPGetCaps; its answer in place of the code
//! * `np-connection LOCAL`, `np-universal PATH`, `np-user NAME`, `np-format REMOTE`
//! * `np-information REMOTE`: the resource, and the path below it
//! * `np-parent REMOTE`
//! * `np-cancel NAME [force]`: NPCancelConnection2
#![cfg_attr(windows, no_std, no_main)]

// Elsewhere only tested.
#[cfg(any(windows, test))]
#[cfg_attr(not(windows), allow(dead_code))]
mod words;

#[cfg(windows)]
mod windows;

#[cfg(not(windows))]
fn main() {
    eprintln!("This program is for Windows.");
}
