//! Name look-ups for a client.

use super::operation::{begin, finish};
use super::resolve;
use crate::ex;
use crate::irql;
use crate::rtl;
use crate::sys::NTSTATUS;
use core::panic::Location;
use wsk_sys::*;

pub(super) unsafe extern "C" fn wsk_get_address_info(
    _client: *mut WSK_CLIENT,
    node: wsk_sys::PUNICODE_STRING,
    service: wsk_sys::PUNICODE_STRING,
    _name_space: u32,
    _provider: PGUID,
    hints: *mut ADDRINFOEXW,
    result: *mut *mut ADDRINFOEXW,
    _process: wsk_sys::PEPROCESS,
    _thread: wsk_sys::PETHREAD,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    irql::at_most(irql::PASSIVE, "WskGetAddressInfo", Location::caller());
    begin(irp, "WskGetAddressInfo", |packet, place| {
        let (node, service) = (text(node), text(service));
        // SAFETY: the client gives NULL or hints.
        let family =
            unsafe { hints.as_ref() }.map_or(AF_UNSPEC, |hints| hints.ai_family as ADDRESS_FAMILY);
        let slot = ResultSlot(result);
        ex::post(move || {
            let outcome = resolve::addresses(&node, &service, family)
                .and_then(|addresses| resolve::list(&addresses, place))
                .map(|list| {
                    slot.give(list);
                    0
                });
            finish(packet, outcome, place);
        });
        Ok(())
    })
}

pub(super) unsafe extern "C" fn wsk_free_address_info(
    _client: *mut WSK_CLIENT,
    list: *mut ADDRINFOEXW,
) {
    let place = Location::caller();
    irql::at_most(irql::PASSIVE, "WskFreeAddressInfo", place);
    resolve::free(list, place);
}

/// The text of a client's string.
fn text(string: wsk_sys::PUNICODE_STRING) -> String {
    // SAFETY: the client gives NULL or a string, which it keeps until the look-up's end.
    String::from_utf16_lossy(unsafe { rtl::units(string.cast_const().cast()) })
}

/// A pointer that goes to the worker that looks up.
struct ResultSlot(*mut *mut ADDRINFOEXW);

// SAFETY: the client keeps the slot until the look-up's end.
unsafe impl Send for ResultSlot {}

impl ResultSlot {
    fn give(&self, list: *mut ADDRINFOEXW) {
        // SAFETY: as above.
        unsafe { self.0.write(list) };
    }
}
