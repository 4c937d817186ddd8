mod hostile;
mod server;

use std::vec;
use std::vec::Vec;

use smb_crypto::{Cipher, Key128, NtHash, SigningAlgorithm};
use smb_wire::ntlm::{AvFlags, AvPair, ClientChallenge, NegotiateFlags, NtlmV2Response};
use smb_wire::smb2::{Command, SecurityMode};
use smb_wire::{Guid, Utf16};

use super::*;
use crate::testing::*;
use server::{Server, utf16};

fn negotiated(dialect: Dialect) -> Negotiated {
    Negotiated {
        dialect,
        server_guid: Guid([9; 16]),
        capabilities: Capabilities::LARGE_MTU,
        security_mode: SecurityMode::SIGNING_ENABLED,
        max_transact: 1 << 20,
        max_read: 1 << 20,
        max_write: 1 << 20,
        multi_credit: true,
        signing_required: true,
        signing_algorithm: if dialect >= Dialect::SMB3_0 {
            SigningAlgorithm::AesCmac
        } else {
            SigningAlgorithm::HmacSha256
        },
        cipher: match dialect {
            Dialect::SMB3_1_1 => Some(Cipher::Aes128Gcm),
            Dialect::SMB3_0 | Dialect::SMB3_0_2 => Some(Cipher::Aes128Ccm),
            _ => None,
        },
        preauth: (dialect == Dialect::SMB3_1_1).then_some(PreauthHash::START),
    }
}

fn user() -> Identity {
    let hash = NtHash::from_password(&utf16("Passw0rd")).unwrap();
    Identity::user(&utf16("Müller"), &utf16("EXAMPLE"), &utf16("DESK7"), hash).unwrap()
}

fn random() -> NtlmRandom {
    NtlmRandom {
        client_challenge: [0xC1; 8],
        session_key: Key128::new([0x5E; 16]),
        filetime: 77,
    }
}

/// Settings under which sessions without keys are allowed.
fn lenient() -> Config {
    Config {
        signing: SigningPolicy::Enabled,
        allow_guest: true,
        allow_anonymous: true,
        ..config()
    }
}

/// A whole logon against a scripted server.
fn log_on(config: &Config, server: &mut Server, identity: Identity) -> Result<Session, Failure> {
    let negotiated = Negotiated {
        signing_required: config.signing == SigningPolicy::Required,
        ..negotiated(server.dialect)
    };
    log_on_after(config, &negotiated, server, identity)
}

/// The same after a negotiation that is given.
fn log_on_after(
    config: &Config,
    negotiated: &Negotiated,
    server: &mut Server,
    identity: Identity,
) -> Result<Session, Failure> {
    let mut logon = Logon::new(config, negotiated, identity, random())?;
    let mut out = vec![0; Logon::MAX_REQUEST];
    // More rounds than the machine may ever take.
    for _ in 0..10 {
        let ticket = first_ticket(Command::SESSION_SETUP, logon.session_id());
        let len = logon.request(config, &ticket, &mut out)?;
        let reply = server.answer(&ticket, message(&out[..len]));
        match logon.reply(config, message(&reply))? {
            LogonStep::Again => {}
            LogonStep::Done(session) => return Ok(session),
        }
    }
    panic!("the logon never ends");
}

#[test]
fn a_user_logs_on_in_every_dialect_and_both_sides_have_the_same_key() {
    for dialect in [
        Dialect::SMB2_0_2,
        Dialect::SMB2_1,
        Dialect::SMB3_0,
        Dialect::SMB3_0_2,
        Dialect::SMB3_1_1,
    ] {
        let mut server = Server::new(dialect);
        let session = log_on(&config(), &mut server, user()).unwrap();
        assert_eq!(
            (session.id, session.guest, session.anonymous),
            (SESSION, false, false)
        );
        let sample = [0x33; 90];
        assert_eq!(
            session.keys().unwrap().signing().sign(&sample, &[]),
            server.keys.as_ref().unwrap().sign(&sample, &[]),
            "{dialect:?}"
        );
    }
}

#[test]
fn without_key_exchange_the_session_base_key_is_the_key() {
    let mut server = Server::new(Dialect::SMB3_1_1);
    server.flags.remove(NegotiateFlags::KEY_EXCHANGE);
    assert!(log_on(&config(), &mut server, user()).is_ok());
}

