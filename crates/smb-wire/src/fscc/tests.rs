use std::vec;
use std::vec::Vec;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::smb2::AccessMask;
use crate::writer::emitted;
use crate::{EmitError, Fault, Guid, ParseError, Utf16, Writer};

fn units(max: usize) -> impl Strategy<Value = Vec<u16>> {
    vec(any::<u16>(), 0..=max)
}

fn entry<'a>(numbers: &[i64; 8], name: &'a [u16], short_name: &'a [u16]) -> DirectoryEntry<'a> {
    DirectoryEntry {
        file_index: numbers[0] as u32,
        creation_time: numbers[0],
        last_access_time: numbers[1],
        last_write_time: numbers[2],
        change_time: numbers[3],
        end_of_file: numbers[4],
        allocation_size: numbers[5],
        file_attributes: FileAttributes::from_bits_retain(numbers[6] as u32),
        ea_size: numbers[7] as u32,
        short_name: Utf16::from_units(short_name),
        file_id: numbers[6] as u64,
        name: Utf16::from_units(name),
    }
}

/// What is left of an entry in a class that does not have all of it.
fn as_kept_by<'a>(class: DirectoryClass, entry: &DirectoryEntry<'a>) -> DirectoryEntry<'a> {
    use DirectoryClass::*;
    if class == Names {
        return DirectoryEntry {
            file_index: entry.file_index,
            name: entry.name,
            ..Default::default()
        };
    }
    let mut kept = *entry;
    if class == Directory {
        kept.ea_size = 0;
    }
    if !matches!(class, Both | IdBoth) {
        kept.short_name = Utf16::EMPTY;
    }
    if !matches!(class, IdBoth | IdFull) {
        kept.file_id = 0;
    }
    kept
}

macro_rules! assert_round_trip {
    ($ty:ident, $value:expr) => {{
        let value = $value;
        let bytes = emitted(|w| value.emit(w));
        prop_assert_eq!($ty::parse(&bytes), Ok(value));
        for len in 0..bytes.len() {
            prop_assert!(
                $ty::parse(&bytes[..len]).is_err(),
                "parses from {} of {} bytes",
                len,
                bytes.len()
            );
        }
    }};
}

