//! Wireshark's dissectors find nothing to complain of in what the driver sends.
#![forbid(unsafe_code)]

mod desk;

use std::fs;

use desk::{download, local_file, upload, with_drive};
use lab::file::{Access, Disposition};
use lab::machine::Settings;
use samba_ground::{Capture, Config, Dialect, Samba, Sender, Signing};

#[test]
fn tshark_reads_all_that_the_driver_sends_without_complaint() {
    for dialect in Dialect::ALL {
        for signing in [Signing::Offered, Signing::Required] {
            let samba = Samba::start(&Config::only(dialect).signing(signing));
            let own = tempfile::tempdir().unwrap();
            let settings = Settings::default()
                .dialect(dialect.wire())
                .require_signing(signing == Signing::Required);
            let capture = Capture::start(samba.port());
            with_drive(&samba, &settings, |drive| {
                upload(&samba, drive, &local_file(own.path(), "file", 200_000));
                download(&samba, drive, "file", &own.path().join("back"));
                drive.make_directory("\\directory").unwrap();
                drive
                    .rename("\\file", "\\directory\\renamed", false)
                    .unwrap();
                assert_eq!(drive.list("\\directory").unwrap().count(), 1);
                let file = drive
                    .open("\\directory\\renamed", Access::ReadWrite, Disposition::Open)
                    .unwrap();
                file.set_end(5).unwrap();
                file.flush().unwrap();
                drop(file);
                drive.remove_tree("\\directory").unwrap();
                drive.stat("\\missing").unwrap_err();
            });
            let captured = capture.finish();
            assert_eq!(
                captured.complaints(Sender::Client),
                Vec::<String>::new(),
                "{dialect} {signing:?}"
            );
            // Enough was seen for that to mean something.
            let commands = captured.values("smb2.flags.response == 0", "smb2.cmd");
            for command in ["0", "1", "3", "5", "6", "8", "9", "14", "16", "17"] {
                let seen = commands
                    .iter()
                    .any(|packet| packet.split(',').any(|one| one == command));
                if !seen {
                    std::fs::copy(captured.file(), "/tmp/bad.pcapng").unwrap();
                    println!("{}", samba.port());
                }
                assert!(
                    seen,
                    "{dialect} {signing:?}: no request with command {command}"
                );
            }
            assert_eq!(fs::read_dir(samba.directory()).unwrap().count(), 0);
        }
    }
}
