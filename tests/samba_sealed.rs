//! Files travel encrypted or signed to and from Samba: in every dialect that can, by every cipher and signing algorithm it knows,
//! with Wireshark as the judge, which reads the traffic with the keys that the server wrote down.
#![forbid(unsafe_code)]

mod desk;

use std::collections::BTreeSet;

use desk::{credentials, download, local_file, share_at, upload, with_drive, with_machine};
use lab::machine::Settings;
use samba_ground::{
    Capture, Captured, Cipher, Config, Dialect, Encryption, Samba, Sender, Signing, sha256_of_file,
};
use smb_wire::NtStatus;

/// The commands of a logon, which goes before there are keys.
const LOGON: [u16; 2] = [0, 1];

/// Copies a file there and back, and asserts that everything after the logon was encrypted.
fn travels_sealed(samba: &Samba, settings: &Settings, cipher: Cipher) {
    assert_eq!(travels(samba, settings, cipher), LOGON.into());
}

/// The algorithms that sign in 3.1.1: Samba's names, and MS-SMB2's numbers (2.2.3.1.7).
const SIGNING: [(&str, u32); 3] = [("AES-128-GMAC", 2), ("AES-128-CMAC", 1), ("HMAC-SHA256", 0)];

/// Copies a file there and back, asserts that both are the same, and gives what could be seen of it.
fn there_and_back(samba: &Samba, settings: &Settings) -> Captured {
    let own = tempfile::tempdir().unwrap();
    let local = local_file(own.path(), "file", 3_000_001);
    let back = own.path().join("back");
    let capture = Capture::start(samba.port());
    with_drive(samba, settings, |drive| {
        upload(samba, drive, &local);
        download(samba, drive, "file", &back);
    });
    let digest = sha256_of_file(&local);
    assert_eq!(sha256_of_file(&samba.directory().join("file")), digest);
    assert_eq!(sha256_of_file(&back), digest);
    capture.finish()
}

/// Copies a file there and back, and asserts that tshark reads with the server's keys what was encrypted by `cipher`, without
/// complaint. Returns the commands that were not encrypted.
fn travels(samba: &Samba, settings: &Settings, cipher: Cipher) -> BTreeSet<u16> {
    let captured = there_and_back(samba, settings);
    let plain = captured.commands("smb2");
    let keys = samba.session_keys();
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0].cipher, cipher.wire().into(), "{cipher:?}");
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
        let seen = opened.commands(&filter);
        for command in [3, 5, 6, 8, 9] {
            assert!(seen.contains(&command), "{command} with {filter}: {seen:?}");
        }
    }
    plain
}

/// In 3.1.1, once because the server knows no other cipher, and once because the settings offer no other.
fn travels_sealed_in_3_1_1(cipher: Cipher) {
    let sealed = Config::sealed(Dialect::Smb311);
    let settings = Settings::default().set("Ciphers", cipher.wire().into());
    travels_sealed(&Samba::start(&sealed), &settings, cipher);
    let only = sealed.global("server smb3 encryption algorithms", cipher.samba_name());
    travels_sealed(&Samba::start(&only), &Settings::default(), cipher);
}

#[test]
fn a_file_travels_sealed_by_aes_128_ccm_in_3_1_1() {
    travels_sealed_in_3_1_1(Cipher::Aes128Ccm);
}

#[test]
fn a_file_travels_sealed_by_aes_128_gcm_in_3_1_1() {
    travels_sealed_in_3_1_1(Cipher::Aes128Gcm);
}

#[test]
fn a_file_travels_sealed_by_aes_256_ccm_in_3_1_1() {
    travels_sealed_in_3_1_1(Cipher::Aes256Ccm);
}

#[test]
fn a_file_travels_sealed_by_aes_256_gcm_in_3_1_1() {
    travels_sealed_in_3_1_1(Cipher::Aes256Gcm);
}

