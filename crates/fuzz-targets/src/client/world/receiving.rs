//! What the server's bytes bring, and what has to hold of it.

use smb_client::{
    Answer, ClientError, Data, ErrorKind, Event, Outcome, Protection, Receiver, Reply, Want,
};
use smb_wire::NtStatus;
use smb_wire::smb2::{BreakNotification, Header, HeaderFlags, ReadResponse};

use super::{Record, World};
use crate::client::request::{Part, What};
use crate::client::server::{Cover, Said, Sent, file};
use crate::client::token::Tok;

/// What a server may make a client hold on top of what was asked for.
const UNASKED: u64 = 64 * 1024 + 2048;

/// An event that borrows nothing.
enum Got {
    Answer {
        token: Tok,
        header: Header,
        message: Vec<u8>,
        data: GotData,
    },
    Forged(Tok),
    Break,
}

enum GotData {
    Placed(usize),
    Here(Vec<u8>),
}

impl World {
    /// Receives a frame of the server's. What is right in it has its effect.
    pub fn receive_frame(&mut self, frame: &[u8], sent: &[Sent], piece: usize) {
        self.receive(frame, piece);
        for sent in sent {
            if !self.server.honest || self.receiver.is_none() {
                return;
            }
            let is_it = |record: &Record| record.message_id == Some(sent.message_id);
            let number = self.records.iter().rposition(is_it);
            let record = &mut self.records[number.expect("an answer to a request")];
            if let Some(async_id) = sent.interim {
                record.due.pended(self.now);
                let asked = self.server.find(sent.message_id).expect("it was asked");
                asked.async_id = asked.async_id.or(Some(async_id));
            } else {
                assert!(record.is_complete, "a right answer was lost: {record:?}");
                record.is_open = false;
            }
        }
    }

    /// Receives bytes, in pieces of at most `piece`.
    pub fn receive(&mut self, mut bytes: &[u8], piece: usize) {
        while !bytes.is_empty() {
            let most = self.may_hold();
            let Some(receiver) = &mut self.receiver else {
                return;
            };
            let count = match receiver.want() {
                Want::Inline(place) => {
                    check_room(place.len(), most);
                    let count = place.len().min(bytes.len()).min(piece);
                    assert!(count > 0, "the receiver wants nothing");
                    place[..count].copy_from_slice(&bytes[..count]);
                    count
                }
                Want::Data { token, offset, len } => {
                    assert!(offset + len <= token.buffer.len());
                    let count = len.min(bytes.len()).min(piece);
                    assert!(count > 0, "the receiver wants nothing");
                    token.buffer.place(offset, &bytes[..count]);
                    count
                }
            };
            bytes = &bytes[count..];
            self.received += count as u64;
            if receiver.received(count).is_err() {
                panic!("the receiver refuses what it wanted");
            }
            self.deliver();
            self.send_queued();
            // Each message has a header, and needs three looks at the table at most.
            let calls = self.table.calls.get();
            assert!(calls <= 4 + self.received / 16, "{calls} steps");
        }
        let most = self.may_hold();
        if let Some(Want::Inline(place)) = self.receiver.as_mut().map(Receiver::want) {
            check_room(place.len(), most);
        }
    }

    /// What the client may make room for: what was asked for and not answered, and a little more.
    fn may_hold(&self) -> u64 {
        let asked = |record: &Record| match record.what.reply() {
            Reply::Message { max: len } | Reply::Data { len } => u64::from(len),
        };
        let open = self.records.iter().filter(|record| record.is_open);
        open.map(asked).sum::<u64>() + UNASKED
    }

    fn deliver(&mut self) {
        while let Some(mut receiver) = self.receiver.take() {
            let event = receiver
                .next_event(&self.table, self.now)
                .map(|event| event.map(own));
            self.receiver = Some(receiver);
            match event {
                Ok(Some(got)) => self.got(got),
                Ok(None) => return,
                Err(error) => {
                    self.check_error(error);
                    self.fail();
                }
            }
        }
    }

    /// A connection ends by what a server did wrong.
    fn check_error(&self, error: ClientError) {
        assert!(!self.server.honest, "a right server is given up: {error}");
        let is_own = matches!(error.kind(), ErrorKind::Internal | ErrorKind::NoMemory);
        assert!(!is_own, "a server's fault is taken for our own: {error}");
    }

    fn got(&mut self, got: Got) {
        match got {
            Got::Break => {}
            Got::Forged(token) => {
                assert!(!self.server.honest, "a right signature is refused");
                token.buffer.check_margins();
                assert!(token.guard.is_protected());
                self.records[token.number].is_open = false;
                self.failed(token);
            }
            Got::Answer {
                token,
                header,
                message,
                data,
            } => self.answered(token, &header, &message, data),
        }
    }

