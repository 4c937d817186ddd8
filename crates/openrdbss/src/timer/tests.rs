use super::*;

fn timers() -> Live<Timers> {
    let data = data::get().unwrap();
    addr!(data => timers)
}

/// Holds the timers' lock.
pub(crate) fn hold() -> spin::Held {
    spin::acquire(addr!(timers() => lock))
}

/// True if nothing waits for its time.
pub(crate) fn is_idle() -> bool {
    list::is_empty(addr!(timers() => waiting))
}
