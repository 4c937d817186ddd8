//! A request of the I/O manager's: an IRP with its buffers prepared as the device asks, and what happens at its end.

use super::call;
use super::cancel;
use super::irp::{self, Owner};
use super::packet::Packet;
use crate::ke;
use crate::mdl;
use crate::ob;
use crate::pool::{self, Fill};
use crate::ps;
use crate::stats;
use crate::sys::*;
use crate::verifier::Place;
use core::ptr;
use parking_lot::{Condvar, Mutex};
use std::collections::HashMap;
use std::sync::Arc;

const BUFFER_TAG: u32 = pool::tag(b"IoSB");

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Done {
    /// Final status.
    pub(crate) status: NTSTATUS,
    /// Mostly a count of bytes.
    pub(crate) information: u64,
}

/// The memory of a request.
#[derive(Clone, Copy)]
pub(crate) enum Buffers {
    /// None.
    None,
    /// The driver fills it, in the way that the device's flags ask for.
    Output(*mut u8, u32),
    /// The driver reads it, in the way that the device's flags ask for.
    Input(*const u8, u32),
    /// The driver fills a copy (queries).
    BufferedOutput(*mut u8, u32),
    /// The driver reads and fills a copy (queries with input).
    BufferedInput(*const u8, u32),
    /// A control code's buffers; the code says how.
    Control {
        code: u32,
        input: (*const u8, u32),
        output: (*mut u8, u32),
    },
}

/// What to ask a driver.
pub(crate) struct Spec {
    pub(crate) file: PFILE_OBJECT,
    pub(crate) device: PDEVICE_OBJECT,
    pub(crate) major: u32,
    pub(crate) minor: u32,
    /// Flags of the stack location.
    pub(crate) flags: u32,
    pub(crate) irp_flags: u32,
    pub(crate) parameters: _IO_STACK_LOCATION__bindgen_ty_1,
    pub(crate) buffers: Buffers,
    pub(crate) mode: KPROCESSOR_MODE,
    pub(crate) event: PKEVENT,
    pub(crate) iosb: PIO_STATUS_BLOCK,
    /// Keep the file object referenced until the end.
    pub(crate) hold_file: bool,
    /// The file's position lock is to be released at the end.
    pub(crate) locked: bool,
    /// For creates.
    pub(crate) allocation_size: i64,
    /// NT has an IRP for this whatever happens.
    pub(crate) must_succeed: bool,
}

impl Spec {
    /// A request without parameters.
    pub(crate) fn new(file: PFILE_OBJECT, device: PDEVICE_OBJECT, major: u32) -> Self {
        Self {
            file,
            device,
            major,
            minor: 0,
            flags: 0,
            irp_flags: 0,
            parameters: _IO_STACK_LOCATION__bindgen_ty_1 {
                Others: _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_40 {
                    Argument1: ptr::null_mut(),
                    Argument2: ptr::null_mut(),
                    Argument3: ptr::null_mut(),
                    Argument4: ptr::null_mut(),
                },
            },
            buffers: Buffers::None,
            mode: _MODE::UserMode as KPROCESSOR_MODE,
            event: ptr::null_mut(),
            iosb: ptr::null_mut(),
            hold_file: true,
            locked: false,
            allocation_size: 0,
            must_succeed: false,
        }
    }
}

#[derive(Default)]
struct State {
    done: Option<Done>,
    /// Cancellations that look at the IRP right now and so keep it.
    cancelling: u32,
    /// The IRP, once it must be freed by the last cancellation.
    left_to_free: Option<Packet>,
}

/// A request under way or finished.
pub(crate) struct Request {
    file: PFILE_OBJECT,
    held: bool,
    locked: bool,
    /// The user's memory to which a buffered answer is copied.
    copy_to: *mut u8,
    state: Mutex<State>,
    ended: Condvar,
}

// SAFETY: the pointers are to reference-counted objects and to memory that the requestor keeps until the end.
unsafe impl Send for Request {}
// SAFETY: as above; what changes is under a lock.
unsafe impl Sync for Request {}

