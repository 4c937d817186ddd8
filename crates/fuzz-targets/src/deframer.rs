//! The receiver alone: in whatever pieces a stream arrives, it brings the same.

use std::cell::RefCell;
use std::rc::Rc;

use smb_client::SessionKeys;
use smb_client::{
    Answer, ClientError, Config, Connection, Data, Event, Interval, Protection, Receiver, Reply,
    Request, ServerName, SharedTable, Submitted, Time, Token, Want, credit_charge,
};
use smb_crypto::{Key128, SigningAlgorithm, SigningKey};
use smb_wire::netbios::FrameHeader;
use smb_wire::smb2::{Command, EchoResponse, Header, HeaderFlags, Target};
use smb_wire::{Guid, Writer};

const NOW: Time = Time(1);
const SESSION: u64 = 0x19;
const TREE: u32 = 5;

/// The first byte says how many of the next bytes are sizes of pieces, and without any it is byte by byte; the rest is the
/// stream.
pub fn deframer(bytes: &[u8]) {
    let Some((count, rest)) = bytes.split_first() else {
        return;
    };
    let (sizes, stream) = rest.split_at(usize::from(count % 32).min(rest.len()));
    let sizes = if sizes.is_empty() { &[1] } else { sizes };
    let stream = [&credits()[..], stream].concat();
    let whole = hear(&stream, &[]);
    check_places(&stream, &whole.events);
    assert_eq!(whole, hear(&stream, sizes), "in pieces of {sizes:?}");
}

/// What is handed out lies in the stream, each message behind the one before.
fn check_places(stream: &[u8], events: &[Brought]) {
    let mut rest = stream;
    for event in events {
        let (Brought::Answer(_, message, _) | Brought::Break(message)) = event else {
            continue;
        };
        let at = rest.windows(message.len()).position(|part| part == message);
        let at = at.expect("a message that was not sent there");
        rest = &rest[at + message.len()..];
        if let Brought::Answer(_, _, Bytes::Placed(data)) = event {
            rest = rest
                .strip_prefix(&data[..])
                .expect("data from somewhere else");
        }
    }
}

/// What a stream brings, and how it ends.
#[derive(Debug, PartialEq)]
struct Heard {
    events: Vec<Brought>,
    end: Option<ClientError>,
    /// Whose answer was being received.
    held: Option<usize>,
    /// Who got none.
    unanswered: Vec<usize>,
}

#[derive(Debug, PartialEq)]
enum Brought {
    Answer(usize, Vec<u8>, Bytes),
    Forged(usize),
    Break(Vec<u8>),
}

/// A READ's data, in its buffer or within the message.
#[derive(Debug, PartialEq)]
enum Bytes {
    Placed(Vec<u8>),
    Here(Vec<u8>),
}

fn hear(mut stream: &[u8], sizes: &[u8]) -> Heard {
    let table = Table(RefCell::new(connection()));
    let mut receiver = Receiver::<Tok>::new().expect("memory for a receiver");
    let mut sizes = sizes.iter().map(|size| usize::from(*size).max(1)).cycle();
    let mut events = Vec::new();
    let end = loop {
        if stream.is_empty() {
            break None;
        }
        let size = sizes.next().unwrap_or(usize::MAX);
        let count = match receiver.want() {
            Want::Inline(place) => {
                let count = place.len().min(stream.len()).min(size);
                assert!(count > 0, "the receiver wants nothing");
                place[..count].copy_from_slice(&stream[..count]);
                count
            }
            Want::Data { token, offset, len } => {
                let count = len.min(stream.len()).min(size);
                assert!(count > 0, "the receiver wants nothing");
                assert!(offset + len <= token.len, "room that nobody gave");
                token.place(offset, &stream[..count]);
                count
            }
        };
        stream = &stream[count..];
        receiver.received(count).expect("no more than was wanted");
        if let Err(error) = events_of(&mut receiver, &table, &mut events) {
            break Some(error);
        }
        while table.0.borrow_mut().next_queued(NOW).is_some() {}
    };
    let held = receiver.abort().map(|token| token.number);
    let mut connection = table.0.into_inner();
    connection.close();
    let mut unanswered = Vec::new();
    while let Some(token) = connection.next_failed() {
        unanswered.push(token.number);
    }
    let ended = events
        .iter()
        .filter(|event| !matches!(event, Brought::Break(_)));
    assert_eq!(
        ended.count() + usize::from(held.is_some()) + unanswered.len(),
        REQUESTS.len()
    );
    Heard {
        events,
        end,
        held,
        unanswered,
    }
}

