//! TCP connections.

use super::address::{Attribute, TransportAddress};
use super::file::TransportFile;
use super::option;
use crate::net::{Call, Carrier, Direction, KeepAlive, Stream, Traffic, Transfer};
use crate::pool::{PoolBox, Tag};
use crate::sync::SpinLock;
use crate::{Result, Status, sys};
use core::net::SocketAddr;
use core::ptr::{NonNull, null_mut};
use core::time::Duration;
use tdi_sys::{
    IOCTL_TCP_SET_INFORMATION_EX, TDI_ASSOCIATE_ADDRESS, TDI_CONNECT, TDI_CONNECTION_INFORMATION,
    TDI_DISASSOCIATE_ADDRESS, TDI_DISCONNECT, TDI_DISCONNECT_ABORT, TDI_DISCONNECT_RELEASE,
    TDI_RECEIVE, TDI_RECEIVE_NORMAL, TDI_REQUEST_KERNEL, TDI_REQUEST_KERNEL_ASSOCIATE,
    TDI_REQUEST_KERNEL_RECEIVE, TDI_REQUEST_KERNEL_SEND, TDI_SEND,
};

const TAG: Tag = Tag::new(b"NtTd");

/// A TCP connection by TDI.
pub struct Socket {
    inner: PoolBox<Inner>,
}

/// A connection at a fixed address, to which operations in flight point.
struct Inner {
    endpoint: TransportFile,
    /// Ours; the endpoint is associated with it.
    address: TransportFile,
    traffic: Traffic,
    /// For the one who closes.
    closing: SpinLock<Option<Closing>>,
}

/// What closing needs.
struct Closing {
    abort: Call,
    disassociate: Call,
}

impl Socket {
    /// Connects to an address. IRQL: PASSIVE.
    ///
    /// Errors are the transport's, such as [`Status::CONNECTION_REFUSED`]; [`Status::OBJECT_NAME_NOT_FOUND`] where the
    /// system has no such transport; or [`Status::IO_TIMEOUT`].
    #[inline(never)]
    #[track_caller]
    pub fn connect(remote: SocketAddr, timeout: Duration) -> Result<Self> {
        let socket = Self::open(remote)?;
        let inner = &*socket.inner;
        inner.associate()?;
        let remote = TransportAddress::new(remote);
        let mut peer = TDI_CONNECTION_INFORMATION {
            UserDataLength: 0,
            UserData: null_mut(),
            OptionsLength: 0,
            Options: null_mut(),
            // A few bytes.
            RemoteAddressLength: remote.bytes().len() as i32,
            RemoteAddress: remote.bytes().as_ptr().cast_mut().cast(),
        };
        let connect = TDI_REQUEST_KERNEL {
            RequestFlags: 0,
            RequestConnectionInformation: &mut peer,
            ReturnConnectionInformation: null_mut(),
            // The time is kept here.
            RequestSpecific: null_mut(),
        };
        // SAFETY: the parameters are the request's own, and what they point to outlives the wait.
        unsafe {
            inner.ask(
                Call::new(inner.stack_size())?,
                TDI_CONNECT,
                connect,
                Some(timeout),
            )
        }?;
        Ok(socket)
    }

    /// An endpoint and an address of the same family.
    #[track_caller]
    fn open(remote: SocketAddr) -> Result<Self> {
        let device = match remote {
            SocketAddr::V4(_) => crate::utf16!("\\Device\\Tcp"),
            SocketAddr::V6(_) => crate::utf16!("\\Device\\Tcp6"),
        };
        let any = Attribute::transport_address(&TransportAddress::any_like(remote))?;
        let address = TransportFile::open(device, any.bytes())?;
        let endpoint = TransportFile::open(device, Attribute::connection_context()?.bytes())?;
        let stack_size = endpoint.stack_size();
        // What closing needs is made first, so that an open connection can always be closed.
        let closing = Closing {
            abort: Call::new(stack_size)?,
            disassociate: Call::new(stack_size)?,
        };
        let inner = Inner {
            endpoint,
            address,
            traffic: Traffic::new()?,
            closing: SpinLock::new(Some(closing)),
        };
        Ok(Self {
            inner: PoolBox::new(TAG, inner)?,
        })
    }
}

// SAFETY: a driver completes every IRP that it is sent, and an error here is returned before it is.
unsafe impl Carrier for Socket {
    fn traffic(&self) -> &Traffic {
        &self.inner.traffic
    }

    fn stack_size(&self) -> i8 {
        self.inner.stack_size()
    }

    fn receives_by_window(&self) -> bool {
        true
    }

