//! What went wrong, said so that a person can act on it.

use std::fmt;
use std::io;

use smb_wire::NtStatus;

use crate::advice::advice;

/// What failed, on what, and why.
#[derive(Debug)]
pub struct Failure {
    /// What was being done, as it follows "cannot": `read`, `list the directory`.
    doing: String,
    /// What it was done to.
    object: String,
    cause: Cause,
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
}

impl Failure {
    /// A failure of `doing` on `object`.
    pub fn new(doing: &str, object: impl fmt::Display, cause: impl Into<Cause>) -> Self {
        Self {
            doing: doing.into(),
            object: object.to_string(),
            cause: cause.into(),
        }
    }

    /// The NTSTATUS behind it, if the driver gave one.
    pub fn status(&self) -> Option<NtStatus> {
        match self.cause {
            Cause::Status(status) => Some(status),
            Cause::Io(_) | Cause::Words(_) => None,
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
            Cause::Status(status) => match advice(*status) {
                Some(advice) => write!(out, "{} ({status}); {}", advice.meaning, advice.attempt),
                None => write!(out, "{status}"),
            },
            Cause::Io(error) => write!(out, "{error}"),
            Cause::Words(words) => out.write_str(words),
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
    fn a_status_without_advice_keeps_its_number() {
        let failure = Failure::new("read", "x", NtStatus(0xC000_7777));
        assert_eq!(failure.to_string(), "cannot read x: NTSTATUS 0xc0007777");
    }
}
