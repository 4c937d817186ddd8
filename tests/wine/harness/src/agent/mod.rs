//! The tests' hand in this kernel.

use wdk_sys::{NTSTATUS, PUNICODE_STRING, STATUS_SUCCESS};

/// Starts to listen for tests. `registry_path` names the key of the harness's service.
pub fn start(_registry_path: PUNICODE_STRING) -> NTSTATUS {
    STATUS_SUCCESS
}

/// Ends every connection and thread of the agent.
pub fn stop() {}