#[test]
fn the_response_names_the_service_and_has_a_mic_and_channel_bindings() {
    let mut server = Server::new(Dialect::SMB3_1_1);
    log_on(&config(), &mut server, user()).unwrap();
    assert!(server.mic_was_checked);
    let response = NtlmV2Response::parse(&server.nt_response).unwrap();
    let temp = ClientChallenge::parse(response.client_challenge).unwrap();
    assert_eq!(temp.timestamp, 0x01DC_0000_0000_0000);
    assert_eq!(temp.target_info.flags(), AvFlags::MIC_PRESENT);
    let pairs: Vec<_> = temp.target_info.iter().collect();
    assert!(pairs.contains(&AvPair::TargetName(Utf16::from_str("cifs/fs1.example"))));
    assert!(pairs.contains(&AvPair::ChannelBindings([0; 16])));
    assert!(pairs.contains(&AvPair::NbComputerName(Utf16::from_str("FS1"))));
    assert_eq!(server.lm_response, [0; 24]);
}

#[test]
fn a_server_without_a_clock_gets_our_time_a_mic_and_no_lm_response() {
    let mut server = Server::new(Dialect::SMB2_1);
    server.timestamp = None;
    log_on(&config(), &mut server, user()).unwrap();
    assert!(server.mic_was_checked);
    let response = NtlmV2Response::parse(&server.nt_response).unwrap();
    let temp = ClientChallenge::parse(response.client_challenge).unwrap();
    assert_eq!(temp.timestamp, 77);
    assert_eq!(temp.target_info.flags(), AvFlags::MIC_PRESENT);
    assert_eq!(server.lm_response, [0; 24]);
}

#[test]
fn a_server_may_leave_out_its_mic_and_its_last_token() {
    for last_token in [server::LastToken::WithoutMic, server::LastToken::Empty] {
        let mut server = Server::new(Dialect::SMB3_1_1);
        server.last_token = last_token;
        assert!(log_on(&config(), &mut server, user()).is_ok());
    }
}

#[test]
fn signing_is_for_all_requests_only_where_it_is_required() {
    let mut server = Server::new(Dialect::SMB3_1_1);
    let session = log_on(&lenient(), &mut server, user()).unwrap();
    assert!(matches!(session.full_protection(), Protection::Signed(_)));
    assert!(matches!(session.protection(), Protection::None));
    let session = log_on(&config(), &mut Server::new(Dialect::SMB3_1_1), user()).unwrap();
    assert!(matches!(session.protection(), Protection::Signed(_)));
}

#[test]
fn a_session_is_encrypted_when_the_server_or_the_settings_demand_it() {
    for dialect in [Dialect::SMB3_0, Dialect::SMB3_0_2, Dialect::SMB3_1_1] {
        for (demanded, required) in [(true, false), (false, true)] {
            let mut server = Server::new(dialect);
            if demanded {
                server.session_flags = SessionFlags::ENCRYPT_DATA;
            }
            let mut settings = lenient();
            if required {
                settings.encryption = EncryptionPolicy::Required;
            }
            let session = log_on(&settings, &mut server, user()).unwrap();
            assert!(session.seals_all());
            let Protection::Sealed(sealing) = session.protection() else {
                panic!("not sealed");
            };
            assert_eq!(Some(sealing.cipher()), negotiated(dialect).cipher);
            assert!(matches!(session.full_protection(), Protection::Sealed(_)));
        }
    }
}

#[test]
fn a_share_may_demand_encryption_of_a_session_that_does_not() {
    let session = log_on(&config(), &mut Server::new(Dialect::SMB3_1_1), user()).unwrap();
    assert!(!session.seals_all());
    assert!(session.sealing().is_ok());
    let session = log_on(&config(), &mut Server::new(Dialect::SMB2_1), user()).unwrap();
    assert_eq!(
        session.sealing().unwrap_err(),
        ClientError::EncryptionImpossible
    );
}

#[test]
fn a_demand_for_encryption_by_a_server_that_was_made_to_say_it_cannot_is_a_downgrade() {
    let demanded = |config: &Config, dialect, capabilities| {
        let negotiated = Negotiated {
            capabilities,
            cipher: None,
            ..negotiated(dialect)
        };
        let mut server = Server::new(dialect);
        server.session_flags = SessionFlags::ENCRYPT_DATA;
        log_on_after(config, &negotiated, &mut server, user()).unwrap_err()
    };
    let (could_not, could) = (Capabilities::LARGE_MTU, Capabilities::ENCRYPTION);
    let impossible = Failure::from(ClientError::EncryptionImpossible);
    let without = Config {
        ciphers: crate::Ciphers::NONE,
        ..config()
    };
    let without_ccm = Config {
        ciphers: crate::Ciphers::new([Cipher::Aes128Gcm]).unwrap(),
        ..config()
    };
    for dialect in [Dialect::SMB3_0, Dialect::SMB3_0_2] {
        let downgrade = Failure::from(ClientError::Downgrade);
        assert_eq!(demanded(&config(), dialect, could_not), downgrade);
        assert_eq!(demanded(&without, dialect, could_not), impossible);
        assert_eq!(demanded(&without_ccm, dialect, could), impossible);
    }
    // The signature of its last answer proves that this server said so itself.
    assert_eq!(
        demanded(&config(), Dialect::SMB3_1_1, could_not),
        impossible
    );
}

