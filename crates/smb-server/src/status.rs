//! The NTSTATUS of each refusal of the file system.

use smb_wire::NtStatus;

use crate::fs::FsError;

/// The status that says `error` on the wire.
pub(crate) fn of(error: FsError) -> NtStatus {
    match error {
        FsError::AccessDenied => NtStatus::ACCESS_DENIED,
        FsError::CannotDelete => NtStatus::CANNOT_DELETE,
        FsError::Collision => NtStatus::OBJECT_NAME_COLLISION,
        FsError::DeletePending => NtStatus::DELETE_PENDING,
        FsError::DirectoryNotEmpty => NtStatus::DIRECTORY_NOT_EMPTY,
        FsError::DiskFull => NtStatus::DISK_FULL,
        FsError::ExtendedAttributesTooLarge => NtStatus::EA_TOO_LARGE,
        FsError::EndOfFile => NtStatus::END_OF_FILE,
        FsError::FileIsADirectory => NtStatus::FILE_IS_A_DIRECTORY,
        FsError::FileLockConflict => NtStatus::FILE_LOCK_CONFLICT,
        FsError::InvalidLockRange => INVALID_LOCK_RANGE,
        FsError::InvalidParameter => NtStatus::INVALID_PARAMETER,
        FsError::LockNotGranted => NtStatus::LOCK_NOT_GRANTED,
        FsError::WriteProtected => NtStatus::MEDIA_WRITE_PROTECTED,
        FsError::NameInvalid => NtStatus::OBJECT_NAME_INVALID,
        FsError::NameNotFound => NtStatus::OBJECT_NAME_NOT_FOUND,
        FsError::NoMoreFiles => NtStatus::NO_MORE_FILES,
        FsError::NoSuchFile => NtStatus::NO_SUCH_FILE,
        FsError::NotAFile => NtStatus::INVALID_DEVICE_REQUEST,
        FsError::NotADirectory => NtStatus::NOT_A_DIRECTORY,
        FsError::PathSyntaxBad => NtStatus::OBJECT_PATH_SYNTAX_BAD,
        FsError::PathNotFound => NtStatus::OBJECT_PATH_NOT_FOUND,
        FsError::RangeNotLocked => NtStatus::RANGE_NOT_LOCKED,
        FsError::SharingViolation => NtStatus::SHARING_VIOLATION,
    }
}

/// STATUS_INVALID_LOCK_RANGE (MS-ERREF 2.3.1).
const INVALID_LOCK_RANGE: NtStatus = NtStatus(0xC000_01A1);
