//! A connection and its operations.

use super::buffer::Range;
use super::state::{End, Operation, Removed, State, Step};
use super::{poller, status};
use crate::io::{self, Packet};
use crate::irql;
use crate::mode;
use crate::stats;
use crate::sys::*;
use crate::trace::{self, Event};
use crate::verifier::{Place, broken};
use core::ffi::c_void;
use core::net::SocketAddr;
use core::panic::Location;
use parking_lot::Mutex;
use socket2::{Domain, Protocol, Type};
use std::io::ErrorKind;
use std::os::fd::AsRawFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wsk_sys::WSK_SOCKET;

/// Sockets that are not closed.
static SOCKETS: AtomicUsize = AtomicUsize::new(0);
static NEXT_KEY: AtomicUsize = AtomicUsize::new(1);

/// How many sockets are open.
pub(crate) fn sockets() -> usize {
    SOCKETS.load(Ordering::SeqCst)
}

/// Whose socket it is.
pub(crate) trait Owner: Send + Sync {
    /// The socket is gone.
    fn socket_closed(&self);
}

/// A socket. What a client of WSK sees of it is its first field.
#[repr(C)]
pub(crate) struct Socket {
    public: WSK_SOCKET,
    key: usize,
    owner: Arc<dyn Owner>,
    state: Mutex<State>,
}

// SAFETY: the public part is written once; the rest is under a lock.
unsafe impl Send for Socket {}
// SAFETY: as above.
unsafe impl Sync for Socket {}

impl Socket {
    /// Makes a socket of an address family. `dispatch` is for clients of WSK.
    pub(crate) fn new(
        owner: Arc<dyn Owner>,
        dispatch: *const c_void,
        domain: Domain,
    ) -> Result<Arc<Self>, NTSTATUS> {
        let host = socket2::Socket::new(domain, Type::STREAM, Some(Protocol::TCP))
            .map_err(|error| status::of(&error))?;
        host.set_nonblocking(true)
            .map_err(|error| status::of(&error))?;
        SOCKETS.fetch_add(1, Ordering::SeqCst);
        Ok(Arc::new(Self {
            public: WSK_SOCKET { Dispatch: dispatch },
            key: NEXT_KEY.fetch_add(1, Ordering::Relaxed),
            owner,
            state: Mutex::new(State {
                host: Some(Arc::new(host)),
                ..State::default()
            }),
        }))
    }

    /// The socket behind a client's pointer.
    ///
    /// # Safety
    /// `socket` was given out by [`Socket::into_raw`] and is not closed.
    pub(crate) unsafe fn from_raw(socket: *mut c_void) -> Arc<Self> {
        let socket: *const Self = socket.cast_const().cast();
        // SAFETY: by the contract the client's reference is there.
        unsafe { Arc::increment_strong_count(socket) };
        // SAFETY: the count was just raised.
        unsafe { Arc::from_raw(socket) }
    }

    /// Gives the client its reference.
    pub(crate) fn into_raw(self: Arc<Self>) -> *mut c_void {
        Arc::into_raw(self).cast_mut().cast()
    }

    pub(crate) fn key(&self) -> usize {
        self.key
    }

    /// The host's socket.
    pub(crate) fn host(&self) -> Result<Arc<socket2::Socket>, NTSTATUS> {
        self.state
            .lock()
            .host
            .clone()
            .ok_or(STATUS_FILE_FORCED_CLOSED)
    }

    /// Binds to a local address.
    pub(crate) fn bind(&self, to: SocketAddr) -> Result<(), NTSTATUS> {
        self.host()?
            .bind(&to.into())
            .map_err(|error| status::of(&error))?;
        self.state.lock().bound = true;
        Ok(())
    }

    /// The address at one end.
    pub(crate) fn address(&self, remote: bool) -> Result<SocketAddr, NTSTATUS> {
        let host = self.host()?;
        let address = if remote {
            host.peer_addr()
        } else {
            host.local_addr()
        };
        let address = address.map_err(|error| status::of(&error))?;
        address.as_socket().ok_or(STATUS_INVALID_ADDRESS)
    }

    /// Whether it is bound.
    pub(crate) fn is_bound(&self) -> bool {
        self.state.lock().bound
    }

    /// Undoes [`Self::bind`] for a socket that is not connected (any more).
    pub(crate) fn unbind(&self) -> Result<(), NTSTATUS> {
        let mut state = self.state.lock();
        if !state.bound {
            return Err(STATUS_ADDRESS_NOT_ASSOCIATED);
        }
        if state.connected && state.send_end.is_none() {
            return Err(STATUS_CONNECTION_ACTIVE);
        }
        state.bound = false;
        Ok(())
    }

