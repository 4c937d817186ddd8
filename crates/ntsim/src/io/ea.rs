//! The form of extended attribute lists.

use crate::sys::*;

/// Bytes of an entry before its name.
const FIXED: usize = 8;

/// Checks a list of FILE_FULL_EA_INFORMATION entries. On failure `ErrorOffset` is that of the bad entry.
pub unsafe fn IoCheckEaBufferValidity(
    EaBuffer: PFILE_FULL_EA_INFORMATION,
    EaLength: ULONG,
    ErrorOffset: PULONG,
) -> NTSTATUS {
    // SAFETY: the caller gives a buffer of that length.
    let list = unsafe {
        core::slice::from_raw_parts(EaBuffer.cast::<u8>().cast_const(), EaLength as usize)
    };
    match first_bad_entry(list) {
        None => STATUS_SUCCESS,
        Some(offset) => {
            // SAFETY: the caller gives room for the offset.
            unsafe { ErrorOffset.write(offset as ULONG) };
            STATUS_EA_LIST_INCONSISTENT
        }
    }
}

fn first_bad_entry(list: &[u8]) -> Option<usize> {
    let mut offset = 0;
    loop {
        let entry = &list[offset..];
        let Some((fixed, rest)) = entry.split_at_checked(FIXED) else {
            return Some(offset);
        };
        let next = u32::from_le_bytes([fixed[0], fixed[1], fixed[2], fixed[3]]) as usize;
        let name = usize::from(fixed[5]);
        let value = usize::from(u16::from_le_bytes([fixed[6], fixed[7]]));
        let size = FIXED + name + 1 + value;
        if rest.get(name) != Some(&0) || entry.len() < size {
            return Some(offset);
        }
        if next == 0 {
            return None;
        }
        if !next.is_multiple_of(4) || next < size || next > entry.len() {
            return Some(offset);
        }
        offset += next;
    }
}
