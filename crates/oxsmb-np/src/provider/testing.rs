//! A system that does as a test says, with a driver that keeps connections as OxSMB's does.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::format;
use std::string::String;
use std::vec;
use std::vec::Vec;

use oxsmb_control::{
    AddConnection, DeleteConnection, IOCTL_OXSMB_ADD_CONNECTION, IOCTL_OXSMB_DELETE_CONNECTION,
    IOCTL_OXSMB_NEXT_CONNECTION, NextConnection, Utf16, encode_connection,
};
use smb_wire::NtStatus;

use super::{Code, ControlError, NtName, Room, System, Targets, UserName};

/// A connection that the driver was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Added {
    pub serial: u64,
    pub name: String,
    pub user: Option<String>,
    pub domain: Option<String>,
    pub password: Option<String>,
}

/// The system, and what has happened to it.
#[derive(Default)]
pub struct Scripted {
    /// The driver does not run.
    pub stopped: Cell<bool>,
    /// What the driver says to the next request to connect.
    pub refusal: Cell<Option<NtStatus>>,
    /// What it says to requests to disconnect without force.
    pub busy: Cell<Option<NtStatus>>,
    /// Why letters cannot be defined.
    pub no_letters: Cell<Option<Code>>,
    /// A target that another program gives to a letter right after ours is defined.
    pub rival: RefCell<Option<String>>,
    pub plain_names: Cell<bool>,
    pub registry_reads: RefCell<u32>,
    pub user: RefCell<String>,
    pub connections: RefCell<Vec<Added>>,
    /// Targets by letter, the present one first.
    pub drives: RefCell<BTreeMap<char, Vec<String>>>,
    serials: Cell<u64>,
}

