//! Opening files: from a path to a device, and through the driver's IRP_MJ_CREATE.

use super::file;
use super::request::{self, Buffers, Done, Spec};
use crate::mup;
use crate::ob::{self, Target};
use crate::ps;
use crate::rtl;
use crate::sys::*;
use crate::verifier::Place;
use core::ptr;

/// Everything about an open.
#[derive(Clone)]
pub(crate) struct Open<'a> {
    /// The NT path, or a name relative to `related`.
    pub(crate) path: &'a [u16],
    /// The directory to which the name is relative, or NULL.
    pub(crate) related: PFILE_OBJECT,
    pub(crate) access: ACCESS_MASK,
    pub(crate) share: u32,
    pub(crate) disposition: u32,
    pub(crate) options: u32,
    pub(crate) attributes: u32,
    pub(crate) allocation_size: i64,
    pub(crate) ea: &'a [u8],
    pub(crate) case_sensitive: bool,
    /// Open the directory that holds the name, for a rename.
    pub(crate) target_directory: bool,
    pub(crate) mode: KPROCESSOR_MODE,
}

/// Reparses that one open may take.
const MOST_REPARSES: usize = 32;

/// Turns generic rights into a file's rights.
fn specific(access: ACCESS_MASK) -> ACCESS_MASK {
    let maps = [
        (GENERIC_READ, FILE_GENERIC_READ),
        (GENERIC_WRITE, FILE_GENERIC_WRITE),
        (GENERIC_EXECUTE, FILE_GENERIC_EXECUTE),
        (GENERIC_ALL, FILE_ALL_ACCESS),
    ];
    maps.iter().fold(access, |access, &(generic, specific)| {
        if access & generic != 0 {
            access & !generic | specific
        } else {
            access
        }
    })
}

/// Checks that the parameters make sense together, as the I/O manager does before any driver sees them.
fn validate(open: &Open<'_>) -> Result<(), NTSTATUS> {
    let has = |option| open.options & option != 0;
    let synchronous = FILE_SYNCHRONOUS_IO_ALERT | FILE_SYNCHRONOUS_IO_NONALERT;
    let wrong = open.disposition > FILE_MAXIMUM_DISPOSITION
        || open.options & !FILE_VALID_OPTION_FLAGS != 0
        || open.options & synchronous == synchronous
        || has(synchronous) && open.access & SYNCHRONIZE == 0
        || has(FILE_DELETE_ON_CLOSE) && open.access & DELETE == 0
        || has(FILE_DIRECTORY_FILE) && has(FILE_NON_DIRECTORY_FILE)
        || has(FILE_DIRECTORY_FILE)
            && !matches!(open.disposition, FILE_OPEN | FILE_CREATE | FILE_OPEN_IF)
        || has(FILE_NO_INTERMEDIATE_BUFFERING)
            && open.access & FILE_APPEND_DATA != 0
            && open.access & FILE_WRITE_DATA == 0;
    if wrong {
        Err(STATUS_INVALID_PARAMETER)
    } else {
        Ok(())
    }
}

/// Opens a file. Returns the file object, with one reference, the granted access and the create's information.
pub(crate) fn open(
    open: &Open<'_>,
    place: Place,
) -> Result<(PFILE_OBJECT, ACCESS_MASK, u64), NTSTATUS> {
    let mut open = Open {
        access: specific(open.access),
        ..open.clone()
    };
    validate(&open)?;
    if !open.related.is_null() {
        // SAFETY: the caller's reference keeps the directory.
        let device = unsafe { (*open.related).DeviceObject };
        let (file, done) = send_create(device, open.path, &open, place)?;
        return settle(file, done, place).map(|file| (file, open.access, done.information));
    }
    let mut path = open.path.to_vec();
    for _ in 0..MOST_REPARSES {
        let (device, name) = match ob::resolve(&path)? {
            (Target::Device(device), name) => (device, name),
            (Target::Mup, name) => mup::find_provider(&name, &open, place)?,
        };
        open.path = &[];
        let (file, done) = send_create(device.device(), &name, &open, place)?;
        if done.status == STATUS_REPARSE {
            // SAFETY: the open's reference keeps the file object.
            let name = unsafe { (*file).FileName };
            // SAFETY: the driver has put the new name there.
            path = unsafe { rtl::units(&raw const name) }.to_vec();
            ob::dereference(file.cast(), place);
            continue;
        }
        return settle(file, done, place).map(|file| (file, open.access, done.information));
    }
    Err(STATUS_OBJECT_NAME_INVALID)
}

