//! A user's connection to a share, and what is done there, by the services that a program calls.

use ntsim::sys;
use ntsim::user::{Create, File, IoStatus, Process};
use oxsmb::control;
use smb_server::RunningServer;
use smb_wire::fscc::{DirectoryClass, DirectoryEntries, FileInformationClass};
use smb_wire::fscc::{RenameFlags, RenameForm, RenameInformation};
use smb_wire::{NtStatus, Utf16, Writer};

/// A connected share, as one process sees it.
#[derive(Clone)]
pub struct Mount<'p> {
    process: &'p Process,
    root: String,
}

/// How many bytes a request brought.
pub fn count(status: IoStatus) -> Result<usize, NtStatus> {
    status
        .ok()
        .map(|information| information as usize)
        .map_err(NtStatus::from)
}

fn utf16(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

impl<'p> Mount<'p> {
    /// Connects to a share as a user (name and password), or as nobody.
    pub fn connect(
        process: &'p Process,
        server: &RunningServer,
        share: &str,
        user: Option<(&str, &str)>,
    ) -> Result<Self, NtStatus> {
        Self::connect_to(process, "127.0.0.1", server.address().port(), share, user)
    }

    /// As [`Mount::connect`], to a server by its name.
    pub fn connect_to(
        process: &'p Process,
        host: &str,
        port: u16,
        share: &str,
        user: Option<(&str, &str)>,
    ) -> Result<Self, NtStatus> {
        let root = format!(r"\Device\OxSmb\;\{host}@OX@{port}\{share}");
        let name = user.map(|(name, _)| utf16(name));
        let password = user.map(|(_, password)| utf16(password));
        let mut buffer = vec![0; control::MAX_BUFFER];
        let length = control::encode_add_connection(
            &mut buffer,
            &utf16(&root),
            name.as_deref(),
            None,
            password.as_deref(),
        )
        .expect("a short name");
        let this = Self { process, root };
        this.control(control::IOCTL_OXSMB_ADD_CONNECTION, &buffer[..length])?;
        Ok(this)
    }

    /// Ends the connection, by force if files are open.
    pub fn disconnect(self, force: bool) -> Result<(), NtStatus> {
        let mut buffer = vec![0; control::MAX_BUFFER];
        let length = control::encode_delete_connection(&mut buffer, &utf16(&self.root), force)
            .expect("a short name");
        self.control(control::IOCTL_OXSMB_DELETE_CONNECTION, &buffer[..length])
    }

    fn control(&self, code: u32, input: &[u8]) -> Result<(), NtStatus> {
        let create = Create {
            access: sys::FILE_GENERIC_READ | sys::FILE_GENERIC_WRITE,
            ..Create::open(r"\??\OxSmb")
        };
        let (device, _) = self.process.nt_create_file(&create)?;
        count(device.nt_device_io_control_file(code, input, &mut [])).map(drop)
    }

    /// Opens or makes something, for overlapped use.
    pub fn create(
        &self,
        path: &str,
        access: u32,
        disposition: u32,
        options: u32,
    ) -> Result<File, NtStatus> {
        let path = format!(r"{}\{path}", self.root);
        let create = Create {
            access,
            disposition,
            options,
            ..Create::open(&path)
        };
        let (file, _) = self.process.nt_create_file(&create)?;
        Ok(file)
    }

    /// Opens a file that is there, to read and write.
    pub fn open(&self, path: &str) -> Result<File, NtStatus> {
        let access = sys::FILE_GENERIC_READ | sys::FILE_GENERIC_WRITE | sys::DELETE;
        self.create(path, access, sys::FILE_OPEN, sys::FILE_NON_DIRECTORY_FILE)
    }

    /// Makes a file, or empties the one that is there.
    pub fn make(&self, path: &str) -> Result<File, NtStatus> {
        let access = sys::FILE_GENERIC_READ | sys::FILE_GENERIC_WRITE | sys::DELETE;
        let options = sys::FILE_NON_DIRECTORY_FILE;
        self.create(path, access, sys::FILE_OVERWRITE_IF, options)
    }

    /// Opens a directory that is there.
    pub fn open_directory(&self, path: &str) -> Result<File, NtStatus> {
        let options = sys::FILE_DIRECTORY_FILE;
        self.create(path, sys::FILE_GENERIC_READ, sys::FILE_OPEN, options)
    }

    /// The beginning of a file, opened and closed for it.
    pub fn read(&self, path: &str, length: usize) -> Result<Vec<u8>, NtStatus> {
        let file = self.open(path)?;
        let mut buffer = vec![0; length];
        let read = count(file.nt_read_file(&mut buffer, Some(0)))?;
        buffer.truncate(read);
        Ok(buffer)
    }

    /// The names in a directory, as one handle lists them to the end.
    pub fn list(&self, path: &str) -> Result<Vec<String>, NtStatus> {
        let directory = self.open_directory(path)?;
        let mut names = Vec::new();
        loop {
            let mut buffer = vec![0; 64 << 10];
            let class = DirectoryClass::IdBoth;
            let number = class.class().0.into();
            let read =
                count(directory.nt_query_directory_file(&mut buffer, number, false, None, false));
            let length = match read {
                Err(NtStatus::NO_MORE_FILES) => return Ok(names),
                other => other?,
            };
            for entry in DirectoryEntries::new(class, &buffer[..length]) {
                names.push(entry.expect("a sound entry").name.to_string());
            }
        }
    }

    /// Renames an open file to another path on the share.
    pub fn rename(&self, file: &File, path: &str, replace: bool) -> Result<(), NtStatus> {
        let target = utf16(&format!(r"{}\{path}", self.root));
        let rename = RenameInformation {
            flags: if replace {
                RenameFlags::REPLACE_IF_EXISTS
            } else {
                RenameFlags::empty()
            },
            root_directory: 0,
            name: Utf16::from_units(&target),
        };
        let mut buffer = vec![0; rename.len(RenameForm::Wide)];
        rename
            .emit(RenameForm::Wide, &mut Writer::new(&mut buffer))
            .expect("room for the name");
        set(file, FileInformationClass::RENAME, &buffer)
    }

    /// Has an open file deleted when it is closed.
    pub fn delete(&self, file: &File) -> Result<(), NtStatus> {
        set(file, FileInformationClass::DISPOSITION, &[1])
    }
}

fn set(file: &File, class: FileInformationClass, bytes: &[u8]) -> Result<(), NtStatus> {
    count(file.nt_set_information_file(bytes, class.0.into())).map(drop)
}
