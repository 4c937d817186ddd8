//! A client whose server is written down beforehand: no socket, no clock.

use std::cell::RefCell;
use std::rc::Rc;
use std::vec;
use std::vec::Vec;

use smb_crypto::{
    Cipher, Direction, Key128, OpeningKey, SealingKey, SigningAlgorithm, SigningKey, Smb3Keys,
};
use smb_wire::netbios::FrameHeader;
use smb_wire::smb2::transform::TransformHeader;
use smb_wire::smb2::{
    Command, EchoResponse, ErrorResponse, Header, HeaderFlags, ReadResponse, Target, WriteResponse,
};
use smb_wire::{EmitError, Guid, NtStatus, Writer};

use crate::{
    ClientError, Config, Connection, Data, Event, Interval, Protection, Receiver, Reply, Request,
    Sealing, ServerName, SessionKeys, SharedTable, Submitted, Ticket, Time, Token, Want,
};

pub(crate) const SESSION: u64 = 0x1_0000_0019;
pub(crate) const TREE: u32 = 5;
pub(crate) const START: Time = Time(1_000_000_000);

pub(crate) fn config() -> Config {
    let name: Vec<u16> = "fs1.example".encode_utf16().collect();
    Config::new(ServerName::new(&name).unwrap(), Guid([7; 16]))
}

pub(crate) fn keys() -> Rc<SessionKeys> {
    let key = SigningKey::new(SigningAlgorithm::AesCmac, &Key128::new([0x42; 16])).unwrap();
    let sealing = Sealing::derive(&SMB3, &SESSION_KEY, CIPHER).unwrap();
    Rc::new(SessionKeys::new(key, Some(sealing)))
}

const SMB3: Smb3Keys = Smb3Keys::Smb30;
const SESSION_KEY: Key128 = Key128::new([0x24; 16]);
const CIPHER: Cipher = Cipher::Aes128Ccm;

/// The server's keys: what one side seals, the other opens.
pub(crate) fn server_sealing() -> Sealing {
    let key = |direction| {
        SMB3.derive_sealing(SESSION_KEY.as_bytes(), CIPHER, direction)
            .unwrap()
    };
    Sealing::new(
        SealingKey::new(key(Direction::ServerToClient)).unwrap(),
        OpeningKey::new(key(Direction::ClientToServer)).unwrap(),
    )
}

/// A request's token: a number, and the buffer of a READ.
#[derive(Clone, Debug)]
pub(crate) struct Tok {
    pub(crate) number: u32,
    pub(crate) keys: Option<Rc<SessionKeys>>,
    pub(crate) sealed: bool,
    pub(crate) buffer: Rc<RefCell<Vec<u8>>>,
}

impl Tok {
    pub(crate) fn new(number: u32) -> Self {
        Self {
            number,
            keys: None,
            sealed: false,
            buffer: Rc::default(),
        }
    }
}

impl Token for Tok {
    fn protection(&self) -> Protection<'_> {
        match self.keys.as_deref() {
            None => Protection::None,
            Some(keys) if self.sealed => Protection::Sealed(keys.sealing().unwrap()),
            Some(keys) => Protection::Signed(keys),
        }
    }

    fn data(&self, len: usize, each: &mut dyn FnMut(&[u8])) {
        // Two pieces, as a buffer in two chained MDLs would show.
        let buffer = self.buffer.borrow();
        let (a, b) = buffer[..len].split_at(len / 2);
        each(a);
        each(b);
    }
}

pub(crate) struct Shared(pub(crate) RefCell<Connection<Tok>>);

impl SharedTable<Tok> for Shared {
    fn with<R>(&self, work: impl FnOnce(&mut Connection<Tok>) -> R) -> R {
        work(&mut self.0.borrow_mut())
    }

    fn with_sealing<R>(&self, session_id: u64, work: impl FnOnce(Option<&Sealing>) -> R) -> R {
        let keys = (session_id == SESSION).then(keys);
        work(keys.as_deref().and_then(SessionKeys::sealing))
    }
}

/// What came out of the receiver.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Got {
    Answer {
        number: u32,
        status: NtStatus,
        message: Vec<u8>,
        data: Vec<u8>,
    },
    /// A READ whose data does not fit its signature.
    Forged(u32),
    Break(Vec<u8>),
}

impl Got {
    pub(crate) fn number(&self) -> u32 {
        match self {
            Self::Answer { number, .. } | Self::Forged(number) => *number,
            Self::Break(_) => panic!("a break has no number"),
        }
    }

    pub(crate) fn status(&self) -> NtStatus {
        match self {
            Self::Answer { status, .. } => *status,
            Self::Forged(_) | Self::Break(_) => panic!("no answer, no status"),
        }
    }

    pub(crate) fn data(&self) -> &[u8] {
        match self {
            Self::Answer { data, .. } => data,
            Self::Forged(_) | Self::Break(_) => panic!("no answer, no data"),
        }
    }
}

