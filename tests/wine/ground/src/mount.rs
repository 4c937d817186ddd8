//! A user's connection to a share, and what is done there.

use oxsmb_control as control;
use smb_wire::fscc::{
    DirectoryClass, DirectoryEntries, DirectoryEntry, FileAttributes, FileInformationClass,
    FileStandardInformation, RenameFlags, RenameForm, RenameInformation,
};
use smb_wire::smb2::{AccessMask, CreateDisposition, CreateOptions};
use smb_wire::{NtStatus, Utf16, Writer};
use wine_protocol::DirectoryFlags;

use crate::file::File;
use crate::user::{Create, User};

/// Room for a part of a directory's listing.
const LISTING: u32 = 64 << 10;

/// Who connects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account<'a> {
    /// The user's name.
    pub name: &'a str,
    /// The user's password.
    pub password: &'a str,
}

/// The user whom every Samba here knows.
pub const OX: Account<'static> = Account {
    name: samba_ground::USER,
    password: samba_ground::PASSWORD,
};

/// A share that a user has connected to.
#[derive(Clone, Debug)]
pub struct Mount {
    user: User,
    root: String,
}

/// An entry of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The name.
    pub name: String,
    /// The size in bytes.
    pub size: u64,
    /// Whether it is a directory.
    pub directory: bool,
}

impl Mount {
    /// Connects to a share of a server on this machine.
    ///
    /// # Errors
    /// What the driver says.
    pub fn connect(
        user: &User,
        port: u16,
        share: &str,
        account: &Account<'_>,
    ) -> Result<Self, NtStatus> {
        Self::connect_to(user, &format!("127.0.0.1@OX@{port}"), share, account)
    }

    /// Connects to a share of a server by its tagged name, such as `server@OX@1445`.
    ///
    /// # Errors
    /// What the driver says.
    pub fn connect_to(
        user: &User,
        server: &str,
        share: &str,
        account: &Account<'_>,
    ) -> Result<Self, NtStatus> {
        let root = format!(r"\;\{server}\{share}");
        let mut buffer = vec![0; control::MAX_BUFFER];
        let length = control::encode_add_connection(
            &mut buffer,
            &utf16(&format!("{}{root}", control::DEVICE_NAME)),
            Some(&utf16(account.name)),
            None,
            Some(&utf16(account.password)),
        )
        .expect("short names");
        user.control(control::IOCTL_OXSMB_ADD_CONNECTION, &buffer[..length], 0)
            .ok()?;
        Ok(Self {
            user: user.clone(),
            root,
        })
    }

    /// A share of a server on this machine that the user's logon has connected by other means, without a drive letter.
    pub fn of_logon(user: &User, port: u16, share: &str) -> Self {
        Self {
            user: user.clone(),
            root: format!(r"\;\127.0.0.1@OX@{port}\{share}"),
        }
    }

    /// Who has connected.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// The same share in another thread of the same user.
    ///
    /// # Panics
    /// When the harness does not take it.
    pub fn in_another_thread(&self) -> Self {
        Self {
            user: self.user.another_thread(),
            root: self.root.clone(),
        }
    }

    /// The whole name, below the driver's device, of a path that counts from the share's root.
    pub fn name_of(&self, path: &str) -> String {
        format!(r"{}\{path}", self.root)
    }

    /// Ends the connection, by force if files are open.
    ///
    /// # Errors
    /// What the driver says.
    pub fn disconnect(&self, force: bool) -> Result<(), NtStatus> {
        let name = utf16(&format!("{}{}", control::DEVICE_NAME, self.root));
        let mut buffer = vec![0; control::MAX_BUFFER];
        let length =
            control::encode_delete_connection(&mut buffer, &name, force).expect("a short name");
        let code = control::IOCTL_OXSMB_DELETE_CONNECTION;
        self.user.control(code, &buffer[..length], 0).ok().map(drop)
    }

    /// Opens or makes something; the path counts from the share's root.
    ///
    /// # Errors
    /// What the driver says.
    pub fn create(
        &self,
        path: &str,
        access: AccessMask,
        disposition: CreateDisposition,
        options: CreateOptions,
    ) -> Result<File, NtStatus> {
        let path = self.name_of(path);
        let create = Create {
            access,
            disposition,
            options,
            ..Create::open(&path)
        };
        self.user.create(&create).map(|(file, _)| file)
    }

