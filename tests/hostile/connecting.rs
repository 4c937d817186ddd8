//! Negotiating, logging on, and connecting to a share (cases 15 to 23).

use smb_server::{Fault, Protection, When};
use smb_wire::NtStatus;
use smb_wire::smb2::negotiate_context::{
    Cipher, CompressionAlgorithm, ContextType, HashAlgorithm, SigningAlgorithm,
};
use smb_wire::smb2::{Command, Dialect, Fsctl, HeaderFlags};

use crate::lies::*;
use crate::scripted::patch;

/// Where the interesting fields are.
mod field {
    pub const SECURITY_BUFFER_OFFSET: usize = 120;
    pub const SECURITY_BUFFER_LENGTH: usize = 122;
    pub const CONTEXT_COUNT: usize = 70;
    pub const CONTEXT_OFFSET: usize = 124;
    pub const SESSION_FLAGS: usize = 66;
    pub const TOKEN_OFFSET: usize = 68;
    pub const TOKEN_LENGTH: usize = 70;
    pub const TOKEN: usize = 72;
    pub const SHARE_TYPE: usize = 66;
}

fn negotiating(fault: Fault) -> Result<(), NtStatus> {
    lie_at_connecting(When::command(Command::NEGOTIATE), fault)
}

/// The first answer to SESSION_SETUP, which has NTLM's challenge.
fn challenging(fault: Fault) -> Result<(), NtStatus> {
    lie_at_connecting(When::command(Command::SESSION_SETUP).nth(1), fault)
}

/// The last answer to SESSION_SETUP.
fn logging_on(fault: Fault) -> Result<(), NtStatus> {
    lie_at_connecting(When::command(Command::SESSION_SETUP).nth(2), fault)
}

fn connecting(fault: Fault) -> Result<(), NtStatus> {
    lie_at_connecting(When::command(Command::TREE_CONNECT), fault)
}

#[test]
fn case_15_a_security_buffer_outside_of_its_message_is_refused() {
    for offset in [&[0, 0], &[64, 0], &[127, 0], &[0xFF, 0xFF]] {
        let fault = put(field::SECURITY_BUFFER_OFFSET, offset);
        assert_eq!(negotiating(fault), INVALID, "{offset:?}");
        let fault = put(field::TOKEN_OFFSET, offset);
        let outcome = challenging(fault);
        assert_eq!(outcome, INVALID, "{offset:?}");
    }
    let fault = put(field::SECURITY_BUFFER_LENGTH, &[0xFF, 0xFF]);
    assert_eq!(negotiating(fault), INVALID);
    assert_eq!(
        challenging(put(field::TOKEN_LENGTH, &[0xFF, 0xFF])),
        INVALID
    );
}

#[test]
fn case_16_negotiate_contexts_outside_of_their_message_are_refused() {
    for count in [&[0xFF, 0xFF], &[100, 0]] {
        assert_eq!(
            negotiating(put(field::CONTEXT_COUNT, count)),
            INVALID,
            "{count:?}"
        );
    }
    for offset in [&[0, 0, 0, 0], &[100, 0, 0, 0], &[0xFF; 4], &[0, 0, 1, 0]] {
        assert_eq!(
            negotiating(put(field::CONTEXT_OFFSET, offset)),
            INVALID,
            "{offset:?}"
        );
    }
}

/// Where the security buffer and the contexts of an answer to NEGOTIATE are then, counted from its fixed part, and all that is
/// there.
type Layout = fn(token: &[u8], contexts: &[u8]) -> (usize, usize, Vec<u8>);

fn laid_out(layout: Layout) -> Fault {
    const FIXED: usize = 128;
    Fault::rewrite(move |message| {
        let field =
            |place: usize| usize::from(u16::from_le_bytes([message[place], message[place + 1]]));
        let (token, length) = (
            field(field::SECURITY_BUFFER_OFFSET),
            field(field::SECURITY_BUFFER_LENGTH),
        );
        let contexts = field(field::CONTEXT_OFFSET);
        let (token, contexts, all) = layout(&message[token..][..length], &message[contexts..]);
        let place = |from_fixed: usize| ((FIXED + from_fixed) as u16).to_le_bytes();
        message.truncate(FIXED);
        message[field::SECURITY_BUFFER_OFFSET..][..2].copy_from_slice(&place(token));
        message[field::CONTEXT_OFFSET..][..2].copy_from_slice(&place(contexts));
        message.extend(all);
    })
}

