//! A server that cannot or will not protect what it is given is refused, with words that say what to do, and gets nothing.
#![forbid(unsafe_code)]

mod desk;

use std::fs;
use std::process::Command;

use desk::{at, fails, nobodys, on_share, oxsmb, succeeds};
use samba_ground::{Capture, Config, Dialect, Encryption, PASSWORD, SHARE, Samba, USER};
use smb_server::{Builder, Encryption as Sealing, Fault, Protection, Share, When};
use smb_wire::smb2::Command as Smb2Command;
use smb_wire::smb2::negotiate_context::{Cipher, ContextType};

/// Tries to copy a file to the server, which must not get it, and gives the last line that the program says.
fn refused(samba: &Samba, command: &mut Command) -> String {
    let own = tempfile::tempdir().unwrap();
    let file = own.path().join("file");
    fs::write(&file, b"for the right server only").unwrap();
    let share = on_share(samba, "");
    let output = command.arg("copy").arg(&file).arg(&share).output().unwrap();
    assert!(output.stdout.is_empty(), "{}", desk::text(&output));
    assert_eq!(fs::read_dir(samba.directory()).unwrap().count(), 0);
    let said = desk::last_line_of(&output);
    let why = said.strip_prefix(&format!("oxsmb: cannot connect to {share}: "));
    why.unwrap_or_else(|| panic!("{said}")).to_owned()
}

#[test]
fn a_server_that_speaks_smb1_only_is_refused_before_it_learns_who_asks() {
    let samba = Samba::start(&Config::smb1_only());
    let capture = Capture::start(samba.port());
    assert_eq!(
        refused(&samba, &mut oxsmb(&samba)),
        "the server speaks SMB1 only, which protects nothing, and OxSMB does not speak it \
         (STATUS_SMB1_NOT_AVAILABLE); have SMB2 or SMB3 switched on at the server"
    );
    let captured = capture.finish();
    // Nothing but the question which dialects it speaks.
    assert_eq!(captured.commands("smb2"), [0].into());
    let smb1 = captured.values("smb.cmd && smb.flags.response == 0", "smb.cmd");
    assert_eq!(smb1, ["0x72"]);
}

#[test]
fn a_server_that_demands_encryption_is_refused_by_dialects_that_have_none() {
    let samba = Samba::start(&Config::default().encryption(Encryption::Required));
    for dialect in ["2.0.2", "2.1"] {
        assert_eq!(
            refused(&samba, oxsmb(&samba).args(["--dialect", dialect])),
            format!(
                "the server does not let the user in, or not without encryption (STATUS_ACCESS_DENIED); \
                 leave out --dialect {dialect}, which knows no encryption, or take another user"
            )
        );
    }
}

#[test]
fn a_share_that_demands_encryption_is_refused_by_dialects_that_have_none() {
    let samba = Samba::start(&Config::default().of_share("server smb encrypt", "required"));
    let said = refused(&samba, oxsmb(&samba).args(["--dialect", "2.1"]));
    assert!(said.contains("leave out --dialect 2.1"), "{said}");
}

#[test]
fn a_server_that_does_not_encrypt_is_refused_where_encryption_is_demanded() {
    let samba = Samba::start(&Config::default().encryption(Encryption::Off));
    let warning = "what is not encrypted, others on the network can read";
    assert_eq!(
        refused(&samba, oxsmb(&samba).arg("--encrypt")),
        format!(
            "the server does not encrypt as --encrypt demands (STATUS_NOT_SUPPORTED); try without --encrypt; {warning}"
        )
    );
    // Who names a cipher wants to be encrypted by it.
    assert_eq!(
        refused(&samba, oxsmb(&samba).args(["--cipher", "aes-256-gcm"])),
        format!(
            "the server does not encrypt by aes-256-gcm (STATUS_NOT_SUPPORTED); try without --cipher; {warning}"
        )
    );
}

#[test]
fn a_server_without_the_dialect_or_the_cipher_is_refused_by_what_it_lacks() {
    let config = Config::only(Dialect::Smb311).encryption(Encryption::Required);
    let samba = Samba::start(&config.global("server smb3 encryption algorithms", "AES-128-GCM"));
    assert_eq!(
        refused(&samba, oxsmb(&samba).args(["--dialect", "3.0"])),
        "the server does not speak SMB 3.0 (STATUS_NOT_SUPPORTED); try without --dialect"
    );
    let said = refused(&samba, oxsmb(&samba).args(["--cipher", "aes-256-ccm"]));
    assert!(
        said.starts_with("the server does not encrypt by aes-256-ccm ("),
        "{said}"
    );
}

