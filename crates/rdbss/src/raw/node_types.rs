//! Node types: what an object says it is in its first two bytes (`nodetype.h`).

use super::USHORT;

/// No type.
pub const NTC_UNDEFINED: USHORT = 0x0000;
/// FCB: type not known.
pub const RDBSS_NTC_STORAGE_TYPE_UNKNOWN: USHORT = 0xec00;
/// FCB of a directory.
pub const RDBSS_NTC_STORAGE_TYPE_DIRECTORY: USHORT = 0xec02;
/// FCB of a file.
pub const RDBSS_NTC_STORAGE_TYPE_FILE: USHORT = 0xec03;
/// FCB that stands for a rename's target directory.
pub const RDBSS_NTC_OPENTARGETDIR_FCB: USHORT = 0xecff;
/// FCB of a share of pipes.
pub const RDBSS_NTC_IPC_SHARE: USHORT = 0xecfe;
/// FCB of a mailslot.
pub const RDBSS_NTC_MAILSLOT: USHORT = 0xecfd;
/// FCB of a print job.
pub const RDBSS_NTC_SPOOLFILE: USHORT = 0xecfc;
/// A SRV_CALL.
pub const RDBSS_NTC_SRVCALL: USHORT = 0xeb10;
/// A NET_ROOT.
pub const RDBSS_NTC_NETROOT: USHORT = 0xeb11;
/// A V_NET_ROOT.
pub const RDBSS_NTC_V_NETROOT: USHORT = 0xeb12;
/// FCB of a volume.
pub const RDBSS_NTC_VOLUME_FCB: USHORT = 0xeb1f;
/// A SRV_OPEN.
pub const RDBSS_NTC_SRVOPEN: USHORT = 0xeb1c;
/// A SRV_OPEN allocated with its FCB.
pub const RDBSS_NTC_INTERNAL_SRVOPEN: USHORT = 0xeb1d;
/// FCB of the device itself.
pub const RDBSS_NTC_DEVICE_FCB: USHORT = 0xeb9a;
/// The library's data.
pub const RDBSS_NTC_DATA_HEADER: USHORT = 0xeb00;
/// Not used.
pub const RDBSS_NTC_VCB: USHORT = 0xeb01;
/// A FOBX.
pub const RDBSS_NTC_FOBX: USHORT = 0xeb07;
/// An RX_CONTEXT.
pub const RDBSS_NTC_RX_CONTEXT: USHORT = 0xeb08;
/// A name table.
pub const RDBSS_NTC_PREFIX_TABLE: USHORT = 0xeb0d;
/// An entry of a name table.
pub const RDBSS_NTC_PREFIX_ENTRY: USHORT = 0xeb0e;
/// A table of FCBs.
pub const RDBSS_NTC_FCB_TABLE: USHORT = 0xeb09;
/// An entry of a table of FCBs.
pub const RDBSS_NTC_FCB_TABLE_ENTRY: USHORT = 0xeb0a;
/// A transport.
pub const RDBSS_NTC_RXCE_TRANSPORT: USHORT = 0xeb71;
/// A transport's address.
pub const RDBSS_NTC_RXCE_ADDRESS: USHORT = 0xeb72;
/// A transport's connection.
pub const RDBSS_NTC_RXCE_CONNECTION: USHORT = 0xeb73;
/// A transport's circuit.
pub const RDBSS_NTC_RXCE_VC: USHORT = 0xeb74;
/// A NON_PAGED_FCB.
pub const RDBSS_NTC_NONPAGED_FCB: USHORT = 0xebfd;
/// A dispatch table in common.
pub const RDBSS_NTC_COMMON_DISPATCH: USHORT = 0xebfe;
/// A MINIRDR_DISPATCH.
pub const RDBSS_NTC_MINIRDR_DISPATCH: USHORT = 0xebff;
/// FCB of a file.
pub const RDBSS_NTC_FCB: USHORT = 0xec03;

/// Whether a node type is that of some FCB.
pub const fn node_type_is_fcb(node_type: USHORT) -> bool {
    node_type & 0xff00 == 0xec00 || node_type & 0xfff0 == 0xeb90
}
