//! The whole client between a user who may do anything and a server that may say anything, with time moved at will.
//!
//! The input is a list of acts of all three. Its bytes mean what is common when they are small and what is rare when they
//! are large, so that a stretch of zeros is a user and a server who get along.

mod acts;
mod input;
mod request;
mod server;
mod table;
mod tamper;
mod token;
mod world;

use smb_client::{Ciphers, Config, EncryptionPolicy, Interval, ServerName, SigningPolicy};
use smb_wire::Guid;
use smb_wire::smb2::Dialect;

use acts::{act, answer_all};
use input::Input;
use server::{Authority, Server};
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
            answer_all(&mut world);
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
        pended_timeout: match bit(7) {
            false => defaults.pended_timeout,
            true => Interval::from_secs(5),
        },
        echo_after: (!bit(6)).then_some(Interval::from_secs(30)),
        credits: input.one_of([512, 16, 1, 65535]),
        table_capacity: input.one_of([64, 1, 3, 1024]),
        ..defaults
    }
}

#[cfg(test)]
mod tests;
