//! NTSTATUS values (MS-ERREF 2.3).

use core::fmt;

/// An NTSTATUS. As the error of a [`Result`] it may also be a warning such as [`Status::BUFFER_OVERFLOW`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(transparent)]
pub struct Status(pub i32);

/// What fallible kernel services return.
pub type Result<T> = core::result::Result<T, Status>;

/// Turns a routine's return value into a [`Result`]: success and informational values are Ok (as `NT_SUCCESS` has it,
/// so STATUS_PENDING and STATUS_TIMEOUT are Ok too), warnings and errors are Err.
pub const fn check(status: i32) -> Result<()> {
    if status >= 0 {
        Ok(())
    } else {
        Err(Status(status))
    }
}

impl Status {
    /// The value as MS-ERREF writes it, such as 0xC0000022.
    pub const fn from_u32(value: u32) -> Self {
        Self(value.cast_signed())
    }

    /// The value as MS-ERREF writes it.
    pub const fn to_u32(self) -> u32 {
        self.0.cast_unsigned()
    }

    /// `NT_SUCCESS`: severity success or informational.
    pub const fn is_success(self) -> bool {
        self.0 >= 0
    }

    /// `NT_ERROR`: severity error. A warning is neither success nor error.
    pub const fn is_error(self) -> bool {
        self.to_u32() >> 30 == 3
    }

    /// Severity warning.
    pub const fn is_warning(self) -> bool {
        self.to_u32() >> 30 == 2
    }

    /// Ok for success and informational values.
    pub const fn ok(self) -> Result<()> {
        check(self.0)
    }
}

impl From<Status> for i32 {
    fn from(status: Status) -> Self {
        status.0
    }
}

impl From<i32> for Status {
    fn from(status: i32) -> Self {
        Self(status)
    }
}

/// The status as a number, such as `0xC0000001`.
impl fmt::Display for Status {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "0x{:08X}", self.to_u32())
    }
}

/// The name where it is known, else the number.
impl fmt::Debug for Status {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => out.write_str(name),
            None => fmt::Display::fmt(self, out),
        }
    }
}

impl core::error::Error for Status {}

macro_rules! statuses {
    ($($name:ident = $value:literal,)*) => {
        impl Status {
            $(
                #[doc = concat!("`STATUS_", stringify!($name), "`.")]
                pub const $name: Self = Self::from_u32($value);
            )*

            /// The name without `STATUS_`, of the values that this crate knows.
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$name => Some(stringify!($name)),)*
                    _ => None,
                }
            }
        }
    };
}

