//! How deep the driver's calls go. A kernel's thread has 24 KiB of stack, Wine's have 2 MiB, so that an overflow would not
//! be seen here; but it can be measured.
//!
//! Before the outermost call into the driver on a thread, the stack below is painted; after it, the paint that is left
//! says how much was used. That counts also what Wine's and the harness's routines need, and what Wine puts on a stack
//! for a moment, such as an exception's context; so it is more than the same calls use in Windows.

use crate::ledger::violation;
use crate::per_thread::PerThread;
use core::arch::asm;
use core::sync::atomic::{AtomicUsize, Ordering};
use wdk_sys::NTSTATUS;

/// What is painted. Deeper calls count as this deep.
const MEASURED: usize = 64 * 1024;
/// What a call may use: a kernel's stack, less what Windows has used before it calls a driver.
const LIMIT: usize = 16 * 1024;
const WORD: usize = size_of::<u64>();
/// Not a value that code leaves on a stack.
const PAINT: u64 = 0x7a69_6e6b_7765_6973;

/// Whether the thread's stack is painted.
static PAINTED: PerThread = PerThread::new();
static DEEPEST: AtomicUsize = AtomicUsize::new(0);

/// Makes threads known.
pub fn start() -> Result<(), NTSTATUS> {
    PAINTED.start()
}

/// Forgets them.
pub fn stop() {
    PAINTED.stop();
}

/// The deepest that calls have gone since the last time this was asked, in bytes.
pub fn take_deepest() -> usize {
    DEEPEST.swap(0, Ordering::Relaxed)
}

/// Calls code of the driver and measures, if this is the outermost such call.
pub fn measured<R>(call: impl FnOnce() -> R) -> R {
    if PAINTED.get() != 0 {
        return call();
    }
    PAINTED.set(1);
    paint();
    let result = call();
    let used = MEASURED - left();
    PAINTED.set(0);
    DEEPEST.fetch_max(used, Ordering::Relaxed);
    if used > LIMIT {
        violation!("a call into the driver used {used} bytes of stack");
    }
    result
}

/// Paints what lies below the stack pointer, downwards, as a stack is meant to grow.
#[inline(never)]
fn paint() {
    // SAFETY: nothing of value is below the stack pointer, and the stack has room for far more than this.
    unsafe {
        asm!(
            "lea {place}, [rsp - 8]",
            "2:",
            "mov qword ptr [{place}], {paint}",
            "sub {place}, 8",
            "dec {words}",
            "jnz 2b",
            place = out(reg) _,
            paint = in(reg) PAINT,
            words = inout(reg) MEASURED / WORD => _,
        );
    }
}

/// How many bytes at the deep end still have paint.
#[inline(never)]
fn left() -> usize {
    let words: usize;
    // SAFETY: the memory is stack that `paint` has touched; nothing is written.
    unsafe {
        asm!(
            "lea {place}, [rsp - {measured}]",
            "xor {words:e}, {words:e}",
            "2:",
            "cmp qword ptr [{place}], {paint}",
            "jne 3f",
            "add {place}, 8",
            "inc {words}",
            "cmp {words}, {most}",
            "jne 2b",
            "3:",
            measured = const MEASURED,
            most = const MEASURED / WORD,
            place = out(reg) _,
            paint = in(reg) PAINT,
            words = out(reg) words,
        );
    }
    words * WORD
}
