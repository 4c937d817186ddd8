//! Talk between MUP and a UNC provider.

use super::basic::*;
use super::security::PIO_SECURITY_CONTEXT;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _QUERY_PATH_REQUEST {
    pub PathNameLength: ULONG,
    pub SecurityContext: PIO_SECURITY_CONTEXT,
    pub FilePathName: [WCHAR; 1],
}
pub type QUERY_PATH_REQUEST = _QUERY_PATH_REQUEST;
pub type PQUERY_PATH_REQUEST = *mut QUERY_PATH_REQUEST;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct _QUERY_PATH_REQUEST_EX {
    pub pSecurityContext: PIO_SECURITY_CONTEXT,
    pub EaLength: ULONG,
    pub pEaBuffer: PVOID,
    pub PathName: UNICODE_STRING,
    pub DomainServiceName: UNICODE_STRING,
    pub EcpList: PVOID,
    pub Silo: PVOID,
    pub Reserved: ULONG_PTR,
}
pub type QUERY_PATH_REQUEST_EX = _QUERY_PATH_REQUEST_EX;
pub type PQUERY_PATH_REQUEST_EX = *mut QUERY_PATH_REQUEST_EX;

#[repr(C)]
#[derive(Clone, Copy, Debug, Default)]
pub struct _QUERY_PATH_RESPONSE {
    pub LengthAccepted: ULONG,
}
pub type QUERY_PATH_RESPONSE = _QUERY_PATH_RESPONSE;
pub type PQUERY_PATH_RESPONSE = *mut QUERY_PATH_RESPONSE;

pub const IOCTL_REDIR_QUERY_PATH: u32 = 0x0014_018f;
pub const IOCTL_REDIR_QUERY_PATH_EX: u32 = 0x0014_0193;
pub const FSRTL_UNC_PROVIDER_FLAGS_MAILSLOTS_SUPPORTED: u32 = 0x1;
pub const FSRTL_UNC_PROVIDER_FLAGS_CSC_ENABLED: u32 = 0x2;
pub const FSRTL_UNC_PROVIDER_FLAGS_DOMAIN_SVC_AWARE: u32 = 0x4;

zeroed_default!(_QUERY_PATH_REQUEST, _QUERY_PATH_REQUEST_EX);
