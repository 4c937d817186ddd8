//! What a program can ask and set besides data: attributes, allocation, and what the volume is.
#![forbid(unsafe_code)]

mod desk;

use std::fs;
use std::os::unix::fs::MetadataExt;

use desk::{
    Configuration, credentials, in_every_configuration, share_at, with_drive, with_machine,
};
use lab::drive::Drive;
use lab::file::{Access, Disposition, File};
use lab::machine::Settings;
use samba_ground::{Config, PASSWORD, SHARE, Samba, USER};
use smb_server::{RunningServer, Share};
use smb_wire::fscc::{
    DeviceCharacteristics, DeviceType, FileAttributes, FileFsAttributeInformation,
    FileFsDeviceInformation, FileFsFullSizeInformation, FileFsSectorSizeInformation,
    FileFsSizeInformation, FileFsVolumeInformation, FsAttributes, FsInformationClass,
};
use smb_wire::{NtStatus, Utf16};

in_every_configuration! {
    attributes_set_by_the_driver_are_seen_by_smbclient;
    attributes_set_by_smbclient_are_seen_by_the_driver;
}

/// Opens the file, which is made when it is not there.
fn file(drive: &Drive<'_>) -> File {
    drive
        .open("\\file", Access::ReadWrite, Disposition::OpenOrCreate)
        .unwrap()
}

fn attributes(drive: &Drive<'_>) -> FileAttributes {
    drive.stat("\\file").unwrap().attributes
}

fn attributes_set_by_the_driver_are_seen_by_smbclient(configuration: Configuration) {
    configuration.with_drive(|samba, drive| {
        let file = file(drive);
        for (set, letters) in [
            (FileAttributes::READONLY, "R"),
            (FileAttributes::HIDDEN, "H"),
            (FileAttributes::READONLY | FileAttributes::HIDDEN, "HR"),
            (FileAttributes::SYSTEM | FileAttributes::ARCHIVE, "AS"),
            (FileAttributes::NORMAL, "N"),
        ] {
            let before = file.facts().unwrap();
            file.set_attributes(set).unwrap();
            let after = file.facts().unwrap();
            assert_eq!(after.attributes, set);
            assert_eq!(after.written, before.written, "{letters} changes a time");
            let listed = samba.client().list("");
            assert_eq!(listed.len(), 1);
            assert_eq!(listed[0].attributes, letters);
        }

        file.set_attributes(FileAttributes::READONLY).unwrap();
        drop(file);
        let refused = drive.open("\\file", Access::Write, Disposition::Open);
        assert_eq!(
            refused.unwrap_err().status(),
            Some(NtStatus::ACCESS_DENIED),
            "a read-only file opens for writing"
        );
    });
}

fn attributes_set_by_smbclient_are_seen_by_the_driver(configuration: Configuration) {
    configuration.with_drive(|samba, drive| {
        drop(file(drive));
        let client = samba.client();
        client.expect("setmode file +rh");
        let set = FileAttributes::READONLY | FileAttributes::HIDDEN;
        assert!(attributes(drive).contains(set));
        let listed = drive.list("").unwrap().next().unwrap().unwrap();
        assert!(listed.facts.attributes.contains(set));
        client.expect("setmode file -rh");
        assert!(!attributes(drive).intersects(set));
    });
}

#[test]
fn allocation_set_aside_leaves_the_size_and_one_below_the_size_cuts_the_file() {
    // Samba sets nothing aside unless it is told to be strict.
    let samba = Samba::start(&Config {
        global: vec![("strict allocate", "yes")],
        ..Config::default()
    });
    let path = samba.directory().join("file");
    with_drive(&samba, &Settings::default(), |drive| {
        let file = file(drive);
        assert_eq!(file.write_at(0, &desk::bytes(5000)), Ok(5000));
        file.set_allocation(4 << 20).unwrap();
        let facts = file.facts().unwrap();
        assert_eq!(facts.size, 5000);
        assert!(facts.allocated >= 4 << 20, "{}", facts.allocated);
        let there = fs::metadata(&path).unwrap();
        assert_eq!(there.len(), 5000);
        assert!(there.blocks() * 512 >= 4 << 20, "{}", there.blocks());

        file.set_allocation(1000).unwrap();
        assert_eq!(file.facts().unwrap().size, 1000);
        assert_eq!(fs::read(&path).unwrap(), desk::bytes(1000));
    });
}

#[test]
fn allocation_is_what_the_server_keeps() {
    let share = Share::new(SHARE).unwrap();
    share.write_file("file", &desk::bytes(5000)).unwrap();
    on(&serve(&share), |drive| {
        let file = file(drive);
        for allocation in [1 << 20, 3000] {
            file.set_allocation(allocation).unwrap();
            let (facts, kept) = (file.facts().unwrap(), share.file_info("file").unwrap());
            assert_eq!(facts.size, allocation.min(5000));
            assert_eq!((facts.size, facts.allocated), (kept.size, kept.allocated));
            assert!(kept.allocated >= allocation);
        }
        let too_much = share.space().capacity() + 1;
        assert_eq!(file.set_allocation(too_much), Err(NtStatus::DISK_FULL));
    });
}

fn serve(share: &Share) -> RunningServer {
    let builder = smb_server::builder().share(share).user(USER, PASSWORD);
    builder.bind("127.0.0.1:0").unwrap()
}

