//! The one table from what the driver answers to what a program meets.

use smb_wire::NtStatus;

use super::{Code, ControlError, System};

/// `STATUS_FILES_OPEN` of ntstatus.h.
const FILES_OPEN: NtStatus = NtStatus(0xC000_0107);
/// `STATUS_REDIRECTOR_NOT_STARTED` of ntstatus.h.
const REDIRECTOR_NOT_STARTED: NtStatus = NtStatus(0xC000_00FB);
/// `STATUS_DOWNGRADE_DETECTED` of ntstatus.h.
const DOWNGRADE_DETECTED: NtStatus = NtStatus(0xC000_0388);
/// `STATUS_REVISION_MISMATCH` of ntstatus.h.
const REVISION_MISMATCH: NtStatus = NtStatus(0xC000_0059);

/// The code for a control that failed.
pub fn code(system: &impl System, error: ControlError) -> Code {
    let status = match error {
        ControlError::NoDevice => return Code::NO_NETWORK,
        ControlError::Status(status) => status,
    };
    match status {
        NtStatus::ACCESS_DENIED => Code::ACCESS_DENIED,
        NtStatus::NETWORK_ACCESS_DENIED => Code::NETWORK_ACCESS_DENIED,
        NtStatus::WRONG_PASSWORD => Code::BAD_PASSWORD,
        NtStatus::LOGON_FAILURE | NtStatus::NO_SUCH_USER => Code::LOGON_FAILURE,
        NtStatus::ACCOUNT_RESTRICTION => Code::ACCOUNT_RESTRICTION,
        NtStatus::PASSWORD_EXPIRED => Code::PASSWORD_EXPIRED,
        NtStatus::ACCOUNT_DISABLED => Code::ACCOUNT_DISABLED,
        NtStatus::NETWORK_CREDENTIAL_CONFLICT => Code::CREDENTIAL_CONFLICT,
        NtStatus::LOGIN_WKSTA_RESTRICTION => Code::WORKSTATION_RESTRICTION,
        DOWNGRADE_DETECTED => Code::DOWNGRADE_DETECTED,
        NtStatus::BAD_NETWORK_NAME => Code::BAD_NETNAME,
        NtStatus::BAD_DEVICE_TYPE => Code::BAD_DEVICE_TYPE,
        NtStatus::BAD_NETWORK_PATH => Code::BAD_NETPATH,
        NtStatus::REMOTE_NOT_LISTENING => Code::REMOTE_NOT_LISTENING,
        NtStatus::NETWORK_UNREACHABLE | NtStatus::HOST_UNREACHABLE => Code::NETWORK_UNREACHABLE,
        NtStatus::IO_TIMEOUT => Code::TIMEOUT,
        NtStatus::CONNECTION_DISCONNECTED
        | NtStatus::NETWORK_NAME_DELETED
        | NtStatus::USER_SESSION_DELETED => Code::CONNECTION_LOST,
        NtStatus::INVALID_NETWORK_RESPONSE => Code::BAD_RESPONSE,
        NtStatus::TOO_MANY_SESSIONS => Code::TOO_MANY_SESSIONS,
        NtStatus::REQUEST_NOT_ACCEPTED => Code::REQUEST_NOT_ACCEPTED,
        NtStatus::NOT_SUPPORTED => Code::NOT_SUPPORTED,
        NtStatus::INSUFFICIENT_RESOURCES | NtStatus::NO_MEMORY => Code::OUT_OF_MEMORY,
        NtStatus::NO_MORE_ENTRIES => Code::NO_MORE_ENTRIES,
        NtStatus::NOT_FOUND => Code::NOT_CONNECTED,
        FILES_OPEN => Code::OPEN_FILES,
        REDIRECTOR_NOT_STARTED => Code::NO_NETWORK,
        REVISION_MISMATCH => Code::REVISION_MISMATCH,
        other => system.code_of(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::testing::Scripted;

    #[test]
    fn what_the_driver_answers_is_what_windows_would_say() {
        let system = Scripted::default();
        for (status, expected) in [
            (0xC000_006D, 1326),
            (0xC000_006A, 86),
            (0xC000_00CC, 67),
            (0xC000_00BE, 53),
            (0xC000_0195, 1219),
            (0xC000_0107, 2401),
            (0xC000_0225, 2250),
            (0xC000_00FB, 1222),
            (0xC000_00B5, 121),
        ] {
            let error = ControlError::Status(NtStatus(status));
            assert_eq!(code(&system, error), Code(expected), "{status:#x}");
        }
        assert_eq!(code(&system, ControlError::NoDevice), Code::NO_NETWORK);
    }

    #[test]
    fn what_has_no_code_here_has_the_systems() {
        let system = Scripted::default();
        let error = ControlError::Status(NtStatus(0xC0DE_0001));
        assert_eq!(code(&system, error), system.code_of(NtStatus(0xC0DE_0001)));
    }
}
