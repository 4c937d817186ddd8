//! A client and its user, with everything they may rely on checked at each step.

use std::rc::Rc;

use smb_client::{
    Answer, Cancelled, ClientError, Config, Connection, Data, Direction, Event, Expired, Failure,
    Identity, Interval, KeepAlive, Logon, LogonStep, Negotiated, Negotiation, NegotiationStep,
    NtlmRandom, Outcome, Receiver, Request, Session, SigningPolicy, Submitted, Ticket, Time,
    Transfer, TreeConnect, Want, encode,
};
use smb_client::{DialectCheck, EncryptionPolicy, ExchangeId, Reply, credit_charge};
use smb_crypto::{Key128, NtHash};
use smb_wire::NtStatus;
use smb_wire::smb2::{Command, Header};

use super::request::{Part, What};
use super::server::{PASSWORD, Server};
use super::table::Shared;
use super::token::{Buffer, Guard, Tok};

/// How many parts a transfer has in flight.
const DEPTH: u32 = 4;
/// What a server may make a client hold on top of what was asked for.
const UNASKED: u64 = 64 * 1024 + 2048;

/// One request from its submission to its one completion.
#[derive(Debug)]
struct Record {
    what: What,
    guard: Guard,
    id: Option<ExchangeId>,
    is_complete: bool,
    /// The server may still answer it.
    is_open: bool,
}

/// A read or write of any size.
#[derive(Debug)]
struct Operation {
    direction: Direction,
    len: u64,
    transfer: Transfer<NtStatus>,
    given_up: bool,
}

/// What opens the connection, as far as it has come.
#[derive(Debug)]
enum Stage {
    Fresh,
    Negotiating(Negotiation),
    Ready,
    LoggingOn(Box<Logon>),
    Ended,
}

