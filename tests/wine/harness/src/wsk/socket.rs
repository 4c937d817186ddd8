//! A connection-oriented socket.
//!
//! Each direction has a queue, of which the first operation is with Winsock: so bytes keep their order, any number of
//! operations may wait, and a receive that wants all its bytes gets them before the next begins.

use super::Client;
use super::address::Address;
use super::control::KeepAlive;
use super::operation::{Kind, Operation, Step};
use super::{port, status};
use crate::irp;
use crate::kernelbase::CancelIoEx;
use crate::ledger::{HELD, violation};
use crate::sync::Mutex;
use crate::winsock::{
    self, INVALID_SOCKET, Linger, RawSocket, SO_LINGER, WSA_FLAG_OVERLAPPED, WSASocketW, as_handle,
};
use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::ptr::null_mut;
use core::sync::atomic::Ordering;
use wdk_sys::{
    NTSTATUS, PIRP, STATUS_CANCELLED, STATUS_CONNECTION_ABORTED, STATUS_CONNECTION_ACTIVE,
    STATUS_CONNECTION_DISCONNECTED, STATUS_FILE_FORCED_CLOSED, STATUS_INVALID_CONNECTION,
    STATUS_INVALID_DEVICE_STATE, STATUS_SUCCESS,
};
use wsk_sys::{ADDRESS_FAMILY, IPPROTO_TCP, SOCK_STREAM, SOL_SOCKET, WSK_SOCKET};

/// A socket. The first field is what the client knows it by.
#[repr(C)]
pub struct Socket {
    public: WSK_SOCKET,
    client: *const Client,
    state: Mutex<State>,
}

// SAFETY: the public part is written once, and the client outlives its sockets.
unsafe impl Send for Socket {}
// SAFETY: as above; the rest is behind a lock.
unsafe impl Sync for Socket {}

struct State {
    raw: RawSocket,
    bound: bool,
    connected: bool,
    /// Our side has ended.
    ended: bool,
    /// The client has reset the connection.
    reset: bool,
    outgoing: Queue,
    incoming: Queue,
    /// Operations that are not over.
    operations: usize,
    keep_alive: KeepAlive,
    /// The IRP of the call that closes.
    closing: Option<ClosingIrp>,
    closed: bool,
}

struct ClosingIrp(PIRP);

// SAFETY: the IRP is the provider's until it is completed.
unsafe impl Send for ClosingIrp {}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Arc<Operation>>,
    /// The first is with Winsock, or about to be.
    busy: bool,
}

impl State {
    fn queue(&mut self, kind: &Kind) -> &mut Queue {
        match kind {
            Kind::Receive { .. } => &mut self.incoming,
            Kind::Connect { .. } | Kind::Send | Kind::Disconnect => &mut self.outgoing,
        }
    }

    /// Whether an operation may begin now.
    fn admit(&self, kind: &Kind) -> Result<(), NTSTATUS> {
        match kind {
            _ if self.closed || self.closing.is_some() => Err(STATUS_FILE_FORCED_CLOSED),
            _ if self.reset => Err(STATUS_CONNECTION_ABORTED),
            Kind::Connect { .. } if self.connected => Err(STATUS_CONNECTION_ACTIVE),
            Kind::Connect { .. } if !self.bound => Err(STATUS_INVALID_DEVICE_STATE),
            Kind::Connect { .. } => Ok(()),
            _ if !self.connected => Err(STATUS_INVALID_CONNECTION),
            Kind::Send | Kind::Disconnect if self.ended => Err(STATUS_CONNECTION_DISCONNECTED),
            Kind::Send | Kind::Receive { .. } | Kind::Disconnect => Ok(()),
        }
    }
}

