//! RDBSS's routines, as far as these tests come: each notes the call, and does what the caller must see.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, Ordering};

use rdbss::raw::*;

/// A call that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call {
    DriverEntry,
    Register {
        name: Vec<u16>,
        controls: u32,
    },
    Start,
    Stop,
    Unregister,
    Unload,
    /// The driver's symbolic link has come since the call before.
    LinkMade,
    /// It has gone.
    LinkDeleted,
    FsdDispatch,
    AcquireFcb,
    ReleaseFcb,
    CreateFobx,
    FinishFcb {
        kind: i32,
        allocation: i64,
        size: i64,
    },
    LowIoCompletion {
        status: i32,
        information: usize,
    },
    Break {
        key: usize,
        level: usize,
    },
}

static CALLS: Mutex<Vec<Call>> = Mutex::new(Vec::new());

static DEVICE: AtomicPtr<RDBSS_DEVICE_OBJECT> = AtomicPtr::new(core::ptr::null_mut());

/// What the next RxStartMinirdr returns.
pub static START_STATUS: AtomicI32 = AtomicI32::new(0);
/// What RxDispatchToWorkerThread returns.
pub static POST_STATUS: AtomicI32 = AtomicI32::new(0);
/// Whether RxSetMinirdrCancelRoutine finds the request cancelled.
pub static CANCELLED: AtomicBool = AtomicBool::new(false);

fn note(call: Call) {
    CALLS.lock().unwrap().push(call);
}

/// Whether the driver's symbolic link was there at the last look.
static LINKED: AtomicBool = AtomicBool::new(false);

/// Whether it is there: then the name is taken.
fn linked() -> bool {
    let settings = crate::world::settings();
    nt::device::SymbolicLink::create(settings.link_name, settings.device_name).is_err()
}

/// Notes a call of loading or unloading, and what has become of the link before it. IRQL: PASSIVE_LEVEL.
fn note_with_link(call: Call) {
    let now = linked();
    match (LINKED.swap(now, Ordering::Relaxed), now) {
        (false, true) => note(Call::LinkMade),
        (true, false) => note(Call::LinkDeleted),
        _ => {}
    }
    note(call);
}

/// The device that was registered last.
pub fn device() -> *mut RDBSS_DEVICE_OBJECT {
    DEVICE.load(Ordering::Relaxed)
}

/// The calls since this was last asked.
pub fn calls() -> Vec<Call> {
    core::mem::take(&mut *CALLS.lock().unwrap())
}

/// Forgets what an earlier test has left.
pub fn reset() {
    calls();
    LINKED.store(linked(), Ordering::Relaxed);
    START_STATUS.store(0, Ordering::Relaxed);
    POST_STATUS.store(0, Ordering::Relaxed);
    CANCELLED.store(false, Ordering::Relaxed);
}

#[unsafe(no_mangle)]
extern "C" fn RxDriverEntry(_: *mut DRIVER_OBJECT, _: *mut UNICODE_STRING) -> i32 {
    note_with_link(Call::DriverEntry);
    0
}

#[unsafe(no_mangle)]
extern "C" fn RxUnload(_: *mut DRIVER_OBJECT) {
    note_with_link(Call::Unload);
}

#[unsafe(no_mangle)]
unsafe extern "C" fn RxRegisterMinirdr(
    device: *mut *mut RDBSS_DEVICE_OBJECT,
    _: *mut DRIVER_OBJECT,
    table: *mut MINIRDR_DISPATCH,
    controls: u32,
    name: *mut UNICODE_STRING,
    extension: u32,
    _: u32,
    _: u32,
) -> i32 {
    let size = size_of::<RDBSS_DEVICE_OBJECT>() + extension as usize;
    let memory = Box::leak(vec![0_u128; size.div_ceil(16)].into_boxed_slice());
    let made = memory.as_mut_ptr().cast::<RDBSS_DEVICE_OBJECT>();
    // SAFETY: zeroed memory, longer than a device object.
    unsafe { (*made).Dispatch = table };
    DEVICE.store(made, Ordering::Relaxed);
    // SAFETY: the caller's place for the device.
    unsafe { device.write(made) };
    let name = core::ptr::NonNull::new(name).unwrap();
    // SAFETY: the caller's name.
    let name = unsafe { nt::string::units(name) }.to_vec();
    note_with_link(Call::Register { name, controls });
    0
}

// The device's memory stays: a test may still look at it.
#[unsafe(no_mangle)]
extern "C" fn RxpUnregisterMinirdr(_: *mut RDBSS_DEVICE_OBJECT) {
    note_with_link(Call::Unregister);
}

