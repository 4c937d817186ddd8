//! TCP connections.

use super::address::RawAddress;
use super::call::Call;
use super::provider::Provider;
use super::range::{Gather, RawRange, Room};
use super::request::{Completion, WskRequest};
use crate::pool::{PoolBox, Tag};
use crate::sync::{Rundown, RundownGuard, SpinLock};
use crate::{Result, Status};
use core::net::SocketAddr;
use core::ptr::{NonNull, null_mut};
use core::time::Duration;
use wsk_sys::{
    PFN_WSK_SEND, PIRP, WSK_BUF, WSK_PROVIDER_CONNECTION_DISPATCH, WSK_SOCKET, WskSetOption,
};

const TAG: Tag = Tag::new(b"NtSo");

/// How an idle connection is probed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepAlive {
    /// Silence before the first probe (whole seconds).
    pub idle: Duration,
    /// Time between probes (whole seconds).
    pub interval: Duration,
    /// Unanswered probes that end the connection.
    pub probes: u32,
}

/// A TCP connection, for any number of threads at once.
///
/// Dropping closes it, which waits for the operations in flight and their completions: IRQL PASSIVE, and never from a
/// completion, so a request's context must not own its socket. Once closed, it may be dropped anywhere.
pub struct Socket {
    inner: PoolBox<Inner>,
}

impl Socket {
    /// Connects to an address. IRQL: PASSIVE.
    ///
    /// Errors are WSK's, such as [`Status::CONNECTION_REFUSED`], or [`Status::IO_TIMEOUT`].
    #[track_caller]
    pub fn connect(provider: &Provider, remote: SocketAddr, timeout: Duration) -> Result<Self> {
        let socket = Self::open(provider, remote)?;
        // Unbound sockets cannot connect.
        let mut local = RawAddress::any_like(remote);
        let mut remote = RawAddress::new(remote);
        socket.inner.run(None, |dispatch, socket, irp| {
            let bind = dispatch.WskBind.ok_or(Status::NOT_IMPLEMENTED)?;
            // SAFETY: the address outlives the call, which `run` waits for.
            Ok(unsafe { bind(socket, local.as_mut_ptr(), 0, irp) })
        })?;
        socket.inner.run(Some(timeout), |dispatch, socket, irp| {
            let connect = dispatch.WskConnect.ok_or(Status::NOT_IMPLEMENTED)?;
            // SAFETY: as above.
            Ok(unsafe { connect(socket, remote.as_mut_ptr(), 0, irp) })
        })?;
        Ok(socket)
    }

    /// A socket of the address's family, not bound yet.
    #[track_caller]
    fn open(provider: &Provider, remote: SocketAddr) -> Result<Self> {
        // What closing needs is made first, so that an open socket can always be closed.
        let closing = SpinLock::new(Some(Call::new()?));
        let room = PoolBox::<Inner>::new_zeroed(TAG)?;
        let (calls, operations) = (Rundown::new()?, Rundown::new()?);
        let make = provider
            .dispatch()?
            .WskSocket
            .ok_or(Status::NOT_IMPLEMENTED)?;
        let family = RawAddress::any_like(remote).family();
        let start = |irp| {
            // SAFETY: nothing is pointed to but the client, which the provider keeps.
            Ok(unsafe {
                make(
                    provider.client(),
                    family,
                    wsk_sys::SOCK_STREAM,
                    wsk_sys::IPPROTO_TCP,
                    wsk_sys::WSK_FLAG_CONNECTION_SOCKET,
                    null_mut(),
                    null_mut(),
                    null_mut(),
                    null_mut(),
                    null_mut(),
                    irp,
                )
            })
        };
        // SAFETY: the closure makes one call, with what outlives it.
        let made = unsafe { Call::new()?.run(None, start) }?;
        let socket = NonNull::new(core::ptr::with_exposed_provenance_mut(made))
            .ok_or(Status::UNSUCCESSFUL)?;
        Ok(Self {
            inner: room.write(Inner {
                socket,
                calls,
                operations,
                closing,
                _provider: provider.clone(),
            }),
        })
    }

    /// Whether small segments are sent at once instead of being gathered. IRQL: PASSIVE.
    #[track_caller]
    pub fn set_nodelay(&self, on: bool) -> Result<()> {
        self.set_option(wsk_sys::IPPROTO_TCP, wsk_sys::TCP_NODELAY, on.into())
    }

