//! One I/O request: an IRP with its buffers prepared as the device asks, and what happens at its end.

use super::buffers::{Buffers, Lent};
use super::file::File;
use super::outbox::Outbox;
use crate::irp;
use crate::ledger::violation;
use crate::sync::{Condition, Mutex};
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::Any;
use core::ffi::c_void;
use wdk_sys::_MODE::UserMode;
use wdk_sys::{
    DEVICE_OBJECT, IO_STACK_LOCATION, IO_STATUS_BLOCK, IRP, IRP_DEFER_IO_COMPLETION, IRP_MJ_READ,
    IRP_MJ_WRITE, IRP_READ_OPERATION, IRP_WRITE_OPERATION, KPROCESSOR_MODE, LARGE_INTEGER,
    NTSTATUS, PDEVICE_OBJECT, PETHREAD, PFILE_OBJECT, PIRP, STATUS_INSUFFICIENT_RESOURCES,
    STATUS_MORE_PROCESSING_REQUIRED, STATUS_PENDING, STATUS_SUCCESS,
};

/// What to ask a driver.
pub struct Spec {
    /// The file object.
    pub file: PFILE_OBJECT,
    /// The device whose driver is asked.
    pub device: PDEVICE_OBJECT,
    /// Keeps the file until the end.
    pub hold: Option<File>,
    /// The driver's stack location, but for the completion routine.
    pub location: IO_STACK_LOCATION,
    /// `Irp.Flags`.
    pub irp_flags: u32,
    /// The user's memory.
    pub buffers: Buffers,
    /// `Irp.RequestorMode`.
    pub mode: KPROCESSOR_MODE,
    /// `Irp.Overlay.AllocationSize`, of a create.
    pub allocation_size: i64,
    /// What parameters of the location point to.
    pub keep: Option<Box<dyn Any>>,
}

impl Spec {
    /// A request on a file, by a user, without parameters and memory.
    pub fn new(file: &File, major: u32) -> Self {
        let irp_flags = match major {
            IRP_MJ_READ => IRP_READ_OPERATION | IRP_DEFER_IO_COMPLETION,
            IRP_MJ_WRITE => IRP_WRITE_OPERATION | IRP_DEFER_IO_COMPLETION,
            _ => 0,
        };
        Self {
            file: file.object(),
            device: file.device(),
            hold: Some(file.clone()),
            location: IO_STACK_LOCATION {
                MajorFunction: major as u8,
                FileObject: file.object(),
                ..IO_STACK_LOCATION::default()
            },
            irp_flags,
            buffers: Buffers::None,
            mode: UserMode as _,
            allocation_size: 0,
            keep: None,
        }
    }
}

/// How a request ended.
pub struct Done {
    /// Its status.
    pub status: NTSTATUS,
    /// `IoStatus.Information`.
    pub information: u64,
    /// What the driver has put into the user's memory.
    pub data: Vec<u8>,
    /// The last reference must be dropped by who takes this, since the end may come at DISPATCH_LEVEL.
    _file: Option<File>,
}

impl Done {
    /// A success that no driver was asked for.
    pub const fn success() -> Self {
        Self {
            status: STATUS_SUCCESS,
            information: 0,
            data: Vec::new(),
            _file: None,
        }
    }
}

/// Who is told of a request's end, and by which tag. Without one, somebody waits.
pub type Teller = (Arc<Outbox>, u32);

struct State {
    done: Option<Done>,
    hold: Option<File>,
    /// The file's lock is to be released.
    locked: bool,
    lent: Lent,
    /// What the dispatch routine has returned.
    returned: Option<NTSTATUS>,
    /// Whether the IRP was marked pending, once it has come back.
    marked: Option<bool>,
}

/// A request under way or ended.
pub struct Request {
    irp: PIRP,
    file: PFILE_OBJECT,
    device: PDEVICE_OBJECT,
    major: u8,
    teller: Option<Teller>,
    state: Mutex<State>,
    ended: Condition,
    _status_block: Box<IO_STATUS_BLOCK>,
    _keep: Option<Box<dyn Any>>,
}

