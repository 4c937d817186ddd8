//! What people do with smbclient.

use std::process::Command;

use smb_server::{Share, Signing};

use crate::{Scratch, is_skipped, pattern, run, serve, smbclient};

#[test]
fn smbclient_lists_puts_gets_renames_and_deletes_in_every_dialect() {
    if is_skipped() {
        return;
    }
    let scratch = Scratch::new("dialects");
    let content = pattern(3_000_001);
    std::fs::write(scratch.path("up"), &content).unwrap();
    for dialect in ["SMB2_02", "SMB2_10", "SMB3_00", "SMB3_02", "SMB3_11"] {
        for signing in [Signing::Enabled, Signing::Required] {
            let share = Share::new("data").unwrap();
            share.write_file("ready/made.txt", b"made in Rust").unwrap();
            let server = serve(|builder| builder.share(&share).signing(signing));
            let options = [
                "-m",
                dialect,
                "--option",
                &format!("client min protocol={dialect}"),
            ];
            let script = format!(
                "mkdir dir; put {} dir\\file; rename dir\\file dir\\renamed; ls dir\\*; allinfo dir\\renamed; \
                 get dir\\renamed {}; get ready\\made.txt {}; mkdir empty; rmdir empty; del ready\\made.txt; ls",
                scratch.path("up"),
                scratch.path("down"),
                scratch.path("made"),
            );
            let printed = smbclient(&server, &options, &script);
            assert!(
                printed.contains("renamed") && printed.contains("3000001"),
                "{printed}"
            );
            assert!(share.read_file("dir/renamed").unwrap() == content);
            assert!(std::fs::read(scratch.path("down")).unwrap() == content);
            assert_eq!(
                std::fs::read(scratch.path("made")).unwrap(),
                b"made in Rust"
            );
            assert!(!share.exists("ready/made.txt") && !share.exists("empty"));
            let stats = server.stop();
            assert_eq!(
                (
                    stats.protocol_errors,
                    stats.bad_signatures,
                    stats.open_handles
                ),
                (0, 0, 0)
            );
        }
    }
}

#[test]
fn smbclient_lists_ten_thousand_files() {
    if is_skipped() {
        return;
    }
    let share = Share::new("data").unwrap();
    for i in 0..10_000 {
        share.write_file(&format!("many/file-{i:05}"), b"").unwrap();
    }
    let server = serve(|builder| builder.share(&share));
    let printed = smbclient(&server, &[], "ls many\\*");
    assert_eq!(printed.matches("file-").count(), 10_000);
}

#[test]
fn smbclient_opens_with_smb1s_negotiate() {
    if is_skipped() {
        return;
    }
    let share = Share::new("data").unwrap();
    share.write_file("here", b"").unwrap();
    let server = serve(|builder| builder.share(&share));
    let options = [
        "--option",
        "client min protocol=NT1",
        "--option",
        "client max protocol=SMB3_11",
    ];
    assert!(smbclient(&server, &options, "ls").contains("here"));
}

#[test]
fn a_wrong_password_is_refused() {
    if is_skipped() {
        return;
    }
    let share = Share::new("data").unwrap();
    let server = serve(|builder| builder.share(&share));
    let mut command = Command::new("smbclient");
    let port = server.address().port().to_string();
    command.args([
        "//127.0.0.1/data",
        "-U",
        "user%wrong",
        "-p",
        &port,
        "-c",
        "ls",
    ]);
    let output = run(command);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("NT_STATUS_LOGON_FAILURE"));
}