    /// Has TCP probe an idle connection; None turns that off. IRQL: PASSIVE.
    #[track_caller]
    pub fn set_keep_alive(&self, keep_alive: Option<KeepAlive>) -> Result<()> {
        let on = keep_alive.is_some();
        self.set_option(wsk_sys::SOL_SOCKET, wsk_sys::SO_KEEPALIVE, on.into())?;
        let Some(keep_alive) = keep_alive else {
            return Ok(());
        };
        let seconds = |span: Duration| u32::try_from(span.as_secs()).unwrap_or(u32::MAX).max(1);
        for (option, value) in [
            (wsk_sys::TCP_KEEPIDLE, seconds(keep_alive.idle)),
            (wsk_sys::TCP_KEEPINTVL, seconds(keep_alive.interval)),
            (wsk_sys::TCP_KEEPCNT, keep_alive.probes),
        ] {
            self.set_option(wsk_sys::IPPROTO_TCP, option, value)?;
        }
        Ok(())
    }

    /// Starts sending all of the bytes that the closure names, out of what the context owns. The context's
    /// [`Completion`] gets the request back, also when nothing could be started. IRQL: any.
    #[track_caller]
    pub fn send<C: Completion>(
        &self,
        request: WskRequest<C>,
        bytes: impl for<'a> FnOnce(&'a mut C) -> Result<Gather<'a>>,
    ) {
        request.start(
            &self.inner,
            |dispatch| dispatch.WskSend,
            |context| bytes(context)?.into_raw(),
        );
    }

    /// Starts receiving into the room that the closure names, in what the context owns. The result is how many bytes
    /// came, 0 when the peer has closed its side. The context's [`Completion`] gets the request back, also when nothing
    /// could be started. IRQL: any.
    #[track_caller]
    pub fn receive<C: Completion>(
        &self,
        request: WskRequest<C>,
        room: impl for<'a> FnOnce(&'a mut C) -> Result<Room<'a>>,
    ) {
        request.start(
            &self.inner,
            |dispatch| dispatch.WskReceive,
            |context| room(context)?.into_raw(),
        );
    }

    /// Sends and waits; returns how many bytes were sent. IRQL: PASSIVE.
    ///
    /// After a time-out it is unknown how many bytes have left, so the connection is of no use any more.
    #[track_caller]
    pub fn send_wait(&self, bytes: Gather<'_>, timeout: Duration) -> Result<usize> {
        self.transfer(|dispatch| dispatch.WskSend, bytes.into_raw()?, timeout)
    }

    /// Receives and waits; returns how many bytes came, 0 when the peer has closed its side. IRQL: PASSIVE.
    #[track_caller]
    pub fn receive_wait(&self, room: Room<'_>, timeout: Duration) -> Result<usize> {
        self.transfer(|dispatch| dispatch.WskReceive, room.into_raw()?, timeout)
    }

    /// Ends our side of the connection in good order and waits until the peer knows; what it still sends can be
    /// received. IRQL: PASSIVE.
    #[track_caller]
    pub fn disconnect(&self, timeout: Duration) -> Result<()> {
        self.end(0, timeout)
    }

    /// Resets the connection at once: operations in flight end with an error. IRQL: PASSIVE.
    #[track_caller]
    pub fn abort(&self, timeout: Duration) -> Result<()> {
        self.end(wsk_sys::WSK_FLAG_ABORTIVE, timeout)
    }

    /// Closes the socket: aborts what is in flight and waits until every completion has returned. What is started from
    /// now on completes with [`Status::CONNECTION_DISCONNECTED`]. May be called more than once, by several threads.
    /// IRQL: PASSIVE, and not from a completion.
    #[track_caller]
    pub fn close(&self) {
        self.inner.close();
    }

    #[track_caller]
    fn transfer(&self, select: Select, mut range: RawRange, timeout: Duration) -> Result<usize> {
        let flags = range.flags;
        let buffer: *mut WSK_BUF = &mut range.buffer;
        self.inner.run(Some(timeout), |dispatch, socket, irp| {
            let function = select(dispatch).ok_or(Status::NOT_IMPLEMENTED)?;
            // SAFETY: the range's memory outlives the call, which `run` waits for.
            Ok(unsafe { function(socket, buffer, flags, irp) })
        })
    }

    #[track_caller]
    fn end(&self, flags: u32, timeout: Duration) -> Result<()> {
        self.inner.run(Some(timeout), |dispatch, socket, irp| {
            let disconnect = dispatch.WskDisconnect.ok_or(Status::NOT_IMPLEMENTED)?;
            // SAFETY: no bytes are sent along, so only the socket is pointed to.
            Ok(unsafe { disconnect(socket, null_mut(), flags, irp) })
        })?;
        Ok(())
    }

    #[track_caller]
    fn set_option(&self, level: u32, option: u32, mut value: u32) -> Result<()> {
        let input = (&raw mut value).cast();
        self.inner.run(None, |dispatch, socket, irp| {
            let control = dispatch.Basic.WskControlSocket;
            let control = control.ok_or(Status::NOT_IMPLEMENTED)?;
            // SAFETY: the value outlives the call, which `run` waits for.
            Ok(unsafe {
                control(
                    socket,
                    WskSetOption,
                    option,
                    level,
                    size_of::<u32>(),
                    input,
                    0,
                    null_mut(),
                    null_mut(),
                    irp,
                )
            })
        })?;
        Ok(())
    }
}

