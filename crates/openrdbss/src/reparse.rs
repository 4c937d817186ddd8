//! RxPrepareToReparseSymbolicLink: a create that goes on under another name.

use crate::context;
use crate::kernel::pool;
use crate::live::{Live, addr, follow, get, set};
use crate::unicode;
use nt::sys::{
    BOOLEAN, FILE_OPEN_REPARSE_POINT, NTSTATUS, STATUS_INSUFFICIENT_RESOURCES,
    STATUS_INVALID_PARAMETER, STATUS_NAME_TOO_LONG, STATUS_SUCCESS, UNICODE_STRING,
};
use rdbss::raw::*;

/// What a UNC name stands behind.
const MUP: [u16; 11] = utf16(b"\\Device\\Mup");

const fn utf16<const N: usize>(ascii: &[u8; N]) -> [u16; N] {
    let mut wide = [0; N];
    let mut at = 0;
    #[allow(
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "evaluated by the compiler"
    )]
    while at < N {
        wide[at] = ascii[at] as u16;
        at += 1;
    }
    wide
}

/// Prepares MRxCreate's STATUS_REPARSE: the file object gets `NewPath`, an NT name if it is absolute, else a UNC name
/// (`\server\share\...`). A link that is itself what is to be opened (FILE_OPEN_REPARSE_POINT, and not in the middle of
/// the old path) is not followed: `*ReparseRequired` is FALSE then and nothing is changed.
///
/// # Safety
/// `RxContext` is a create under way; the pointers are good.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxPrepareToReparseSymbolicLink(
    RxContext: *mut RX_CONTEXT,
    SymbolicLinkEmbeddedInOldPath: BOOLEAN,
    NewPath: *mut UNICODE_STRING,
    NewPathIsAbsolute: BOOLEAN,
    ReparseRequired: *mut BOOLEAN,
) -> NTSTATUS {
    // SAFETY: the caller's promise.
    let required = unsafe { Live::from_nullable(ReparseRequired) };
    let (Some(context), Some(required)) = (context::check_live(RxContext), required) else {
        return STATUS_INVALID_PARAMETER;
    };
    required.write(0);
    let create = context::create_params(context);
    let opens_link =
        get!(create => NtCreateParameters.CreateOptions) & FILE_OPEN_REPARSE_POINT != 0;
    if opens_link && SymbolicLinkEmbeddedInOldPath == 0 {
        return STATUS_SUCCESS;
    }
    let Some(file_object) = context::stack(context).and_then(|stack| follow!(stack => FileObject))
    else {
        return STATUS_INVALID_PARAMETER;
    };
    let prefix: &[u16] = if NewPathIsAbsolute != 0 { &[] } else { &MUP };
    let path = unicode::units_at(NewPath);
    let units = prefix.len().saturating_add(path.len());
    let Ok(bytes) = u16::try_from(units.saturating_mul(2)) else {
        return STATUS_NAME_TOO_LONG;
    };
    let Some(text) = pool::allocate::<u16>(bytes.into(), RX_MISC_POOLTAG) else {
        return STATUS_INSUFFICIENT_RESOURCES;
    };
    // SAFETY: just allocated with room for both parts.
    unsafe { core::ptr::copy_nonoverlapping(prefix.as_ptr(), text.as_ptr(), prefix.len()) };
    let rest = text.as_ptr().wrapping_add(prefix.len());
    // SAFETY: as above.
    unsafe { core::ptr::copy_nonoverlapping(path.as_ptr(), rest, path.len()) };
    let name = addr!(file_object => FileName);
    let old = get!(name => Buffer);
    name.write(UNICODE_STRING {
        Length: bytes,
        MaximumLength: bytes,
        Buffer: text.as_ptr(),
    });
    if !old.is_null() {
        // SAFETY: the name of a file object under creation is pool that whoever replaces it frees.
        unsafe { nt::sys::ExFreePool(old.cast()) };
    }
    set!(create => Flags, get!(create => Flags) | RX_CONTEXT_CREATE_FLAG_REPARSE);
    required.write(1);
    STATUS_SUCCESS
}
