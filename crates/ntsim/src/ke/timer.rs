//! Timers. A set timer stands in the processor's table, which the DPC thread looks through.

use super::dispatcher::{self, Header, TYPE_NOTIFICATION_TIMER};
use super::{dpc, time};
use crate::irql;
use crate::mode;
use crate::pool::{self, Anchor};
use crate::sys::*;
use crate::verifier::Place;
use core::panic::Location;
use std::time::{Duration, Instant};

const TIMER_WORDS: u8 = (size_of::<KTIMER>() / 4) as u8;

/// A set timer.
pub(super) struct Armed {
    pub(super) timer: usize,
    pub(super) due: Instant,
    period: Option<Duration>,
    dpc: usize,
    place: Place,
}

/// Signals the timers that are due and queues their DPCs. Returns when the next one is due.
pub(super) fn expire(armed: &mut Vec<Armed>, queue: &mut Vec<dpc::Queued>) -> Option<Instant> {
    let now = Instant::now();
    let mut index = 0;
    while let Some(entry) = armed.get_mut(index) {
        if entry.due > now {
            index += 1;
            continue;
        }
        // SAFETY: a set timer is valid: its memory cannot be freed before it is cancelled, and the caller holds the table.
        unsafe { dispatcher::signal(entry.timer as *mut DISPATCHER_HEADER, entry.place) };
        if entry.dpc != 0 {
            dpc::enqueue(queue, entry.dpc as PKDPC, entry.place);
        }
        match entry.period {
            Some(period) => {
                entry.due = now + period;
                index += 1;
            }
            None => {
                pool::lift_anchor(entry.timer);
                armed.swap_remove(index);
            }
        }
    }
    armed.iter().map(|entry| entry.due).min()
}

/// Where timers are set that nobody cancelled.
pub(crate) fn live() -> Vec<Place> {
    dpc::with_table(|table| table.timers.iter().map(|entry| entry.place).collect())
}

fn set(timer: PKTIMER, due: LARGE_INTEGER, period: LONG, dpc: PKDPC, place: Place) -> BOOLEAN {
    irql::at_most(irql::DISPATCH, "KeSetTimer", place);
    let _host = mode::host();
    let mut due = due;
    // SAFETY: a local.
    let due = unsafe { time::deadline_of(&raw mut due) }.unwrap_or_else(Instant::now);
    let period = u64::try_from(period)
        .ok()
        .filter(|&period| period > 0)
        .map(Duration::from_millis);
    let was_set = dpc::with_table(|table| {
        let before = table.timers.len();
        table.timers.retain(|entry| entry.timer != timer as usize);
        table.timers.push(Armed {
            timer: timer as usize,
            due,
            period,
            dpc: dpc as usize,
            place,
        });
        pool::drop_anchor(timer as usize, Anchor::Timer, place);
        let _guard = dispatcher::lock();
        // SAFETY: the caller gives an initialised timer, and the lock is held.
        unsafe { Header::new(timer.cast()) }.set_state(0);
        before == table.timers.len()
    });
    dpc::nudge();
    BOOLEAN::from(was_set)
}

/// Initialises a notification timer.
pub unsafe fn KeInitializeTimer(Timer: PKTIMER) {
    // SAFETY: the caller gives room for a timer.
    unsafe { KeInitializeTimerEx(Timer, _TIMER_TYPE::NotificationTimer) };
}

/// Initialises a timer of that type.
pub unsafe fn KeInitializeTimerEx(Timer: PKTIMER, Type: TIMER_TYPE) {
    // SAFETY: the caller gives room for a timer.
    unsafe { Timer.write(KTIMER::default()) };
    // SAFETY: as above.
    unsafe {
        dispatcher::initialise_header(
            Timer.cast(),
            TYPE_NOTIFICATION_TIMER + Type as u8,
            TIMER_WORDS,
            0,
        )
    };
}

/// Sets a timer, relative when negative. TRUE if it was set already.
#[track_caller]
pub unsafe fn KeSetTimer(Timer: PKTIMER, DueTime: LARGE_INTEGER, Dpc: PKDPC) -> BOOLEAN {
    set(Timer, DueTime, 0, Dpc, Location::caller())
}

/// Sets a timer that repeats every `Period` milliseconds (0: once). TRUE if it was set already.
#[track_caller]
pub unsafe fn KeSetTimerEx(
    Timer: PKTIMER,
    DueTime: LARGE_INTEGER,
    Period: LONG,
    Dpc: PKDPC,
) -> BOOLEAN {
    set(Timer, DueTime, Period, Dpc, Location::caller())
}

/// Takes a timer back. TRUE if it was set. Its DPC may be queued or running all the same.
#[track_caller]
pub unsafe fn KeCancelTimer(Timer: PKTIMER) -> BOOLEAN {
    irql::at_most(irql::DISPATCH, "KeCancelTimer", Location::caller());
    let _host = mode::host();
    dpc::with_table(|table| {
        let before = table.timers.len();
        table.timers.retain(|entry| entry.timer != Timer as usize);
        let was_set = before != table.timers.len();
        if was_set {
            pool::lift_anchor(Timer as usize);
        }
        BOOLEAN::from(was_set)
    })
}

/// Whether a timer has expired.
#[track_caller]
pub unsafe fn KeReadStateTimer(Timer: PKTIMER) -> BOOLEAN {
    irql::at_most(irql::DISPATCH, "KeReadStateTimer", Location::caller());
    // SAFETY: the caller gives an initialised timer.
    BOOLEAN::from(unsafe { dispatcher::is_signalled(Timer.cast()) })
}