#[test]
fn case_16_contexts_may_be_in_front_of_the_security_buffer() {
    let fault = laid_out(|token, contexts| (contexts.len(), 0, [contexts, token].concat()));
    assert_eq!(negotiating(fault), Ok(()));
}

#[test]
fn case_16_contexts_that_are_the_security_buffer_too_are_refused() {
    let all_token = laid_out(|token, _| (0, 0, token.to_vec()));
    assert_eq!(negotiating(all_token), INVALID);
    let all_contexts = laid_out(|_, contexts| (0, 0, contexts.to_vec()));
    assert_eq!(negotiating(all_contexts), INVALID);
}

#[test]
fn case_16_choices_that_are_none_or_were_not_offered_are_refused() {
    for ciphers in [
        &[][..],
        &[Cipher(77)],
        &[Cipher::AES_128_GCM, Cipher::AES_128_CCM],
    ] {
        let fault = Fault::negotiate(move |answer| answer.set_ciphers(ciphers));
        assert_eq!(negotiating(fault), INVALID, "{ciphers:?}");
    }
    for hashes in [&[][..], &[HashAlgorithm(2)], &[HashAlgorithm::SHA_512; 2]] {
        let fault = Fault::negotiate(move |answer| answer.set_hashes(hashes));
        assert_eq!(negotiating(fault), INVALID, "{hashes:?}");
    }
    for algorithms in [
        &[][..],
        &[SigningAlgorithm(77)],
        &[SigningAlgorithm::AES_CMAC; 2],
    ] {
        let fault = Fault::negotiate(move |answer| answer.set_signing_algorithms(algorithms));
        assert_eq!(negotiating(fault), INVALID, "{algorithms:?}");
    }
    let fault = Fault::negotiate(|answer| answer.set_compression(&[CompressionAlgorithm::LZ4]));
    assert_eq!(negotiating(fault), INVALID);
}

#[test]
fn case_16_contexts_that_are_missing_come_twice_or_have_odd_ends_are_refused() {
    let without = Fault::negotiate(|answer| answer.remove(ContextType::PREAUTH_INTEGRITY));
    assert_eq!(negotiating(without), INVALID);
    let twice = Fault::negotiate(|answer| {
        let all = answer.contexts.clone();
        answer.contexts.extend(all);
    });
    assert_eq!(negotiating(twice), INVALID);
    for context_type in [ContextType::PREAUTH_INTEGRITY, ContextType::ENCRYPTION] {
        let cut = Fault::negotiate(move |answer| {
            for (other, data) in &mut answer.contexts {
                if *other == context_type {
                    data.truncate(1);
                }
            }
        });
        assert_eq!(negotiating(cut), INVALID, "{context_type:?}");
    }
    let odd = Fault::negotiate(|answer| answer.contexts.push((ContextType::NETNAME, vec![1; 3])));
    assert_eq!(negotiating(odd), INVALID);
}

#[test]
fn case_17_a_dialect_that_was_not_offered_is_refused() {
    for dialect in [
        Dialect(0x0400),
        Dialect(0x0311 + 1),
        Dialect(0x02FF),
        Dialect(0),
    ] {
        let fault = Fault::negotiate(move |answer| answer.dialect = dialect);
        assert_eq!(negotiating(fault), INVALID, "{dialect:?}");
    }
}

#[test]
fn case_17_a_negotiation_that_was_changed_on_the_way_is_a_downgrade() {
    let guid = Fault::negotiate_on_the_way(|answer| answer.server_guid.0[0] ^= 1);
    assert_eq!(negotiating(guid), STRIPPED);
    let unsealed = Fault::negotiate_on_the_way(|answer| answer.remove(ContextType::ENCRYPTION));
    assert_eq!(negotiating(unsealed), STRIPPED);
    let smaller = Fault::negotiate_on_the_way(|answer| answer.max_read_size = 1 << 16);
    assert_eq!(negotiating(smaller), STRIPPED);
    let older = Fault::negotiate_on_the_way(|answer| answer.dialect = Dialect::SMB3_0);
    assert_eq!(negotiating(older), STRIPPED);
}

