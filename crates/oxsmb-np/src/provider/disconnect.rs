//! NPCancelConnection, NPCancelConnection2: ending a connection, by its drive letter or by its remote name.

use super::connect::{delete, nt_name};
use super::remote::Remote;
use super::{Code, System, local};

/// Ends the connection of a drive letter, or the one without a letter to a share.
///
/// # Errors
/// WN_NOT_CONNECTED if there is none of OxSMB's; WN_OPEN_FILES if files are open and `force` is not set.
pub fn cancel_connection(system: &impl System, name: &[u16], force: bool) -> Result<(), Code> {
    match local::drive(name) {
        Some(letter) => cancel_drive(system, letter, force),
        None => cancel_remote(system, name, force),
    }
}

fn cancel_drive(system: &impl System, letter: u8, force: bool) -> Result<(), Code> {
    let name = local::connection_of(system, letter)?;
    match delete(system, name.units(), force) {
        // The letter may have outlived the connection or the driver; it goes all the same.
        Ok(()) | Err(Code::NOT_CONNECTED | Code::NO_NETWORK) => {}
        Err(code) => return Err(code),
    }
    system.remove_drive(letter, &name)
}

fn cancel_remote(system: &impl System, name: &[u16], force: bool) -> Result<(), Code> {
    let remote = Remote::parse(system, name);
    let path = remote.and_then(|remote| remote.share.filter(|_| remote.rest.is_empty()));
    let path = path.ok_or(Code::NOT_CONNECTED)?;
    let name = nt_name(system, None, path)?;
    delete(system, name.units(), force)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::testing::{Scripted, utf16};
    use smb_wire::NtStatus;

    const WITH_LETTER: &str = "\\Device\\OxSmb\\;Z:0000000000000abc\\s@OX\\x";
    const WITHOUT: &str = "\\Device\\OxSmb\\;\\s@OX\\x";
    const FILES_OPEN: NtStatus = NtStatus(0xC000_0107);

    fn connected() -> Scripted {
        let system = Scripted::default();
        system.has(WITH_LETTER, "", "ann");
        system.has(WITHOUT, "", "ann");
        system.set_drive('Z', WITH_LETTER);
        system
    }

    fn cancel(system: &Scripted, name: &str, force: bool) -> Result<(), Code> {
        cancel_connection(system, &utf16(name), force)
    }

    #[test]
    fn a_letter_goes_with_its_connection_only() {
        let system = connected();
        assert_eq!(cancel(&system, "z:", false), Ok(()));
        assert!(system.drives.borrow()[&'Z'].is_empty());
        assert_eq!(system.names(), [WITHOUT]);
        assert_eq!(cancel(&system, "z:", false), Err(Code::NOT_CONNECTED));
    }

    #[test]
    fn a_remote_name_means_the_connection_without_a_letter() {
        let system = connected();
        assert_eq!(cancel(&system, "\\\\S@OX\\X", false), Ok(()));
        assert_eq!(system.names(), [WITH_LETTER]);
        assert_eq!(
            cancel(&system, "\\\\s@OX\\x", false),
            Err(Code::NOT_CONNECTED)
        );
    }

    #[test]
    fn open_files_keep_letter_and_connection_unless_forced() {
        let system = connected();
        system.busy.set(Some(FILES_OPEN));
        assert_eq!(cancel(&system, "Z:", false), Err(Code::OPEN_FILES));
        assert_eq!(system.drives.borrow()[&'Z'], [WITH_LETTER]);
        assert_eq!(cancel(&system, "Z:", true), Ok(()));
        assert!(system.drives.borrow()[&'Z'].is_empty());
    }

    #[test]
    fn a_letter_that_outlived_the_driver_can_be_given_up() {
        let system = connected();
        system.stopped.set(true);
        assert_eq!(cancel(&system, "\\\\s@OX\\x", false), Err(Code::NO_NETWORK));
        assert_eq!(cancel(&system, "Z:", false), Ok(()));
        assert!(system.drives.borrow()[&'Z'].is_empty());
    }

    #[test]
    fn what_is_not_ours_is_not_connected_and_stays() {
        let system = connected();
        system.set_drive('C', "\\Device\\HarddiskVolume1");
        for name in ["C:", "D:", "\\\\s\\x", "\\\\s@OX", "nonsense", ""] {
            assert_eq!(cancel(&system, name, true), Err(Code::NOT_CONNECTED));
        }
        assert_eq!(system.names().len(), 2);
        assert_eq!(system.drives.borrow()[&'C'].len(), 1);
    }
}
