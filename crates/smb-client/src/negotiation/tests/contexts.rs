//! Contexts and ciphers: one choice each, and one that was offered.

use super::*;

#[test]
fn case_16_the_cipher_chosen_must_be_one_of_those_offered_and_one() {
    use negotiate_context::Cipher as C;
    for (chosen, cipher) in [
        (C::AES_128_CCM, Some(Cipher::Aes128Ccm)),
        (C::AES_128_GCM, Some(Cipher::Aes128Gcm)),
        (C::AES_256_CCM, Some(Cipher::Aes256Ccm)),
        (C::AES_256_GCM, Some(Cipher::Aes256Gcm)),
        (C::NONE, None),
    ] {
        let done = with_contexts(&[PREAUTH, ciphers(&[chosen])]).unwrap();
        assert_eq!(done.cipher, cipher);
    }
    for chosen in [
        &[][..],
        &[C(5)],
        &[C(0xFFFF)],
        &[C::AES_128_GCM, C::AES_128_CCM],
    ] {
        assert_eq!(
            with_contexts(&[PREAUTH, ciphers(chosen)]),
            Err(ClientError::BadCipher)
        );
    }
    let twice = [
        PREAUTH,
        ciphers(&[C::AES_128_GCM]),
        ciphers(&[C::AES_128_GCM]),
    ];
    assert_eq!(with_contexts(&twice), Err(ClientError::DuplicateContext(2)));

    let chosen_of = |ciphers_of: Ciphers, chosen| {
        let config = Config {
            ciphers: ciphers_of,
            ..config()
        };
        let chosen = [chosen];
        let contexts = [PREAUTH, ciphers(&chosen)];
        let response = NegotiateResponse {
            contexts: List::new(&contexts),
            ..answer(Dialect::SMB3_1_1)
        };
        negotiated(&config, &response).map(|done| done.cipher)
    };
    let only_gcm = Ciphers::new([Cipher::Aes128Gcm]).unwrap();
    assert_eq!(
        chosen_of(only_gcm, C::AES_128_CCM),
        Err(ClientError::BadCipher)
    );
    assert_eq!(
        chosen_of(Ciphers::NONE, C::AES_128_GCM),
        Err(ClientError::ContextNotOffered(2))
    );
}

#[test]
fn before_3_1_1_both_sides_say_that_they_can_encrypt() {
    let cipher = |config: &Config, dialect, capabilities| {
        let response = NegotiateResponse {
            capabilities,
            ..answer(dialect)
        };
        negotiated(config, &response).map(|done| done.cipher)
    };
    let both = Capabilities::LARGE_MTU | Capabilities::ENCRYPTION;
    let (with, mut without) = (config(), config());
    without.ciphers = Ciphers::new([Cipher::Aes128Gcm]).unwrap();
    for dialect in [Dialect::SMB3_0, Dialect::SMB3_0_2] {
        assert_eq!(cipher(&with, dialect, both), Ok(Some(Cipher::Aes128Ccm)));
        assert_eq!(cipher(&with, dialect, Capabilities::LARGE_MTU), Ok(None));
        assert_eq!(cipher(&without, dialect, both), Ok(None));
    }
    assert_eq!(cipher(&with, Dialect::SMB2_1, both), Ok(None));
}

#[test]
fn where_encryption_is_required_a_server_without_it_is_refused_at_once() {
    let config = Config {
        encryption: EncryptionPolicy::Required,
        ..config()
    };
    for dialect in [Dialect::SMB2_0_2, Dialect::SMB2_1, Dialect::SMB3_0] {
        assert_eq!(
            negotiated(&config, &answer(dialect)),
            Err(ClientError::NoCommonCipher)
        );
    }
    let response = NegotiateResponse {
        contexts: List::new(&[PREAUTH]),
        ..answer(Dialect::SMB3_1_1)
    };
    assert_eq!(
        negotiated(&config, &response),
        Err(ClientError::NoCommonCipher)
    );
}

