//! What went wrong, said so that a person can act on it.

use std::fmt;
use std::io;

use smb_wire::NtStatus;

use crate::advice::{Advice, advice};
use crate::shown::shown;

/// What failed, on what, and why.
#[derive(Debug)]
pub struct Failure {
    /// What was being done, as it follows "cannot": `read`, `list the directory`.
    doing: String,
    /// What it was done to.
    object: String,
    cause: Cause,
    /// Better advice than the status alone would bring.
    advice: Option<Box<Advice>>,
    /// What the failure has left behind.
    left: Option<&'static str>,
}

/// Why something failed.
#[derive(Debug)]
pub enum Cause {
    /// The driver, or the server through it, said so.
    Status(NtStatus),
    /// This machine said so.
    Io(io::Error),
    /// Neither; in words.
    Words(String),
    /// The user said so.
    Stopped,
}

impl Failure {
    /// A failure of `doing` on `object`.
    pub fn new(doing: &str, object: impl fmt::Display, cause: impl Into<Cause>) -> Self {
        Self {
            doing: doing.into(),
            object: shown(&object.to_string()).into_owned(),
            cause: cause.into(),
            advice: None,
            left: None,
        }
    }

    /// The same with advice that fits better than what the status alone would bring.
    pub fn advise(self, advice: Advice) -> Self {
        Self {
            advice: Some(Box::new(advice)),
            ..self
        }
    }

    /// The same with what it has left behind.
    pub fn leaving(self, what: &'static str) -> Self {
        Self {
            left: Some(what),
            ..self
        }
    }

    /// Whether it is about one file or directory, so that others may fare better.
    pub fn is_of_one_file(&self) -> bool {
        match &self.cause {
            Cause::Status(status) => matches!(
                *status,
                NtStatus::ACCESS_DENIED
                    | NtStatus::CANNOT_DELETE
                    | NtStatus::DELETE_PENDING
                    | NtStatus::FILE_IS_A_DIRECTORY
                    | NtStatus::FILE_LOCK_CONFLICT
                    | NtStatus::IO_REPARSE_TAG_NOT_HANDLED
                    | NtStatus::NAME_TOO_LONG
                    | NtStatus::NOT_A_DIRECTORY
                    | NtStatus::OBJECT_NAME_COLLISION
                    | NtStatus::OBJECT_NAME_INVALID
                    | NtStatus::OBJECT_NAME_NOT_FOUND
                    | NtStatus::OBJECT_PATH_INVALID
                    | NtStatus::OBJECT_PATH_NOT_FOUND
                    | NtStatus::OBJECT_PATH_SYNTAX_BAD
                    | NtStatus::SHARING_VIOLATION
                    | NtStatus::STOPPED_ON_SYMLINK
            ),
            Cause::Io(error) => matches!(
                error.kind(),
                io::ErrorKind::NotFound
                    | io::ErrorKind::PermissionDenied
                    | io::ErrorKind::AlreadyExists
                    | io::ErrorKind::IsADirectory
                    | io::ErrorKind::NotADirectory
                    | io::ErrorKind::InvalidFilename
            ),
            Cause::Words(_) => true,
            Cause::Stopped => false,
        }
    }

    /// The NTSTATUS behind it, if the driver gave one.
    pub fn status(&self) -> Option<NtStatus> {
        match self.cause {
            Cause::Status(status) => Some(status),
            Cause::Io(_) | Cause::Words(_) | Cause::Stopped => None,
        }
    }
}

impl From<NtStatus> for Cause {
    fn from(status: NtStatus) -> Self {
        Self::Status(status)
    }
}

impl From<i32> for Cause {
    fn from(status: i32) -> Self {
        Self::Status(status.into())
    }
}

impl From<io::Error> for Cause {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<&str> for Cause {
    fn from(words: &str) -> Self {
        Self::Words(words.into())
    }
}

impl From<String> for Cause {
    fn from(words: String) -> Self {
        Self::Words(words)
    }
}

/// One line: `cannot read //files/public/x: there is no such file (STATUS_...); list the directory ...`.
impl fmt::Display for Failure {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "cannot {} {}: ", self.doing, self.object)?;
        match &self.cause {
            Cause::Status(status) => {
                match self.advice.as_deref().cloned().or_else(|| advice(*status)) {
                    Some(advice) => {
                        write!(out, "{} ({status}); {}", advice.meaning, advice.attempt)?
                    }
                    None => write!(out, "{status}")?,
                }
            }
            Cause::Io(error) => write!(out, "{error}")?,
            Cause::Words(words) => out.write_str(words)?,
            Cause::Stopped => out.write_str("it was stopped")?,
        }
        match self.left {
            Some(left) => write!(out, "; {left}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_on_what_why_and_what_to_try_in_one_line() {
        let failure = Failure::new("read", "//h/s/x", NtStatus::OBJECT_NAME_NOT_FOUND);
        assert_eq!(
            failure.to_string(),
            "cannot read //h/s/x: there is no such file (STATUS_OBJECT_NAME_NOT_FOUND); list the directory with `oxsmb ls`"
        );
    }

    #[test]
    fn a_failure_stays_in_its_line_whatever_names_it_is_about() {
        let failure = Failure::new("read", "//h/s/a\nb", "no").leaving("a part is there");
        assert_eq!(
            failure.to_string(),
            "cannot read //h/s/a\\nb: no; a part is there"
        );
    }

    #[test]
    fn a_lost_server_a_full_disk_and_the_user_end_the_work_on_other_files_too() {
        let failure = |cause: Cause| Failure::new("write", "x", cause);
        for status in [
            NtStatus::CONNECTION_DISCONNECTED,
            NtStatus::IO_TIMEOUT,
            NtStatus::DISK_FULL,
        ] {
            assert!(!failure(status.into()).is_of_one_file(), "{status}");
        }
        let full = io::Error::from(io::ErrorKind::StorageFull);
        assert!(!failure(full.into()).is_of_one_file());
        assert!(!failure(Cause::Stopped).is_of_one_file());
        assert!(failure(NtStatus::OBJECT_NAME_INVALID.into()).is_of_one_file());
    }

    #[test]
    fn a_status_without_advice_keeps_its_number() {
        let failure = Failure::new("read", "x", NtStatus(0xC000_7777));
        assert_eq!(failure.to_string(), "cannot read x: NTSTATUS 0xc0007777");
    }
}
