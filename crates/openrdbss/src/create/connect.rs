//! From a create's name to the user's view of the share.

use super::credentials::{self, Credentials};
use super::name::{self, Absolute, NameError, TypeHint, UncPrefix};
use super::{credential_fields, ea_bytes};
use crate::context::{self, Context};
use crate::kernel::{pool, secret};
use crate::live::{Live, follow, get, set};
use crate::net;
use crate::net::v_net_root::{self, Identity, Names};
use crate::{fobx, srv_open, unicode};
use core::ops::Range;
use nt::sys::{
    FILE_NON_DIRECTORY_FILE, FILE_OBJECT, LUID, NTSTATUS, STATUS_BAD_NETWORK_NAME,
    STATUS_EA_LIST_INCONSISTENT, STATUS_INSUFFICIENT_RESOURCES, STATUS_OBJECT_NAME_INVALID,
    UNICODE_STRING,
};
use rdbss::raw::*;

/// Where a name led to.
pub(super) struct Found {
    /// The view, with a reference.
    pub view: Live<V_NET_ROOT>,
    /// What follows the share: `\path`, or nothing for its root. Lives as long as the request's canonical name.
    pub path: &'static [u16],
}

/// The start of the block that holds a request's canonical name: how long it is, so that it can be wiped.
#[repr(C)]
struct NameBlock {
    bytes: usize,
}

/// Frees the block that `name` is in, after wiping it, for it may hold a password.
pub(crate) fn free_name_block(name: Live<u16>) {
    let start = name
        .as_ptr()
        .wrapping_byte_sub(size_of::<NameBlock>())
        .cast::<NameBlock>();
    // SAFETY: names of requests lie behind such a header, put there by `make_name`.
    let Some(block) = (unsafe { Live::from_nullable(start) }) else {
        return;
    };
    // SAFETY: inside the block, which is about to be freed.
    unsafe { secret::wipe(name.as_ptr().cast(), get!(block => bytes)) };
    pool::free(block, RX_MISC_POOLTAG);
}

/// Makes the request's canonical name out of `parts`, with the credentials behind it.
fn make_name(
    context: Context,
    parts: &[&[u16]],
    found: &Credentials,
) -> Result<&'static [u16], NTSTATUS> {
    let units = name::joined_len(parts).map_err(status_of)?;
    let eas = ea_bytes(context);
    let ranges = [
        &found.user,
        &found.password,
        &found.domain,
        &found.transport,
    ];
    let ea_len = ranges
        .iter()
        .filter_map(|range| range.as_ref().map(Range::len))
        .fold(0, usize::saturating_add);
    let bytes = units.saturating_mul(2).saturating_add(ea_len);
    let whole = size_of::<NameBlock>().saturating_add(bytes);
    let block =
        pool::allocate::<NameBlock>(whole, RX_MISC_POOLTAG).ok_or(STATUS_INSUFFICIENT_RESOURCES)?;
    set!(block => bytes, bytes);
    let text = block.as_ptr().wrapping_add(1).cast::<u16>();
    // SAFETY: the block was made with room for the name behind its header, and is the request's until it ends.
    let name = unsafe { core::slice::from_raw_parts_mut(text, units) };
    name::join(name, parts);
    let mut next = text.wrapping_add(units);
    for (range, field) in ranges.into_iter().zip(credential_fields(context)) {
        let Some(value) = range.as_ref().and_then(|range| eas.get(range.clone())) else {
            continue;
        };
        // SAFETY: the block was made with room for all credentials; values have whole characters.
        unsafe { core::ptr::copy_nonoverlapping(value.as_ptr(), next.cast::<u8>(), value.len()) };
        let length = u16::try_from(value.len()).unwrap_or(u16::MAX - 1);
        field.write(UNICODE_STRING {
            Length: length,
            MaximumLength: length,
            Buffer: next,
        });
        next = next.wrapping_add(value.len() / 2);
    }
    context::free_name(context);
    set!(context => AlsoCanonicalNameBuffer, text);
    set!(context::create_params(context) => CanonicalNameBuffer, text);
    Ok(name)
}

/// The status that a name error is to the caller.
fn status_of(error: NameError) -> NTSTATUS {
    match error {
        NameError::TooLong => nt::sys::STATUS_NAME_TOO_LONG,
        _ => STATUS_OBJECT_NAME_INVALID,
    }
}

