//! The program on Windows.

mod calls;
mod imports;
mod output;
mod resource;

use core::ptr::null;

use crate::words::{Word, Words};

/// The words of one call; more than that no call has.
const MOST_WORDS: usize = 6;

/// The entry: there is no C runtime.
#[unsafe(no_mangle)]
extern "system" fn start() -> ! {
    // SAFETY: the call has no conditions.
    let line = unsafe { imports::GetCommandLineW() };
    // SAFETY: the system gives text with a NUL that stays.
    let line = unsafe { output::text(line) };
    let mut words = Words(line);
    // The program's own name.
    words.next();
    let mut call = [None; MOST_WORDS];
    let mut count = 0;
    let mut understood = true;
    for word in words {
        if word.is("then") {
            understood &= run(&call);
            call = [None; MOST_WORDS];
            count = 0;
        } else if let Some(place) = call.get_mut(count) {
            *place = Some(word);
            count += 1;
        }
    }
    understood &= run(&call);
    // SAFETY: the call ends the process.
    unsafe { imports::ExitProcess(u32::from(!understood)) }
}

/// Does one call; false for one that there is not.
fn run(words: &[Option<Word>; MOST_WORDS]) -> bool {
    let [Some(verb), rest @ ..] = words else {
        output::line("usage: np-client CALL [then CALL]...");
        return false;
    };
    match calls::find(verb) {
        Some(call) => {
            call(rest);
            true
        }
        None => {
            output::line("no such call");
            false
        }
    }
}

/// A word as a call's argument: NULL if it was not given, or given as `-`.
fn pointer(word: Option<&Word>) -> *const u16 {
    match word {
        Some(word) if !word.is("-") => word.terminated().as_ptr(),
        _ => null(),
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    output::line("panic");
    // SAFETY: the call ends the process.
    unsafe { imports::ExitProcess(101) }
}

/// Objects with floating-point code name this; the value is the C runtime's.
#[unsafe(no_mangle)]
static _fltused: i32 = 0x9875;
