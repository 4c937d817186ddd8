//! Settings of the library that Microsoft's has built in.

use core::sync::atomic::{AtomicU8, Ordering};
use rdbss::raw::FcbLayout;

static FCB_VERSION: AtomicU8 = AtomicU8::new(5);

/// Chooses the version of the FCB header (1 to 5, default 5) that FCBs made from now on have, as if the library had been
/// compiled with that release of the WDK. False, and no change, for another version.
pub fn set_fcb_header_version(version: u8) -> bool {
    let known = FcbLayout::of_version(version).is_ok();
    if known {
        FCB_VERSION.store(version, Ordering::Relaxed);
    }
    known
}

/// The layout of FCBs made now.
pub(crate) fn fcb_layout() -> FcbLayout {
    FcbLayout::of_version(FCB_VERSION.load(Ordering::Relaxed)).unwrap_or(FcbLayout::V5)
}
