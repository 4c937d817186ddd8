//! Files travel encrypted to and from Samba: in every dialect that can, by every cipher and signing algorithm it knows, with
//! Wireshark as the judge, which reads the traffic with the keys that the server wrote down.
#![forbid(unsafe_code)]

mod desk;

use std::collections::BTreeSet;

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

/// Copies a file there and back, and asserts that everything after the logon was encrypted.
fn travels_sealed(samba: &Samba, settings: &Settings, cipher: Cipher) {
    assert_eq!(
        travels(samba, settings, cipher),
        BTreeSet::from(["0", "1"].map(String::from))
    );
}

/// Copies a file there and back, asserts that both are the same, and that tshark reads with the server's keys what was encrypted
/// by `cipher`, without complaint. Returns the commands that were not encrypted.
fn travels(samba: &Samba, settings: &Settings, cipher: Cipher) -> BTreeSet<String> {
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

    let plain = commands(&captured, "smb2");
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
        let seen = commands(&opened, &filter);
        for command in ["3", "5", "6", "8", "9"] {
            assert!(seen.contains(command), "{command} with {filter}: {seen:?}");
        }
    }
    plain
}

/// The commands that can be read in the packets that pass a filter.
fn commands(captured: &Captured, filter: &str) -> BTreeSet<String> {
    captured
        .values(&format!("smb2.cmd && {filter}"), "smb2.cmd")
        .iter()
        .flat_map(|packet| packet.split(','))
        .map(str::to_owned)
        .collect()
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

#[test]
fn a_share_that_demands_it_is_encrypted_in_a_session_that_is_not() {
    for (dialect, cipher) in [
        (Dialect::Smb300, CCM),
        (Dialect::Smb302, CCM),
        (Dialect::Smb311, GCM),
    ] {
        let mut config = Config::only(dialect);
        config.global.push(("debug encryption", "yes"));
        config.share.push(("server smb encrypt", "required"));
        let samba = Samba::start(&config);
        // The logon, the way to the share and the logoff are signed; what goes on there is sealed.
        assert_eq!(
            travels(&samba, &Settings::default(), cipher),
            BTreeSet::from(["0", "1", "2", "3"].map(String::from))
        );
    }
}

#[test]
fn a_share_that_demands_encryption_cannot_be_used_without_it() {
    for dialect in [Dialect::Smb202, Dialect::Smb210, Dialect::Smb302] {
        let mut config = Config::only(dialect);
        config.share.push(("server smb encrypt", "required"));
        let samba = Samba::start(&config);
        let settings = Settings::default().set("Ciphers", 2);
        let refused = refusal(&samba, &settings);
        assert!(
            matches!(
                refused,
                Some(NtStatus::ACCESS_DENIED | NtStatus::NOT_SUPPORTED)
            ),
            "{dialect}: {refused:?}"
        );
    }
}

#[test]
fn a_server_that_speaks_smb1_only_is_refused_by_that_name() {
    let mut config = Config::default();
    config.global.push(("server min protocol", "NT1"));
    config.global.push(("server max protocol", "NT1"));
    let samba = Samba::start(&config);
    let refused = refusal(&samba, &Settings::default());
    assert_eq!(refused, Some(NtStatus::SMB1_NOT_AVAILABLE));
}

/// How connecting is refused.
fn refusal(samba: &Samba, settings: &Settings) -> Option<NtStatus> {
    with_machine(settings, |machine| {
        let refused = machine.connect(&share_at(samba.port()), Some(&credentials()), None);
        refused.err().and_then(|failure| failure.status())
    })
}
