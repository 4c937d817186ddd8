//! Whether there is a provider to be captured: WSK may come up later than the client.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use wsk_sys::{WSK_INFINITE_WAIT, WSK_NO_WAIT};

static PROVIDED: AtomicBool = AtomicBool::new(true);

/// How often somebody who waits for the provider looks.
const LOOK: Duration = Duration::from_millis(5);

/// Says whether there is a provider to be captured.
pub(crate) fn provide(there_is: bool) {
    PROVIDED.store(there_is, Ordering::SeqCst);
}

impl crate::Kernel {
    /// Has WSK come up, on a system that was booted without.
    pub fn start_wsk(&self) {
        provide(true);
    }
}

/// Waits for the provider, no longer than that; says whether it is there.
pub(super) fn wait_for_provider(milliseconds: u32) -> bool {
    let limit = Duration::from_millis(milliseconds.into());
    let begun = std::time::Instant::now();
    loop {
        if PROVIDED.load(Ordering::SeqCst) {
            return true;
        }
        let left = match milliseconds {
            WSK_NO_WAIT => return false,
            WSK_INFINITE_WAIT => LOOK,
            _ => limit.saturating_sub(begun.elapsed()),
        };
        if left.is_zero() {
            return false;
        }
        std::thread::sleep(left.min(LOOK));
    }
}
