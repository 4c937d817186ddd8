//! What user, server, somebody in between and the clock may do, one byte's choice each.

use smb_client::{Direction, Interval};
use smb_wire::smb2::transform::TransformHeader;
use smb_wire::smb2::{
    BreakNotification, Command, Header, HeaderFlags, OplockBreak, OplockLevel, transform,
};
use smb_wire::{NtStatus, Writer};

use super::input::Input;
use super::request::What;
use super::server::{Cover, FILE, framed};
use super::tamper::tamper;
use super::world::World;

/// More requests than this are not answered all at once.
const MANY: usize = 4096;

/// One act.
pub fn act(world: &mut World, input: &mut Input<'_>) {
    match input.byte() {
        choice @ 0..208 => common(choice % 26, world, input),
        choice => rare(choice - 208, world, input),
    }
    world.check_deadline();
}

fn common(choice: u8, world: &mut World, input: &mut Input<'_>) {
    match choice {
        0..=7 => answer(world, input),
        8 => world.step(),
        9 => transfer(Direction::Read, world, input),
        10 => transfer(Direction::Write, world, input),
        11 => world.ask(input.one_of([
            What::Create,
            What::Close,
            What::Flush,
            What::Lock,
            What::List,
            What::Query,
            What::Control,
            What::Watch,
            What::Check,
        ])),
        12 => world.echo(),
        13 => {
            let back = input.below(world.requests());
            world.cancel(world.requests().saturating_sub(1 + back));
        }
        14 => world.wait(input.one_of([
            Interval::from_millis(1),
            Interval::from_secs(1),
            Interval::from_secs(31),
            Interval::from_secs(61),
            Interval::from_secs(1001),
            Interval(u64::MAX),
        ])),
        15 => interim(world, input),
        16 => refuse(world, input),
        17 => notify_break(world, input),
        18 => send(world, input),
        19 => {
            let len = input.byte().into();
            let contents = framed(input.take(len));
            let piece = piece(input);
            world.server.honest = false;
            world.receive(&contents, piece);
        }
        20 => {
            let len = input.byte().into();
            world.server.honest = false;
            world.receive(input.take(len), usize::MAX);
        }
        21 => {
            let keep_alives = [0x85, 0, 0, 0].repeat(input.below(9));
            world.receive(&keep_alives, usize::MAX);
        }
        22 => again(world, input),
        23 => answer_all(world),
        24 => world.fail(),
        _ => {
            if let Some(index) = world.server.unanswered(Command::READ) {
                let answer = world.server.answer(index, input);
                deliver(world, answer, index, input);
            }
        }
    }
}

fn rare(choice: u8, world: &mut World, input: &mut Input<'_>) {
    match choice % 10 {
        0 => world.log_on(),
        1 => world.connect_in(input.byte().into()),
        2 => world.choose_tree(input.byte().into()),
        3 => world.ask_together(input.one_of::<&[What], 4>([
            &[What::Create, What::Query, What::Close],
            &[What::Create, What::Close],
            &[What::List, What::List],
            &[What::Flush, What::Query, What::Lock, What::Close],
        ])),
        4 => world.wait_for_deadline(),
        5 => answer_in_one(world, input),
        6 => world.ask(What::Leave),
        7 => {
            let back = input.below(world.requests());
            world.abandon(world.requests().saturating_sub(1 + back));
        }
        8 => announce(world, input),
        _ => world.log_off(),
    }
}

fn transfer(direction: Direction, world: &mut World, input: &mut Input<'_>) {
    let (few, many) = (input.byte(), input.byte());
    let len = u64::from(few) + u64::from(many).pow(2) * 4;
    world.transfer(direction, input.byte().into(), len);
}

/// Which of the requests: one without answer, the newest first.
fn choose(world: &World, input: &mut Input<'_>) -> Option<usize> {
    let open: Vec<usize> = (0..world.server.asked.len())
        .rev()
        .filter(|index| !world.server.asked[*index].answered)
        .collect();
    let choice = input.below(open.len());
    open.get(choice).copied()
}

fn answer(world: &mut World, input: &mut Input<'_>) {
    if let Some(index) = choose(world, input) {
        let answer = world.server.answer(index, input);
        deliver(world, answer, index, input);
    }
}

/// Answers rightly all that is waited for, in the order it was asked.
pub fn answer_all(world: &mut World) {
    while let Some(index) = world.server.asked.iter().position(|asked| !asked.answered) {
        let answer = world.server.answer(index, &mut Input::new(&[]));
        deliver(world, answer, index, &mut Input::new(&[]));
        if world.server.asked.len() > MANY {
            break;
        }
    }
}

/// Answers a few requests in one frame.
fn answer_in_one(world: &mut World, input: &mut Input<'_>) {
    for _ in 0..2 + input.below(4) {
        if let Some(index) = choose(world, input) {
            let answer = world.server.answer(index, input);
            put(world, answer, index, input);
        }
    }
    send(world, input);
}

fn interim(world: &mut World, input: &mut Input<'_>) {
    if let Some(index) = choose(world, input) {
        let answer = world.server.interim(index, input);
        deliver(world, answer, index, input);
    }
}