    /// Drops a socket that no client has.
    pub(crate) fn discard(self: Arc<Self>) {
        if let Some(host) = self.state.lock().host.take() {
            poller::forget(self.key, &host);
        }
        SOCKETS.fetch_sub(1, Ordering::SeqCst);
        self.owner.socket_closed();
    }

    /// Begins to connect a socket that the client gets with the success.
    pub(crate) fn connect_new(self: Arc<Self>, to: SocketAddr, packet: Packet, place: Place) {
        self.state.lock().unclaimed = true;
        self.connect(to, packet, place);
    }

    /// Ends a connect.
    fn complete_connect(self: &Arc<Self>, packet: Packet, status: NTSTATUS, place: Place) {
        let unclaimed = core::mem::take(&mut self.state.lock().unclaimed);
        let mut end = End::failed(status);
        if unclaimed && NT_SUCCESS(status) {
            end.information = self.clone().into_raw() as usize;
        } else if unclaimed {
            self.clone().discard();
        }
        complete(packet, end, place);
    }

    /// Begins to connect. The packet is completed in any case.
    pub(crate) fn connect(self: &Arc<Self>, to: SocketAddr, packet: Packet, place: Place) {
        let result = self.host().and_then(|host| {
            let begun = host.connect(&to.into());
            match begun {
                Err(error) if error.raw_os_error() != Some(libc::EINPROGRESS) => {
                    return Err(status::of(&error));
                }
                _ => {}
            }
            {
                let mut state = self.state.lock();
                if state.connected || state.connecting.is_some() {
                    return Err(STATUS_CONNECTION_ACTIVE);
                }
                state.connecting = Some(packet);
                self.arm(packet);
            }
            poller::watch(self, &host).map_err(|error| {
                self.state.lock().connecting = None;
                packet.exchange_cancel(None);
                status::of(&error)
            })
        });
        match result {
            Ok(()) => self.withdraw_if_cancelled(packet, place),
            Err(status) => self.complete_connect(packet, status, place),
        }
    }

    /// Sets the cancel routine of an operation that is queued now.
    fn arm(&self, packet: Packet) {
        packet.set_driver_context(0, (&raw const *self).cast_mut().cast());
        packet.exchange_cancel(Some(cancel_operation));
    }

    /// Ends an operation that was cancelled before it had a cancel routine.
    fn withdraw_if_cancelled(self: &Arc<Self>, packet: Packet, place: Place) {
        // The operation may be over and its packet gone; if it is still queued, it is not.
        let mut state = self.state.lock();
        if !state.has(packet) || !packet.cancelled() || packet.exchange_cancel(None).is_none() {
            return;
        }
        let removed = state.remove(packet);
        drop(state);
        self.complete_removed(packet, removed, place);
    }

    /// Completes what was taken out for its cancel routine.
    fn complete_removed(self: &Arc<Self>, packet: Packet, removed: Removed, place: Place) {
        match removed {
            Removed::Connect(status) => self.complete_connect(packet, status, place),
            Removed::Transfer(end) => complete(packet, end, place),
        }
    }

    /// Sends, at once if the host takes it.
    pub(crate) fn send(self: &Arc<Self>, range: Range, packet: Packet, place: Place) {
        stats::SENDS.add(1);
        let mut operation = Operation {
            packet,
            range,
            whole: true,
            end: None,
        };
        let bytes = operation.range.length;
        trace::emit(|| Event::Sent {
            socket: self.key,
            bytes,
        });
        let mut state = self.state.lock();
        let end = match state.may_send() {
            Err(status) => Some(End::failed(status)),
            Ok(_) if !state.sends.is_empty() => None,
            Ok(host) => self.try_send(&host, &mut operation),
        };
        match end {
            Some(end) => {
                operation.range.release();
                drop(state);
                complete(packet, end, place);
            }
            None => {
                self.arm(packet);
                state.sends.push_back(operation);
                drop(state);
                self.withdraw_if_cancelled(packet, place);
            }
        }
    }

    /// Sends what the host takes of an operation. Some when it is over.
    fn try_send(&self, host: &socket2::Socket, operation: &mut Operation) -> Option<End> {
        loop {
            if operation.range.is_done() {
                return Some(End {
                    status: STATUS_SUCCESS,
                    information: operation.range.done,
                });
            }
            match operation.range.send(host) {
                Ok(bytes) => {
                    operation.range.done += bytes;
                    stats::BYTES_SENT.add(bytes as u64);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return None,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    return Some(End {
                        status: status::of(&error),
                        information: operation.range.done,
                    });
                }
            }
        }
    }

