//! NTSTATUS values as servers send them.

use core::fmt;

/// An NTSTATUS (MS-ERREF 2.3). Any value may come from a server; the ones that this project meets have names.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct NtStatus(pub u32);

/// The top two bits of an NTSTATUS (MS-ERREF 2.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Severity {
    /// It worked.
    Success,
    /// It worked, and there is something to know.
    Informational,
    /// It worked in part: data may have come with it.
    Warning,
    /// It failed.
    Error,
}

impl NtStatus {
    /// How bad it is.
    pub const fn severity(self) -> Severity {
        match self.0 >> 30 {
            0 => Severity::Success,
            1 => Severity::Informational,
            2 => Severity::Warning,
            _ => Severity::Error,
        }
    }

    /// `NT_SUCCESS`: success or informational.
    pub const fn is_success(self) -> bool {
        matches!(self.severity(), Severity::Success | Severity::Informational)
    }

    /// `NT_ERROR`.
    pub const fn is_error(self) -> bool {
        matches!(self.severity(), Severity::Error)
    }

    /// The same bits as the kernel's signed type.
    pub const fn to_i32(self) -> i32 {
        self.0.cast_signed()
    }
}

impl From<i32> for NtStatus {
    fn from(status: i32) -> Self {
        Self(status.cast_unsigned())
    }
}

impl fmt::Debug for NtStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for NtStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "NTSTATUS {:#010x}", self.0),
        }
    }
}

macro_rules! statuses {
    ($($name:ident = $value:literal,)*) => {
        impl NtStatus {
            $(
                #[doc = concat!("`STATUS_", stringify!($name), "` (", stringify!($value), ").")]
                pub const $name: Self = Self($value);
            )*

            /// The status's name in the headers, or `None` for one that is not listed here.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some(concat!("STATUS_", stringify!($name))),)*
                    _ => None,
                }
            }
        }
    };
}