proptest! {
    #[test]
    fn emitting_then_parsing_file_information_gives_the_same(n in any::<[i64; 6]>(), m in any::<[u32; 2]>(), b: [bool; 2], name in units(30)) {
        let file_attributes = FileAttributes::from_bits_retain(m[0]);
        let basic = FileBasicInformation {
            creation_time: n[0], last_access_time: n[1], last_write_time: n[2], change_time: n[3], file_attributes,
        };
        let standard = FileStandardInformation {
            allocation_size: n[0], end_of_file: n[1], number_of_links: m[0], delete_pending: b[0], directory: b[1],
        };
        let internal = FileInternalInformation { index_number: n[0] as u64 };
        let ea = FileEaInformation { ea_size: m[0] };
        let access = FileAccessInformation { access: AccessMask::from_bits_retain(m[0]) };
        let position = FilePositionInformation { current_byte_offset: n[0] };
        let mode = FileModeInformation { mode: m[0] };
        let alignment = FileAlignmentInformation { alignment_requirement: m[0] };
        let name = Utf16::from_units(&name);
        assert_round_trip!(FileBasicInformation, basic);
        assert_round_trip!(FileStandardInformation, standard);
        assert_round_trip!(FileInternalInformation, internal);
        assert_round_trip!(FileEaInformation, ea);
        assert_round_trip!(FileAccessInformation, access);
        assert_round_trip!(FilePositionInformation, position);
        assert_round_trip!(FileModeInformation, mode);
        assert_round_trip!(FileAlignmentInformation, alignment);
        assert_round_trip!(FileNameInformation, FileNameInformation { name });
        assert_round_trip!(FileAllInformation, FileAllInformation {
            basic, standard, internal, ea, access, position, mode, alignment, name,
        });
        assert_round_trip!(FileNetworkOpenInformation, FileNetworkOpenInformation {
            creation_time: n[0], last_access_time: n[1], last_write_time: n[2], change_time: n[3],
            allocation_size: n[4], end_of_file: n[5], file_attributes,
        });
        assert_round_trip!(FileAttributeTagInformation, FileAttributeTagInformation { file_attributes, reparse_tag: m[1] });
        assert_round_trip!(FileEndOfFileInformation, FileEndOfFileInformation { end_of_file: n[0] });
        assert_round_trip!(FileAllocationInformation, FileAllocationInformation { allocation_size: n[0] });
        assert_round_trip!(FileValidDataLengthInformation, FileValidDataLengthInformation { valid_data_length: n[0] });
        assert_round_trip!(FileDispositionInformation, FileDispositionInformation { delete_pending: b[0] });
        assert_round_trip!(FileDispositionInformationEx, FileDispositionInformationEx {
            flags: DispositionFlags::from_bits_retain(m[0]),
        });
    }

    #[test]
    fn emitting_then_parsing_volume_information_gives_the_same(n in any::<[i64; 3]>(), m in any::<[u32; 7]>(), b: bool, name in units(30), object: [u8; 16], extended: u8) {
        let name = Utf16::from_units(&name);
        assert_round_trip!(FileFsVolumeInformation, FileFsVolumeInformation {
            creation_time: n[0], serial_number: m[0], supports_objects: b, label: name,
        });
        assert_round_trip!(FileFsSizeInformation, FileFsSizeInformation {
            total_allocation_units: n[0], available_allocation_units: n[1],
            sectors_per_allocation_unit: m[0], bytes_per_sector: m[1],
        });
        assert_round_trip!(FileFsFullSizeInformation, FileFsFullSizeInformation {
            total_allocation_units: n[0], caller_available_allocation_units: n[1], actual_available_allocation_units: n[2],
            sectors_per_allocation_unit: m[0], bytes_per_sector: m[1],
        });
        assert_round_trip!(FileFsDeviceInformation, FileFsDeviceInformation {
            device_type: DeviceType(m[0]), characteristics: DeviceCharacteristics::from_bits_retain(m[1]),
        });
        assert_round_trip!(FileFsAttributeInformation, FileFsAttributeInformation {
            attributes: FsAttributes::from_bits_retain(m[0]), maximum_component_name_length: m[1], name,
        });
        assert_round_trip!(FileFsObjectIdInformation, FileFsObjectIdInformation {
            object_id: Guid(object), extended_info: [extended; 48],
        });
        assert_round_trip!(FileFsSectorSizeInformation, FileFsSectorSizeInformation {
            logical_bytes_per_sector: m[0],
            physical_bytes_per_sector_for_atomicity: m[1],
            physical_bytes_per_sector_for_performance: m[2],
            effective_physical_bytes_per_sector_for_atomicity: m[3],
            flags: m[4],
            byte_offset_for_sector_alignment: m[5],
            byte_offset_for_partition_alignment: m[6],
        });
    }

    #[test]
    fn emitting_then_parsing_a_rename_gives_the_same(flags: u32, replace: bool, root: u32, name in units(30)) {
        for form in [RenameForm::Wide, RenameForm::Narrow] {
            let ex = RenameInformation {
                flags: RenameFlags::from_bits_retain(flags), root_directory: root.into(), name: Utf16::from_units(&name),
            };
            let bytes = emitted(|w| ex.emit(form, w));
            prop_assert_eq!(bytes.len(), ex.len(form));
            prop_assert_eq!(RenameInformation::parse_ex(form, &bytes), Ok(ex));
            let flags = if replace { RenameFlags::REPLACE_IF_EXISTS } else { RenameFlags::empty() };
            let plain = RenameInformation { flags, ..ex };
            let bytes = emitted(|w| plain.emit(form, w));
            prop_assert_eq!(RenameInformation::parse(form, &bytes), Ok(plain));
        }
    }

    #[test]
    fn packing_then_listing_a_directory_gives_the_same_entries(
        entries in vec((any::<[i64; 8]>(), units(30), units(12)), 0..8),
        room in 0_usize..2000,
    ) {
        for class in DirectoryClass::ALL {
            let mut buffer = vec![0xCC; room];
            let mut packer = DirectoryPacker::new(class, &mut buffer);
            let entries: Vec<_> =
                entries.iter().map(|(numbers, name, short)| entry(numbers, name, short)).collect();
            let packed = entries.iter().take_while(|entry| packer.push(entry).unwrap()).count();
            let listed: Vec<_> =
                DirectoryEntries::new(class, packer.into_bytes()).collect::<Result<_, _>>().unwrap();
            let expected: Vec<_> = entries[..packed].iter().map(|entry| as_kept_by(class, entry)).collect();
            prop_assert_eq!(listed, expected);
        }
    }

    #[test]
    fn packing_then_reading_chains_gives_the_same_entries(
        entries in vec((any::<[i64; 2]>(), units(20), vec(1_u8.., 0..20), vec(any::<u8>(), 0..20)), 0..8),
    ) {
        let mut buffers = [[0; 4096]; 3];
        let [streams, notes, attributes] = &mut buffers;
        let mut packers = (EntryPacker::new(streams), EntryPacker::new(notes), EntryPacker::new(attributes));
        let mut expected = (Vec::new(), Vec::new(), Vec::new());
        for ([size, allocation_size], name, ea_name, value) in &entries {
            let name = Utf16::from_units(name);
            let stream = StreamInformation { size: *size, allocation_size: *allocation_size, name };
            let note = NotifyRecord { action: NotifyAction(*size as u32), name };
            let attribute = FullEa { flags: EaFlags::from_bits_retain(*size as u8), name: ea_name, value };
            prop_assert_eq!(packers.0.push(&stream), Ok(true));
            prop_assert_eq!(packers.1.push(&note), Ok(true));
            prop_assert_eq!(packers.2.push(&attribute), Ok(true));
            expected.0.push(Ok(stream));
            expected.1.push(Ok(note));
            expected.2.push(Ok(attribute));
        }
        prop_assert_eq!(Entries::new(packers.0.into_bytes()).collect::<Vec<_>>(), expected.0);
        prop_assert_eq!(Entries::new(packers.1.into_bytes()).collect::<Vec<_>>(), expected.1);
        prop_assert_eq!(Entries::new(packers.2.into_bytes()).collect::<Vec<_>>(), expected.2);
    }

    #[test]
    fn any_bytes_parse_or_fail(bytes in vec(prop_oneof![Just(0), Just(8), Just(104), any::<u8>()], 0..400)) {
        for class in DirectoryClass::ALL {
            DirectoryEntries::new(class, &bytes).for_each(drop);
        }
        Entries::<StreamInformation<'_>>::new(&bytes).for_each(drop);
        Entries::<NotifyRecord<'_>>::new(&bytes).for_each(drop);
        Entries::<FullEa<'_>>::new(&bytes).for_each(drop);
        let _ = FileAllInformation::parse(&bytes);
        let _ = FileFsVolumeInformation::parse(&bytes);
        let _ = FileFsAttributeInformation::parse(&bytes);
        for form in [RenameForm::Wide, RenameForm::Narrow] {
            let _ = RenameInformation::parse(form, &bytes);
        }
    }
}

