//! Processes.

use super::file::File;
use crate::io::{self, Open};
use crate::mode;
use crate::ob;
use crate::ps::{self, Token};
use crate::sys::*;
use core::panic::Location;
use core::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// What to open, and how. The fields are NtCreateFile's arguments.
#[derive(Clone, Debug)]
pub struct Create<'a> {
    /// NT path, such as `\??\Z:\dir\file`.
    pub path: &'a str,
    /// `DesiredAccess`.
    pub access: u32,
    /// `ShareAccess`.
    pub share: u32,
    /// `CreateDisposition`, such as `FILE_OPEN`.
    pub disposition: u32,
    /// `CreateOptions`.
    pub options: u32,
    /// `FileAttributes`.
    pub attributes: u32,
    /// `AllocationSize`, in bytes.
    pub allocation_size: i64,
    /// `EaBuffer`: a list of FILE_FULL_EA_INFORMATION.
    pub ea: &'a [u8],
    /// Without OBJ_CASE_INSENSITIVE.
    pub case_sensitive: bool,
}

impl<'a> Create<'a> {
    /// Opens an existing file for reading, synchronously, sharing everything.
    #[must_use]
    pub fn open(path: &'a str) -> Self {
        Self {
            path,
            access: FILE_GENERIC_READ | SYNCHRONIZE,
            share: FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
            disposition: FILE_OPEN,
            options: FILE_SYNCHRONOUS_IO_NONALERT,
            attributes: FILE_ATTRIBUTE_NORMAL,
            allocation_size: 0,
            ea: &[],
            case_sensitive: false,
        }
    }
}

/// What a process and its files share.
#[derive(Debug)]
pub(super) struct Inner {
    pub(super) raw: usize,
}

impl Inner {
    pub(super) fn process(&self) -> PEPROCESS {
        self.raw as PEPROCESS
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let _host = mode::host();
        ob::close_all_of(self.process(), Location::caller());
        ob::dereference(self.process().cast(), Location::caller());
    }
}

/// A user process. Any thread may act for it. Its files are closed when it and all of them are dropped.
#[derive(Clone, Debug)]
pub struct Process(Arc<Inner>);

/// Logon sessions given to processes that do not name one.
static NEXT_LOGON: AtomicU32 = AtomicU32::new(0x1_0000);

impl Process {
    /// A process with a logon session of its own, in terminal session 1.
    #[must_use]
    pub fn new() -> Self {
        let logon = LUID {
            LowPart: NEXT_LOGON.fetch_add(1, Ordering::Relaxed),
            HighPart: 0,
        };
        Self::with_logon(logon, 1)
    }

    /// A process in a given logon session and terminal session.
    #[must_use]
    pub fn with_logon(logon: LUID, session: u32) -> Self {
        let token = Token {
            logon,
            session,
            restricted: false,
        };
        Self(Arc::new(Inner {
            raw: ps::new_process(token, Location::caller()) as usize,
        }))
    }

    /// The process's logon session.
    #[must_use]
    pub fn logon(&self) -> LUID {
        ps::process_of(self.0.process()).map_or(LUID::default(), |process| process.token.logon)
    }

    /// Opens or creates a file. Returns it and the create's information, such as FILE_OPENED.
    ///
    /// # Errors
    /// Whatever the I/O manager or the driver says.
    #[track_caller]
    pub fn nt_create_file(&self, create: &Create<'_>) -> Result<(File, u64), NTSTATUS> {
        let place = Location::caller();
        let path: Vec<u16> = create.path.encode_utf16().collect();
        let open = Open {
            path: &path,
            related: ptr::null_mut(),
            access: create.access,
            share: create.share,
            disposition: create.disposition,
            options: create.options,
            attributes: create.attributes,
            allocation_size: create.allocation_size,
            ea: create.ea,
            case_sensitive: create.case_sensitive,
            target_directory: false,
            mode: _MODE::UserMode as KPROCESSOR_MODE,
        };
        let _host = mode::host();
        let _attached = ps::attach(self.0.process());
        let (file, access, information) = io::open(&open, place)?;
        let handle = ob::open_handle(file.cast(), access, 0, place);
        ob::dereference(file.cast(), place);
        Ok((File::new(self.0.clone(), handle, file, access), information))
    }

    /// Gives a DOS device such as `Z:` a target such as `\Device\OxSmb\;Z:0\server\share`.
    ///
    /// # Errors
    /// STATUS_OBJECT_NAME_COLLISION if the name is in use.
    pub fn define_dos_device(&self, name: &str, target: &str) -> Result<(), NTSTATUS> {
        let name: Vec<u16> = r"\??\".encode_utf16().chain(name.encode_utf16()).collect();
        let target: Vec<u16> = target.encode_utf16().collect();
        match ob::add_link(&name, &target) {
            STATUS_SUCCESS => Ok(()),
            status => Err(status),
        }
    }

    /// Takes a DOS device away.
    ///
    /// # Errors
    /// STATUS_OBJECT_NAME_NOT_FOUND if there is none.
    pub fn remove_dos_device(&self, name: &str) -> Result<(), NTSTATUS> {
        let name: Vec<u16> = r"\??\".encode_utf16().chain(name.encode_utf16()).collect();
        match ob::remove_link(&name) {
            STATUS_SUCCESS => Ok(()),
            status => Err(status),
        }
    }
}

impl Default for Process {
    fn default() -> Self {
        Self::new()
    }
}
