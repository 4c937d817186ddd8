//! One operation on a socket, from the call that brings its IRP to the IRP's completion.

use super::address::Address;
use super::range::Range;
use super::socket::Socket;
use super::status;
use crate::irp;
use crate::irql;
use crate::kernelbase::{CancelIoEx, Overlapped};
use crate::ledger::HELD;
use crate::spin_lock;
use crate::winsock::{
    self, ConnectExFn, RawSocket, SD_SEND, SIO_GET_EXTENSION_FUNCTION_POINTER,
    SO_UPDATE_CONNECT_CONTEXT, SOCKET_ERROR, WSA_IO_PENDING, WSAGetLastError, WSAID_CONNECTEX,
    WSAIoctl, WSARecv, WSASend, as_handle,
};
use alloc::sync::Arc;
use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use wdk_sys::{
    NT_SUCCESS, NTSTATUS, PDEVICE_OBJECT, PIRP, STATUS_CANCELLED, STATUS_CONNECTION_ABORTED,
    STATUS_SUCCESS,
};
use wsk_sys::SOL_SOCKET;

/// What an operation does.
pub enum Kind {
    /// Connects. When the call also made the socket, a success gives it to the client.
    Connect { to: Address, makes_socket: bool },
    /// Sends all bytes.
    Send,
    /// Receives some bytes, or all when `whole`.
    Receive { whole: bool },
    /// Ends our side of the connection after everything before it is sent.
    Disconnect,
}

/// What came of a step.
pub enum Step {
    /// The end comes to the port.
    Pending,
    /// It is over.
    Over(NTSTATUS),
}

/// An operation. The first field is what Winsock knows it by.
#[repr(C)]
pub struct Operation {
    overlapped: UnsafeCell<Overlapped>,
    pub socket: Arc<Socket>,
    pub kind: Kind,
    irp: PIRP,
    range: Range,
    done: AtomicUsize,
    cancelled: AtomicBool,
}

// SAFETY: the overlapped structure is Winsock's while a step is pending and nobody's else; the IRP is the operation's.
unsafe impl Send for Operation {}
// SAFETY: as above.
unsafe impl Sync for Operation {}

const IDLE: Overlapped = Overlapped {
    internal: 0,
    internal_high: 0,
    offset: 0,
    event: null_mut(),
};

impl Operation {
    /// An operation for an IRP that has been taken over. It can be cancelled from here on.
    pub fn new(socket: Arc<Socket>, kind: Kind, range: Range, irp: PIRP) -> Arc<Self> {
        HELD.socket_operations.add();
        let operation = Arc::new(Self {
            overlapped: UnsafeCell::new(IDLE),
            socket,
            kind,
            irp,
            range,
            done: AtomicUsize::new(0),
            cancelled: AtomicBool::new(false),
        });
        let context = Arc::into_raw(operation.clone()).cast_mut().cast();
        set_driver_context(irp, context);
        // SAFETY: the IRP is this operation's.
        unsafe { irp::exchange_cancel_routine(irp, Some(cancel)) };
        // SAFETY: as above.
        if unsafe { (*irp).Cancel } != 0 {
            operation.cancelled.store(true, Ordering::SeqCst);
        }
        operation
    }

    /// Has the operation end soon.
    pub fn mark_cancelled(&self) {
        self.cancelled.store(true, Ordering::SeqCst);
    }

