//! The three sizes in an FCB's header: allocation, end of file, valid data.
//!
//! They change under a spin lock of their own, because writes that are under way at the same time hold the FCB shared only.
//! There is no cache, so the valid data always reach to the end of the file.

use super::Fcb;
use crate::assertion::{Rule, violated};
use crate::kernel::spin;
use crate::live::{addr, get, set};
use nt::sys::LARGE_INTEGER;
use rdbss::raw::{FCB, MRX_NET_ROOT};

/// The sizes of a file, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sizes {
    pub allocation: i64,
    pub file: i64,
}

fn quad(value: LARGE_INTEGER) -> i64 {
    // SAFETY: every bit pattern of the union is a number.
    unsafe { value.QuadPart }
}

fn read(fcb: Fcb) -> Sizes {
    let head = fcb.head();
    Sizes {
        allocation: quad(get!(head => AllocationSize)),
        file: quad(get!(head => FileSize)),
    }
}

fn write(fcb: Fcb, sizes: Sizes) {
    let head = fcb.head();
    set!(head => AllocationSize, LARGE_INTEGER { QuadPart: sizes.allocation });
    set!(head => FileSize, LARGE_INTEGER { QuadPart: sizes.file });
    set!(head => ValidDataLength, LARGE_INTEGER { QuadPart: sizes.file });
}

/// The end of the file.
pub(crate) fn file_size(fcb: Fcb) -> i64 {
    sizes(fcb).file
}

/// Both sizes, of one moment.
pub(crate) fn sizes(fcb: Fcb) -> Sizes {
    let _held = spin::acquire(addr!(fcb.extra() => size_lock));
    read(fcb)
}

/// Sets both sizes.
pub(crate) fn set_sizes(fcb: Fcb, sizes: Sizes) {
    let _held = spin::acquire(addr!(fcb.extra() => size_lock));
    write(fcb, sizes);
}

/// A write has reached `end`: the file is at least that long.
pub(crate) fn extend(fcb: Fcb, end: i64) {
    let _held = spin::acquire(addr!(fcb.extra() => size_lock));
    let old = read(fcb);
    if end > old.file {
        write(
            fcb,
            Sizes {
                allocation: old.allocation.max(end),
                file: end,
            },
        );
    }
}

/// Gives an append its place: the end of the file, which moves at once so that the next append follows this one.
pub(crate) fn reserve_append(fcb: Fcb, length: u32) -> i64 {
    let _held = spin::acquire(addr!(fcb.extra() => size_lock));
    let old = read(fcb);
    let end = old.file.saturating_add(i64::from(length));
    write(
        fcb,
        Sizes {
            allocation: old.allocation.max(end),
            file: end,
        },
    );
    old.file
}

/// An append to `start` failed: takes its room back if nothing followed it.
pub(crate) fn unreserve_append(fcb: Fcb, start: i64, length: u32) {
    let _held = spin::acquire(addr!(fcb.extra() => size_lock));
    let now = read(fcb);
    if now.file == start.saturating_add(i64::from(length)) {
        write(fcb, Sizes { file: start, ..now });
    }
}

/// The allocation that a file of `size` bytes has at least: rounded up to the share's clusters.
pub(crate) fn rounded_allocation(net_root: *mut MRX_NET_ROOT, size: i64) -> i64 {
    // SAFETY: the FCB whose share this is holds it.
    let Some(net_root) = (unsafe { crate::live::Live::from_nullable(net_root) }) else {
        return size;
    };
    let cluster = get!(net_root => Parameters.DiskParameters.ClusterSize);
    if !cluster.is_power_of_two() {
        violated(Rule::ClusterSizeInvalid, net_root.as_ptr());
        return size;
    }
    let mask = i64::from(cluster).saturating_sub(1);
    size.saturating_add(mask) & !mask
}

/// The end of the file, read whole.
///
/// # Safety
/// The caller holds the FCB; `FileSize` is writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxGetFileSizeWithLock(Fcb: *mut FCB, FileSize: *mut i64) {
    let Some(fcb) = super::Fcb::from_ptr(Fcb) else {
        return;
    };
    // SAFETY: the caller's promise.
    unsafe { FileSize.write(file_size(fcb)) };
}

/// Sets the end of the file, written whole.
///
/// # Safety
/// The caller holds the FCB; `FileSize` is readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxSetFileSizeWithLock(Fcb: *mut FCB, FileSize: *mut i64) {
    let Some(fcb) = super::Fcb::from_ptr(Fcb) else {
        return;
    };
    // SAFETY: the caller's promise.
    let size = unsafe { FileSize.read() };
    let _held = spin::acquire(addr!(fcb.extra() => size_lock));
    let old = read(fcb);
    write(fcb, Sizes { file: size, ..old });
}
