//! The whole client between a user who may do anything and a server that may say anything, with time moved at will.
//!
//! The input is a list of acts of all three. Its bytes mean what is common when they are small and what is rare when they
//! are large, so that a stretch of zeros is a user and a server who get along.

mod input;
mod request;
mod server;
mod table;
mod token;
mod world;

use smb_client::{
    Ciphers, Config, Direction, EncryptionPolicy, Interval, ServerName, SigningPolicy,
};
use smb_wire::smb2::OplockLevel;
use smb_wire::smb2::{BreakNotification, Command, Dialect, Header, HeaderFlags, OplockBreak};
use smb_wire::{Guid, NtStatus, Writer};

use input::Input;
use request::What;
use server::{Authority, Cover, FILE, Server, framed};
use world::World;

/// Steps until a tree is there: NEGOTIATE, two SESSION_SETUPs, TREE_CONNECT.
const OPENING: usize = 4;

/// User, server and time, as the bytes say.
pub fn client(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let mut world = begin(&mut input);
    while !input.is_empty() {
        act(&mut world, &mut input);
    }
    world.finish();
}

fn begin(input: &mut Input<'_>) -> World {
    let config = config(input);
    let authority = Authority::new(input.byte(), input.byte(), input.byte());
    let anonymous = input.byte() >= 200;
    let mut world = World::new(config, Server::new(authority), anonymous);
    // Most of what there is to find lies behind the logon.
    if input.byte() < 200 {
        for _ in 0..OPENING {
            world.step();
            while let Some(index) = world.server.asked.iter().position(|asked| !asked.answered) {
                let answer = world.server.answer(index, &mut Input::new(&[]));
                let cover = world.server.asked[index].cover;
                world.server.put(answer, cover);
                let frame = world.server.frame();
                world.receive(&frame, usize::MAX);
            }
        }
    }
    world
}

fn config(input: &mut Input<'_>) -> Config {
    let name: Vec<u16> = "fs1.example".encode_utf16().collect();
    let name = ServerName::new(&name).expect("a short name");
    let defaults = Config::new(name, Guid([7; 16]));
    let bits = input.byte();
    let bit = |number: u8| bits >> number & 1 != 0;
    Config {
        min_dialect: input.one_of([Dialect::SMB2_0_2, Dialect::SMB2_1, Dialect::SMB3_0]),
        max_dialect: input.one_of([
            Dialect::SMB3_1_1,
            Dialect::SMB3_0_2,
            Dialect::SMB3_0,
            Dialect::SMB2_1,
            Dialect::SMB2_0_2,
        ]),
        multi_protocol: bit(0),
        signing: match bit(1) {
            false => SigningPolicy::Required,
            true => SigningPolicy::Enabled,
        },
        encryption: match bit(2) {
            false => EncryptionPolicy::Enabled,
            true => EncryptionPolicy::Required,
        },
        ciphers: match bit(3) {
            false => Ciphers::DEFAULT,
            true => Ciphers::NONE,
        },
        allow_guest: bit(4),
        allow_anonymous: bit(5),
        echo_after: (!bit(6)).then_some(Interval::from_secs(30)),
        credits: input.one_of([512, 16, 1, 65535]),
        table_capacity: input.one_of([64, 1, 3, 1024]),
        ..defaults
    }
}

/// One act.
fn act(world: &mut World, input: &mut Input<'_>) {
    match input.byte() % 26 {
        0..=7 => answer(world, input),
        8 => world.step(),
        9 => {
            let (few, many) = (input.byte(), input.byte());
            let len = u64::from(few) + u64::from(many).pow(2) * 4;
            world.transfer(Direction::Read, input.byte().into(), len);
        }
        10 => {
            let (few, many) = (input.byte(), input.byte());
            let len = u64::from(few) + u64::from(many).pow(2) * 4;
            world.transfer(Direction::Write, input.byte().into(), len);
        }
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
            world.receive(&contents, piece);
        }
        20 => {
            let len = input.byte().into();
            world.receive(input.take(len), usize::MAX);
        }
        21 => {
            let keep_alives = [0x85, 0, 0, 0].repeat(input.below(9));
            world.receive(&keep_alives, usize::MAX);
        }
        22 => again(world, input),
        23 => {
            // All that is waited for, in the order it was asked.
            while let Some(index) = world.server.asked.iter().position(|asked| !asked.answered) {
                let answer = world.server.answer(index, &mut Input::new(&[]));
                let cover = world.server.asked[index].cover;
                world.server.put(answer, cover);
                send(world, &mut Input::new(&[]));
                if world.server.asked.len() > 4096 {
                    break;
                }
            }
        }
        24 => world.fail(),
        _ => {
            if let Some(index) = world.server.unanswered(Command::READ) {
                let answer = world.server.answer(index, input);
                deliver(world, answer, index, input);
            }
        }
    }
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

/// A lie or two, then protection, then perhaps a frame.
fn deliver(world: &mut World, mut message: Vec<u8>, index: usize, input: &mut Input<'_>) {
    tamper(&mut message, input);
    let cover = match input.byte() {
        0..220 => world.server.asked[index].cover,
        _ => input.one_of([Cover::None, Cover::Signed, Cover::Sealed]),
    };
    world.server.put(message, cover);
    if input.byte() < 200 {
        send(world, input);
    }
}

/// Sends what waits, with what somebody on the way makes of it.
fn send(world: &mut World, input: &mut Input<'_>) {
    let mut frame = world.server.frame();
    tamper(&mut frame, input);
    let piece = piece(input);
    world.receive(&frame, piece);
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
    tamper(&mut message, input);
    let cover = input.one_of([Cover::None, Cover::Sealed, Cover::Signed]);
    world.server.put(message, cover);
    send(world, input);
}

/// How many bytes arrive at a time.
fn piece(input: &mut Input<'_>) -> usize {
    match input.byte() {
        0..128 => usize::MAX,
        other => usize::from(other - 127).pow(2),
    }
}

/// Mostly nothing; else a few bytes are other ones, are missing, or are more.
fn tamper(bytes: &mut Vec<u8>, input: &mut Input<'_>) {
    let times = match input.byte() {
        0..160 => return,
        many => many % 4 + 1,
    };
    for _ in 0..times {
        if bytes.is_empty() {
            return;
        }
        // Most of what matters lies in front.
        let at = match input.bit() {
            false => input.below(bytes.len().min(140)),
            true => usize::from(input.u16()) % bytes.len(),
        };
        match input.byte() % 6 {
            0 => bytes[at] = input.byte(),
            1 => bytes[at] ^= 1 << (input.byte() % 8),
            2 => {
                let edge =
                    input.one_of([0, u32::MAX, 1, 0x8000_0000, 0x7FFF_FFFF, 8, 64, 0x00FF_FFFF]);
                for (to, from) in bytes[at..].iter_mut().zip(edge.to_le_bytes()) {
                    *to = from;
                }
            }
            3 => bytes.truncate(at),
            4 => bytes.extend(input.take(usize::from(input.clone().byte()))),
            _ => {
                let more = bytes.len() + usize::from(input.u16()) % 2048;
                bytes.resize(more, 0);
            }
        }
    }
}

#[cfg(test)]
mod tests;
