//! What is copied to and from a server that demands encryption goes over the wire encrypted, by the cipher that was asked for, and
//! the program says so.
#![forbid(unsafe_code)]

mod desk;

use std::fs;
use std::path::Path;

use desk::{on_share, oxsmb, succeeds};
use samba_ground::{Capture, Captured, Cipher, Config, Dialect, Samba};

/// What the file consists of, over and over, so that it is seen wherever a packet begins.
const TEXT: &str = "what nobody else may read; ";
const SIZE: usize = 300_000;

/// NEGOTIATE and SESSION_SETUP, which go before there are keys.
const LOGON: [u16; 2] = [0, 1];

/// Copies a file to the share and back, and asserts that it is the same and what the program says of the connection.
fn crosses(samba: &Samba, options: &[&str], protocol: &str) -> Captured {
    let own = tempfile::tempdir().unwrap();
    let content = TEXT.repeat(SIZE / TEXT.len());
    let (there, back) = (own.path().join("there"), own.path().join("back"));
    fs::write(&there, &content).unwrap();
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    let capture = Capture::start(samba.port());
    for (from, to) in [
        (path(&there), on_share(samba, "/file")),
        (on_share(samba, "/file"), path(&back)),
    ] {
        let said = succeeds(oxsmb(samba).arg("copy").args([from, to]).args(options));
        assert!(said.starts_with("1 file, "), "{said}");
        assert!(
            said.trim_end().ends_with(&format!(" by {protocol}")),
            "{said}"
        );
    }
    let captured = capture.finish();
    assert!(fs::read(samba.directory().join("file")).unwrap() == content.as_bytes());
    assert!(fs::read(&back).unwrap() == content.as_bytes());
    captured
}

/// The same over a server that demands encryption, and asserts that nothing but the logon could be read on the way, and all
/// of it with the keys of this cipher.
fn crosses_sealed(samba: &Samba, options: &[&str], dialect: Dialect, cipher: Cipher) {
    let protocol = format!("SMB {dialect}, encrypted by {}", cipher.samba_name());
    let captured = crosses(samba, options, &protocol);
    assert!(!captured.contains(TEXT.as_bytes()));
    assert_eq!(captured.commands("smb2"), LOGON.into());
    let keys = samba.session_keys();
    assert_eq!(keys.len(), 2);
    for keys in &keys {
        assert_eq!(keys.cipher, cipher.wire().into());
    }
    let opened = captured.with_keys(&keys).commands("smb2");
    // CREATE, READ, WRITE.
    for command in [5, 8, 9] {
        assert!(opened.contains(&command), "{command}: {opened:?}");
    }
}

fn crosses_sealed_in_3_1_1(cipher: Cipher, option: &str) {
    let samba = Samba::start(&Config::sealed(Dialect::Smb311));
    crosses_sealed(&samba, &["--cipher", option], Dialect::Smb311, cipher);
}

#[test]
fn a_copy_is_sealed_by_aes_128_ccm_in_3_1_1() {
    crosses_sealed_in_3_1_1(Cipher::Aes128Ccm, "aes-128-ccm");
}

#[test]
fn a_copy_is_sealed_by_aes_128_gcm_in_3_1_1() {
    crosses_sealed_in_3_1_1(Cipher::Aes128Gcm, "aes-128-gcm");
}

#[test]
fn a_copy_is_sealed_by_aes_256_ccm_in_3_1_1() {
    crosses_sealed_in_3_1_1(Cipher::Aes256Ccm, "aes-256-ccm");
}

#[test]
fn a_copy_is_sealed_by_aes_256_gcm_in_3_1_1() {
    crosses_sealed_in_3_1_1(Cipher::Aes256Gcm, "aes-256-gcm");
}

#[test]
fn a_copy_is_sealed_by_aes_128_ccm_in_3_0_and_3_0_2() {
    for dialect in [Dialect::Smb300, Dialect::Smb302] {
        let samba = Samba::start(&Config::sealed(dialect));
        crosses_sealed(&samba, &[], dialect, Cipher::Aes128Ccm);
    }
}

#[test]
fn a_copy_is_sealed_where_the_share_alone_demands_it() {
    let samba = Samba::start(&Config::default().of_share("server smb encrypt", "required"));
    let captured = crosses(&samba, &[], "SMB 3.1.1, encrypted by AES-128-GCM");
    assert!(!captured.contains(TEXT.as_bytes()));
}

#[test]
fn a_copy_that_nobody_wants_sealed_can_be_read_on_the_way_and_is_said_to_be_signed() {
    let samba = Samba::start(&Config::default());
    let captured = crosses(&samba, &[], "SMB 3.1.1, signed by AES-GMAC");
    assert!(captured.contains(TEXT.as_bytes()));
}

#[test]
fn every_command_says_how_it_is_connected_when_asked_to() {
    let samba = Samba::start(&Config::default());
    let output = oxsmb(&samba)
        .args(["ls", "-v", "--encrypt"])
        .arg(on_share(&samba, ""))
        .output()
        .unwrap();
    assert!(output.status.success() && output.stdout.is_empty());
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        format!(
            "connected to {} by SMB 3.1.1, encrypted by AES-128-GCM\n",
            on_share(&samba, "")
        )
    );
}