/// Requests under way, by IRP.
static OUTSTANDING: Mutex<Option<HashMap<usize, Arc<Request>>>> = Mutex::new(None);

impl Request {
    /// Waits for the end.
    pub(crate) fn wait(&self) -> Done {
        let mut state = self.state.lock();
        loop {
            if let Some(done) = state.done {
                return done;
            }
            self.ended.wait(&mut state);
        }
    }

    /// The end, if it has come.
    pub(crate) fn poll(&self) -> Option<Done> {
        self.state.lock().done
    }

    /// Asks the driver to end the request early.
    pub(crate) fn cancel(&self, irp: PIRP, place: Place) -> bool {
        {
            let mut state = self.state.lock();
            if state.done.is_some() {
                return false;
            }
            state.cancelling += 1;
        }
        // SAFETY: the count above keeps the IRP.
        let packet = unsafe { Packet::new(irp) };
        let called = cancel::cancel(packet, place);
        let mut state = self.state.lock();
        state.cancelling -= 1;
        let free = if state.cancelling == 0 {
            state.left_to_free.take()
        } else {
            None
        };
        drop(state);
        if let Some(packet) = free {
            irp::free(packet, place);
        }
        called
    }

    /// Ends the request, for its IRP has come back.
    pub(super) fn finish(self: Arc<Self>, packet: Packet, place: Place) {
        let done = Done {
            status: packet.status(),
            information: packet.information(),
        };
        release_buffers(packet, self.copy_to, done, place);
        // SAFETY: NULL, or the requestor's, who keeps it until the end.
        if let Some(iosb) = unsafe { packet.user_iosb().as_mut() } {
            iosb.__bindgen_anon_1.Status = done.status;
            iosb.Information = done.information;
        }
        self.signal(packet, done, place);
        with_outstanding(|requests| requests.remove(&(packet.raw() as usize)));
        stats::IRPS_OUTSTANDING.subtract(1);
        let mut state = self.state.lock();
        let free = state.cancelling == 0;
        if !free {
            state.left_to_free = Some(packet);
        }
        drop(state);
        if free {
            irp::free(packet, place);
        }
        let (file, held, locked) = (self.file, self.held, self.locked);
        if locked {
            super::file::unlock(file, place);
        }
        if held {
            ob::dereference(file.cast(), place);
        }
        // Last: the requestor may take everything down at once.
        self.state.lock().done = Some(done);
        self.ended.notify_all();
    }

    fn signal(&self, packet: Packet, done: Done, place: Place) {
        let event = packet.user_event();
        if !event.is_null() {
            // SAFETY: the requestor's event, which it keeps until the end.
            unsafe { ke::signal(event.cast(), place) };
        } else if self.held {
            super::file::set_final_status(self.file, done.status);
            // SAFETY: the request holds a reference.
            unsafe { ke::signal(super::file::event_of(self.file), place) };
        }
    }
}

fn with_outstanding<R>(action: impl FnOnce(&mut HashMap<usize, Arc<Request>>) -> R) -> R {
    action(OUTSTANDING.lock().get_or_insert_with(HashMap::new))
}

/// Cancels the requests on a file, or one of them. Returns how many there were.
pub(crate) fn cancel_file(file: PFILE_OBJECT, only: Option<&Arc<Request>>, place: Place) -> usize {
    let found: Vec<(usize, Arc<Request>)> = with_outstanding(|requests| {
        requests
            .iter()
            .filter(|(_, request)| {
                request.file == file && only.is_none_or(|only| Arc::ptr_eq(only, request))
            })
            .map(|(&irp, request)| (irp, request.clone()))
            .collect()
    });
    for (irp, request) in &found {
        request.cancel(*irp as PIRP, place);
    }
    found.len()
}