statuses! {
    SUCCESS = 0x0000_0000,
    PENDING = 0x0000_0103,
    REPARSE = 0x0000_0104,
    OPLOCK_BREAK_IN_PROGRESS = 0x0000_0108,
    NOTIFY_CLEANUP = 0x0000_010B,
    NOTIFY_ENUM_DIR = 0x0000_010C,
    OBJECT_NAME_EXISTS = 0x4000_0000,
    BUFFER_OVERFLOW = 0x8000_0005,
    NO_MORE_FILES = 0x8000_0006,
    DEVICE_BUSY = 0x8000_0011,
    NO_MORE_EAS = 0x8000_0012,
    INVALID_EA_NAME = 0x8000_0013,
    EA_LIST_INCONSISTENT = 0x8000_0014,
    NO_MORE_ENTRIES = 0x8000_001A,
    STOPPED_ON_SYMLINK = 0x8000_002D,
    UNSUCCESSFUL = 0xC000_0001,
    NOT_IMPLEMENTED = 0xC000_0002,
    INVALID_INFO_CLASS = 0xC000_0003,
    INFO_LENGTH_MISMATCH = 0xC000_0004,
    INVALID_HANDLE = 0xC000_0008,
    INVALID_PARAMETER = 0xC000_000D,
    NO_SUCH_DEVICE = 0xC000_000E,
    NO_SUCH_FILE = 0xC000_000F,
    INVALID_DEVICE_REQUEST = 0xC000_0010,
    END_OF_FILE = 0xC000_0011,
    WRONG_VOLUME = 0xC000_0012,
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
    EA_CORRUPT_ERROR = 0xC000_0053,
    FILE_LOCK_CONFLICT = 0xC000_0054,
    LOCK_NOT_GRANTED = 0xC000_0055,
    DELETE_PENDING = 0xC000_0056,
    NO_LOGON_SERVERS = 0xC000_005E,
    NO_SUCH_LOGON_SESSION = 0xC000_005F,
    PRIVILEGE_NOT_HELD = 0xC000_0061,
    NO_SUCH_USER = 0xC000_0064,
    WRONG_PASSWORD = 0xC000_006A,
    LOGON_FAILURE = 0xC000_006D,
    ACCOUNT_RESTRICTION = 0xC000_006E,
    INVALID_LOGON_HOURS = 0xC000_006F,
    INVALID_WORKSTATION = 0xC000_0070,
    PASSWORD_EXPIRED = 0xC000_0071,
    ACCOUNT_DISABLED = 0xC000_0072,
    RANGE_NOT_LOCKED = 0xC000_007E,
    DISK_FULL = 0xC000_007F,
    INSUFFICIENT_RESOURCES = 0xC000_009A,
    MEDIA_WRITE_PROTECTED = 0xC000_00A2,
    BAD_IMPERSONATION_LEVEL = 0xC000_00A5,
    INSTANCE_NOT_AVAILABLE = 0xC000_00AB,
    PIPE_NOT_AVAILABLE = 0xC000_00AC,
    INVALID_PIPE_STATE = 0xC000_00AD,
    PIPE_BUSY = 0xC000_00AE,
    PIPE_DISCONNECTED = 0xC000_00B0,
    PIPE_CLOSING = 0xC000_00B1,
    PIPE_CONNECTED = 0xC000_00B2,
    PIPE_LISTENING = 0xC000_00B3,
    IO_TIMEOUT = 0xC000_00B5,
    FILE_FORCED_CLOSED = 0xC000_00B6,
    FILE_IS_A_DIRECTORY = 0xC000_00BA,
    NOT_SUPPORTED = 0xC000_00BB,
    REMOTE_NOT_LISTENING = 0xC000_00BC,
    DUPLICATE_NAME = 0xC000_00BD,
    BAD_NETWORK_PATH = 0xC000_00BE,
    NETWORK_BUSY = 0xC000_00BF,
    DEVICE_DOES_NOT_EXIST = 0xC000_00C0,
    INVALID_NETWORK_RESPONSE = 0xC000_00C3,
    UNEXPECTED_NETWORK_ERROR = 0xC000_00C4,
    BAD_REMOTE_ADAPTER = 0xC000_00C5,
    NETWORK_NAME_DELETED = 0xC000_00C9,
    NETWORK_ACCESS_DENIED = 0xC000_00CA,
    BAD_DEVICE_TYPE = 0xC000_00CB,
    BAD_NETWORK_NAME = 0xC000_00CC,
    TOO_MANY_SESSIONS = 0xC000_00CE,
    REQUEST_NOT_ACCEPTED = 0xC000_00D0,
    NOT_SAME_DEVICE = 0xC000_00D4,
    FILE_RENAMED = 0xC000_00D5,
    PIPE_EMPTY = 0xC000_00D9,
    OPLOCK_NOT_GRANTED = 0xC000_00E2,
    INVALID_OPLOCK_PROTOCOL = 0xC000_00E3,
    INTERNAL_ERROR = 0xC000_00E5,
    DIRECTORY_NOT_EMPTY = 0xC000_0101,
    NOT_A_DIRECTORY = 0xC000_0103,
    NAME_TOO_LONG = 0xC000_0106,
    TOO_MANY_OPENED_FILES = 0xC000_011F,
    CANCELLED = 0xC000_0120,
    CANNOT_DELETE = 0xC000_0121,
    FILE_DELETED = 0xC000_0123,
    FILE_CLOSED = 0xC000_0128,
    INVALID_LEVEL = 0xC000_0148,
    PIPE_BROKEN = 0xC000_014B,
    LOGON_TYPE_NOT_GRANTED = 0xC000_015B,
    IO_DEVICE_ERROR = 0xC000_0185,
    NETLOGON_NOT_STARTED = 0xC000_0192,
    ACCOUNT_EXPIRED = 0xC000_0193,
    NETWORK_CREDENTIAL_CONFLICT = 0xC000_0195,
    USER_SESSION_DELETED = 0xC000_0203,
    CONNECTION_DISCONNECTED = 0xC000_020C,
    CONNECTION_RESET = 0xC000_020D,
    PASSWORD_MUST_CHANGE = 0xC000_0224,
    NOT_FOUND = 0xC000_0225,
    RETRY = 0xC000_022D,
    ACCOUNT_LOCKED_OUT = 0xC000_0234,
    CONNECTION_REFUSED = 0xC000_0236,
    NETWORK_UNREACHABLE = 0xC000_023C,
    HOST_UNREACHABLE = 0xC000_023D,
    CONNECTION_ABORTED = 0xC000_0241,
    PATH_NOT_COVERED = 0xC000_0257,
    LOGIN_WKSTA_RESTRICTION = 0xC000_0248,
    VOLUME_DISMOUNTED = 0xC000_026E,
    NOT_A_REPARSE_POINT = 0xC000_0275,
    IO_REPARSE_TAG_INVALID = 0xC000_0276,
    IO_REPARSE_TAG_MISMATCH = 0xC000_0277,
    IO_REPARSE_DATA_INVALID = 0xC000_0278,
    IO_REPARSE_TAG_NOT_HANDLED = 0xC000_0279,
    NETWORK_SESSION_EXPIRED = 0xC000_035C,
    DOWNGRADE_DETECTED = 0xC000_0388,
    NTLM_BLOCKED = 0xC000_0418,
    REQUEST_OUT_OF_SEQUENCE = 0xC000_042A,
    SERVER_UNAVAILABLE = 0xC000_0466,
    FILE_NOT_AVAILABLE = 0xC000_0467,
    SHARE_UNAVAILABLE = 0xC000_0480,
    SMB1_NOT_AVAILABLE = 0xC000_0513,
    INVALID_SIGNATURE = 0xC000_A000,
    SMB_NO_PREAUTH_INTEGRITY_HASH_OVERLAP = 0xC05D_0000,
    SMB_BAD_CLUSTER_DIALECT = 0xC05D_0001,
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;

    #[test]
    fn a_known_status_has_its_name_and_an_unknown_one_its_number() {
        assert_eq!(
            NtStatus::BAD_NETWORK_NAME.name(),
            Some("STATUS_BAD_NETWORK_NAME")
        );
        assert_eq!(format!("{}", NtStatus(0xC000_0022)), "STATUS_ACCESS_DENIED");
        assert_eq!(format!("{}", NtStatus(0xC0DE_0001)), "NTSTATUS 0xc0de0001");
    }

    #[test]
    fn severity_is_in_the_top_bits() {
        assert_eq!(NtStatus::PENDING.severity(), Severity::Success);
        assert_eq!(
            NtStatus::OBJECT_NAME_EXISTS.severity(),
            Severity::Informational
        );
        assert_eq!(NtStatus::BUFFER_OVERFLOW.severity(), Severity::Warning);
        assert_eq!(NtStatus::ACCESS_DENIED.severity(), Severity::Error);
        assert!(NtStatus::PENDING.is_success() && !NtStatus::PENDING.is_error());
        assert!(!NtStatus::BUFFER_OVERFLOW.is_success() && !NtStatus::BUFFER_OVERFLOW.is_error());
    }

    #[test]
    fn the_kernels_signed_type_has_the_same_bits() {
        assert_eq!(NtStatus::ACCESS_DENIED.to_i32(), -0x3FFF_FFDE);
        assert_eq!(NtStatus::from(-0x3FFF_FFDE), NtStatus::ACCESS_DENIED);
    }
}
