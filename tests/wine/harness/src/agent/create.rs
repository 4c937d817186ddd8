//! Opening and creating files (IRP_MJ_CREATE).

use super::buffers::Buffers;
use super::file::File;
use super::identity;
use super::request::{Request, Spec};
use crate::security::Token;
use alloc::boxed::Box;
use alloc::vec::Vec;
use wdk_sys::_MODE::UserMode;
use wdk_sys::_SECURITY_IMPERSONATION_LEVEL::SecurityImpersonation;
use wdk_sys::{
    ACCESS_STATE, DELETE, FILE_ALL_ACCESS, FILE_APPEND_DATA, FILE_CREATE, FILE_DELETE_ON_CLOSE,
    FILE_DIRECTORY_FILE, FILE_GENERIC_EXECUTE, FILE_GENERIC_READ, FILE_GENERIC_WRITE,
    FILE_MAXIMUM_DISPOSITION, FILE_NO_INTERMEDIATE_BUFFERING, FILE_NON_DIRECTORY_FILE, FILE_OPEN,
    FILE_OPEN_IF, FILE_RANDOM_ACCESS, FILE_SEQUENTIAL_ONLY, FILE_SYNCHRONOUS_IO_ALERT,
    FILE_SYNCHRONOUS_IO_NONALERT, FILE_VALID_OPTION_FLAGS, FILE_WRITE_DATA, FILE_WRITE_THROUGH,
    FO_ALERTABLE_IO, FO_NO_INTERMEDIATE_BUFFERING, FO_OPENED_CASE_SENSITIVE, FO_RANDOM_ACCESS,
    FO_SEQUENTIAL_ONLY, FO_SYNCHRONOUS_IO, FO_WRITE_THROUGH, GENERIC_ALL, GENERIC_EXECUTE,
    GENERIC_READ, GENERIC_WRITE, IO_SECURITY_CONTEXT, IRP_CREATE_OPERATION,
    IRP_DEFER_IO_COMPLETION, IRP_MJ_CREATE, IRP_SYNCHRONOUS_API, KPROCESSOR_MODE, MAXIMUM_ALLOWED,
    NTSTATUS, PDEVICE_OBJECT, SECURITY_QUALITY_OF_SERVICE, SECURITY_SUBJECT_CONTEXT,
    SL_CASE_SENSITIVE, SL_OPEN_TARGET_DIRECTORY, STATUS_EA_LIST_INCONSISTENT,
    STATUS_INVALID_PARAMETER, STATUS_REPARSE, STATUS_SUCCESS, SYNCHRONIZE,
};

/// How to open or create a file: NtCreateFile's arguments.
pub struct Create {
    /// The name on the device.
    pub name: Vec<u16>,
    /// The directory that the name begins in.
    pub related: Option<File>,
    /// Access wanted.
    pub access: u32,
    /// Attributes of a file that is created.
    pub attributes: u32,
    /// FILE_SHARE_ flags.
    pub share: u32,
    /// FILE_OPEN and the like.
    pub disposition: u32,
    /// Options.
    pub options: u32,
    /// First size of a file that is created.
    pub allocation_size: i64,
    /// Extended attributes.
    pub extended_attributes: Vec<u8>,
    /// Without OBJ_CASE_INSENSITIVE.
    pub case_sensitive: bool,
    /// Open the directory of a rename's target.
    pub target_directory: bool,
    /// Who calls.
    pub mode: KPROCESSOR_MODE,
}

/// What `Parameters.Create.SecurityContext` points to.
struct Security {
    state: ACCESS_STATE,
    quality: SECURITY_QUALITY_OF_SERVICE,
    context: IO_SECURITY_CONTEXT,
}

impl Security {
    fn new(access: u32, options: u32, token: &'static Token) -> Box<Self> {
        let mut security = Box::new(Self {
            state: ACCESS_STATE {
                RemainingDesiredAccess: access,
                OriginalDesiredAccess: access,
                SubjectSecurityContext: SECURITY_SUBJECT_CONTEXT {
                    PrimaryToken: core::ptr::from_ref(token).cast_mut().cast(),
                    ..SECURITY_SUBJECT_CONTEXT::default()
                },
                ..ACCESS_STATE::default()
            },
            quality: SECURITY_QUALITY_OF_SERVICE {
                Length: size_of::<SECURITY_QUALITY_OF_SERVICE>() as u32,
                ImpersonationLevel: SecurityImpersonation,
                ..SECURITY_QUALITY_OF_SERVICE::default()
            },
            context: IO_SECURITY_CONTEXT {
                DesiredAccess: access,
                FullCreateOptions: options,
                ..IO_SECURITY_CONTEXT::default()
            },
        });
        security.context.SecurityQos = &raw mut security.quality;
        security.context.AccessState = &raw mut security.state;
        security
    }
}

