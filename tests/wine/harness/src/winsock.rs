//! ws2_32.dll, as far as WSK and the agent use it. A driver in Wine may import it.
#![allow(
    missing_docs,
    non_snake_case,
    reason = "the names and their meaning are Winsock's"
)]

use crate::kernelbase::{Handle, Overlapped};
use core::ffi::c_void;
use wsk_sys::SOCKADDR;

/// `SOCKET`: a handle that file functions take too.
pub type RawSocket = usize;
pub const INVALID_SOCKET: RawSocket = usize::MAX;
pub const SOCKET_ERROR: i32 = -1;

/// `WSABUF`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Buffer {
    pub length: u32,
    pub start: *mut u8,
}

/// `WSADATA` of a 64-bit process: only room for it.
#[repr(C, align(8))]
#[derive(Debug)]
pub struct StartupData(pub [u8; 408]);

/// `GUID`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Guid(pub u32, pub u16, pub u16, pub [u8; 8]);

/// `ADDRINFOW`: hints and results of `GetAddrInfoW`.
#[repr(C)]
#[derive(Debug)]
pub struct AddressInfo {
    pub flags: i32,
    pub family: i32,
    pub socket_type: i32,
    pub protocol: i32,
    pub address_length: usize,
    pub canonical_name: *mut u16,
    pub address: *mut SOCKADDR,
    pub next: *mut AddressInfo,
}

/// `LINGER`.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Linger {
    pub on: u16,
    pub seconds: u16,
}

/// `LPFN_CONNECTEX`: (Socket, Name, NameLength, SendBuffer, SendLength, BytesSent, Overlapped).
pub type ConnectExFn = unsafe extern "C" fn(
    RawSocket,
    *const SOCKADDR,
    i32,
    *const c_void,
    u32,
    *mut u32,
    *mut Overlapped,
) -> i32;

pub const WINSOCK_2_2: u16 = 0x0202;
pub const WSA_FLAG_OVERLAPPED: u32 = 1;
pub const SIO_GET_EXTENSION_FUNCTION_POINTER: u32 = 0xc800_0006;
pub const WSAID_CONNECTEX: Guid = Guid(
    0x25a2_07b9,
    0xddf3,
    0x4660,
    [0x8e, 0xe9, 0x76, 0xe5, 0x8c, 0x74, 0x06, 0x3e],
);
pub const SO_LINGER: i32 = 0x0080;
pub const SO_UPDATE_CONNECT_CONTEXT: i32 = 0x7010;
pub const SD_SEND: i32 = 1;
pub const SD_BOTH: i32 = 2;
pub const WSA_IO_PENDING: i32 = 997;

#[link(name = "ws2_32.dll", kind = "raw-dylib", modifiers = "+verbatim")]
unsafe extern "C" {
    pub fn FreeAddrInfoW(first: *mut AddressInfo);
    pub fn GetAddrInfoW(
        node: *const u16,
        service: *const u16,
        hints: *const AddressInfo,
        first: *mut *mut AddressInfo,
    ) -> i32;
    pub fn WSACleanup() -> i32;
    pub fn WSAGetLastError() -> i32;
    pub fn WSAIoctl(
        socket: RawSocket,
        code: u32,
        input: *mut c_void,
        input_length: u32,
        output: *mut c_void,
        output_length: u32,
        returned: *mut u32,
        overlapped: *mut Overlapped,
        completion: *mut c_void,
    ) -> i32;
    pub fn WSARecv(
        socket: RawSocket,
        buffers: *mut Buffer,
        count: u32,
        received: *mut u32,
        flags: *mut u32,
        overlapped: *mut Overlapped,
        completion: *mut c_void,
    ) -> i32;
    pub fn WSASend(
        socket: RawSocket,
        buffers: *mut Buffer,
        count: u32,
        sent: *mut u32,
        flags: u32,
        overlapped: *mut Overlapped,
        completion: *mut c_void,
    ) -> i32;
    pub fn WSASocketW(
        family: i32,
        kind: i32,
        protocol: i32,
        information: *mut c_void,
        group: u32,
        flags: u32,
    ) -> RawSocket;
    pub fn WSAStartup(version: u16, data: *mut StartupData) -> i32;
    pub fn accept(socket: RawSocket, address: *mut SOCKADDR, length: *mut i32) -> RawSocket;
    pub fn bind(socket: RawSocket, address: *const SOCKADDR, length: i32) -> i32;
    pub fn closesocket(socket: RawSocket) -> i32;
    pub fn getpeername(socket: RawSocket, address: *mut SOCKADDR, length: *mut i32) -> i32;
    pub fn getsockname(socket: RawSocket, address: *mut SOCKADDR, length: *mut i32) -> i32;
    pub fn getsockopt(
        socket: RawSocket,
        level: i32,
        option: i32,
        value: *mut u8,
        length: *mut i32,
    ) -> i32;
    pub fn listen(socket: RawSocket, backlog: i32) -> i32;
    pub fn recv(socket: RawSocket, buffer: *mut u8, length: i32, flags: i32) -> i32;
    pub fn send(socket: RawSocket, buffer: *const u8, length: i32, flags: i32) -> i32;
    pub fn setsockopt(
        socket: RawSocket,
        level: i32,
        option: i32,
        value: *const u8,
        length: i32,
    ) -> i32;
    pub fn shutdown(socket: RawSocket, how: i32) -> i32;
}

/// A socket as the handle that file functions want.
pub fn as_handle(socket: RawSocket) -> Handle {
    core::ptr::without_provenance_mut(socket)
}

const _: () = {
    assert!(size_of::<Buffer>() == 16);
    assert!(size_of::<AddressInfo>() == 48);
};