#[unsafe(no_mangle)]
extern "C" fn RxStartMinirdr(_: *mut RX_CONTEXT, _: *mut u8) -> i32 {
    note_with_link(Call::Start);
    START_STATUS.load(Ordering::Relaxed)
}

#[unsafe(no_mangle)]
extern "C" fn RxStopMinirdr(_: *mut RX_CONTEXT, _: *mut u8) -> i32 {
    note_with_link(Call::Stop);
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn RxFsdDispatch(_: *mut RDBSS_DEVICE_OBJECT, _: *mut IRP) -> i32 {
    note(Call::FsdDispatch);
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn RxCreateRxContext(
    _: *mut IRP,
    device: *mut RDBSS_DEVICE_OBJECT,
    flags: u32,
) -> *mut RX_CONTEXT {
    let context = crate::world::zeroed::<RX_CONTEXT>();
    // SAFETY: zeroed memory of a context.
    unsafe { (*context).RxDeviceObject = device };
    // SAFETY: as above.
    unsafe { (*context).Flags = flags };
    context
}

#[unsafe(no_mangle)]
extern "C" fn RxDereferenceAndDeleteRxContext_Real(_: *mut RX_CONTEXT) {}

#[unsafe(no_mangle)]
extern "C" fn RxReleaseFcbResourceInMRx(_: *mut MRX_FCB) {
    note(Call::ReleaseFcb);
}

#[unsafe(no_mangle)]
extern "C" fn RxAcquireExclusiveFcbResourceInMRx(_: *mut MRX_FCB) -> i32 {
    note(Call::AcquireFcb);
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn RxCreateNetFobx(
    _: *mut RX_CONTEXT,
    srv_open: *mut MRX_SRV_OPEN,
) -> *mut MRX_FOBX {
    note(Call::CreateFobx);
    let fobx = crate::world::zeroed::<MRX_FOBX>();
    // SAFETY: zeroed memory of a FOBX.
    unsafe { (*fobx).pSrvOpen = srv_open };
    fobx
}

#[unsafe(no_mangle)]
unsafe extern "C" fn RxFinishFcbInitialization(
    _: *mut MRX_FCB,
    kind: RX_FILE_TYPE,
    packet: *mut FCB_INIT_PACKET,
) {
    // SAFETY: the caller's packet.
    let packet = unsafe { &*packet };
    // SAFETY: the packet's sizes are there.
    let value = |at: *mut LARGE_INTEGER| unsafe { *at.cast::<i64>() };
    note(Call::FinishFcb {
        kind,
        allocation: value(packet.pAllocationSize),
        size: value(packet.pFileSize),
    });
}

#[unsafe(no_mangle)]
unsafe extern "C" fn RxLowIoCompletion(context: *mut RX_CONTEXT) -> i32 {
    // SAFETY: the caller's context.
    let context = unsafe { &*context };
    note(Call::LowIoCompletion {
        status: context.StoredStatus,
        information: context.InformationToReturn,
    });
    0
}

#[unsafe(no_mangle)]
unsafe extern "C" fn RxSetMinirdrCancelRoutine(
    context: *mut RX_CONTEXT,
    routine: PMRX_CALLDOWN,
) -> i32 {
    if CANCELLED.load(Ordering::Relaxed) {
        return nt::Status::CANCELLED.0;
    }
    // SAFETY: the caller's context.
    unsafe { (*context).MRxCancelRoutine = routine };
    0
}

#[unsafe(no_mangle)]
extern "C" fn RxIndicateChangeOfBufferingState(_: *mut MRX_SRV_CALL, key: PVOID, level: PVOID) {
    note(Call::Break {
        key: key.addr(),
        level: level.addr(),
    });
}

/// Runs the work at once, on a thread of its own, or refuses it with what the test has set.
#[unsafe(no_mangle)]
unsafe extern "C" fn RxDispatchToWorkerThread(
    _: *mut RDBSS_DEVICE_OBJECT,
    _: WORK_QUEUE_TYPE,
    routine: PRX_WORKERTHREAD_ROUTINE,
    parameter: PVOID,
) -> i32 {
    let status = POST_STATUS.load(Ordering::Relaxed);
    if status == 0 {
        let parameter = parameter.expose_provenance();
        // SAFETY: the routine wants this parameter, once.
        let work =
            move || unsafe { routine.unwrap()(core::ptr::with_exposed_provenance_mut(parameter)) };
        std::thread::spawn(work).join().unwrap();
    }
    status
}
