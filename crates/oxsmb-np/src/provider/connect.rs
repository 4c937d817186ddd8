//! NPAddConnection, NPAddConnection3: connecting to a share, with or without a drive letter.

use oxsmb_control::names::ConnectionName;
use oxsmb_control::{
    FormatError, IOCTL_OXSMB_ADD_CONNECTION, IOCTL_OXSMB_DELETE_CONNECTION, MAX_BUFFER, MAX_DOMAIN,
    MAX_USER, encode_add_connection, encode_delete_connection,
};
use zeroize::Zeroizing;

use super::remote::Remote;
use super::{Code, ControlError, NtName, Resource, System, UserName, local, status};

const RESOURCETYPE_ANY: u32 = 0;
const RESOURCETYPE_DISK: u32 = 1;
const RESOURCETYPE_PRINT: u32 = 2;

const BACKSLASH: u16 = b'\\' as u16;

/// Whom the caller wants to be. What is None was not said.
#[derive(Clone, Copy, Default)]
pub struct Credentials<'a> {
    /// `user`, `DOMAIN\user` or `user@domain`.
    pub user: Option<&'a [u16]>,
    /// The password; empty for none.
    pub password: Option<&'a [u16]>,
}

/// Connects to `resource`, whose local name, if it has one, becomes the drive letter for it.
///
/// # Errors
/// WN_BAD_NETNAME for a name that is not OxSMB's, so that mpr asks the next provider; WN_BAD_LOCALNAME, WN_ALREADY_CONNECTED; what
/// the server says of the share and of the user.
pub fn add_connection(
    system: &impl System,
    resource: Resource<'_>,
    credentials: Credentials<'_>,
) -> Result<(), Code> {
    let remote = resource
        .remote
        .and_then(|name| Remote::parse(system, name))
        .ok_or(Code::BAD_NETNAME)?;
    // Only whole shares can be connected to.
    let path = remote.share.filter(|_| remote.rest.is_empty());
    let path = path.ok_or(Code::BAD_NETNAME)?;
    match resource.kind {
        RESOURCETYPE_ANY | RESOURCETYPE_DISK => {}
        RESOURCETYPE_PRINT => return Err(Code::BAD_DEVICE_TYPE),
        _ => return Err(Code::BAD_VALUE),
    }
    let letter = match resource.local.filter(|name| !name.is_empty()) {
        None => None,
        Some(name) => Some(local::drive(name).ok_or(Code::BAD_LOCALNAME)?),
    };
    if let Some(letter) = letter
        && !system.drive_targets(letter)?.is_empty()
    {
        return Err(Code::ALREADY_CONNECTED);
    }
    let name = nt_name(system, letter, path)?;
    connect(system, &name, credentials)?;
    match letter {
        None => Ok(()),
        Some(letter) => map(system, letter, &name).inspect_err(|_| {
            // Another program may have made the same connection for the same letter, and have got it.
            let present = local::connection_of(system, letter);
            let is_theirs =
                present.is_ok_and(|present| system.eq_ignore_case(present.units(), name.units()));
            if !is_theirs {
                let _ = delete(system, name.units(), false);
            }
        }),
    }
}

/// The connection's NT name.
///
/// # Errors
/// WN_BAD_NETNAME for one that is too long.
pub fn nt_name(system: &impl System, letter: Option<u8>, path: &[u16]) -> Result<NtName, Code> {
    let logon = match letter {
        None => 0,
        Some(_) => system
            .logon()
            .map_err(|status| status::code(system, ControlError::Status(status)))?,
    };
    let units = ConnectionName { letter, path }.units(logon);
    NtName::collect(units, Code::BAD_NETNAME)
}

/// Has the driver end a connection.
///
/// # Errors
/// Why it does not.
pub fn delete(system: &impl System, name: &[u16], force: bool) -> Result<(), Code> {
    let mut request = [0; MAX_BUFFER];
    let length = encode_delete_connection(&mut request, name, force).map_err(from_format)?;
    let request = request.get(..length).unwrap_or_default();
    system
        .control(IOCTL_OXSMB_DELETE_CONNECTION, request, &mut [])
        .map(drop)
        .map_err(|error| status::code(system, error))
}

/// Has the driver make a connection. The only copy of the password on this side is the request, which is wiped.
fn connect(system: &impl System, name: &NtName, credentials: Credentials<'_>) -> Result<(), Code> {
    let default_user: UserName;
    let user = match credentials {
        // Without a name a password is that of the logged-on user.
        Credentials {
            user: None,
            password: Some(_),
        } => {
            default_user = system.user_name();
            default_user.units()
        }
        Credentials { user, .. } => user.unwrap_or_default(),
    };
    let (domain, user) = split_user(user)?;
    let user = Some(user).filter(|user| !user.is_empty());
    let password = credentials.password.filter(|_| user.is_some());
    let mut request = Zeroizing::new([0; MAX_BUFFER]);
    let length = encode_add_connection(&mut *request, name.units(), user, domain, password)
        .map_err(from_format)?;
    let request = request.get(..length).unwrap_or_default();
    system
        .control(IOCTL_OXSMB_ADD_CONNECTION, request, &mut [])
        .map(drop)
        .map_err(|error| status::code(system, error))
}