/// Makes the file open, or drops it when the driver refused.
fn settle(file: PFILE_OBJECT, done: Done, place: Place) -> Result<PFILE_OBJECT, NTSTATUS> {
    if !NT_SUCCESS(done.status) {
        ob::dereference(file.cast(), place);
        return Err(done.status);
    }
    // SAFETY: this function's reference keeps the file, which nobody else knows yet.
    unsafe { (*file).Flags |= FO_FILE_OPEN };
    Ok(file)
}

/// Flags that the I/O manager sets from the create options.
fn file_flags(open: &Open<'_>) -> u32 {
    let maps = [
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
    let flags = maps
        .iter()
        .filter(|(option, _)| open.options & option != 0)
        .fold(0, |flags, (_, flag)| flags | flag);
    if open.case_sensitive {
        flags | FO_OPENED_CASE_SENSITIVE
    } else {
        flags
    }
}

/// Sends IRP_MJ_CREATE for a name on a device and waits. The file object comes back whatever the driver said.
pub(crate) fn send_create(
    device: PDEVICE_OBJECT,
    name: &[u16],
    open: &Open<'_>,
    place: Place,
) -> Result<(PFILE_OBJECT, Done), NTSTATUS> {
    let file =
        file::create(device, name, open.related, place).ok_or(STATUS_INSUFFICIENT_RESOURCES)?;
    // SAFETY: a new object that nobody else knows.
    unsafe { (*file).Flags |= file_flags(open) };
    let mut state = ACCESS_STATE {
        RemainingDesiredAccess: open.access,
        OriginalDesiredAccess: open.access,
        SubjectSecurityContext: ps::subject(),
        ..ACCESS_STATE::default()
    };
    let mut quality = SECURITY_QUALITY_OF_SERVICE {
        Length: size_of::<SECURITY_QUALITY_OF_SERVICE>() as ULONG,
        ImpersonationLevel: _SECURITY_IMPERSONATION_LEVEL::SecurityImpersonation,
        ..SECURITY_QUALITY_OF_SERVICE::default()
    };
    let mut security = IO_SECURITY_CONTEXT {
        SecurityQos: &raw mut quality,
        AccessState: &raw mut state,
        DesiredAccess: open.access,
        FullCreateOptions: open.options,
    };
    let mut flags = 0;
    if open.case_sensitive {
        flags |= SL_CASE_SENSITIVE;
    }
    if open.target_directory {
        flags |= SL_OPEN_TARGET_DIRECTORY;
    }
    let mut spec = Spec {
        flags,
        irp_flags: IRP_CREATE_OPERATION | IRP_SYNCHRONOUS_API | IRP_DEFER_IO_COMPLETION,
        mode: open.mode,
        hold_file: false,
        ..Spec::new(file, device, IRP_MJ_CREATE)
    };
    spec.parameters.Create = _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_1 {
        SecurityContext: &raw mut security,
        Options: open.disposition << 24 | open.options,
        __bindgen_padding_0: 0,
        FileAttributes: open.attributes as USHORT,
        ShareAccess: open.share as USHORT,
        __bindgen_padding_1: 0,
        EaLength: open.ea.len() as ULONG,
        __bindgen_padding_2: 0,
    };
    spec.allocation_size = open.allocation_size;
    if !open.ea.is_empty() {
        spec.buffers = Buffers::BufferedInput(open.ea.as_ptr(), open.ea.len() as u32);
    }
    match request::issue(&spec, place) {
        // The driver may use the security context until the end only, so this waits even where it could go on.
        Ok(request) => Ok((file, request.wait())),
        Err(status) => {
            ob::dereference(file.cast(), place);
            Err(status)
        }
    }
}

/// Opens a device itself for MUP and hands the file to `action`, then closes it.
pub(crate) fn with_device_file<R>(
    device: PDEVICE_OBJECT,
    place: Place,
    action: impl FnOnce(PFILE_OBJECT) -> R,
) -> Result<R, NTSTATUS> {
    let open = Open {
        path: &[],
        related: ptr::null_mut(),
        access: SYNCHRONIZE,
        share: FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
        disposition: FILE_OPEN,
        options: FILE_SYNCHRONOUS_IO_NONALERT,
        attributes: 0,
        allocation_size: 0,
        ea: &[],
        case_sensitive: false,
        target_directory: false,
        mode: _MODE::KernelMode as KPROCESSOR_MODE,
    };
    let (file, done) = send_create(device, &[], &open, place)?;
    let file = settle(file, done, place)?;
    let result = action(file);
    file::clean_up_file(file, place);
    ob::dereference(file.cast(), place);
    Ok(result)
}
