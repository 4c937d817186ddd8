//! Who stands between the driver and its server, or a server that gives less than it promised, gains nothing: what weakens the
//! connection is noticed when the share is opened, or before a byte is believed.
#![forbid(unsafe_code)]

mod scripted;

use ntsim::user::Process;
use ntsim::{Kernel, RegistryValue};
use scripted::{
    HASTY, Mount, PASSWORD, SHARE, Settings, USER, bytes, config, count, frame, server, share,
    start, with_driver,
};
use smb_server::{Builder, Encryption, Fault, Protection, When};
use smb_wire::NtStatus;
use smb_wire::smb2::negotiate_context::{self, ContextType};
use smb_wire::smb2::{Capabilities, Command, Fsctl, SecurityMode};

const NEGOTIATE: Command = Command::NEGOTIATE;
const DETECTED: Option<NtStatus> = Some(NtStatus::DOWNGRADE_DETECTED);
const DENIED: Option<NtStatus> = Some(NtStatus::ACCESS_DENIED);
/// 3.1.1 has its own protection; what is older must be asked again.
const BEFORE_3_1_1: &Settings<'static> = &[("MaxDialect", 0x0302)];
const SEALED: &Settings<'static> = &[("RequireEncryption", 1)];

/// What comes of opening a share at a server.
fn opening(settings: &Settings<'_>, server: Builder) -> Option<NtStatus> {
    let server = start(server);
    let outcome = with_driver(settings, |desk| desk.try_mount(&server).err());
    let stats = server.stop();
    if outcome.is_some() {
        for command in [Command::CREATE, Command::READ, Command::WRITE] {
            assert_eq!(stats.requests_of(command), 0, "{command:?}");
        }
    }
    outcome
}

/// The same of a server with one fault.
fn opening_with(settings: &Settings<'_>, when: When, fault: Fault) -> Option<NtStatus> {
    opening(settings, server(&share()).fault(when, fault))
}

/// Makes the client's offer one of the two oldest dialects only.
fn only_old_dialects() -> Fault {
    // DialectCount.
    Fault::mishear(|message| message[66..68].copy_from_slice(&[2, 0]))
}

#[test]
fn an_older_dialect_than_both_speak_is_noticed() {
    for settings in [&[][..], BEFORE_3_1_1, &[("MaxDialect", 0x0210)]] {
        let fault = if settings == [("MaxDialect", 0x0210)] {
            Fault::mishear(|message| message[66..68].copy_from_slice(&[1, 0]))
        } else {
            only_old_dialects()
        };
        let refused = opening_with(settings, When::command(NEGOTIATE), fault);
        assert_eq!(refused, DETECTED, "{settings:?}");
    }
}

#[test]
fn fewer_capabilities_than_the_server_has_are_noticed() {
    for gone in [Capabilities::LARGE_MTU, Capabilities::ENCRYPTION] {
        let fault = Fault::negotiate_on_the_way(move |answer| answer.capabilities.remove(gone));
        let refused = opening_with(BEFORE_3_1_1, When::command(NEGOTIATE), fault);
        assert_eq!(refused, DETECTED, "{gone:?}");
    }
}

#[test]
fn a_changed_server_guid_or_security_mode_is_noticed() {
    let guid = Fault::negotiate_on_the_way(|answer| answer.server_guid.0[0] ^= 1);
    let mode = Fault::negotiate_on_the_way(|answer| {
        answer.security_mode ^= SecurityMode::SIGNING_REQUIRED;
    });
    for fault in [guid, mode] {
        for settings in [&[][..], BEFORE_3_1_1] {
            let refused = opening_with(settings, When::command(NEGOTIATE), fault.clone());
            assert_eq!(refused, DETECTED);
        }
    }
}

#[test]
fn weaker_algorithms_than_the_server_chose_are_noticed() {
    let faults = [
        Fault::negotiate_on_the_way(|answer| answer.remove(ContextType::ENCRYPTION)),
        Fault::negotiate_on_the_way(|answer| {
            answer.set_ciphers(&[negotiate_context::Cipher::AES_128_CCM]);
        }),
        Fault::negotiate_on_the_way(|answer| answer.remove(ContextType::SIGNING)),
        Fault::negotiate_on_the_way(|answer| {
            answer.set_signing_algorithms(&[negotiate_context::SigningAlgorithm::HMAC_SHA256]);
        }),
    ];
    for (index, fault) in faults.into_iter().enumerate() {
        let refused = opening_with(&[], When::command(NEGOTIATE), fault);
        assert_eq!(refused, DETECTED, "{index}");
    }
}

#[test]
fn a_logon_whose_end_is_not_signed_or_signed_for_something_else_is_noticed() {
    for settings in [&[][..], BEFORE_3_1_1] {
        let last = || When::command(Command::SESSION_SETUP).nth(2);
        let unsigned = Fault::Protect(Protection::Plain);
        assert_eq!(opening_with(settings, last(), unsigned), DETECTED);
        // SessionFlags: what the server demands is taken away.
        let server = server(&share()).encryption(Encryption::Required);
        let stripped = Fault::on_the_way(|message| message[66..68].fill(0));
        assert_eq!(opening(settings, server.fault(last(), stripped)), DETECTED);
    }
}