    /// Receives: some bytes, or all of the range if `whole`.
    pub(crate) fn receive(
        self: &Arc<Self>,
        range: Range,
        whole: bool,
        packet: Packet,
        place: Place,
    ) {
        stats::RECEIVES.add(1);
        let mut state = self.state.lock();
        if let Err(status) = state.may_receive() {
            range.release();
            drop(state);
            complete(packet, End::failed(status), place);
            return;
        }
        self.arm(packet);
        state.receives.push_back(Operation {
            packet,
            range,
            whole,
            end: None,
        });
        let kick = !state.in_progress && (state.readable || state.receive_end.is_some());
        drop(state);
        if kick {
            poller::kick(self);
        }
        self.withdraw_if_cancelled(packet, place);
    }

    /// Receives what the host has for an operation. Some when it is over.
    fn try_receive(
        &self,
        host: &socket2::Socket,
        operation: &mut Operation,
        readable: &mut bool,
    ) -> Option<End> {
        loop {
            let range = &mut operation.range;
            if range.is_done() || range.done > 0 && !operation.whole {
                return Some(End {
                    status: STATUS_SUCCESS,
                    information: range.done,
                });
            }
            match range.receive(host) {
                // The peer has closed its side: this receive says so, and all after it.
                Ok(0) => {
                    return Some(End {
                        status: STATUS_SUCCESS,
                        information: range.done,
                    });
                }
                Ok(bytes) => {
                    range.done += bytes;
                    stats::BYTES_RECEIVED.add(bytes as u64);
                    trace::emit(|| Event::Received {
                        socket: self.key,
                        bytes,
                    });
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    *readable = false;
                    return None;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => {
                    return Some(End {
                        status: status::of(&error),
                        information: range.done,
                    });
                }
            }
        }
    }

    /// Ends the connection: after what is queued is sent, or at once if `abortive`.
    pub(crate) fn disconnect(self: &Arc<Self>, abortive: bool, packet: Packet, place: Place) {
        let mut state = self.state.lock();
        let result = match (state.host.clone(), state.connected) {
            (Some(host), true) if abortive => {
                state.receive_end.get_or_insert(STATUS_CONNECTION_ABORTED);
                state.send_end = Some(STATUS_CONNECTION_ABORTED);
                reset(&host).map_err(|error| status::of(&error))
            }
            (Some(_), true) if !state.sends.is_empty() => {
                state.disconnecting = Some(packet);
                return;
            }
            (Some(host), true) => host
                .shutdown(std::net::Shutdown::Write)
                .map_err(|error| status::of(&error)),
            _ => Err(STATUS_INVALID_CONNECTION),
        };
        state.send_end.get_or_insert(STATUS_CONNECTION_DISCONNECTED);
        drop(state);
        if abortive {
            // What is in flight ends before the abort does.
            self.progress(false, false);
        }
        complete(
            packet,
            End::failed(result.err().unwrap_or(STATUS_SUCCESS)),
            place,
        );
    }

    /// Closes the socket: what is queued ends first.
    pub(crate) fn close(self: Arc<Self>, packet: Packet, place: Place) {
        let mut state = self.state.lock();
        if core::mem::replace(&mut state.closed, true) {
            drop(state);
            broken!(Wsk, place, None, "a socket was closed twice");
            return;
        }
        if let Some(host) = state.host.take() {
            poller::forget(self.key, &host);
        }
        state.closing = Some(packet);
        let busy = state.in_progress;
        drop(state);
        if !busy {
            self.progress(false, false);
        }
    }

    /// Moves the operations on. `readable` and `writable` are news from the host.
    pub(crate) fn progress(self: &Arc<Self>, readable: bool, writable: bool) {
        let place = Location::caller();
        let mut state = self.state.lock();
        state.readable |= readable;
        if state.in_progress {
            return;
        }
        state.in_progress = true;
        if writable {
            self.settle_connect(&mut state, place);
        }
        loop {
            match self.step(&mut state) {
                Step::Complete(packet, end) => {
                    parking_lot::MutexGuard::unlocked(&mut state, || complete(packet, end, place));
                }
                Step::Again => {}
                Step::Idle => break,
            }
        }
        state.in_progress = false;
        let closing = if state.cancelling.is_empty() {
            state.closing.take()
        } else {
            None
        };
        drop(state);
        if let Some(packet) = closing {
            self.finish_close(packet, place);
        }
    }

    fn finish_close(&self, packet: Packet, place: Place) {
        SOCKETS.fetch_sub(1, Ordering::SeqCst);
        self.owner.socket_closed();
        // SAFETY: the client's reference, which ends with the close.
        unsafe { Arc::decrement_strong_count(self) };
        complete(packet, End::failed(STATUS_SUCCESS), place);
    }

    /// Ends the connect that the host says is over.
    fn settle_connect(
        self: &Arc<Self>,
        state: &mut parking_lot::MutexGuard<'_, State>,
        place: Place,
    ) {
        let (Some(packet), Some(host)) = (state.connecting, state.host.clone()) else {
            return;
        };
        let status = match host.take_error() {
            Ok(None) if host.peer_addr().is_ok() => STATUS_SUCCESS,
            Ok(None) => return,
            Ok(Some(error)) | Err(error) => status::of(&error),
        };
        // Otherwise the cancel routine is on its way and ends it.
        if packet.exchange_cancel(None).is_some() {
            state.connecting = None;
            state.connected = NT_SUCCESS(status);
            parking_lot::MutexGuard::unlocked(state, || {
                self.complete_connect(packet, status, place)
            });
        }
    }

    /// One step for the socket's queues.
    fn step(&self, state: &mut State) -> Step {
        if state.closed {
            return state.abort_next();
        }
        let Some(host) = state.host.clone() else {
            return Step::Idle;
        };
        if !state.connected {
            return Step::Idle;
        }
        if let Some(mut operation) = state.sends.pop_front() {
            let end = match state.send_end {
                Some(STATUS_CONNECTION_ABORTED) => Some(End::failed(STATUS_CONNECTION_ABORTED)),
                _ => self.try_send(&host, &mut operation),
            };
            match end {
                Some(end) => return state.finish(operation, end),
                None => state.sends.push_front(operation),
            }
        } else if let Some(packet) = state.disconnecting.take() {
            state.send_end.get_or_insert(STATUS_CONNECTION_DISCONNECTED);
            let result = host.shutdown(std::net::Shutdown::Write);
            return Step::Complete(
                packet,
                End::failed(result.map_or_else(|error| status::of(&error), |()| 0)),
            );
        }
        let Some(mut operation) = state.receives.pop_front() else {
            return Step::Idle;
        };
        let mut readable = true;
        let end = match state.receive_end {
            Some(status) => Some(End::failed(status)),
            None => self.try_receive(&host, &mut operation, &mut readable),
        };
        state.readable = readable;
        match end {
            Some(end) => {
                let incomplete =
                    !operation.range.is_done() && (operation.whole || end.information == 0);
                if incomplete {
                    state.receive_end.get_or_insert(end.status);
                }
                state.finish(operation, end)
            }
            None => {
                state.receives.push_front(operation);
                Step::Idle
            }
        }
    }
}

/// Completes an operation's IRP.
fn complete(packet: Packet, end: End, place: Place) {
    io::complete_at_dispatch(packet, end.status, end.information as u64, place);
}

/// Cancel routine of all operations.
unsafe extern "C" fn cancel_operation(_device: PDEVICE_OBJECT, irp: PIRP) {
    // SAFETY: the IRP that is cancelled is this provider's.
    let packet = unsafe { Packet::new(irp) };
    let level = packet.cancel_irql();
    // SAFETY: the cancel spin lock is held on entry.
    unsafe { io::IoReleaseCancelSpinLock(level) };
    let _host = mode::host();
    // SAFETY: a socket is not freed while it has operations.
    let socket = unsafe { Socket::from_raw(packet.driver_context(0).cast()) };
    let removed = socket.state.lock().remove(packet);
    socket.complete_removed(packet, removed, Location::caller());
    // A close may have waited for this.
    if irql::current() <= irql::DISPATCH {
        socket.progress(false, false);
    }
}

/// Resets a connection: by POSIX, that is what connecting to no address does.
fn reset(host: &socket2::Socket) -> std::io::Result<()> {
    // SAFETY: plain C data made of integers; all zeroes is a value, and its family is AF_UNSPEC.
    let nowhere: libc::sockaddr = unsafe { core::mem::zeroed() };
    let length = size_of_val(&nowhere) as libc::socklen_t;
    // SAFETY: the address is a local of that length.
    match unsafe { libc::connect(host.as_raw_fd(), &nowhere, length) } {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error()),
    }
}