fn refuse(world: &mut World, input: &mut Input<'_>) {
    let Some(index) = choose(world, input) else {
        return;
    };
    let status = match input.byte() {
        0 => NtStatus::ACCESS_DENIED,
        1 => NtStatus::USER_SESSION_DELETED,
        2 => NtStatus::NETWORK_SESSION_EXPIRED,
        3 => NtStatus::CANCELLED,
        4 => NtStatus::BUFFER_OVERFLOW,
        5 => NtStatus::MORE_PROCESSING_REQUIRED,
        6 => NtStatus::NETWORK_NAME_DELETED,
        7 => NtStatus::INVALID_DEVICE_REQUEST,
        _ => NtStatus(input.u32()),
    };
    let answer = world.server.refusal(index, status, input);
    deliver(world, answer, index, input);
}

/// Answers something that may have its answer already.
fn again(world: &mut World, input: &mut Input<'_>) {
    let count = world.server.asked.len();
    if count > 0 {
        let index = count - 1 - input.below(count);
        // Of those that open a session each has its own place in the hashes.
        let command = world.server.asked[index].header.command;
        if !matches!(command, Command::NEGOTIATE | Command::SESSION_SETUP) {
            let answer = world.server.answer(index, input);
            deliver(world, answer, index, input);
        }
    }
}

fn deliver(world: &mut World, message: Vec<u8>, index: usize, input: &mut Input<'_>) {
    put(world, message, index, input);
    if input.byte() < 200 {
        send(world, input);
    }
}

/// A lie or two, then protection.
fn put(world: &mut World, mut message: Vec<u8>, index: usize, input: &mut Input<'_>) {
    if tamper(&mut message, input) {
        world.server.lied = true;
        world.server.honest = false;
    }
    let asked = &world.server.asked[index];
    let (mut cover, mut session_id) = (asked.cover, asked.header.session_id);
    if input.byte() >= 220 {
        world.server.honest = false;
        match input.byte() % 9 {
            0 => cover = Cover::None,
            1 => cover = Cover::Signed,
            2 => cover = Cover::Sealed,
            3 => {
                // With the keys of one session for another.
                (cover, session_id) = (Cover::Sealed, world.server.authority.newest());
            }
            lie => misdirect(world, &mut message, lie - 4, input),
        }
    }
    world.server.put(message, cover, session_id);
}

/// Makes an answer another request's.
fn misdirect(world: &World, message: &mut [u8], lie: u8, input: &mut Input<'_>) {
    if message.len() < Header::LEN {
        return;
    }
    match lie {
        // AsyncId, or a reserved field.
        0 => message[32] ^= 1,
        // TreeId.
        1 => message[36] ^= 1,
        // SessionId.
        2 => message[40] ^= 1,
        3 => {
            let other = input.below(world.server.asked.len());
            let id = world.server.asked[other].header.message_id;
            message[24..32].copy_from_slice(&id.to_le_bytes());
        }
        // Command.
        _ => message[12] = input.byte() % 19,
    }
}

/// Sends what waits, with what somebody on the way makes of it.
fn send(world: &mut World, input: &mut Input<'_>) {
    let (mut frame, sent) = world.server.frame();
    if tamper(&mut frame, input) {
        world.server.honest = false;
    }
    let piece = piece(input);
    world.receive_frame(&frame, &sent, piece);
}

/// Says that much will come, consistently, and sends no more than the beginning.
fn announce(world: &mut World, input: &mut Input<'_>) {
    let Some(index) = choose(world, input) else {
        return;
    };
    let answer = world.server.answer(index, input);
    put(world, answer, index, input);
    let (mut frame, _) = world.server.frame();
    world.server.honest = false;
    let more = u32::from(input.byte()) << 16;
    let (prefix, contents) = frame.split_first_chunk_mut::<4>().expect("a frame header");
    let length = u32::from_be_bytes(*prefix) + more;
    *prefix = (length & 0x00FF_FFFF).to_be_bytes();
    if contents.starts_with(&transform::PROTOCOL_ID) {
        let length = u32::try_from(contents.len() - TransformHeader::LEN).expect("32 bits") + more;
        contents[36..40].copy_from_slice(&length.to_le_bytes());
    }
    let cut = frame.len().saturating_sub(usize::from(input.byte()));
    world.receive(&frame[..cut], usize::MAX);
}

fn notify_break(world: &mut World, input: &mut Input<'_>) {
    let header = Header {
        flags: HeaderFlags::SERVER_TO_REDIR,
        ..Header::request(Command::OPLOCK_BREAK, Header::UNSOLICITED)
    };
    let body = BreakNotification::Oplock(OplockBreak {
        oplock_level: OplockLevel::NONE,
        file_id: FILE,
    });
    let mut buffer = [0; 256];
    let mut writer = Writer::new(&mut buffer);
    header.emit(&mut writer).expect("room for a header");
    body.emit(&mut writer).expect("room for a body");
    let mut message = writer.written().to_vec();
    if tamper(&mut message, input) {
        world.server.honest = false;
    }
    let cover = input.one_of([Cover::None, Cover::Sealed, Cover::Signed]);
    // The client may not have got to know the newest session.
    world.server.honest &= cover == Cover::None;
    let session_id = world.server.authority.newest();
    world.server.put(message, cover, session_id);
    send(world, input);
}

/// How many bytes arrive at a time.
fn piece(input: &mut Input<'_>) -> usize {
    match input.byte() {
        0..128 => usize::MAX,
        other => usize::from(other - 127).pow(2),
    }
}
