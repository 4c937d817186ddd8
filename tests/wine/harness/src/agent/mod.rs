//! The tests' hand in this kernel: a control socket ([`listener`]), on which every connection ([`connection`]) is one user's
//! thread, and the part of Windows' I/O manager that a redirector needs and Wine lacks.
//!
//! A request goes like this: [`connection`] reads a frame of `wine-protocol`, [`operations`] says what the I/O manager would
//! ask the driver for it, [`request`] makes the IRP, sends it and takes it back, and [`outbox`] sends the answer. File objects
//! ([`file`]) and handles ([`handles`]) are our own; opens are in [`create`], those that the driver itself makes in
//! [`shim`].

mod buffers;
mod connection;
mod create;
mod file;
mod handles;
mod identity;
mod listener;
mod memory;
mod operations;
mod outbox;
mod registry;
mod request;
mod services;
mod set_information;
pub mod shim;
mod socket;
mod status;

pub use identity::current as current_token;

use crate::winsock::{StartupData, WINSOCK_2_2, WSAStartup};
use alloc::vec::Vec;
use registry::{Key, PARAMETERS};
use wdk_sys::{NTSTATUS, PUNICODE_STRING, STATUS_INVALID_PARAMETER, STATUS_SUCCESS};

/// The value below `Parameters` that says where to listen.
const CONTROL_PORT: &str = "ControlPort";

/// Starts to listen for tests. `registry_path` names the key of the harness's service.
pub fn start(registry_path: PUNICODE_STRING) -> NTSTATUS {
    let mut data = StartupData([0; 408]);
    // SAFETY: the data is a local with room for Winsock's description.
    unsafe { WSAStartup(WINSOCK_2_2, &mut data) };
    match control_port(registry_path).and_then(listener::start) {
        Ok(()) => STATUS_SUCCESS,
        Err(status) => status,
    }
}

fn control_port(registry_path: PUNICODE_STRING) -> Result<u16, NTSTATUS> {
    // SAFETY: DriverEntry's own argument.
    let path = unsafe { &*registry_path };
    // SAFETY: the string has so many characters.
    let units = unsafe { core::slice::from_raw_parts(path.Buffer, usize::from(path.Length / 2)) };
    let mut parameters: Vec<u16> = units.into();
    parameters.extend(PARAMETERS.encode_utf16());
    let port = Key::open(&parameters)?.read_u32(CONTROL_PORT)?;
    u16::try_from(port).map_err(|_| STATUS_INVALID_PARAMETER)
}

/// Ends every connection and thread of the agent.
pub fn stop() {
    listener::stop();
}
