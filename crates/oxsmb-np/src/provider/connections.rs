//! The connections of the caller's logon, as the driver lists them.

use oxsmb_control::names::ConnectionName;
use oxsmb_control::{Connection, IOCTL_OXSMB_NEXT_CONNECTION, MAX_CONNECTION, NextConnection};

use super::{Code, NtName, System, UserName, status};

/// A connection of the caller's logon.
pub struct Known {
    /// Its number in the driver.
    pub serial: u64,
    /// Its NT name.
    pub name: NtName,
    /// Who the caller is to the server; empty for nobody.
    pub user: UserName,
}

impl Known {
    /// Reads the driver's answer. What does not add up is another version's.
    fn read(answer: &[u8]) -> Option<Self> {
        let connection = Connection::parse(answer).ok()?;
        let separator = (!connection.domain.is_empty()).then_some(BACKSLASH);
        let user = connection.domain.units();
        let user = user.chain(separator).chain(connection.user.units());
        let name = NtName::collect(connection.name.units(), Code::REVISION_MISMATCH).ok()?;
        ConnectionName::parse(name.units())?;
        Some(Self {
            serial: connection.serial,
            name,
            user: UserName::collect(user, Code::REVISION_MISMATCH).ok()?,
        })
    }

    /// Its drive letter.
    pub fn letter(&self) -> Option<u8> {
        ConnectionName::parse(self.name.units())?.letter
    }

    /// `\server@OX\share`.
    pub fn path(&self) -> &[u16] {
        ConnectionName::parse(self.name.units()).map_or(&[], |name| name.path)
    }
}

/// The first connection behind the one with this number.
///
/// # Errors
/// WN_NO_MORE_ENTRIES behind the last one; why the driver does not answer.
pub fn next(system: &impl System, after: u64) -> Result<Known, Code> {
    let mut answer = [0; MAX_CONNECTION];
    let request = NextConnection { after }.encode();
    let length = system
        .control(IOCTL_OXSMB_NEXT_CONNECTION, &request, &mut answer)
        .map_err(|error| status::code(system, error))?;
    let known = Known::read(answer.get(..length).unwrap_or_default());
    // A driver that goes in circles would have its caller do so too.
    known
        .filter(|known| known.serial > after)
        .ok_or(Code::REVISION_MISMATCH)
}

/// The first connection for which `is_meant` says so.
///
/// # Errors
/// WN_NOT_CONNECTED if there is none; why the driver does not answer.
pub fn find(system: &impl System, mut is_meant: impl FnMut(&Known) -> bool) -> Result<Known, Code> {
    let mut after = 0;
    loop {
        match next(system, after) {
            Ok(known) if is_meant(&known) => return Ok(known),
            Ok(known) => after = known.serial,
            Err(Code::NO_MORE_ENTRIES) => return Err(Code::NOT_CONNECTED),
            Err(code) => return Err(code),
        }
    }
}

const BACKSLASH: u16 = b'\\' as u16;
