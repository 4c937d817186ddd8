//! The information classes of file systems (MS-FSCC 2.5).

use smb_wire::fscc::{
    DeviceCharacteristics, DeviceType, FileFsAttributeInformation, FileFsDeviceInformation,
    FileFsFullSizeInformation, FileFsObjectIdInformation, FileFsSectorSizeInformation,
    FileFsSizeInformation, FileFsVolumeInformation, FsAttributes, FsInformationClass,
};
use smb_wire::{Guid, NtStatus, Utf16};

use super::Result;
use super::query_info::Information;
use crate::fs::{CLUSTER, FileSystem};

const SECTOR: u32 = 512;
const SECTORS_PER_CLUSTER: u32 = CLUSTER as u32 / SECTOR;
const MAX_COMPONENT: u32 = 255;

pub(super) fn query(fs: &FileSystem, class: u8) -> Result<Information> {
    let total = (fs.space().capacity() / CLUSTER).cast_signed();
    let free = (fs.space().free() / CLUSTER).cast_signed();
    match FsInformationClass(class) {
        FsInformationClass::VOLUME => volume(fs),
        FsInformationClass::SIZE => {
            let size = FileFsSizeInformation {
                total_allocation_units: total,
                available_allocation_units: free,
                sectors_per_allocation_unit: SECTORS_PER_CLUSTER,
                bytes_per_sector: SECTOR,
            };
            Information::fixed(|w| size.emit(w))
        }
        FsInformationClass::FULL_SIZE => {
            let size = FileFsFullSizeInformation {
                total_allocation_units: total,
                caller_available_allocation_units: free,
                actual_available_allocation_units: free,
                sectors_per_allocation_unit: SECTORS_PER_CLUSTER,
                bytes_per_sector: SECTOR,
            };
            Information::fixed(|w| size.emit(w))
        }
        FsInformationClass::DEVICE => {
            let mut characteristics = DeviceCharacteristics::DEVICE_IS_MOUNTED;
            characteristics.set(
                DeviceCharacteristics::READ_ONLY_DEVICE,
                fs.volume().read_only,
            );
            let device = FileFsDeviceInformation {
                device_type: DeviceType::DISK,
                characteristics,
            };
            Information::fixed(|w| device.emit(w))
        }
        FsInformationClass::ATTRIBUTE => attributes(fs),
        FsInformationClass::OBJECT_ID => {
            let mut id = [0; 16];
            id[..4].copy_from_slice(&fs.volume().serial.to_le_bytes());
            let object_id = FileFsObjectIdInformation {
                object_id: Guid(id),
                extended_info: [0; 48],
            };
            Information::fixed(|w| object_id.emit(w))
        }
        FsInformationClass::SECTOR_SIZE => {
            let cluster = CLUSTER as u32;
            let sectors = FileFsSectorSizeInformation {
                logical_bytes_per_sector: SECTOR,
                physical_bytes_per_sector_for_atomicity: cluster,
                physical_bytes_per_sector_for_performance: cluster,
                effective_physical_bytes_per_sector_for_atomicity: cluster,
                ..FileFsSectorSizeInformation::default()
            };
            Information::fixed(|w| sectors.emit(w))
        }
        FsInformationClass::CONTROL => Information::fixed(|w| {
            // Three thresholds of content indexing, which is off; then no quota's threshold and limit, and no flags.
            w.zeros(24)?;
            w.u64(u64::MAX)?;
            w.u64(u64::MAX)?;
            w.u64(0)
        }),
        _ => Err(NtStatus::INVALID_INFO_CLASS.into()),
    }
}

fn volume(fs: &FileSystem) -> Result<Information> {
    // The structure's size with its first character and padding.
    const LEAST: usize = 24;
    let volume = FileFsVolumeInformation {
        creation_time: fs.created().cast_signed(),
        serial_number: fs.volume().serial,
        supports_objects: false,
        label: Utf16::from_str(&fs.volume().label),
    };
    Information::cuttable(LEAST, |w| volume.emit(w))
}

fn attributes(fs: &FileSystem) -> Result<Information> {
    // The structure's size with its first character and padding.
    const LEAST: usize = 16;
    let mut attributes = FsAttributes::NAMED_STREAMS
        | FsAttributes::SUPPORTS_EXTENDED_ATTRIBUTES
        | FsAttributes::CASE_PRESERVED_NAMES
        | FsAttributes::UNICODE_ON_DISK
        | FsAttributes::SUPPORTS_SPARSE_FILES;
    attributes.set(FsAttributes::READ_ONLY_VOLUME, fs.volume().read_only);
    let information = FileFsAttributeInformation {
        attributes,
        maximum_component_name_length: MAX_COMPONENT,
        // Programs look for this name before they use what NTFS can do.
        name: Utf16::from_str("NTFS"),
    };
    Information::cuttable(LEAST, |w| information.emit(w))
}
