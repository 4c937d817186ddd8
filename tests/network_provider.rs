//! The network provider over the whole driver: what a program that connects drive letters meets.
#![forbid(unsafe_code)]

mod scripted;

use std::cell::RefCell;
use std::collections::BTreeMap;

use ntsim::sys;
use ntsim::user::{Create, File, Process};
use oxsmbnp::provider::{
    self, Code, ControlError, Credentials, Enumerations, Failure, NtName, Resource, Room, System,
    Targets, UserName,
};
use scripted::{PASSWORD, SHARE, USER, count, server, share, start, with_driver};
use smb_server::{RunningServer, Share};
use smb_wire::NtStatus;

/// A program, and the drive letters of its logon.
struct Program {
    process: Process,
    drives: RefCell<BTreeMap<u8, String>>,
}

fn utf16(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

fn text(units: &[u16]) -> String {
    let end = units.iter().position(|&unit| unit == 0);
    String::from_utf16(&units[..end.unwrap_or(units.len())]).expect("a sound string")
}

impl Program {
    fn new() -> Self {
        Self {
            process: Process::new(),
            drives: RefCell::default(),
        }
    }

    fn add(&self, local: Option<&str>, remote: &str, user: (&str, &str)) -> Result<(), Code> {
        let [remote, user, password] = [remote, user.0, user.1].map(utf16);
        let local = local.map(utf16);
        let resource = Resource {
            kind: 0,
            local: local.as_deref(),
            remote: Some(&remote),
        };
        let credentials = Credentials {
            user: Some(&user),
            password: Some(&password),
        };
        provider::add_connection(self, resource, credentials)
    }

    fn cancel(&self, name: &str, force: bool) -> Result<(), Code> {
        provider::cancel_connection(self, &utf16(name), force)
    }

    fn user(&self, name: &str) -> Result<String, Failure> {
        let mut buffer = [0; 300];
        provider::get_user(self, Some(&utf16(name)), &mut buffer).map(|()| text(&buffer))
    }

    fn open(&self, path: &str) -> Result<File, NtStatus> {
        let path = format!(r"\??\{path}");
        let create = Create {
            access: sys::FILE_GENERIC_READ,
            disposition: sys::FILE_OPEN,
            options: sys::FILE_NON_DIRECTORY_FILE,
            ..Create::open(&path)
        };
        Ok(self.process.nt_create_file(&create)?.0)
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, NtStatus> {
        let mut buffer = vec![0; 100];
        let length = count(self.open(path)?.nt_read_file(&mut buffer, Some(0)))?;
        buffer.truncate(length);
        Ok(buffer)
    }

    /// How many connections are listed.
    fn listed(&self) -> u32 {
        let all = Enumerations::new();
        let handle = provider::open_enum(self, &all, 1, 0).expect("the driver runs");
        let mut buffer = vec![0; 16 << 10];
        let room = Room::new(&mut buffer, 0);
        match provider::enum_resource(self, &all, Some(handle), u32::MAX, room) {
            Err(Failure::Code(Code::NO_MORE_ENTRIES)) => 0,
            told => told.expect("room for all"),
        }
    }
}

impl System for Program {
    fn control(&self, code: u32, input: &[u8], output: &mut [u8]) -> Result<usize, ControlError> {
        let status = |status: sys::NTSTATUS| ControlError::Status(status.into());
        let device = Create {
            access: sys::SYNCHRONIZE | sys::FILE_READ_ATTRIBUTES,
            ..Create::open(oxsmb::LINK_NAME)
        };
        let (device, _) = self.process.nt_create_file(&device).map_err(status)?;
        count(device.nt_device_io_control_file(code, input, output)).map_err(ControlError::Status)
    }

    fn drive_targets(&self, letter: u8) -> Result<Targets, Code> {
        let drives = self.drives.borrow();
        let target = drives
            .get(&letter)
            .map(|target| utf16(&format!("{target}\0")));
        Targets::collect(target.unwrap_or_default(), Code::BAD_LOCALNAME)
    }

    fn define_drive(&self, letter: u8, target: &NtName) -> Result<(), Code> {
        let target = text(target.units());
        self.process
            .define_dos_device(&format!("{}:", char::from(letter)), &target)
            .map_err(|status| self.code_of(status.into()))?;
        self.drives.borrow_mut().insert(letter, target);
        Ok(())
    }

    fn remove_drive(&self, letter: u8, target: &NtName) -> Result<(), Code> {
        let removed = self.drives.borrow_mut().remove(&letter);
        assert_eq!(removed, Some(text(target.units())));
        self.process
            .remove_dos_device(&format!("{}:", char::from(letter)))
            .map_err(|status| self.code_of(status.into()))
    }

    fn logon(&self) -> Result<u64, NtStatus> {
        let logon = self.process.logon();
        Ok(u64::from(logon.HighPart.cast_unsigned()) << 32 | u64::from(logon.LowPart))
    }

    fn user_name(&self) -> UserName {
        UserName::new()
    }

    fn claims_plain_names(&self) -> bool {
        false
    }

    fn eq_ignore_case(&self, one: &[u16], other: &[u16]) -> bool {
        text(one).eq_ignore_ascii_case(&text(other))
    }

    fn code_of(&self, status: NtStatus) -> Code {
        panic!("a program would meet {status} by no name of the provider's");
    }
}

const ANN: (&str, &str) = (USER, PASSWORD);
const BOB: (&str, &str) = ("bob", "hidden");

/// A server for Ann and Bob, with two shares.
fn two_shares() -> RunningServer {
    let (one, other) = (share(), Share::new("other").unwrap());
    one.write_file("file", b"one").unwrap();
    other.write_file("file", b"other").unwrap();
    start(server(&one).user("bob", "hidden").share(&other))
}

fn remote(server: &RunningServer, share: &str) -> String {
    format!(r"\\127.0.0.1@OX@{}\{share}", server.address().port())
}

#[test]
fn a_file_is_read_by_a_drive_letter_until_that_is_disconnected() {
    let server = two_shares();
    with_driver(&[], |_| {
        let program = Program::new();
        program
            .add(Some("q:"), &remote(&server, SHARE), ANN)
            .unwrap();
        program
            .add(Some("R:"), &remote(&server, "other"), ANN)
            .unwrap();
        assert_eq!(program.read(r"Q:\file").unwrap(), b"one");
        assert_eq!(program.read(r"R:\file").unwrap(), b"other");
        assert_eq!(program.listed(), 2);
        program.cancel("Q:", false).unwrap();
        assert!(program.read(r"Q:\file").is_err());
        assert_eq!(program.read(r"R:\file").unwrap(), b"other");
        program.cancel("r:", false).unwrap();
        assert_eq!(program.listed(), 0);
    });
}

#[test]
fn the_user_of_a_connection_is_found_by_letter_and_by_name() {
    let server = two_shares();
    with_driver(&[], |_| {
        let program = Program::new();
        let (one, other) = (remote(&server, SHARE), remote(&server, "other"));
        program
            .add(Some("Q:"), &one, (r"HOME\ann", PASSWORD))
            .unwrap();
        assert_eq!(program.user("Q:").unwrap(), r"HOME\ann");
        assert_eq!(program.user(&one).unwrap(), r"HOME\ann");
        assert_eq!(program.user(&other), Err(Code::NOT_CONNECTED.into()));
        // Who names nobody is who he is to that server already.
        program.add(None, &other, ("", "")).unwrap();
        assert_eq!(program.user(&other).unwrap(), r"HOME\ann");
    });
}

#[test]
fn what_a_server_refuses_has_the_code_that_windows_has_for_it() {
    let server = two_shares();
    with_driver(&[], |_| {
        let program = Program::new();
        let (one, other) = (remote(&server, SHARE), remote(&server, "other"));
        for (remote, user, code) in [
            (&one, (USER, "guess"), Code::LOGON_FAILURE),
            (&one, ("nobody", "guess"), Code::LOGON_FAILURE),
            (&remote(&server, "nowhere"), ANN, Code::BAD_NETNAME),
            (&one, ("", ""), Code::WORKSTATION_RESTRICTION),
        ] {
            let refused = program.add(Some("Q:"), remote, user);
            assert_eq!(refused, Err(code), "{remote} {user:?}");
        }
        program.add(None, &one, ANN).unwrap();
        let conflict = program.add(Some("Q:"), &other, BOB);
        assert_eq!(conflict, Err(Code::CREDENTIAL_CONFLICT));
        let conflict = program.add(Some("Q:"), &one, (USER, "guess"));
        assert_eq!(conflict, Err(Code::CREDENTIAL_CONFLICT));
        assert!(program.drives.borrow().is_empty());
        assert_eq!(program.listed(), 1);
        program.cancel(&one, false).unwrap();
        assert_eq!(program.cancel(&one, false), Err(Code::NOT_CONNECTED));
    });
}

#[test]
fn a_server_that_is_not_there_is_told_from_one_that_refuses() {
    let gone = {
        let server = two_shares();
        remote(&server, SHARE)
    };
    with_driver(&[], |_| {
        let program = Program::new();
        let refused = program.add(Some("Q:"), &gone, ANN);
        assert_eq!(refused, Err(Code::REMOTE_NOT_LISTENING));
    });
}

#[test]
fn open_files_keep_a_letter_unless_it_is_taken_by_force() {
    let server = two_shares();
    with_driver(&[], |_| {
        let program = Program::new();
        program
            .add(Some("Q:"), &remote(&server, SHARE), ANN)
            .unwrap();
        let file = program.open(r"Q:\file").unwrap();
        assert_eq!(program.cancel("Q:", false), Err(Code::OPEN_FILES));
        assert_eq!(program.read(r"Q:\file").unwrap(), b"one");
        program.cancel("Q:", true).unwrap();
        assert_eq!(program.listed(), 0);
        drop(file);
    });
}

#[test]
fn two_logons_have_their_own_letters_and_users() {
    let server = two_shares();
    with_driver(&[], |_| {
        let (first, second) = (Program::new(), Program::new());
        first.add(Some("Q:"), &remote(&server, SHARE), ANN).unwrap();
        second
            .add(Some("R:"), &remote(&server, SHARE), BOB)
            .unwrap();
        assert_eq!((first.listed(), second.listed()), (1, 1));
        assert_eq!(second.user("R:").unwrap(), "bob");
        assert_eq!(second.read(r"R:\file").unwrap(), b"one");
        assert_eq!(second.cancel("Q:", true), Err(Code::NOT_CONNECTED));
        assert_eq!(first.read(r"Q:\file").unwrap(), b"one");
    });
}