/// Gives back what [`prepare`] made, after copying a buffered answer.
fn release_buffers(packet: Packet, copy_to: *mut u8, done: Done, place: Place) {
    let flags = packet.flags();
    if flags & IRP_BUFFERED_IO != 0 {
        let buffer: *mut u8 = packet.system_buffer().cast();
        // A warning such as STATUS_BUFFER_OVERFLOW has data, an error has none.
        let has_data = done.status as u32 >> 30 != 3;
        if flags & IRP_INPUT_OPERATION != 0 && has_data && !copy_to.is_null() {
            // SAFETY: a driver returns no more bytes than it was given room for, in both buffers.
            unsafe { copy_to.copy_from_nonoverlapping(buffer, done.information as usize) };
        }
        if flags & IRP_DEALLOCATE_BUFFER != 0 {
            pool::free(buffer, BUFFER_TAG, place);
        }
    }
    let mut next = packet.mdl();
    packet.set_mdl(ptr::null_mut());
    while !next.is_null() {
        let current = next;
        // SAFETY: the IRP's chain is valid, and the request's to free.
        let MDL {
            Next: following,
            MdlFlags: flags,
            ..
        } = unsafe { *current };
        if flags & MDL_PAGES_LOCKED as CSHORT != 0 {
            // SAFETY: locked by the I/O manager or by the file system for this IRP.
            unsafe { mdl::MmUnlockPages(current) };
        }
        // SAFETY: the chain's MDLs come from IoAllocateMdl.
        unsafe { mdl::IoFreeMdl(current) };
        next = following;
    }
}

/// A system buffer with a copy of the input.
fn buffered(
    packet: Packet,
    input: (*const u8, u32),
    room: u32,
    place: Place,
) -> Result<(), NTSTATUS> {
    let size = room.max(input.1);
    if size == 0 {
        return Ok(());
    }
    let buffer = pool::allocate(size as usize, BUFFER_TAG, Fill::Zero, place);
    if buffer.is_null() {
        return Err(STATUS_INSUFFICIENT_RESOURCES);
    }
    if input.1 > 0 {
        // SAFETY: the requestor's input and the new buffer both have so many bytes.
        unsafe { buffer.copy_from_nonoverlapping(input.0, input.1 as usize) };
    }
    packet.set_system_buffer(buffer.cast());
    packet.set_flags(packet.flags() | IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER);
    Ok(())
}

/// An MDL at the IRP over locked memory.
fn direct(
    packet: Packet,
    memory: *mut u8,
    len: u32,
    operation: LOCK_OPERATION,
) -> Result<(), NTSTATUS> {
    if len == 0 {
        return Ok(());
    }
    // SAFETY: the requestor keeps the memory until the end.
    let mdl = unsafe { mdl::IoAllocateMdl(memory.cast(), len, 0, 1, packet.raw()) };
    if mdl.is_null() {
        return Err(STATUS_INSUFFICIENT_RESOURCES);
    }
    // SAFETY: just made.
    unsafe { mdl::MmProbeAndLockPages(mdl, packet.requestor_mode(), operation) };
    Ok(())
}

