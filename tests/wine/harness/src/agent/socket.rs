//! A TCP socket on 127.0.0.1.

use crate::winsock::{
    INVALID_SOCKET, RawSocket, SD_BOTH, WSA_FLAG_OVERLAPPED, WSASocketW, accept, bind, closesocket,
    listen, recv, send, setsockopt, shutdown,
};
use core::ptr::null_mut;
use wsk_sys::{AF_INET, IPPROTO_TCP, SOCK_STREAM, SOCKADDR, SOCKADDR_IN, TCP_NODELAY};

const LOOPBACK: [u8; 4] = [127, 0, 0, 1];
const BACKLOG: i32 = 64;
/// Most bytes of one call; Winsock counts in an `int`.
const MOST: usize = 1 << 20;

/// An open socket, closed when dropped. Any thread may use it at any time.
#[derive(Debug)]
pub struct Socket(RawSocket);

impl Socket {
    /// A socket that listens. None if the port is taken.
    pub fn listen(port: u16) -> Option<Self> {
        let socket = Self::open()?;
        let address = loopback(port);
        // SAFETY: the address is a local of that length.
        if unsafe { bind(socket.0, (&raw const address).cast(), ADDRESS_LENGTH) } != 0 {
            return None;
        }
        // SAFETY: the socket is open.
        if unsafe { listen(socket.0, BACKLOG) } != 0 {
            return None;
        }
        Some(socket)
    }

    fn open() -> Option<Self> {
        // SAFETY: plain values, and no protocol information.
        let raw = unsafe {
            WSASocketW(
                i32::from(AF_INET),
                i32::from(SOCK_STREAM),
                IPPROTO_TCP as i32,
                null_mut(),
                0,
                WSA_FLAG_OVERLAPPED,
            )
        };
        Self::new(raw)
    }

    fn new(raw: RawSocket) -> Option<Self> {
        (raw != INVALID_SOCKET).then_some(Self(raw))
    }

    /// Waits for the next connection.
    pub fn accept(&self) -> Option<Self> {
        // SAFETY: the socket is open, and the peer's address is not asked for.
        let raw = unsafe { accept(self.0, null_mut(), null_mut()) };
        let socket = Self::new(raw)?;
        let on = 1i32.to_ne_bytes();
        // Without it, a test would wait for a delayed acknowledgement now and then; nothing else would be wrong.
        // SAFETY: the option's value is a local of that length.
        unsafe { setsockopt(raw, IPPROTO_TCP as i32, TCP_NODELAY as i32, on.as_ptr(), 4) };
        Some(socket)
    }

    /// Fills the buffer. False at the connection's end.
    pub fn read_exact(&self, mut buffer: &mut [u8]) -> bool {
        while !buffer.is_empty() {
            let most = buffer.len().min(MOST) as i32;
            // SAFETY: the buffer has room for so many bytes.
            let read = unsafe { recv(self.0, buffer.as_mut_ptr(), most, 0) };
            match usize::try_from(read) {
                Ok(read @ 1..) => buffer = &mut buffer[read..],
                _ => return false,
            }
        }
        true
    }

    /// Sends all bytes. False at the connection's end.
    pub fn write_all(&self, mut bytes: &[u8]) -> bool {
        while !bytes.is_empty() {
            let most = bytes.len().min(MOST) as i32;
            // SAFETY: there are so many bytes.
            let sent = unsafe { send(self.0, bytes.as_ptr(), most, 0) };
            match usize::try_from(sent) {
                Ok(sent @ 1..) => bytes = &bytes[sent..],
                _ => return false,
            }
        }
        true
    }

    /// Ends the connection: whoever waits in another thread goes on.
    pub fn shut(&self) {
        // SAFETY: the socket is open.
        unsafe { shutdown(self.0, SD_BOTH) };
    }
}

/// Connects to a port and hangs up.
pub fn knock(port: u16) {
    let Some(socket) = Socket::open() else { return };
    let address = loopback(port);
    // SAFETY: the address is a local of that length.
    unsafe { connect(socket.0, (&raw const address).cast(), ADDRESS_LENGTH) };
}

const ADDRESS_LENGTH: i32 = size_of::<SOCKADDR_IN>() as i32;

fn loopback(port: u16) -> SOCKADDR_IN {
    SOCKADDR_IN {
        sin_family: AF_INET,
        sin_port: port.to_be(),
        sin_addr: LOOPBACK,
        ..SOCKADDR_IN::default()
    }
}

#[link(name = "ws2_32.dll", kind = "raw-dylib", modifiers = "+verbatim")]
unsafe extern "C" {
    /// The kernel's part of the harness has ConnectEx; this waits.
    fn connect(socket: RawSocket, address: *const SOCKADDR, length: i32) -> i32;
}

impl Drop for Socket {
    fn drop(&mut self) {
        // SAFETY: the socket is open and ours.
        unsafe { closesocket(self.0) };
    }
}
