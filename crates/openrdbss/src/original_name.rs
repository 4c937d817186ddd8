//! The name that a file was opened by: RxConjureOriginalName.

use crate::fcb::Fcb;
use crate::live::{Live, addr, follow, get};
use crate::unicode;
use rdbss::raw::*;

/// Hands `\server\share\path` to `write` piece by piece, each with the place (in characters) where it goes; gives its length in bytes.
pub(crate) fn unc(file: Fcb, write: impl FnMut(usize, &[u16])) -> u32 {
    let share = file.net_root().map_or(&[][..], |share| {
        unicode::units_at(get!(share => mrx.pNetRootName))
    });
    pieces(&[share, file.path()], write)
}

/// The same with what the user's view adds in front: `\;Z:0\server\share\path`.
fn prefixed(file: Fcb, write: impl FnMut(usize, &[u16])) -> u32 {
    let view = follow!(file.body() => VNetRoot);
    let view = view.map_or(&[][..], |view| unicode::units(addr!(view => NamePrefix)));
    pieces(&[view, file.path()], write)
}

fn pieces(pieces: &[&[u16]], mut write: impl FnMut(usize, &[u16])) -> u32 {
    let mut at = 0usize;
    for piece in pieces {
        write(at, piece);
        at = at.saturating_add(piece.len());
    }
    u32::try_from(at.saturating_mul(2)).unwrap_or(u32::MAX)
}

/// Writes the full name of an open file: with the user's view in front (VNetRoot_As_Prefix, VNetRoot_As_DriveLetter), or as a UNC
/// name. Its length in bytes goes to `ActualNameLength` and off `LengthRemaining`, which says how much fits and falls
/// below 0 if that is not all.
///
/// # Safety
/// The caller holds the FCB; `OriginalName` has room for `LengthRemaining` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxConjureOriginalName(
    Fcb: *mut FCB,
    _Fobx: *mut FOBX,
    ActualNameLength: *mut u32,
    OriginalName: *mut u16,
    LengthRemaining: *mut i32,
    NameConjuringMethod: RX_NAME_CONJURING_METHODS,
) {
    let Some(file) = crate::fcb::Fcb::from_ptr(Fcb) else {
        return;
    };
    // SAFETY: the caller's promise.
    let actual = unsafe { Live::from_nullable(ActualNameLength) };
    // SAFETY: the caller's promise.
    let Some(remaining) = (unsafe { Live::from_nullable(LengthRemaining) }) else {
        return;
    };
    let room = usize::try_from(remaining.read()).unwrap_or(0) / 2;
    let write = |at: usize, units: &[u16]| {
        let fits = room.saturating_sub(at).min(units.len());
        // SAFETY: `at + fits` characters are within the room that the caller promised.
        unsafe {
            core::ptr::copy_nonoverlapping(units.as_ptr(), OriginalName.wrapping_add(at), fits)
        };
    };
    let length = if NameConjuringMethod == VNetRoot_As_UNC_Name {
        unc(file, write)
    } else {
        prefixed(file, write)
    };
    if let Some(actual) = actual {
        actual.write(length);
    }
    let length = i32::try_from(length).unwrap_or(i32::MAX);
    remaining.write(remaining.read().saturating_sub(length));
}
