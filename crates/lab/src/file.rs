//! An open file on a share.

use ntsim::sys;
use ntsim::user::{self, IoStatus, Pending};
use smb_wire::fscc::{
    DirectoryClass, FileAllocationInformation, FileAttributes, FileBasicInformation,
    FileDispositionInformation, FileEndOfFileInformation, FileInformationClass,
    FileInternalInformation, FileStandardInformation, FsInformationClass, RenameFlags, RenameForm,
    RenameInformation,
};
use smb_wire::{EmitError, NtStatus, ParseError, Utf16, Writer};

use crate::facts::{Facts, FileTime};

/// What a file is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// To look at its facts
    Facts,
    /// To read its data, or list it
    Read,
    /// To write its data
    Write,
    /// Both
    ReadWrite,
    /// To delete or rename it
    Delete,
}

impl Access {
    /// The rights to ask for (ACCESS_MASK).
    pub(crate) fn rights(self) -> u32 {
        match self {
            Self::Facts => sys::FILE_READ_ATTRIBUTES,
            Self::Read => sys::FILE_GENERIC_READ,
            Self::Write => sys::FILE_GENERIC_WRITE | sys::FILE_READ_ATTRIBUTES,
            Self::ReadWrite => sys::FILE_GENERIC_READ | sys::FILE_GENERIC_WRITE,
            Self::Delete => sys::DELETE | sys::FILE_READ_ATTRIBUTES,
        }
    }
}

/// What happens when the file is there, or is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disposition {
    /// It must be there.
    Open,
    /// It must not be there.
    Create,
    /// It is emptied when it is there, made when it is not.
    Overwrite,
    /// It is made when it is not there.
    OpenOrCreate,
}

impl Disposition {
    /// NtCreateFile's number for it.
    pub(crate) fn number(self) -> u32 {
        match self {
            Self::Open => sys::FILE_OPEN,
            Self::Create => sys::FILE_CREATE,
            Self::Overwrite => sys::FILE_OVERWRITE_IF,
            Self::OpenOrCreate => sys::FILE_OPEN_IF,
        }
    }
}

/// An open file or directory. Dropping it closes it.
#[derive(Debug)]
pub struct File(user::File);

/// A read or write under way. Dropping it cancels it.
#[derive(Debug)]
pub struct Flight(Pending<Vec<u8>>);

impl Flight {
    /// Waits until it is done: how many bytes went across, and the buffer.
    pub fn wait(self) -> (Result<usize, NtStatus>, Vec<u8>) {
        let (buffer, status) = self.0.wait();
        (count(status), buffer)
    }

    /// Asks for an early end.
    pub fn cancel(&self) {
        self.0.cancel();
    }
}

fn count(status: IoStatus) -> Result<usize, NtStatus> {
    status
        .ok()
        .map(|bytes| bytes as usize)
        .map_err(NtStatus::from)
}

impl File {
    pub(crate) fn new(file: user::File) -> Self {
        Self(file)
    }

    /// Reads at an offset; gives how many bytes it were.
    ///
    /// # Errors
    /// `END_OF_FILE` where nothing is left to read, and whatever the driver says.
    pub fn read_at(&self, offset: u64, buffer: &mut [u8]) -> Result<usize, NtStatus> {
        count(self.0.nt_read_file(buffer, Some(offset)))
    }

    /// Writes at an offset; gives how many bytes it were.
    ///
    /// # Errors
    /// Whatever the driver says.
    pub fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<usize, NtStatus> {
        count(self.0.nt_write_file(bytes, Some(offset)))
    }

    /// Begins to read as many bytes as the buffer has.
    pub fn start_read(&self, offset: u64, buffer: Vec<u8>) -> Flight {
        Flight(self.0.nt_read_file_overlapped(buffer, offset))
    }

    /// Begins to write the buffer.
    pub fn start_write(&self, offset: u64, buffer: Vec<u8>) -> Flight {
        Flight(self.0.nt_write_file_overlapped(buffer, offset))
    }

    /// Has the server put everything on its disk.
    ///
    /// # Errors
    /// Whatever the driver says.
    pub fn flush(&self) -> Result<(), NtStatus> {
        count(self.0.nt_flush_buffers_file()).map(drop)
    }

    /// Sizes, times and attributes.
    ///
    /// # Errors
    /// Whatever the driver says.
    pub fn facts(&self) -> Result<Facts, NtStatus> {
        let basic = self.query(FileInformationClass::BASIC, FileBasicInformation::parse)?;
        let standard = self.query(
            FileInformationClass::STANDARD,
            FileStandardInformation::parse,
        )?;
        let internal = self.query(
            FileInformationClass::INTERNAL,
            FileInternalInformation::parse,
        )?;
        Ok(Facts::new(&basic, &standard, &internal))
    }

