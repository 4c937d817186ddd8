//! Pool tags of RDBSS (`nodetype.h` and others), as numbers whose bytes in memory spell the tag.

use super::ULONG;

/// `RxSc`: SRV_CALLs.
pub const RX_SRVCALL_POOLTAG: ULONG = u32::from_le_bytes(*b"RxSc");
/// `RxNr`: NET_ROOTs.
pub const RX_NETROOT_POOLTAG: ULONG = u32::from_le_bytes(*b"RxNr");
/// `RxVn`: V_NET_ROOTs.
pub const RX_V_NETROOT_POOLTAG: ULONG = u32::from_le_bytes(*b"RxVn");
/// `RxFc`: FCBs.
pub const RX_FCB_POOLTAG: ULONG = u32::from_le_bytes(*b"RxFc");
/// `RxSo`: SRV_OPENs.
pub const RX_SRVOPEN_POOLTAG: ULONG = u32::from_le_bytes(*b"RxSo");
/// `RxFx`: FOBXs.
pub const RX_FOBX_POOLTAG: ULONG = u32::from_le_bytes(*b"RxFx");
/// `RxNf`: NON_PAGED_FCBs.
pub const RX_NONPAGEDFCB_POOLTAG: ULONG = u32::from_le_bytes(*b"RxNf");
/// `RxWq`: work items.
pub const RX_WORKQ_POOLTAG: ULONG = u32::from_le_bytes(*b"RxWq");
/// `RxBm`: buffering changes.
pub const RX_BUFFERING_MANAGER_POOLTAG: ULONG = u32::from_le_bytes(*b"RxBm");
/// `RxMs`: what has no tag of its own.
pub const RX_MISC_POOLTAG: ULONG = u32::from_le_bytes(*b"RxMs");
/// `RxIr`: RX_CONTEXTs.
pub const RX_IRPC_POOLTAG: ULONG = u32::from_le_bytes(*b"RxIr");
/// `RxMx`: mini-redirector contexts.
pub const RX_MRX_POOLTAG: ULONG = u32::from_le_bytes(*b"RxMx");
/// `RxNc`: name caches.
pub const RX_NAME_CACHE_POOLTAG: ULONG = u32::from_le_bytes(*b"RxNc");
/// `RxLk`: buffered locks.
pub const RX_BUFFERED_LOCK_POOLTAG: ULONG = u32::from_le_bytes(*b"RxLk");
/// `RxSp`: parameters of SRV_CALLs.
pub const RX_SRVCALL_PARAMS_POOLTAG: ULONG = u32::from_le_bytes(*b"RxSp");
/// `RxVp`: parameters of V_NET_ROOTs.
pub const RX_V_NETROOT_PARAMS_POOLTAG: ULONG = u32::from_le_bytes(*b"RxVp");
/// `RxTm`: timers.
pub const RX_TIMER_POOLTAG: ULONG = u32::from_le_bytes(*b"RxTm");
/// `RxDc`: directory controls.
pub const RX_DIRCTL_POOLTAG: ULONG = u32::from_le_bytes(*b"RxDc");
