//! File attributes.

wire_flags! {
    /// Attributes of a file or directory (MS-FSCC 2.6).
    pub struct FileAttributes: u32 {
        const READONLY = 0x0000_0001;
        const HIDDEN = 0x0000_0002;
        const SYSTEM = 0x0000_0004;
        const DIRECTORY = 0x0000_0010;
        const ARCHIVE = 0x0000_0020;
        /// None of the others; alone or not at all.
        const NORMAL = 0x0000_0080;
        const TEMPORARY = 0x0000_0100;
        const SPARSE_FILE = 0x0000_0200;
        const REPARSE_POINT = 0x0000_0400;
        const COMPRESSED = 0x0000_0800;
        const OFFLINE = 0x0000_1000;
        const NOT_CONTENT_INDEXED = 0x0000_2000;
        const ENCRYPTED = 0x0000_4000;
        const INTEGRITY_STREAM = 0x0000_8000;
        const NO_SCRUB_DATA = 0x0002_0000;
        const RECALL_ON_OPEN = 0x0004_0000;
        const PINNED = 0x0008_0000;
        const UNPINNED = 0x0010_0000;
        const RECALL_ON_DATA_ACCESS = 0x0040_0000;
    }
}
