//! A share that the driver is connected to, and what can be done on it.

use ntsim::sys;
use ntsim::user::Create;
use smb_wire::NtStatus;
use smb_wire::fscc::{DirectoryClass, DirectoryEntries};

use crate::facts::{Entry, Facts};
use crate::failure::{Cause, Failure};
use crate::file::{Access, Disposition, File};
use crate::location::{RemotePath, ShareName};
use crate::machine::Machine;
use crate::protocol::Protocol;

/// How much of a directory is asked for at once, in bytes.
const LISTING: usize = 64 << 10;

/// A connected share. Its paths are `\`-led and `\`-separated; the empty path is the root.
pub struct Drive<'m> {
    machine: &'m Machine,
    share: ShareName,
    /// The NT path that the share's paths are appended to.
    root: String,
    letter: Option<char>,
}

impl<'m> Drive<'m> {
    pub(crate) fn new(
        machine: &'m Machine,
        share: ShareName,
        root: String,
        letter: Option<char>,
    ) -> Self {
        Self {
            machine,
            share,
            root,
            letter,
        }
    }

    /// The share's name.
    pub fn share(&self) -> &ShareName {
        &self.share
    }

    /// How the share is spoken to; nothing while its server is lost.
    ///
    /// # Errors
    /// Whatever the driver says.
    pub fn protocol(&self) -> Result<Option<Protocol>, Failure> {
        let told = self.machine.protocol(&self.share, self.letter);
        told.map_err(|status| Failure::new("ask about", &self.share, status))
    }

    /// Ends the connection.
    ///
    /// # Errors
    /// When the driver refuses: a file is still open.
    pub fn disconnect(self) -> Result<(), Failure> {
        self.machine.disconnect(&self.share, self.letter)
    }

    /// Opens or makes a file.
    ///
    /// # Errors
    /// Whatever the driver says.
    pub fn open(
        &self,
        path: &str,
        access: Access,
        disposition: Disposition,
    ) -> Result<File, Failure> {
        self.create(path, access, disposition, sys::FILE_NON_DIRECTORY_FILE)
            .map_err(|status| self.failure("open", path, status))
    }

    /// Makes a directory.
    ///
    /// # Errors
    /// Whatever the driver says.
    pub fn make_directory(&self, path: &str) -> Result<(), Failure> {
        self.create(
            path,
            Access::Read,
            Disposition::Create,
            sys::FILE_DIRECTORY_FILE,
        )
        .map(drop)
        .map_err(|status| self.failure("make directory", path, status))
    }

    /// Sizes, times and attributes of a file or directory.
    ///
    /// # Errors
    /// Whatever the driver says.
    pub fn stat(&self, path: &str) -> Result<Facts, Failure> {
        self.create(path, Access::Facts, Disposition::Open, 0)
            .and_then(|file| file.facts())
            .map_err(|status| self.failure("look at", path, status))
    }

    /// Lists a directory, in the server's order.
    ///
    /// # Errors
    /// Whatever the driver says about the directory itself; its entries may bring more.
    pub fn list(&self, path: &str) -> Result<Listing<'_, 'm>, Failure> {
        let directory = self
            .create(
                path,
                Access::Read,
                Disposition::Open,
                sys::FILE_DIRECTORY_FILE,
            )
            .map_err(|status| self.failure("list", path, status))?;
        Ok(Listing {
            drive: self,
            path: path.into(),
            directory: Some(directory),
            entries: Vec::new().into_iter(),
        })
    }

    /// Renames a file or directory; what is at the new path is replaced when `replace` says so.
    ///
    /// # Errors
    /// Whatever the driver says.
    pub fn rename(&self, from: &str, to: &str, replace: bool) -> Result<(), Failure> {
        self.create(
            from,
            Access::Delete,
            Disposition::Open,
            sys::FILE_OPEN_REPARSE_POINT,
        )
        .and_then(|file| file.rename(&format!("{}{to}", self.root), replace))
        .map_err(|status| {
            let object = format!("{} to {}", self.place(from), self.place(to));
            Failure::new("rename", object, status)
        })
    }

