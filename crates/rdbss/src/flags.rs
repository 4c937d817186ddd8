//! Flags of RDBSS's objects that a mini-redirector deals in.

use bitflags::bitflags;

use crate::raw;

bitflags! {
    /// What may be kept local of a file: a SRV_OPEN's `BufferingFlags`.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct Buffering: u32 {
        /// Reads may be served from the cache.
        const READ_CACHING = raw::FCB_STATE_READCACHING_ENABLED;
        /// Reads may be served from memory.
        const READ_BUFFERING = raw::FCB_STATE_READBUFFERING_ENABLED;
        /// Writes may stay in the cache.
        const WRITE_CACHING = raw::FCB_STATE_WRITECACHING_ENABLED;
        /// Writes may be held back.
        const WRITE_BUFFERING = raw::FCB_STATE_WRITEBUFFERING_ENABLED;
        /// The size may be answered locally.
        const FILE_SIZE = raw::FCB_STATE_FILESIZECACHEING_ENABLED;
        /// The times may be answered locally.
        const FILE_TIMES = raw::FCB_STATE_FILETIMECACHEING_ENABLED;
        /// Byte-range locks may stay local.
        const LOCKS = raw::FCB_STATE_LOCK_BUFFERING_ENABLED;
        /// A later open may use this one, and its close may be delayed.
        const COLLAPSING = raw::FCB_STATE_COLLAPSING_ENABLED;
    }
}

impl Buffering {
    /// What a read lease or a level II oplock grants.
    pub const READ: Self = Self::READ_CACHING.union(Self::READ_BUFFERING);
    /// What a read-write lease or an exclusive oplock grants.
    pub const READ_WRITE: Self = Self::READ
        .union(Self::WRITE_CACHING)
        .union(Self::WRITE_BUFFERING)
        .union(Self::FILE_SIZE)
        .union(Self::FILE_TIMES)
        .union(Self::LOCKS);
    /// What a read-write-handle lease or a batch oplock grants to a file.
    pub const READ_WRITE_HANDLE: Self = Self::READ_WRITE.union(Self::COLLAPSING);
}

bitflags! {
    /// What a mini-redirector may say of an open (`SRVOPEN_FLAG_*`).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct SrvOpenFlags: u32 {
        /// Reads by this open bypass the cache.
        const NO_READ_CACHING = raw::SRVOPEN_FLAG_DONTUSE_READ_CACHING;
        /// Writes by this open bypass the cache: it may not read, so the cache could not be filled.
        const NO_WRITE_CACHING = raw::SRVOPEN_FLAG_DONTUSE_WRITE_CACHING;
        /// The file has been renamed.
        const FILE_RENAMED = raw::SRVOPEN_FLAG_FILE_RENAMED;
        /// The file has been deleted.
        const FILE_DELETED = raw::SRVOPEN_FLAG_FILE_DELETED;
        /// No other open may use this one.
        const COLLAPSING_DISABLED = raw::SRVOPEN_FLAG_COLLAPSING_DISABLED;
        /// Buffering changes do not concern this open: it reads and writes attributes only.
        const NO_BUFFERING_STATE_CHANGE = raw::SRVOPEN_FLAG_NO_BUFFERING_STATE_CHANGE;
    }
}

bitflags! {
    /// What a mini-redirector may say of a server (`SRVCALL_FLAG_*`).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct SrvCallFlags: u32 {
        /// The server serves files.
        const FILE_SERVER = raw::SRVCALL_FLAG_FILE_SERVER;
        /// Names of shares are compared without regard to case.
        const CASE_INSENSITIVE_NET_ROOTS = raw::SRVCALL_FLAG_CASE_INSENSITIVE_NETROOTS;
        /// Names of files are compared without regard to case.
        const CASE_INSENSITIVE_FILE_NAMES = raw::SRVCALL_FLAG_CASE_INSENSITIVE_FILENAMES;
        /// The server knows DFS.
        const DFS_AWARE = raw::SRVCALL_FLAG_DFS_AWARE_SERVER;
    }
}

bitflags! {
    /// What a mini-redirector may say of a share (`NETROOT_FLAG_*`).
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub struct NetRootFlags: u32 {
        /// The share has symbolic links.
        const SUPPORTS_SYMBOLIC_LINKS = raw::NETROOT_FLAG_SUPPORTS_SYMBOLIC_LINKS;
        /// The share is in a DFS name space.
        const DFS_AWARE = raw::NETROOT_FLAG_DFS_AWARE_NETROOT;
        /// Read-ahead starts with the first read.
        const DEFER_READ_AHEAD = raw::NETROOT_FLAG_DEFER_READAHEAD;
        /// A file has one name only.
        const UNIQUE_FILE_NAME = raw::NETROOT_FLAG_UNIQUE_FILE_NAME;
    }
}
