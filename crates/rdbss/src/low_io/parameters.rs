//! Parameters of reads, writes and change notifications.

use crate::context_parts;
use crate::raw::{self, LOWIO_CONTEXT, LOWIO_NOTIFY_CHANGE_DIRECTORY, LOWIO_READ_WRITE};

/// A read or a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadWrite {
    /// First byte in the file; -1 appends.
    pub offset: i64,
    /// How many bytes.
    pub length: u32,
    /// The key that locks of the range were made with.
    pub key: u32,
    /// Whether it is paging I/O.
    pub paging: bool,
    /// Whether a write moves the end of file.
    pub extends_file: bool,
}

impl ReadWrite {
    /// # Safety
    /// `low_io` must be in a live context of a read or a write.
    pub(crate) unsafe fn from_raw(low_io: *mut LOWIO_CONTEXT) -> Self {
        // SAFETY: by the contract.
        let transfer = unsafe { *context_parts::low_io_parameters::<LOWIO_READ_WRITE>(low_io) };
        Self {
            offset: transfer.ByteOffset,
            length: transfer.ByteCount,
            key: transfer.Key,
            paging: transfer.Flags & raw::LOWIO_READWRITEFLAG_PAGING_IO != 0,
            extends_file: transfer.Flags & raw::LOWIO_READWRITEFLAG_EXTENDING_FILESIZE != 0,
        }
    }
}

/// What a wait for changes of a directory watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Notify {
    /// Everything below the directory, not only what is in it.
    pub watch_tree: bool,
    /// Which changes count (FILE_NOTIFY_CHANGE_*).
    pub filter: u32,
    /// Bytes of room for FILE_NOTIFY_INFORMATION entries.
    pub output_length: u32,
}

impl Notify {
    /// # Safety
    /// `low_io` must be in a live context of a change notification.
    pub(crate) unsafe fn from_raw(low_io: *mut LOWIO_CONTEXT) -> Self {
        // SAFETY: by the contract.
        let notify =
            unsafe { *context_parts::low_io_parameters::<LOWIO_NOTIFY_CHANGE_DIRECTORY>(low_io) };
        Self {
            watch_tree: notify.WatchTree != 0,
            filter: notify.CompletionFilter,
            output_length: notify.NotificationBufferLength,
        }
    }
}