    #[track_caller]
    unsafe fn transfer(&self, transfer: Transfer) -> Result<i32> {
        // SAFETY: until the IRP is given away, the range is ours.
        let buffer = unsafe { &transfer.range.as_ref().buffer };
        let first = NonNull::new(buffer.Mdl.cast()).ok_or(Status::INVALID_PARAMETER)?;
        let (mdl, length) = match (buffer.Offset, transfer.window) {
            (0, _) => (first, buffer.Length),
            // A request cannot begin in the middle of an MDL. Less than was asked for is as good, when receiving.
            (offset, Some(mut window)) if transfer.direction == Direction::Receive => {
                // SAFETY: as for the range.
                let window = unsafe { window.as_mut() };
                // SAFETY: the caller vouches for the memory until the IRP completes, when the window is closed.
                unsafe { window.open(first, offset as usize, buffer.Length) }?
            }
            _ => return Err(Status::INVALID_PARAMETER),
        };
        let length = u32::try_from(length).map_err(|_| Status::INVALID_PARAMETER)?;
        let irp = transfer.irp;
        match transfer.direction {
            Direction::Send => {
                let send = TDI_REQUEST_KERNEL_SEND {
                    SendLength: length,
                    SendFlags: 0,
                };
                // SAFETY: the caller vouches for the IRP; the parameters are the request's own.
                unsafe { self.inner.prepare(irp, TDI_SEND, send) };
            }
            Direction::Receive => {
                let receive = TDI_REQUEST_KERNEL_RECEIVE {
                    ReceiveLength: length,
                    ReceiveFlags: TDI_RECEIVE_NORMAL,
                };
                // SAFETY: as above.
                unsafe { self.inner.prepare(irp, TDI_RECEIVE, receive) };
            }
        }
        // SAFETY: the IRP is the caller's; it keeps its MDLs, which the IRP does not own.
        unsafe { (*irp).MdlAddress = mdl.as_ptr() };
        // SAFETY: prepared above, and given up.
        Ok(unsafe { self.inner.endpoint.call(irp) }.0)
    }
}

impl Stream for Socket {
    #[track_caller]
    fn set_nodelay(&self, on: bool) -> Result<()> {
        self.inner
            .set_option(tdi_sys::TCP_SOCKET_NODELAY, on.into())
    }

    #[track_caller]
    fn set_keep_alive(&self, keep_alive: Option<KeepAlive>) -> Result<()> {
        let on = keep_alive.is_some();
        self.inner
            .set_option(tdi_sys::TCP_SOCKET_KEEPALIVE, on.into())
    }

    #[track_caller]
    fn disconnect(&self, timeout: Duration) -> Result<()> {
        self.inner.end(TDI_DISCONNECT_RELEASE, timeout)
    }

    #[track_caller]
    fn abort(&self, timeout: Duration) -> Result<()> {
        self.inner.end(TDI_DISCONNECT_ABORT, timeout)
    }

    #[track_caller]
    fn close(&self) {
        self.inner.close();
    }
}

impl Drop for Socket {
    #[track_caller]
    fn drop(&mut self) {
        self.inner.close();
    }
}

/// How to end a connection, by a flag.
const fn disconnect(flag: usize) -> TDI_REQUEST_KERNEL {
    TDI_REQUEST_KERNEL {
        RequestFlags: flag,
        RequestConnectionInformation: null_mut(),
        ReturnConnectionInformation: null_mut(),
        RequestSpecific: null_mut(),
    }
}

impl Inner {
    fn stack_size(&self) -> i8 {
        self.endpoint.stack_size()
    }

    /// Makes an IRP a request to the endpoint.
    ///
    /// # Safety
    ///
    /// As for [`TransportFile::address`]; and the parameters are those of the request, which fit the location.
    unsafe fn prepare<P>(&self, irp: *mut sys::IRP, minor: u8, parameters: P) {
        const {
            assert!(size_of::<P>() <= size_of::<TDI_REQUEST_KERNEL>());
            assert!(align_of::<P>() <= align_of::<TDI_REQUEST_KERNEL>());
        }
        let major = sys::IRP_MJ_INTERNAL_DEVICE_CONTROL;
        // SAFETY: the caller vouches.
        let location = unsafe { self.endpoint.address(irp, major, minor) };
        // SAFETY: the location is the IRP's; only an address is made.
        let place = unsafe { &raw mut (*location.as_ptr()).Parameters };
        // SAFETY: every request's parameters fit there, as asserted above.
        unsafe { place.cast::<P>().write(parameters) };
    }

