//! A client and its user, with everything they may rely on checked at each step.

mod asking;
mod opening;
mod receiving;
mod timing;

use std::collections::BTreeSet;
use std::rc::Rc;

use smb_client::{
    CancelTarget, Cancelled, Config, Connection, Direction, ExchangeId, Logon, Negotiated,
    Negotiation, Outcome, Receiver, Session, Time, Transfer, encode,
};
use smb_wire::NtStatus;

use super::request::{Part, What};
use super::server::Server;
use super::table::Shared;
use super::token::{Guard, Tok};
use timing::Due;

/// One request from its submission to its one completion.
#[derive(Debug)]
struct Record {
    what: What,
    guard: Guard,
    tree_id: u32,
    id: Option<ExchangeId>,
    message_id: Option<u64>,
    is_complete: bool,
    /// The server may still answer it.
    is_open: bool,
    due: Due,
}

/// A read or write of any size.
#[derive(Debug)]
struct Operation {
    direction: Direction,
    len: u64,
    transfer: Transfer<NtStatus>,
    tree: (u32, Guard),
    given_up: bool,
}

/// What opens the connection or a session, as far as it has come.
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
    /// Those that have not ended.
    awaited: BTreeSet<usize>,
    operations: Vec<Operation>,
    /// Ids of trees, and what protects what is asked in them.
    trees: Vec<(u32, Guard)>,
    /// Which of them is used.
    tree: usize,
    anonymous: bool,
    /// What the client believes was negotiated is not all the server's.
    negotiation_changed: bool,
    /// Nor is the challenge.
    logon_changed: bool,
    /// An ECHO had no answer in time.
    missed_echo: bool,
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
            awaited: BTreeSet::new(),
            operations: Vec::new(),
            trees: Vec::new(),
            tree: 0,
            anonymous,
            negotiation_changed: false,
            logon_changed: false,
            missed_echo: false,
            received: 0,
        }
    }

    /// The tree that is used, if there is any.
    fn tree(&self) -> Option<(u32, Guard)> {
        let index = self.tree.checked_rem(self.trees.len())?;
        self.trees.get(index).cloned()
    }

    /// Uses another of the trees.
    pub const fn choose_tree(&mut self, tree: usize) {
        self.tree = tree;
    }

    fn newest_session(&self) -> Option<Rc<Session>> {
        self.table.sessions.borrow().last().cloned()
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
                self.send_cancel(number, &target);
                self.records[number].due.cancelled(self.now);
            }
            Cancelled::TooLate => {}
        }
    }

    /// Gives a READ up without waiting for the server's word.
    pub fn abandon(&mut self, number: usize) {
        let Some(record) = self.records.get(number) else {
            return;
        };
        let (What::Read(part), Some(id)) = (record.what, record.id) else {
            return;
        };
        self.operations[part.transfer].given_up = true;
        let Some((token, target)) = self.table.connection.get_mut().abandon(id) else {
            return;
        };
        assert_eq!(token.number, number);
        if let Some(target) = target {
            self.send_cancel(number, &target);
        }
        self.failed(token);
    }

    fn send_cancel(&mut self, number: usize, target: &CancelTarget) {
        let record = &self.records[number];
        assert_eq!(record.message_id, Some(target.message_id));
        let mut out = [0; 256];
        let protection = record.guard.protection();
        if let Ok(len) = encode::cancel(&mut out, target, protection) {
            self.server.receive(&out[..len]);
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
        let what = self.records[token.number].what;
        match what {
            What::Read(part) | What::Write(part) => {
                self.part_done(part, Outcome::Failed(NtStatus::CANCELLED));
            }
            What::Logon if matches!(self.stage, Stage::LoggingOn(_)) => self.stage = Stage::Ready,
            _ => self.left(what, &token),
        }
    }

    fn complete(&mut self, number: usize) {
        let record = &mut self.records[number];
        assert!(
            !record.is_complete,
            "request {number} ended twice: {record:?}"
        );
        record.is_complete = true;
        self.awaited.remove(&number);
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
        !self.trees.is_empty()
    }

    #[cfg(test)]
    pub fn is_sealed(&self) -> bool {
        let session = self.newest_session();
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
