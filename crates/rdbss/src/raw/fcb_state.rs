//! States of an FCB (`fcb.h`); the ones in [`FCB_STATE_BUFFERING_STATE_MASK`] are also a SRV_OPEN's `BufferingFlags`.

use super::ULONG;

/// The SRV_OPEN allocated with the FCB is in use.
pub const FCB_STATE_SRVOPEN_USED: ULONG = 0x8000_0000;
/// The FOBX allocated with the FCB is in use.
pub const FCB_STATE_FOBX_USED: ULONG = 0x4000_0000;
/// A backslash has been added to the name.
pub const FCB_STATE_ADDEDBACKSLASH: ULONG = 0x2000_0000;
/// The name is no longer in the table.
pub const FCB_STATE_NAME_ALREADY_REMOVED: ULONG = 0x1000_0000;
/// Writes may stay in the cache.
pub const FCB_STATE_WRITECACHING_ENABLED: ULONG = 0x0800_0000;
/// Writes may be held back.
pub const FCB_STATE_WRITEBUFFERING_ENABLED: ULONG = 0x0400_0000;
/// Reads may be served from the cache.
pub const FCB_STATE_READCACHING_ENABLED: ULONG = 0x0200_0000;
/// Reads may be served from memory.
pub const FCB_STATE_READBUFFERING_ENABLED: ULONG = 0x0100_0000;
/// Opens may share a SRV_OPEN.
pub const FCB_STATE_OPENSHARING_ENABLED: ULONG = 0x0080_0000;
/// A later open may use an open that the server already knows, and closes may be delayed.
pub const FCB_STATE_COLLAPSING_ENABLED: ULONG = 0x0040_0000;
/// Byte-range locks may stay local.
pub const FCB_STATE_LOCK_BUFFERING_ENABLED: ULONG = 0x0020_0000;
/// The size may be answered locally.
pub const FCB_STATE_FILESIZECACHEING_ENABLED: ULONG = 0x0010_0000;
/// The times may be answered locally.
pub const FCB_STATE_FILETIMECACHEING_ENABLED: ULONG = 0x0008_0000;
/// Times and sizes have been filled in.
pub const FCB_STATE_TIME_AND_SIZE_ALREADY_SET: ULONG = 0x0004_0000;
/// The name begins in a special way.
pub const FCB_STATE_SPECIAL_PATH: ULONG = 0x0002_0000;
/// A local copy stands for the file.
pub const FCB_STATE_FILE_IS_SHADOWED: ULONG = 0x0001_0000;
/// The file is compressed on disk.
pub const FCB_STATE_FILE_IS_DISK_COMPRESSED: ULONG = 0x8000;
/// The file is compressed in memory.
pub const FCB_STATE_FILE_IS_BUF_COMPRESSED: ULONG = 0x4000;
/// A change of the buffering state is under way.
pub const FCB_STATE_BUFFERSTATE_CHANGING: ULONG = 0x2000;
/// The FCB stands for a rename's target directory.
pub const FCB_STATE_FAKEFCB: ULONG = 0x1000;
/// Closes are to be delayed.
pub const FCB_STATE_DELAY_CLOSE: ULONG = 0x800;
/// Read-ahead starts with the first read.
pub const FCB_STATE_READAHEAD_DEFERRED: ULONG = 0x100;
/// The file is no longer reachable by this FCB.
pub const FCB_STATE_ORPHANED: ULONG = 0x80;
/// A change of the buffering state waits.
pub const FCB_STATE_BUFFERING_STATE_CHANGE_PENDING: ULONG = 0x40;
/// The file is temporary.
pub const FCB_STATE_TEMPORARY: ULONG = 0x20;
/// Nothing may be buffered.
pub const FCB_STATE_DISABLE_LOCAL_BUFFERING: ULONG = 0x10;
/// Light-weight I/O is on.
pub const FCB_STATE_LWIO_ENABLED: ULONG = 0x8;
/// The file is a paging file.
pub const FCB_STATE_PAGING_FILE: ULONG = 0x4;
/// The file is cut to its valid length on cleanup.
pub const FCB_STATE_TRUNCATE_ON_CLOSE: ULONG = 0x2;
/// The file is deleted with its last handle.
pub const FCB_STATE_DELETE_ON_CLOSE: ULONG = 0x1;
/// The flags that a buffering change decides.
pub const FCB_STATE_BUFFERING_STATE_MASK: ULONG = 0x0ff8_0000;