/// A text's units.
pub fn utf16(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

fn text(string: Utf16<'_>) -> String {
    String::from_utf16(&string.units().collect::<Vec<_>>()).unwrap()
}

/// An address that no buffer of a test has, so that every pointer can be told from anything else.
const ADDRESS: usize = 0x7_0000;

/// Calls a function with a buffer of so many bytes, and gives that back with its result.
pub fn with_room<R>(bytes: usize, call: impl FnOnce(Room<'_>) -> R) -> (R, Packed) {
    let mut buffer = vec![0xEE; bytes];
    let result = call(Room::new(&mut buffer, ADDRESS));
    (result, Packed(buffer))
}

/// A buffer with structures and strings in it.
pub struct Packed(Vec<u8>);

impl Packed {
    /// The number at an offset.
    pub fn number(&self, at: usize) -> u32 {
        u32::from_ne_bytes(self.0[at..at + 4].try_into().unwrap())
    }

    /// The string that the pointer at an offset leads to, unless it is NULL.
    pub fn string(&self, at: usize) -> Option<String> {
        let address = usize::from_ne_bytes(self.0[at..at + 8].try_into().unwrap());
        (address != 0).then(|| self.string_at(address))
    }

    /// The string at an address.
    pub fn string_at(&self, address: usize) -> String {
        assert_eq!(address % 2, 0, "aligned");
        let start = address.checked_sub(ADDRESS).expect("inside the buffer");
        let units = self.0[start..]
            .chunks_exact(2)
            .map(|pair| u16::from_ne_bytes(pair.try_into().unwrap()));
        let units: Vec<u16> = units.take_while(|&unit| unit != 0).collect();
        String::from_utf16(&units).unwrap()
    }

    /// Local and remote name of the NETRESOURCE at an offset, which must be sound otherwise.
    pub fn names(&self, at: usize) -> (Option<String>, Option<String>) {
        assert_eq!(self.string(at + 32), None, "no comment");
        assert_eq!(self.string(at + 40).as_deref(), Some(super::PROVIDER_NAME));
        (self.string(at + 16), self.string(at + 24))
    }
}

impl Scripted {
    /// Makes a letter stand for something.
    pub fn set_drive(&self, letter: char, target: &str) {
        let mut drives = self.drives.borrow_mut();
        drives.entry(letter).or_default().insert(0, target.into());
    }

    /// A connection that the driver has.
    pub fn has(&self, name: &str, domain: &str, user: &str) {
        self.serials.set(self.serials.get() + 1);
        let given = |text: &str| (!text.is_empty()).then(|| text.into());
        self.connections.borrow_mut().push(Added {
            serial: self.serials.get(),
            name: name.into(),
            user: given(user),
            domain: given(domain),
            password: None,
        });
    }

    /// The names of the driver's connections.
    pub fn names(&self) -> Vec<String> {
        let connections = self.connections.borrow();
        connections.iter().map(|known| known.name.clone()).collect()
    }

    fn next(&self, after: u64, output: &mut [u8]) -> Result<usize, NtStatus> {
        let connections = self.connections.borrow();
        let next = connections.iter().find(|known| known.serial > after);
        let next = next.ok_or(NtStatus::NO_MORE_ENTRIES)?;
        let field = |text: &Option<String>| utf16(text.as_deref().unwrap_or_default());
        let (name, user, domain) = (utf16(&next.name), field(&next.user), field(&next.domain));
        Ok(encode_connection(output, next.serial, None, &name, &user, &domain).unwrap())
    }

    fn add(&self, request: &AddConnection<'_>) -> Result<usize, NtStatus> {
        if let Some(refusal) = self.refusal.take() {
            return Err(refusal);
        }
        self.serials.set(self.serials.get() + 1);
        self.connections.borrow_mut().push(Added {
            serial: self.serials.get(),
            name: text(request.name),
            user: request.user.map(text),
            domain: request.domain.map(text),
            password: request.password.map(text),
        });
        Ok(0)
    }

    fn delete(&self, request: &DeleteConnection<'_>) -> Result<usize, NtStatus> {
        let name = text(request.name);
        let mut connections = self.connections.borrow_mut();
        let at = connections
            .iter()
            .position(|known| known.name.eq_ignore_ascii_case(&name))
            .ok_or(NtStatus::NOT_FOUND)?;
        if let Some(busy) = self.busy.get()
            && !request.force
        {
            return Err(busy);
        }
        connections.remove(at);
        Ok(0)
    }
}

impl System for Scripted {
    fn control(&self, code: u32, input: &[u8], output: &mut [u8]) -> Result<usize, ControlError> {
        if self.stopped.get() {
            return Err(ControlError::NoDevice);
        }
        match code {
            IOCTL_OXSMB_ADD_CONNECTION => self.add(&AddConnection::parse(input).unwrap()),
            IOCTL_OXSMB_DELETE_CONNECTION => self.delete(&DeleteConnection::parse(input).unwrap()),
            IOCTL_OXSMB_NEXT_CONNECTION => {
                self.next(NextConnection::parse(input).unwrap().after, output)
            }
            other => panic!("no such control: {other:#x}"),
        }
        .map_err(ControlError::Status)
    }

    fn drive_targets(&self, letter: u8) -> Result<Targets, Code> {
        let drives = self.drives.borrow();
        let targets = drives.get(&char::from(letter)).cloned().unwrap_or_default();
        let units: Vec<u16> = targets
            .iter()
            .flat_map(|it| utf16(&format!("{it}\0")))
            .collect();
        Ok(Targets::filled(|room| {
            let length = units.len().min(room.len());
            room[..length].copy_from_slice(&units[..length]);
            length
        }))
    }

    fn define_drive(&self, letter: u8, target: &NtName) -> Result<(), Code> {
        if let Some(reason) = self.no_letters.get() {
            return Err(reason);
        }
        let letter = char::from(letter);
        self.set_drive(letter, &String::from_utf16(target.units()).unwrap());
        if let Some(rival) = self.rival.take() {
            self.set_drive(letter, &rival);
        }
        Ok(())
    }

    fn remove_drive(&self, letter: u8, target: &NtName) -> Result<(), Code> {
        let mut drives = self.drives.borrow_mut();
        let target = String::from_utf16(target.units()).unwrap();
        let targets = drives.get_mut(&char::from(letter)).unwrap();
        let at = targets.iter().position(|known| *known == target).unwrap();
        targets.remove(at);
        Ok(())
    }

    fn logon(&self) -> Result<u64, NtStatus> {
        Ok(0xABC)
    }

    fn user_name(&self) -> UserName {
        UserName::collect(utf16(&self.user.borrow()), Code::BAD_USER).unwrap()
    }

    fn claims_plain_names(&self) -> bool {
        *self.registry_reads.borrow_mut() += 1;
        self.plain_names.get()
    }

    fn eq_ignore_case(&self, one: &[u16], other: &[u16]) -> bool {
        String::from_utf16_lossy(one).eq_ignore_ascii_case(&String::from_utf16_lossy(other))
    }

    fn code_of(&self, status: NtStatus) -> Code {
        Code(status.0 ^ 0xFFFF_0000)
    }
}
