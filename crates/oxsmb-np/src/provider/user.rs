//! NPGetUser: who the caller is to a server.

use super::remote::Remote;
use super::{Code, Failure, System, UserName, connections, local, text};

/// Writes the user of a connection, named by its drive letter or its remote name, or of the logon where no name is given; the buffer's
/// size is in characters. Nobody is an empty name.
///
/// # Errors
/// WN_NOT_CONNECTED for what is not a connection of the caller's.
pub fn get_user(
    system: &impl System,
    name: Option<&[u16]>,
    buffer: &mut [u16],
) -> Result<(), Failure> {
    let user = match name.filter(|name| !name.is_empty()) {
        None => logged_on(system)?,
        Some(name) => user_of(system, name)?,
    };
    text::give(user.units().iter().copied(), buffer)
}

fn logged_on(system: &impl System) -> Result<UserName, Code> {
    let user = system.user_name();
    if user.is_empty() {
        Err(Code::NOT_CONNECTED)
    } else {
        Ok(user)
    }
}

fn user_of(system: &impl System, name: &[u16]) -> Result<UserName, Code> {
    let found = match local::drive(name) {
        Some(letter) => {
            let wanted = local::connection_of(system, letter)?;
            connections::find(system, |known| {
                system.eq_ignore_case(known.name.units(), wanted.units())
            })
        }
        None => {
            let remote = Remote::parse(system, name).ok_or(Code::NOT_CONNECTED)?;
            let share = remote.share.ok_or(Code::NOT_CONNECTED)?;
            connections::find(system, |known| system.eq_ignore_case(known.path(), share))
        }
    };
    found.map(|known| known.user)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::testing::{Scripted, utf16};
    use std::string::String;

    fn user(system: &Scripted, name: Option<&str>) -> Result<String, Failure> {
        let name = name.map(utf16);
        let mut buffer = [0; 64];
        get_user(system, name.as_deref(), &mut buffer)?;
        let end = buffer.iter().position(|&unit| unit == 0).unwrap();
        Ok(String::from_utf16_lossy(&buffer[..end]))
    }

    #[test]
    fn a_connection_has_the_user_that_the_driver_says() {
        let system = Scripted::default();
        let with_letter = "\\Device\\OxSmb\\;Z:0000000000000abc\\s@OX\\x";
        system.has(with_letter, "HOME", "ann");
        system.has("\\Device\\OxSmb\\;\\s@OX\\y", "", "ann");
        system.has("\\Device\\OxSmb\\;\\s@OX\\z", "", "");
        system.set_drive('Z', with_letter);
        assert_eq!(user(&system, Some("z:")).unwrap(), "HOME\\ann");
        assert_eq!(user(&system, Some("\\\\S@ox\\X")).unwrap(), "HOME\\ann");
        assert_eq!(user(&system, Some("\\\\s@OX\\y\\dir")).unwrap(), "ann");
        assert_eq!(user(&system, Some("\\\\s@OX\\z")).unwrap(), "");
    }

    #[test]
    fn what_is_not_connected_has_no_user() {
        let system = Scripted::default();
        for name in ["Z:", "\\\\s@OX\\x", "\\\\s@OX", "\\\\s\\x", "x"] {
            let found = user(&system, Some(name));
            assert_eq!(found, Err(Code::NOT_CONNECTED.into()), "{name}");
        }
    }

    #[test]
    fn no_name_means_the_logged_on_user() {
        let system = Scripted::default();
        *system.user.borrow_mut() = "PC\\me".into();
        assert_eq!(user(&system, None).unwrap(), "PC\\me");
        assert_eq!(user(&system, Some("")).unwrap(), "PC\\me");
        let short = get_user(&system, None, &mut [0; 5]);
        assert_eq!(short, Err(Failure::MoreData(6)));
    }
}
