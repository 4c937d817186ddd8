//! Name look-ups: each has a thread, since Winsock's wait for the network.

use super::address::Address;
use super::operation::{driver_context, set_driver_context, withdraw_cancel_routine};
use super::port;
use crate::irp;
use crate::irql;
use crate::spin_lock;
use crate::sync::{Condition, Mutex};
use crate::thread::Thread;
use crate::winsock::{AddressInfo, FreeAddrInfoW, GetAddrInfoW};
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ptr::{NonNull, null_mut};
use core::sync::atomic::{AtomicBool, Ordering};
use wdk_sys::{
    NTSTATUS, PDEVICE_OBJECT, PIRP, PUNICODE_STRING, STATUS_CANCELLED, STATUS_NOT_FOUND,
    STATUS_PENDING, STATUS_SUCCESS,
};
use wsk_sys::{ADDRINFOEXW, PEPROCESS, PETHREAD, PGUID, WSK_CLIENT};

/// How many threads look something up.
static RUNNING: Mutex<usize> = Mutex::new(0);
static ENDED: Condition = Condition::new();

/// Waits until no thread of ours looks anything up any more.
pub fn wait_for_all() {
    let mut running = RUNNING.lock();
    while *running != 0 {
        ENDED.wait(&mut running);
    }
}

/// A look-up under way.
struct LookUp {
    irp: PIRP,
    result: *mut *mut ADDRINFOEXW,
    node: Vec<u16>,
    service: Option<Vec<u16>>,
    hints: AddressInfo,
    /// Somebody completes the IRP, or has.
    over: AtomicBool,
}

// SAFETY: the IRP and the client's place for the result are the look-up's until it is over.
unsafe impl Send for LookUp {}
// SAFETY: as above; whoever sets `over` has them.
unsafe impl Sync for LookUp {}

/// One result, with its address behind it.
#[repr(C)]
struct Entry {
    information: ADDRINFOEXW,
    address: Address,
}

/// A text with a NUL at its end, or None.
fn text(from: PUNICODE_STRING) -> Option<Vec<u16>> {
    // SAFETY: NULL or the client's text.
    let from = unsafe { from.as_ref() }?;
    // SAFETY: a UNICODE_STRING has that many units.
    let units = unsafe { core::slice::from_raw_parts(from.Buffer, usize::from(from.Length / 2)) };
    Some(units.iter().copied().chain([0]).collect())
}

/// `WskGetAddressInfo`.
pub unsafe extern "C" fn get_address_info(
    _client: *mut WSK_CLIENT,
    node: wsk_sys::PUNICODE_STRING,
    service: wsk_sys::PUNICODE_STRING,
    _name_space: u32,
    _provider: PGUID,
    hints: *mut ADDRINFOEXW,
    result: *mut *mut ADDRINFOEXW,
    _process: PEPROCESS,
    _thread: PETHREAD,
    irp: wsk_sys::PIRP,
) -> NTSTATUS {
    irql::at_most(irql::PASSIVE, "WskGetAddressInfo");
    let irp: PIRP = irp.cast();
    // SAFETY: the client gives an IRP with a location for us.
    unsafe { irp::take_over(irp) };
    // SAFETY: NULL or the client's hints.
    let hints = unsafe { hints.as_ref() };
    let look_up = Arc::new(LookUp {
        irp,
        result,
        node: text(node.cast()).unwrap_or_default(),
        service: text(service.cast()),
        hints: AddressInfo {
            flags: hints.map_or(0, |hints| hints.ai_flags),
            family: hints.map_or(0, |hints| hints.ai_family),
            socket_type: hints.map_or(0, |hints| hints.ai_socktype),
            protocol: hints.map_or(0, |hints| hints.ai_protocol),
            address_length: 0,
            canonical_name: null_mut(),
            address: null_mut(),
            next: null_mut(),
        },
        over: AtomicBool::new(false),
    });
    set_driver_context(irp, Arc::into_raw(look_up.clone()).cast_mut().cast());
    // SAFETY: the IRP is the look-up's.
    unsafe { irp::exchange_cancel_routine(irp, Some(cancel)) };
    *RUNNING.lock() += 1;
    let for_thread = look_up.clone();
    if let Err(status) = Thread::spawn(move || for_thread.run()) {
        leave();
        port::later(move || look_up.end(Err(status)));
    }
    STATUS_PENDING
}

fn leave() {
    *RUNNING.lock() -= 1;
    ENDED.wake_all();
}

impl LookUp {
    fn run(self: &Arc<Self>) {
        let found = self.ask();
        let look_up = self.clone();
        port::later(move || look_up.end(found.map(Found::into_raw)));
        leave();
    }