#[test]
fn a_wrong_password_and_an_unknown_user_are_refused_alike() {
    let samba = Samba::start(&Config::default());
    for (user, password) in [(USER, "wrong"), ("nobody-knows", PASSWORD)] {
        assert_eq!(
            refused(
                &samba,
                nobodys()
                    .args(["--user", user])
                    .env("OXSMB_PASSWORD", password)
            ),
            "the server does not know this user with this password (STATUS_LOGON_FAILURE); \
             check user, domain and password"
        );
    }
}

#[test]
fn nobody_is_made_a_guest_unless_he_says_so() {
    let config = Config::default().global("map to guest", "bad user");
    let samba = Samba::start(&config.of_share("guest ok", "yes"));
    let stranger = || {
        let mut command = nobodys();
        command.args(["--user", "stranger%secret"]);
        command
    };
    for options in [&[][..], &["--no-sign"]] {
        assert_eq!(
            refused(&samba, stranger().args(options)),
            "the server does not let the user in, or as a guest only (STATUS_ACCESS_DENIED); check the user's name, \
             or ask for the right to use the share; a guest on a network you trust takes --guest --no-sign"
        );
    }
    assert_eq!(
        refused(&samba, &mut nobodys()),
        "no user was named (STATUS_LOGIN_WKSTA_RESTRICTION); \
         name one with --user; to be nobody on a network you trust, give --guest --no-sign"
    );
    let own = tempfile::tempdir().unwrap();
    fs::write(own.path().join("file"), b"for anybody").unwrap();
    let said = succeeds(
        stranger()
            .args(["--guest", "--no-sign", "copy", "file"])
            .arg(on_share(&samba, ""))
            .current_dir(own.path()),
    );
    assert!(
        said.ends_with(" by SMB 3.1.1, neither signed nor encrypted\n"),
        "{said}"
    );
}

#[test]
fn options_that_exclude_each_other_are_refused_without_asking_the_server() {
    let samba = Samba::start(&Config::default());
    let said = fails(
        oxsmb(&samba)
            .args(["ls", "--encrypt", "--dialect", "2.1"])
            .arg(on_share(&samba, "")),
    );
    assert_eq!(
        said,
        "oxsmb: cannot use --encrypt: SMB 2.1 knows no encryption"
    );
}

/// Tries to copy a file to a server of the test's own, which must not get it, and gives the last line that the program says.
fn refused_by(server: impl FnOnce(Builder) -> Builder, options: &[&str]) -> String {
    let share = Share::new(SHARE).unwrap();
    let server = server(smb_server::builder().share(&share).user(USER, PASSWORD));
    let server = server.bind("127.0.0.1:0").unwrap();
    let own = tempfile::tempdir().unwrap();
    fs::write(own.path().join("file"), b"for the right server only").unwrap();
    let said = fails(
        nobodys()
            .args(["--user", USER])
            .env("OXSMB_PASSWORD", PASSWORD)
            .args(options)
            .args(["copy", "file"])
            .arg(at(server.address(), ""))
            .current_dir(own.path()),
    );
    let stats = server.stop();
    assert_eq!(stats.requests_of(Smb2Command::CREATE), 0);
    said
}

#[test]
fn whoever_weakens_the_connection_on_its_way_is_noticed_and_told_of() {
    let negotiate = || When::command(Smb2Command::NEGOTIATE);
    let logged_on = || When::command(Smb2Command::SESSION_SETUP).nth(2);
    let no_encryption =
        Fault::negotiate_on_the_way(|answer| answer.remove(ContextType::ENCRYPTION));
    let another_cipher = Fault::negotiate_on_the_way(|answer| {
        answer.set_ciphers(&[Cipher::AES_128_CCM]);
    });
    let plain = || Fault::Protect(Protection::Plain);
    let in_the_tree = || When::command(Smb2Command::TREE_CONNECT);
    for (weakness, when, fault, options) in [
        ("encryption taken away", negotiate(), no_encryption, &[][..]),
        (
            "a weaker cipher",
            negotiate(),
            another_cipher,
            &["--encrypt"],
        ),
        ("a signature taken away", logged_on(), plain(), &[]),
        ("a seal taken away", in_the_tree(), plain(), &["--encrypt"]),
    ] {
        let said = refused_by(|server| server.fault(when, fault), options);
        assert!(
            said.starts_with("oxsmb: cannot connect to //127.0.0.1:"),
            "{weakness}: {said}"
        );
        assert!(
            said.ends_with(
                ": somebody between here and the server changed the negotiation, or took a message's signature or \
                 encryption away (STATUS_DOWNGRADE_DETECTED); do not send passwords over this network; find out who \
                 tampers with it"
            ),
            "{weakness}: {said}"
        );
    }
    // SessionFlags: what the server demands is taken away.
    let stripped = Fault::on_the_way(|message| message[66..68].fill(0));
    let said = refused_by(
        |server| {
            server
                .encryption(Sealing::Required)
                .fault(logged_on(), stripped)
        },
        &[],
    );
    assert!(said.contains("STATUS_DOWNGRADE_DETECTED"), "{said}");
}