impl Socket {
    /// A new socket of an address family.
    pub fn new(
        client: &Client,
        dispatch: *const core::ffi::c_void,
        family: ADDRESS_FAMILY,
    ) -> Result<Arc<Self>, NTSTATUS> {
        let (kind, protocol) = (SOCK_STREAM.into(), IPPROTO_TCP as i32);
        // SAFETY: no protocol information is given.
        let raw = unsafe {
            WSASocketW(
                family.into(),
                kind,
                protocol,
                null_mut(),
                0,
                WSA_FLAG_OVERLAPPED,
            )
        };
        if raw == INVALID_SOCKET {
            return Err(status::last());
        }
        if let Err(status) = port::attach(raw) {
            // SAFETY: the socket is ours.
            unsafe { winsock::closesocket(raw) };
            return Err(status);
        }
        client.sockets.fetch_add(1, Ordering::SeqCst);
        HELD.sockets.add();
        Ok(Arc::new(Self {
            public: WSK_SOCKET { Dispatch: dispatch },
            client,
            state: Mutex::new(State {
                raw,
                bound: false,
                connected: false,
                ended: false,
                reset: false,
                outgoing: Queue::default(),
                incoming: Queue::default(),
                operations: 0,
                keep_alive: KeepAlive::default(),
                closing: None,
                closed: false,
            }),
        }))
    }

    /// Gives a reference to the client.
    pub fn into_raw(self: Arc<Self>) -> *mut WSK_SOCKET {
        Arc::into_raw(self).cast_mut().cast()
    }

    /// The socket that a client names.
    ///
    /// # Safety
    ///
    /// `into_raw` gave it out, and the client has not closed it.
    pub unsafe fn from_client(socket: *mut WSK_SOCKET) -> Arc<Self> {
        let socket = socket.cast_const().cast::<Self>();
        // SAFETY: the caller vouches that the client's reference is there.
        unsafe { Arc::increment_strong_count(socket) };
        // SAFETY: counted just now.
        unsafe { Arc::from_raw(socket) }
    }

    /// Winsock's socket, unless this one is being closed.
    pub fn open(&self) -> Option<RawSocket> {
        let state = self.state.lock();
        (state.closing.is_none() && !state.closed).then_some(state.raw)
    }

    /// Binds to a local address.
    pub fn bind(&self, to: &Address) -> Result<(), NTSTATUS> {
        let raw = self.open().ok_or(STATUS_FILE_FORCED_CLOSED)?;
        // SAFETY: the socket is open, and the address has this length.
        if unsafe { winsock::bind(raw, to.as_ptr(), to.len() as i32) } != 0 {
            return Err(status::last());
        }
        self.state.lock().bound = true;
        Ok(())
    }

    /// Changes the times of keep-alive probes and says what they all are then.
    pub fn change_keep_alive(&self, change: impl FnOnce(&mut KeepAlive)) -> KeepAlive {
        let keep_alive = &mut self.state.lock().keep_alive;
        change(keep_alive);
        *keep_alive
    }

    /// Notes that it is connected.
    pub fn set_connected(&self) {
        self.state.lock().connected = true;
    }

    /// Begins an operation. Its IRP is completed in any case, later.
    pub fn begin(operation: Arc<Operation>) {
        let socket = operation.socket.clone();
        let mut state = socket.state.lock();
        state.operations += 1;
        if let Err(status) = state.admit(&operation.kind) {
            drop(state);
            port::later(move || operation.finish(status));
            return;
        }
        state.ended |= matches!(operation.kind, Kind::Disconnect);
        let queue = state.queue(&operation.kind);
        queue.waiting.push_back(operation.clone());
        let first = !core::mem::replace(&mut queue.busy, true);
        drop(state);
        // Whoever cancelled before it was queued did not find it.
        if operation.is_cancelled() {
            Self::cancel(&operation);
        }
        if first {
            port::later(move || Self::drive(&operation));
        }
    }

    /// Has the queue of an operation go on after its end.
    pub fn next(operation: &Arc<Operation>) {
        let mut state = operation.socket.state.lock();
        let queue = state.queue(&operation.kind);
        queue.waiting.retain(|other| !Arc::ptr_eq(other, operation));
        drop(state);
        Self::drive(operation);
    }

    /// Begins what is first in the queue to which an operation belongs.
    fn drive(of: &Arc<Operation>) {
        loop {
            let first = {
                let mut state = of.socket.state.lock();
                let queue = state.queue(&of.kind);
                let first = queue.waiting.front().cloned();
                queue.busy = first.is_some();
                first
            };
            let Some(operation) = first else {
                return;
            };
            let Step::Over(status) = operation.step() else {
                return;
            };
            operation.settle(status);
            let mut state = of.socket.state.lock();
            state.queue(&of.kind).waiting.pop_front();
            drop(state);
            operation.finish(status);
        }
    }

