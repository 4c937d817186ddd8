//! The one table from what can go wrong to the NTSTATUS that a user meets.
//!
//! Three kinds of failure come together here: what the server answered, what the protocol engine found wrong with an
//! answer, and what the transport reported.

use nt::Status;
use smb_client::{ClientError, ErrorKind, Failure};
use smb_wire::NtStatus;

/// A status as the server sent it. Servers send NTSTATUS values, which go up unchanged, but for those that would make
/// RDBSS or the I/O manager believe something about this machine.
pub fn from_server(status: NtStatus) -> Status {
    match Status::from_u32(status.0) {
        // These steer RDBSS; only the driver itself may say them.
        Status::MORE_PROCESSING_REQUIRED | Status::RETRY => Status::INVALID_NETWORK_RESPONSE,
        // No request here has such an outcome, and as an error it would pass for success (STATUS_PENDING, STATUS_REPARSE, ...).
        status if status.is_success() && status != Status::SUCCESS => {
            Status::INVALID_NETWORK_RESPONSE
        }
        // The server's view of an expired session; the user has to log on again all the same.
        status if status.to_u32() == NETWORK_SESSION_EXPIRED => Status::USER_SESSION_DELETED,
        status => status,
    }
}

/// `STATUS_NETWORK_SESSION_EXPIRED` (MS-SMB2 3.3.5.2.9).
const NETWORK_SESSION_EXPIRED: u32 = 0xC000_035C;

/// `STATUS_SMB1_NOT_AVAILABLE` (ntstatus.h): what Windows' own client says of a server that speaks nothing newer.
pub const SMB1_NOT_AVAILABLE: Status = Status::from_u32(0xC000_0513);

/// What the protocol engine found.
pub fn from_client(error: ClientError) -> Status {
    match error.kind() {
        ErrorKind::Protocol => Status::INVALID_NETWORK_RESPONSE,
        ErrorKind::Integrity => Status::INVALID_SIGNATURE,
        ErrorKind::Downgrade => Status::DOWNGRADE_DETECTED,
        ErrorKind::Denied => Status::ACCESS_DENIED,
        ErrorKind::Policy => Status::LOGIN_WKSTA_RESTRICTION,
        ErrorKind::Smb1 => SMB1_NOT_AVAILABLE,
        ErrorKind::SessionOver => Status::USER_SESSION_DELETED,
        ErrorKind::NotSupported => Status::NOT_SUPPORTED,
        ErrorKind::NoMemory => Status::INSUFFICIENT_RESOURCES,
        ErrorKind::BadName => Status::NAME_TOO_LONG,
        ErrorKind::Internal => Status::INTERNAL_ERROR,
    }
}

/// A step of opening a connection, session or tree failed.
pub fn from_failure(failure: Failure) -> Status {
    match failure {
        Failure::Server(status) => from_server(status),
        Failure::Client(error) => from_client(error),
    }
}

/// What the transport reported while a connection was being made.
pub fn from_connecting(status: Status) -> Status {
    match status {
        Status::CONNECTION_REFUSED | Status::PORT_UNREACHABLE => Status::REMOTE_NOT_LISTENING,
        Status::HOST_UNREACHABLE | Status::NETWORK_UNREACHABLE | Status::PROTOCOL_UNREACHABLE => {
            Status::NETWORK_UNREACHABLE
        }
        Status::TIMEOUT | Status::IO_TIMEOUT => Status::IO_TIMEOUT,
        // The host's name has no address.
        Status::NOT_FOUND | Status::OBJECT_NAME_NOT_FOUND | Status::BAD_NETWORK_PATH => {
            Status::BAD_NETWORK_PATH
        }
        Status::INSUFFICIENT_RESOURCES | Status::CANCELLED => status,
        status => from_connected(status),
    }
}

/// What the transport reported on a connection that had been made.
pub fn from_connected(status: Status) -> Status {
    match status {
        Status::INSUFFICIENT_RESOURCES => status,
        Status::TIMEOUT | Status::IO_TIMEOUT => Status::IO_TIMEOUT,
        // Reset, aborted, closed by either side: for the user it is gone.
        _ => Status::CONNECTION_DISCONNECTED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_cannot_make_rdbss_wait_retry_reparse_or_take_a_failure_for_success() {
        for steering in [
            Status(1),
            Status::NOTIFY_ENUM_DIR,
            Status::PENDING,
            Status::MORE_PROCESSING_REQUIRED,
            Status::RETRY,
            Status::REPARSE,
        ] {
            let status = from_server(NtStatus(steering.to_u32()));
            assert_eq!(status, Status::INVALID_NETWORK_RESPONSE, "{steering:?}");
        }
    }

    #[test]
    fn other_server_statuses_go_up_unchanged() {
        for status in [
            Status::OBJECT_NAME_NOT_FOUND,
            Status::DISK_FULL,
            Status::BUFFER_OVERFLOW,
            Status::SUCCESS,
        ] {
            assert_eq!(from_server(NtStatus(status.to_u32())), status);
        }
    }

    #[test]
    fn a_refused_port_is_a_remote_that_does_not_listen() {
        assert_eq!(
            from_connecting(Status::CONNECTION_REFUSED),
            Status::REMOTE_NOT_LISTENING
        );
        assert_eq!(
            from_connecting(Status::HOST_UNREACHABLE),
            Status::NETWORK_UNREACHABLE
        );
        assert_eq!(from_connecting(Status::IO_TIMEOUT), Status::IO_TIMEOUT);
    }

    #[test]
    fn a_connection_that_breaks_is_disconnected_however_it_broke() {
        for status in [
            Status::CONNECTION_RESET,
            Status::CONNECTION_ABORTED,
            Status::GRACEFUL_DISCONNECT,
        ] {
            assert_eq!(from_connected(status), Status::CONNECTION_DISCONNECTED);
        }
    }
}
