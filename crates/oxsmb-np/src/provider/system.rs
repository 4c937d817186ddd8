//! What the provider needs of the system around it.

use oxsmb_control::{MAX_DOMAIN, MAX_NAME, MAX_USER};
use smb_wire::NtStatus;

use super::{Code, Text};

/// The NT name of a connection.
pub type NtName = Text<{ MAX_NAME + 1 }>;
/// What a drive letter stands for, with room for two of the longest names.
pub type Targets = Text<{ 2 * (MAX_NAME + 1) }>;
/// A user, as NPGetUser tells it and NPAddConnection takes it: `DOMAIN\user` or `user`.
pub type UserName = Text<{ MAX_DOMAIN + 1 + MAX_USER + 1 }>;

/// Why a control failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlError {
    /// The device is not there: the driver does not run.
    NoDevice,
    /// The driver, or the way to it, says so.
    Status(NtStatus),
}

/// The system as the provider sees it.
pub trait System {
    /// Sends a device control to the driver's device, and gives the length of the answer in bytes.
    ///
    /// # Errors
    /// Why there is no answer.
    fn control(&self, code: u32, input: &[u8], output: &mut [u8]) -> Result<usize, ControlError>;

    /// What a drive letter (A to Z) stands for: its NT names, the present one first, each with a NUL behind it. Nothing for a
    /// letter that is free.
    ///
    /// # Errors
    /// Why that cannot be told.
    fn drive_targets(&self, letter: u8) -> Result<Targets, Code>;

    /// Makes a drive letter stand for an NT name, in the caller's logon.
    ///
    /// # Errors
    /// The system's reason.
    fn define_drive(&self, letter: u8, target: &NtName) -> Result<(), Code>;

    /// Takes that NT name, and no other, from a drive letter.
    ///
    /// # Errors
    /// The system's reason.
    fn remove_drive(&self, letter: u8, target: &NtName) -> Result<(), Code>;

    /// The caller's logon (AuthenticationId of its token).
    ///
    /// # Errors
    /// The system's reason.
    fn logon(&self) -> Result<u64, NtStatus>;

    /// The logged-on user, as `DOMAIN\user` or `user`; nothing if the system does not say.
    fn user_name(&self) -> UserName;

    /// Whether the administrator has OxSMB answer for names without its tag (`ClaimPlainNames`).
    fn claims_plain_names(&self) -> bool;

    /// Whether two names are the same but for case.
    fn eq_ignore_case(&self, one: &[u16], other: &[u16]) -> bool;

    /// The Win32 code of a status that the provider has no code of its own for.
    fn code_of(&self, status: NtStatus) -> Code;
}