#[test]
fn a_session_that_is_refused_does_not_stay_at_the_server() {
    let share = share();
    // Whoever it does not know is its guest.
    let server = start(smb_server::builder().share(&share).allow_guest());
    with_driver(&[], |desk| {
        for _ in 0..3 {
            assert_eq!(desk.try_mount(&server).err(), DENIED);
            assert_eq!(server.stats().open_sessions, 0);
        }
    });
    assert_eq!(server.stop().requests_of(Command::LOGOFF), 3);
}

#[test]
fn a_server_that_demands_encryption_cannot_be_made_to_say_that_it_has_none() {
    let no_capability = || {
        Fault::negotiate_on_the_way(|answer| answer.capabilities.remove(Capabilities::ENCRYPTION))
    };
    let no_cipher = || Fault::negotiate_on_the_way(|answer| answer.remove(ContextType::ENCRYPTION));
    let by_session = || server(&share()).encryption(Encryption::Required);
    let share = share().encrypted();
    let by_share = || server(&share);
    for (settings, server, fault) in [
        (BEFORE_3_1_1, by_session(), no_capability()),
        (BEFORE_3_1_1, by_share(), no_capability()),
        (&[], by_session(), no_cipher()),
        (&[], by_share(), no_cipher()),
    ] {
        let server = server.fault(When::command(NEGOTIATE), fault);
        assert_eq!(opening(settings, server), DETECTED, "{settings:?}");
    }
}

#[test]
fn where_the_settings_require_encryption_a_server_that_seems_to_have_none_is_not_even_logged_on_to()
{
    let before = [SEALED, BEFORE_3_1_1].concat();
    let no_capability =
        Fault::negotiate_on_the_way(|answer| answer.capabilities.remove(Capabilities::ENCRYPTION));
    let no_cipher = Fault::negotiate_on_the_way(|answer| answer.remove(ContextType::ENCRYPTION));
    for (settings, fault) in [(SEALED, no_cipher), (&before[..], no_capability)] {
        let server = start(server(&share()).fault(When::command(NEGOTIATE), fault));
        let refused = with_driver(settings, |desk| desk.try_mount(&server).err());
        assert_eq!(refused, Some(NtStatus::NOT_SUPPORTED));
        assert_eq!(server.stop().requests_of(Command::SESSION_SETUP), 0);
    }
}

#[test]
fn case_21_nobody_on_the_way_makes_a_user_nobody_or_a_guest_who_is_not_welcome() {
    const GUEST: u8 = 1;
    const NOBODY: u8 = 2;
    let unsigned = ("RequireSigning", 0);
    let (guest, anonymous) = (("AllowGuest", 1), ("AllowAnonymous", 1));
    for (flag, settings) in [
        (GUEST, &[][..]),
        (GUEST, &[guest]),
        (GUEST, &[anonymous, unsigned]),
        (NOBODY, &[]),
        (NOBODY, &[anonymous]),
        // What is allowed where no user is named is not for one.
        (NOBODY, &[guest, anonymous, unsigned]),
    ] {
        let last = When::command(Command::SESSION_SETUP).nth(2);
        let fault = Fault::on_the_way(move |message| {
            message[66] |= flag;
            // Without the signature, which it breaks.
            message[16] &= !8;
        });
        assert_eq!(
            opening_with(settings, last, fault),
            DENIED,
            "{flag} {settings:?}"
        );
    }
}

#[test]
fn a_demand_of_a_share_cannot_be_taken_away() {
    for settings in [&[][..], BEFORE_3_1_1] {
        let share = share().encrypted();
        // ShareFlags.
        let stripped = Fault::on_the_way(|message| message[68..72].fill(0));
        let server = server(&share).fault(When::command(Command::TREE_CONNECT), stripped);
        assert_eq!(opening(settings, server), DETECTED);
    }
}

#[test]
fn the_question_what_was_negotiated_must_be_answered_rightly() {
    let asked = || When::fsctl(Fsctl::VALIDATE_NEGOTIATE_INFO);
    for index in [112, 116, 132, 134] {
        // Capabilities, GUID, mode, dialect.
        let lie = Fault::rewrite(move |message| message[index] ^= 1);
        let refused = opening_with(BEFORE_3_1_1, asked(), lie);
        assert_eq!(refused, DETECTED, "byte {index}");
    }
    let unsigned = Fault::Protect(Protection::Plain);
    assert_eq!(opening_with(BEFORE_3_1_1, asked(), unsigned), DETECTED);
    assert_eq!(
        opening_with(BEFORE_3_1_1, asked(), Fault::Disconnect),
        DETECTED
    );
    let denied = Fault::Status(NtStatus::ACCESS_DENIED);
    assert_eq!(opening_with(BEFORE_3_1_1, asked(), denied), DENIED);
    // An old server that says, signed, that it does not know the question, is no danger.
    let unknown = Fault::Status(NtStatus::INVALID_DEVICE_REQUEST);
    assert_eq!(
        opening_with(&[("MaxDialect", 0x0210)], asked(), unknown),
        None
    );
}

