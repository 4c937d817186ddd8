//! Every dialect, signed and not: connecting, files, names and directories, through the real driver on a real Samba.
#![forbid(unsafe_code)]

mod desk;

use std::fs;

use desk::{bytes, in_dialect};
use samba_ground::{Config, Dialect, SHARE, Samba, Signing, sha256_of_file};
use smb_wire::NtStatus;
use wine_ground::{OX, with_driver};

macro_rules! a_life_of_a_file_is_the_same_for_driver_and_server {
    ($($name:ident: $dialect:ident $signing:ident;)*) => {
        mod a_life_of_a_file_is_the_same_for_driver_and_server {
            $(
                #[test]
                fn $name() {
                    super::life_of_a_file(super::Dialect::$dialect, super::Signing::$signing);
                }
            )*
        }
    };
}

a_life_of_a_file_is_the_same_for_driver_and_server! {
    in_2_0_2: Smb202 Offered;
    in_2_0_2_signed: Smb202 Required;
    in_2_1: Smb210 Offered;
    in_2_1_signed: Smb210 Required;
    in_3_0: Smb300 Offered;
    in_3_0_signed: Smb300 Required;
    in_3_0_2: Smb302 Offered;
    in_3_0_2_signed: Smb302 Required;
    in_3_1_1: Smb311 Offered;
    in_3_1_1_signed: Smb311 Required;
}

/// Made, written, listed, renamed, read, deleted.
fn life_of_a_file(dialect: Dialect, signing: Signing) {
    /// More than one request of any dialect.
    const SIZE: usize = (2 << 20) + 3;
    in_dialect(dialect, signing, |samba, mount| {
        let root = samba.directory();
        let content = bytes(SIZE);
        let file = mount.make("file").unwrap();
        assert_eq!(file.write(0, &content), Ok(SIZE));
        file.flush().unwrap();
        assert!(fs::read(root.join("file")).unwrap() == content);

        let listed = mount.list("").unwrap();
        assert_eq!(listed.len(), 1);
        assert_eq!(
            (listed[0].name.as_str(), listed[0].size),
            ("file", SIZE as u64)
        );

        mount.rename(&file, "renamed", false).unwrap();
        file.close().unwrap();
        assert_eq!(
            samba.client().sha256("renamed"),
            sha256_of_file(&root.join("renamed"))
        );
        let file = mount.open("renamed").unwrap();
        assert!(file.read(0, SIZE).unwrap() == content);
        mount.delete(&file).unwrap();
        file.close().unwrap();
        assert_eq!(fs::read_dir(&root).unwrap().count(), 0);
    });
}

#[test]
fn a_server_without_a_dialect_that_the_settings_allow_is_not_supported() {
    let samba = Samba::start(&Config {
        newest: Dialect::Smb210,
        ..Config::default()
    });
    with_driver(&[("MinDialect", 0x0300)], |desk| {
        let refused = desk.mount(samba.port(), SHARE, &OX).err();
        assert_eq!(refused, Some(NtStatus::NOT_SUPPORTED));
    });
}