#[test]
fn case_16_contexts_must_be_the_ones_offered_each_once_with_one_choice() {
    use negotiate_context::SigningAlgorithm as S;
    assert_eq!(with_contexts(&[]), Err(ClientError::NoPreauthContext));
    assert_eq!(
        with_contexts(&[signing(&[S::AES_CMAC])]),
        Err(ClientError::NoPreauthContext)
    );
    assert_eq!(
        with_contexts(&[PREAUTH, PREAUTH]),
        Err(ClientError::DuplicateContext(1))
    );
    let twice = [PREAUTH, signing(&[S::AES_CMAC]), signing(&[S::AES_CMAC])];
    assert_eq!(with_contexts(&twice), Err(ClientError::DuplicateContext(8)));
    for algorithms in [&[][..], &[HashAlgorithm(2)], &[HashAlgorithm::SHA_512; 2]] {
        let context = NegotiateContext::PreauthIntegrity {
            algorithms: List::new(algorithms),
            salt: &[],
        };
        assert_eq!(with_contexts(&[context]), Err(ClientError::BadPreauthHash));
    }
    for algorithms in [&[][..], &[S(3)], &[S(77)], &[S::AES_CMAC, S::HMAC_SHA256]] {
        assert_eq!(
            with_contexts(&[PREAUTH, signing(algorithms)]),
            Err(ClientError::BadSigningAlgorithm)
        );
    }
    let compression = NegotiateContext::Compression {
        algorithms: List::new(&[CompressionAlgorithm::LZ4]),
        flags: CompressionFlags::empty(),
    };
    assert_eq!(
        with_contexts(&[PREAUTH, compression]),
        Err(ClientError::ContextNotOffered(3))
    );
    let unknown = NegotiateContext::Other {
        context_type: negotiate_context::ContextType(0x99),
        data: &[1, 2, 3],
    };
    assert!(with_contexts(&[PREAUTH, unknown]).is_ok());
}

#[test]
fn case_16_broken_context_lists_and_buffers_are_refused() {
    let response = NegotiateResponse {
        contexts: List::new(&[PREAUTH]),
        security_buffer: &[1; 24],
        ..answer(Dialect::SMB3_1_1)
    };
    let good = reply_frame(NtStatus::SUCCESS, |w| response.emit(w));
    let damaged = |at: usize, bytes: &[u8]| {
        let mut frame = good.clone();
        frame[4 + 64 + at..][..bytes.len()].copy_from_slice(bytes);
        match replied(&config(), &frame) {
            Err(Failure::Client(ClientError::Parse(error))) => (error.field, error.fault),
            other => panic!("{other:?}"),
        }
    };
    // SecurityBufferOffset, SecurityBufferLength, NegotiateContextOffset, NegotiateContextCount.
    assert_eq!(
        damaged(56, &[64, 0]),
        ("SecurityBufferOffset", Fault::OutOfBounds)
    );
    assert_eq!(
        damaged(56, &[0xFF, 0xFF]),
        ("SecurityBufferOffset", Fault::OutOfBounds)
    );
    assert_eq!(
        damaged(58, &[0xFF, 0xFF]),
        ("SecurityBufferOffset", Fault::OutOfBounds)
    );
    assert_eq!(
        damaged(60, &[100, 0, 0, 0]),
        ("NegotiateContextOffset", Fault::OutOfBounds)
    );
    assert_eq!(
        damaged(60, &[0xFF; 4]),
        ("NegotiateContextOffset", Fault::OutOfBounds)
    );
    assert_eq!(damaged(6, &[0xFF, 0xFF]).1, Fault::Truncated);
    // The context's DataLength, HashAlgorithmCount and SaltLength.
    let context = 64 + 24;
    for field in [2, 8, 10] {
        assert_eq!(damaged(context + field, &[0xFF, 0xFF]).1, Fault::Truncated);
    }
}
