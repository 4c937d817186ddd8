//! Files cross between the driver and Samba unharmed: every dialect, signed and not, every awkward size.
#![forbid(unsafe_code)]

mod desk;

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use desk::{Configuration, download, in_every_configuration, local_file, upload, with_drive};
use lab::drive::Drive;
use lab::file::{Access, Disposition};
use lab::pipeline;
use samba_ground::{Dialect, Samba, Sha256, Signing, sha256_of_file};

/// Nothing, least, around the largest single-credit request, and more than one request of any server.
const SIZES: [usize; 6] = [0, 1, 65_535, 65_536, 65_537, (8 << 20) + 3];

/// Where the sparse file's data ends, beyond what 32 bits can say.
const FAR: u64 = (4 << 30) + 17;
/// The sparse file's size.
const SPARSE: u64 = FAR + 1000;

in_every_configuration! {
    files_cross_unharmed;
    data_past_4_gib_is_where_it_belongs;
    a_file_cut_and_extended_by_the_driver_is_so_for_the_server_and_smbclient;
    a_file_cut_and_extended_on_the_server_is_so_for_the_driver;
}

fn files_cross_unharmed(configuration: Configuration) {
    configuration.with_drive(files_of_every_size_cross);
}

#[test]
fn files_cross_unharmed_by_tdi_too() {
    let configuration = Configuration {
        dialect: Dialect::Smb311,
        signing: Signing::Required,
    };
    let samba = configuration.samba();
    let settings = configuration.settings().set("Transport", 1);
    with_drive(&samba, &settings, |drive| {
        files_of_every_size_cross(&samba, drive);
    });
}

fn files_of_every_size_cross(samba: &Samba, drive: &Drive<'_>) {
    let own = tempfile::tempdir().unwrap();
    let client = samba.client();
    for size in SIZES {
        let original = local_file(own.path(), &format!("ours {size}"), size);
        let digest = sha256_of_file(&original);
        upload(samba, drive, &original);
        let returned = own.path().join("through smbclient");
        client.get(&format!("ours {size}"), &returned);
        assert_eq!(
            sha256_of_file(&returned),
            digest,
            "{size} bytes written by the driver"
        );

        client.put(&original, &format!("theirs {size}"));
        let returned = own.path().join("through the driver");
        download(samba, drive, &format!("theirs {size}"), &returned);
        assert_eq!(
            sha256_of_file(&returned),
            digest,
            "{size} bytes read by the driver"
        );
    }
}

/// A local file with a little data at its beginning, a little past 4 GiB, and holes.
fn sparse_file(directory: &Path) -> PathBuf {
    let path = directory.join("sparse");
    let file = File::create(&path).unwrap();
    file.write_all_at(b"near", 0).unwrap();
    file.write_all_at(b"far", FAR).unwrap();
    file.set_len(SPARSE).unwrap();
    path
}

/// Asserts that a file of the share is what [`sparse_file`] made, on the server's disk and as the driver reads it.
fn assert_sparse(samba: &Samba, drive: &Drive<'_>, name: &str) {
    // The file behind the share is where smbclient would read it, without the 4 GiB of zeros.
    let on_disk = File::open(samba.directory().join(name)).unwrap();
    assert_eq!(on_disk.metadata().unwrap().len(), SPARSE, "{name}");
    let file = drive
        .open(&format!("\\{name}"), Access::Read, Disposition::Open)
        .unwrap();
    assert_eq!(file.facts().unwrap().size, SPARSE, "{name}");
    for (offset, expected) in [
        (0, &b"near\0\0"[..]),
        (FAR - 2, b"\0\0far\0"),
        (SPARSE - 3, b"\0\0\0"),
    ] {
        let mut there = vec![1; expected.len()];
        on_disk.read_exact_at(&mut there, offset).unwrap();
        assert_eq!(there, expected, "{name} on the server's disk at {offset}");
        let mut here = vec![1; expected.len()];
        assert_eq!(file.read_at(offset, &mut here), Ok(expected.len()));
        assert_eq!(here, expected, "{name} read by the driver at {offset}");
    }
}

