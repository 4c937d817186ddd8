//! smbclient with every message sealed, or signed by each algorithm.

use smb_server::{Builder, Cipher, Encryption, Share, SigningAlgorithm, Stats};

use crate::{Scratch, is_skipped, pattern, serve, smbclient, try_smbclient};

const DIALECTS: [&str; 3] = ["SMB3_00", "SMB3_02", "SMB3_11"];
const CIPHERS: [(Cipher, &str); 4] = [
    (Cipher::Aes128Gcm, "AES-128-GCM"),
    (Cipher::Aes128Ccm, "AES-128-CCM"),
    (Cipher::Aes256Gcm, "AES-256-GCM"),
    (Cipher::Aes256Ccm, "AES-256-CCM"),
];
const SIGNING: [(SigningAlgorithm, &str); 3] = [
    (SigningAlgorithm::AesGmac, "AES-128-GMAC"),
    (SigningAlgorithm::AesCmac, "AES-128-CMAC"),
    (SigningAlgorithm::HmacSha256, "HMAC-SHA256"),
];

/// smbclient's options for one dialect and one kind of protection: `off`, `sign` or `encrypt`.
fn options(dialect: &str, protection: &str, settings: &[(&str, &str)]) -> Vec<String> {
    let mut options = vec![
        format!("--max-protocol={dialect}"),
        format!("--option=client min protocol={dialect}"),
        format!("--client-protection={protection}"),
    ];
    let settings = settings.iter();
    options.extend(settings.map(|(name, value)| format!("--option={name}={value}")));
    options
}

/// Copies a file there and back and gives the server's totals.
fn copy(
    configure: impl FnOnce(Builder) -> Builder,
    name: &str,
    share: &Share,
    options: &[String],
) -> Stats {
    let scratch = Scratch::new(name);
    let content = pattern(3_000_001);
    std::fs::write(scratch.path("up"), &content).unwrap();
    let server = serve(configure);
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let script = format!(
        "mkdir dir; put {} dir\\file; ls dir\\*; get dir\\file {}; del dir\\file; rmdir dir",
        scratch.path("up"),
        scratch.path("down"),
    );
    assert!(smbclient(&server, &options, &script).contains("3000001"));
    assert!(std::fs::read(scratch.path("down")).unwrap() == content);
    assert!(!share.exists("dir"));
    let stats = server.stop();
    assert_eq!(
        (
            stats.protocol_errors,
            stats.bad_signatures,
            stats.open_handles
        ),
        (0, 0, 0),
        "{options:?}"
    );
    stats
}

#[test]
fn smbclient_copies_sealed_by_each_cipher() {
    if is_skipped() {
        return;
    }
    for (cipher, name) in CIPHERS {
        let share = Share::new("data").unwrap();
        let algorithms = [("client smb3 encryption algorithms", name)];
        let options = options("SMB3_11", "encrypt", &algorithms);
        let configure = |builder: Builder| builder.share(&share).ciphers(&[cipher]);
        let stats = copy(configure, name, &share, &options);
        // All but NEGOTIATE and the two steps of SESSION_SETUP.
        assert_eq!(stats.sealed_requests + 3, stats.requests.iter().sum());
    }
}

#[test]
fn smbclient_copies_sealed_in_each_dialect_that_can() {
    if is_skipped() {
        return;
    }
    for dialect in DIALECTS {
        for encryption in [Encryption::Offered, Encryption::Required] {
            let share = Share::new("data").unwrap();
            let options = options(dialect, "encrypt", &[]);
            let configure = |builder: Builder| builder.share(&share).encryption(encryption);
            let stats = copy(configure, dialect, &share, &options);
            assert_eq!(stats.sealed_requests + 3, stats.requests.iter().sum());
        }
    }
}

#[test]
fn smbclient_seals_what_the_server_or_the_share_demands() {
    if is_skipped() {
        return;
    }
    for dialect in DIALECTS {
        let share = Share::new("data").unwrap();
        let options = options(dialect, "off", &[]);
        let by_server = |builder: Builder| builder.share(&share).encryption(Encryption::Required);
        let name = format!("by-server-{dialect}");
        assert!(copy(by_server, &name, &share, &options).sealed_requests > 0);
        let by_share = |builder: Builder| builder.share(&share.encrypted());
        let name = format!("by-share-{dialect}");
        assert!(copy(by_share, &name, &share, &options).sealed_requests > 0);
        let by_nobody = |builder: Builder| builder.share(&share);
        let name = format!("by-nobody-{dialect}");
        assert_eq!(copy(by_nobody, &name, &share, &options).sealed_requests, 0);
    }
}

#[test]
fn smbclient_is_refused_where_it_does_not_seal() {
    if is_skipped() {
        return;
    }
    let share = Share::new("data").unwrap();
    let required = serve(|builder| builder.share(&share).encryption(Encryption::Required));
    let of_share = serve(|builder| builder.share(&share.encrypted()));
    for server in [&required, &of_share] {
        let options = options("SMB2_10", "sign", &[]);
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let (output, text) = try_smbclient(server, &options, "ls");
        assert!(
            !output.status.success() && text.contains("NT_STATUS_ACCESS_DENIED"),
            "{text}"
        );
    }
}

#[test]
fn smbclient_demands_seals_in_vain_of_a_server_that_has_none() {
    if is_skipped() {
        return;
    }
    let share = Share::new("data").unwrap();
    for dialect in DIALECTS {
        let server = serve(|builder| builder.share(&share).encryption(Encryption::Off));
        let options = options(dialect, "encrypt", &[]);
        let options: Vec<&str> = options.iter().map(String::as_str).collect();
        let (output, text) = try_smbclient(&server, &options, "ls");
        assert!(
            !output.status.success() && text.contains("doesn't support SMB3 encryption"),
            "{text}"
        );
    }
}

#[test]
fn smbclient_copies_signed_by_each_algorithm() {
    if is_skipped() {
        return;
    }
    for (algorithm, name) in SIGNING {
        let share = Share::new("data").unwrap();
        let options = options(
            "SMB3_11",
            "sign",
            &[("client smb3 signing algorithms", name)],
        );
        let configure = |builder: Builder| builder.share(&share).signing_algorithms(&[algorithm]);
        let stats = copy(configure, name, &share, &options);
        assert_eq!(stats.sealed_requests, 0);
    }
}
