//! Lines for the log: Wine prints them to the standard error output of the session's first process.

use core::fmt::{self, Write};
use wdk_sys::ntddk::DbgPrint;

/// Wine keeps a formatted line in 1024 bytes and does not check.
const LINE: usize = 500;

/// Formats a line without allocating and prints it.
macro_rules! log {
    ($($argument:tt)*) => { $crate::log::print(format_args!($($argument)*)) };
}
pub(crate) use log;

/// Prints a line, cut to 500 bytes. Use [`log!`].
pub fn print(arguments: fmt::Arguments<'_>) {
    let mut line = Line {
        text: [0; LINE],
        length: 0,
    };
    // What does not fit is cut off, which is no reason to fail.
    let _ = line.write_fmt(arguments);
    // SAFETY: the format takes one NUL-terminated string, and the last byte of the line stays zero.
    unsafe { DbgPrint(c"oxharness: %s\n".as_ptr().cast(), line.text.as_ptr()) };
}

struct Line {
    text: [u8; LINE],
    length: usize,
}

impl Write for Line {
    fn write_str(&mut self, part: &str) -> fmt::Result {
        let room = LINE - 1 - self.length;
        let taken = part.len().min(room);
        let end = self.length + taken;
        self.text[self.length..end].copy_from_slice(&part.as_bytes()[..taken]);
        self.length = end;
        if taken == part.len() {
            Ok(())
        } else {
            Err(fmt::Error)
        }
    }
}
