//! The debugger's output.

use crate::mode;
use crate::sys::{PCSTR, ULONG};
use core::ffi::CStr;
use core::fmt;
use parking_lot::RwLock;
use std::sync::Arc;

/// Receives lines that the driver prints.
pub type Sink = Arc<dyn Fn(&str) + Send + Sync>;

static SINK: RwLock<Option<Sink>> = RwLock::new(None);

/// Sends what the driver prints to `sink`; with None it goes to standard error.
pub fn set_sink(sink: Option<Sink>) {
    *SINK.write() = sink;
}

/// Prints for the driver.
pub fn write(text: fmt::Arguments<'_>) {
    let _host = mode::host();
    let text = text.to_string();
    let sink = SINK.read().clone();
    match sink {
        Some(sink) => sink(&text),
        None => eprint!("{text}"),
    }
}

/// Prints a text. The format is always taken to be `%s`.
pub unsafe fn DbgPrint(_Format: PCSTR, text: PCSTR) -> ULONG {
    if !text.is_null() {
        // SAFETY: the caller gives a terminated string.
        let text = unsafe { CStr::from_ptr(text) };
        write(format_args!("{}", text.to_string_lossy()));
    }
    0
}
