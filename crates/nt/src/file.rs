//! Files as a driver opens them, by path.

use crate::pool::{SecretBuf, Tag};
use crate::string::Unicode;
use crate::{Result, Status, check, sys};
use core::ptr::null_mut;

const TAG: Tag = Tag::new(b"NtFi");

/// A handle of our own, closed when dropped. IRQL of dropping: PASSIVE.
#[derive(Debug)]
pub struct Handle(sys::HANDLE);

// SAFETY: only kernel handles are made here, and those are good in any process and thread.
unsafe impl Send for Handle {}
// SAFETY: a handle is a number that the kernel looks up.
unsafe impl Sync for Handle {}

impl Handle {
    /// Owns a handle.
    ///
    /// # Safety
    ///
    /// It is an open kernel handle (`OBJ_KERNEL_HANDLE`) that nobody else closes.
    pub const unsafe fn from_raw(handle: sys::HANDLE) -> Self {
        Self(handle)
    }

    /// The handle, for routines that take one.
    pub const fn as_raw(&self) -> sys::HANDLE {
        self.0
    }
}

impl Drop for Handle {
    #[track_caller]
    fn drop(&mut self) {
        // SAFETY: the handle is open and ours. A failure has no remedy.
        let _ = unsafe { sys::ZwClose(self.0) };
    }
}

/// Attributes of a named object that is opened by a kernel handle, regardless of case. The name must outlive them.
pub(crate) fn attributes(name: *mut sys::UNICODE_STRING) -> sys::OBJECT_ATTRIBUTES {
    sys::OBJECT_ATTRIBUTES {
        Length: size_of::<sys::OBJECT_ATTRIBUTES>() as _,
        RootDirectory: null_mut(),
        ObjectName: name,
        Attributes: sys::OBJ_KERNEL_HANDLE | sys::OBJ_CASE_INSENSITIVE,
        SecurityDescriptor: null_mut(),
        SecurityQualityOfService: null_mut(),
    }
}

/// How to open or create a file (`ZwCreateFile`); the fields are its arguments.
#[derive(Clone, Copy, Debug)]
pub struct Create<'a> {
    /// Full path in the object name space.
    pub path: &'a [u16],
    /// Access wanted, such as `FILE_READ_DATA | SYNCHRONIZE`.
    pub access: u32,
    /// Attributes of a file that is created.
    pub attributes: u32,
    /// What others may do meanwhile, `FILE_SHARE_*`.
    pub share: u32,
    /// `FILE_OPEN`, `FILE_CREATE`, ...
    pub disposition: u32,
    /// Options, such as `FILE_SYNCHRONOUS_IO_NONALERT`.
    pub options: u32,
    /// A `FILE_FULL_EA_INFORMATION` list, or empty.
    pub extended_attributes: &'a [u8],
}

impl Create<'_> {
    /// Opens or creates; the second value says what was done (`FILE_OPENED`, `FILE_CREATED`, ...). IRQL: PASSIVE.
    #[track_caller]
    pub fn call(&self) -> Result<(Handle, usize)> {
        let name = Unicode::new(self.path)?;
        let mut attributes = attributes(name.as_ptr());
        // The list must be aligned, which a slice need not be; pool is. It may hold credentials.
        let mut list = match self.extended_attributes {
            [] => None,
            bytes => Some(SecretBuf::copied(TAG, bytes)?),
        };
        let list_length =
            u32::try_from(self.extended_attributes.len()).map_err(|_| Status::EA_TOO_LARGE)?;
        let list = list
            .as_mut()
            .map_or(null_mut(), |list| list.as_mut_ptr().cast());
        let mut handle = null_mut();
        let mut outcome = sys::IO_STATUS_BLOCK::default();
        // SAFETY: every pointer is to a local that outlives the call, or NULL where that is allowed; the list has the
        // length given. The open is synchronous, so nothing is kept.
        let status = unsafe {
            sys::ZwCreateFile(
                &mut handle,
                self.access,
                &mut attributes,
                &mut outcome,
                null_mut(),
                self.attributes,
                self.share,
                self.disposition,
                self.options,
                list,
                list_length,
            )
        };
        check(status)?;
        Ok((Handle(handle), outcome.Information as usize))
    }
}
