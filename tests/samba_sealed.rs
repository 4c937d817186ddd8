//! Files travel encrypted to and from Samba: in every dialect that can, by every cipher and signing algorithm it knows, with
//! Wireshark as the judge, which reads the traffic with the keys that the server wrote down.
#![forbid(unsafe_code)]

mod desk;

use desk::{credentials, download, local_file, share_at, upload, with_drive, with_machine};
use lab::machine::Settings;
use samba_ground::{Capture, Captured, Config, Dialect, Encryption, Samba, Sender, sha256_of_file};
use smb_wire::NtStatus;

/// The only cipher that 3.0 and 3.0.2 know.
const CCM: Cipher = Cipher {
    name: "AES-128-CCM",
    digit: 1,
};
const GCM: Cipher = Cipher {
    name: "AES-128-GCM",
    digit: 2,
};
const CCM_256: Cipher = Cipher {
    name: "AES-256-CCM",
    digit: 3,
};
const GCM_256: Cipher = Cipher {
    name: "AES-256-GCM",
    digit: 4,
};

/// A cipher: Samba's name for it, and MS-SMB2's number.
#[derive(Clone, Copy)]
struct Cipher {
    name: &'static str,
    digit: u32,
}

/// A server of one dialect that refuses whoever does not encrypt, and writes down its keys.
fn sealed_server(dialect: Dialect, more: &[(&'static str, &'static str)]) -> Samba {
    let mut config = Config::only(dialect);
    config.encryption = Encryption::Required;
    config.global.push(("debug encryption", "yes"));
    config.global.extend_from_slice(more);
    Samba::start(&config)
}

/// Copies a file there and back, which asserts that both are the same, and judges what was seen on the way: everything after
/// the logon was encrypted by `cipher`, and what it opens to is sound.
fn travels_sealed(samba: &Samba, settings: &Settings, cipher: Cipher) {
    let own = tempfile::tempdir().unwrap();
    let local = local_file(own.path(), "file", 3_000_001);
    let back = own.path().join("back");
    let capture = Capture::start(samba.port());
    with_drive(samba, settings, |drive| {
        upload(samba, drive, &local);
        download(samba, drive, "file", &back);
    });
    let captured = capture.finish();
    let digest = sha256_of_file(&local);
    assert_eq!(sha256_of_file(&samba.directory().join("file")), digest);
    assert_eq!(sha256_of_file(&back), digest);
    assert_sealed(captured, samba, cipher);
}

/// Asserts that all but the logon is encrypted, by this cipher, and that tshark can read it with the server's keys.
fn assert_sealed(captured: Captured, samba: &Samba, cipher: Cipher) {
    let plain = captured.values("smb2.cmd", "smb2.cmd");
    for packet in &plain {
        assert!(
            packet
                .split(',')
                .all(|command| ["0", "1"].contains(&command)),
            "{plain:?}"
        );
    }
    let keys = samba.session_keys();
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0].cipher, cipher.digit, "{}", cipher.name);
    let opened = captured.with_keys(&keys);
    for sender in [Sender::Client, Sender::Server] {
        assert_eq!(
            opened.complaints(sender),
            Vec::<String>::new(),
            "{sender:?}"
        );
    }
    for response in [0, 1] {
        let filter = format!("smb2.flags.response == {response}");
        let commands = opened.values(&filter, "smb2.cmd");
        for command in ["3", "5", "6", "8", "9"] {
            let seen = commands
                .iter()
                .any(|packet| packet.split(',').any(|one| one == command));
            assert!(seen, "nothing with command {command} and {filter}");
        }
    }
}

#[test]
fn a_file_travels_sealed_by_aes_128_ccm_in_3_0() {
    travels_sealed(
        &sealed_server(Dialect::Smb300, &[]),
        &Settings::default(),
        CCM,
    );
}

#[test]
fn a_file_travels_sealed_by_aes_128_ccm_in_3_0_2() {
    travels_sealed(
        &sealed_server(Dialect::Smb302, &[]),
        &Settings::default(),
        CCM,
    );
}

/// In 3.1.1, once because the server knows no other cipher, and once because the settings offer no other.
fn travels_sealed_in_3_1_1(cipher: Cipher) {
    let only = [("server smb3 encryption algorithms", cipher.name)];
    let samba = sealed_server(Dialect::Smb311, &only);
    travels_sealed(&samba, &Settings::default(), cipher);
    let samba = sealed_server(Dialect::Smb311, &[]);
    let settings = Settings::default().set("Ciphers", cipher.digit);
    travels_sealed(&samba, &settings, cipher);
}

#[test]
fn a_file_travels_sealed_by_aes_128_ccm_in_3_1_1() {
    travels_sealed_in_3_1_1(CCM);
}

#[test]
fn a_file_travels_sealed_by_aes_128_gcm_in_3_1_1() {
    travels_sealed_in_3_1_1(GCM);
}

#[test]
fn a_file_travels_sealed_by_aes_256_ccm_in_3_1_1() {
    travels_sealed_in_3_1_1(CCM_256);
}

#[test]
fn a_file_travels_sealed_by_aes_256_gcm_in_3_1_1() {
    travels_sealed_in_3_1_1(GCM_256);
}

#[test]
fn encryption_does_not_mind_how_the_logon_is_signed() {
    for (algorithm, number) in [("AES-128-GMAC", 2), ("AES-128-CMAC", 1), ("HMAC-SHA256", 0)] {
        let only = [("server smb3 signing algorithms", algorithm)];
        let samba = sealed_server(Dialect::Smb311, &only);
        travels_sealed(&samba, &Settings::default(), GCM);
        assert_eq!(
            samba.session_keys()[0].signing_algorithm,
            number,
            "{algorithm}"
        );
    }
}

#[test]
fn a_server_that_leaves_it_to_us_is_encrypted_when_the_settings_demand_it() {
    for (dialect, cipher) in [
        (Dialect::Smb300, CCM),
        (Dialect::Smb302, CCM),
        (Dialect::Smb311, GCM),
    ] {
        let mut config = Config::only(dialect);
        config.global.push(("debug encryption", "yes"));
        let settings = Settings::default().set("RequireEncryption", 1);
        travels_sealed(&Samba::start(&config), &settings, cipher);
    }
}

#[test]
fn a_server_that_cannot_encrypt_is_refused_when_the_settings_demand_it() {
    for dialect in Dialect::ALL {
        let mut config = Config::only(dialect);
        config.encryption = Encryption::Off;
        let samba = Samba::start(&config);
        let settings = Settings::default().set("RequireEncryption", 1);
        assert_eq!(
            refusal(&samba, &settings),
            Some(NtStatus::NOT_SUPPORTED),
            "{dialect}"
        );
    }
}

#[test]
fn a_server_that_demands_what_the_settings_do_not_offer_lets_nobody_in() {
    let samba = sealed_server(
        Dialect::Smb311,
        &[("server smb3 encryption algorithms", "AES-128-GCM")],
    );
    let settings = Settings::default().set("Ciphers", 1);
    assert_eq!(refusal(&samba, &settings), Some(NtStatus::ACCESS_DENIED));
    let old = Settings::default().dialect(0x0302).set("Ciphers", 2);
    assert_eq!(refusal(&samba, &old), Some(NtStatus::NOT_SUPPORTED));
}

/// How connecting is refused.
fn refusal(samba: &Samba, settings: &Settings) -> Option<NtStatus> {
    with_machine(settings, |machine| {
        let refused = machine.connect(&share_at(samba.port()), Some(&credentials()), None);
        refused.err().and_then(|failure| failure.status())
    })
}
