//! What may come of a step when others are at the same files, connections or driver.

use smb_wire::NtStatus;

/// When others are at the same file.
pub const BY_OTHERS: &[NtStatus] = &[
    NtStatus::ACCESS_DENIED,
    NtStatus::DELETE_PENDING,
    NtStatus::END_OF_FILE,
    NtStatus::NO_SUCH_FILE,
    NtStatus::OBJECT_NAME_COLLISION,
    NtStatus::OBJECT_NAME_NOT_FOUND,
    NtStatus::SHARING_VIOLATION,
];

/// Besides when connections are cut.
pub const BY_CUTS: &[NtStatus] = &[
    NtStatus::CONNECTION_DISCONNECTED,
    NtStatus::FILE_CLOSED,
    NtStatus::NETWORK_NAME_DELETED,
    NtStatus::USER_SESSION_DELETED,
];

/// Besides when connections are ended by force, and logons end.
pub const BY_ENDS: &[NtStatus] = &[
    // Who goes on without the connection is nobody, whom the driver does not want to be, and is in the way of who connects.
    NtStatus::LOGIN_WKSTA_RESTRICTION,
    NtStatus::NETWORK_CREDENTIAL_CONFLICT,
    NtStatus::NOT_FOUND,
];

/// When there is no driver.
pub const BY_UNLOADING: &[NtStatus] = &[
    NtStatus::NO_SUCH_DEVICE,
    NtStatus::OBJECT_NAME_NOT_FOUND,
    NtStatus::OBJECT_PATH_NOT_FOUND,
    NtStatus::BAD_NETWORK_PATH,
];