impl Drop for Socket {
    #[track_caller]
    fn drop(&mut self) {
        self.close();
    }
}

/// A socket at a fixed address, to which operations in flight point.
pub(super) struct Inner {
    socket: NonNull<WSK_SOCKET>,
    /// Calls into WSK that have not returned: none may be made once the socket is being closed.
    calls: Rundown,
    /// Operations in flight, until their completions have returned.
    operations: Rundown,
    /// For the one who closes.
    closing: SpinLock<Option<Call>>,
    /// Outlives the socket.
    _provider: Provider,
}

// SAFETY: a WSK socket may be used from any thread.
unsafe impl Send for Inner {}
// SAFETY: as above.
unsafe impl Sync for Inner {}

/// The functions of a socket.
pub(super) type Dispatch = WSK_PROVIDER_CONNECTION_DISPATCH;

/// Picks the function that moves bytes one way or the other.
pub(super) type Select = fn(&Dispatch) -> PFN_WSK_SEND;

impl Inner {
    /// Enters as an operation; None once the socket is being closed.
    pub(super) fn enter(&self) -> Option<RundownGuard<'_>> {
        self.operations.enter()
    }

    /// Takes back an operation that was kept.
    ///
    /// # Safety
    ///
    /// See [`Rundown::take_back`].
    pub(super) unsafe fn take_back(&self) -> RundownGuard<'_> {
        // SAFETY: the caller vouches.
        unsafe { self.operations.take_back() }
    }

    /// Calls into WSK, which is refused once the socket is being closed: the socket and its functions go then.
    #[track_caller]
    pub(super) fn call<T>(
        &self,
        call: impl FnOnce(&Dispatch, *mut WSK_SOCKET) -> Result<T>,
    ) -> Result<T> {
        let _call = self.calls.enter().ok_or(Status::CONNECTION_DISCONNECTED)?;
        // SAFETY: the socket is open, for closing waits for the guard.
        let table = unsafe { self.socket.as_ref() }.Dispatch;
        // SAFETY: connection-oriented sockets have this table, which stays as long as the socket.
        call(unsafe { &*table.cast::<Dispatch>() }, self.socket.as_ptr())
    }

    /// Makes a call and waits for its end.
    #[track_caller]
    fn run(
        &self,
        timeout: Option<Duration>,
        start: impl FnOnce(&Dispatch, *mut WSK_SOCKET, PIRP) -> Result<i32>,
    ) -> Result<usize> {
        let _operation = self.enter().ok_or(Status::CONNECTION_DISCONNECTED)?;
        let call = Call::new()?;
        // SAFETY: the callers' closures make one call each, with what outlives this.
        unsafe {
            call.run(timeout, |irp| {
                self.call(|dispatch, socket| start(dispatch, socket, irp))
            })
        }
    }

    #[track_caller]
    fn close(&self) {
        self.operations.close();
        self.calls.close_and_wait();
        let first = self.closing.lock().take();
        if let Some(call) = first {
            // SAFETY: the socket is still open: only the first to get here closes it.
            let table = unsafe { self.socket.as_ref() }.Dispatch;
            // SAFETY: connection-oriented sockets have this table.
            let close = unsafe { &*table.cast::<Dispatch>() }.Basic.WskCloseSocket;
            let socket = self.socket.as_ptr();
            let start = |irp| {
                let close = close.ok_or(Status::NOT_IMPLEMENTED)?;
                // SAFETY: no call is being made and none will be.
                Ok(unsafe { close(socket, irp) })
            };
            // A failure has no remedy.
            // SAFETY: the closure makes one call, with a socket that is still there.
            let _ = unsafe { call.run(None, start) };
        }
        self.operations.close_and_wait();
    }
}
