//! Requests: one for every kind of I/O, and what a test needs of the harness besides.

mod codec;

use bitflags::bitflags;

use crate::Handle;

/// How to open or create a file; the fields are NtCreateFile's arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Create<'a> {
    /// The name below the provider's device, such as `\;X:0000000000000000\server@OX@1445\share\dir\file`. An empty name
    /// opens the device itself.
    pub path: &'a str,
    /// Access wanted, such as `FILE_READ_DATA | SYNCHRONIZE`. Generic rights are turned into a file's.
    pub access: u32,
    /// Attributes of a file that is created.
    pub attributes: u32,
    /// What others may do meanwhile, `FILE_SHARE_*`.
    pub share: u32,
    /// `FILE_OPEN`, `FILE_CREATE`, ...
    pub disposition: u32,
    /// Options, such as `FILE_SYNCHRONOUS_IO_NONALERT`.
    pub options: u32,
    /// The first size of a file that is created, in bytes.
    pub allocation_size: u64,
    /// A `FILE_FULL_EA_INFORMATION` list, or empty.
    pub extended_attributes: &'a [u8],
}

bitflags! {
    /// How a directory is listed.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct DirectoryFlags: u8 {
        /// Begin again (SL_RESTART_SCAN).
        const RESTART = 1;
        /// One entry only (SL_RETURN_SINGLE_ENTRY).
        const SINGLE = 2;
    }

    /// How a range of bytes is locked.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct LockFlags: u8 {
        /// Nobody else may read there (SL_EXCLUSIVE_LOCK).
        const EXCLUSIVE = 1;
        /// Fail rather than wait (SL_FAIL_IMMEDIATELY).
        const AT_ONCE = 2;
    }
}

/// What a test asks. Where nothing else is said, the reply's data is empty. Lengths and data are limited to
/// [`MAX_DATA`](crate::MAX_DATA).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request<'a> {
    /// Must come first on a connection.
    Hello {
        /// [`VERSION`](crate::VERSION).
        version: u32,
        /// The logon session (a LUID) that the connection acts in.
        logon: u64,
    },
    /// Loads a driver by its service's name (ZwLoadDriver).
    LoadService {
        /// The key's name below `...\CurrentControlSet\Services`.
        name: &'a str,
    },
    /// Unloads a driver by its service's name (ZwUnloadDriver) and waits until its image is gone.
    UnloadService {
        /// The key's name below `...\CurrentControlSet\Services`.
        name: &'a str,
    },
    /// Sets a REG_DWORD in `Parameters` below a service's key, or deletes the value.
    SetSetting {
        /// The service.
        service: &'a str,
        /// The value's name.
        name: &'a str,
        /// What it is set to; None deletes it, which succeeds too if it is not there.
        value: Option<u32>,
    },
    /// Deletes all values in `Parameters` below a service's key. Information: how many there were.
    ClearSettings {
        /// The service.
        service: &'a str,
    },
    /// Asks what has been counted. Data: a [`Report`](crate::Report).
    Status,
    /// Opens or creates a file on the provider's device. Data: a [`Handle`].
    Create(Create<'a>),
    /// Tells the driver that the last handle is gone (IRP_MJ_CLEANUP).
    Cleanup {
        /// The file.
        file: Handle,
    },
    /// Cleans up if that is not done, then closes (IRP_MJ_CLOSE).
    Close {
        /// The file.
        file: Handle,
    },
    /// Reads. Data: what was read.
    Read {
        /// The file.
        file: Handle,
        /// Where, in bytes, or [`AT_POSITION`](crate::AT_POSITION).
        offset: i64,
        /// How many bytes at most.
        length: u32,
    },
    /// Writes.
    Write {
        /// The file.
        file: Handle,
        /// Where, in bytes, or [`AT_POSITION`](crate::AT_POSITION) or [`AT_END`](crate::AT_END).
        offset: i64,
        /// The bytes.
        data: &'a [u8],
    },
    /// Starts reads together, which end in any order; always overlapped. Each has its reply with its data: the first one's
    /// tag is the request's, and each next one's is one more. `count * length` is limited to [`MAX_DATA`](crate::MAX_DATA).
    ReadMany {
        /// The file.
        file: Handle,
        /// Where the first one reads, in bytes.
        offset: i64,
        /// How many bytes each reads at most.
        length: u32,
        /// How far each is behind the one before, in bytes.
        stride: u32,
        /// How many, 1 to [`MAX_MANY`](crate::MAX_MANY).
        count: u32,
    },
    /// Starts writes together, with replies as for [`Request::ReadMany`].
    WriteMany {
        /// The file.
        file: Handle,
        /// Where the first one writes, in bytes.
        offset: i64,
        /// How far each is behind the one before, in bytes.
        stride: u32,
        /// How many, 1 to [`MAX_MANY`](crate::MAX_MANY).
        count: u32,
        /// The bytes, an equal part for each; a length that `count` divides.
        data: &'a [u8],
    },
    /// Cancels a request of this connection (IoCancelIrp). Information: 1 if it was under way, 0 if not (any more). Its own reply
    /// comes in either case.
    Cancel {
        /// The request's tag.
        tag: u32,
    },
    /// Cancels everything under way on a file, whoever started it. Information: how many requests there were.
    CancelAll {
        /// The file.
        file: Handle,
    },
    /// Queries file information. Data: what the driver returned.
    QueryInformation {
        /// The file.
        file: Handle,
        /// A FILE_INFORMATION_CLASS.
        class: u32,
        /// Room for the answer, in bytes.
        length: u32,
    },
    /// Sets file information. A path in a rename or link counts from the provider's device, as a create's does; `RootDirectory`
    /// may be 0 or a [`Handle`].
    SetInformation {
        /// The file.
        file: Handle,
        /// A FILE_INFORMATION_CLASS.
        class: u32,
        /// The structure.
        data: &'a [u8],
    },
    /// Lists a directory. Data: the entries.
    QueryDirectory {
        /// The directory.
        file: Handle,
        /// A FILE_INFORMATION_CLASS.
        class: u32,
        /// How.
        flags: DirectoryFlags,
        /// Which names, or all.
        pattern: Option<&'a str>,
        /// Room for the answer, in bytes.
        length: u32,
    },
    /// Waits for a change in a directory. Data: the changes.
    NotifyDirectory {
        /// The directory.
        file: Handle,
        /// `FILE_NOTIFY_CHANGE_*`.
        filter: u32,
        /// Below it, too.
        tree: bool,
        /// Room for the answer, in bytes.
        length: u32,
    },
    /// Queries volume information. Data: what the driver returned.
    QueryVolume {
        /// The file.
        file: Handle,
        /// An FS_INFORMATION_CLASS.
        class: u32,
        /// Room for the answer, in bytes.
        length: u32,
    },
    /// Sets volume information.
    SetVolume {
        /// The file.
        file: Handle,
        /// An FS_INFORMATION_CLASS.
        class: u32,
        /// The structure.
        data: &'a [u8],
    },
    /// Flushes the file's buffers.
    Flush {
        /// The file.
        file: Handle,
    },
    /// Sends a file system control. Data: its output.
    FsControl {
        /// The file.
        file: Handle,
        /// The control code.
        code: u32,
        /// Room for the output, in bytes.
        output: u32,
        /// The input.
        input: &'a [u8],
    },
    /// Sends a device control. Data: its output.
    DeviceControl {
        /// The file; None for the device itself, which is opened for the control only.
        file: Option<Handle>,
        /// The control code.
        code: u32,
        /// Room for the output, in bytes.
        output: u32,
        /// The input.
        input: &'a [u8],
    },
    /// Locks a range of bytes.
    Lock {
        /// The file.
        file: Handle,
        /// Where the range begins, in bytes.
        offset: i64,
        /// How long it is, in bytes.
        length: i64,
        /// Who the lock belongs to, within the file.
        key: u32,
        /// How.
        flags: LockFlags,
    },
    /// Unlocks a range of bytes, exactly as it was locked.
    Unlock {
        /// The file.
        file: Handle,
        /// Where the range begins, in bytes.
        offset: i64,
        /// How long it is, in bytes.
        length: i64,
        /// Who the lock belongs to, within the file.
        key: u32,
    },
}

