//! TCP connections.

use super::STACK_SIZE;
use super::address::RawAddress;
use super::provider::Provider;
use crate::net::{Call, Carrier, Direction, KeepAlive, Stream, Traffic, Transfer};
use crate::pool::{PoolBox, Tag};
use crate::sync::SpinLock;
use crate::{Result, Status, sys};
use core::net::SocketAddr;
use core::ptr::{NonNull, null_mut};
use core::time::Duration;
use wsk_sys::{PIRP, WSK_PROVIDER_CONNECTION_DISPATCH, WSK_SOCKET, WskSetOption};

const TAG: Tag = Tag::new(b"NtSo");

/// A TCP connection by WSK.
pub struct Socket {
    inner: PoolBox<Inner>,
}

impl Socket {
    /// Connects to an address. IRQL: PASSIVE.
    ///
    /// Errors are WSK's, such as [`Status::CONNECTION_REFUSED`], or [`Status::IO_TIMEOUT`].
    #[inline(never)]
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
        let closing = Closing {
            call: Call::new(STACK_SIZE)?,
            _provider: provider.clone(),
        };
        let room = PoolBox::<Inner>::new_zeroed(TAG)?;
        let traffic = Traffic::new()?;
        let make = provider
            .dispatch()?
            .WskSocket
            .ok_or(Status::NOT_IMPLEMENTED)?;
        let family = RawAddress::any_like(remote).family();
        let start = |irp: *mut sys::IRP| {
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
                    irp.cast(),
                )
            })
        };
        // SAFETY: the closure makes one call, with what outlives it.
        let made = unsafe { Call::new(STACK_SIZE)?.run_ok(None, start) }?;
        let socket = NonNull::new(core::ptr::with_exposed_provenance_mut(made))
            .ok_or(Status::UNSUCCESSFUL)?;
        Ok(Self {
            inner: room.write(Inner {
                socket,
                traffic,
                closing: SpinLock::new(Some(closing)),
            }),
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

// SAFETY: WSK completes every IRP that it is given, and an error here is returned before it is.
unsafe impl Carrier for Socket {
    fn traffic(&self) -> &Traffic {
        &self.inner.traffic
    }

    fn stack_size(&self) -> i8 {
        STACK_SIZE
    }

    fn receives_by_window(&self) -> bool {
        false
    }

    #[track_caller]
    unsafe fn transfer(&self, transfer: Transfer) -> Result<i32> {
        // SAFETY: the caller is within a call, which closing waits for.
        let dispatch = unsafe { self.inner.dispatch() };
        let function = match transfer.direction {
            Direction::Send => dispatch.WskSend,
            Direction::Receive => dispatch.WskReceive,
        };
        let function = function.ok_or(Status::NOT_IMPLEMENTED)?;
        let range = transfer.range.as_ptr();
        // SAFETY: the caller's range stays until the IRP completes; only an address is made.
        let buffer = unsafe { &raw mut (*range).buffer };
        let socket = self.inner.socket.as_ptr();
        // SAFETY: the caller vouches for memory and IRP; the socket is open within the call.
        Ok(unsafe { function(socket, buffer, 0, transfer.irp.cast()) })
    }
}

impl Stream for Socket {
    #[track_caller]
    fn set_nodelay(&self, on: bool) -> Result<()> {
        self.set_option(wsk_sys::IPPROTO_TCP, wsk_sys::TCP_NODELAY, on.into())
    }

    #[track_caller]
    fn set_keep_alive(&self, keep_alive: Option<KeepAlive>) -> Result<()> {
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
            // Windows knows these since version 10; before, it probes at its own times.
            let _ = self.set_option(wsk_sys::IPPROTO_TCP, option, value);
        }
        Ok(())
    }

    #[track_caller]
    fn disconnect(&self, timeout: Duration) -> Result<()> {
        self.end(0, timeout)
    }

    #[track_caller]
    fn abort(&self, timeout: Duration) -> Result<()> {
        self.end(wsk_sys::WSK_FLAG_ABORTIVE, timeout)
    }

    #[track_caller]
    fn close(&self) {
        self.inner.close();
    }
}

impl Drop for Socket {
    #[track_caller]
    fn drop(&mut self) {
        self.close();
    }
}

/// A socket at a fixed address, to which operations in flight point.
struct Inner {
    socket: NonNull<WSK_SOCKET>,
    /// The socket and its functions go when it is closed, so no call may be under way then.
    traffic: Traffic,
    /// For the one who closes.
    closing: SpinLock<Option<Closing>>,
}

/// What closing needs, and what is needed until then.
struct Closing {
    call: Call,
    /// Outlives WSK's socket, but not the closing: it may be the last one, which is let go at PASSIVE only.
    _provider: Provider,
}

// SAFETY: a WSK socket may be used from any thread.
unsafe impl Send for Inner {}
// SAFETY: as above.
unsafe impl Sync for Inner {}

/// The functions of a socket.
type Dispatch = WSK_PROVIDER_CONNECTION_DISPATCH;

impl Inner {
    /// The socket's functions.
    ///
    /// # Safety
    ///
    /// The socket is open.
    unsafe fn dispatch(&self) -> &Dispatch {
        // SAFETY: the caller vouches.
        let table = unsafe { self.socket.as_ref() }.Dispatch;
        // SAFETY: connection-oriented sockets have this table, which stays as long as the socket.
        unsafe { &*table.cast::<Dispatch>() }
    }

    /// Makes a call and waits for its end.
    #[track_caller]
    fn run(
        &self,
        timeout: Option<Duration>,
        start: impl FnOnce(&Dispatch, *mut WSK_SOCKET, PIRP) -> Result<i32>,
    ) -> Result<usize> {
        let _operation = self.traffic.enter()?;
        let call = Call::new(STACK_SIZE)?;
        let start = |irp: *mut sys::IRP| {
            self.traffic.call(|| {
                // SAFETY: closing waits until this call is over.
                let dispatch = unsafe { self.dispatch() };
                start(dispatch, self.socket.as_ptr(), irp.cast())
            })
        };
        // SAFETY: the callers' closures make one call each, with what outlives this.
        unsafe { call.run_ok(timeout, start) }
    }

    #[track_caller]
    fn close(&self) {
        self.traffic.stop();
        let first = self.closing.lock().take();
        if let Some(closing) = first {
            let start = |irp: *mut sys::IRP| {
                // SAFETY: only the first to get here closes the socket.
                let dispatch = unsafe { self.dispatch() };
                let close = dispatch.Basic.WskCloseSocket;
                let close = close.ok_or(Status::NOT_IMPLEMENTED)?;
                // SAFETY: as above; no call is being made and none will be.
                Ok(unsafe { close(self.socket.as_ptr(), irp.cast()) })
            };
            // A failure has no remedy.
            // SAFETY: the closure makes one call, with a socket that is still there.
            let _ = unsafe { closing.call.run_ok(None, start) };
        }
        self.traffic.wait();
    }
}
