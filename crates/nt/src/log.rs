//! Messages to the debugger (`DbgPrint`).
//!
//! A message is formatted into a buffer on the stack and cut at 512 bytes: no allocation, any IRQL, and well below the
//! limits of the debugger's own buffers. Use [`log!`](crate::log!).

use crate::sys;
use core::ffi::c_char;
use core::fmt::{self, Write};
use core::sync::atomic::{AtomicU8, Ordering};

/// How much a message matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Level {
    /// Something failed that should not.
    Error = 1,
    /// Something failed that may, such as a connection.
    Warn,
    /// Rare events of normal work.
    Info,
    /// Everything else.
    Debug,
}

/// Messages above this level are dropped.
static MAXIMUM: AtomicU8 = AtomicU8::new(Level::Info as u8);

/// Shows messages up to that level from now on; at the start, up to [`Level::Info`].
pub fn set_maximum(level: Level) {
    MAXIMUM.store(level as u8, Ordering::Relaxed);
}

/// Whether messages of that level are shown.
pub fn is_enabled(level: Level) -> bool {
    level as u8 <= MAXIMUM.load(Ordering::Relaxed)
}

/// Sends a message if its level is shown: `nt::log!(Warn, "no answer from {server}")`.
#[macro_export]
macro_rules! log {
    ($level:ident, $($message:tt)+) => {
        $crate::log::write($crate::log::Level::$level, ::core::format_args!($($message)+))
    };
}

/// Sends a message, one line. IRQL: any.
#[track_caller]
pub fn write(level: Level, message: fmt::Arguments<'_>) {
    if !is_enabled(level) {
        return;
    }
    let mut line = Line::new();
    // A message that does not fit is cut: `write_str` reports that, and there is nobody to tell.
    let _ = line.write_fmt(message);
    let text = line.finish();
    // The real routine takes any arguments, so the type must be said here.
    let text = text.as_ptr().cast::<c_char>();
    // SAFETY: both texts end in NUL, and the format takes one text.
    let _ = unsafe { sys::DbgPrint(c"%s".as_ptr().cast(), text) };
}

/// Longest message with its newline and NUL.
const CAPACITY: usize = 512;

/// A line under construction. Two bytes are kept for newline and NUL.
struct Line {
    bytes: [u8; CAPACITY],
    length: usize,
}

impl Line {
    const fn new() -> Self {
        Self {
            bytes: [0; CAPACITY],
            length: 0,
        }
    }

    /// Ends the line; the result has a newline and a NUL at its end.
    fn finish(&mut self) -> &[u8] {
        for byte in [b'\n', 0] {
            if let Some(place) = self.bytes.get_mut(self.length) {
                *place = byte;
                self.length = self.length.saturating_add(1);
            }
        }
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = CAPACITY.saturating_sub(2).saturating_sub(self.length);
        let fitting = beginning(text, room);
        let free = self.bytes.get_mut(self.length..).unwrap_or_default();
        let place = free.get_mut(..fitting.len()).ok_or(fmt::Error)?;
        place.copy_from_slice(fitting);
        self.length = self.length.saturating_add(fitting.len());
        if fitting.len() == text.len() {
            Ok(())
        } else {
            Err(fmt::Error)
        }
    }
}

/// As much of a text as fits into `room` bytes, never half of a character.
fn beginning(text: &str, room: usize) -> &[u8] {
    let bytes = text.as_bytes();
    let is_inside = |end: usize| bytes.get(end).is_some_and(|byte| byte & 0xC0 == 0x80);
    let mut end = room.min(bytes.len());
    while is_inside(end) {
        end = end.saturating_sub(1);
    }
    bytes.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    #[test]
    fn a_long_message_is_cut_at_a_character() {
        let mut line = Line::new();
        assert!(
            line.write_str(&std::format!("a{}", "ü".repeat(400)))
                .is_err()
        );
        let text = line.finish();
        assert_eq!(text.len(), 511);
        assert!(text.ends_with("ü\n\0".as_bytes()));
    }

    #[test]
    fn a_message_ends_in_newline_and_nul() {
        let mut line = Line::new();
        write!(line, "{} two", 1).unwrap();
        assert_eq!(line.finish(), b"1 two\n\0");
    }
}