#[test]
fn a_session_that_must_be_encrypted_and_cannot_is_refused() {
    let mut server = Server::new(Dialect::SMB2_1);
    server.session_flags = SessionFlags::ENCRYPT_DATA;
    let result = log_on(&config(), &mut server, user());
    assert_eq!(
        result.unwrap_err(),
        ClientError::EncryptionImpossible.into()
    );

    let mut guest = Server::new(Dialect::SMB3_1_1);
    guest.session_flags = SessionFlags::IS_GUEST;
    let settings = Config {
        encryption: EncryptionPolicy::Required,
        ..lenient()
    };
    let result = log_on(&settings, &mut guest, user());
    assert_eq!(
        result.unwrap_err(),
        ClientError::EncryptionImpossible.into()
    );
}

#[test]
fn case_21_a_guest_has_no_keys_and_is_welcome_only_if_the_settings_say_so() {
    let guest = |config: &Config| {
        let mut server = Server::new(Dialect::SMB3_1_1);
        server.session_flags = SessionFlags::IS_GUEST;
        log_on(config, &mut server, user())
    };
    let session = guest(&lenient()).unwrap();
    assert!(session.guest && session.keys().is_none());
    assert!(matches!(session.full_protection(), Protection::None));
    assert_eq!(
        guest(&config()).unwrap_err(),
        ClientError::GuestRefused.into()
    );
    let contradictory = Config {
        allow_guest: true,
        ..config()
    };
    assert_eq!(
        guest(&contradictory).unwrap_err(),
        ClientError::GuestRefused.into()
    );
}

#[test]
fn nobody_logs_on_only_if_the_settings_say_so() {
    let mut server = Server::new(Dialect::SMB3_1_1);
    server.session_flags = SessionFlags::IS_NULL;
    let session = log_on(&lenient(), &mut server, Identity::anonymous()).unwrap();
    assert!(session.anonymous && session.keys().is_none());
    assert!(server.was_anonymous);
    let mut new = |config: &Config| log_on(config, &mut server, Identity::anonymous()).unwrap_err();
    assert_eq!(new(&config()), ClientError::AnonymousRefused.into());
    let contradictory = Config {
        allow_anonymous: true,
        ..config()
    };
    assert_eq!(new(&contradictory), ClientError::SigningImpossible.into());
}

#[test]
fn case_21_a_user_is_never_made_nobody_whatever_the_settings_say() {
    for config in [config(), lenient()] {
        for signed in [false, true] {
            let mut server = Server::new(Dialect::SMB3_1_1);
            server.session_flags = SessionFlags::IS_NULL;
            server.sign = signed;
            let result = log_on(&config, &mut server, user());
            assert_eq!(result.unwrap_err(), ClientError::MadeNobody.into());
        }
    }
}

#[test]
fn a_wrong_password_is_the_servers_status() {
    let mut server = Server::new(Dialect::SMB3_1_1);
    server.password = "other";
    let result = log_on(&config(), &mut server, user());
    assert_eq!(
        result.unwrap_err(),
        Failure::Server(NtStatus::LOGON_FAILURE)
    );
}

#[test]
fn names_have_a_limit() {
    let long = [u16::from(b'x'); Identity::MAX_UNITS + 1];
    for (user, domain, workstation) in [
        (&long[..], &[][..], &[][..]),
        (&[], &long, &[]),
        (&[], &[], &long),
    ] {
        let result = Identity::user(user, domain, workstation, NtHash::from_bytes([0; 16]));
        assert_eq!(result.unwrap_err(), ClientError::NameTooLong);
    }
    let most = &long[1..];
    let identity = Identity::user(
        most,
        most,
        most,
        NtHash::from_password(&utf16("Passw0rd")).unwrap(),
    )
    .unwrap();
    assert!(log_on(&config(), &mut Server::new(Dialect::SMB3_1_1), identity).is_ok());
}

#[test]
fn printing_a_logon_shows_no_secret() {
    let logon = Logon::new(&config(), &negotiated(Dialect::SMB3_1_1), user(), random()).unwrap();
    let printed = std::format!("{logon:?}");
    // 0x5E is 94, 0xC1 is 193.
    assert!(
        !printed.contains("94, 94") && !printed.contains("193, 193"),
        "{printed}"
    );
}
