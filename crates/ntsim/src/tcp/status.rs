//! Socket errors as NTSTATUS, as Windows' TCP maps them.

use crate::sys::*;
use std::io::{Error, ErrorKind};

/// The status of a failed socket call.
pub(crate) fn of(error: &Error) -> NTSTATUS {
    match error.raw_os_error() {
        Some(libc::EHOSTUNREACH | libc::EHOSTDOWN) => return STATUS_HOST_UNREACHABLE,
        Some(libc::ENETUNREACH | libc::ENETDOWN) => return STATUS_NETWORK_UNREACHABLE,
        Some(libc::ETIMEDOUT) => return STATUS_IO_TIMEOUT,
        Some(libc::ENOBUFS | libc::ENOMEM | libc::EMFILE | libc::ENFILE) => {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
        Some(libc::EADDRNOTAVAIL) => return STATUS_INVALID_ADDRESS_COMPONENT,
        Some(libc::EAFNOSUPPORT) => return STATUS_NOT_SUPPORTED,
        _ => {}
    }
    match error.kind() {
        ErrorKind::ConnectionRefused => STATUS_CONNECTION_REFUSED,
        ErrorKind::ConnectionReset => STATUS_CONNECTION_RESET,
        ErrorKind::ConnectionAborted => STATUS_CONNECTION_ABORTED,
        ErrorKind::BrokenPipe => STATUS_CONNECTION_DISCONNECTED,
        ErrorKind::NotConnected => STATUS_INVALID_CONNECTION,
        ErrorKind::AddrInUse => STATUS_ADDRESS_ALREADY_EXISTS,
        ErrorKind::PermissionDenied => STATUS_ACCESS_DENIED,
        ErrorKind::TimedOut => STATUS_IO_TIMEOUT,
        ErrorKind::InvalidInput => STATUS_INVALID_PARAMETER,
        _ => STATUS_UNEXPECTED_NETWORK_ERROR,
    }
}
