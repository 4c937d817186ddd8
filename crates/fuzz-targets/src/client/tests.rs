//! What the fuzzer begins with works: else it would look at nothing but refusals.

use smb_client::Direction;

use super::*;

/// A client and a server of these choices, after the opening.
fn opened(config: [u8; 5], authority: [u8; 3]) -> World {
    let bytes = [&config[..], &authority, &[0, 0]].concat();
    let world = begin(&mut Input::new(&bytes));
    assert!(world.has_tree(), "{config:?} {authority:?}");
    world
}

#[test]
fn a_user_and_a_server_who_get_along_come_to_a_tree_in_each_dialect() {
    for dialect in 0..5 {
        for cipher in 0..5 {
            for multi_protocol in [0, 1] {
                opened([multi_protocol, 0, 0, 0, 0], [dialect, cipher, 0]);
            }
        }
    }
}

#[test]
fn a_session_is_sealed_where_the_server_or_the_settings_say_so() {
    const ENCRYPT_DATA: u8 = 4;
    for dialect in 0..3 {
        for cipher in 0..4 {
            assert!(opened([0; 5], [dialect, cipher, ENCRYPT_DATA]).is_sealed());
            assert!(opened([4, 0, 0, 0, 0], [dialect, cipher, 0]).is_sealed());
            assert!(!opened([0; 5], [dialect, cipher, 0]).is_sealed());
        }
    }
}

#[test]
fn guests_and_nobody_come_in_where_the_settings_allow_it() {
    opened([0b01_0010, 0, 0, 0, 0], [0, 0, 1]);
    let bytes = [0b10_0010, 0, 0, 0, 0, 0, 0, 2, 255, 0];
    assert!(begin(&mut Input::new(&bytes)).has_tree());
}

#[test]
fn what_is_read_is_what_the_server_has() {
    for (config, flags) in [(0, 0), (0, 4), (0b01_0010, 1)] {
        let mut world = opened([config, 0, 0, 0, 0], [0, 0, flags]);
        world.transfer(Direction::Read, 3, 300_000);
        act(&mut world, &mut Input::new(&[23]));
        assert_eq!(world.transferred(), [300_000]);
        world.transfer(Direction::Write, 3, 300_000);
        act(&mut world, &mut Input::new(&[23]));
        assert_eq!(world.transferred(), [300_000, 300_000]);
        world.finish();
    }
}

/// Acts after the opening, with these settings.
fn scene(settings: u8, acts: &[&[u8]]) {
    scene_in(settings, 0, acts);
}

/// The same, in a dialect counted from the newest.
fn scene_in(settings: u8, dialect: u8, acts: &[&[u8]]) {
    let opening = [settings, 0, 0, 0, 0, dialect, 0, 0, 0, 0];
    client(&[&opening[..], &acts.concat()].concat());
}

const CREATE: &[u8] = &[11, 0];
const CLOSE: &[u8] = &[11, 1];
/// Of the newest request, by a right server.
const INTERIM: &[u8] = &[15, 0, 0, 0, 0, 0, 0, 0, 0];
const WAIT_A_SECOND: &[u8] = &[14, 1];
const WAIT_A_MINUTE: &[u8] = &[14, 3];
const WAIT_FOR_THE_DEADLINE: &[u8] = &[212];
const STEP: &[u8] = &[8];
const ANSWER_ALL: &[u8] = &[23];
const NO_ECHO: u8 = 1 << 6;
const SHORT_PATIENCE: u8 = 1 << 7;

#[test]
fn what_is_asked_behind_something_pended_ends_in_its_time() {
    let acts = [CREATE, INTERIM, WAIT_A_MINUTE, CLOSE, WAIT_A_MINUTE];
    scene(NO_ECHO, &acts);
}

#[test]
fn what_is_pended_ends_when_patience_does_though_that_is_sooner() {
    scene(
        NO_ECHO | SHORT_PATIENCE,
        &[CREATE, INTERIM, WAIT_FOR_THE_DEADLINE],
    );
}

#[test]
fn nobody_hears_an_unsigned_refusal() {
    let unsigned = &[16, 0, 0, 0, 0, 220, 0, 0, 0, 0];
    scene(0, &[CREATE, unsigned]);
}

#[test]
fn a_second_interim_answer_buys_no_time() {
    let acts = [
        CREATE,
        INTERIM,
        WAIT_A_SECOND,
        INTERIM,
        WAIT_FOR_THE_DEADLINE,
    ];
    scene(NO_ECHO | SHORT_PATIENCE, &acts);
}

#[test]
fn nobody_is_logged_on_by_an_unsigned_word_of_a_3_0_server() {
    const LOG_ON: &[u8] = &[208];
    const CHALLENGE: &[u8] = &[0; 10];
    const UNSIGNED_WELCOME: &[u8] = &[0, 0, 0, 205, 0, 0, 0, 0, 0];
    const SIGNING_ENABLED: u8 = 1 << 1;
    for dialect in [0, 1, 2] {
        scene_in(
            SIGNING_ENABLED,
            dialect,
            &[LOG_ON, CHALLENGE, UNSIGNED_WELCOME],
        );
    }
}

#[test]
fn nobody_goes_on_after_a_negotiation_below_3_1_1_that_was_changed() {
    const CHECK: &[u8] = &[11, 8];
    // The 24th byte of the body is where the capabilities begin.
    const CHANGED: &[u8] = &[0, 0, 0, 0, 0, 0, 0, 0, 160, 0, 4 + 64 + 24, 1, 0, 0];
    for dialect in [1, 2, 3, 4] {
        let by_hand = [0, 0, 0, 0, 0, dialect, 0, 0, 0, 255];
        let acts = [
            STEP, CHANGED, STEP, ANSWER_ALL, STEP, ANSWER_ALL, CHECK, ANSWER_ALL,
        ];
        client(&[&by_hand[..], &acts.concat()].concat());
    }
}

#[test]
fn a_late_answer_leaves_no_room_behind() {
    const MUST_SEAL: u8 = 1 << 2;
    const WITH_A_MEGABYTE: &[u8] = &[0, 0, 2, 0, 0, 0, 0, 0, 0, 0];
    const READ: &[u8] = &[9, 0, 255, 0];
    const WAIT_LONG: &[u8] = &[14, 4];
    /// An answer to the newest request that seems to be 192 KiB longer.
    const ANNOUNCE: &[u8] = &[216, 0, 0, 0, 0, 0, 3, 0];
    let by_hand = [NO_ECHO | MUST_SEAL, 0, 0, 0, 0, 0, 0, 0, 0, 255];
    let acts = [
        STEP,
        WITH_A_MEGABYTE,
        STEP,
        ANSWER_ALL,
        STEP,
        ANSWER_ALL,
        READ,
        WAIT_LONG,
        ANSWER_ALL,
        CREATE,
        ANNOUNCE,
    ];
    client(&[&by_hand[..], &acts.concat()].concat());
}
