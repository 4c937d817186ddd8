//! A server that answers in any order, as well as its [`Manners`] let it, and checks what it is asked.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};

use nt::machine::{self, choose};
use nt::net::Wire;
use smb_wire::netbios::FrameHeader;
use smb_wire::smb2::{
    Capabilities, Command, Dialect, EchoResponse, ErrorResponse, FlushResponse, Header,
    HeaderFlags, NegotiateResponse, ReadRequest, ReadResponse, SecurityMode, Target, WriteRequest,
    WriteResponse,
};
use smb_wire::{EmitError, Guid, List, NtStatus, Writer};

/// How a server behaves.
#[derive(Clone, Copy, Debug)]
pub struct Manners {
    /// How many credits it lets the client have in all.
    pub credits: u16,
    /// Whether it answers.
    pub answers: Answers,
    /// Whether it may say first that an answer will take longer.
    pub pends: bool,
    /// Whether it gives up what it is asked to give up, as far as it likes.
    pub cancels: bool,
    /// How long it may think before an answer, in units of 100 ns.
    pub thinks: u64,
}

impl Manners {
    /// A server that answers everything at once.
    pub const GOOD: Self = Self {
        credits: 8,
        answers: Answers::All,
        pends: false,
        cancels: false,
        thinks: 0,
    };
}

/// What a server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answers {
    /// Everything.
    All,
    /// What it likes to.
    Some,
    /// So many requests.
    First(usize),
    /// Everything but this.
    Not(Command),
    /// Nothing.
    Nothing,
}

/// What a file of the server has at a place.
#[must_use]
pub fn content(offset: u64) -> u8 {
    u8::try_from(offset.wrapping_mul(7) % 251).unwrap_or(0)
}

const GREETING_CREDITS: u16 = 1;
/// Other than those that follow.
const ASYNC_ID: u64 = 0x77;
const FILE: usize = 4096;

/// The server's side of a connection.
pub struct Server {
    wire: Arc<Wire>,
    manners: Manners,
    state: Mutex<State>,
}

struct State {
    /// Taken, and not answered.
    pending: Vec<Asked>,
    /// Taken, and never answered.
    held: Vec<Asked>,
    /// All that were ever seen.
    seen: BTreeSet<u64>,
    /// Message ids up to here may be used.
    window: u64,
    next_async_id: u64,
    answered: usize,
    /// What was written.
    file: Vec<Option<u8>>,
}

struct Asked {
    header: Header,
    message: Vec<u8>,
    async_id: Option<u64>,
}

impl Server {
    /// A server that has negotiated already.
    #[must_use]
    pub fn new(wire: &Arc<Wire>, manners: Manners) -> Arc<Self> {
        Arc::new(Self {
            wire: Arc::clone(wire),
            manners,
            state: Mutex::new(State {
                pending: Vec::new(),
                held: Vec::new(),
                seen: BTreeSet::from([0]),
                window: 1 + u64::from(GREETING_CREDITS.max(manners.credits)),
                next_async_id: ASYNC_ID,
                answered: 0,
                file: vec![None; FILE],
            }),
        })
    }

    /// What was written from a place on, as far as the server has it.
    #[must_use]
    pub fn written(&self, offset: usize, length: usize) -> Vec<Option<u8>> {
        self.lock().file[offset..offset + length].to_vec()
    }

    /// How many requests have come, without the NEGOTIATE.
    #[must_use]
    pub fn asked(&self) -> usize {
        self.lock().seen.len() - 1
    }

    /// Says of something that it never answers that it will take longer, whether it has said so or not.
    pub fn pend_again(&self) {
        let Some(mut asked) = self.lock().held.pop() else {
            return;
        };
        // Credits come with the first one only.
        let says_so_again = asked.async_id.is_some();
        asked.async_id.get_or_insert(ASYNC_ID);
        if says_so_again {
            asked.header.credit_charge = 0;
        }
        self.say(&asked, NtStatus::PENDING, |writer| {
            ErrorResponse::EMPTY.emit(writer)
        });
        self.lock().held.push(asked);
    }

    /// Answers until nothing can come any more.
    pub fn serve(&self) {
        loop {
            if self.is_idle() || (self.wire.has_frame() && choose(2) == 0) {
                match self.wire.next_frame() {
                    Some(frame) => self.take(&frame),
                    None => break,
                }
            } else {
                self.think();
                self.answer_one();
            }
        }
        // Sees that the client has gone.
        self.wire.hang_up();
    }

    fn is_idle(&self) -> bool {
        let state = self.lock();
        let has_enough = match self.manners.answers {
            Answers::Nothing => true,
            Answers::First(count) => state.answered >= count,
            Answers::All | Answers::Some | Answers::Not(_) => false,
        };
        has_enough || state.pending.is_empty()
    }

    fn think(&self) {
        if self.manners.thinks > 0 && choose(2) == 0 {
            machine::sleep(self.manners.thinks);
        }
    }