#[test]
fn fixed_structures_have_the_sizes_of_the_specification() {
    let sizes = [
        (FileBasicInformation::LEN, 40),
        (FileStandardInformation::LEN, 24),
        (FileInternalInformation::LEN, 8),
        (FileEaInformation::LEN, 4),
        (FileAccessInformation::LEN, 4),
        (FilePositionInformation::LEN, 8),
        (FileModeInformation::LEN, 4),
        (FileAlignmentInformation::LEN, 4),
        (FileNetworkOpenInformation::LEN, 56),
        (FileAttributeTagInformation::LEN, 8),
        (FileDispositionInformation::LEN, 1),
        (FileDispositionInformationEx::LEN, 4),
        (FileFsSizeInformation::LEN, 24),
        (FileFsFullSizeInformation::LEN, 32),
        (FileFsDeviceInformation::LEN, 8),
        (FileFsObjectIdInformation::LEN, 64),
        (FileFsSectorSizeInformation::LEN, 28),
    ];
    for (found, expected) in sizes {
        assert_eq!(found, expected);
    }
    let all = emitted(|w| FileAllInformation::default().emit(w));
    assert_eq!(all.len(), FileAllInformation::FIXED_LEN);
}

#[test]
fn a_name_begins_where_its_class_has_it() {
    let name: Vec<u16> = "name".encode_utf16().collect();
    for class in DirectoryClass::ALL {
        let bytes = emitted(|w| entry(&[0; 8], &name, &[]).emit(class, w));
        assert_eq!(&bytes[class.name_offset()..], b"n\0a\0m\0e\0", "{class:?}");
        assert_eq!(DirectoryClass::from_class(class.class()), Some(class));
    }
    assert_eq!(
        DirectoryClass::from_class(FileInformationClass::BASIC),
        None
    );
}