impl Create {
    /// Opens the file on a device and waits. The number says what was done (FILE_OPENED, FILE_CREATED, ...).
    pub fn run(self, device: PDEVICE_OBJECT) -> Result<(File, u64), NTSTATUS> {
        let access = specific(self.access);
        self.check(access)?;
        let granted = if access & MAXIMUM_ALLOWED != 0 {
            FILE_ALL_ACCESS
        } else {
            access
        };
        let flags = self.file_flags();
        let file = File::new(device, self.name, self.related, flags, granted);
        let mut security = Security::new(access, self.options, identity::current());
        let mut spec = Spec {
            irp_flags: IRP_CREATE_OPERATION | IRP_SYNCHRONOUS_API | IRP_DEFER_IO_COMPLETION,
            mode: self.mode,
            allocation_size: self.allocation_size,
            hold: None,
            ..Spec::new(&file, IRP_MJ_CREATE)
        };
        if self.case_sensitive {
            spec.location.Flags |= SL_CASE_SENSITIVE as u8;
        }
        if self.target_directory {
            spec.location.Flags |= SL_OPEN_TARGET_DIRECTORY as u8;
        }
        let parameters = &mut spec.location.Parameters;
        parameters.Create.SecurityContext = &raw mut security.context;
        parameters.Create.Options = self.disposition << 24 | self.options;
        parameters.Create.FileAttributes = self.attributes as u16;
        parameters.Create.ShareAccess = self.share as u16;
        parameters.Create.EaLength = self.extended_attributes.len() as u32;
        if !self.extended_attributes.is_empty() {
            spec.buffers = Buffers::BufferedInput(self.extended_attributes);
        }
        spec.keep = Some(security);
        let done = Request::new(spec, None)?.run();
        // A reparse is a success to the driver only.
        if done.status < STATUS_SUCCESS || done.status == STATUS_REPARSE {
            return Err(done.status);
        }
        file.set_opened();
        Ok((file, done.information))
    }

    /// Whether the parameters make sense together, as the I/O manager sees to before any driver.
    fn check(&self, access: u32) -> Result<(), NTSTATUS> {
        let has = |option| self.options & option != 0;
        let synchronous = FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT;
        let wrong = self.disposition > FILE_MAXIMUM_DISPOSITION
            || self.options & !FILE_VALID_OPTION_FLAGS != 0
            || self.options & synchronous == synchronous
            || has(synchronous) && access & SYNCHRONIZE == 0
            || has(FILE_DELETE_ON_CLOSE) && access & DELETE == 0
            || has(FILE_DIRECTORY_FILE) && has(FILE_NON_DIRECTORY_FILE)
            || has(FILE_DIRECTORY_FILE)
                && !matches!(self.disposition, FILE_OPEN | FILE_CREATE | FILE_OPEN_IF)
            || has(FILE_NO_INTERMEDIATE_BUFFERING)
                && access & FILE_APPEND_DATA != 0
                && access & FILE_WRITE_DATA == 0;
        if wrong {
            Err(STATUS_INVALID_PARAMETER)
        } else if self.mode == UserMode as KPROCESSOR_MODE && !is_list(&self.extended_attributes) {
            Err(STATUS_EA_LIST_INCONSISTENT)
        } else {
            Ok(())
        }
    }

    fn file_flags(&self) -> u32 {
        const FLAGS: [(u32, u32); 6] = [
            (
                FILE_SYNCHRONOUS_IO_ALERT,
                FO_SYNCHRONOUS_IO | FO_ALERTABLE_IO,
            ),
            (FILE_SYNCHRONOUS_IO_NONALERT, FO_SYNCHRONOUS_IO),
            (FILE_NO_INTERMEDIATE_BUFFERING, FO_NO_INTERMEDIATE_BUFFERING),
            (FILE_WRITE_THROUGH, FO_WRITE_THROUGH),
            (FILE_SEQUENTIAL_ONLY, FO_SEQUENTIAL_ONLY),
            (FILE_RANDOM_ACCESS, FO_RANDOM_ACCESS),
        ];
        let case = if self.case_sensitive {
            FO_OPENED_CASE_SENSITIVE
        } else {
            0
        };
        FLAGS
            .iter()
            .filter(|(option, _)| self.options & option != 0)
            .fold(case, |flags, (_, flag)| flags | flag)
    }
}

/// Whether this is a proper list of FILE_FULL_EA_INFORMATION entries, or empty.
fn is_list(mut list: &[u8]) -> bool {
    /// Bytes of an entry before its name.
    const FIXED: usize = 8;
    while let Some((fixed, rest)) = list.split_first_chunk::<FIXED>() {
        let next = u32::from_le_bytes([fixed[0], fixed[1], fixed[2], fixed[3]]) as usize;
        let name = usize::from(fixed[5]);
        let value = usize::from(u16::from_le_bytes([fixed[6], fixed[7]]));
        let size = FIXED + name + 1 + value;
        if rest.get(name) != Some(&0) || list.len() < size {
            return false;
        }
        if next == 0 {
            return true;
        }
        if !next.is_multiple_of(4) || next < size || next >= list.len() {
            return false;
        }
        list = &list[next..];
    }
    list.is_empty()
}

/// Turns generic rights into a file's rights.
fn specific(access: u32) -> u32 {
    const RIGHTS: [(u32, u32); 4] = [
        (GENERIC_READ, FILE_GENERIC_READ),
        (GENERIC_WRITE, FILE_GENERIC_WRITE),
        (GENERIC_EXECUTE, FILE_GENERIC_EXECUTE),
        (GENERIC_ALL, FILE_ALL_ACCESS),
    ];
    RIGHTS.iter().fold(access, |access, &(generic, specific)| {
        if access & generic != 0 {
            access & !generic | specific
        } else {
            access
        }
    })
}
