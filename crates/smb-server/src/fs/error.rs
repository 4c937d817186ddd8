//! What can go wrong in the file system.

use std::fmt;

/// Why the file system refused an operation. Each has one NTSTATUS of a like name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FsError {
    /// The handle lacks the access, or the node's attributes forbid it.
    AccessDenied,
    /// The node cannot be deleted: it is read-only, or the root.
    CannotDelete,
    /// A node of this name exists.
    Collision,
    /// The node waits for its last handle to be closed, to be deleted.
    DeletePending,
    /// A directory with entries cannot be deleted.
    DirectoryNotEmpty,
    /// No memory is left within the volume's capacity.
    DiskFull,
    /// More extended attributes than one file can have.
    ExtendedAttributesTooLarge,
    /// Reading begins at or after the end of the file.
    EndOfFile,
    /// A file was wanted and a directory found.
    FileIsADirectory,
    /// Another handle's byte-range lock is in the way of a read or write.
    FileLockConflict,
    /// A byte range wraps around the end of all offsets.
    InvalidLockRange,
    /// A parameter makes no sense.
    InvalidParameter,
    /// The lock cannot be had.
    LockNotGranted,
    /// The volume refuses changes.
    WriteProtected,
    /// A name has a character or a form that is not allowed.
    NameInvalid,
    /// The last component does not exist.
    NameNotFound,
    /// The directory has been listed to its end.
    NoMoreFiles,
    /// No entry of the directory matches.
    NoSuchFile,
    /// A directory was wanted and a file found.
    NotADirectory,
    /// A directory cannot be read or written as a file.
    NotAFile,
    /// A path has a `.` or `..` for a component.
    PathSyntaxBad,
    /// A component before the last does not exist.
    PathNotFound,
    /// The range to unlock is not locked.
    RangeNotLocked,
    /// The other handles' share modes do not allow it.
    SharingViolation,
}

impl fmt::Display for FsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

impl std::error::Error for FsError {}
