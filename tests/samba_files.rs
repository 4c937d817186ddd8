//! Files cross between the driver and Samba unharmed: every dialect, signed and not, every awkward size.
#![forbid(unsafe_code)]

mod desk;

use std::fs::{self, File};
use std::os::unix::fs::FileExt;

use desk::{download, local_file, upload, with_drive};
use lab::machine::Settings;
use samba_ground::{Config, Dialect, Samba, Signing, sha256_of_file};

/// Nothing, least, around the largest single-credit request, and more than one request of any server.
const SIZES: [usize; 6] = [0, 1, 65_535, 65_536, 65_537, (8 << 20) + 3];

fn settings(dialect: Dialect, signing: Signing) -> Settings {
    Settings::default()
        .dialect(dialect.wire())
        .require_signing(signing == Signing::Required)
}

fn files_cross_unharmed(dialect: Dialect, signing: Signing) {
    let samba = Samba::start(&Config::only(dialect).signing(signing));
    let own = tempfile::tempdir().unwrap();
    let client = samba.client();
    with_drive(&samba, &settings(dialect, signing), |drive| {
        for size in SIZES {
            let original = local_file(own.path(), &format!("ours {size}"), size);
            let digest = sha256_of_file(&original);
            upload(&samba, drive, &original);
            let returned = own.path().join("through smbclient");
            client.get(&format!("ours {size}"), &returned);
            assert_eq!(
                sha256_of_file(&returned),
                digest,
                "{size} bytes written by the driver"
            );

            client.put(&original, &format!("theirs {size}"));
            let returned = own.path().join("through the driver");
            download(&samba, drive, &format!("theirs {size}"), &returned);
            assert_eq!(
                sha256_of_file(&returned),
                digest,
                "{size} bytes read by the driver"
            );
        }
        data_past_4_gib_stays_where_it_is(&samba, drive);
    });
}

/// Offsets and sizes that do not fit 32 bits.
fn data_past_4_gib_stays_where_it_is(samba: &Samba, drive: &lab::drive::Drive<'_>) {
    const FAR: u64 = (4 << 30) + 17;
    let own = tempfile::tempdir().unwrap();
    let path = own.path().join("sparse");
    let original = File::create(&path).unwrap();
    original.write_all_at(b"near", 0).unwrap();
    original.write_all_at(b"far", FAR).unwrap();
    original.set_len(FAR + 1000).unwrap();
    upload(samba, drive, &path);

    // The file behind the share is where smbclient would read it, without the 4 GiB of zeros.
    let arrived = File::open(samba.directory().join("sparse")).unwrap();
    assert_eq!(arrived.metadata().unwrap().len(), FAR + 1000);
    let file = drive
        .open(
            "\\sparse",
            lab::file::Access::Read,
            lab::file::Disposition::Open,
        )
        .unwrap();
    for (offset, expected) in [
        (0, &b"near\0\0"[..]),
        (FAR - 2, b"\0\0far\0"),
        (FAR + 997, b"\0\0\0"),
    ] {
        let mut there = vec![1; expected.len()];
        arrived.read_exact_at(&mut there, offset).unwrap();
        assert_eq!(there, expected, "written by the driver at {offset}");
        let mut here = vec![1; expected.len()];
        assert_eq!(file.read_at(offset, &mut here), Ok(expected.len()));
        assert_eq!(here, expected, "read by the driver at {offset}");
    }
}

macro_rules! matrix {
    ($($name:ident: $dialect:ident $signing:ident;)*) => {
        $(
            #[test]
            fn $name() {
                files_cross_unharmed(Dialect::$dialect, Signing::$signing);
            }
        )*
    };
}

matrix! {
    files_cross_unharmed_in_2_0_2: Smb202 Offered;
    files_cross_unharmed_in_2_0_2_signed: Smb202 Required;
    files_cross_unharmed_in_2_1: Smb210 Offered;
    files_cross_unharmed_in_2_1_signed: Smb210 Required;
    files_cross_unharmed_in_3_0: Smb300 Offered;
    files_cross_unharmed_in_3_0_signed: Smb300 Required;
    files_cross_unharmed_in_3_0_2: Smb302 Offered;
    files_cross_unharmed_in_3_0_2_signed: Smb302 Required;
    files_cross_unharmed_in_3_1_1: Smb311 Offered;
    files_cross_unharmed_in_3_1_1_signed: Smb311 Required;
}

#[test]
fn a_sparse_file_of_4_gib_has_the_same_digest_for_smbclient_and_for_the_driver() {
    const FAR: u64 = (4 << 30) + 17;
    let samba = Samba::start(&Config::default());
    let own = tempfile::tempdir().unwrap();
    let path = own.path().join("sparse");
    let original = File::create(&path).unwrap();
    original
        .write_all_at(&desk::bytes(1 << 20), 12_345)
        .unwrap();
    original.write_all_at(b"far", FAR).unwrap();
    let digest = sha256_of_file(&path);
    with_drive(
        &samba,
        &Settings::default().require_signing(false),
        |drive| {
            upload(&samba, drive, &path);
            assert_eq!(samba.client().sha256("sparse"), digest);
            let mut hash = samba_ground::Sha256::default();
            let file = drive
                .open(
                    "\\sparse",
                    lab::file::Access::Read,
                    lab::file::Disposition::Open,
                )
                .unwrap();
            lab::pipeline::read_in_order(&file, FAR + 3, |block| {
                hash.update(block);
                Ok(())
            })
            .unwrap();
            assert_eq!(hash.finish(), digest);
        },
    );
}

#[test]
fn a_file_cut_and_extended_by_the_driver_is_so_on_the_server() {
    let samba = Samba::start(&Config::default());
    let own = tempfile::tempdir().unwrap();
    let there = samba.directory().join("file");
    with_drive(&samba, &Settings::default(), |drive| {
        upload(&samba, drive, &local_file(own.path(), "file", 100_000));
        let file = drive
            .open(
                "\\file",
                lab::file::Access::ReadWrite,
                lab::file::Disposition::Open,
            )
            .unwrap();
        file.set_end(1234).unwrap();
        assert_eq!(fs::read(&there).unwrap(), desk::bytes(1234));
        file.set_end(70_000).unwrap();
        drop(file);
        let mut expected = desk::bytes(1234);
        expected.resize(70_000, 0);
        assert_eq!(fs::read(&there).unwrap(), expected);
    });
}