    /// An operation is to end early.
    pub fn cancel(operation: &Arc<Operation>) {
        let socket = &operation.socket;
        operation.mark_cancelled();
        let mut state = socket.state.lock();
        let (raw, open) = (state.raw, !state.closed);
        let queue = state.queue(&operation.kind);
        let place = queue
            .waiting
            .iter()
            .position(|other| Arc::ptr_eq(other, operation));
        match place {
            Some(0) if queue.busy => {
                if open {
                    operation.abort(raw);
                }
            }
            Some(place) => {
                queue.waiting.remove(place);
                drop(state);
                let operation = operation.clone();
                port::later(move || operation.finish(STATUS_CANCELLED));
            }
            // Not queued yet, so that the mark is seen; or over.
            None => {}
        }
    }

    /// Resets the connection: what is under way ends, and nothing can be begun any more. The peer hears of it when the
    /// socket is closed.
    pub fn reset(&self) -> Result<(), NTSTATUS> {
        let raw = self.open().ok_or(STATUS_FILE_FORCED_CLOSED)?;
        let mut state = self.state.lock();
        if !state.connected {
            return Err(STATUS_INVALID_CONNECTION);
        }
        state.reset = true;
        // SAFETY: the socket is open.
        unsafe { CancelIoEx(as_handle(raw), null_mut()) };
        Ok(())
    }

    /// Whether the client has reset the connection.
    pub fn is_reset(&self) -> bool {
        self.state.lock().reset
    }

    /// Closes the socket: what is queued ends first, then the IRP is completed.
    pub fn close(self: Arc<Self>, irp: PIRP) {
        let waiting: Vec<_> = {
            let mut state = self.state.lock();
            if state.closed || state.closing.replace(ClosingIrp(irp)).is_some() {
                violation!("a WSK socket was closed twice");
                return;
            }
            if state.connected && (state.reset || !state.ended) {
                // A connection that was not ended in good order is reset.
                do_not_linger(state.raw);
            }
            // SAFETY: the socket is open.
            unsafe { CancelIoEx(as_handle(state.raw), null_mut()) };
            let State {
                outgoing, incoming, ..
            } = &mut *state;
            [outgoing, incoming]
                .into_iter()
                .flat_map(|queue| {
                    queue
                        .waiting
                        .split_off(usize::from(queue.busy).min(queue.waiting.len()))
                })
                .collect()
        };
        for operation in waiting {
            operation.finish(STATUS_CANCELLED);
        }
        self.close_if_idle();
    }

    /// An operation's IRP has been completed.
    pub fn operation_is_over(&self) {
        self.state.lock().operations -= 1;
        self.close_if_idle();
    }

    fn close_if_idle(&self) {
        let irp = {
            let mut state = self.state.lock();
            if state.operations != 0 {
                return;
            }
            let Some(irp) = state.closing.take() else {
                return;
            };
            self.end(&mut state);
            irp
        };
        // SAFETY: the client's reference, which ends with this.
        unsafe { Arc::decrement_strong_count(self) };
        // SAFETY: the IRP of the call that closes.
        unsafe { irp::set_outcome(irp.0, STATUS_SUCCESS, 0) };
        // SAFETY: as above.
        unsafe { irp::complete_at_dispatch(irp.0) };
    }

    /// Closes a socket that no client has got.
    pub fn discard(&self) {
        self.end(&mut self.state.lock());
    }

    fn end(&self, state: &mut State) {
        state.closed = true;
        // SAFETY: the socket is ours, and no operation is under way.
        unsafe { winsock::closesocket(state.raw) };
        HELD.sockets.remove();
        // SAFETY: the client outlives its sockets.
        unsafe { &*self.client }
            .sockets
            .fetch_sub(1, Ordering::SeqCst);
    }
}

fn do_not_linger(socket: RawSocket) {
    let linger = Linger { on: 1, seconds: 0 };
    let (value, length) = ((&raw const linger).cast(), size_of::<Linger>() as i32);
    // A failure would make the end of the connection a friendlier one.
    // SAFETY: the value has this length.
    unsafe { winsock::setsockopt(socket, SOL_SOCKET as i32, SO_LINGER, value, length) };
}
