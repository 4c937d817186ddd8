//! What is offered.

use super::*;

#[test]
fn the_request_offers_what_the_settings_say() {
    let mut config = config();
    let mut out = [0; 1024];
    let ticket = first_ticket(Command::NEGOTIATE, 0);
    let len = Negotiation::new([5; 32])
        .request(&config, &ticket, &mut out)
        .unwrap();
    let request = NegotiateRequest::parse(message(&out[..len])).unwrap();
    assert_eq!(request.dialects.len(), 5);
    assert_eq!(request.security_mode, SecurityMode::all());
    assert_eq!(request.client_guid, config.client_guid);
    let contexts: Vec<_> = request.contexts.iter().collect();
    assert!(
        matches!(contexts[0], NegotiateContext::PreauthIntegrity { salt, .. } if salt == [5; 32])
    );
    assert_eq!(
        contexts[1],
        signing(&[
            negotiate_context::SigningAlgorithm::AES_GMAC,
            negotiate_context::SigningAlgorithm::AES_CMAC,
            negotiate_context::SigningAlgorithm::HMAC_SHA256
        ])
    );
    assert_eq!(
        contexts[2],
        NegotiateContext::Netname(Utf16::from_str("fs1.example"))
    );

    use negotiate_context::Cipher as C;
    assert_eq!(
        contexts[3],
        ciphers(&[
            C::AES_128_GCM,
            C::AES_128_CCM,
            C::AES_256_GCM,
            C::AES_256_CCM
        ])
    );
    assert_eq!(contexts.len(), 4);

    config.min_dialect = Dialect::SMB2_1;
    config.max_dialect = Dialect::SMB3_0_2;
    config.signing = SigningPolicy::Enabled;
    let len = Negotiation::new([5; 32])
        .request(&config, &ticket, &mut out)
        .unwrap();
    let request = NegotiateRequest::parse(message(&out[..len])).unwrap();
    assert_eq!(
        request.dialects,
        List::new(&[Dialect::SMB2_1, Dialect::SMB3_0, Dialect::SMB3_0_2])
    );
    assert_eq!(request.security_mode, SecurityMode::SIGNING_ENABLED);
    assert!(request.contexts.is_empty());
    assert_eq!(
        request.capabilities,
        Capabilities::LARGE_MTU | Capabilities::ENCRYPTION
    );
}

#[test]
fn the_ciphers_offered_are_those_of_the_settings_in_their_order() {
    use negotiate_context::Cipher as C;
    let offered = |config: &Config| {
        let mut out = [0; 1024];
        let ticket = first_ticket(Command::NEGOTIATE, 0);
        let len = Negotiation::new([5; 32])
            .request(config, &ticket, &mut out)
            .unwrap();
        let request = NegotiateRequest::parse(message(&out[..len])).unwrap();
        let context = request.contexts.iter().find_map(|context| match context {
            NegotiateContext::Encryption(ciphers) => Some(ciphers.iter().collect::<Vec<_>>()),
            _ => None,
        });
        (context, request.capabilities)
    };
    let with = |ciphers| Config {
        ciphers,
        ..config()
    };
    let two = Ciphers::new([Cipher::Aes256Ccm, Cipher::Aes128Gcm]).unwrap();
    assert_eq!(
        offered(&with(two)),
        (
            Some(vec![C::AES_256_CCM, C::AES_128_GCM]),
            Capabilities::LARGE_MTU | Capabilities::ENCRYPTION
        )
    );
    assert_eq!(
        offered(&with(Ciphers::NONE)),
        (None, Capabilities::LARGE_MTU)
    );
    assert_eq!(Ciphers::new([Cipher::Aes256Ccm; 2]), None);
    assert_eq!(Ciphers::new([Cipher::Aes256Ccm; 5]), None);
}

#[test]
fn settings_that_leave_no_dialect_are_refused() {
    let ticket = first_ticket(Command::NEGOTIATE, 0);
    for (min, max) in [
        (Dialect::SMB3_0, Dialect::SMB2_1),
        (Dialect(0x0312), Dialect(0x0400)),
        (Dialect(0x0211), Dialect(0x02FF)),
    ] {
        let config = Config {
            min_dialect: min,
            max_dialect: max,
            ..config()
        };
        let result = Negotiation::new([0; 32]).request(&config, &ticket, &mut [0; 1024]);
        assert_eq!(result, Err(ClientError::NoDialect));
    }
}
