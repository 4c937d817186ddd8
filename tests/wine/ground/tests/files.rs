//! What programs do with files, on a real Samba: each fact is checked on the server's disk or by smbclient.
#![forbid(unsafe_code)]

mod desk;

use std::fs;

use desk::{bytes, on_samba};
use smb_wire::NtStatus;
use smb_wire::Writer;
use smb_wire::fscc::{
    FileAttributes, FileBasicInformation, FileEndOfFileInformation, FileFsSizeInformation,
    FileInformationClass, FileNetworkOpenInformation, FsInformationClass,
};
use smb_wire::smb2::{AccessMask, CreateDisposition, CreateOptions};
use wine_ground::{Create, File, Mount};

fn set<T>(file: &File, class: FileInformationClass, value: &T, emit: fn(&T, &mut Writer<'_>)) {
    let mut buffer = [0; 64];
    let mut writer = Writer::new(&mut buffer);
    emit(value, &mut writer);
    let length = writer.position();
    file.set(class, &buffer[..length]).unwrap();
}

fn basic(file: &File) -> FileBasicInformation {
    let answer = file.query(FileInformationClass::BASIC, 40).unwrap();
    FileBasicInformation::parse(&answer).unwrap()
}

#[test]
fn what_is_created_and_written_is_on_the_server() {
    on_samba(|samba, mount| {
        let file = mount.make("new file").unwrap();
        assert_eq!(file.write(0, b"Hello"), Ok(5));
        assert_eq!(file.write(3, b"p!"), Ok(2));
        file.close().unwrap();
        let there = fs::read(samba.directory().join("new file")).unwrap();
        assert_eq!(there, b"Help!");
    });
}

#[test]
fn what_is_on_the_server_is_read_at_any_offset_until_its_end() {
    on_samba(|samba, mount| {
        let content = bytes(100_000);
        fs::write(samba.directory().join("file"), &content).unwrap();
        let file = mount.open("file").unwrap();
        for (offset, length) in [(0, 100_000), (1, 1), (65_535, 2), (99_999, 1)] {
            let read = file.read(offset as u64, length).unwrap();
            assert!(read == content[offset..][..length], "{length} at {offset}");
        }
        let short = file.read(99_000, 5_000).unwrap();
        assert!(short == content[99_000..]);
        assert_eq!(file.read(100_000, 1), Err(NtStatus::END_OF_FILE));
        assert_eq!(file.read(0, 0), Ok(Vec::new()));
    });
}

#[test]
fn create_says_what_it_did_and_refuses_as_the_disposition_says() {
    on_samba(|_, mount| {
        let create = |name, disposition, options| {
            let path = mount.name_of(name);
            let create = Create {
                disposition,
                options,
                ..Create::open(&path)
            };
            let created = mount.user().create(&create);
            created.map(|(_, what)| what)
        };
        let no_directory = CreateOptions::NON_DIRECTORY_FILE;
        let cases = [
            (
                CreateDisposition::OPEN,
                Err(NtStatus::OBJECT_NAME_NOT_FOUND),
            ),
            (CreateDisposition::CREATE, Ok(2)),
            (
                CreateDisposition::CREATE,
                Err(NtStatus::OBJECT_NAME_COLLISION),
            ),
            (CreateDisposition::OPEN, Ok(1)),
            (CreateDisposition::OPEN_IF, Ok(1)),
            (CreateDisposition::OVERWRITE, Ok(3)),
        ];
        for (disposition, expected) in cases {
            assert_eq!(
                create("file", disposition, no_directory),
                expected,
                "{disposition:?}"
            );
        }
        let missing = create(r"missing\file", CreateDisposition::OPEN, no_directory);
        assert_eq!(missing, Err(NtStatus::OBJECT_PATH_NOT_FOUND));
        let directory = CreateOptions::DIRECTORY_FILE;
        let wrong = create("file", CreateDisposition::OPEN, directory);
        assert_eq!(wrong, Err(NtStatus::NOT_A_DIRECTORY));
    });
}

#[test]
fn a_file_opened_for_oneself_alone_is_refused_to_others() {
    on_samba(|_, mount| {
        let path = mount.name_of("file");
        let alone = Create {
            share: 0,
            disposition: CreateDisposition::CREATE,
            ..Create::open(&path)
        };
        let (alone, _) = mount.user().create(&alone).unwrap();
        assert_eq!(mount.open("file").err(), Some(NtStatus::SHARING_VIOLATION));
        drop(alone);
        mount.open("file").unwrap();
    });
}

#[test]
fn a_directory_lists_what_smbclient_lists() {
    on_samba(|samba, mount| {
        let root = samba.directory();
        for index in 0..500 {
            fs::write(root.join(format!("file {index:03}")), bytes(index)).unwrap();
        }
        fs::create_dir(root.join("directory")).unwrap();
        fs::write(root.join("Ünïcödé 日本"), b"x").unwrap();
        let listed = mount.list("").unwrap();
        let mut expected = samba.client().list("");
        expected.sort_by(|one, other| one.name.cmp(&other.name));
        assert_eq!(listed.len(), 502);
        for (ours, theirs) in listed.iter().zip(&expected) {
            assert_eq!((&ours.name, ours.size), (&theirs.name, theirs.size));
            assert_eq!(ours.directory, theirs.attributes.contains('D'));
        }
        assert_eq!(mount.list("directory"), Ok(Vec::new()));
    });
}

#[test]
fn size_times_and_attributes_are_the_servers() {
    on_samba(|samba, mount| {
        fs::write(samba.directory().join("file"), bytes(12_345)).unwrap();
        let file = mount.open("file").unwrap();
        assert_eq!(mount.size(&file), Ok(12_345));
        let answer = file.query(FileInformationClass::NETWORK_OPEN, 56).unwrap();
        let open = FileNetworkOpenInformation::parse(&answer).unwrap();
        assert_eq!(open.end_of_file, 12_345);
        assert_eq!(open.last_write_time, basic(&file).last_write_time);
    });
}

#[test]
fn a_set_size_cuts_and_extends_the_file() {
    on_samba(|samba, mount| {
        let there = samba.directory().join("file");
        fs::write(&there, bytes(10_000)).unwrap();
        let file = mount.open("file").unwrap();
        for size in [1_234, 70_000] {
            let end = FileEndOfFileInformation { end_of_file: size };
            set(
                &file,
                FileInformationClass::END_OF_FILE,
                &end,
                |value, w| {
                    value.emit(w).unwrap();
                },
            );
            assert_eq!(mount.size(&file), Ok(size.cast_unsigned()));
        }
        let mut expected = bytes(1_234);
        expected.resize(70_000, 0);
        assert!(fs::read(&there).unwrap() == expected);
    });
}

#[test]
fn set_attributes_are_seen_by_smbclient() {
    on_samba(|samba, mount| {
        let file = mount.make("file").unwrap();
        let hidden = FileBasicInformation {
            file_attributes: FileAttributes::HIDDEN,
            ..FileBasicInformation::default()
        };
        set(&file, FileInformationClass::BASIC, &hidden, |value, w| {
            value.emit(w).unwrap();
        });
        assert_eq!(basic(&file).file_attributes, FileAttributes::HIDDEN);
        assert_eq!(samba.client().list("")[0].attributes, "H");
    });
}

#[test]
fn a_rename_moves_the_file_and_replaces_only_when_told() {
    on_samba(|samba, mount| {
        let root = samba.directory();
        fs::create_dir(root.join("inner")).unwrap();
        fs::write(root.join("one"), b"1").unwrap();
        fs::write(root.join("two"), b"2").unwrap();
        let one = mount.open("one").unwrap();
        mount.rename(&one, r"inner\moved", false).unwrap();
        assert!(!root.join("one").exists());
        assert_eq!(fs::read(root.join("inner/moved")).unwrap(), b"1");
        drop(one);
        let two = mount.open("two").unwrap();
        assert_eq!(
            mount.rename(&two, r"inner\moved", false),
            Err(NtStatus::OBJECT_NAME_COLLISION)
        );
        mount.rename(&two, r"inner\moved", true).unwrap();
        assert_eq!(fs::read(root.join("inner/moved")).unwrap(), b"2");
    });
}

#[test]
fn deleting_removes_files_and_empty_directories_only() {
    on_samba(|samba, mount| {
        let root = samba.directory();
        let directory = mount.make_directory("directory").unwrap();
        let file = mount.make(r"directory\file").unwrap();
        assert_eq!(mount.delete(&directory), Err(NtStatus::DIRECTORY_NOT_EMPTY));
        mount.delete(&file).unwrap();
        file.close().unwrap();
        assert!(!root.join("directory/file").exists());
        mount.delete(&directory).unwrap();
        directory.close().unwrap();
        assert_eq!(fs::read_dir(&root).unwrap().count(), 0);
        assert_eq!(
            mount.open("directory").err(),
            Some(NtStatus::OBJECT_NAME_NOT_FOUND)
        );
    });
}

#[test]
fn a_file_deleted_on_close_is_gone_with_its_last_handle() {
    on_samba(|samba, mount| {
        let options = CreateOptions::NON_DIRECTORY_FILE | CreateOptions::DELETE_ON_CLOSE;
        let access = AccessMask::GENERIC_WRITE | AccessMask::DELETE;
        let file = mount
            .create("file", access, CreateDisposition::CREATE, options)
            .unwrap();
        let there = samba.directory().join("file");
        assert!(there.exists());
        file.close().unwrap();
        assert!(!there.exists());
    });
}

#[test]
fn a_flush_succeeds_on_a_file_that_was_written() {
    on_samba(|_, mount| {
        let file = mount.make("file").unwrap();
        assert_eq!(file.write(0, &bytes(5_000)), Ok(5_000));
        file.flush().unwrap();
    });
}

#[test]
fn the_volume_is_as_large_as_smbclient_says() {
    on_samba(|samba, mount| {
        let file = mount.make("file").unwrap();
        let answer = file.volume(FsInformationClass::SIZE, 24).unwrap();
        let size = FileFsSizeInformation::parse(&answer).unwrap();
        // "264212084 blocks of size 1024. 63483336 blocks available"
        let told = samba.client().expect("du");
        let numbers: Vec<i64> = told
            .split(|letter: char| !letter.is_ascii_digit())
            .filter_map(|number| number.parse().ok())
            .collect();
        let unit = i64::from(size.sectors_per_allocation_unit * size.bytes_per_sector);
        assert_eq!(size.total_allocation_units * unit, numbers[0] * numbers[1]);
    });
}

#[test]
fn cleanup_and_close_each_succeed_and_what_was_written_stays() {
    on_samba(|_, mount| {
        let file = mount.make("file").unwrap();
        assert_eq!(file.write(0, b"written"), Ok(7));
        file.cleanup().unwrap();
        file.close().unwrap();
        let again = mount.open("file").unwrap();
        assert_eq!(again.read(0, 7), Ok(b"written".to_vec()));
    });
}

#[test]
fn four_threads_use_a_share_at_once() {
    const THREADS: usize = 4;
    const TIMES: usize = 25;
    on_samba(|samba, mount| {
        let work = |mount: Mount, number: usize| {
            for time in 0..TIMES {
                let name = format!("file {number}.{time}");
                let content = bytes(number * 10_000 + time);
                let file = mount.make(&name).unwrap();
                assert_eq!(file.write(0, &content), Ok(content.len()));
                if !content.is_empty() {
                    assert!(file.read(0, content.len()).unwrap() == content);
                }
                if time % 2 == 0 {
                    mount.delete(&file).unwrap();
                }
                file.close().unwrap();
            }
        };
        std::thread::scope(|scope| {
            for number in 0..THREADS {
                let mount = mount.in_another_thread();
                scope.spawn(move || work(mount, number));
            }
        });
        let left = fs::read_dir(samba.directory()).unwrap().count();
        assert_eq!(left, THREADS * (TIMES / 2));
    });
}