// SAFETY: the pointers are to what lives until the end; what changes is behind the lock.
unsafe impl Send for Request {}
// SAFETY: as above.
unsafe impl Sync for Request {}

/// Requests that drivers have, by the address of the IRP.
static UNDER_WAY: Mutex<BTreeMap<usize, Arc<Request>>> = Mutex::new(BTreeMap::new());

impl Request {
    /// Prepares a request. On a synchronous file, waits until no other is under way.
    pub fn new(spec: Spec, teller: Option<Teller>) -> Result<Arc<Self>, NTSTATUS> {
        // SAFETY: the device of a file that is open, or that is being opened, is live.
        let DEVICE_OBJECT {
            StackSize: locations,
            Flags: device_flags,
            ..
        } = unsafe { *spec.device };
        let irp = irp::allocate(locations);
        if irp.is_null() {
            return Err(STATUS_INSUFFICIENT_RESOURCES);
        }
        let mut status_block = Box::new(IO_STATUS_BLOCK::default());
        // SAFETY: the IRP is new and ours.
        let packet: &mut IRP = unsafe { &mut *irp };
        packet.Flags = spec.irp_flags;
        packet.RequestorMode = spec.mode;
        packet.UserIosb = &raw mut *status_block;
        // SAFETY: has no conditions.
        packet.Tail.Overlay.Thread = unsafe { KeGetCurrentThread() };
        packet.Tail.Overlay.OriginalFileObject = spec.file;
        packet.Overlay.AllocationSize = LARGE_INTEGER {
            QuadPart: spec.allocation_size,
        };
        let mut location = spec.location;
        let mut state = State {
            done: None,
            hold: spec.hold,
            locked: false,
            lent: Lent::default(),
            returned: None,
            marked: None,
        };
        let prepared = state
            .lent
            .lend(packet, &mut location, spec.buffers, device_flags);
        // SAFETY: drivers' IRPs keep the pointer to the stack there.
        let stack = unsafe { &packet.Tail.Overlay.__bindgen_anon_2.__bindgen_anon_1 };
        // SAFETY: as above.
        let next = unsafe { stack.CurrentStackLocation }.wrapping_sub(1);
        // SAFETY: a new IRP has a next location.
        unsafe { next.write(location) };
        let request = Arc::new(Self {
            irp,
            file: spec.file,
            device: spec.device,
            major: location.MajorFunction,
            teller,
            state: Mutex::new(state),
            ended: Condition::new(),
            _status_block: status_block,
            _keep: spec.keep,
        });
        prepared?;
        let lock = request.state.lock().hold.clone();
        let locked = lock.is_some_and(|file| file.lock());
        request.state.lock().locked = locked;
        Ok(request)
    }

    /// Hands the request to the driver.
    pub fn send(self: &Arc<Self>) {
        if let Some((outbox, _)) = &self.teller {
            outbox.begin();
        }
        UNDER_WAY.lock().insert(self.irp as usize, self.clone());
        let context = Arc::into_raw(self.clone()).cast_mut().cast();
        // SAFETY: the IRP is ours, and the routine gets the reference that was made for it.
        unsafe { irp::set_completion(self.irp, Some(completed), context) };
        // SAFETY: the location is filled, and the IRP is given up.
        let status = unsafe { irp::call_driver(self.device, self.irp) };
        let mut state = self.state.lock();
        state.returned = Some(status);
        let complaint = match state.marked {
            None if status != STATUS_PENDING => Some("without completing the IRP"),
            _ => state.mismatch(),
        };
        drop(state);
        self.blame(status, complaint);
    }

    fn blame(&self, returned: NTSTATUS, complaint: Option<&str>) {
        if let Some(complaint) = complaint {
            violation!(
                "function {:#x} returned {returned:#x} {complaint}",
                self.major
            );
        }
    }

