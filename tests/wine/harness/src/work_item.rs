//! Work items: Wine's, counted, and seen to return at PASSIVE_LEVEL.

use crate::irql;
use crate::ledger::{HELD, violation};
use alloc::boxed::Box;
use core::ffi::c_void;
use core::sync::atomic::{AtomicBool, Ordering};
use wdk_sys::ntddk;
use wdk_sys::{PDEVICE_OBJECT, PIO_WORKITEM, PIO_WORKITEM_ROUTINE, PVOID, WORK_QUEUE_TYPE};

/// What the driver takes for its IO_WORKITEM.
struct WorkItem {
    /// Wine's.
    inner: PIO_WORKITEM,
    queued: AtomicBool,
}

/// One time that it was queued.
struct Call {
    item: *const WorkItem,
    routine: unsafe extern "C" fn(PDEVICE_OBJECT, PVOID),
    context: PVOID,
}

/// `IoAllocateWorkItem`.
pub unsafe extern "C" fn allocate(device: PDEVICE_OBJECT) -> PIO_WORKITEM {
    irql::at_most(irql::DISPATCH, "IoAllocateWorkItem");
    // SAFETY: the driver's own device.
    let inner = unsafe { ntddk::IoAllocateWorkItem(device) };
    if inner.is_null() {
        return inner;
    }
    HELD.work_items.add();
    let item = WorkItem {
        inner,
        queued: AtomicBool::new(false),
    };
    Box::into_raw(Box::new(item)).cast()
}

/// `IoFreeWorkItem`, which a work item's own routine may call.
pub unsafe extern "C" fn free(item: PIO_WORKITEM) {
    irql::at_most(irql::DISPATCH, "IoFreeWorkItem");
    HELD.work_items.remove();
    // SAFETY: `allocate` made the box, and the driver does not use it any more.
    let item = unsafe { Box::from_raw(item.cast::<WorkItem>()) };
    if item.queued.load(Ordering::Acquire) {
        violation!("IoFreeWorkItem of a work item that is queued");
    }
    // SAFETY: as above.
    unsafe { ntddk::IoFreeWorkItem(item.inner) };
}

/// `IoQueueWorkItem`.
pub unsafe extern "C" fn queue(
    item: PIO_WORKITEM,
    routine: PIO_WORKITEM_ROUTINE,
    kind: WORK_QUEUE_TYPE,
    context: PVOID,
) {
    irql::at_most(irql::DISPATCH, "IoQueueWorkItem");
    let Some(routine) = routine else {
        violation!("IoQueueWorkItem without a routine");
        return;
    };
    let item: *const WorkItem = item.cast_const().cast();
    // SAFETY: the driver's work item.
    let item_ref = unsafe { &*item };
    if item_ref.queued.swap(true, Ordering::AcqRel) {
        violation!("IoQueueWorkItem of a work item that is queued already");
        return;
    }
    let call = Box::into_raw(Box::new(Call {
        item,
        routine,
        context,
    }));
    // SAFETY: Wine's work item, and a box for its routine.
    unsafe { ntddk::IoQueueWorkItem(item_ref.inner, Some(run), kind, call.cast()) };
}

unsafe extern "C" fn run(device: PDEVICE_OBJECT, context: *mut c_void) {
    // SAFETY: `queue` gave this box, once.
    let call = unsafe { Box::from_raw(context.cast::<Call>()) };
    // From now on it may be queued again, or freed by its routine.
    // SAFETY: a queued item is not freed.
    unsafe { &*call.item }
        .queued
        .store(false, Ordering::Release);
    irql::call_at(irql::PASSIVE, "a work item", || {
        // SAFETY: the driver's routine with the driver's context.
        unsafe { (call.routine)(device, call.context) };
    });
}