#[test]
fn case_27_an_all_information_whose_name_is_longer_than_the_buffer_is_refused() {
    let mut bytes = emitted(|w| {
        FileAllInformation {
            name: Utf16::from_str("ab"),
            ..Default::default()
        }
        .emit(w)
    });
    assert_eq!(bytes.len(), 104);
    bytes[96..100].copy_from_slice(&0x0010_0000_u32.to_le_bytes());
    let expected = ParseError {
        field: "FileNameLength",
        fault: Fault::Truncated,
    };
    assert_eq!(FileAllInformation::parse(&bytes), Err(expected));
}

#[test]
fn case_28_a_volume_label_or_file_system_name_longer_than_the_buffer_is_refused() {
    let mut volume = emitted(|w| FileFsVolumeInformation::default().emit(w));
    volume[12..16].copy_from_slice(&2_u32.to_le_bytes());
    let expected = ParseError {
        field: "VolumeLabelLength",
        fault: Fault::Truncated,
    };
    assert_eq!(FileFsVolumeInformation::parse(&volume), Err(expected));

    let mut attribute = emitted(|w| FileFsAttributeInformation::default().emit(w));
    attribute[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
    let expected = ParseError {
        field: "FileSystemNameLength",
        fault: Fault::Truncated,
    };
    assert_eq!(FileFsAttributeInformation::parse(&attribute), Err(expected));
}

/// Two streams of 24 and 4 bytes of name: 32 and 28 bytes.
fn two_streams() -> Vec<u8> {
    let mut buffer = [0; 256];
    let mut packer = EntryPacker::new(&mut buffer);
    let stream = StreamInformation {
        size: 0,
        allocation_size: 0,
        name: Utf16::from_str("ab"),
    };
    packer.push(&stream).unwrap();
    packer.push(&stream).unwrap();
    packer.into_bytes().to_vec()
}

#[test]
fn case_29_a_chain_whose_link_goes_astray_ends_with_an_error() {
    let rows = [
        (8, Fault::OutOfBounds),
        (16, Fault::OutOfBounds),
        (25, Fault::Misaligned),
        (28, Fault::Misaligned),
        (64, Fault::OutOfBounds),
        (0xFFFF_FFF8_u32, Fault::OutOfBounds),
    ];
    assert_eq!(two_streams().len(), 60);
    for (next, fault) in rows {
        let mut bytes = two_streams();
        bytes[..4].copy_from_slice(&next.to_le_bytes());
        let entries: Vec<_> = Entries::<StreamInformation<'_>>::new(&bytes).collect();
        assert_eq!(
            entries,
            [Err(ParseError {
                field: "NextEntryOffset",
                fault
            })],
            "NextEntryOffset {next}"
        );
    }
}

#[test]
fn case_29_a_last_entry_that_links_on_is_refused() {
    let mut bytes = two_streams();
    bytes.resize(64, 0);
    bytes[32] = 32;
    let last = Entries::<StreamInformation<'_>>::new(&bytes)
        .last()
        .unwrap();
    assert_eq!(
        last,
        Err(ParseError {
            field: "NextEntryOffset",
            fault: Fault::OutOfBounds
        })
    );
}

#[test]
fn case_29_a_name_that_reaches_into_the_next_entry_is_refused() {
    let mut bytes = two_streams();
    bytes[4] = 12;
    let entries: Vec<_> = Entries::<StreamInformation<'_>>::new(&bytes).collect();
    assert_eq!(
        entries,
        [Err(ParseError {
            field: "StreamNameLength",
            fault: Fault::Truncated
        })]
    );
}

#[test]
fn case_29_a_chain_whose_first_entry_is_cut_short_is_refused() {
    let entries: Vec<_> = Entries::<NotifyRecord<'_>>::new(&[0; 11]).collect();
    assert_eq!(
        entries,
        [Err(ParseError {
            field: "FileNameLength",
            fault: Fault::Truncated
        })]
    );
    assert_eq!(Entries::<NotifyRecord<'_>>::new(&[]).next(), None);
}

#[test]
fn a_short_name_longer_than_its_place_is_refused() {
    let mut bytes = emitted(|w| DirectoryEntry::default().emit(DirectoryClass::Both, w));
    bytes[68] = 26;
    let expected = ParseError {
        field: "ShortNameLength",
        fault: Fault::Truncated,
    };
    assert_eq!(
        DirectoryEntry::parse(DirectoryClass::Both, &bytes),
        Err(expected)
    );

    let short_name = Utf16::from_str("much-too-long");
    let result = DirectoryEntry {
        short_name,
        ..Default::default()
    }
    .emit(DirectoryClass::Both, &mut Writer::new(&mut [0; 256]));
    assert_eq!(result, Err(EmitError::TooLong("ShortNameLength")));
}

#[test]
fn an_entry_that_does_not_fit_leaves_the_others_as_they_were() {
    let entry = DirectoryEntry {
        name: Utf16::from_str("name"),
        ..Default::default()
    };
    let mut buffer = [0; 50];
    let mut packer = DirectoryPacker::new(DirectoryClass::Names, &mut buffer);
    assert!(packer.is_empty());
    assert_eq!(packer.push(&entry), Ok(true));
    assert_eq!(packer.len(), 20);
    assert_eq!(packer.push(&entry), Ok(true));
    assert_eq!(packer.len(), 24 + 20);
    assert_eq!(packer.push(&entry), Ok(false));
    assert_eq!(packer.len(), 24 + 20);
    assert_eq!(
        DirectoryEntries::new(DirectoryClass::Names, packer.into_bytes()).count(),
        2
    );
}

#[test]
fn a_rename_to_a_short_name_has_the_size_of_nts_structure() {
    let rename = RenameInformation {
        flags: RenameFlags::empty(),
        root_directory: 0,
        name: Utf16::from_str("a"),
    };
    assert_eq!(emitted(|w| rename.emit(RenameForm::Wide, w)).len(), 24);
    assert_eq!(emitted(|w| rename.emit(RenameForm::Narrow, w)).len(), 16);
}

#[test]
fn the_padding_of_a_rename_says_nothing() {
    let rename = RenameInformation {
        flags: RenameFlags::empty(),
        root_directory: 0,
        name: Utf16::from_str("a"),
    };
    let mut bytes = emitted(|w| rename.emit(RenameForm::Wide, w));
    bytes[1..8].fill(0xEE);
    assert_eq!(
        RenameInformation::parse(RenameForm::Wide, &bytes),
        Ok(rename)
    );
}

#[test]
fn an_extended_attribute_without_its_nul_is_refused() {
    let mut bytes = emitted(|w| {
        FullEa {
            flags: EaFlags::empty(),
            name: b"A",
            value: b"1",
        }
        .emit(w)
    });
    bytes[9] = b'B';
    let entries: Vec<_> = Entries::<FullEa<'_>>::new(&bytes).collect();
    assert_eq!(
        entries,
        [Err(ParseError {
            field: "EaName",
            fault: Fault::Value
        })]
    );
}

/// All prefixes of `bytes` but the whole.
fn truncations(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    (0..bytes.len()).map(|len| &bytes[..len])
}

#[test]
fn every_truncation_of_a_rename_is_refused_but_for_its_padding() {
    for name in ["", "a", "directory\\a new name"] {
        for form in [RenameForm::Wide, RenameForm::Narrow] {
            let rename = RenameInformation {
                flags: RenameFlags::REPLACE_IF_EXISTS,
                root_directory: 7,
                name: Utf16::from_str(name),
            };
            let bytes = emitted(|w| rename.emit(form, w));
            let fixed = match form {
                RenameForm::Wide => 20,
                RenameForm::Narrow => 12,
            };
            let name_end = fixed + 2 * name.len();
            for cut in truncations(&bytes) {
                let expected = (cut.len() >= name_end).then_some(rename);
                assert_eq!(RenameInformation::parse(form, cut).ok(), expected);
                assert_eq!(RenameInformation::parse_ex(form, cut).ok(), expected);
                assert_eq!(LinkInformation::parse(form, cut).ok(), expected);
            }
        }
    }
}

#[test]
fn every_truncation_of_a_directory_entry_is_refused() {
    let long: Vec<u16> = "a long name.txt".encode_utf16().collect();
    let short: Vec<u16> = "ALONG~1.TXT".encode_utf16().collect();
    for class in DirectoryClass::ALL {
        let bytes = emitted(|w| entry(&[1; 8], &long, &short).emit(class, w));
        assert!(DirectoryEntry::parse(class, &bytes).is_ok());
        for cut in truncations(&bytes) {
            let len = cut.len();
            assert!(
                DirectoryEntry::parse(class, cut).is_err(),
                "{class:?} parses from {len} bytes"
            );
        }
    }
}

#[test]
fn a_directory_cut_short_gives_its_whole_entries_and_then_an_error() {
    let names: Vec<Vec<u16>> = ["one", "the second", "3"]
        .iter()
        .map(|name| name.encode_utf16().collect())
        .collect();
    for class in DirectoryClass::ALL {
        let mut buffer = [0; 1024];
        let mut packer = DirectoryPacker::new(class, &mut buffer);
        for name in &names {
            assert_eq!(packer.push(&entry(&[1; 8], name, &[])), Ok(true));
        }
        let bytes = packer.into_bytes();
        let whole: Vec<_> = DirectoryEntries::new(class, bytes).collect();
        for cut in truncations(bytes) {
            assert_is_cut_from(
                &DirectoryEntries::new(class, cut).collect::<Vec<_>>(),
                &whole,
            );
        }
    }
}

/// Asserts that a list has some first entries of the whole one and then an error, or, having no bytes, nothing.
fn assert_is_cut_from<T: PartialEq + core::fmt::Debug>(
    cut: &[Result<T, ParseError>],
    whole: &[Result<T, ParseError>],
) {
    if let Some((last, entries)) = cut.split_last() {
        assert!(last.is_err(), "{cut:?}");
        assert_eq!(entries, &whole[..entries.len()]);
    }
}

#[test]
fn a_chain_cut_short_gives_its_whole_entries_and_then_an_error() {
    fn check<'a, T: ChainEntry<'a> + PartialEq + core::fmt::Debug>(bytes: &'a [u8]) {
        let whole: Vec<_> = Entries::<T>::new(bytes).collect();
        assert_eq!(whole.len(), 2);
        for cut in truncations(bytes) {
            assert_is_cut_from(&Entries::<T>::new(cut).collect::<Vec<_>>(), &whole);
        }
    }
    let mut buffers = [[0; 256]; 2];
    let [notes, attributes] = &mut buffers;
    let mut notes = EntryPacker::new(notes);
    let mut attributes = EntryPacker::new(attributes);
    for name in ["first", "second"] {
        let note = NotifyRecord {
            action: NotifyAction(1),
            name: Utf16::from_str(name),
        };
        assert_eq!(notes.push(&note), Ok(true));
        let attribute = FullEa {
            flags: EaFlags::empty(),
            name: name.as_bytes(),
            value: b"value",
        };
        assert_eq!(attributes.push(&attribute), Ok(true));
    }
    check::<StreamInformation<'_>>(&two_streams());
    check::<NotifyRecord<'_>>(notes.into_bytes());
    check::<FullEa<'_>>(attributes.into_bytes());
}
