use super::*;

/// Holds the queue's lock.
pub(crate) fn hold_queue() -> spin::Held {
    let data = data::get().unwrap();
    spin::acquire(addr!(data => workers.lock))
}