#[test]
fn case_17_before_3_1_1_a_negotiation_changed_on_the_way_is_a_downgrade_too() {
    let negotiate = || When::command(Command::NEGOTIATE);
    let guid = Fault::negotiate_on_the_way(|answer| answer.server_guid.0[0] ^= 1);
    assert_eq!(
        lie_to_connecting(&[], up_to_3_0_2, negotiate(), guid),
        STRIPPED
    );
    let check = || When::fsctl(Fsctl::VALIDATE_NEGOTIATE_INFO);
    // Capabilities, security mode, dialect, in the check's own answer.
    for place in [112, 132, 134] {
        let changed = Fault::rewrite(move |message| message[place] ^= 1);
        let outcome = lie_to_connecting(&[], up_to_3_0_2, check(), changed);
        assert_eq!(outcome, STRIPPED, "{place}");
    }
    let unsigned = Fault::tamper(|message| message[16] &= !8);
    assert_eq!(
        lie_to_connecting(&[], up_to_3_0_2, check(), unsigned),
        STRIPPED
    );
}

#[test]
fn case_04_the_way_to_a_share_is_signed_both_ways_whatever_the_settings_say() {
    for dialect in [0x0202, 0x0210, 0x0300, 0x0302, 0x0311] {
        let lax = [("RequireSigning", 0), ("MaxDialect", dialect)];
        let questions = [Command::TREE_CONNECT, Command::IOCTL];
        // 3.1.1 need not ask what was negotiated.
        let asked = if dialect == 0x0311 {
            &questions[..1]
        } else {
            &questions[..]
        };
        let mut stripped: Vec<_> = asked
            .iter()
            .map(|&command| When::command(command))
            .collect();
        if dialect >= 0x0300 {
            stripped.push(When::command(Command::SESSION_SETUP).nth(2));
        }
        for when in stripped {
            let plain = Fault::Protect(Protection::Plain);
            let outcome = lie_to_connecting(&lax, |server| server, when, plain);
            assert_eq!(outcome, STRIPPED, "{dialect:#x}");
        }
        // A request that is not signed would be found here.
        let unsigned = When::any().filter(move |seen| {
            let is_question = questions.contains(&seen.header.command);
            is_question && !seen.header.flags.contains(HeaderFlags::SIGNED)
        });
        let refused = Fault::Status(NtStatus::INTERNAL_ERROR);
        let outcome = lie_to_connecting(&lax, |server| server, unsigned, refused);
        assert_eq!(outcome, Ok(()), "{dialect:#x}");
    }
}

#[test]
fn case_04_a_logon_whose_end_is_signed_wrongly_is_never_believed() {
    for dialect in [0x0202, 0x0210, 0x0300, 0x0302, 0x0311] {
        let settings = [("MaxDialect", dialect)];
        let last = When::command(Command::SESSION_SETUP).nth(2);
        let wrong = Fault::tamper(|message| message[50] ^= 1);
        let outcome = lie_to_connecting(&settings, |server| server, last, wrong);
        assert_eq!(outcome, STRIPPED, "{dialect:#x}");
    }
}

#[test]
fn case_18_sizes_with_which_nobody_could_work_are_refused_and_endless_ones_cut() {
    for size in [0, 1, 4095] {
        let read = Fault::negotiate(move |answer| answer.max_read_size = size);
        assert_eq!(negotiating(read), INVALID, "{size}");
        let write = Fault::negotiate(move |answer| answer.max_write_size = size);
        assert_eq!(negotiating(write), INVALID, "{size}");
        let transact = Fault::negotiate(move |answer| answer.max_transact_size = size);
        assert_eq!(negotiating(transact), INVALID, "{size}");
    }
    let endless = Fault::negotiate(|answer| {
        answer.max_read_size = u32::MAX;
        answer.max_write_size = u32::MAX;
        answer.max_transact_size = u32::MAX;
    });
    assert_eq!(negotiating(endless), Ok(()));
}

#[test]
fn case_19_tokens_that_are_no_spnego_are_refused() {
    let tokens: [fn(&mut [u8]); 5] = [
        // A length longer than the input, and one of too many bytes.
        |token| token[1..6].copy_from_slice(&[0x84, 0xFF, 0xFF, 0xFF, 0xFF]),
        |token| token[1..3].copy_from_slice(&[0x88, 0xFF]),
        // A string inside that is longer than its container.
        |token| token[3] = token[3].wrapping_add(100),
        // Nothing but containers in containers.
        |token| {
            token.fill(0x80);
            token.iter_mut().step_by(2).for_each(|byte| *byte = 0xA1);
        },
        |token| token.fill(0),
    ];
    for (number, change) in tokens.into_iter().enumerate() {
        let fault = Fault::rewrite(move |message| change(&mut message[field::TOKEN..]));
        assert_eq!(challenging(fault), INVALID, "{number}");
    }
}