pub(crate) struct Client {
    pub(crate) table: Shared,
    pub(crate) receiver: Receiver<Tok>,
    pub(crate) now: Time,
}

impl Client {
    /// A client with 512 credits and multi-credit requests.
    pub(crate) fn ready() -> Self {
        let mut client = Self::fresh(&config());
        client.table.0.get_mut().set_multi_credit(true);
        let ticket = client.send(request(0, Command::ECHO));
        let answer = response(&ticket, NtStatus::SUCCESS, 512, |w| EchoResponse.emit(w));
        client.feed(&answer).unwrap();
        client
    }

    /// A client on a new connection: one credit.
    pub(crate) fn fresh(config: &Config) -> Self {
        Self {
            table: Shared(RefCell::new(Connection::new(config, START).unwrap())),
            receiver: Receiver::new().unwrap(),
            now: START,
        }
    }

    pub(crate) fn connection(&mut self) -> &mut Connection<Tok> {
        self.table.0.get_mut()
    }

    /// Submits a request that must be sendable.
    pub(crate) fn send(&mut self, request: Request<Tok>) -> Ticket {
        match self.submit(request) {
            Submitted::Send(ticket) => ticket,
            Submitted::Queued(_) => panic!("no credits"),
        }
    }

    pub(crate) fn submit(&mut self, request: Request<Tok>) -> Submitted {
        let now = self.now;
        self.connection().submit(request, now).unwrap()
    }

    /// Gives the receiver all of `bytes` in pieces as large as it likes.
    pub(crate) fn feed(&mut self, bytes: &[u8]) -> Result<Vec<Got>, ClientError> {
        self.feed_in_pieces(bytes, || usize::MAX)
    }

    /// Gives the receiver all of `bytes` in pieces of the sizes that `size` gives, or smaller where it wants less.
    pub(crate) fn feed_in_pieces(
        &mut self,
        bytes: &[u8],
        size: impl FnMut() -> usize,
    ) -> Result<Vec<Got>, ClientError> {
        let mut got = vec![];
        self.feed_in_pieces_to(bytes, size, &mut got)?;
        Ok(got)
    }

    /// The same, for when what came before an error matters too.
    pub(crate) fn feed_in_pieces_to(
        &mut self,
        mut bytes: &[u8],
        mut size: impl FnMut() -> usize,
        got: &mut Vec<Got>,
    ) -> Result<(), ClientError> {
        while !bytes.is_empty() {
            let count = match self.receiver.want() {
                Want::Inline(place) => {
                    let count = place.len().min(bytes.len()).min(size());
                    assert!(count > 0, "the receiver wants nothing");
                    place[..count].copy_from_slice(&bytes[..count]);
                    count
                }
                Want::Data { token, offset, len } => {
                    let count = len.min(bytes.len()).min(size());
                    token.buffer.borrow_mut()[offset..offset + count]
                        .copy_from_slice(&bytes[..count]);
                    count
                }
            };
            bytes = &bytes[count..];
            self.receiver.received(count)?;
            while let Some(event) = self.receiver.next_event(&self.table, self.now)? {
                got.push(match event {
                    Event::Answer(answer) => Got::Answer {
                        number: answer.token.number,
                        status: answer.header.status,
                        message: answer.message.to_vec(),
                        data: match answer.data {
                            Data::Placed(len) => {
                                answer.token.buffer.borrow()[..len as usize].to_vec()
                            }
                            Data::Here(data) => data.to_vec(),
                        },
                    },
                    Event::Forged(token) => Got::Forged(token.number),
                    Event::Break(message) => Got::Break(message.to_vec()),
                });
            }
        }
        Ok(())
    }
}

/// A request of charge 1 with a time-out of ten seconds.
pub(crate) fn request(number: u32, command: Command) -> Request<Tok> {
    Request {
        command,
        token: Tok::new(number),
        charge: 1,
        timeout: Interval::from_secs(10),
        pended_timeout: Some(Interval::from_secs(100)),
        session_id: SESSION,
        tree_id: TREE,
        reply: Reply::Message { max: 4096 },
    }
}

/// A READ of `len` bytes into a buffer of that size, filled with a mark.
pub(crate) fn read(number: u32, len: u32) -> Request<Tok> {
    let request = request(number, Command::READ);
    *request.token.buffer.borrow_mut() = vec![0xEE; len as usize];
    Request {
        charge: crate::credit_charge(len),
        reply: Reply::Data { len },
        ..request
    }
}

/// The same request, whose answer must be signed.
pub(crate) fn signed(mut request: Request<Tok>) -> Request<Tok> {
    request.token.keys = Some(keys());
    request
}

/// The same request, sent and to be answered encrypted.
pub(crate) fn sealed(request: Request<Tok>) -> Request<Tok> {
    let mut request = signed(request);
    request.token.sealed = true;
    request
}