fn data_past_4_gib_is_where_it_belongs(configuration: Configuration) {
    let own = tempfile::tempdir().unwrap();
    let original = sparse_file(own.path());
    let samba = configuration.samba();
    // It knows no holes, so this takes a while: before the driver is loaded, that another test may have its own meanwhile.
    samba.client().put(&original, "theirs");
    with_drive(&samba, &configuration.settings(), |drive| {
        assert_sparse(&samba, drive, "theirs");
        upload(&samba, drive, &original);
        assert_sparse(&samba, drive, "sparse");
    });
}

/// The 4 GiB of zeros read and compared too. In two configurations only, for the time that it takes.
fn a_sparse_file_has_one_digest_for_all(configuration: Configuration) {
    let own = tempfile::tempdir().unwrap();
    let original = sparse_file(own.path());
    let digest = sha256_of_file(&original);
    let samba = configuration.samba();
    with_drive(&samba, &configuration.settings(), |drive| {
        upload(&samba, drive, &original);
        assert_eq!(digest_through(drive, "\\sparse"), digest);
    });
    assert_eq!(samba.client().sha256("sparse"), digest);
}

fn digest_through(drive: &Drive<'_>, path: &str) -> String {
    let file = drive.open(path, Access::Read, Disposition::Open).unwrap();
    let size = file.facts().unwrap().size;
    let mut hash = Sha256::default();
    pipeline::read_in_order(&file, size, |block| {
        hash.update(block);
        Ok(())
    })
    .unwrap();
    hash.finish()
}

#[test]
fn a_sparse_file_has_one_digest_for_all_in_2_0_2_signed() {
    a_sparse_file_has_one_digest_for_all(Configuration {
        dialect: Dialect::Smb202,
        signing: Signing::Required,
    });
}

#[test]
fn a_sparse_file_has_one_digest_for_all_in_3_1_1() {
    a_sparse_file_has_one_digest_for_all(Configuration {
        dialect: Dialect::Smb311,
        signing: Signing::Offered,
    });
}

fn a_file_cut_and_extended_by_the_driver_is_so_for_the_server_and_smbclient(
    configuration: Configuration,
) {
    let own = tempfile::tempdir().unwrap();
    configuration.with_drive(|samba, drive| {
        let there = samba.directory().join("file");
        let original = local_file(own.path(), "file", 100_000);
        upload(samba, drive, &original);
        let file = drive
            .open("\\file", Access::ReadWrite, Disposition::Open)
            .unwrap();
        file.set_end(1234).unwrap();
        assert_eq!(fs::read(&there).unwrap(), desk::bytes(1234));
        file.set_end(70_000).unwrap();
        let mut expected = desk::bytes(1234);
        expected.resize(70_000, 0);
        assert_eq!(fs::read(&there).unwrap(), expected);

        // A write beyond the end extends it too.
        assert_eq!(file.write_at(90_000, b"end"), Ok(3));
        expected.resize(90_000, 0);
        expected.extend(b"end");
        assert_eq!(file.facts().unwrap().size, 90_003);
        drop(file);
        let returned = own.path().join("returned");
        samba.client().get("file", &returned);
        assert_eq!(fs::read(&returned).unwrap(), expected);

        // Opening it anew to overwrite it leaves nothing of it.
        drive
            .open("\\file", Access::Write, Disposition::Overwrite)
            .unwrap();
        assert_eq!(fs::metadata(&there).unwrap().len(), 0);
    });
}

fn a_file_cut_and_extended_on_the_server_is_so_for_the_driver(configuration: Configuration) {
    configuration.with_drive(|samba, drive| {
        let there = samba.directory().join("file");
        fs::write(&there, desk::bytes(100_000)).unwrap();
        let file = drive
            .open("\\file", Access::Read, Disposition::Open)
            .unwrap();
        let mut buffer = vec![1; 100_000];
        assert_eq!(file.read_at(0, &mut buffer), Ok(100_000));

        let changed = OpenOptions::new().write(true).open(&there).unwrap();
        changed.set_len(1234).unwrap();
        assert_eq!(file.facts().unwrap().size, 1234);
        assert_eq!(file.read_at(0, &mut buffer), Ok(1234));
        changed.set_len(70_000).unwrap();
        assert_eq!(file.facts().unwrap().size, 70_000);
        assert_eq!(file.read_at(0, &mut buffer), Ok(70_000));
        let mut expected = desk::bytes(1234);
        expected.resize(70_000, 0);
        assert_eq!(buffer[..70_000], expected);
    });
}