/// Changes NTLM's challenge where it is in SPNEGO's token.
fn challenge(change: impl Fn(&mut [u8]) + Send + Sync + 'static) -> Fault {
    Fault::rewrite(move |message| {
        let magic = b"NTLMSSP\0";
        let start = message.windows(8).position(|bytes| bytes == magic);
        change(&mut message[start.expect("a challenge")..]);
    })
}

#[test]
fn case_20_a_challenge_with_parts_outside_of_it_is_refused() {
    const NAME_LENGTH: usize = 12;
    const NAME_OFFSET: usize = 16;
    const INFO_LENGTH: usize = 40;
    const INFO_OFFSET: usize = 44;
    for place in [NAME_LENGTH, INFO_LENGTH] {
        let long = challenge(move |bytes| bytes[place..place + 2].fill(0xFE));
        assert_eq!(challenging(long), INVALID, "{place}");
        let odd = challenge(move |bytes| bytes[place] -= 1);
        assert_eq!(challenging(odd), INVALID, "{place}");
    }
    for place in [NAME_OFFSET, INFO_OFFSET] {
        let far = challenge(move |bytes| bytes[place..place + 4].fill(0xFF));
        assert_eq!(challenging(far), INVALID, "{place}");
        let inside = challenge(move |bytes| bytes[place..place + 4].copy_from_slice(&[8, 0, 0, 0]));
        assert_eq!(challenging(inside), INVALID, "{place}");
    }
    // The first pair of the list is longer than the list.
    let pair = challenge(|bytes| {
        let info = usize::from(bytes[INFO_OFFSET]);
        bytes[info + 2..info + 4].fill(0xFE);
    });
    assert_eq!(challenging(pair), INVALID);
}

#[test]
fn case_21_a_logon_that_never_ends_is_ended() {
    let more = || {
        Fault::rewrite(|message| {
            let status = NtStatus::MORE_PROCESSING_REQUIRED.0;
            message[at::STATUS].copy_from_slice(&status.to_le_bytes());
        })
    };
    assert_eq!(logging_on(more()), INVALID);
    let always = When::command(Command::SESSION_SETUP);
    assert_eq!(lie_at_connecting(always, more()), INVALID);
}

#[test]
fn case_21_a_user_who_is_made_a_guest_or_nobody_is_denied() {
    for flag in [1, 2] {
        let fault = Fault::rewrite(move |message| message[field::SESSION_FLAGS] |= flag);
        assert_eq!(logging_on(fault), Err(NtStatus::ACCESS_DENIED), "{flag}");
    }
}

#[test]
fn case_23_extra_bytes_behind_the_answer_of_tree_connect_do_no_harm() {
    for extra in [1, 8, 1000, 60_000] {
        let fault = Fault::rewrite(move |message| message.resize(message.len() + extra, 0x66));
        assert_eq!(connecting(fault), Ok(()), "{extra}");
    }
    let endless = Fault::rewrite(|message| message.resize(1 << 20, 0x66));
    assert_eq!(connecting(endless), INVALID);
}

#[test]
fn case_23_a_share_of_no_known_type_is_refused() {
    for share_type in [&[0], &[77], &[0xFF]] {
        assert_eq!(connecting(patch(field::SHARE_TYPE, share_type)), INVALID);
    }
}

#[test]
fn case_23_a_share_that_is_no_volume_any_more_is_refused_on_reconnecting() {
    const PIPE: &[u8] = &[2];
    use crate::scripted::{bytes, server, share, start, wait_until, with_driver};
    let share = share();
    share.write_file("file", &bytes(SIZE)).unwrap();
    let server = start(server(&share));
    with_driver(&[], |desk| {
        let mount = desk.mount(&server);
        let changed = patch(field::SHARE_TYPE, PIPE);
        server
            .faults()
            .add(When::command(Command::TREE_CONNECT), changed);
        server.disconnect_all();
        wait_until("the connection is gone", || {
            server.stats().open_connections == 0
        });
        let refused = Err(NtStatus::BAD_DEVICE_TYPE);
        assert_eq!(mount.read("file", SIZE), refused);
        server.faults().clear();
        assert!(mount.read("file", SIZE).unwrap() == bytes(SIZE));
    });
}
