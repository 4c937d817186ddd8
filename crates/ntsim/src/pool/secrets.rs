//! Secrets that no freed block may hold, since whoever gets the memory next could read them.

use crate::verifier::{Place, broken};
use parking_lot::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether there are any; kept beside them so that freeing costs nothing where there are none.
static WATCHING: AtomicBool = AtomicBool::new(false);
static SECRETS: Mutex<Vec<Vec<u8>>> = Mutex::new(Vec::new());

/// Watches for one more.
pub(crate) fn watch(secret: &[u8]) {
    assert!(!secret.is_empty(), "nothing is no secret");
    SECRETS.lock().push(secret.to_vec());
    WATCHING.store(true, Ordering::SeqCst);
}

/// Watches for none.
pub(super) fn forget_all() {
    WATCHING.store(false, Ordering::SeqCst);
    SECRETS.lock().clear();
}

/// Looks through a block that is being freed.
pub(super) fn check(memory: &[u8], tag: u32, allocated: Place, place: Place) {
    if !WATCHING.load(Ordering::SeqCst) {
        return;
    }
    let found = SECRETS
        .lock()
        .iter()
        .enumerate()
        .find_map(|(number, secret)| {
            let offset = memory
                .windows(secret.len())
                .position(|window| window == secret)?;
            Some((number, offset))
        });
    if let Some((number, offset)) = found {
        broken!(
            SecretFreed,
            place,
            Some(allocated),
            "a block of {} bytes, tag {:?}, was freed with secret {number} at byte {offset}",
            memory.len(),
            super::block::text(tag)
        );
    }
}