/// Finds the view that the file object's name is in, connecting if need be.
pub(super) fn find_view(
    context: Context,
    device: Live<RDBSS_DEVICE_OBJECT>,
    file_object: Live<FILE_OBJECT>,
) -> Result<Found, NTSTATUS> {
    let text = unicode::units_of(get!(file_object => FileName));
    match follow!(file_object => RelatedFileObject)
        .filter(|related| !crate::register::is_device_file(*related))
    {
        Some(related) => relative(context, related, text),
        None => absolute(context, device, text),
    }
}

fn must_be_file(context: Context) -> bool {
    get!(context::create_params(context) => NtCreateParameters.CreateOptions)
        & FILE_NON_DIRECTORY_FILE
        != 0
}

fn note_stripped(context: Context, stripped: bool) {
    if stripped {
        let create = context::create_params(context);
        set!(create => Flags, get!(create => Flags) | RX_CONTEXT_CREATE_FLAG_STRIPPED_TRAILING_BACKSLASH);
    }
}

/// An open relative to a file or a tree connection: the same view, a longer path.
fn relative(context: Context, related: Live<FILE_OBJECT>, text: &[u16]) -> Result<Found, NTSTATUS> {
    let (text, stripped) = name::relative(text, must_be_file(context)).map_err(status_of)?;
    note_stripped(context, stripped);
    let (view, base) = place_of(related).ok_or(STATUS_OBJECT_NAME_INVALID)?;
    let prefix = unicode::units_of(get!(view => NamePrefix));
    let backslash: &[u16] = if text.is_empty() {
        &[]
    } else {
        &[b'\\' as u16]
    };
    let whole = make_name(
        context,
        &[prefix, base, backslash, text],
        &Credentials::default(),
    )?;
    net::reference(view);
    Ok(Found {
        view,
        path: whole.get(prefix.len()..).unwrap_or(&[]),
    })
}

/// The view and the path of an open file object.
fn place_of(related: Live<FILE_OBJECT>) -> Option<(Live<V_NET_ROOT>, &'static [u16])> {
    let node = get!(related => FsContext2);
    // SAFETY: what a file object of ours points to begins with a node header and lives as long as the file object.
    let header = unsafe { Live::from_nullable(node.cast::<MRX_NORMAL_NODE_HEADER>()) }?;
    match get!(header => NodeTypeCode) {
        // SAFETY: the node type says what it is.
        RDBSS_NTC_V_NETROOT => Some((unsafe { header.cast() }, &[])),
        RDBSS_NTC_FOBX => {
            let open = fobx::open(fobx::whole(node.cast())?)?;
            let path = srv_open::file(open)?.path();
            Some((srv_open::view(open)?, path))
        }
        _ => None,
    }
}

/// An open by the whole name.
fn absolute(
    context: Context,
    device: Live<RDBSS_DEVICE_OBJECT>,
    text: &[u16],
) -> Result<Found, NTSTATUS> {
    let cut = name::split(text, must_be_file(context)).map_err(status_of)?;
    note_stripped(context, cut.stripped_backslash);
    let found = match ea_bytes(context) {
        [] => Credentials::default(),
        bytes => match credentials::parse(bytes) {
            Ok(found) => found,
            // The attributes of a file that is created need not make sense to us.
            Err(_) if get!(context::create_params(context) => ThisIsATreeConnectOpen) == 0 => {
                Credentials::default()
            }
            Err(_) => return Err(STATUS_EA_LIST_INCONSISTENT),
        },
    };
    let identity = identity(context)?;
    view_by_name(context, device, &cut, &found, identity)
}

/// The view of a name that has been cut.
pub(super) fn view_by_name(
    context: Context,
    device: Live<RDBSS_DEVICE_OBJECT>,
    cut: &Absolute<'_>,
    found: &Credentials,
    identity: Identity,
) -> Result<Found, NTSTATUS> {
    let create = context::create_params(context);
    let unc = UncPrefix::new(identity.session);
    let device_part = if cut.is_unc() {
        unc.as_slice()
    } else {
        cut.device
    };
    if cut.is_unc() {
        set!(create => Flags, get!(create => Flags) | RX_CONTEXT_CREATE_FLAG_UNC_NAME);
    }
    let type_hint = match cut.hint {
        TypeHint::Disk => NET_ROOT_DISK,
        TypeHint::Print => NET_ROOT_PRINT,
        TypeHint::Wild => NET_ROOT_WILD,
    };
    set!(create => Type, type_hint);
    let whole = make_name(context, &[device_part, cut.tail], found)?;
    preparse(context, whole);
    let tail = whole.get(device_part.len()..).unwrap_or(&[]);
    let server = tail.get(..cut.server_len()).unwrap_or(&[]);
    if server.len() < 2 {
        return Err(STATUS_BAD_NETWORK_NAME);
    }
    let mut share_len = 0;
    let view = v_net_root::for_share(
        context,
        device,
        server,
        |server| {
            share_len = share_len_of(context, tail, server)?;
            let view_len = device_part.len().saturating_add(share_len);
            Ok(Names {
                view: whole.get(..view_len).unwrap_or(whole),
                share: tail.get(..share_len).unwrap_or(tail),
                type_hint,
            })
        },
        identity,
    )?;
    Ok(Found {
        view,
        path: tail.get(share_len..).unwrap_or(&[]),
    })
}

