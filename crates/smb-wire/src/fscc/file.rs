//! Information about a file that has a fixed size. Times are FILETIMEs: 100-ns units since 1601. Sizes are in bytes and as
//! sent: the caller checks their signs.

use super::scalar::information;
use super::{DispositionFlags, FileAttributes};
use crate::smb2::AccessMask;

information! {
    /// Times and attributes (MS-FSCC 2.4). When set, a time of 0 leaves it, -1 stops its updates, -2 resumes them.
    pub struct FileBasicInformation {
        /// When the file was created.
        creation_time: i64,
        /// When the file was last accessed.
        last_access_time: i64,
        /// When the file's data last changed.
        last_write_time: i64,
        /// When anything of the file last changed.
        change_time: i64,
        /// The attributes; when set, 0 leaves them.
        file_attributes: FileAttributes,
    }
    reserved 4
}

information! {
    /// Sizes and links (MS-FSCC 2.4).
    pub struct FileStandardInformation {
        /// The space set aside for the file.
        allocation_size: i64,
        /// The file's size.
        end_of_file: i64,
        /// How many names the file has.
        number_of_links: u32,
        /// Whether the file goes away with its last open.
        delete_pending: bool,
        /// Whether it is a directory.
        directory: bool,
    }
    reserved 2
}

information! {
    /// The file's id on its volume (MS-FSCC 2.4).
    pub struct FileInternalInformation {
        /// The id; 0 when the file system has none.
        index_number: u64,
    }
    reserved 0
}

information! {
    /// The size of the extended attributes (MS-FSCC 2.4).
    pub struct FileEaInformation {
        /// In bytes.
        ea_size: u32,
    }
    reserved 0
}

information! {
    /// What the open may do (MS-FSCC 2.4).
    pub struct FileAccessInformation {
        /// Granted rights.
        access: AccessMask,
    }
    reserved 0
}

information! {
    /// Where the next synchronous read or write begins (MS-FSCC 2.4).
    pub struct FilePositionInformation {
        /// In bytes from the file's beginning.
        current_byte_offset: i64,
    }
    reserved 0
}

information! {
    /// How the file was opened (MS-FSCC 2.4).
    pub struct FileModeInformation {
        /// Some of the bits of [`crate::smb2::CreateOptions`].
        mode: u32,
    }
    reserved 0
}

information! {
    /// How the device wants its buffers aligned (MS-FSCC 2.4).
    pub struct FileAlignmentInformation {
        /// The alignment minus one.
        alignment_requirement: u32,
    }
    reserved 0
}

information! {
    /// What a network open wants to know (MS-FSCC 2.4).
    pub struct FileNetworkOpenInformation {
        /// When the file was created.
        creation_time: i64,
        /// When the file was last accessed.
        last_access_time: i64,
        /// When the file's data last changed.
        last_write_time: i64,
        /// When anything of the file last changed.
        change_time: i64,
        /// The space set aside for the file.
        allocation_size: i64,
        /// The file's size.
        end_of_file: i64,
        /// The attributes.
        file_attributes: FileAttributes,
    }
    reserved 4
}

information! {
    /// Attributes and the reparse tag (MS-FSCC 2.4).
    pub struct FileAttributeTagInformation {
        /// The attributes.
        file_attributes: FileAttributes,
        /// The reparse tag, with [`FileAttributes::REPARSE_POINT`].
        reparse_tag: u32,
    }
    reserved 0
}

information! {
    /// A new size for a file (MS-FSCC 2.4).
    pub struct FileEndOfFileInformation {
        /// The size.
        end_of_file: i64,
    }
    reserved 0
}

information! {
    /// How much space to set aside for a file (MS-FSCC 2.4).
    pub struct FileAllocationInformation {
        /// The space; below the file's size it cuts the file.
        allocation_size: i64,
    }
    reserved 0
}

information! {
    /// How much of a file's data is valid (MS-FSCC 2.4).
    pub struct FileValidDataLengthInformation {
        /// From the file's beginning.
        valid_data_length: i64,
    }
    reserved 0
}

information! {
    /// Whether a file goes away with its last open (MS-FSCC 2.4).
    pub struct FileDispositionInformation {
        /// Whether.
        delete_pending: bool,
    }
    reserved 0
}

information! {
    /// How a file goes away (MS-FSCC 2.4).
    pub struct FileDispositionInformationEx {
        /// How.
        flags: DispositionFlags,
    }
    reserved 0
}