    /// Whether it is to end early.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::SeqCst)
    }

    /// Takes a step back from Winsock; what it moved will still be told.
    pub fn abort(&self, socket: RawSocket) {
        // SAFETY: the socket is open. When no step is pending, there is nothing to cancel.
        unsafe { CancelIoEx(as_handle(socket), self.overlapped.get()) };
    }

    /// Begins, or goes on with what is left.
    pub fn step(self: &Arc<Self>) -> Step {
        let Some(socket) = self.may_go_on() else {
            return Step::Over(self.early_end());
        };
        match &self.kind {
            Kind::Connect { to, .. } => self.start(socket, |packet| connect(socket, to, packet)),
            Kind::Send => self.start(socket, |packet| self.send(socket, packet)),
            Kind::Receive { .. } => self.start(socket, |packet| self.receive(socket, packet)),
            // SAFETY: the socket is open.
            Kind::Disconnect => match unsafe { winsock::shutdown(socket, SD_SEND) } {
                0 => Step::Over(STATUS_SUCCESS),
                _ => Step::Over(status::last()),
            },
        }
    }

    /// Has Winsock start something whose packet comes to the port; it returns the status of a failure.
    fn start(
        self: &Arc<Self>,
        socket: RawSocket,
        call: impl FnOnce(*mut Overlapped) -> Option<NTSTATUS>,
    ) -> Step {
        let packet = self.overlapped.get();
        // SAFETY: no step is pending.
        unsafe { packet.write(IDLE) };
        // This reference comes back with the packet.
        let given = Arc::into_raw(self.clone());
        if let Some(status) = call(packet) {
            // SAFETY: nothing is pending, so the reference does not come back by itself.
            drop(unsafe { Arc::from_raw(given) });
            return Step::Over(status);
        }
        // Whoever cancelled in the meantime found nothing to cancel.
        if self.may_go_on().is_none() {
            self.abort(socket);
        }
        Step::Pending
    }

    /// The socket, unless the operation is to end.
    fn may_go_on(&self) -> Option<RawSocket> {
        let ends = self.is_cancelled() || self.socket.is_reset();
        self.socket.open().filter(|_| !ends)
    }

    /// The status of an operation that may not go on.
    fn early_end(&self) -> NTSTATUS {
        if self.socket.is_reset() {
            STATUS_CONNECTION_ABORTED
        } else {
            STATUS_CANCELLED
        }
    }

    fn send(&self, socket: RawSocket, packet: *mut Overlapped) -> Option<NTSTATUS> {
        let mut pieces = self.range.rest(self.done.load(Ordering::SeqCst));
        let (first, count) = (pieces.as_mut_ptr(), pieces.len() as u32);
        // SAFETY: Winsock copies the list; the bytes stay until the packet comes.
        let result = unsafe { WSASend(socket, first, count, null_mut(), 0, packet, null_mut()) };
        failure(result != SOCKET_ERROR)
    }

    fn receive(&self, socket: RawSocket, packet: *mut Overlapped) -> Option<NTSTATUS> {
        let mut pieces = self.range.rest(self.done.load(Ordering::SeqCst));
        let (first, count) = (pieces.as_mut_ptr(), pieces.len() as u32);
        let (received, mut flags, routine) = (null_mut(), 0, null_mut());
        // SAFETY: Winsock copies the list; the room stays until the packet comes.
        let result =
            unsafe { WSARecv(socket, first, count, received, &mut flags, packet, routine) };
        failure(result != SOCKET_ERROR)
    }

    /// A packet has come to the port.
    ///
    /// # Safety
    ///
    /// The packet is of a step that was pending.
    pub unsafe fn ended(packet: *mut Overlapped, bytes: usize) {
        // SAFETY: the caller vouches, so it is the first field of an operation, whose reference `step` gave.
        let operation = unsafe { Arc::from_raw(packet.cast_const().cast::<Self>()) };
        // SAFETY: the step is over, so nobody else uses it.
        let status = unsafe { (*packet).internal };
        // An NTSTATUS fills the lower half.
        let status = match status::of_pending(status as u32 as NTSTATUS) {
            STATUS_CANCELLED => operation.early_end(),
            status => status,
        };
        operation.done.fetch_add(bytes, Ordering::SeqCst);
        let step = if NT_SUCCESS(status) && bytes != 0 && !operation.is_enough() {
            operation.step()
        } else {
            Step::Over(status)
        };
        if let Step::Over(status) = step {
            operation.settle(status);
            Socket::next(&operation);
            operation.finish(status);
        }
    }

    /// Whether what was moved satisfies the client.
    fn is_enough(&self) -> bool {
        let wants_all = matches!(self.kind, Kind::Send | Kind::Receive { whole: true });
        !wants_all || self.done.load(Ordering::SeqCst) >= self.range.len()
    }

    /// Notes at the socket what the operation has changed.
    pub fn settle(&self, status: NTSTATUS) {
        if matches!(self.kind, Kind::Connect { .. }) && NT_SUCCESS(status) {
            if let Some(socket) = self.socket.open() {
                let (level, option) = (SOL_SOCKET as i32, SO_UPDATE_CONNECT_CONTEXT);
                // Without it the socket does not know its peer; a failure would show there.
                // SAFETY: the socket is open; the option has no value.
                unsafe { winsock::setsockopt(socket, level, option, null_mut(), 0) };
            }
            self.socket.set_connected();
        }
    }

    /// Completes the IRP.
    pub fn finish(self: &Arc<Self>, status: NTSTATUS) {
        withdraw_cancel_routine(self.irp);
        let context = driver_context(self.irp).cast_const().cast::<Self>();
        // SAFETY: `new` gave this reference to the IRP, and the cancel routine has one of its own by now.
        drop(unsafe { Arc::from_raw(context) });
        let mut information = self.done.load(Ordering::SeqCst);
        if let Kind::Connect {
            makes_socket: true, ..
        } = self.kind
        {
            if NT_SUCCESS(status) {
                information = self.socket.clone().into_raw().addr();
            } else {
                self.socket.discard();
            }
        }
        // SAFETY: the IRP is this operation's, which is over.
        unsafe { irp::set_outcome(self.irp, status, information) };
        // SAFETY: as above.
        unsafe { irp::complete_at_dispatch(self.irp) };
        HELD.socket_operations.remove();
        self.socket.operation_is_over();
    }
}