/// The header of an answer to a ticket.
pub(crate) fn answer_header(ticket: &Ticket, status: NtStatus, credits: u16) -> Header {
    Header {
        credit_charge: ticket.credit_charge,
        status,
        credits,
        flags: HeaderFlags::SERVER_TO_REDIR,
        target: Target::tree(ticket.tree_id),
        session_id: ticket.session_id,
        ..Header::request(ticket.command, ticket.message_id)
    }
}

/// A frame with one message.
pub(crate) fn frame(
    header: &Header,
    body: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>,
) -> Vec<u8> {
    let mut buffer = vec![0; 9 << 20];
    let mut w = Writer::new(&mut buffer);
    w.zeros(FrameHeader::LEN).unwrap();
    header.emit(&mut w).unwrap();
    body(&mut w).unwrap();
    let len = w.position();
    buffer.truncate(len);
    reframe(buffer)
}

/// The same bytes with the right length in front.
pub(crate) fn reframe(mut frame: Vec<u8>) -> Vec<u8> {
    let length = FrameHeader::message(frame.len() - FrameHeader::LEN).unwrap();
    frame[..FrameHeader::LEN].copy_from_slice(&length.to_bytes());
    frame
}

pub(crate) fn response(
    ticket: &Ticket,
    status: NtStatus,
    credits: u16,
    body: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>,
) -> Vec<u8> {
    frame(&answer_header(ticket, status, credits), body)
}

pub(crate) fn error(ticket: &Ticket, status: NtStatus) -> Vec<u8> {
    response(ticket, status, ticket.credit_charge.max(1), |w| {
        ErrorResponse::EMPTY.emit(w)
    })
}

pub(crate) fn read_answer(ticket: &Ticket, data: &[u8]) -> Vec<u8> {
    response(
        ticket,
        NtStatus::SUCCESS,
        ticket.credit_charge.max(1),
        |w| {
            ReadResponse {
                data_remaining: 0,
                flags: 0,
                data,
            }
            .emit(w)
        },
    )
}

pub(crate) fn write_answer(ticket: &Ticket, count: u32) -> Vec<u8> {
    response(ticket, NtStatus::SUCCESS, 1, |w| {
        WriteResponse {
            count,
            remaining: 0,
        }
        .emit(w)
    })
}

/// STATUS_PENDING with an AsyncId.
pub(crate) fn interim(ticket: &Ticket, async_id: u64) -> Vec<u8> {
    let header = Header {
        target: Target::Async(async_id),
        ..answer_header(ticket, NtStatus::PENDING, 1)
    };
    frame(&header, |w| ErrorResponse::EMPTY.emit(w))
}

/// The same frame, with its one message signed.
pub(crate) fn sign(mut frame: Vec<u8>) -> Vec<u8> {
    let message = &mut frame[FrameHeader::LEN..];
    message[16] |= 8;
    let signature = keys().signing().sign(message, &[]).unwrap();
    message[Header::SIGNATURE].copy_from_slice(&signature);
    frame
}

/// The same frame, encrypted by the server.
pub(crate) fn seal(frame: Vec<u8>) -> Vec<u8> {
    seal_in(SESSION, frame)
}

/// The same, in another session's name.
pub(crate) fn seal_in(session_id: u64, mut frame: Vec<u8>) -> Vec<u8> {
    frame.splice(
        FrameHeader::LEN..FrameHeader::LEN,
        [0; TransformHeader::LEN],
    );
    server_sealing()
        .seal(session_id, &mut frame[FrameHeader::LEN..])
        .unwrap();
    reframe(frame)
}

/// One frame with the messages of several.
pub(crate) fn compound(frames: &[Vec<u8>]) -> Vec<u8> {
    let mut all = vec![0; FrameHeader::LEN];
    for (index, frame) in frames.iter().enumerate() {
        let start = all.len();
        all.extend_from_slice(&frame[FrameHeader::LEN..]);
        if index + 1 < frames.len() {
            all.resize(all.len().next_multiple_of(8) + FrameHeader::LEN, 0);
            let next = u32::try_from(all.len() - start).unwrap();
            all[start..][Header::NEXT_COMMAND].copy_from_slice(&next.to_le_bytes());
        }
    }
    reframe(all)
}

/// A ticket for the first request of a connection.
pub(crate) fn first_ticket(command: Command, session_id: u64) -> Ticket {
    let mut client = Client::fresh(&config());
    client.send(Request {
        session_id,
        tree_id: 0,
        ..request(0, command)
    })
}

/// The message of a frame.
pub(crate) fn message(frame: &[u8]) -> &[u8] {
    let (head, message) = frame.split_first_chunk().unwrap();
    assert_eq!(
        FrameHeader::parse(*head),
        FrameHeader::message(message.len()).unwrap()
    );
    message
}
