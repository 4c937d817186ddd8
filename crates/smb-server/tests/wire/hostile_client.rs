//! A client that sends nonsense hurts nobody but itself.

use crate::client::Client;
use crate::member::{Member, Offer};
use crate::seals::serve;
use smb_server::{Share, builder};
use smb_wire::smb2::{Command, Header, Target};

/// A generator of numbers that look random and are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % end
    }
}

/// The body's size that each command announces (MS-SMB2 2.2), NEGOTIATE first.
const STRUCTURE_SIZES: [u16; 19] = [
    36, 25, 4, 9, 4, 57, 24, 24, 49, 49, 48, 57, 4, 4, 33, 32, 41, 33, 24,
];

#[test]
fn no_request_however_broken_stops_the_server() {
    let share = Share::new("data").unwrap();
    share.write_file("file", b"0123456789").unwrap();
    let server = builder()
        .share(&share)
        .allow_anonymous()
        .bind("127.0.0.1:0")
        .unwrap();
    let mut numbers = Numbers(1);
    for _ in 0..400 {
        let mut client = Client::connect(server.address()).unwrap();
        let file = client.open("file").unwrap();
        for _ in 0..20 {
            let command = numbers.below(STRUCTURE_SIZES.len());
            let size = STRUCTURE_SIZES[command];
            let mut body: Vec<u8> = (0..200).map(|_| numbers.below(256) as u8).collect();
            // Mostly small numbers, so that lengths and offsets are often just about possible.
            for _ in 0..150 {
                let at = numbers.below(body.len());
                body[at] = [0, 0, 0, 1, 8, 64, 120][numbers.below(7)];
            }
            body[..2].copy_from_slice(&size.to_le_bytes());
            if numbers.below(2) == 0 {
                let at = [8, 16, 24][numbers.below(3)];
                body[at..at + 16].copy_from_slice(&file.0);
            }
            body.truncate(numbers.below(body.len()) + 1);
            // LOGOFF would end the fun, and a wait for a change the test.
            let command = Command(command as u16);
            if [Command::LOGOFF, Command::NEGOTIATE].contains(&command) {
                continue;
            }
            if client.send(command, |w| w.bytes(&body)).is_err() {
                break;
            }
        }
    }
    let mut client = Client::connect(server.address()).unwrap();
    assert!(client.open("another").is_ok());
    let stats = server.stop();
    // A thread that panicked would not have counted its connection as closed.
    assert_eq!((stats.open_connections, stats.open_handles), (0, 0));
}

#[test]
fn nothing_in_a_seal_stops_the_server() {
    let server = serve(|builder| builder);
    let mut numbers = Numbers(2);
    for _ in 0..200 {
        let mut member = Member::connect(server.address(), &Offer::usual()).unwrap();
        let header = member.client.next_header(Command(numbers.below(19) as u16));
        let body: Vec<u8> = (0..numbers.below(200))
            .map(|_| numbers.below(256) as u8)
            .collect();
        let mut messages = member.client.message(header, |w| w.bytes(&body));
        if numbers.below(2) == 0 {
            let at = numbers.below(messages.len());
            messages[at] ^= 1 << numbers.below(8);
        }
        messages.truncate(numbers.below(messages.len() * 2));
        let frame = member.sealed(&messages, |_| {});
        member.client.send_bytes(&frame).unwrap();
    }
    assert!(Member::connect(server.address(), &Offer::usual()).is_ok());
    // A thread that panicked would not have counted its connection as closed.
    assert_eq!(server.stop().open_connections, 0);
}

#[test]
fn broken_frames_and_compounds_end_the_connection() {
    let share = Share::new("data").unwrap();
    let server = builder()
        .share(&share)
        .allow_anonymous()
        .bind("127.0.0.1:0")
        .unwrap();
    let echo = |next: u32, flags: u32| {
        let mut message = vec![0; Header::LEN + 4];
        let mut header = Header::request(Command::ECHO, 0);
        header.target = Target::NONE;
        header.next_command = next;
        header.flags = smb_wire::smb2::HeaderFlags::from_bits_retain(flags);
        header
            .emit(&mut smb_wire::Writer::new(&mut message))
            .unwrap();
        message[Header::LEN] = 4;
        message
    };
    let broken = [
        vec![],
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        echo(0, 1),
        echo(7, 0),
        echo(64, 0),
        echo(u32::MAX - 7, 0),
        b"\xFFSMB".to_vec(),
    ];
    for message in broken {
        let mut client = Client::connect(server.address()).unwrap();
        client.send_bytes(&message).unwrap();
        assert_eq!(client.receive_to_end().unwrap(), b"", "{message:?}");
    }
    assert_eq!(server.stop().open_connections, 0);
}
