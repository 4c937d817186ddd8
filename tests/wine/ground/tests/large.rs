//! Large files cross both ways unharmed, and their bytes are where they belong, past 4 GiB too.
#![forbid(unsafe_code)]

mod desk;

use std::collections::VecDeque;
use std::fs::File as LocalFile;
use std::os::unix::fs::FileExt;

use desk::{bytes, on_samba};
use samba_ground::{Sha256, sha256_of_file};
use wine_ground::File;

/// No multiple of anything.
const SIZE: usize = (96 << 20) + 4_321;
/// What one request asks for.
const BLOCK: usize = 1 << 20;
/// How many are under way at once.
const DEPTH: usize = 8;

fn blocks() -> impl Iterator<Item = (u64, usize)> {
    (0..SIZE)
        .step_by(BLOCK)
        .map(|at| (at as u64, BLOCK.min(SIZE - at)))
}

fn write_all(file: &File, content: &[u8]) {
    let mut under_way = VecDeque::new();
    for (offset, length) in blocks() {
        if under_way.len() == DEPTH {
            wait_for_write(&mut under_way);
        }
        let part = &content[offset as usize..][..length];
        under_way.push_back((length, file.start_write(offset, part)));
    }
    while !under_way.is_empty() {
        wait_for_write(&mut under_way);
    }
}

fn wait_for_write(under_way: &mut VecDeque<(usize, wine_ground::Pending)>) {
    let (length, write) = under_way.pop_front().unwrap();
    assert_eq!(write.wait().count(), Ok(length));
}

fn digest_of(file: &File) -> String {
    let mut digest = Sha256::default();
    let mut under_way = VecDeque::new();
    let mut blocks = blocks();
    loop {
        while under_way.len() < DEPTH {
            let Some((offset, length)) = blocks.next() else {
                break;
            };
            under_way.push_back((length, file.start_read(offset, length)));
        }
        let Some((length, read)) = under_way.pop_front() else {
            return digest.finish();
        };
        let data = read.wait().data().unwrap();
        assert_eq!(data.len(), length);
        digest.update(&data);
    }
}

#[test]
fn a_large_file_has_one_digest_for_driver_smbclient_and_the_servers_disk() {
    let content = bytes(SIZE);
    let mut digest = Sha256::default();
    digest.update(&content);
    let digest = digest.finish();
    on_samba(|samba, mount| {
        let file = mount.make("ours").unwrap();
        write_all(&file, &content);
        file.close().unwrap();
        assert_eq!(sha256_of_file(&samba.directory().join("ours")), digest);
        assert_eq!(samba.client().sha256("ours"), digest);

        std::fs::write(samba.directory().join("theirs"), &content).unwrap();
        let file = mount.open("theirs").unwrap();
        assert_eq!(digest_of(&file), digest);
    });
}

#[test]
fn a_single_read_and_a_single_write_of_8_mib_cross_whole() {
    const ALL: usize = 8 << 20;
    let content = bytes(ALL);
    on_samba(|samba, mount| {
        let file = mount.make("file").unwrap();
        assert_eq!(file.write(0, &content), Ok(ALL));
        assert!(std::fs::read(samba.directory().join("file")).unwrap() == content);
        assert!(file.read(0, ALL).unwrap() == content);
    });
}

#[test]
fn data_past_4_gib_is_where_it_belongs() {
    const FAR: u64 = (4 << 30) + 17;
    on_samba(|samba, mount| {
        let file = mount.make("sparse").unwrap();
        assert_eq!(file.write(0, b"near"), Ok(4));
        assert_eq!(file.write(FAR, b"far"), Ok(3));
        assert_eq!(mount.size(&file), Ok(FAR + 3));
        let on_disk = LocalFile::open(samba.directory().join("sparse")).unwrap();
        let mut there = [1; 5];
        on_disk.read_exact_at(&mut there, FAR - 2).unwrap();
        assert_eq!(&there, b"\0\0far");
        assert_eq!(file.read(FAR - 2, 5), Ok(b"\0\0far".to_vec()));
    });
}