    /// Waits for the end, if nobody else is told of it.
    pub fn wait(&self) -> Done {
        let mut state = self.state.lock();
        loop {
            if let Some(done) = state.done.take() {
                return done;
            }
            self.ended.wait(&mut state);
        }
    }

    /// Sends and waits.
    pub fn run(self: &Arc<Self>) -> Done {
        self.send();
        self.wait()
    }

    /// What became of it; once, after the end.
    pub fn take_done(&self) -> Option<Done> {
        self.state.lock().done.take()
    }

    /// Ends the request: its IRP has come back.
    fn finish(self: Arc<Self>) {
        // SAFETY: the IRP has come back, so it is ours.
        let packet = unsafe { &mut *self.irp };
        // SAFETY: a completed IRP's block holds a status.
        let status = unsafe { packet.IoStatus.__bindgen_anon_1.Status };
        let information = packet.IoStatus.Information;
        UNDER_WAY.lock().remove(&(self.irp as usize));
        let mut state = self.state.lock();
        state.marked = Some(packet.PendingReturned != 0);
        state.lent.take_mdls(packet);
        if let Some(returned) = state.returned {
            self.blame(returned, state.mismatch());
        }
        let data = state.lent.take_answer(status, information);
        let data = data.unwrap_or_else(|| {
            violation!(
                "an IRP of function {:#x} was completed with {information} bytes, more than there is room for",
                self.major
            );
            Vec::new()
        });
        let file = state.hold.take();
        if state.locked
            && let Some(file) = &file
        {
            file.unlock();
        }
        state.done = Some(Done {
            status,
            information,
            data,
            _file: file,
        });
        drop(state);
        self.ended.wake_all();
        if let Some((outbox, tag)) = &self.teller {
            outbox.end(*tag, self.clone());
        }
    }

    fn cancel(&self) {
        // The reference that the caller holds keeps the IRP, even after the driver has completed it.
        // SAFETY: the IRP is valid.
        unsafe { irp::cancel(self.irp) };
    }
}

impl Drop for Request {
    fn drop(&mut self) {
        // SAFETY: nobody has the IRP any more: while a driver has it, there is a reference.
        unsafe { irp::free(self.irp) };
    }
}

impl State {
    /// What is wrong between the dispatch routine's result and the IRP's mark, once both are known.
    fn mismatch(&self) -> Option<&'static str> {
        match (self.returned? == STATUS_PENDING, self.marked?) {
            (true, false) => Some("without marking the IRP pending"),
            (false, true) => Some("though the IRP was marked pending"),
            _ => None,
        }
    }
}

#[link(name = "ntoskrnl.exe", kind = "raw-dylib", modifiers = "+verbatim")]
unsafe extern "C" {
    /// An inline function in some headers, but exported by every kernel.
    fn KeGetCurrentThread() -> PETHREAD;
}

unsafe extern "C" fn completed(
    _device: PDEVICE_OBJECT,
    _irp: PIRP,
    context: *mut c_void,
) -> NTSTATUS {
    // SAFETY: `send` made this reference for this one call.
    let request = unsafe { Arc::from_raw(context.cast_const().cast::<Request>()) };
    request.finish();
    STATUS_MORE_PROCESSING_REQUIRED
}

/// Cancels requests under way that fit, and says how many there were.
fn cancel_those(fits: impl Fn(&Request) -> bool) -> usize {
    let found: Vec<_> = UNDER_WAY
        .lock()
        .values()
        .filter(|request| fits(request))
        .cloned()
        .collect();
    for request in &found {
        request.cancel();
    }
    found.len()
}

/// Cancels all requests on a file.
pub fn cancel_file(file: &File) -> usize {
    cancel_those(|request| request.file == file.object())
}

/// Cancels requests of a connection: one, or all.
pub fn cancel_connection(outbox: &Arc<Outbox>, only: Option<u32>) -> usize {
    cancel_those(|request| {
        request.teller.as_ref().is_some_and(|(owner, tag)| {
            Arc::ptr_eq(owner, outbox) && only.is_none_or(|only| only == *tag)
        })
    })
}
