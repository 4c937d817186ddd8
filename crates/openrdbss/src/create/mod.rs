//! IRP_MJ_CREATE: opens of the device, tree connections, and files (reference 4.3, 4.4).
//!
//! | file | step |
//! |---|---|
//! | `name` | what the name says |
//! | `credentials` | what the extended attributes say |
//! | `connect` | from the name to the user's view of the share |
//! | `open` | from the view to the file: FCB, collapse or MRxCreate, counts |
//! | `target` | the directory that a rename goes to |
//! | `prefix_claim` | MUP's question whose a path is |

mod connect;
mod credentials;
mod name;
mod open;
mod prefix_claim;
mod target;

pub(crate) use connect::free_name_block;
pub(crate) use credentials::password_among;
pub(crate) use prefix_claim::{QueryPath, query_path};

use crate::calldown::Answer;
use crate::context::{self, Context};
use crate::kernel::irp::{self, Irp, Stack};
use crate::live::{Live, addr, follow, get, set};
use crate::net::{self, v_net_root};
use crate::register;
use nt::sys::{
    FILE_CREATE_TREE_CONNECTION, FILE_OBJECT, FILE_OPENED, NTSTATUS, STATUS_INVALID_DEVICE_REQUEST,
    STATUS_SUCCESS,
};
use rdbss::raw::*;

/// How often MRxCreate's STATUS_RETRY, or a file that is renamed under the open, begins the open anew.
const MAX_RETRIES: u32 = 16;

/// True for an open of the device itself: no name, and not relative to a file.
pub(crate) fn opens_device(request: Irp) -> bool {
    irp::stack(request)
        .and_then(irp::file_object)
        .is_some_and(names_device)
}

fn names_device(file_object: Live<FILE_OBJECT>) -> bool {
    let related = follow!(file_object => RelatedFileObject);
    let relative_to_device = related.is_none_or(register::is_device_file);
    get!(file_object => FileName.Length) == 0 && relative_to_device
}

/// True for a name that MUP gives to this provider without asking others.
pub(crate) fn chooses_provider(file_object: Live<FILE_OBJECT>) -> bool {
    const SIGN: [u16; 2] = [b'\\' as u16, b';' as u16];
    crate::unicode::units_of(get!(file_object => FileName)).starts_with(&SIGN)
}

/// IRP_MJ_CREATE.
pub(crate) fn create(context: Context) -> Answer {
    let (Some(stack), Some(device)) = (context::stack(context), context::device(context)) else {
        return STATUS_INVALID_DEVICE_REQUEST.into();
    };
    let Some(file_object) = irp::file_object(stack) else {
        return STATUS_INVALID_DEVICE_REQUEST.into();
    };
    if names_device(file_object) {
        return open_device(context, device, file_object).into();
    }
    read_parameters(context, stack);
    let status = open_named(context, device, stack, file_object);
    context::free_name(context);
    status.into()
}

/// An open of the device: for controls.
fn open_device(
    context: Context,
    device: Live<RDBSS_DEVICE_OBJECT>,
    file_object: Live<FILE_OBJECT>,
) -> NTSTATUS {
    set!(file_object => FsContext, register::device_fcb(device).cast());
    set!(file_object => FsContext2, core::ptr::null_mut());
    set!(context => InformationToReturn, FILE_OPENED as usize);
    STATUS_SUCCESS
}

/// Copies what NtCreateFile was asked for.
fn read_parameters(context: Context, stack: Stack) {
    let create = context::create_params(context);
    let options = get!(stack => Parameters.Create.Options);
    set!(create => NtCreateParameters.Disposition, options >> 24);
    // The high byte is the disposition.
    set!(create => NtCreateParameters.CreateOptions, options & 0x00ff_ffff);
    set!(create => NtCreateParameters.FileAttributes, get!(stack => Parameters.Create.FileAttributes).into());
    set!(create => NtCreateParameters.ShareAccess, get!(stack => Parameters.Create.ShareAccess).into());
    let security = get!(stack => Parameters.Create.SecurityContext);
    set!(create => NtCreateParameters.SecurityContext, security);
    // SAFETY: the I/O manager's security context lives as long as the create.
    if let Some(security) = unsafe { Live::from_nullable(security) } {
        set!(create => NtCreateParameters.DesiredAccess, get!(security => DesiredAccess));
        if let Some(quality) = follow!(security => SecurityQos) {
            set!(create => NtCreateParameters.ImpersonationLevel, get!(quality => ImpersonationLevel));
        }
    }
    set!(create => EaLength, get!(stack => Parameters.Create.EaLength));
    if let Some(request) = context::irp(context) {
        set!(create => EaBuffer, get!(request => AssociatedIrp.SystemBuffer));
        set!(create => NtCreateParameters.AllocationSize, get!(request => Overlay.AllocationSize));
    }
    let tree = options & FILE_CREATE_TREE_CONNECTION != 0;
    set!(create => ThisIsATreeConnectOpen, tree.into());
}