    /// Takes a request, and checks it as a strict server would.
    fn take(&self, frame: &[u8]) {
        let message = &frame[FrameHeader::LEN..];
        let header = Header::parse(message).expect("a sound header");
        if header.command == Command::CANCEL {
            return self.cancel(&header);
        }
        let mut state = self.lock();
        let charge = u64::from(header.credit_charge.max(1));
        for id in header.message_id..header.message_id + charge {
            assert!(state.seen.insert(id), "message id {id} twice");
            assert!(id < state.window, "message id {id} without a credit");
        }
        if header.command == Command::WRITE {
            let write = WriteRequest::parse(message).expect("a sound WRITE");
            for (place, &byte) in (write.head.offset..).zip(write.data) {
                let place = usize::try_from(place).expect("within the file");
                state.file[place] = Some(byte);
            }
        }
        let asked = Asked {
            header,
            message: message.to_vec(),
            async_id: None,
        };
        if self.manners.answers == Answers::Not(header.command) {
            state.held.push(asked);
        } else {
            state.pending.push(asked);
        }
    }

    fn cancel(&self, cancel: &Header) {
        if !self.manners.cancels || choose(3) == 0 {
            return;
        }
        let asked = {
            let mut state = self.lock();
            let index = state
                .pending
                .iter()
                .position(|asked| match cancel.async_id() {
                    Some(id) => asked.async_id == Some(id),
                    None => asked.header.message_id == cancel.message_id,
                });
            index.map(|index| state.pending.swap_remove(index))
        };
        if let Some(asked) = asked {
            self.say(&asked, NtStatus::CANCELLED, |writer| {
                ErrorResponse::EMPTY.emit(writer)
            });
        }
    }

    fn answer_one(&self) {
        let asked = {
            let mut state = self.lock();
            let count = state.pending.len();
            if count == 0 {
                return;
            }
            let mut asked = state.pending.swap_remove(choose(count));
            if self.manners.answers == Answers::Some && choose(3) == 0 {
                // Never.
                return;
            }
            if self.manners.pends && asked.async_id.is_none() && choose(2) == 0 {
                state.next_async_id += 1;
                asked.async_id = Some(state.next_async_id);
                drop(state);
                self.say(&asked, NtStatus::PENDING, |writer| {
                    ErrorResponse::EMPTY.emit(writer)
                });
                self.lock().pending.push(asked);
                return;
            }
            state.answered += 1;
            asked
        };
        match asked.header.command {
            Command::READ => {
                let read = ReadRequest::parse(&asked.message).expect("a sound READ");
                let data: Vec<u8> = (0..u64::from(read.length))
                    .map(|place| content(read.offset + place))
                    .collect();
                let response = ReadResponse {
                    data_remaining: 0,
                    flags: 0,
                    data: &data,
                };
                self.say(&asked, NtStatus::SUCCESS, |writer| response.emit(writer));
            }
            Command::WRITE => {
                let write = WriteRequest::parse(&asked.message).expect("a sound WRITE");
                let response = WriteResponse {
                    count: write.head.length,
                    remaining: 0,
                };
                self.say(&asked, NtStatus::SUCCESS, |writer| response.emit(writer));
            }
            Command::ECHO => self.say(&asked, NtStatus::SUCCESS, |writer| {
                EchoResponse.emit(writer)
            }),
            Command::FLUSH => self.say(&asked, NtStatus::SUCCESS, |writer| {
                FlushResponse.emit(writer)
            }),
            command => panic!("{command:?} is not asked here"),
        }
    }

    /// Sends an answer, which gives the request's credits back if none before it has.
    fn say(
        &self,
        asked: &Asked,
        status: NtStatus,
        body: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>,
    ) {
        let is_first = status == NtStatus::PENDING || asked.async_id.is_none();
        let credits = match is_first {
            true => asked.header.credit_charge.max(1),
            false => 0,
        };
        let mut header = Header {
            credits,
            flags: HeaderFlags::SERVER_TO_REDIR,
            ..Header::response(&asked.header, status)
        };
        if let Some(id) = asked.async_id {
            header.target = Target::Async(id);
        }
        self.lock().window += u64::from(credits);
        self.wire.say(&frame(&header, body));
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("one thread runs at a time")
    }
}

/// The answer to a NEGOTIATE.
///
/// # Panics
/// If it was none.
#[must_use]
pub fn greet(asked: &[u8], credits: u16) -> Vec<u8> {
    let asked = Header::parse(&asked[FrameHeader::LEN..]).expect("a sound NEGOTIATE");
    let response = NegotiateResponse {
        security_mode: SecurityMode::SIGNING_ENABLED,
        dialect: Dialect::SMB2_1,
        server_guid: Guid([9; 16]),
        capabilities: Capabilities::LARGE_MTU,
        max_transact_size: 65536,
        max_read_size: 1 << 20,
        max_write_size: 1 << 20,
        system_time: 0,
        server_start_time: 0,
        security_buffer: &[],
        contexts: List::default(),
    };
    let header = Header {
        credits: credits.max(GREETING_CREDITS),
        ..Header::response(&asked, NtStatus::SUCCESS)
    };
    frame(&header, |writer| response.emit(writer))
}

fn frame(header: &Header, body: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>) -> Vec<u8> {
    let mut buffer = vec![0; 1 << 18];
    let mut writer = Writer::new(&mut buffer);
    header.emit(&mut writer).expect("room");
    body(&mut writer).expect("room");
    let length = writer.position();
    let prefix = FrameHeader::message(length).expect("short").to_bytes();
    [&prefix[..], &buffer[..length]].concat()
}
