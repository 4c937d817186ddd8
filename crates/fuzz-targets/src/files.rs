//! Information classes, directory entries and change records (MS-FSCC).

use std::fmt::Debug;

use smb_wire::fscc::*;
use smb_wire::{EmitError, ParseError, Utf16, Writer};

use crate::round_trip::{both_ways, round_trip};

/// The first byte chooses the class, the others are its bytes.
pub fn information(bytes: &[u8]) {
    let Some((class, bytes)) = bytes.split_first() else {
        return;
    };
    macro_rules! classes {
        ($($ty:ident,)*) => {
            [$(|bytes: &[u8]| both_ways!(bytes, 0, $ty),)*]
        };
    }
    let fixed: &[fn(&[u8])] = &classes![
        FileAccessInformation,
        FileAlignmentInformation,
        FileAllInformation,
        FileAllocationInformation,
        FileAttributeTagInformation,
        FileBasicInformation,
        FileDispositionInformation,
        FileDispositionInformationEx,
        FileEaInformation,
        FileEndOfFileInformation,
        FileFsAttributeInformation,
        FileFsDeviceInformation,
        FileFsFullSizeInformation,
        FileFsObjectIdInformation,
        FileFsSectorSizeInformation,
        FileFsSizeInformation,
        FileFsVolumeInformation,
        FileInternalInformation,
        FileModeInformation,
        FileNameInformation,
        FileNetworkOpenInformation,
        FilePositionInformation,
        FileStandardInformation,
        FileValidDataLengthInformation,
    ];
    let others: &[fn(&[u8])] = &[
        |bytes| rename(RenameForm::Wide, bytes),
        |bytes| rename(RenameForm::Narrow, bytes),
        |bytes| directory(DirectoryClass::Directory, bytes),
        |bytes| directory(DirectoryClass::Full, bytes),
        |bytes| directory(DirectoryClass::Both, bytes),
        |bytes| directory(DirectoryClass::Names, bytes),
        |bytes| directory(DirectoryClass::IdBoth, bytes),
        |bytes| directory(DirectoryClass::IdFull, bytes),
        streams,
        attributes,
        changes,
    ];
    let all = fixed.len() + others.len();
    let read = fixed.iter().chain(others).nth(usize::from(*class) % all);
    if let Some(read) = read {
        read(bytes);
    }
}

fn rename(form: RenameForm, bytes: &[u8]) {
    let emit = |value: &RenameInformation<'_>, writer: &mut Writer<'_>| {
        let before = writer.position();
        value.emit(form, writer)?;
        assert_eq!(writer.position() - before, value.len(form));
        Ok(())
    };
    let parse = |bytes| RenameInformation::parse(form, bytes);
    round_trip(bytes, 0, &mut Vec::new(), parse, emit);
    let parse = |bytes| RenameInformation::parse_ex(form, bytes);
    if let Some(value) = round_trip(bytes, 0, &mut Vec::new(), parse, emit) {
        text(value.name);
    }
}

fn directory(class: DirectoryClass, bytes: &[u8]) {
    let entries = || DirectoryEntries::new(class, bytes);
    walk(bytes, entries());
    let sound: Vec<DirectoryEntry<'_>> = entries().map_while(Result::ok).collect();
    let mut buffer = vec![0; bytes.len() * 2 + 8192];
    let mut packer = DirectoryPacker::new(class, &mut buffer);
    for entry in &sound {
        text(entry.name);
        text(entry.short_name);
        assert_eq!(packer.push(entry), Ok(true));
    }
    let packed: &[u8] = packer.into_bytes();
    let again: Result<Vec<_>, _> = DirectoryEntries::new(class, packed).collect();
    assert_eq!(again.as_deref(), Ok(&sound[..]));
}

fn streams(bytes: &[u8]) {
    walk(bytes, Entries::<StreamInformation<'_>>::new(bytes));
    let sound: Vec<_> = Entries::<StreamInformation<'_>>::new(bytes)
        .map_while(Result::ok)
        .collect();
    let mut buffer = vec![0; bytes.len() * 2 + 8192];
    let packed = pack(&mut buffer, &sound, |packer, entry| packer.push(entry));
    let again: Result<Vec<_>, _> = Entries::<StreamInformation<'_>>::new(packed).collect();
    assert_eq!(again.as_deref(), Ok(&sound[..]));
}

fn attributes(bytes: &[u8]) {
    walk(bytes, Entries::<FullEa<'_>>::new(bytes));
    let sound: Vec<_> = Entries::<FullEa<'_>>::new(bytes)
        .map_while(Result::ok)
        .collect();
    let mut buffer = vec![0; bytes.len() * 2 + 8192];
    let packed = pack(&mut buffer, &sound, |packer, entry| packer.push(entry));
    let again: Result<Vec<_>, _> = Entries::<FullEa<'_>>::new(packed).collect();
    assert_eq!(again.as_deref(), Ok(&sound[..]));
}

fn changes(bytes: &[u8]) {
    walk(bytes, Entries::<NotifyRecord<'_>>::new(bytes));
    let sound: Vec<_> = Entries::<NotifyRecord<'_>>::new(bytes)
        .map_while(Result::ok)
        .collect();
    let mut buffer = vec![0; bytes.len() * 2 + 8192];
    let packed = pack(&mut buffer, &sound, |packer, entry| packer.push(entry));
    let again: Result<Vec<_>, _> = Entries::<NotifyRecord<'_>>::new(packed).collect();
    assert_eq!(again.as_deref(), Ok(&sound[..]));
}

fn pack<'b, T>(
    buffer: &'b mut [u8],
    entries: &[T],
    push: impl Fn(&mut EntryPacker<'b>, &T) -> Result<bool, EmitError>,
) -> &'b [u8] {
    let mut packer = EntryPacker::new(buffer);
    for entry in entries {
        assert_eq!(push(&mut packer, entry), Ok(true));
    }
    packer.into_bytes()
}

/// A list ends, and with its first broken entry.
fn walk<T: Debug>(bytes: &[u8], entries: impl Iterator<Item = Result<T, ParseError>>) {
    let mut count = 0;
    let mut broken = false;
    for entry in entries {
        assert!(!broken, "the list goes on behind a broken entry");
        broken = entry.is_err();
        count += 1;
        assert!(count <= bytes.len(), "an entry of no bytes");
    }
}

/// A name's forms agree on its length.
fn text(name: Utf16<'_>) {
    let units: Vec<u16> = name.units().collect();
    assert_eq!(units.len() * 2, name.byte_len());
    assert_eq!(name.is_empty(), units.is_empty());
    let mut copy = vec![0; units.len()];
    assert_eq!(name.copy_to(&mut copy), Some(units.len()));
    assert_eq!(copy, units);
    assert!(name.chars().count() <= units.len());
    if name.is_file_name() {
        assert!(!units.contains(&0) && !units.contains(&u16::from(b'\\')));
    }
}
