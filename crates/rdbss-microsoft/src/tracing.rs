//! WMI tracing of RDBSS: `wmlkm.c`, which each mini-redirector of Microsoft's carries along as source.
#![allow(non_snake_case)]

use nt::sys::NTSTATUS;

/// STATUS_WMI_GUID_NOT_FOUND.
const NO_SUCH_PROVIDER: NTSTATUS = 0xc000_0295_u32.cast_signed();

/// Writes an event: nobody listens, which is success. IRQL: any.
///
/// It has parameters, and a varying number of them. On x64 and ARM64 the caller clears them away, so a routine that reads
/// none need not declare them.
#[unsafe(no_mangle)]
pub extern "C" fn WmlTrace() -> NTSTATUS {
    0
}

/// Answers an IRP_MJ_SYSTEM_CONTROL of WMI: there is no provider here. Its three parameters are not read. IRQL:
/// PASSIVE_LEVEL.
#[unsafe(no_mangle)]
pub extern "C" fn WmlTinySystemControl() -> NTSTATUS {
    NO_SUCH_PROVIDER
}