fn events_of(
    receiver: &mut Receiver<Tok>,
    table: &Table,
    events: &mut Vec<Brought>,
) -> Result<(), ClientError> {
    while let Some(event) = receiver.next_event(table, NOW)? {
        events.push(match event {
            Event::Answer(Answer {
                token,
                message,
                data,
                ..
            }) => {
                let data = match data {
                    Data::Placed(len) => {
                        let len = usize::try_from(len).expect("32 bits");
                        Bytes::Placed(token.buffer.borrow()[..len].to_vec())
                    }
                    Data::Here(data) => {
                        assert!(data.len() <= token.len, "more data than was asked for");
                        Bytes::Here(data.to_vec())
                    }
                };
                Brought::Answer(token.number, message.to_vec(), data)
            }
            Event::Forged(token) => Brought::Forged(token.number),
            Event::Break(message) => Brought::Break(message.to_vec()),
        });
    }
    Ok(())
}

struct Table(RefCell<Connection<Tok>>);

impl SharedTable<Tok> for Table {
    fn with<R>(&self, work: impl FnOnce(&mut Connection<Tok>) -> R) -> R {
        work(&mut self.0.borrow_mut())
    }
}

#[derive(Debug)]
struct Tok {
    number: usize,
    keys: Option<Rc<SessionKeys>>,
    /// How long the reader's buffer is.
    len: usize,
    /// As much of it as was written to: most of a long one never is.
    buffer: RefCell<Vec<u8>>,
}

impl Tok {
    fn place(&self, offset: usize, data: &[u8]) {
        let mut buffer = self.buffer.borrow_mut();
        let end = offset + data.len();
        let written = buffer.len().max(end);
        buffer.resize(written, 0);
        buffer[offset..end].copy_from_slice(data);
    }
}

impl Token for Tok {
    fn protection(&self) -> Protection<'_> {
        self.keys
            .as_deref()
            .map_or(Protection::None, Protection::Signed)
    }

    fn data(&self, len: usize, each: &mut dyn FnMut(&[u8])) {
        each(&self.buffer.borrow()[..len]);
    }
}

/// The answer to the first request, with credits for all others.
fn credits() -> Vec<u8> {
    let header = Header {
        credits: 512,
        flags: HeaderFlags::SERVER_TO_REDIR,
        target: Target::tree(TREE),
        session_id: SESSION,
        ..Header::request(Command::ECHO, 0)
    };
    let mut buffer = [0; 128];
    let mut writer = Writer::new(&mut buffer);
    let length = FrameHeader::message(Header::LEN + 4).expect("a short frame");
    writer.bytes(&length.to_bytes()).expect("room for a prefix");
    header.emit(&mut writer).expect("room for a header");
    EchoResponse.emit(&mut writer).expect("room for a body");
    writer.written().to_vec()
}

/// What is asked: message ids count from 0, and each request takes as many as it costs.
const REQUESTS: [(Command, Reply, bool); 10] = [
    (Command::ECHO, Reply::Message { max: 0 }, false),
    (Command::READ, Reply::Data { len: 100 }, false),
    (Command::READ, Reply::Data { len: 0 }, false),
    (Command::READ, Reply::Data { len: 100_000 }, false),
    (Command::CREATE, Reply::Message { max: 256 }, false),
    (
        Command::QUERY_DIRECTORY,
        Reply::Message { max: 65536 },
        false,
    ),
    (Command::READ, Reply::Data { len: 64 }, true),
    (Command::LOCK, Reply::Message { max: 0 }, true),
    (Command::IOCTL, Reply::Message { max: 300 }, false),
    (Command::CHANGE_NOTIFY, Reply::Message { max: 300 }, false),
];

thread_local! {
    static KEYS: Rc<SessionKeys> = {
        let key = SigningKey::new(SigningAlgorithm::HmacSha256, &Key128::new([1; 16]));
        Rc::new(SessionKeys::new(key.expect("a key"), None))
    };
}

/// A connection with every kind of request in flight.
fn connection() -> Connection<Tok> {
    let name = ServerName::new(&[0x66]).expect("a short name");
    let config = Config {
        table_capacity: 16,
        ..Config::new(name, Guid([7; 16]))
    };
    let mut connection = Connection::new(&config, NOW).expect("memory for a table");
    connection.set_multi_credit(true);
    let keys = KEYS.with(Rc::clone);
    for (number, (command, reply, signed)) in REQUESTS.into_iter().enumerate() {
        let len = match reply {
            Reply::Data { len } => len,
            Reply::Message { .. } => 0,
        };
        let request = Request {
            command,
            token: Tok {
                number,
                keys: signed.then(|| Rc::clone(&keys)),
                len: usize::try_from(len).expect("32 bits"),
                buffer: RefCell::default(),
            },
            charge: credit_charge(len),
            timeout: Interval::from_secs(10),
            pended_timeout: None,
            session_id: SESSION,
            tree_id: TREE,
            reply,
        };
        let submitted = connection.submit(request, NOW).expect("room for a request");
        // A new connection has one credit, so the others wait for those that the first answer brings.
        assert_eq!(matches!(submitted, Submitted::Send(_)), number == 0);
    }
    connection
}
