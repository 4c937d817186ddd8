//! Timers with DPCs. Wine's own deadlock the whole process when one is set again from its DPC, and say that they were
//! set when they had fired.
//!
//! A timer of the driver's is only a name here: what is set is in a list of ours. So timers cannot be waited for.

use crate::dpc;
use crate::irql;
use crate::kernelbase::{GetSystemTimePreciseAsFileTime, QueryUnbiasedInterruptTime};
use crate::sync::{Condition, Mutex};
use crate::thread::Thread;
use alloc::vec::Vec;
use core::ptr::null_mut;
use core::time::Duration;
use wdk_sys::{BOOLEAN, LARGE_INTEGER, LONG, NTSTATUS, PKDPC, PKTIMER};

/// Units of time: 100 ns.
const PER_MILLISECOND: u64 = 10_000;

/// A timer that will fire.
struct Armed {
    timer: PKTIMER,
    dpc: PKDPC,
    /// Interrupt time.
    due: u64,
    /// 0: only once.
    period: u64,
}

// SAFETY: timer and DPC are the driver's, which keeps them while the timer is set.
unsafe impl Send for Armed {}

struct Timers {
    armed: Vec<Armed>,
    stopping: bool,
    thread: Option<Thread>,
}

static TIMERS: Mutex<Timers> = Mutex::new(Timers {
    armed: Vec::new(),
    stopping: false,
    thread: None,
});
/// The list has changed.
static CHANGED: Condition = Condition::new();

/// Starts the thread.
pub fn start() -> Result<(), NTSTATUS> {
    let thread = Thread::spawn(run)?;
    TIMERS.lock().thread = Some(thread);
    Ok(())
}

/// Ends the thread; no timer fires any more.
pub fn stop() {
    let thread = {
        let mut timers = TIMERS.lock();
        timers.stopping = true;
        timers.thread.take()
    };
    CHANGED.wake_all();
    if let Some(thread) = thread {
        thread.join();
    }
}

/// How many timers will fire.
pub fn set_now() -> u64 {
    TIMERS.lock().armed.len() as u64
}

fn run() {
    let mut timers = TIMERS.lock();
    while !timers.stopping {
        let now = interrupt_time();
        fire(&mut timers.armed, now);
        match timers.armed.iter().map(|armed| armed.due).min() {
            Some(due) => {
                let span = Duration::from_nanos(due.saturating_sub(now).saturating_mul(100));
                CHANGED.wait_for(&mut timers, span);
            }
            None => CHANGED.wait(&mut timers),
        }
    }
}

/// Queues the DPCs of what is due.
fn fire(armed: &mut Vec<Armed>, now: u64) {
    armed.retain_mut(|armed| {
        if armed.due > now {
            return true;
        }
        if !armed.dpc.is_null() {
            dpc::queue(armed.dpc, [null_mut(); 2]);
        }
        // A periodic timer that could not run in time does not catch up.
        armed.due = (armed.due + armed.period).max(now + 1);
        armed.period != 0
    });
}

/// Interrupt time, in 100-ns units.
fn interrupt_time() -> u64 {
    let mut time = 0;
    // SAFETY: the time goes to a local.
    unsafe { QueryUnbiasedInterruptTime(&mut time) };
    time
}

/// The interrupt time that a due time means: negative is from now, positive a time of the calendar.
fn due(time: i64) -> u64 {
    let from_now = if time < 0 {
        time.unsigned_abs()
    } else {
        let mut calendar = 0;
        // SAFETY: the time goes to a local.
        unsafe { GetSystemTimePreciseAsFileTime(&mut calendar) };
        time.unsigned_abs().saturating_sub(calendar)
    };
    interrupt_time().saturating_add(from_now)
}

/// Takes a timer out of the list; says whether it was there.
fn take_out(armed: &mut Vec<Armed>, timer: PKTIMER) -> bool {
    let before = armed.len();
    armed.retain(|armed| armed.timer != timer);
    armed.len() != before
}

/// `KeSetTimerEx`.
pub unsafe extern "C" fn set(
    timer: PKTIMER,
    time: LARGE_INTEGER,
    period: LONG,
    dpc: PKDPC,
) -> BOOLEAN {
    irql::at_most(irql::DISPATCH, "KeSetTimerEx");
    // SAFETY: all of the union is the number.
    let time = unsafe { time.QuadPart };
    let mut timers = TIMERS.lock();
    let was_set = take_out(&mut timers.armed, timer);
    timers.armed.push(Armed {
        timer,
        dpc,
        due: due(time),
        period: u64::from(period.unsigned_abs()) * PER_MILLISECOND,
    });
    CHANGED.wake_all();
    was_set.into()
}

/// `KeCancelTimer`.
pub unsafe extern "C" fn cancel(timer: PKTIMER) -> BOOLEAN {
    irql::at_most(irql::DISPATCH, "KeCancelTimer");
    take_out(&mut TIMERS.lock().armed, timer).into()
}