/// Prepares the buffers. Returns where a buffered answer is to be copied.
fn prepare(
    packet: Packet,
    buffers: Buffers,
    device_flags: u32,
    place: Place,
) -> Result<*mut u8, NTSTATUS> {
    const NO_INPUT: (*const u8, u32) = (ptr::null(), 0);
    let input_operation = || packet.set_flags(packet.flags() | IRP_INPUT_OPERATION);
    match buffers {
        Buffers::None => {}
        Buffers::BufferedOutput(memory, len) => {
            buffered(packet, NO_INPUT, len, place)?;
            input_operation();
            packet.set_user_buffer(memory.cast());
            return Ok(memory);
        }
        Buffers::BufferedInput(memory, len) => buffered(packet, (memory, len), 0, place)?,
        Buffers::Output(memory, len) => {
            packet.set_user_buffer(memory.cast());
            if device_flags & DO_BUFFERED_IO != 0 {
                buffered(packet, NO_INPUT, len, place)?;
                input_operation();
                return Ok(memory);
            }
            if device_flags & DO_DIRECT_IO != 0 {
                direct(packet, memory, len, _LOCK_OPERATION::IoWriteAccess)?;
            }
        }
        Buffers::Input(memory, len) => {
            packet.set_user_buffer(memory.cast_mut().cast());
            if device_flags & DO_BUFFERED_IO != 0 {
                buffered(packet, (memory, len), 0, place)?;
            } else if device_flags & DO_DIRECT_IO != 0 {
                direct(
                    packet,
                    memory.cast_mut(),
                    len,
                    _LOCK_OPERATION::IoReadAccess,
                )?;
            }
        }
        Buffers::Control {
            code,
            input,
            output,
        } => match code & 3 {
            METHOD_BUFFERED => {
                buffered(packet, input, output.1, place)?;
                packet.set_user_buffer(output.0.cast());
                if output.1 > 0 {
                    input_operation();
                    return Ok(output.0);
                }
            }
            METHOD_NEITHER => packet.set_user_buffer(output.0.cast()),
            method => {
                buffered(packet, input, 0, place)?;
                let operation = if method == METHOD_IN_DIRECT {
                    _LOCK_OPERATION::IoReadAccess
                } else {
                    _LOCK_OPERATION::IoWriteAccess
                };
                direct(packet, output.0, output.1, operation)?;
            }
        },
    }
    Ok(ptr::null_mut())
}

/// Sends a request. The result is finished or under way.
pub(crate) fn issue(spec: &Spec, place: Place) -> Result<Arc<Request>, NTSTATUS> {
    // SAFETY: the device of an open file, or of an open that the caller performs, is live.
    let DEVICE_OBJECT {
        StackSize: locations,
        Flags: device_flags,
        ..
    } = unsafe { *spec.device };
    let allocate = || irp::allocate(locations, Owner::Driver, place);
    let packet = if spec.must_succeed {
        pool::spare(allocate)
    } else {
        allocate()
    };
    let Some(packet) = packet else {
        give_up(spec, place);
        return Err(STATUS_INSUFFICIENT_RESOURCES);
    };
    packet.set_flags(spec.irp_flags);
    packet.set_requestor_mode(spec.mode);
    packet.set_user_event(spec.event);
    packet.set_user_iosb(spec.iosb);
    packet.set_thread(ps::current_thread());
    packet.set_original_file(spec.file);
    packet.set_allocation_size(LARGE_INTEGER {
        QuadPart: spec.allocation_size,
    });
    let copy_to = match prepare(packet, spec.buffers, device_flags, place) {
        Ok(copy_to) => copy_to,
        Err(status) => {
            release_buffers(
                packet,
                ptr::null_mut(),
                Done {
                    status,
                    information: 0,
                },
                place,
            );
            irp::free(packet, place);
            give_up(spec, place);
            return Err(status);
        }
    };
    let request = Arc::new(Request {
        file: spec.file,
        held: spec.hold_file,
        locked: spec.locked,
        copy_to,
        state: Mutex::default(),
        ended: Condvar::new(),
    });
    irp::set_owner(packet, Owner::Manager(request.clone()));
    let location = packet.next();
    location.MajorFunction = spec.major as UCHAR;
    location.MinorFunction = spec.minor as UCHAR;
    location.Flags = spec.flags as UCHAR;
    location.Parameters = spec.parameters;
    location.FileObject = spec.file;
    if spec.hold_file {
        ob::reference(spec.file.cast());
        super::file::reset_event(spec.file);
    }
    with_outstanding(|requests| requests.insert(packet.raw() as usize, request.clone()));
    stats::IRPS_OUTSTANDING.add(1);
    call::call(spec.device, packet, place);
    Ok(request)
}

/// Undoes what the caller did for a request that could not be sent.
pub(super) fn give_up(spec: &Spec, place: Place) {
    if spec.locked {
        super::file::unlock(spec.file, place);
    }
}