    fn ask(&self) -> Result<Found, NTSTATUS> {
        let service = self
            .service
            .as_ref()
            .map_or(null_mut(), |text| text.as_ptr().cast_mut());
        let mut first = null_mut();
        // SAFETY: both texts end in NUL, and the list goes to a local.
        let error = unsafe { GetAddrInfoW(self.node.as_ptr(), service, &self.hints, &mut first) };
        if error != 0 {
            return Err(STATUS_NOT_FOUND);
        }
        let found = Found::copy(first);
        // SAFETY: the list is Winsock's, and copied.
        unsafe { FreeAddrInfoW(first) };
        found
    }

    /// Completes the IRP, unless that has been done.
    fn end(self: &Arc<Self>, outcome: Result<*mut ADDRINFOEXW, NTSTATUS>) {
        if self.over.swap(true, Ordering::AcqRel) {
            if let Ok(list) = outcome {
                // SAFETY: nobody has got the list.
                drop(unsafe { Found::from_raw(list) });
            }
            return;
        }
        withdraw_cancel_routine(self.irp);
        let context = driver_context(self.irp).cast_const().cast::<Self>();
        // SAFETY: the call gave this reference to the IRP, and the cancel routine has one of its own by now.
        drop(unsafe { Arc::from_raw(context) });
        let (status, list) = match outcome {
            Ok(list) => (STATUS_SUCCESS, list),
            Err(status) => (status, null_mut()),
        };
        // SAFETY: the client keeps the place until the IRP is completed.
        unsafe { self.result.write(list) };
        // SAFETY: the IRP is the look-up's, which is over.
        unsafe { irp::set_outcome(self.irp, status, 0) };
        // SAFETY: as above.
        unsafe { irp::complete_at_dispatch(self.irp) };
    }
}

unsafe extern "C" fn cancel(_device: PDEVICE_OBJECT, irp: PIRP) {
    let context = driver_context(irp).cast_const().cast::<LookUp>();
    // SAFETY: the IRP's reference is there until `end`, which waits for the lock that is held now.
    unsafe { Arc::increment_strong_count(context) };
    // SAFETY: counted just now.
    let look_up = unsafe { Arc::from_raw(context) };
    // SAFETY: the IRP is there, for the same reason.
    let level = unsafe { (*irp).CancelIrql };
    // SAFETY: a cancel routine is called with the lock held.
    unsafe { spin_lock::release_cancel(level) };
    port::later(move || look_up.end(Err(STATUS_CANCELLED)));
}

/// A list of results.
struct Found(*mut ADDRINFOEXW);

// SAFETY: the list belongs to whoever has this.
unsafe impl Send for Found {}

impl Found {
    /// Copies what Winsock has found.
    fn copy(mut from: *const AddressInfo) -> Result<Self, NTSTATUS> {
        let mut addresses = Vec::new();
        // SAFETY: Winsock's list ends with NULL.
        while let Some(next) = unsafe { from.as_ref() } {
            // SAFETY: an entry has an address.
            if let Ok(address) = unsafe { Address::read(next.address) } {
                addresses.push((address, next.socket_type, next.protocol));
            }
            from = next.next;
        }
        let mut list = Self(null_mut());
        for (address, socket_type, protocol) in addresses.into_iter().rev() {
            list.push(address, socket_type, protocol);
        }
        if list.0.is_null() {
            Err(STATUS_NOT_FOUND)
        } else {
            Ok(list)
        }
    }

    /// Puts an entry before the others.
    fn push(&mut self, address: Address, socket_type: i32, protocol: i32) {
        let information = ADDRINFOEXW {
            ai_flags: 0,
            ai_family: address.family().into(),
            ai_socktype: socket_type,
            ai_protocol: protocol,
            ai_addrlen: address.len(),
            ai_canonname: null_mut(),
            ai_addr: null_mut(),
            ai_blob: null_mut(),
            ai_bloblen: 0,
            ai_provider: null_mut(),
            ai_next: self.0,
        };
        let entry = Box::leak(Box::new(Entry {
            information,
            address,
        }));
        entry.information.ai_addr = entry.address.as_mut_ptr();
        self.0 = core::ptr::from_mut(entry).cast();
    }

    fn into_raw(self) -> *mut ADDRINFOEXW {
        core::mem::ManuallyDrop::new(self).0
    }

    /// # Safety
    ///
    /// `into_raw` gave it out, once.
    unsafe fn from_raw(list: *mut ADDRINFOEXW) -> Self {
        Self(list)
    }
}

impl Drop for Found {
    fn drop(&mut self) {
        while let Some(entry) = NonNull::new(self.0) {
            // SAFETY: every entry is a box made by `push`.
            let entry = unsafe { Box::from_raw(entry.cast::<Entry>().as_ptr()) };
            self.0 = entry.information.ai_next;
        }
    }
}

/// `WskFreeAddressInfo`.
pub unsafe extern "C" fn free_address_info(_client: *mut WSK_CLIENT, list: *mut ADDRINFOEXW) {
    irql::at_most(irql::PASSIVE, "WskFreeAddressInfo");
    // SAFETY: the client gives back what it was given.
    drop(unsafe { Found::from_raw(list) });
}
