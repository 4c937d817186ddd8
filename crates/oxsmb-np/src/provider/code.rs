//! The codes that provider functions return (winnetwk.h's WN_*, which are winerror.h's numbers).

/// Why a function failed, as its caller sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code(pub u32);

/// Why a function failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// For this reason.
    Code(Code),
    /// WN_MORE_DATA: the caller's buffer needs this much room, in the unit that its size is given in.
    MoreData(u32),
}

impl From<Code> for Failure {
    fn from(code: Code) -> Self {
        Self::Code(code)
    }
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])* $name:ident = $value:literal,)*) => {
        impl Code {
            $($(#[doc = $doc])* pub const $name: Self = Self($value);)*
        }
    };
}

codes! {
    /// WN_SUCCESS.
    SUCCESS = 0,
    /// WN_ACCESS_DENIED.
    ACCESS_DENIED = 5,
    /// WN_BAD_HANDLE.
    BAD_HANDLE = 6,
    /// WN_OUT_OF_MEMORY.
    OUT_OF_MEMORY = 8,
    /// WN_NOT_SUPPORTED.
    NOT_SUPPORTED = 50,
    /// ERROR_REM_NOT_LIST: the server does not listen.
    REMOTE_NOT_LISTENING = 51,
    /// ERROR_BAD_NETPATH: there is no such server.
    BAD_NETPATH = 53,
    /// ERROR_BAD_NET_RESP: the server does not answer as it should.
    BAD_RESPONSE = 58,
    /// WN_NET_ERROR (ERROR_UNEXP_NET_ERR): none of the others.
    NETWORK_ERROR = 59,
    /// ERROR_NETNAME_DELETED: the connection broke.
    CONNECTION_LOST = 64,
    /// ERROR_NETWORK_ACCESS_DENIED.
    NETWORK_ACCESS_DENIED = 65,
    /// WN_BAD_DEV_TYPE.
    BAD_DEVICE_TYPE = 66,
    /// WN_BAD_NETNAME: not a name of this provider, or no such share.
    BAD_NETNAME = 67,
    /// ERROR_TOO_MANY_SESS.
    TOO_MANY_SESSIONS = 69,
    /// ERROR_REQ_NOT_ACCEP.
    REQUEST_NOT_ACCEPTED = 71,
    /// WN_ALREADY_CONNECTED (ERROR_ALREADY_ASSIGNED).
    ALREADY_CONNECTED = 85,
    /// WN_BAD_PASSWORD.
    BAD_PASSWORD = 86,
    /// WN_BAD_VALUE.
    BAD_VALUE = 87,
    /// ERROR_SEM_TIMEOUT: the server did not answer in time.
    TIMEOUT = 121,
    /// WN_BAD_LEVEL.
    BAD_LEVEL = 124,
    /// ERROR_ALREADY_EXISTS: the system has a drive of this letter.
    ALREADY_EXISTS = 183,
    /// WN_MORE_DATA.
    MORE_DATA = 234,
    /// WN_NO_MORE_ENTRIES.
    NO_MORE_ENTRIES = 259,
    /// WN_BAD_POINTER.
    BAD_POINTER = 487,
    /// WN_BAD_LOCALNAME.
    BAD_LOCALNAME = 1200,
    /// ERROR_SESSION_CREDENTIAL_CONFLICT: the user is somebody else to this server already.
    CREDENTIAL_CONFLICT = 1219,
    /// WN_NO_NETWORK: the driver does not run.
    NO_NETWORK = 1222,
    /// ERROR_NETWORK_UNREACHABLE.
    NETWORK_UNREACHABLE = 1231,
    /// ERROR_LOGIN_WKSTA_RESTRICTION: the settings do not allow this kind of session.
    WORKSTATION_RESTRICTION = 1240,
    /// ERROR_DOWNGRADE_DETECTED.
    DOWNGRADE_DETECTED = 1265,
    /// ERROR_REVISION_MISMATCH: driver and provider are of different versions.
    REVISION_MISMATCH = 1306,
    /// ERROR_LOGON_FAILURE: no such user, or a wrong password.
    LOGON_FAILURE = 1326,
    /// ERROR_ACCOUNT_RESTRICTION.
    ACCOUNT_RESTRICTION = 1327,
    /// ERROR_PASSWORD_EXPIRED.
    PASSWORD_EXPIRED = 1330,
    /// ERROR_ACCOUNT_DISABLED.
    ACCOUNT_DISABLED = 1331,
    /// WN_BAD_USER.
    BAD_USER = 2202,
    /// WN_NOT_CONNECTED.
    NOT_CONNECTED = 2250,
    /// WN_OPEN_FILES.
    OPEN_FILES = 2401,
}
