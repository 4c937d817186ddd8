//! The moment at which `oxsmb.sys` is loaded, and what is done to its import table then.

mod image;
mod loader;
mod table;

use crate::ledger::{self, violation};
use crate::log::log;
use crate::sync::Mutex;
use core::ffi::c_void;
use core::ptr::null_mut;
use image::Image;
use loader::{LOADED, Notification, UNLOADED};
use wdk_sys::ntddk::RtlCaptureStackBackTrace;
use wdk_sys::{NTSTATUS, PVOID};

/// The image whose imports are rewritten.
const WATCHED: &str = "oxsmb.sys";

/// Where the driver's image is while it is loaded.
static DRIVER: Mutex<Option<Range>> = Mutex::new(None);

#[derive(Clone, Copy)]
struct Range {
    start: usize,
    size: usize,
}

/// Begins to watch images being loaded.
pub fn start() -> Result<(), NTSTATUS> {
    loader::register(notice)
}

/// Stops watching. A driver that is still loaded is lost with us.
pub fn stop() {
    loader::unregister();
    if DRIVER.lock().is_some() {
        log!("the harness goes while {WATCHED} is loaded");
    }
}

/// Whether an image is loaded, by its file's name.
pub fn image_is_loaded(base_name: &str) -> bool {
    if base_name.eq_ignore_ascii_case(WATCHED) {
        DRIVER.lock().is_some()
    } else {
        loader::has_module(base_name)
    }
}

/// The offset in the driver's image of the innermost call on this thread's stack, if there is one.
pub fn place_in_driver() -> Option<usize> {
    let range = (*DRIVER.lock())?;
    let mut frames: [PVOID; 24] = [null_mut(); 24];
    let room = frames.len() as u32;
    // SAFETY: there is room for that many frames, and no hash is asked for.
    let count = unsafe { RtlCaptureStackBackTrace(0, room, frames.as_mut_ptr(), null_mut()) };
    frames
        .iter()
        .take(count.into())
        .map(|frame| frame.addr().wrapping_sub(range.start))
        .find(|offset| *offset < range.size)
}

/// The loader tells of an image, with its lock held.
unsafe extern "C" fn notice(reason: u32, what: *const Notification, _context: *mut c_void) {
    // SAFETY: the loader gives a valid notification.
    let what = unsafe { &*what };
    if !what.is_of(WATCHED) {
        return;
    }
    match reason {
        LOADED => {
            let range = Range {
                start: what.base.addr(),
                size: what.size as usize,
            };
            *DRIVER.lock() = Some(range);
            // SAFETY: the loader has mapped the image, and nobody runs it before we return.
            rewrite(unsafe { Image::new(what.base) });
        }
        UNLOADED => {
            *DRIVER.lock() = None;
            ledger::driver_has_gone();
        }
        _ => {}
    }
}

/// Puts the harness's routines into the image's import table, and names what nobody supplies.
fn rewrite(image: Image) {
    let mut supplied = 0;
    for import in image.imports() {
        if let Some(routine) = table::find(import.module, import.name) {
            import.redirect(routine);
            supplied += 1;
        } else if loader::is_missing(import.module, import.name) || table::is_faked(import.name) {
            violation!(
                "Wine has no {}!{} that works, and the harness has none either",
                import.module,
                import.name
            );
        }
    }
    log!("{WATCHED} is loaded; {supplied} of its imports are the harness's");
}
