//! Information about a file system (MS-FSCC 2.5).

use super::names::take_name;
use super::scalar::information;
use crate::writer::len32;
use crate::{EmitError, Guid, ParseError, Reader, Utf16, Writer};

/// The volume's name and number: FileFsVolumeInformation (MS-FSCC 2.5).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FileFsVolumeInformation<'a> {
    /// When the volume was made, as a FILETIME.
    pub creation_time: i64,
    /// The serial number.
    pub serial_number: u32,
    /// Whether the file system knows object ids.
    pub supports_objects: bool,
    /// The label. As sent; Explorer cannot stand more than 31 units.
    pub label: Utf16<'a>,
}

impl<'a> FileFsVolumeInformation<'a> {
    /// Reads the structure at the beginning of `bytes`.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let mut r = Reader::new(bytes);
        let creation_time = r.u64("VolumeCreationTime")?.cast_signed();
        let serial_number = r.u32("VolumeSerialNumber")?;
        let label_length = r.u32("VolumeLabelLength")?;
        let supports_objects = r.u8("SupportsObjects")? != 0;
        r.u8("Reserved")?;
        let label = take_name(&mut r, label_length, "VolumeLabelLength")?;
        Ok(Self {
            creation_time,
            serial_number,
            supports_objects,
            label,
        })
    }

    /// Appends the structure.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        w.u64(self.creation_time.cast_unsigned())?;
        w.u32(self.serial_number)?;
        w.u32(len32(self.label.byte_len(), "VolumeLabelLength")?)?;
        w.u8(u8::from(self.supports_objects))?;
        w.u8(0)?;
        self.label.emit(w)
    }
}

information! {
    /// The volume's size: FileFsSizeInformation (MS-FSCC 2.5).
    pub struct FileFsSizeInformation {
        /// How many allocation units there are for the user.
        total_allocation_units: i64,
        /// How many of them are free.
        available_allocation_units: i64,
        /// Sectors of an allocation unit.
        sectors_per_allocation_unit: u32,
        /// Bytes of a sector.
        bytes_per_sector: u32,
    }
    reserved 0
}

information! {
    /// The volume's size, with and without quotas: FileFsFullSizeInformation (MS-FSCC 2.5).
    pub struct FileFsFullSizeInformation {
        /// How many allocation units there are for the user.
        total_allocation_units: i64,
        /// How many are free for the user.
        caller_available_allocation_units: i64,
        /// How many are free.
        actual_available_allocation_units: i64,
        /// Sectors of an allocation unit.
        sectors_per_allocation_unit: u32,
        /// Bytes of a sector.
        bytes_per_sector: u32,
    }
    reserved 0
}

open_enum! {
    /// A kind of device (MS-FSCC 2.5).
    pub struct DeviceType(u32) {
        CD_ROM = 0x0000_0002,
        DISK = 0x0000_0007,
        NAMED_PIPE = 0x0000_0011,
        NETWORK_FILE_SYSTEM = 0x0000_0014,
    }
}

wire_flags! {
    /// Properties of a device (MS-FSCC 2.5).
    pub struct DeviceCharacteristics: u32 {
        const REMOVABLE_MEDIA = 0x0000_0001;
        const READ_ONLY_DEVICE = 0x0000_0002;
        const WRITE_ONCE_MEDIA = 0x0000_0008;
        const REMOTE_DEVICE = 0x0000_0010;
        const DEVICE_IS_MOUNTED = 0x0000_0020;
        const VIRTUAL_VOLUME = 0x0000_0040;
        const SECURE_OPEN = 0x0000_0100;
    }
}

information! {
    /// What the volume lies on: FileFsDeviceInformation (MS-FSCC 2.5).
    pub struct FileFsDeviceInformation {
        /// What kind of device.
        device_type: DeviceType,
        /// Its properties.
        characteristics: DeviceCharacteristics,
    }
    reserved 0
}

