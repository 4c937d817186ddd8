//! What an NTSTATUS means to a person, and what to try.

use smb_wire::NtStatus;

/// One status in plain words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advice {
    /// What happened.
    pub meaning: &'static str,
    /// What to try.
    pub attempt: &'static str,
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
        NtStatus::CONNECTION_DISCONNECTED | NtStatus::CONNECTION_RESET => (
            "the connection to the server broke",
            "try again; if it happens again, the server's log says more",
        ),
        NtStatus::INVALID_NETWORK_RESPONSE => (
            "the server's answer broke the protocol",
            "check that the port is an SMB server's; its log may say more",
        ),
        // Who one is.
        NtStatus::LOGON_FAILURE | NtStatus::WRONG_PASSWORD | NtStatus::NO_SUCH_USER => (
            "the server does not know this user with this password",
            "check user, domain and password",
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
            "the server offers less than this machine demands (signing, or a real user)",
            "if you trust the network, relax it with --no-sign",
        ),
        NtStatus::NETWORK_CREDENTIAL_CONFLICT => (
            "there is a connection to this server under another name already",
            "use the same user, or end the other connection first",
        ),
        NtStatus::DOWNGRADE_DETECTED => (
            "somebody between here and the server changed the negotiation",
            "do not send passwords over this network; find out who tampers with it",
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
        NtStatus::NOT_SUPPORTED => (
            "the server speaks no dialect that was asked for, or cannot do this",
            "try without --dialect",
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
        NtStatus::OBJECT_NAME_INVALID => (
            "the server does not take such a name",
            "leave out characters such as : * ? \" < > |",
        ),
        NtStatus::ACCESS_DENIED | NtStatus::NETWORK_ACCESS_DENIED => (
            "the user may not do this",
            "ask for the right on the share and the file, or take another user",
        ),
        NtStatus::SHARING_VIOLATION => (
            "another program has it open",
            "close it there, then try again",
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
    Some(Advice { meaning, attempt })
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
            NtStatus::LOGIN_WKSTA_RESTRICTION,
        ];
        for status in listed {
            assert!(advice(status).is_some(), "{status}");
        }
    }

    #[test]
    fn success_needs_no_advice() {
        assert_eq!(advice(NtStatus::SUCCESS), None);
    }
}