    fn answered(&mut self, token: Tok, header: &Header, message: &[u8], data: GotData) {
        let record = &mut self.records[token.number];
        let what = record.what;
        record.is_open = false;
        let count = match &data {
            GotData::Placed(len) => {
                token.buffer.check(*len);
                *len
            }
            GotData::Here(data) => {
                token.buffer.check(0);
                data.len()
            }
        };
        assert!(count <= token.buffer.len(), "more data than was asked for");
        self.check_origin(&token, header, message, &data);
        self.check_answer(token.number, header);
        match what {
            What::Read(part) => {
                self.check_data(part, &token, header, message, &data);
                let outcome = match header.status {
                    NtStatus::SUCCESS => Outcome::Done(u32::try_from(count).expect("32 bits")),
                    NtStatus::END_OF_FILE => Outcome::EndOfFile,
                    other => Outcome::Failed(other),
                };
                self.complete(token.number);
                self.part_done(part, outcome);
            }
            What::Write(part) => {
                let outcome = match header.status {
                    NtStatus::SUCCESS => match part.chunk.written(message) {
                        Ok(count) => {
                            assert!(count <= part.chunk.len, "more written than there was");
                            Outcome::Done(count)
                        }
                        Err(_) => Outcome::Failed(NtStatus::INVALID_NETWORK_RESPONSE),
                    },
                    other => Outcome::Failed(other),
                };
                self.complete(token.number);
                self.part_done(part, outcome);
            }
            _ => {
                self.complete(token.number);
                self.opened(what, &token, message);
            }
        }
    }

    /// An answer is that of its request.
    fn check_answer(&mut self, number: usize, header: &Header) {
        let record = &self.records[number];
        assert_eq!(header.command, record.what.command());
        if record.what != What::Logon {
            assert_eq!(header.session_id, record.guard.session_id());
        }
        if let (Some(tree), true) = (header.tree_id(), record.what != What::Tree) {
            assert_eq!(tree, record.tree_id);
        }
        let asked = self.server.find(header.message_id);
        let known = asked.and_then(|asked| asked.async_id);
        if let (Some(known), Some(found)) = (known, header.async_id()) {
            assert_eq!(found, known, "the end of another operation");
        }
    }

    /// Whoever protects a request hears only what the server said under its keys, as it has to be protected.
    fn check_origin(&self, token: &Tok, header: &Header, message: &[u8], data: &GotData) {
        let least = match token.guard.protection() {
            Protection::None => return,
            Protection::Signed(_) => Cover::Signed,
            Protection::Sealed(_) => Cover::Sealed,
        };
        let is_signed = header.flags.contains(HeaderFlags::SIGNED);
        if least == Cover::Signed && !is_signed && header.status == NtStatus::USER_SESSION_DELETED {
            // It only ends things.
            assert!(!matches!(data, GotData::Placed(1..)));
            return;
        }
        let whole = match data {
            GotData::Placed(len) => &[message, &token.buffer.front(*len)].concat(),
            GotData::Here(_) => message,
        };
        self.check_said(token.guard.session_id(), least, whole);
    }

    /// The server said this with the session's keys.
    pub(super) fn check_said(&self, session_id: u64, least: Cover, message: &[u8]) {
        let is_it = |said: &Said| {
            said.session_id == session_id
                && (said.cover == least || said.cover == Cover::Sealed)
                && said
                    .bytes
                    .windows(message.len())
                    .any(|part| part == message)
        };
        assert!(
            self.server.authentic.iter().rev().any(is_it),
            "nobody with the keys said {message:02x?}"
        );
    }

    /// What a READ brought is what its answer says, and if that is right, the file's.
    fn check_data(&self, part: Part, token: &Tok, header: &Header, message: &[u8], data: &GotData) {
        let data = match data {
            GotData::Here(data) => {
                let answer = ReadResponse::parse(message).expect("an answer with data");
                assert!(answer.data == data, "other data than the answer's");
                data.clone()
            }
            GotData::Placed(0) => return,
            GotData::Placed(len) => {
                let answer = ReadResponse::parse_fixed(message).expect("an answer with data");
                assert_eq!(usize::try_from(answer.data_length), Ok(*len));
                token.buffer.front(*len)
            }
        };
        if self.server.honest && header.status == NtStatus::SUCCESS {
            let right = file(part.chunk.offset, data.len());
            assert!(data == right, "other data than the file's");
        }
    }
}

/// A server's word alone makes nobody reserve memory.
fn check_room(room: usize, most: u64) {
    assert!(
        room as u64 <= most,
        "room for {room} bytes where at most {most} are awaited"
    );
}

fn own(event: Event<'_, Tok>) -> Got {
    match event {
        Event::Answer(Answer {
            token,
            header,
            message,
            data,
        }) => Got::Answer {
            token,
            header,
            message: message.to_vec(),
            data: match data {
                Data::Placed(len) => GotData::Placed(usize::try_from(len).expect("32 bits")),
                Data::Here(data) => GotData::Here(data.to_vec()),
            },
        },
        Event::Forged(token) => Got::Forged(token),
        Event::Break(message) => {
            // It may be anything, but has to be readable without harm.
            let _ = BreakNotification::parse(message);
            Got::Break
        }
    }
}