#[test]
fn encryption_does_not_mind_how_the_logon_is_signed() {
    for (algorithm, number) in SIGNING {
        let only =
            Config::sealed(Dialect::Smb311).global("server smb3 signing algorithms", algorithm);
        let samba = Samba::start(&only);
        travels_sealed(&samba, &Settings::default(), Cipher::Aes128Gcm);
        assert_eq!(
            samba.session_keys()[0].signing_algorithm,
            number,
            "{algorithm}"
        );
    }
}

#[test]
fn a_file_travels_signed_by_each_algorithm_in_3_1_1() {
    for (algorithm, number) in SIGNING {
        let only = Config::only(Dialect::Smb311)
            .encryption(Encryption::Off)
            .signing(Signing::Required)
            .logging_keys()
            .global("server smb3 signing algorithms", algorithm);
        let samba = Samba::start(&only);
        let settings = Settings::default().set("RequireSigning", 1);
        let captured = there_and_back(&samba, &settings);
        let keys = samba.session_keys();
        assert_eq!(keys[0].signing_algorithm, number, "{algorithm}");
        // Both sides sign all that there is a key for, but for what says that an answer comes later. Samba believed each request,
        // and we each answer.
        let unsigned = "smb2.flags.signature == 0 && !(smb2.nt_status == 0x103)";
        let unsigned = captured.commands(unsigned);
        assert_eq!(unsigned, LOGON.into(), "{algorithm}");
        let signed = captured.commands("smb2.flags.signature == 1");
        for command in [3, 5, 6, 8, 9] {
            assert!(signed.contains(&command), "{algorithm}: {signed:?}");
        }
    }
}

#[test]
fn a_server_that_leaves_it_to_us_is_encrypted_when_the_settings_demand_it() {
    for (dialect, cipher) in [
        (Dialect::Smb300, Cipher::Aes128Ccm),
        (Dialect::Smb302, Cipher::Aes128Ccm),
        (Dialect::Smb311, Cipher::Aes128Gcm),
    ] {
        let samba = Samba::start(&Config::only(dialect).logging_keys());
        let settings = Settings::default().set("RequireEncryption", 1);
        travels_sealed(&samba, &settings, cipher);
    }
}

#[test]
fn a_server_that_cannot_encrypt_is_refused_when_the_settings_demand_it() {
    for dialect in Dialect::ALL {
        let samba = Samba::start(&Config::only(dialect).encryption(Encryption::Off));
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
    let gcm_only =
        Config::sealed(Dialect::Smb311).global("server smb3 encryption algorithms", "AES-128-GCM");
    let samba = Samba::start(&gcm_only);
    let settings = Settings::default().set("Ciphers", 1);
    assert_eq!(refusal(&samba, &settings), Some(NtStatus::ACCESS_DENIED));
    let old = Settings::default().dialect(0x0302).set("Ciphers", 2);
    assert_eq!(refusal(&samba, &old), Some(NtStatus::NOT_SUPPORTED));
}

#[test]
fn a_share_that_demands_it_is_encrypted_in_a_session_that_is_not() {
    for (dialect, cipher) in [
        (Dialect::Smb300, Cipher::Aes128Ccm),
        (Dialect::Smb302, Cipher::Aes128Ccm),
        (Dialect::Smb311, Cipher::Aes128Gcm),
    ] {
        let config = Config::only(dialect).logging_keys();
        let samba = Samba::start(&config.of_share("server smb encrypt", "required"));
        // The logon, the way to the share and the logoff are signed; what goes on there is sealed.
        assert_eq!(
            travels(&samba, &Settings::default(), cipher),
            [0, 1, 2, 3].into()
        );
    }
}

#[test]
fn a_share_that_demands_encryption_cannot_be_used_without_it() {
    for dialect in [Dialect::Smb202, Dialect::Smb210, Dialect::Smb302] {
        let samba = Samba::start(&Config::only(dialect).of_share("server smb encrypt", "required"));
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
    let samba = Samba::start(&Config::smb1_only());
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