/// The status of a call that has failed; None when its end comes to the port.
fn failure(succeeded: bool) -> Option<NTSTATUS> {
    // SAFETY: has no conditions.
    if succeeded || unsafe { WSAGetLastError() } == WSA_IO_PENDING {
        None
    } else {
        Some(status::last())
    }
}

fn connect(socket: RawSocket, to: &Address, packet: *mut Overlapped) -> Option<NTSTATUS> {
    let connect_ex = match connect_ex(socket) {
        Ok(connect_ex) => connect_ex,
        Err(status) => return Some(status),
    };
    let (name, length) = (to.as_ptr(), to.len() as i32);
    let (data, data_length, sent) = (null_mut(), 0, null_mut());
    // SAFETY: the address stays until the packet comes; nothing is sent along.
    let done = unsafe { connect_ex(socket, name, length, data, data_length, sent, packet) };
    failure(done != 0)
}

/// The function that connects without blocking, which Winsock does not export.
fn connect_ex(socket: RawSocket) -> Result<ConnectExFn, NTSTATUS> {
    let mut name = WSAID_CONNECTEX;
    let mut function: Option<ConnectExFn> = None;
    let mut returned = 0;
    // SAFETY: the name is read, and a pointer written, of the sizes given.
    let result = unsafe {
        WSAIoctl(
            socket,
            SIO_GET_EXTENSION_FUNCTION_POINTER,
            (&raw mut name).cast(),
            size_of_val(&name) as u32,
            (&raw mut function).cast(),
            size_of_val(&function) as u32,
            &mut returned,
            null_mut(),
            null_mut(),
        )
    };
    function.filter(|_| result == 0).ok_or_else(status::last)
}

/// The place of the provider's own field in an IRP that it has.
fn context_place(irp: PIRP) -> *mut *mut c_void {
    // SAFETY: the IRP is the provider's.
    let overlay = unsafe { &raw mut (*irp).Tail.Overlay };
    // SAFETY: as above, and the provider uses the union as this.
    unsafe { (&raw mut (*overlay).__bindgen_anon_1.__bindgen_anon_1.DriverContext).cast() }
}

/// The provider's own field in an IRP that it has.
pub fn driver_context(irp: PIRP) -> *mut c_void {
    // SAFETY: a place in the provider's IRP.
    unsafe { context_place(irp).read() }
}

/// Sets it.
pub fn set_driver_context(irp: PIRP, context: *mut c_void) {
    // SAFETY: a place in the provider's IRP.
    unsafe { context_place(irp).write(context) };
}

/// Takes the cancel routine out of an IRP; when that is running already, waits until it is past the cancel spin lock.
pub fn withdraw_cancel_routine(irp: PIRP) {
    // SAFETY: the IRP is the provider's.
    if unsafe { irp::exchange_cancel_routine(irp, None) } {
        return;
    }
    let mut level = irql::PASSIVE;
    // SAFETY: the level goes to a local.
    unsafe { spin_lock::acquire_cancel(&mut level) };
    // SAFETY: taken above.
    unsafe { spin_lock::release_cancel(level) };
}

/// The cancel routine of all operations.
unsafe extern "C" fn cancel(_device: PDEVICE_OBJECT, irp: PIRP) {
    let context = driver_context(irp).cast_const().cast::<Operation>();
    // SAFETY: the IRP's reference is there until `finish`, which waits for the lock that is held now.
    unsafe { Arc::increment_strong_count(context) };
    // SAFETY: counted just now.
    let operation = unsafe { Arc::from_raw(context) };
    // SAFETY: the IRP is there, for the same reason.
    let level = unsafe { (*irp).CancelIrql };
    // SAFETY: a cancel routine is called with the lock held.
    unsafe { spin_lock::release_cancel(level) };
    Socket::cancel(&operation);
}
