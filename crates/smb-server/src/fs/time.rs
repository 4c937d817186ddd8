//! The clock, in NT's units.

use std::time::{SystemTime, UNIX_EPOCH};

/// 100-ns ticks from 1601 to 1970.
const UNIX_EPOCH_TICKS: u64 = 116_444_736_000_000_000;

/// The time of day as a FILETIME (MS-DTYP 2.3.3).
pub fn now() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    UNIX_EPOCH_TICKS + since.as_secs() * 10_000_000 + u64::from(since.subsec_nanos()) / 100
}