/// Works through the driver on our own server.
fn on(server: &RunningServer, work: impl FnOnce(&Drive<'_>)) {
    with_machine(&Settings::default(), |machine| {
        let drive = machine
            .connect(
                &share_at(server.address().port()),
                Some(&credentials()),
                None,
            )
            .unwrap();
        work(&drive);
        drive.disconnect().unwrap();
    });
}

#[test]
fn what_is_told_of_a_volume_is_what_our_server_says() {
    let volume = smb_server::fs::Volume {
        label: "Vorräte 日本".into(),
        serial: 0xFEED_0B5D,
        capacity: 3 << 30,
        read_only: false,
    };
    let share = Share::with_volume(SHARE, volume).unwrap();
    share.write_file("file", &desk::bytes(100_000)).unwrap();
    on(&serve(&share), |drive| {
        let file = file(drive);

        let answer = file.volume(FsInformationClass::VOLUME).unwrap();
        let volume = FileFsVolumeInformation::parse(&answer).unwrap();
        assert_eq!(volume.label, Utf16::from_str("Vorräte 日本"));
        assert_eq!(volume.serial_number, 0xFEED_0B5D);
        assert_eq!(volume.creation_time.cast_unsigned(), share.created());

        let (size, full) = sizes(&file);
        let unit = i64::from(size.sectors_per_allocation_unit * size.bytes_per_sector);
        assert_eq!(size.total_allocation_units * unit, 3 << 30);
        let free = share.space().free().cast_signed() / unit;
        assert!(free < size.total_allocation_units);
        assert_eq!(size.available_allocation_units, free);
        assert_eq!(full.actual_available_allocation_units, free);

        let answer = file.volume(FsInformationClass::ATTRIBUTE).unwrap();
        let system = FileFsAttributeInformation::parse(&answer).unwrap();
        assert_eq!(system.name, Utf16::from_str("NTFS"));
        assert_eq!(system.maximum_component_name_length, 255);
        let can = FsAttributes::CASE_PRESERVED_NAMES | FsAttributes::UNICODE_ON_DISK;
        assert!(system.attributes.contains(can));
        assert!(!system.attributes.contains(FsAttributes::READ_ONLY_VOLUME));

        let answer = file.volume(FsInformationClass::DEVICE).unwrap();
        let device = FileFsDeviceInformation::parse(&answer).unwrap();
        assert_eq!(device.device_type, DeviceType::DISK);
        let mounted = DeviceCharacteristics::DEVICE_IS_MOUNTED;
        assert!(device.characteristics.contains(mounted));

        let answer = file.volume(FsInformationClass::SECTOR_SIZE).unwrap();
        let sectors = FileFsSectorSizeInformation::parse(&answer).unwrap();
        assert_eq!(sectors.logical_bytes_per_sector, size.bytes_per_sector);
        assert_eq!(
            i64::from(sectors.physical_bytes_per_sector_for_performance),
            unit
        );
    });
}

/// Both structures of a volume's size, which must agree.
fn sizes(file: &File) -> (FileFsSizeInformation, FileFsFullSizeInformation) {
    let answer = file.volume(FsInformationClass::SIZE).unwrap();
    let size = FileFsSizeInformation::parse(&answer).unwrap();
    let answer = file.volume(FsInformationClass::FULL_SIZE).unwrap();
    let full = FileFsFullSizeInformation::parse(&answer).unwrap();
    assert_eq!(full.total_allocation_units, size.total_allocation_units);
    assert_eq!(
        full.sectors_per_allocation_unit,
        size.sectors_per_allocation_unit
    );
    assert_eq!(full.bytes_per_sector, size.bytes_per_sector);
    (size, full)
}

#[test]
fn what_is_told_of_a_volume_is_what_samba_tells_smbclient() {
    let samba = Samba::start(&Config::default());
    let client = samba.client();
    with_drive(&samba, &Settings::default(), |drive| {
        let file = file(drive);

        // "Volume: |share| serial number 0x61c13c3d"
        let answer = file.volume(FsInformationClass::VOLUME).unwrap();
        let volume = FileFsVolumeInformation::parse(&answer).unwrap();
        let label: String = volume.label.chars().collect();
        let expected = format!(
            "Volume: |{label}| serial number 0x{:x}",
            volume.serial_number
        );
        assert_eq!(client.expect("volume").trim(), expected);
        assert_eq!(label, SHARE);

        // "264212084 blocks of size 1024. 63483336 blocks available"
        let (size, _) = sizes(&file);
        let told = client.expect("du");
        let numbers: Vec<i64> = told
            .split(|letter: char| !letter.is_ascii_digit())
            .filter_map(|number| number.parse().ok())
            .collect();
        let unit = i64::from(size.sectors_per_allocation_unit * size.bytes_per_sector);
        assert_eq!(size.total_allocation_units * unit, numbers[0] * numbers[1]);
        // What is free, others change meanwhile.
        assert!((1..=size.total_allocation_units).contains(&size.available_allocation_units));

        let answer = file.volume(FsInformationClass::ATTRIBUTE).unwrap();
        let system = FileFsAttributeInformation::parse(&answer).unwrap();
        assert_eq!(system.name, Utf16::from_str("NTFS"));
        assert_eq!(system.maximum_component_name_length, 255);
        let can = FsAttributes::CASE_PRESERVED_NAMES | FsAttributes::UNICODE_ON_DISK;
        assert!(system.attributes.contains(can));

        let answer = file.volume(FsInformationClass::DEVICE).unwrap();
        let device = FileFsDeviceInformation::parse(&answer).unwrap();
        assert_eq!(device.device_type, DeviceType::DISK);

        let answer = file.volume(FsInformationClass::SECTOR_SIZE).unwrap();
        let sectors = FileFsSectorSizeInformation::parse(&answer).unwrap();
        assert_eq!(sectors.logical_bytes_per_sector, size.bytes_per_sector);
    });
}