impl Request<'_> {
    /// The open file that it is about.
    pub fn file(&self) -> Option<Handle> {
        match *self {
            Self::Cleanup { file }
            | Self::Close { file }
            | Self::Read { file, .. }
            | Self::Write { file, .. }
            | Self::ReadMany { file, .. }
            | Self::WriteMany { file, .. }
            | Self::CancelAll { file }
            | Self::QueryInformation { file, .. }
            | Self::SetInformation { file, .. }
            | Self::QueryDirectory { file, .. }
            | Self::NotifyDirectory { file, .. }
            | Self::QueryVolume { file, .. }
            | Self::SetVolume { file, .. }
            | Self::Flush { file }
            | Self::FsControl { file, .. }
            | Self::Lock { file, .. }
            | Self::Unlock { file, .. } => Some(file),
            Self::DeviceControl { file, .. } => file,
            Self::Hello { .. }
            | Self::LoadService { .. }
            | Self::UnloadService { .. }
            | Self::SetSetting { .. }
            | Self::ClearSettings { .. }
            | Self::Status
            | Self::Create(_)
            | Self::Cancel { .. } => None,
        }
    }

    /// Bytes of text and data.
    pub(crate) fn variable_length(&self) -> usize {
        match self {
            Self::LoadService { name }
            | Self::UnloadService { name }
            | Self::ClearSettings { service: name } => name.len(),
            Self::SetSetting { service, name, .. } => service.len().saturating_add(name.len()),
            Self::Create(create) => create
                .path
                .len()
                .saturating_add(create.extended_attributes.len()),
            Self::QueryDirectory { pattern, .. } => pattern.unwrap_or_default().len(),
            Self::Write { data, .. }
            | Self::WriteMany { data, .. }
            | Self::SetInformation { data, .. }
            | Self::SetVolume { data, .. } => data.len(),
            Self::FsControl { input, .. } | Self::DeviceControl { input, .. } => input.len(),
            _ => 0,
        }
    }
}
