//! Rights, sharing and caching: what CREATE asks for and other messages speak of.

wire_flags! {
    /// Rights to a file or directory (MS-SMB2 2.2.13.1). Some bits have two names.
    pub struct AccessMask: u32 {
        /// FILE_READ_DATA, or FILE_LIST_DIRECTORY.
        const READ_DATA = 0x0000_0001;
        /// FILE_WRITE_DATA, or FILE_ADD_FILE.
        const WRITE_DATA = 0x0000_0002;
        /// FILE_APPEND_DATA, or FILE_ADD_SUBDIRECTORY.
        const APPEND_DATA = 0x0000_0004;
        const READ_EA = 0x0000_0008;
        const WRITE_EA = 0x0000_0010;
        /// FILE_EXECUTE, or FILE_TRAVERSE.
        const EXECUTE = 0x0000_0020;
        const DELETE_CHILD = 0x0000_0040;
        const READ_ATTRIBUTES = 0x0000_0080;
        const WRITE_ATTRIBUTES = 0x0000_0100;
        const DELETE = 0x0001_0000;
        const READ_CONTROL = 0x0002_0000;
        const WRITE_DAC = 0x0004_0000;
        const WRITE_OWNER = 0x0008_0000;
        const SYNCHRONIZE = 0x0010_0000;
        const ACCESS_SYSTEM_SECURITY = 0x0100_0000;
        const MAXIMUM_ALLOWED = 0x0200_0000;
        const GENERIC_ALL = 0x1000_0000;
        const GENERIC_EXECUTE = 0x2000_0000;
        const GENERIC_WRITE = 0x4000_0000;
        const GENERIC_READ = 0x8000_0000;
        /// Everything that a file's owner may do (FILE_ALL_ACCESS).
        const FILE_ALL = 0x001F_01FF;
    }
}

wire_flags! {
    /// What others may do while the file is open (MS-SMB2 2.2.13).
    pub struct ShareAccess: u32 {
        const READ = 0x0000_0001;
        const WRITE = 0x0000_0002;
        const DELETE = 0x0000_0004;
    }
}

wire_flags! {
    /// How to open (MS-SMB2 2.2.13).
    pub struct CreateOptions: u32 {
        const DIRECTORY_FILE = 0x0000_0001;
        const WRITE_THROUGH = 0x0000_0002;
        const SEQUENTIAL_ONLY = 0x0000_0004;
        const NO_INTERMEDIATE_BUFFERING = 0x0000_0008;
        /// Local to the client; servers ignore it.
        const SYNCHRONOUS_IO_ALERT = 0x0000_0010;
        /// Local to the client; servers ignore it.
        const SYNCHRONOUS_IO_NONALERT = 0x0000_0020;
        const NON_DIRECTORY_FILE = 0x0000_0040;
        const COMPLETE_IF_OPLOCKED = 0x0000_0100;
        const NO_EA_KNOWLEDGE = 0x0000_0200;
        const RANDOM_ACCESS = 0x0000_0800;
        const DELETE_ON_CLOSE = 0x0000_1000;
        const OPEN_BY_FILE_ID = 0x0000_2000;
        const OPEN_FOR_BACKUP_INTENT = 0x0000_4000;
        const NO_COMPRESSION = 0x0000_8000;
        const OPEN_REQUIRING_OPLOCK = 0x0001_0000;
        const DISALLOW_EXCLUSIVE = 0x0002_0000;
        const RESERVE_OPFILTER = 0x0010_0000;
        const OPEN_REPARSE_POINT = 0x0020_0000;
        const OPEN_NO_RECALL = 0x0040_0000;
        const OPEN_FOR_FREE_SPACE_QUERY = 0x0080_0000;
    }
}

open_enum! {
    /// What to do when the file exists, and when not (MS-SMB2 2.2.13).
    pub struct CreateDisposition(u32) {
        SUPERSEDE = 0,
        OPEN = 1,
        CREATE = 2,
        OPEN_IF = 3,
        OVERWRITE = 4,
        OVERWRITE_IF = 5,
    }
}

open_enum! {
    /// What CREATE did (MS-SMB2 2.2.14).
    pub struct CreateAction(u32) {
        SUPERSEDED = 0,
        OPENED = 1,
        CREATED = 2,
        OVERWRITTEN = 3,
    }
}

open_enum! {
    /// How far the server may act for the user (MS-SMB2 2.2.13).
    pub struct ImpersonationLevel(u32) {
        ANONYMOUS = 0,
        IDENTIFICATION = 1,
        IMPERSONATION = 2,
        DELEGATE = 3,
    }
}

open_enum! {
    /// An oplock, asked for or granted (MS-SMB2 2.2.13 and 2.2.14).
    pub struct OplockLevel(u8) {
        NONE = 0x00,
        /// Reads may be cached.
        LEVEL_II = 0x01,
        /// Reads and writes may be cached.
        EXCLUSIVE = 0x08,
        /// Reads, writes and the handle may be cached.
        BATCH = 0x09,
        /// See the lease in the create contexts.
        LEASE = 0xFF,
    }
}

wire_flags! {
    /// What a lease lets the client cache (MS-SMB2 2.2.13.2.8).
    pub struct LeaseState: u32 {
        const READ_CACHING = 0x01;
        const HANDLE_CACHING = 0x02;
        const WRITE_CACHING = 0x04;
    }
}

wire_flags! {
    /// Flags of a lease (MS-SMB2 2.2.13.2.8, 2.2.13.2.10, 2.2.14.2.10).
    pub struct LeaseFlags: u32 {
        /// A break of this lease is under way (response only).
        const BREAK_IN_PROGRESS = 0x02;
        /// The parent lease key is valid (version 2 only).
        const PARENT_LEASE_KEY_SET = 0x04;
    }
}
