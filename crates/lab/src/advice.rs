//! What an NTSTATUS means to a person, and what to try.

use std::borrow::Cow;

use smb_wire::NtStatus;

/// One status in plain words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// What happened.
    pub meaning: Cow<'static, str>,
    /// What to try.
    pub attempt: Cow<'static, str>,
}

impl Advice {
    /// What happened, and what to try.
    pub fn new(
        meaning: impl Into<Cow<'static, str>>,
        attempt: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            meaning: meaning.into(),
            attempt: attempt.into(),
        }
    }
}

/// Plain words for a status, for those that people meet.
pub fn advice(status: NtStatus) -> Option<Advice> {
    let (meaning, attempt) = match status {
        // The way to the server.
        NtStatus::REMOTE_NOT_LISTENING => (
            "nothing listens on that port of the server",
            "check the port, and that the server's SMB service runs",
        ),
        NtStatus::BAD_NETWORK_PATH => (
            "no server of that name was found",
            "check the name, or give the address instead",
        ),
        NtStatus::NETWORK_UNREACHABLE | NtStatus::HOST_UNREACHABLE => (
            "no route leads to the server",
            "check this machine's network, VPN and firewall",
        ),
        NtStatus::IO_TIMEOUT => (
            "the server did not answer in time",
            "try again; if it stays silent, check the server and any firewall between",
        ),
        NtStatus::CONNECTION_DISCONNECTED
        | NtStatus::CONNECTION_RESET
        | NtStatus::CONNECTION_ABORTED => (
            "the connection to the server broke",
            "try again; if it happens again, the server's log says more",
        ),
        NtStatus::INVALID_NETWORK_RESPONSE => (
            "the server's answer broke the protocol",
            "check that the port is an SMB server's; its log may say more",
        ),
        NtStatus::SERVER_UNAVAILABLE
        | NtStatus::SHARE_UNAVAILABLE
        | NtStatus::FILE_NOT_AVAILABLE
        | NtStatus::NETWORK_BUSY => (
            "the server cannot serve this at the moment",
            "try again in a while",
        ),
        // Who one is.
        NtStatus::LOGON_FAILURE | NtStatus::WRONG_PASSWORD | NtStatus::NO_SUCH_USER => (
            "the server does not know this user with this password",
            "check user, domain and password",
        ),
        NtStatus::ACCOUNT_RESTRICTION
        | NtStatus::INVALID_LOGON_HOURS
        | NtStatus::INVALID_WORKSTATION
        | NtStatus::LOGON_TYPE_NOT_GRANTED => (
            "the user may not log on now, from here, in this way or without a password",
            "ask the server's administrator, or take another user",
        ),
        NtStatus::NO_LOGON_SERVERS | NtStatus::NETLOGON_NOT_STARTED => (
            "the server reaches nobody who knows the users of that domain",
            "check the domain; otherwise it is for the server's administrator",
        ),
        NtStatus::NTLM_BLOCKED => (
            "the server takes no NTLM logon, and OxSMB has no other yet",
            "ask the server's administrator to allow NTLM for this user",
        ),
        NtStatus::TOO_MANY_SESSIONS | NtStatus::REQUEST_NOT_ACCEPTED => (
            "the server has all the sessions that it takes",
            "try again when somebody has left",
        ),
        NtStatus::ACCOUNT_DISABLED | NtStatus::ACCOUNT_LOCKED_OUT | NtStatus::ACCOUNT_EXPIRED => (
            "the user's account is disabled, locked or expired",
            "ask the server's administrator",
        ),
        NtStatus::PASSWORD_EXPIRED | NtStatus::PASSWORD_MUST_CHANGE => (
            "the password must be changed first",
            "change it on the server, then try again",
        ),
        NtStatus::LOGIN_WKSTA_RESTRICTION => (
            "no user was named",
            "name one with --user; to be nobody on a network you trust, give --guest --no-sign",
        ),
        NtStatus::NETWORK_CREDENTIAL_CONFLICT => (
            "there is a connection to this server under another name already",
            "use the same user, or end the other connection first",
        ),
        NtStatus::DOWNGRADE_DETECTED => (
            "somebody between here and the server changed the negotiation, or took a message's signature or encryption away",
            "do not send passwords over this network; find out who tampers with it",
        ),
        NtStatus::INVALID_SIGNATURE => (
            "a message is not as the server signed or encrypted it: somebody between here and there changed it",
            "do not work over this network; if it is safe, the server signs wrongly, and its log may say more",
        ),
        NtStatus::SMB1_NOT_AVAILABLE => (
            "the server speaks SMB1 only, which protects nothing, and OxSMB does not speak it",
            "have SMB2 or SMB3 switched on at the server",
        ),
        NtStatus::USER_SESSION_DELETED => (
            "the server ended the session",
            "try again: that logs on anew",
        ),
        // The share.
        NtStatus::BAD_NETWORK_NAME => ("the server has no such share", "check the share's name"),
        NtStatus::NETWORK_NAME_DELETED => (
            "the share was taken away while in use",
            "ask the server's administrator, then try again",
        ),
        NtStatus::BAD_DEVICE_TYPE => (
            "the share is no place for files: a printer or a pipe",
            "name a share of files",
        ),
        NtStatus::PATH_NOT_COVERED => (
            "the path leads to another server by DFS, which OxSMB does not follow yet",
            "name that server and its share",
        ),
        NtStatus::NOT_SUPPORTED => (
            "the server, or OxSMB, cannot do this",
            "try it on another share; the server's documentation may say what it lacks",
        ),
        // The file.
        NtStatus::OBJECT_NAME_NOT_FOUND | NtStatus::NO_SUCH_FILE => (
            "there is no such file",
            "list the directory with `oxsmb ls`",
        ),
        NtStatus::OBJECT_PATH_NOT_FOUND => (
            "a directory in the path does not exist",
            "check the path, or make it with `oxsmb mkdir`",
        ),
        NtStatus::OBJECT_NAME_COLLISION => (
            "there is something of that name already",
            "take another name, or remove it first",
        ),
        NtStatus::NAME_TOO_LONG => ("a name or path is too long", "take a shorter one"),
        NtStatus::OBJECT_NAME_INVALID
        | NtStatus::OBJECT_PATH_INVALID
        | NtStatus::OBJECT_PATH_SYNTAX_BAD => (
            "the server does not take such a name",
            "leave out characters such as : * ? \" < > |",
        ),
        NtStatus::ACCESS_DENIED | NtStatus::NETWORK_ACCESS_DENIED => (
            "the user may not do this",
            "ask for the right to do it, or take another user",
        ),
        NtStatus::SHARING_VIOLATION => (
            "another program has it open",
            "close it there, then try again",
        ),
        NtStatus::FILE_LOCK_CONFLICT | NtStatus::LOCK_NOT_GRANTED => (
            "another program has locked that part of it",
            "try again when it has unlocked it",
        ),
        NtStatus::CANNOT_DELETE => (
            "it may not be deleted: it is read-only or in use",
            "clear its read-only attribute, or close it where it is open",
        ),
        NtStatus::NOT_SAME_DEVICE => (
            "the two are on different volumes of the server",
            "copy it, then remove it",
        ),
        NtStatus::STOPPED_ON_SYMLINK | NtStatus::IO_REPARSE_TAG_NOT_HANDLED => (
            "a link in the path leads elsewhere, and OxSMB does not follow links yet",
            "name the place that it leads to",
        ),
        NtStatus::IO_DEVICE_ERROR | NtStatus::DATA_ERROR | NtStatus::CRC_ERROR => (
            "the server's disk failed",
            "tell the server's administrator",
        ),
        NtStatus::DELETE_PENDING => (
            "it is being deleted while somebody still has it open",
            "try again when it is closed",
        ),
        NtStatus::FILE_IS_A_DIRECTORY => ("it is a directory", "name a file in it"),
        NtStatus::NOT_A_DIRECTORY => ("it is no directory", "name the directory it is in"),
        NtStatus::DIRECTORY_NOT_EMPTY => (
            "the directory is not empty",
            "remove what is in it, or use `oxsmb rm -r`",
        ),
        NtStatus::DISK_FULL | NtStatus::QUOTA_EXCEEDED => (
            "there is no room left on the share",
            "make room there, then try again",
        ),
        NtStatus::MEDIA_WRITE_PROTECTED => ("the share is read-only", "take another share"),
        NtStatus::INSUFFICIENT_RESOURCES => (
            "memory or another resource ran out, here or on the server",
            "try again with less at once",
        ),
        _ => return None,
    };
    Some(Advice::new(meaning, attempt))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_status_that_the_driver_documentation_lists_has_advice() {
        let listed = [
            NtStatus::IO_TIMEOUT,
            NtStatus::BAD_NETWORK_PATH,
            NtStatus::NETWORK_UNREACHABLE,
            NtStatus::REMOTE_NOT_LISTENING,
            NtStatus::USER_SESSION_DELETED,
            NtStatus::CONNECTION_DISCONNECTED,
            NtStatus::NETWORK_NAME_DELETED,
            NtStatus::LOGON_FAILURE,
            NtStatus::NETWORK_CREDENTIAL_CONFLICT,
            NtStatus::DOWNGRADE_DETECTED,
            NtStatus::INVALID_SIGNATURE,
            NtStatus::SMB1_NOT_AVAILABLE,
            NtStatus::LOGIN_WKSTA_RESTRICTION,
        ];
        for status in listed {
            assert!(advice(status).is_some(), "{status}");
            assert!(status.name().is_some(), "{status}");
        }
    }

    #[test]
    fn who_named_nobody_learns_of_the_options_that_help() {
        let advice = advice(NtStatus(0xC000_0248)).unwrap();
        assert_eq!(advice.meaning, "no user was named");
        for option in ["--user", "--guest", "--no-sign"] {
            assert!(advice.attempt.contains(option), "{option}");
        }
    }

    #[test]
    fn success_needs_no_advice() {
        assert_eq!(advice(NtStatus::SUCCESS), None);
    }
}