/// Domain and user of `DOMAIN\user`, `user` or `user@domain`, the last of which the server takes apart. An empty user is nobody.
fn split_user(name: &[u16]) -> Result<(Option<&[u16]>, &[u16]), Code> {
    let mut parts = name.splitn(2, |&unit| unit == BACKSLASH);
    let first = parts.next().unwrap_or_default();
    let (domain, user) = match parts.next() {
        None => (&[][..], first),
        Some(user) => (first, user),
    };
    if user.len() > MAX_USER || domain.len() > MAX_DOMAIN || (user.is_empty() && !name.is_empty()) {
        return Err(Code::BAD_USER);
    }
    Ok((Some(domain).filter(|domain| !domain.is_empty()), user))
}

fn from_format(error: FormatError) -> Code {
    match error {
        FormatError::TooLong("password") => Code::BAD_PASSWORD,
        FormatError::TooLong("name") => Code::BAD_NETNAME,
        FormatError::TooLong(_) => Code::BAD_USER,
        FormatError::Length | FormatError::Version | FormatError::NoSpace => Code::BAD_VALUE,
    }
}

/// Makes the drive letter stand for the connection, and for nothing else: another program may have taken it meanwhile.
fn map(system: &impl System, letter: u8, name: &NtName) -> Result<(), Code> {
    system
        .define_drive(letter, name)
        .map_err(|code| match code {
            Code::ALREADY_EXISTS => Code::ALREADY_CONNECTED,
            other => other,
        })?;
    let found = system.drive_targets(letter)?;
    let mut present = found
        .units()
        .split(|&unit| unit == 0)
        .filter(|target| !target.is_empty());
    let is_ours = present
        .next()
        .is_some_and(|target| system.eq_ignore_case(target, name.units()));
    if is_ours && present.next().is_none() {
        return Ok(());
    }
    system.remove_drive(letter, name)?;
    Err(Code::ALREADY_CONNECTED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::testing::{Scripted, utf16};
    use smb_wire::NtStatus;

    const SHARE: &str = "\\\\s@OX\\x";
    const WITH_LETTER: &str = "\\Device\\OxSmb\\;Z:0000000000000abc\\s@OX\\x";
    const WITHOUT: &str = "\\Device\\OxSmb\\;\\s@OX\\x";

    fn add(
        system: &Scripted,
        local: Option<&str>,
        remote: &str,
        user: Option<&str>,
        password: Option<&str>,
    ) -> Result<(), Code> {
        let [local, user, password] = [local, user, password].map(|text| text.map(utf16));
        let remote = utf16(remote);
        add_connection(
            system,
            Resource {
                kind: RESOURCETYPE_DISK,
                local: local.as_deref(),
                remote: Some(&remote),
            },
            Credentials {
                user: user.as_deref(),
                password: password.as_deref(),
            },
        )
    }

    #[test]
    fn a_letter_stands_for_the_connection_that_was_made() {
        let system = Scripted::default();
        let made = add(&system, Some("z:"), SHARE, Some("ann"), Some("secret"));
        assert_eq!(made, Ok(()));
        assert_eq!(system.drives.borrow()[&'Z'], [WITH_LETTER]);
        let added = &system.connections.borrow()[0];
        assert_eq!(added.name, WITH_LETTER);
        assert_eq!(added.user.as_deref(), Some("ann"));
        assert_eq!(added.domain, None);
        assert_eq!(added.password.as_deref(), Some("secret"));
    }

    #[test]
    fn without_a_local_name_no_letter_is_taken() {
        for local in [None, Some("")] {
            let system = Scripted::default();
            assert_eq!(add(&system, local, SHARE, None, None), Ok(()));
            assert_eq!(system.names(), [WITHOUT]);
            assert!(system.drives.borrow().is_empty());
            assert_eq!(system.connections.borrow()[0].user, None);
        }
    }

    #[test]
    fn a_user_may_come_with_a_domain() {
        for (given, domain, user) in [
            ("HOME\\ann", Some("HOME"), "ann"),
            ("\\ann", None, "ann"),
            ("ann@home.example", None, "ann@home.example"),
        ] {
            let system = Scripted::default();
            add(&system, None, SHARE, Some(given), Some("")).unwrap();
            let added = &system.connections.borrow()[0];
            assert_eq!(added.domain.as_deref(), domain);
            assert_eq!(added.user.as_deref(), Some(user));
            assert_eq!(added.password.as_deref(), Some(""));
        }
    }

    #[test]
    fn an_empty_user_is_nobody_and_has_no_password() {
        let system = Scripted::default();
        add(&system, None, SHARE, Some(""), Some("")).unwrap();
        let added = &system.connections.borrow()[0];
        assert_eq!((&added.user, &added.password), (&None, &None));
    }

    #[test]
    fn a_password_alone_is_the_logged_on_users() {
        let system = Scripted::default();
        *system.user.borrow_mut() = "PC\\me".into();
        add(&system, None, SHARE, None, Some("secret")).unwrap();
        let added = &system.connections.borrow()[0];
        assert_eq!(added.user.as_deref(), Some("me"));
        assert_eq!(added.domain.as_deref(), Some("PC"));
        assert_eq!(added.password.as_deref(), Some("secret"));
    }

    #[test]
    fn names_that_are_not_ours_are_the_next_providers_and_the_driver_hears_nothing() {
        let system = Scripted::default();
        system.stopped.set(true);
        for remote in [
            "\\\\s\\x",
            "\\\\s@SSL\\x",
            "\\\\s@OX",
            "\\\\s@OX\\x\\dir",
            "",
        ] {
            let refused = add(&system, None, remote, None, None);
            assert_eq!(refused, Err(Code::BAD_NETNAME), "{remote}");
        }
    }

    #[test]
    fn what_is_no_letter_is_a_bad_local_name() {
        let system = Scripted::default();
        for local in ["LPT1:", "Z", "Z:\\", "ZZ:"] {
            let refused = add(&system, Some(local), SHARE, None, None);
            assert_eq!(refused, Err(Code::BAD_LOCALNAME), "{local}");
        }
    }

    #[test]
    fn a_letter_in_use_is_not_taken_again() {
        let system = Scripted::default();
        system.set_drive('Z', "\\Device\\HarddiskVolume7");
        let refused = add(&system, Some("Z:"), SHARE, None, None);
        assert_eq!(refused, Err(Code::ALREADY_CONNECTED));
        assert!(system.names().is_empty());
    }

    #[test]
    fn a_refusal_of_the_server_leaves_the_letter_free() {
        let system = Scripted::default();
        system.refusal.set(Some(NtStatus::LOGON_FAILURE));
        let refused = add(&system, Some("Z:"), SHARE, Some("ann"), Some("guess"));
        assert_eq!(refused, Err(Code::LOGON_FAILURE));
        assert!(system.drives.borrow().is_empty());
    }

    #[test]
    fn a_connection_whose_letter_cannot_be_had_is_ended() {
        let system = Scripted::default();
        for (reason, code) in [
            (Code::ACCESS_DENIED, Code::ACCESS_DENIED),
            (Code::ALREADY_EXISTS, Code::ALREADY_CONNECTED),
        ] {
            system.no_letters.set(Some(reason));
            let refused = add(&system, Some("Z:"), SHARE, None, None);
            assert_eq!(refused, Err(code));
            assert!(system.names().is_empty());
        }
    }

    #[test]
    fn of_two_programs_that_take_a_letter_at_once_this_one_gives_way() {
        let system = Scripted::default();
        *system.rival.borrow_mut() = Some("\\Device\\Other".into());
        let refused = add(&system, Some("Z:"), SHARE, None, None);
        assert_eq!(refused, Err(Code::ALREADY_CONNECTED));
        assert_eq!(system.drives.borrow()[&'Z'], ["\\Device\\Other"]);
        assert!(system.names().is_empty());
    }

    #[test]
    fn a_letter_that_another_program_has_got_for_the_same_share_keeps_its_connection() {
        let system = Scripted::default();
        *system.rival.borrow_mut() = Some(WITH_LETTER.into());
        let refused = add(&system, Some("Z:"), SHARE, None, None);
        assert_eq!(refused, Err(Code::ALREADY_CONNECTED));
        assert_eq!(system.drives.borrow()[&'Z'], [WITH_LETTER]);
        assert_eq!(system.names(), [WITH_LETTER]);
    }

    #[test]
    fn strings_over_their_limits_are_refused_by_name() {
        let system = Scripted::default();
        let long = "x".repeat(2000);
        let remote = std::format!("{SHARE}{long}");
        let refused = add(&system, None, &remote, None, None);
        assert_eq!(refused, Err(Code::BAD_NETNAME));
        let refused = add(&system, None, SHARE, Some(&long), None);
        assert_eq!(refused, Err(Code::BAD_USER));
        let refused = add(&system, None, SHARE, Some("ann"), Some(&long));
        assert_eq!(refused, Err(Code::BAD_PASSWORD));
    }

    #[test]
    fn a_printer_is_of_the_wrong_type_and_a_driver_that_is_stopped_is_no_network() {
        let system = Scripted::default();
        let remote = utf16(SHARE);
        let printer = Resource {
            kind: RESOURCETYPE_PRINT,
            local: None,
            remote: Some(&remote),
        };
        let refused = add_connection(&system, printer, Credentials::default());
        assert_eq!(refused, Err(Code::BAD_DEVICE_TYPE));
        system.stopped.set(true);
        let refused = add(&system, None, SHARE, None, None);
        assert_eq!(refused, Err(Code::NO_NETWORK));
    }
}