/// An open by name: finds the user's view of the share, then opens what is asked for in it.
fn open_named(
    context: Context,
    device: Live<RDBSS_DEVICE_OBJECT>,
    stack: Stack,
    file_object: Live<FILE_OBJECT>,
) -> NTSTATUS {
    let found = match connect::find_view(context, device, file_object) {
        Ok(found) => found,
        Err(status) => return status,
    };
    let create = context::create_params(context);
    set!(create => pVNetRoot, found.view.as_ptr().cast());
    let net_root = get!(found.view => mrx.pNetRoot);
    set!(create => pNetRoot, net_root);
    // SAFETY: the view holds its share.
    if let Some(net_root) = unsafe { Live::from_nullable(net_root) } {
        set!(create => pSrvCall, get!(net_root => pSrvCall));
    }
    let flags = u32::from(get!(stack => Flags));
    let status = if get!(create => ThisIsATreeConnectOpen) != 0 {
        connect_tree(context, device, file_object, &found)
    } else if flags & nt::sys::SL_OPEN_TARGET_DIRECTORY != 0 {
        target::open(context, device, file_object, &found)
    } else {
        open_with_retries(context, device, file_object, &found)
    };
    net::dereference(found.view);
    status
}

fn open_with_retries(
    context: Context,
    device: Live<RDBSS_DEVICE_OBJECT>,
    file_object: Live<FILE_OBJECT>,
    found: &connect::Found,
) -> NTSTATUS {
    let mut status = nt::sys::STATUS_RETRY;
    for _ in 0..MAX_RETRIES {
        status = open::open(context, device, file_object, found);
        if status != nt::sys::STATUS_RETRY {
            break;
        }
    }
    status
}

/// A tree connection: the file object stands for the view, which stays until RxFinalizeConnection even when the handle is closed.
fn connect_tree(
    context: Context,
    device: Live<RDBSS_DEVICE_OBJECT>,
    file_object: Live<FILE_OBJECT>,
    found: &connect::Found,
) -> NTSTATUS {
    if !found.path.is_empty() {
        let status = check_directory(context, found);
        if status < 0 {
            return status;
        }
    }
    let view = found.view;
    // The handle's reference, and once per view the one for the connection itself.
    net::reference(view);
    v_net_root::add_connection(view);
    set!(file_object => FsContext, register::device_fcb(device).cast());
    set!(file_object => FsContext2, view.as_ptr().cast());
    set!(context => InformationToReturn, FILE_OPENED as usize);
    STATUS_SUCCESS
}

/// A path behind the share of a tree connection must be a directory of it.
fn check_directory(context: Context, found: &connect::Found) -> NTSTATUS {
    let callbacks = context::callbacks(context);
    let Some(check) = callbacks.and_then(|callbacks| get!(callbacks => MRxIsValidDirectory)) else {
        return STATUS_SUCCESS;
    };
    let mut path = crate::unicode::over(found.path);
    // SAFETY: the request is live and the string is a local over the canonical name.
    let status = unsafe { check(context.as_ptr(), &raw mut path) };
    crate::calldown::final_status(context, status)
}

/// The EA buffer of the create, as bytes.
fn ea_bytes<'a>(context: Context) -> &'a [u8] {
    let create = context::create_params(context);
    let length = get!(create => EaLength) as usize;
    let buffer = get!(create => EaBuffer).cast::<u8>();
    if buffer.is_null() || length == 0 {
        return &[];
    }
    // SAFETY: the I/O manager's copy of the attributes, `EaLength` bytes, lives as long as the create.
    unsafe { core::slice::from_raw_parts(buffer, length) }
}

/// The strings of the create's credentials.
fn credential_fields(context: Context) -> [Live<nt::sys::UNICODE_STRING>; 4] {
    let create = context::create_params(context);
    [
        addr!(create => UserName),
        addr!(create => Password),
        addr!(create => UserDomainName),
        addr!(create => TransportName),
    ]
}