    /// Opens a file that is there, to read and write.
    ///
    /// # Errors
    /// What the driver says.
    pub fn open(&self, path: &str) -> Result<File, NtStatus> {
        let path = self.name_of(path);
        self.user.create(&Create::open(&path)).map(|(file, _)| file)
    }

    /// Makes a file, or empties the one that is there.
    ///
    /// # Errors
    /// What the driver says.
    pub fn make(&self, path: &str) -> Result<File, NtStatus> {
        let path = self.name_of(path);
        let create = Create {
            disposition: CreateDisposition::OVERWRITE_IF,
            ..Create::open(&path)
        };
        self.user.create(&create).map(|(file, _)| file)
    }

    /// Makes a directory.
    ///
    /// # Errors
    /// What the driver says.
    pub fn make_directory(&self, path: &str) -> Result<File, NtStatus> {
        let access = AccessMask::GENERIC_READ | AccessMask::DELETE;
        let options = CreateOptions::DIRECTORY_FILE;
        self.create(path, access, CreateDisposition::CREATE, options)
    }

    /// All entries of a directory but `.` and `..`, by name.
    ///
    /// # Errors
    /// What the driver says.
    ///
    /// # Panics
    /// When an entry is not sound.
    pub fn list(&self, path: &str) -> Result<Vec<Listed>, NtStatus> {
        let directory = self.create(
            path,
            AccessMask::GENERIC_READ,
            CreateDisposition::OPEN,
            CreateOptions::DIRECTORY_FILE,
        )?;
        let class = DirectoryClass::IdBoth;
        let mut found = Vec::new();
        loop {
            let flags = DirectoryFlags::empty();
            let part = match directory.list(class.class(), flags, None, LISTING) {
                Err(NtStatus::NO_MORE_FILES) => break,
                part => part?,
            };
            let entries = DirectoryEntries::new(class, &part);
            found.extend(entries.map(|entry| Listed::new(&entry.expect("a sound entry"))));
        }
        found.retain(|entry| entry.name != "." && entry.name != "..");
        found.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(found)
    }

    /// Renames an open file to another path on the share.
    ///
    /// # Errors
    /// What the driver says.
    ///
    /// # Panics
    /// When the path is too long for a structure.
    pub fn rename(&self, file: &File, path: &str, replace: bool) -> Result<(), NtStatus> {
        let target = utf16(&self.name_of(path));
        let mut flags = RenameFlags::empty();
        flags.set(RenameFlags::REPLACE_IF_EXISTS, replace);
        let rename = RenameInformation {
            flags,
            root_directory: 0,
            name: Utf16::from_units(&target),
        };
        let mut buffer = vec![0; rename.len(RenameForm::Wide)];
        rename
            .emit(RenameForm::Wide, &mut Writer::new(&mut buffer))
            .expect("room for the name");
        file.set(FileInformationClass::RENAME, &buffer)
    }

    /// Has an open file deleted when it is closed.
    ///
    /// # Errors
    /// What the driver says.
    pub fn delete(&self, file: &File) -> Result<(), NtStatus> {
        file.set(FileInformationClass::DISPOSITION, &[1])
    }

    /// A file's size in bytes.
    ///
    /// # Errors
    /// What the driver says.
    ///
    /// # Panics
    /// When the driver's answer is not sound.
    pub fn size(&self, file: &File) -> Result<u64, NtStatus> {
        let answer = file.query(FileInformationClass::STANDARD, 24)?;
        let standard = FileStandardInformation::parse(&answer).expect("a sound answer");
        Ok(standard.end_of_file.cast_unsigned())
    }
}

impl Listed {
    fn new(entry: &DirectoryEntry<'_>) -> Self {
        Self {
            name: entry.name.to_string(),
            size: entry.end_of_file.cast_unsigned(),
            directory: entry.file_attributes.contains(FileAttributes::DIRECTORY),
        }
    }
}

fn utf16(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}