wire_flags! {
    /// What a file system can do (MS-FSCC 2.5).
    pub struct FsAttributes: u32 {
        const CASE_SENSITIVE_SEARCH = 0x0000_0001;
        const CASE_PRESERVED_NAMES = 0x0000_0002;
        const UNICODE_ON_DISK = 0x0000_0004;
        const PERSISTENT_ACLS = 0x0000_0008;
        const FILE_COMPRESSION = 0x0000_0010;
        const VOLUME_QUOTAS = 0x0000_0020;
        const SUPPORTS_SPARSE_FILES = 0x0000_0040;
        const SUPPORTS_REPARSE_POINTS = 0x0000_0080;
        const SUPPORTS_REMOTE_STORAGE = 0x0000_0100;
        const VOLUME_IS_COMPRESSED = 0x0000_8000;
        const SUPPORTS_OBJECT_IDS = 0x0001_0000;
        const SUPPORTS_ENCRYPTION = 0x0002_0000;
        const NAMED_STREAMS = 0x0004_0000;
        const READ_ONLY_VOLUME = 0x0008_0000;
        const SEQUENTIAL_WRITE_ONCE = 0x0010_0000;
        const SUPPORTS_TRANSACTIONS = 0x0020_0000;
        const SUPPORTS_HARD_LINKS = 0x0040_0000;
        const SUPPORTS_EXTENDED_ATTRIBUTES = 0x0080_0000;
        const SUPPORTS_OPEN_BY_FILE_ID = 0x0100_0000;
        const SUPPORTS_USN_JOURNAL = 0x0200_0000;
        const SUPPORTS_INTEGRITY_STREAMS = 0x0400_0000;
        const SUPPORTS_BLOCK_REFCOUNTING = 0x0800_0000;
        const SUPPORTS_SPARSE_VDL = 0x1000_0000;
    }
}

/// What the file system is and can do: FileFsAttributeInformation (MS-FSCC 2.5).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FileFsAttributeInformation<'a> {
    /// What it can do.
    pub attributes: FsAttributes,
    /// The longest name between two backslashes, in units.
    pub maximum_component_name_length: u32,
    /// What it is called, as in `NTFS`.
    pub name: Utf16<'a>,
}

impl<'a> FileFsAttributeInformation<'a> {
    /// Reads the structure at the beginning of `bytes`.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, ParseError> {
        let mut r = Reader::new(bytes);
        let attributes = FsAttributes::from_bits_retain(r.u32("FileSystemAttributes")?);
        let maximum_component_name_length = r.u32("MaximumComponentNameLength")?;
        let name_length = r.u32("FileSystemNameLength")?;
        let name = take_name(&mut r, name_length, "FileSystemNameLength")?;
        Ok(Self {
            attributes,
            maximum_component_name_length,
            name,
        })
    }

    /// Appends the structure.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        w.u32(self.attributes.bits())?;
        w.u32(self.maximum_component_name_length)?;
        w.u32(len32(self.name.byte_len(), "FileSystemNameLength")?)?;
        self.name.emit(w)
    }
}

/// The volume's object id: FileFsObjectIdInformation (MS-FSCC 2.5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FileFsObjectIdInformation {
    /// The id.
    pub object_id: Guid,
    /// What the file system adds to it.
    pub extended_info: [u8; 48],
}

impl FileFsObjectIdInformation {
    /// The size in bytes.
    pub const LEN: usize = 64;

    /// Reads the structure at the beginning of `bytes`.
    pub fn parse(bytes: &[u8]) -> Result<Self, ParseError> {
        let mut r = Reader::new(bytes);
        Ok(Self {
            object_id: Guid(r.array("ObjectId")?),
            extended_info: r.array("ExtendedInfo")?,
        })
    }

    /// Appends the structure.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        w.bytes(&self.object_id.0)?;
        w.bytes(&self.extended_info)
    }
}

information! {
    /// The volume's sectors: FileFsSectorSizeInformation (MS-FSCC 2.5). Sizes and offsets are in bytes.
    pub struct FileFsSectorSizeInformation {
        /// The sector as the volume shows it.
        logical_bytes_per_sector: u32,
        /// What the device writes as a whole.
        physical_bytes_per_sector_for_atomicity: u32,
        /// What the device writes well.
        physical_bytes_per_sector_for_performance: u32,
        /// What the file system takes for the physical sector.
        effective_physical_bytes_per_sector_for_atomicity: u32,
        /// Alignment and other properties.
        flags: u32,
        /// Where the first sector begins; 0xFFFFFFFF when unknown.
        byte_offset_for_sector_alignment: u32,
        /// Where the partition begins; 0xFFFFFFFF when unknown.
        byte_offset_for_partition_alignment: u32,
    }
    reserved 0
}
