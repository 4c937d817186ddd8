//! Information classes of files and file systems, directory entries, and change records (MS-FSCC 2). They are the same
//! bytes on the wire and at the NT interface, so the driver reads and writes them for both sides.

mod attributes;
mod chain;
mod class;
mod directory;
mod extended_attributes;
mod file;
mod names;
mod notify;
mod rename;
mod scalar;
mod streams;
mod volume;

#[cfg(test)]
mod tests;

pub use attributes::FileAttributes;
pub use chain::{ChainEntry, Entries, EntryPacker, Links};
pub use class::{FileInformationClass, FsInformationClass};
pub use directory::{DirectoryClass, DirectoryEntries, DirectoryEntry, DirectoryPacker};
pub use extended_attributes::{EaFlags, FullEa};
pub use file::{
    FileAccessInformation, FileAlignmentInformation, FileAllocationInformation,
    FileAttributeTagInformation, FileBasicInformation, FileDispositionInformation,
    FileDispositionInformationEx, FileEaInformation, FileEndOfFileInformation,
    FileInternalInformation, FileModeInformation, FileNetworkOpenInformation,
    FilePositionInformation, FileStandardInformation, FileValidDataLengthInformation,
};
pub use names::{FileAllInformation, FileNameInformation};
pub use notify::{NotifyAction, NotifyRecord};
pub use rename::{DispositionFlags, LinkInformation, RenameFlags, RenameForm, RenameInformation};
pub use streams::StreamInformation;
pub use volume::{
    DeviceCharacteristics, DeviceType, FileFsAttributeInformation, FileFsDeviceInformation,
    FileFsFullSizeInformation, FileFsObjectIdInformation, FileFsSectorSizeInformation,
    FileFsSizeInformation, FileFsVolumeInformation, FsAttributes,
};
