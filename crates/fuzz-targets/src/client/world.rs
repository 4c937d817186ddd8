//! A client and its user, with everything they may rely on checked at each step.

mod opening;
mod receiving;

use std::rc::Rc;

use smb_client::{
    Cancelled, ClientError, Config, Connection, Direction, ExchangeId, Expired, Interval,
    KeepAlive, Logon, Negotiated, Negotiation, Outcome, Receiver, Request, Session, Submitted,
    Ticket, Time, Transfer, credit_charge, encode,
};
use smb_wire::NtStatus;
use smb_wire::smb2::Command;

use super::request::{Part, What};
use super::server::Server;
use super::table::Shared;
use super::token::{Buffer, Guard, Tok};

/// How many parts a transfer has in flight.
const DEPTH: u32 = 4;

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