pub struct World {
    pub server: Server,
    pub now: Time,
    config: Config,
    table: Shared,
    receiver: Option<Receiver<Tok>>,
    stage: Stage,
    negotiated: Option<Negotiated>,
    records: Vec<Record>,
    operations: Vec<Operation>,
    session: Option<Rc<Session>>,
    /// The tree's id and what protects what is asked in it.
    tree: Option<(u32, Guard)>,
    anonymous: bool,
    /// Bytes received so far.
    received: u64,
}

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
    pub fn new(config: Config, server: Server, anonymous: bool) -> Self {
        let now = Time(1_000_000_000);
        let connection = Connection::new(&config, now).expect("memory for a table");
        Self {
            server,
            now,
            config,
            table: Shared::new(connection),
            receiver: Some(Receiver::new().expect("memory for a receiver")),
            stage: Stage::Fresh,
            negotiated: None,
            records: Vec::new(),
            operations: Vec::new(),
            session: None,
            tree: None,
            anonymous,
            received: 0,
        }
    }

    /// Begins whatever step comes next in opening the connection.
    pub fn step(&mut self) {
        match self.stage {
            Stage::Fresh => {
                self.stage = Stage::Negotiating(Negotiation::new([7; 32]));
                self.submit(What::Negotiate, Guard::None, 0);
            }
            Stage::Ready if self.session.is_none() => self.log_on(),
            Stage::Ready => self.connect_tree(),
            Stage::Negotiating(_) | Stage::LoggingOn(_) | Stage::Ended => {}
        }
    }

    fn log_on(&mut self) {
        let negotiated = self.negotiated.expect("negotiated before");
        let units = |text: &str| text.encode_utf16().collect::<Vec<_>>();
        let identity = if self.anonymous {
            Identity::anonymous()
        } else {
            let hash = NtHash::from_password(&units(PASSWORD)).expect("a hash");
            Identity::user(&units("ann"), &units("EXAMPLE"), &units("WS1"), hash)
                .expect("short names")
        };
        let random = NtlmRandom {
            client_challenge: [5; 8],
            session_key: Key128::new([6; 16]),
            filetime: 77,
        };
        if let Ok(logon) = Logon::new(&self.config, &negotiated, identity, random) {
            self.stage = Stage::LoggingOn(Box::new(logon));
            self.submit(What::Logon, Guard::None, 0);
        }
    }

    fn connect_tree(&mut self) {
        if let Some(session) = self.session.clone() {
            self.submit(What::Tree, Guard::Always(session), 0);
        }
    }

    /// Asks for something in the tree; for nothing if there is none.
    pub fn ask(&mut self, what: What) {
        if let Some((tree_id, guard)) = self.tree.clone() {
            let guard = match (what, guard) {
                (What::Check, Guard::Session(session)) => Guard::Always(session),
                (_, guard) => guard,
            };
            self.submit(what, guard, tree_id);
        }
    }

    pub fn echo(&mut self) {
        self.submit(What::Echo, Guard::None, 0);
    }

    /// Begins a read or write.
    pub fn transfer(&mut self, direction: Direction, offset: u64, len: u64) {
        let (Some(negotiated), true) = (self.negotiated, self.tree.is_some()) else {
            return;
        };
        let most = match direction {
            Direction::Read => negotiated.max_read,
            Direction::Write => negotiated.max_write,
        };
        let affordable = self.table.connection.get_mut().affordable_charge();
        let chunk = most.min(u32::from(affordable) * 65536);
        self.operations.push(Operation {
            direction,
            len,
            transfer: Transfer::new(direction, offset, len, chunk),
            given_up: false,
        });
        self.ask_more(self.operations.len() - 1);
    }

    fn ask_more(&mut self, index: usize) {
        loop {
            let operation = &mut self.operations[index];
            if operation.given_up || operation.transfer.in_flight() >= DEPTH {
                return;
            }
            let Some(chunk) = operation.transfer.next_chunk() else {
                return;
            };
            assert!(chunk.position + u64::from(chunk.len) <= operation.len);
            let part = Part {
                transfer: index,
                chunk,
            };
            let what = match operation.direction {
                Direction::Read => What::Read(part),
                Direction::Write => What::Write(part),
            };
            let (tree_id, guard) = self.tree.clone().expect("a transfer has a tree");
            self.submit(what, guard, tree_id);
        }
    }

    fn submit(&mut self, what: What, guard: Guard, tree_id: u32) {
        let number = self.records.len();
        let buffer = match what {
            What::Read(part) => usize::try_from(part.chunk.len).expect("32 bits"),
            _ => 0,
        };
        let session_id = match &self.stage {
            Stage::LoggingOn(logon) if what == What::Logon => logon.session_id(),
            _ => guard.session_id(),
        };
        let multi_credit = self.negotiated.is_some_and(|agreed| agreed.multi_credit);
        let token = Tok {
            number,
            guard: guard.clone(),
            buffer: Rc::new(Buffer::new(buffer)),
        };
        self.records.push(Record {
            what,
            guard,
            id: None,
            is_complete: false,
            is_open: true,
        });
        let request = Request {
            command: what.command(),
            token,
            charge: if multi_credit {
                credit_charge(what.payload())
            } else {
                1
            },
            timeout: self.config.request_timeout,
            pended_timeout: (!what.waits()).then_some(self.config.pended_timeout),
            session_id,
            tree_id,
            reply: what.reply(),
        };
        let submitted = self.table.connection.get_mut().submit(request, self.now);
        match submitted {
            Ok(Submitted::Send(ticket)) => {
                self.records[number].id = Some(ticket.id);
                self.send(number, &ticket);
            }
            Ok(Submitted::Queued(id)) => self.records[number].id = Some(id),
            Err(refused) => {
                assert_eq!(refused.token.number, number);
                self.failed(refused.token);
            }
        }
    }

    fn send_queued(&mut self) {
        loop {
            let connection = self.table.connection.get_mut();
            let Some((ticket, token)) = connection.next_queued(self.now) else {
                return;
            };
            let number = token.number;
            self.send(number, &ticket);
        }
    }

    /// Has the server get the request. One that cannot be written ends the connection: its message id is taken.
    fn send(&mut self, number: usize, ticket: &Ticket) {
        let record = &self.records[number];
        let mut out = vec![0; 2048];
        let written = match (record.what, &mut self.stage) {
            (What::Negotiate, Stage::Negotiating(machine)) => {
                machine.request(&self.config, ticket, &mut out)
            }
            (What::Logon, Stage::LoggingOn(machine)) => {
                machine.request(&self.config, ticket, &mut out)
            }
            (What::Negotiate | What::Logon, _) => Err(ClientError::OutOfOrder),
            (what, _) => {
                let bytes = what.encode(&self.config, ticket, record.guard.protection());
                bytes.map(|bytes| {
                    out = bytes;
                    out.len()
                })
            }
        };
        match written {
            Ok(len) => self.server.receive(&out[..len]),
            Err(_) => self.fail(),
        }
    }

    /// Cancels a request, or the transfer that it is part of.
    pub fn cancel(&mut self, number: usize) {
        let Some(record) = self.records.get(number) else {
            return;
        };
        if let What::Read(part) | What::Write(part) = record.what {
            self.operations[part.transfer].given_up = true;
        }
        let connection = self.table.connection.get_mut();
        let found = connection.find(|token: &Tok| token.number == number);
        let Some(id) = found.or(record.id) else {
            return;
        };
        match connection.cancel(id, self.now) {
            Cancelled::Unsent(token) => {
                assert_eq!(token.number, number);
                self.failed(token);
            }
            Cancelled::Send(target) => {
                let mut out = [0; 256];
                let protection = record.guard.protection();
                if let Ok(len) = encode::cancel(&mut out, &target, protection) {
                    self.server.receive(&out[..len]);
                }
            }
            Cancelled::TooLate => {}
        }
    }

    /// Lets time pass.
    pub fn wait(&mut self, interval: Interval) {
        self.now = self.now.after(interval);
        let mut patience = self.records.len();
        loop {
            let expired = self.table.connection.get_mut().expire(self.now);
            let Some(Expired {
                token,
                command,
                sent,
            }) = expired
            else {
                break;
            };
            patience = patience
                .checked_sub(1)
                .expect("more expired than were asked");
            let is_fatal = matches!(
                command,
                Command::NEGOTIATE
                    | Command::CREATE
                    | Command::TREE_CONNECT
                    | Command::SESSION_SETUP
            );
            self.failed(token);
            if sent && is_fatal {
                self.fail();
            }
        }
        self.send_queued();
        let alive = self.table.connection.get_mut().keep_alive(self.now);
        match alive {
            KeepAlive::Fine => {}
            KeepAlive::EchoDue => self.echo(),
            KeepAlive::Dead => self.fail(),
        }
    }

    /// Ends the connection.
    pub fn fail(&mut self) {
        self.stage = Stage::Ended;
        let receiver = self.receiver.take();
        self.table.connection.get_mut().close();
        if let Some(token) = receiver.and_then(Receiver::abort) {
            self.failed(token);
        }
        while let Some(token) = self.next_failed() {
            self.failed(token);
        }
    }

    fn next_failed(&mut self) -> Option<Tok> {
        self.table.connection.get_mut().next_failed()
    }

    /// Ends everything, and looks whether all of it ended.
    pub fn finish(mut self) {
        self.fail();
        for (number, record) in self.records.iter().enumerate() {
            assert!(
                record.is_complete,
                "request {number} was forgotten: {record:?}"
            );
        }
        for operation in &self.operations {
            assert_eq!(operation.transfer.in_flight(), 0, "{operation:?}");
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
                Err(_) => self.fail(),
            }
        }
    }

    fn got(&mut self, got: Got) {
        match got {
            Got::Break => {}
            Got::Forged(token) => {
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
        assert_eq!(header.command, what.command());
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
        match what {
            What::Read(part) => {
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
                        Ok(count) => Outcome::Done(count),
                        Err(_) => Outcome::Failed(NtStatus::INVALID_NETWORK_RESPONSE),
                    },
                    other => Outcome::Failed(other),
                };
                self.complete(token.number);
                self.part_done(part, outcome);
            }
            _ => {
                self.complete(token.number);
                self.opened(what, message);
            }
        }
    }

    /// Whoever protects a request hears only what the server said under its keys.
    fn check_origin(&self, token: &Tok, header: &Header, message: &[u8], data: &GotData) {
        if !token.guard.is_protected() || header.status == NtStatus::USER_SESSION_DELETED {
            return;
        }
        let whole = match data {
            GotData::Placed(len) => &[message, &token.buffer.front(*len)].concat(),
            GotData::Here(_) => message,
        };
        let is_it = |said: &Vec<u8>| said.windows(whole.len()).any(|part| part == whole);
        assert!(
            self.server.authentic.iter().rev().any(is_it),
            "nobody with the keys said {message:02x?}"
        );
    }

    /// Goes on with opening the connection.
    fn opened(&mut self, what: What, message: &[u8]) {
        match (what, std::mem::replace(&mut self.stage, Stage::Ready)) {
            (_, Stage::Ended) => self.stage = Stage::Ended,
            (What::Negotiate, Stage::Negotiating(mut machine)) => {
                match machine.reply(&self.config, message) {
                    Ok(NegotiationStep::Again) => {
                        self.stage = Stage::Negotiating(machine);
                        self.submit(What::Negotiate, Guard::None, 0);
                    }
                    Ok(NegotiationStep::Done(negotiated)) => self.agree(negotiated),
                    Err(_) => self.fail(),
                }
            }
            (What::Logon, Stage::LoggingOn(mut machine)) => {
                match machine.reply(&self.config, message) {
                    Ok(LogonStep::Again) => {
                        self.stage = Stage::LoggingOn(machine);
                        self.submit(What::Logon, Guard::None, 0);
                    }
                    Ok(LogonStep::Done(session)) => self.welcome(session),
                    Err(_) => {}
                }
            }
            (What::Tree, stage) => {
                self.stage = stage;
                self.enter(message);
            }
            (What::Check, stage) => {
                self.stage = stage;
                let negotiated = self.negotiated.expect("negotiated before");
                if let Err(Failure::Client(_)) = DialectCheck::reply(&negotiated, message) {
                    self.fail();
                }
            }
            (_, stage) => self.stage = stage,
        }
    }

    fn agree(&mut self, negotiated: Negotiated) {
        assert!((self.config.min_dialect..=self.config.max_dialect).contains(&negotiated.dialect));
        assert!(self.config.signing != SigningPolicy::Required || negotiated.signing_required);
        if let Some(receiver) = &mut self.receiver {
            receiver.set_limits(&negotiated);
        }
        let connection = self.table.connection.get_mut();
        connection.set_multi_credit(negotiated.multi_credit);
        self.negotiated = Some(negotiated);
    }

    /// Nobody gets less than the settings demand.
    fn welcome(&mut self, session: Session) {
        if session.keys().is_none() {
            assert!(session.guest && self.config.allow_guest || session.anonymous);
            assert!(!session.anonymous || self.config.allow_anonymous);
            assert_eq!(self.config.signing, SigningPolicy::Enabled);
        }
        if self.config.encryption == EncryptionPolicy::Required {
            assert!(session.protection().is_sealed());
        }
        let session = Rc::new(session);
        *self.table.session.get_mut() = Some(Rc::clone(&session));
        self.session = Some(session);
    }

    fn enter(&mut self, message: &[u8]) {
        let (Ok(tree), Some(session)) = (TreeConnect::reply(message), self.session.clone()) else {
            return;
        };
        let guard = if !tree.must_be_sealed() {
            Guard::Session(session)
        } else if session.sealing().is_ok() {
            Guard::Sealed(session)
        } else {
            return;
        };
        self.tree = Some((tree.id, guard));
    }

    /// The request ends without an answer.
    fn failed(&mut self, token: Tok) {
        token.buffer.check_margins();
        self.complete(token.number);
        if let What::Read(part) | What::Write(part) = self.records[token.number].what {
            self.part_done(part, Outcome::Failed(NtStatus::CANCELLED));
        }
    }

    fn complete(&mut self, number: usize) {
        let record = &mut self.records[number];
        assert!(
            !record.is_complete,
            "request {number} ended twice: {record:?}"
        );
        record.is_complete = true;
    }

    fn part_done(&mut self, part: Part, outcome: Outcome<NtStatus>) {
        let operation = &mut self.operations[part.transfer];
        operation.transfer.done(part.chunk, outcome);
        if operation.transfer.is_finished() {
            assert!(operation.transfer.transferred() <= operation.len);
        }
        self.ask_more(part.transfer);
    }

    /// How many requests there were.
    pub const fn requests(&self) -> usize {
        self.records.len()
    }

    #[cfg(test)]
    pub const fn has_tree(&self) -> bool {
        self.tree.is_some()
    }

    #[cfg(test)]
    pub fn is_sealed(&self) -> bool {
        let session = self.session.as_ref();
        session.is_some_and(|session| session.protection().is_sealed())
    }

    /// How far each read and write came that has ended.
    #[cfg(test)]
    pub fn transferred(&self) -> Vec<u64> {
        let ended = |operation: &&Operation| operation.transfer.is_finished();
        let operations = self.operations.iter().filter(ended);
        operations
            .map(|operation| operation.transfer.transferred())
            .collect()
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
        Event::Break(_) => Got::Break,
    }
}
