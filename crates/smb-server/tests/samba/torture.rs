//! Samba's torture tests.

use std::process::Command;

use smb_server::{RunningServer, Share};

use crate::{Scratch, is_skipped, run, serve};

fn smbtorture(server: &RunningServer, test: &str) {
    // It makes directories where it stands, and not every test of it removes them.
    let scratch = Scratch::new(&format!("smbtorture-{test}"));
    let mut command = Command::new("smbtorture");
    command.current_dir(&scratch.0).args([
        "//127.0.0.1/data",
        "-U",
        "user%pass",
        "-p",
        &server.address().port().to_string(),
        // Files are sparse here, as on Samba: a write at the very end of the greatest file is no full disk.
        "--target=samba3",
        test,
    ]);
    let output = run(command);
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && text.contains("success:"),
        "{test}: {text}"
    );
}

#[test]
fn smbtorture_is_content() {
    if is_skipped() {
        return;
    }
    for test in [
        "smb2.connect",
        "smb2.read",
        "smb2.rw",
        "smb2.dir",
        "smb2.getinfo",
        "smb2.credits",
        "smb2.tcon",
        "smb2.session-id",
        "smb2.compound_find",
        "smb2.fileid",
        "smb2.openattr",
        "smb2.winattr",
        "smb2.mkdir",
        "smb2.compound.interim1",
        "smb2.compound.interim2",
    ] {
        let share = Share::new("data").unwrap();
        let server = serve(|builder| builder.share(&share));
        smbtorture(&server, test);
        assert_eq!(server.stop().open_handles, 0, "{test} leaves handles");
    }
}