    /// Sends a request to the endpoint.
    ///
    /// # Safety
    ///
    /// As for [`Self::prepare`]; the IRP is given up.
    #[track_caller]
    unsafe fn send<P>(&self, irp: *mut sys::IRP, minor: u8, parameters: P) -> Result<i32> {
        // SAFETY: the caller vouches.
        unsafe { self.prepare(irp, minor, parameters) };
        // SAFETY: prepared just now, and given up.
        Ok(unsafe { self.endpoint.call(irp) }.0)
    }

    /// Makes a request of the endpoint and waits for its end, when nobody else has the connection yet or any more.
    ///
    /// # Safety
    ///
    /// The parameters are those of the request, and what they point to outlives this call.
    #[track_caller]
    unsafe fn ask<P>(
        &self,
        call: Call,
        minor: u8,
        parameters: P,
        timeout: Option<Duration>,
    ) -> Result<usize> {
        // SAFETY: the IRP is the call's, prepared and with locations enough; the caller vouches for the parameters.
        let start = |irp| unsafe { self.send(irp, minor, parameters) };
        // SAFETY: the closure sends one request, with what outlives it.
        unsafe { call.run_ok(timeout, start) }
    }

    #[track_caller]
    fn associate(&self) -> Result<()> {
        let parameters = TDI_REQUEST_KERNEL_ASSOCIATE {
            AddressHandle: self.address.raw_handle().cast(),
        };
        let call = Call::new(self.stack_size())?;
        // SAFETY: the parameters are the request's own.
        unsafe { self.ask(call, TDI_ASSOCIATE_ADDRESS, parameters, None) }?;
        Ok(())
    }

    #[track_caller]
    fn end(&self, flag: usize, timeout: Duration) -> Result<()> {
        let _operation = self.traffic.enter()?;
        let call = Call::new(self.stack_size())?;
        let start = |irp| {
            // SAFETY: the IRP is the call's; the parameters are the request's own, and point to nothing.
            let send = || unsafe { self.send(irp, TDI_DISCONNECT, disconnect(flag)) };
            self.traffic.call(send)
        };
        // SAFETY: the closure sends one request.
        unsafe { call.run_ok(Some(timeout), start) }?;
        Ok(())
    }

    #[track_caller]
    fn set_option(&self, option: u32, value: u32) -> Result<()> {
        let _operation = self.traffic.enter()?;
        let mut request = option::set(option, value);
        let buffer: sys::PVOID = (&raw mut request).cast();
        let length = size_of_val(&request) as u32;
        let start = |irp: *mut sys::IRP| {
            let major = sys::IRP_MJ_DEVICE_CONTROL;
            // SAFETY: the IRP is the call's, prepared and with locations enough.
            let location = unsafe { self.endpoint.address(irp, major, 0) };
            // SAFETY: the location is the IRP's.
            let parameters = unsafe { &mut (*location.as_ptr()).Parameters };
            // SAFETY: the member is that of the major function; all of it is integers and a pointer.
            let control = unsafe { &mut parameters.DeviceIoControl };
            control.IoControlCode = IOCTL_TCP_SET_INFORMATION_EX;
            control.InputBufferLength = length as _;
            control.OutputBufferLength = 0;
            // SAFETY: the IRP is the call's.
            let associated = unsafe { &mut (*irp).AssociatedIrp };
            // The code's method is buffered.
            associated.SystemBuffer = buffer;
            self.traffic.call(|| {
                // SAFETY: prepared just now, and given up.
                Ok(unsafe { self.endpoint.call(irp) }.0)
            })
        };
        // SAFETY: the closure sends one request, whose buffer outlives it.
        unsafe { Call::new(self.stack_size())?.run_ok(None, start) }?;
        Ok(())
    }

    #[track_caller]
    fn close(&self) {
        self.traffic.stop();
        let first = self.closing.lock().take();
        if let Some(closing) = first {
            // What has ended by itself fails here, and nothing else has a remedy.
            // SAFETY: the parameters are the request's own, and point to nothing.
            let _ = unsafe {
                self.ask(
                    closing.abort,
                    TDI_DISCONNECT,
                    disconnect(TDI_DISCONNECT_ABORT),
                    None,
                )
            };
            // SAFETY: the request has no parameters.
            let _ = unsafe { self.ask(closing.disassociate, TDI_DISASSOCIATE_ADDRESS, (), None) };
            // Whatever is still in flight ends with the last handle.
            self.endpoint.close();
            self.address.close();
        }
        self.traffic.wait();
    }
}