#[test]
fn the_question_is_asked_in_every_dialect_that_needs_it() {
    for (dialect, asked) in [
        (0x0202, 1),
        (0x0210, 1),
        (0x0300, 1),
        (0x0302, 1),
        (0x0311, 0),
    ] {
        let share = share();
        let server = start(server(&share));
        with_driver(&[("MaxDialect", dialect)], |desk| drop(desk.mount(&server)));
        assert_eq!(
            server.stop().requests_of(Command::IOCTL),
            asked,
            "{dialect:#x}"
        );
    }
}

/// What comes of reading a file whose answer is changed like that, and that nothing of it is in the reader's buffer then.
fn reading(settings: &Settings<'_>, fault: Fault) -> Option<NtStatus> {
    const SIZE: usize = 100_000;
    let share = share();
    share.write_file("file", &bytes(SIZE)).unwrap();
    let server = start(server(&share).fault(When::command(Command::READ).first(1), fault));
    with_driver(settings, |desk| {
        let mount = desk.mount(&server);
        let file = mount.open("file").unwrap();
        let mut buffer = vec![0xEE; SIZE];
        let refused = count(file.nt_read_file(&mut buffer, Some(0))).err();
        if refused.is_some() {
            let (untouched, wiped) = ([0xEE; SIZE], [0; SIZE]);
            assert!(buffer == untouched || buffer == wiped);
        }
        drop(file);
        // The driver goes on, if need be on a new connection.
        assert!(mount.read("file", SIZE).unwrap() == bytes(SIZE));
        refused
    })
}

#[test]
fn a_plain_or_signed_answer_to_a_sealed_read_is_noticed() {
    for protection in [Protection::Plain, Protection::Signed] {
        let refused = reading(SEALED, Fault::Protect(protection));
        assert_eq!(refused, DETECTED, "{protection:?}");
    }
}

#[test]
fn case_04_not_a_byte_of_an_unsigned_or_forged_answer_is_left_to_the_reader() {
    let plain = Fault::Protect(Protection::Plain);
    assert_eq!(reading(&[], plain), DETECTED);
    let forged = Some(NtStatus::INVALID_SIGNATURE);
    for index in [48, 80, 50_000, 80 + 99_999] {
        let changed = Fault::on_the_way(move |message| message[index] ^= 1);
        assert_eq!(reading(&[], changed), forged, "byte {index}");
    }
    // It stops in the middle of the data.
    let half = Fault::raw(|message| frame(message)[..50_000].to_vec());
    let hasty = [&[("EchoAfterMs", 200)], HASTY].concat();
    assert_eq!(reading(&hasty, half), Some(NtStatus::IO_TIMEOUT));
}

#[test]
fn not_a_byte_of_a_sealed_answer_that_was_changed_reaches_the_reader() {
    let forged = Some(NtStatus::INVALID_SIGNATURE);
    for index in [4, 20, 52, 60, 52 + 80, 52 + 50_000] {
        // Tag, nonce, header, data.
        let refused = reading(SEALED, Fault::on_the_way(move |frame| frame[index] ^= 1));
        assert_eq!(refused, forged, "byte {index}");
    }
    for key in [
        Protection::SealedByClientsKey,
        Protection::SealedByUnknownKey,
    ] {
        assert_eq!(reading(SEALED, Fault::Protect(key)), forged, "{key:?}");
    }
}

#[test]
fn a_sealed_answer_that_breaks_the_rules_of_seals_ends_the_connection() {
    let broken = Some(NtStatus::INVALID_NETWORK_RESPONSE);
    let nested = Fault::Protect(Protection::SealedTwice);
    assert_eq!(reading(SEALED, nested), broken);
    for index in [36, 42, 44] {
        // Size, flags, session.
        let lie = Fault::transform(move |header| header[index] ^= 4);
        assert_eq!(reading(SEALED, lie), broken, "byte {index}");
    }
}

#[test]
fn sealed_answers_to_plain_requests_are_as_good() {
    let sealed = Fault::Protect(Protection::Sealed);
    assert_eq!(reading(&[], sealed.clone()), None);
    assert_eq!(reading(&[("RequireSigning", 0)], sealed), None);
}

#[test]
fn a_server_of_our_own_name_is_our_own_logon_coming_back() {
    const NAME: &str =
        r"\Registry\Machine\System\CurrentControlSet\Control\ComputerName\ActiveComputerName";
    for (name, refused) in [("DESK7", DENIED), ("desk7", DENIED), ("DESK70", None)] {
        let share = share();
        let server = start(server(&share).names(name, "WORKGROUP"));
        let kernel = Kernel::boot(config(&[]));
        kernel.set_registry(NAME, "ComputerName", &RegistryValue::Text("Desk7".into()));
        let driver = kernel.load_driver("oxsmb", oxsmb::driver_entry).unwrap();
        let process = Process::new();
        let user = Some((USER, PASSWORD));
        assert_eq!(
            Mount::connect(&process, &server, SHARE, user).err(),
            refused,
            "{name}"
        );
        drop(process);
        driver.unload().unwrap();
    }
}