statuses! {
    SUCCESS = 0x0000_0000,
    TIMEOUT = 0x0000_0102,
    PENDING = 0x0000_0103,
    REPARSE = 0x0000_0104,
    MORE_ENTRIES = 0x0000_0105,
    NOTIFY_CLEANUP = 0x0000_010B,
    NOTIFY_ENUM_DIR = 0x0000_010C,
    FILE_LOCKED_WITH_ONLY_READERS = 0x0000_012A,
    BUFFER_OVERFLOW = 0x8000_0005,
    NO_MORE_FILES = 0x8000_0006,
    DEVICE_BUSY = 0x8000_0011,
    NO_MORE_EAS = 0x8000_0012,
    NO_MORE_ENTRIES = 0x8000_001A,
    STOPPED_ON_SYMLINK = 0x8000_002D,
    UNSUCCESSFUL = 0xC000_0001,
    NOT_IMPLEMENTED = 0xC000_0002,
    INVALID_INFO_CLASS = 0xC000_0003,
    INFO_LENGTH_MISMATCH = 0xC000_0004,
    ACCESS_VIOLATION = 0xC000_0005,
    INVALID_HANDLE = 0xC000_0008,
    INVALID_PARAMETER = 0xC000_000D,
    NO_SUCH_DEVICE = 0xC000_000E,
    NO_SUCH_FILE = 0xC000_000F,
    INVALID_DEVICE_REQUEST = 0xC000_0010,
    END_OF_FILE = 0xC000_0011,
    MORE_PROCESSING_REQUIRED = 0xC000_0016,
    NO_MEMORY = 0xC000_0017,
    ACCESS_DENIED = 0xC000_0022,
    BUFFER_TOO_SMALL = 0xC000_0023,
    OBJECT_TYPE_MISMATCH = 0xC000_0024,
    OBJECT_NAME_INVALID = 0xC000_0033,
    OBJECT_NAME_NOT_FOUND = 0xC000_0034,
    OBJECT_NAME_COLLISION = 0xC000_0035,
    OBJECT_PATH_INVALID = 0xC000_0039,
    OBJECT_PATH_NOT_FOUND = 0xC000_003A,
    OBJECT_PATH_SYNTAX_BAD = 0xC000_003B,
    DATA_ERROR = 0xC000_003E,
    CRC_ERROR = 0xC000_003F,
    SHARING_VIOLATION = 0xC000_0043,
    QUOTA_EXCEEDED = 0xC000_0044,
    EA_TOO_LARGE = 0xC000_0050,
    NONEXISTENT_EA_ENTRY = 0xC000_0051,
    NO_EAS_ON_FILE = 0xC000_0052,
    FILE_LOCK_CONFLICT = 0xC000_0054,
    LOCK_NOT_GRANTED = 0xC000_0055,
    DELETE_PENDING = 0xC000_0056,
    REVISION_MISMATCH = 0xC000_0059,
    PRIVILEGE_NOT_HELD = 0xC000_0061,
    NO_SUCH_USER = 0xC000_0064,
    WRONG_PASSWORD = 0xC000_006A,
    LOGON_FAILURE = 0xC000_006D,
    ACCOUNT_RESTRICTION = 0xC000_006E,
    PASSWORD_EXPIRED = 0xC000_0071,
    ACCOUNT_DISABLED = 0xC000_0072,
    RANGE_NOT_LOCKED = 0xC000_007E,
    DISK_FULL = 0xC000_007F,
    INTEGER_OVERFLOW = 0xC000_0095,
    INSUFFICIENT_RESOURCES = 0xC000_009A,
    DEVICE_NOT_CONNECTED = 0xC000_009D,
    MEDIA_WRITE_PROTECTED = 0xC000_00A2,
    DEVICE_NOT_READY = 0xC000_00A3,
    INSTANCE_NOT_AVAILABLE = 0xC000_00AB,
    PIPE_NOT_AVAILABLE = 0xC000_00AC,
    PIPE_BUSY = 0xC000_00AE,
    PIPE_DISCONNECTED = 0xC000_00B0,
    PIPE_CLOSING = 0xC000_00B1,
    IO_TIMEOUT = 0xC000_00B5,
    FILE_IS_A_DIRECTORY = 0xC000_00BA,
    NOT_SUPPORTED = 0xC000_00BB,
    REMOTE_NOT_LISTENING = 0xC000_00BC,
    BAD_NETWORK_PATH = 0xC000_00BE,
    NETWORK_BUSY = 0xC000_00BF,
    DEVICE_DOES_NOT_EXIST = 0xC000_00C0,
    INVALID_NETWORK_RESPONSE = 0xC000_00C3,
    UNEXPECTED_NETWORK_ERROR = 0xC000_00C4,
    NETWORK_NAME_DELETED = 0xC000_00C9,
    NETWORK_ACCESS_DENIED = 0xC000_00CA,
    BAD_DEVICE_TYPE = 0xC000_00CB,
    BAD_NETWORK_NAME = 0xC000_00CC,
    TOO_MANY_SESSIONS = 0xC000_00CE,
    REQUEST_NOT_ACCEPTED = 0xC000_00D0,
    NOT_SAME_DEVICE = 0xC000_00D4,
    INTERNAL_ERROR = 0xC000_00E5,
    INVALID_USER_BUFFER = 0xC000_00E8,
    UNEXPECTED_IO_ERROR = 0xC000_00E9,
    REDIRECTOR_NOT_STARTED = 0xC000_00FB,
    DIRECTORY_NOT_EMPTY = 0xC000_0101,
    NOT_A_DIRECTORY = 0xC000_0103,
    NAME_TOO_LONG = 0xC000_0106,
    CANCELLED = 0xC000_0120,
    CANNOT_DELETE = 0xC000_0121,
    FILE_DELETED = 0xC000_0123,
    FILE_CLOSED = 0xC000_0128,
    DLL_NOT_FOUND = 0xC000_0135,
    LOCAL_DISCONNECT = 0xC000_013B,
    REMOTE_DISCONNECT = 0xC000_013C,
    REMOTE_RESOURCES = 0xC000_013D,
    LINK_FAILED = 0xC000_013E,
    INVALID_CONNECTION = 0xC000_0140,
    INVALID_DEVICE_STATE = 0xC000_0184,
    IO_DEVICE_ERROR = 0xC000_0185,
    TRUSTED_RELATIONSHIP_FAILURE = 0xC000_018D,
    NETLOGON_NOT_STARTED = 0xC000_0192,
    ACCOUNT_EXPIRED = 0xC000_0193,
    NETWORK_CREDENTIAL_CONFLICT = 0xC000_0195,
    USER_SESSION_DELETED = 0xC000_0203,
    INVALID_BUFFER_SIZE = 0xC000_0206,
    CONNECTION_DISCONNECTED = 0xC000_020C,
    CONNECTION_RESET = 0xC000_020D,
    DATA_NOT_ACCEPTED = 0xC000_021B,
    NOT_FOUND = 0xC000_0225,
    RETRY = 0xC000_022D,
    CONNECTION_REFUSED = 0xC000_0236,
    GRACEFUL_DISCONNECT = 0xC000_0237,
    CONNECTION_INVALID = 0xC000_023A,
    NETWORK_UNREACHABLE = 0xC000_023C,
    HOST_UNREACHABLE = 0xC000_023D,
    PROTOCOL_UNREACHABLE = 0xC000_023E,
    PORT_UNREACHABLE = 0xC000_023F,
    REQUEST_ABORTED = 0xC000_0240,
    CONNECTION_ABORTED = 0xC000_0241,
    LOGIN_WKSTA_RESTRICTION = 0xC000_0248,
    PATH_NOT_COVERED = 0xC000_0257,
    NOT_A_REPARSE_POINT = 0xC000_0275,
    DOWNGRADE_DETECTED = 0xC000_0388,
    FILE_NOT_AVAILABLE = 0xC000_0467,
    SHARE_UNAVAILABLE = 0xC000_0480,
    INVALID_SIGNATURE = 0xC000_A000,
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::format;

    #[test]
    fn a_status_prints_as_the_number_of_ms_erref() {
        assert_eq!(format!("{}", Status::UNSUCCESSFUL), "0xC0000001");
        assert_eq!(format!("{}", Status::SUCCESS), "0x00000000");
        assert_eq!(format!("{:?}", Status::LOGON_FAILURE), "LOGON_FAILURE");
        assert_eq!(format!("{:?}", Status::from_u32(0xC00A_BCDE)), "0xC00ABCDE");
    }

    #[test]
    fn a_warning_is_neither_success_nor_error() {
        let status = Status::BUFFER_OVERFLOW;
        assert!(!status.is_success() && !status.is_error() && status.is_warning());
        assert_eq!(check(status.0), Err(status));
    }

    #[test]
    fn pending_counts_as_success() {
        assert_eq!(check(Status::PENDING.0), Ok(()));
    }
}
