//! The ground proves itself: Samba's client against Samba's server, under Wireshark's eyes.
#![forbid(unsafe_code)]

use std::fs;
use std::io::Write;
use std::net::{TcpListener, TcpStream};

use samba_ground::{Capture, Config, Dialect, Samba, Sender, Signing, sha256_of, sha256_of_file};

/// A NEGOTIATE response; the server's choice is in it.
const NEGOTIATED: &str = "smb2.cmd == 0 && smb2.flags.response == 1";

fn some_bytes(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    (0..length)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            state.to_be_bytes()[0]
        })
        .collect()
}

#[test]
fn a_file_put_by_smbclient_lies_in_the_directory_and_comes_back_the_same() {
    let samba = Samba::start(&Config::default());
    let own = tempfile::tempdir().unwrap();
    let content = some_bytes(100_003);
    let original = own.path().join("original");
    let copy = own.path().join("copy");
    fs::write(&original, &content).unwrap();

    let client = samba.client();
    client.put(&original, "two words.bin");
    let digest = sha256_of(&content[..]).unwrap();
    assert_eq!(
        sha256_of_file(&samba.directory().join("two words.bin")),
        digest
    );
    client.get("two words.bin", &copy);
    assert_eq!(sha256_of_file(&copy), digest);
    assert_eq!(client.sha256("two words.bin"), digest);

    let listed = client.list("");
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (listed[0].name.as_str(), listed[0].size),
        ("two words.bin", 100_003)
    );
    assert!(
        client
            .allinfo("two words.bin")
            .contains("stream: [::$DATA], 100003 bytes")
    );
}

#[test]
fn each_dialect_is_spoken_signed_or_not_as_configured_and_the_capture_is_clean() {
    for dialect in Dialect::ALL {
        for signing in [Signing::Offered, Signing::Required] {
            let samba = Samba::start(&Config::only(dialect).signing(signing));
            let capture = Capture::start(samba.port());
            fs::write(samba.directory().join("file"), b"content").unwrap();
            assert_eq!(samba.client().list("").len(), 1, "{dialect} {signing:?}");
            let captured = capture.finish();

            let dialects = captured.values(NEGOTIATED, "smb2.dialect");
            let wire = format!("0x{:04x}", dialect.wire());
            assert_eq!(dialects.last(), Some(&wire), "{dialect} {signing:?}");
            let signed =
                captured.values("smb2.cmd == 14 && smb2.flags.signature == 1", "smb2.msg_id");
            assert_eq!(
                signed.is_empty(),
                signing == Signing::Offered,
                "{dialect} {signing:?}: signed directory queries {signed:?}"
            );
            for sender in [Sender::Client, Sender::Server] {
                assert_eq!(
                    captured.complaints(sender),
                    Vec::<String>::new(),
                    "{dialect} {signing:?} {sender:?}"
                );
            }
        }
    }
}

#[test]
fn a_message_over_128_kib_is_captured_as_one() {
    let samba = Samba::start(&Config::default());
    let own = tempfile::tempdir().unwrap();
    let original = own.path().join("original");
    fs::write(&original, some_bytes(200_000)).unwrap();
    let capture = Capture::start(samba.port());
    samba.client().put(&original, "copy");
    let captured = capture.finish();
    let written = captured.values(
        "smb2.cmd == 9 && smb2.flags.response == 0",
        "smb2.write_length",
    );
    assert_eq!(written, ["200000"]);
    // What follows it is in step with the messages still.
    assert!(
        !captured
            .values("smb2.cmd == 6 && smb2.flags.response == 0", "smb2.msg_id")
            .is_empty()
    );
}

#[test]
fn a_wrong_password_and_an_unknown_share_are_refused() {
    let samba = Samba::start(&Config::default());
    let refused = |client: samba_ground::SmbClient, status: &str| {
        let output = client.run("ls");
        assert!(!output.status.success());
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(text.contains(status), "{text}");
    };
    refused(
        samba.client().user("ox", "wrong"),
        "NT_STATUS_LOGON_FAILURE",
    );
    refused(
        samba.client().share("nowhere"),
        "NT_STATUS_BAD_NETWORK_NAME",
    );
}

#[test]
fn a_killed_server_is_gone_and_a_restarted_one_has_its_files() {
    let mut samba = Samba::start(&Config::default());
    fs::write(samba.directory().join("file"), b"content").unwrap();
    samba.kill_hard();
    assert!(TcpStream::connect(samba.address()).is_err());
    samba.restart();
    assert_eq!(samba.client().list("").len(), 1);
}

#[test]
fn a_dropped_server_leaves_neither_process_nor_directory_even_when_its_test_panics() {
    let outcome = std::panic::catch_unwind(|| {
        let samba = Samba::start(&Config::default());
        let facts = (samba.address(), samba.directory());
        // What unwinding drops is what a failing assertion in a test drops.
        std::panic::panic_any(facts);
    });
    let facts = outcome.unwrap_err();
    let (address, directory) = facts
        .downcast::<(std::net::SocketAddr, std::path::PathBuf)>()
        .map(|facts| *facts)
        .expect("the server had started");
    assert!(TcpStream::connect(address).is_err());
    assert!(!directory.parent().unwrap().exists());
}

/// A NEGOTIATE that ends in the middle of its body, framed as if that were all.
fn broken_message(flags: u8, structure_size: u8) -> Vec<u8> {
    let mut message = vec![0, 0, 0, 64 + 20];
    message.extend(b"\xfeSMB\x40\x00");
    message.resize(4 + 64, 0);
    message[4 + 16] = flags;
    message.extend([structure_size, 0, 9, 0]);
    message.resize(4 + 64 + 20, 0);
    message
}

#[test]
fn a_capture_complains_of_a_broken_message_to_its_sender() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    for (sender, other) in [
        (Sender::Client, Sender::Server),
        (Sender::Server, Sender::Client),
    ] {
        let capture = Capture::start(address.port());
        let mut client = TcpStream::connect(address).unwrap();
        let (mut server, _) = listener.accept().unwrap();
        match sender {
            Sender::Client => client.write_all(&broken_message(0, 36)).unwrap(),
            Sender::Server => server.write_all(&broken_message(1, 65)).unwrap(),
        }
        let captured = capture.finish();
        assert!(!captured.values("smb2", "frame.number").is_empty());
        assert!(!captured.complaints(sender).is_empty(), "{sender:?}");
        assert_eq!(captured.complaints(other), Vec::<String>::new());
    }
}