/// Shows the mini-redirector the canonical name (MRxPreparseName; the result is ignored, reference 2.3).
fn preparse(context: Context, whole: &[u16]) {
    let callbacks = context::callbacks(context);
    if let Some(preparse) = callbacks.and_then(|callbacks| get!(callbacks => MRxPreparseName)) {
        let mut name = unicode::over(whole);
        // SAFETY: the request is live and the string is a local over the canonical name.
        unsafe { preparse(context.as_ptr(), &raw mut name) };
    }
}

/// Where `\server\share` ends in `tail`, as the mini-redirector cuts it.
fn share_len_of(context: Context, tail: &[u16], server: Live<SRV_CALL>) -> Result<usize, NTSTATUS> {
    let callbacks = context::callbacks(context).ok_or(STATUS_BAD_NETWORK_NAME)?;
    let Some(extract) = get!(callbacks => MRxExtractNetRootName) else {
        crate::assertion::violated(
            crate::assertion::Rule::RequiredCallbackMissing,
            callbacks.as_ptr(),
        );
        return Err(STATUS_BAD_NETWORK_NAME);
    };
    let mut input = unicode::over(tail);
    let mut share = UNICODE_STRING::default();
    let mut rest = UNICODE_STRING::default();
    // SAFETY: the strings are locals; the mini-redirector only slices the input.
    unsafe {
        extract(
            &raw mut input,
            server.as_ptr().cast(),
            &raw mut share,
            &raw mut rest,
        )
    };
    // Its answer may or may not begin with the server; what counts is where it ends.
    let start = (share.Buffer as usize).wrapping_sub(tail.as_ptr() as usize) / 2;
    let end = start.saturating_add(usize::from(share.Length / 2));
    let server_len = unicode::units_at(get!(server => mrx.pSrvCallName)).len();
    let share_only = end.saturating_sub(server_len);
    // A share's name is a backslash and at least one character.
    if share.Buffer.is_null() || end > tail.len() || share_only < 2 {
        return Err(STATUS_BAD_NETWORK_NAME);
    }
    Ok(end)
}

/// The logon and the session that the create is made in. One that cannot be told is an error: it must not become the
/// system's.
pub(super) fn identity(context: Context) -> Result<Identity, NTSTATUS> {
    let create = context::create_params(context);
    let mut identity = Identity {
        logon: SYSTEM_LOGON,
        session: 0,
    };
    let security = follow!(create => NtCreateParameters.SecurityContext);
    let Some(token) = security.and_then(token_of) else {
        return Ok(identity);
    };
    // SAFETY: the token lives as long as the create; the out pointer is a local.
    let status = unsafe { nt::sys::SeQueryAuthenticationIdToken(token, &raw mut identity.logon) };
    nt::check(status).map_err(|status| status.0)?;
    // SAFETY: as above.
    let status = unsafe { nt::sys::SeQuerySessionIdToken(token, &raw mut identity.session) };
    nt::check(status).map_err(|status| status.0)?;
    Ok(identity)
}

/// SYSTEM_LUID: the logon of the system itself.
const SYSTEM_LOGON: LUID = LUID {
    LowPart: 0x3e7,
    HighPart: 0,
};

/// The token that access is checked with: the impersonated one, or the process's (SeQuerySubjectContextToken).
pub(super) fn token_of(
    security: Live<nt::sys::IO_SECURITY_CONTEXT>,
) -> Option<nt::sys::PACCESS_TOKEN> {
    let state = follow!(security => AccessState)?;
    let client = get!(state => SubjectSecurityContext.ClientToken);
    let token = if client.is_null() {
        get!(state => SubjectSecurityContext.PrimaryToken)
    } else {
        client
    };
    (!token.is_null()).then_some(token)
}
