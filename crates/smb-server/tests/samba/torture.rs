//! Samba's torture tests.

use std::process;

use smb_server::{Builder, Encryption, Fault, RunningServer, Seen, Share, Signing, When};
use smb_wire::smb2::{Command, CreateRequest, Header, OplockLevel};

use crate::{Scratch, is_skipped, run, serve};

fn smbtorture(server: &RunningServer, options: &[&str], test: &str) {
    // It makes directories where it stands, and not every test of it removes them.
    let scratch = Scratch::new(&format!("smbtorture-{test}"));
    let mut command = process::Command::new("smbtorture");
    command.current_dir(&scratch.0).args([
        "//127.0.0.1/data",
        "-U",
        "user%pass",
        "-p",
        &server.address().port().to_string(),
        // Files are sparse here, as on Samba: a write at the very end of the greatest file is no full disk.
        "--target=samba3",
    ]);
    command.args(options).arg(test);
    let output = run(command);
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && text.contains("success:"),
        "{test}: {text}"
    );
}

/// Tests of whatever is in reach of any session.
const ANY_SESSION: [&str; 15] = [
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
];

#[test]
fn smbtorture_is_content() {
    if is_skipped() {
        return;
    }
    for test in ANY_SESSION {
        let share = Share::new("data").unwrap();
        let server = serve(|builder| builder.share(&share));
        smbtorture(&server, &[], test);
        assert_eq!(server.stop().open_handles, 0, "{test} leaves handles");
    }
}

#[test]
fn smbtorture_is_content_with_sealed_sessions() {
    if is_skipped() {
        return;
    }
    // These change the session id of a sealed request, for which the connection ends.
    let by_session_id = ["smb2.connect", "smb2.session-id", "smb2.tcon"];
    let fitting = ANY_SESSION
        .iter()
        .filter(|test| !by_session_id.contains(test));
    for test in fitting {
        let share = Share::new("data").unwrap();
        let server = serve(|builder| builder.share(&share).encryption(Encryption::Required));
        smbtorture(&server, &["--client-protection=encrypt"], test);
        let stats = server.stop();
        assert_eq!(stats.open_handles, 0, "{test} leaves handles");
        assert!(stats.sealed_requests > 0, "{test} is not sealed");
    }
}

/// A lie that these tests want to hear: whoever asks for a batch oplock has it.
fn grant_oplocks(builder: Builder) -> Builder {
    const OPLOCK_LEVEL: usize = Header::LEN + 2;
    builder.fault(
        When::command(Command::CREATE).filter(asks_for_batch_oplock),
        Fault::rewrite(|message| {
            message[OPLOCK_LEVEL] = OplockLevel::BATCH.0;
        }),
    )
}

fn asks_for_batch_oplock(seen: &Seen<'_>) -> bool {
    CreateRequest::parse(seen.message).is_ok_and(|create| create.oplock_level == OplockLevel::BATCH)
}

#[test]
fn smbtorture_proves_itself_anew_by_each_cipher_and_signing_algorithm() {
    if is_skipped() {
        return;
    }
    for test in [
        "smb2.session.signing-hmac-sha-256",
        "smb2.session.signing-aes-128-cmac",
        "smb2.session.signing-aes-128-gmac",
        "smb2.session.encryption-aes-128-ccm",
        "smb2.session.encryption-aes-128-gcm",
        "smb2.session.encryption-aes-256-ccm",
        "smb2.session.encryption-aes-256-gcm",
        "smb2.session.two_logoff",
        "smb2.session.reauth1",
        "smb2.session.reauth2",
        "smb2.session.reauth3",
        "smb2.session.reconnect1",
        "smb2.session.reconnect2",
        "smb2.ioctl.bug14788.VALIDATE_NEGOTIATE",
    ] {
        let share = Share::new("data").unwrap();
        let noperm = Share::new("noperm").unwrap();
        let server = serve(|builder| {
            let builder = builder.share(&share).share(&noperm).allow_anonymous();
            grant_oplocks(builder)
        });
        smbtorture(&server, &[], test);
    }
}

#[test]
fn smbtorture_cannot_talk_a_server_out_of_signing() {
    if is_skipped() {
        return;
    }
    let share = Share::new("data").unwrap();
    let server = serve(|builder| builder.share(&share).signing(Signing::Required));
    smbtorture(&server, &[], "smb2.session-require-signing.bug15397");
}