    /// Deletes a file or an empty directory.
    ///
    /// # Errors
    /// Whatever the driver says.
    pub fn remove(&self, path: &str) -> Result<(), Failure> {
        self.create(
            path,
            Access::Delete,
            Disposition::Open,
            sys::FILE_OPEN_REPARSE_POINT,
        )
        .and_then(|file| file.delete_on_close())
        .map_err(|status| self.failure("delete", path, status))
    }

    /// Deletes a file, or a directory with everything in it.
    ///
    /// # Errors
    /// Whatever the driver says; what was deleted before is gone.
    pub fn remove_tree(&self, path: &str) -> Result<(), Failure> {
        if !self.stat(path)?.is_directory() {
            return self.remove(path);
        }
        // Each directory is met twice: first its content is put above it, then, being empty, it goes.
        let mut left = vec![(path.to_owned(), false)];
        while let Some((directory, emptied)) = left.pop() {
            if emptied {
                self.remove(&directory)?;
                continue;
            }
            left.push((directory.clone(), true));
            for entry in self.list(&directory)? {
                let entry = entry?;
                let inner = format!("{directory}\\{}", entry.name);
                if entry.facts.is_directory() && !entry.facts.is_link() {
                    left.push((inner, false));
                } else {
                    self.remove(&inner)?;
                }
            }
        }
        Ok(())
    }

    fn create(
        &self,
        path: &str,
        access: Access,
        disposition: Disposition,
        options: u32,
    ) -> Result<File, NtStatus> {
        let path = format!("{}{}", self.root, if path.is_empty() { "\\" } else { path });
        let create = Create {
            access: access.rights(),
            disposition: disposition.number(),
            // Not synchronous: the caller may have many reads and writes under way.
            options,
            ..Create::open(&path)
        };
        let (file, _) = self.machine.process().nt_create_file(&create)?;
        Ok(File::new(file))
    }

    fn failure(&self, doing: &str, path: &str, status: NtStatus) -> Failure {
        Failure::new(doing, self.place(path), status)
    }

    fn place(&self, path: &str) -> RemotePath {
        RemotePath {
            share: self.share.clone(),
            path: path.into(),
        }
    }
}

/// The entries of a directory, as they come.
pub struct Listing<'d, 'm> {
    drive: &'d Drive<'m>,
    path: String,
    /// `None` once everything was listed.
    directory: Option<File>,
    entries: std::vec::IntoIter<Entry>,
}

impl Listing<'_, '_> {
    /// Asks for the next part of the directory; `None` at its end.
    fn next_part(directory: &File) -> Result<Option<Vec<Entry>>, Cause> {
        let mut buffer = vec![0; LISTING];
        let length = match directory.list(DirectoryClass::IdBoth, &mut buffer) {
            Err(NtStatus::NO_MORE_FILES) => return Ok(None),
            other => other?,
        };
        buffer.truncate(length);
        let mut entries = Vec::new();
        for entry in DirectoryEntries::new(DirectoryClass::IdBoth, &buffer) {
            let entry = entry.map_err(|error| error.to_string())?;
            entries.extend(Entry::new(&entry)?);
        }
        Ok(Some(entries))
    }
}

impl Iterator for Listing<'_, '_> {
    type Item = Result<Entry, Failure>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(entry) = self.entries.next() {
                return Some(Ok(entry));
            }
            match Self::next_part(self.directory.as_ref()?) {
                Ok(None) => self.directory = None,
                Ok(Some(entries)) => self.entries = entries.into_iter(),
                Err(cause) => {
                    self.directory = None;
                    let object = self.drive.place(&self.path);
                    return Some(Err(Failure::new("list", object, cause)));
                }
            }
        }
    }
}