    /// Cuts or extends it.
    ///
    /// # Errors
    /// Whatever the driver says.
    pub fn set_end(&self, size: u64) -> Result<(), NtStatus> {
        let end = FileEndOfFileInformation {
            end_of_file: i64::try_from(size).map_err(|_| NtStatus::INVALID_PARAMETER)?,
        };
        self.set(FileInformationClass::END_OF_FILE, |writer| end.emit(writer))
    }

    /// Sets the times of the last access and the last write; the others stay.
    ///
    /// # Errors
    /// Whatever the driver says.
    pub fn set_times(&self, accessed: FileTime, written: FileTime) -> Result<(), NtStatus> {
        let basic = FileBasicInformation {
            last_access_time: accessed.0,
            last_write_time: written.0,
            ..FileBasicInformation::default()
        };
        self.set(FileInformationClass::BASIC, |writer| basic.emit(writer))
    }

    /// Sets the attributes; the times stay. Use `NORMAL` to clear all.
    ///
    /// # Errors
    /// Whatever the driver says.
    pub fn set_attributes(&self, attributes: FileAttributes) -> Result<(), NtStatus> {
        let basic = FileBasicInformation {
            file_attributes: attributes,
            ..FileBasicInformation::default()
        };
        self.set(FileInformationClass::BASIC, |writer| basic.emit(writer))
    }

    /// Has the server set this many bytes of its disk aside; fewer than there are in it cut it.
    ///
    /// # Errors
    /// Whatever the driver says.
    pub fn set_allocation(&self, size: u64) -> Result<(), NtStatus> {
        let allocation = FileAllocationInformation {
            allocation_size: i64::try_from(size).map_err(|_| NtStatus::INVALID_PARAMETER)?,
        };
        self.set(FileInformationClass::ALLOCATION, |writer| {
            allocation.emit(writer)
        })
    }

    /// What the server tells of the volume that it lies on: a structure of `class` (MS-FSCC 2.5).
    ///
    /// # Errors
    /// Whatever the driver says.
    pub fn volume(&self, class: FsInformationClass) -> Result<Vec<u8>, NtStatus> {
        let mut buffer = vec![0; LONGEST_VOLUME_ANSWER];
        let status = self
            .0
            .nt_query_volume_information_file(&mut buffer, class.0.into());
        buffer.truncate(count(status)?);
        Ok(buffer)
    }

    /// Has it deleted when its last handle is closed.
    ///
    /// # Errors
    /// Whatever the driver says.
    pub fn delete_on_close(&self) -> Result<(), NtStatus> {
        let disposition = FileDispositionInformation {
            delete_pending: true,
        };
        self.set(FileInformationClass::DISPOSITION, |writer| {
            disposition.emit(writer)
        })
    }

    /// Renames it to a full NT path on the same share.
    ///
    /// # Errors
    /// Whatever the driver says.
    pub fn rename(&self, path: &str, replace: bool) -> Result<(), NtStatus> {
        let rename = RenameInformation {
            flags: if replace {
                RenameFlags::REPLACE_IF_EXISTS
            } else {
                RenameFlags::empty()
            },
            root_directory: 0,
            name: Utf16::from_str(path),
        };
        self.set(FileInformationClass::RENAME, |writer| {
            rename.emit(RenameForm::Wide, writer)
        })
    }

    /// Lists more of a directory into `buffer`; gives how many bytes of `class` that were.
    pub(crate) fn list(&self, class: DirectoryClass, buffer: &mut [u8]) -> Result<usize, NtStatus> {
        let class = i32::from(class.class().0);
        count(
            self.0
                .nt_query_directory_file(buffer, class, false, None, false),
        )
    }

    fn query<T>(
        &self,
        class: FileInformationClass,
        parse: impl FnOnce(&[u8]) -> Result<T, ParseError>,
    ) -> Result<T, NtStatus> {
        let mut buffer = [0; 64];
        let length = count(
            self.0
                .nt_query_information_file(&mut buffer, class.0.into()),
        )?;
        let answer = buffer.get(..length).unwrap_or(&buffer);
        parse(answer).map_err(|_| NtStatus::INVALID_NETWORK_RESPONSE)
    }

    fn set(
        &self,
        class: FileInformationClass,
        emit: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>,
    ) -> Result<(), NtStatus> {
        let mut buffer = vec![0; LONGEST_SETTING];
        let mut writer = Writer::new(&mut buffer);
        emit(&mut writer).map_err(|_| NtStatus::NAME_TOO_LONG)?;
        let length = writer.position();
        buffer.truncate(length);
        count(self.0.nt_set_information_file(&buffer, class.0.into())).map(drop)
    }
}

/// The longest of the structures set here: a rename to the longest path that NT has.
const LONGEST_SETTING: usize = 24 + 2 * 32_767;

/// Room for a volume's label and more.
const LONGEST_VOLUME_ANSWER: usize = 1024;
