//! Samba's own client and its torture tests against this server.

use std::path::PathBuf;
use std::process::{Command, Output};

use smb_server::{RunningServer, Share, Signing, builder};

/// Why a test may do without the programs that it needs.
const SKIP: &str = "OXSMB_SKIP_EXTERNAL";

fn is_skipped() -> bool {
    std::env::var_os(SKIP).is_some_and(|value| value == "1")
}

fn run(mut command: Command) -> Output {
    let program = command.get_program().to_string_lossy().into_owned();
    match command.output() {
        Ok(output) => output,
        Err(error) => panic!(
            "{program} cannot be run ({error}); `cargo xtask test` installs it, {SKIP}=1 skips this test"
        ),
    }
}

fn serve(share: &Share, signing: Signing) -> RunningServer {
    builder()
        .share(share)
        .user("user", "pass")
        .signing(signing)
        .bind("127.0.0.1:0")
        .expect("a free port")
}

/// Runs `smbclient -c script` and gives what it printed, which must not tell of an error.
fn smbclient(server: &RunningServer, options: &[&str], script: &str) -> String {
    let mut command = Command::new("smbclient");
    command
        .args([
            "//127.0.0.1/data",
            "-U",
            "user%pass",
            "-p",
            &server.address().port().to_string(),
        ])
        .args(options)
        .args(["-c", script]);
    let output = run(command);
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && !text.contains("NT_STATUS_"),
        "{script}: {text}"
    );
    text
}

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

/// A directory for one test, removed at its end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("smb-server-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a temporary directory");
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_string_lossy().into_owned()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 31 + i / 251) as u8).collect()
}

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
            let server = serve(&share, signing);
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
    let server = serve(&share, Signing::Enabled);
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
    let server = serve(&share, Signing::Enabled);
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
    let server = serve(&share, Signing::Enabled);
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
        let server = serve(&share, Signing::Enabled);
        smbtorture(&server, test);
        assert_eq!(server.stop().open_handles, 0, "{test} leaves handles");
    }
}
