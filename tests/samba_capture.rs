//! Wireshark's dissectors find nothing to complain of in what the driver and its server say to each other.
#![forbid(unsafe_code)]

mod desk;

use std::fs;

use desk::{Configuration, download, in_every_configuration, local_file, upload, with_drive};
use lab::file::{Access, Disposition};
use samba_ground::{Capture, Captured, Sender, Signing};

in_every_configuration! {
    tshark_reads_the_whole_conversation_without_complaint;
}

fn tshark_reads_the_whole_conversation_without_complaint(configuration: Configuration) {
    let samba = configuration.samba();
    let own = tempfile::tempdir().unwrap();
    let capture = Capture::start(samba.port());
    with_drive(&samba, &configuration.settings(), |drive| {
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
    assert_eq!(fs::read_dir(samba.directory()).unwrap().count(), 0);
    let captured = capture.finish();
    for sender in [Sender::Client, Sender::Server] {
        assert_eq!(
            captured.complaints(sender),
            Vec::<String>::new(),
            "{sender:?}"
        );
    }
    assert_saw_enough(&captured);
    assert_signed(&captured, configuration.signing);
}

/// Asserts that the capture has each command of the file's life, asked and answered: silence is not health.
fn assert_saw_enough(captured: &Captured) {
    for response in [0, 1] {
        let filter = format!("smb2.flags.response == {response}");
        let commands = captured.values(&filter, "smb2.cmd");
        for command in ["0", "1", "3", "5", "6", "7", "8", "9", "14", "16", "17"] {
            let seen = commands
                .iter()
                .any(|packet| packet.split(',').any(|one| one == command));
            assert!(seen, "nothing with command {command} and {filter}");
        }
    }
}

/// Asserts that all READs, asked and answered, are signed when they must be, and none otherwise.
fn assert_signed(captured: &Captured, signing: Signing) {
    // A busy server says first that an answer will come (STATUS_PENDING), and need not sign that (MS-SMB2 3.2.5.1.3).
    let filter = "smb2.cmd == 8 && !(smb2.nt_status == 0x00000103)";
    let reads = captured.values(filter, "smb2.flags.signature");
    assert!(!reads.is_empty());
    let expected = if signing == Signing::Required {
        "1"
    } else {
        "0"
    };
    for flags in reads {
        assert!(flags.split(',').all(|flag| flag == expected), "{flags}");
    }
}
