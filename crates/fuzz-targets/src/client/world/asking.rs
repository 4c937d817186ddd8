//! What the user asks for, and how it goes out.

use std::rc::Rc;

use smb_client::{ClientError, Direction, Request, Submitted, Ticket, Transfer, credit_charge};

use super::timing::Due;
use super::{Operation, Record, Stage, World};
use crate::client::request::{Part, What, compound};
use crate::client::token::{Buffer, Guard, Tok};

/// How many parts a transfer has in flight.
const DEPTH: u32 = 4;

impl World {
    /// Asks for something in the tree; for nothing if there is none.
    pub fn ask(&mut self, what: What) {
        if let Some((tree_id, guard)) = self.tree() {
            let guard = match (what, guard) {
                (What::Check, Guard::Session(session)) => Guard::Always(session),
                (_, guard) => guard,
            };
            self.submit(what, guard, tree_id);
        }
    }

    /// Asks for several things at once, the later ones with the handle of the first, if there are credits for all of them.
    pub fn ask_together(&mut self, parts: &[What]) {
        let Some((tree_id, guard)) = self.tree() else {
            return;
        };
        let connection = self.table.connection.get_mut();
        let charge = u32::try_from(parts.len()).expect("a few");
        if !connection.can_send(parts.len(), charge) {
            return;
        }
        assert!(charge <= connection.available_credits());
        let mut tickets = Vec::new();
        for what in parts {
            let number = self.enter_record(*what, guard.clone(), tree_id);
            let submitted = self.offer(number, *what, guard.clone(), tree_id);
            let Some(Submitted::Send(ticket)) = submitted else {
                panic!("what can be sent is not: {submitted:?}");
            };
            self.records[number].message_id = Some(ticket.message_id);
            tickets.push((*what, ticket));
        }
        match compound(&tickets, guard.protection()) {
            Ok(frame) => self.server.receive(&frame),
            Err(_) => self.fail(),
        }
    }

    pub fn echo(&mut self) {
        // What opens the connection is the first to be said: SMB1's opener has no message id but stands for the first.
        if matches!(self.stage, Stage::Fresh) {
            return;
        }
        self.submit(What::Echo, Guard::None, 0);
    }

    /// Ends the newest session.
    pub fn log_off(&mut self) {
        if let Some(session) = self.newest_session() {
            self.submit(What::LogOff, Guard::Session(session), 0);
        }
    }

    /// Begins a read or write.
    pub fn transfer(&mut self, direction: Direction, offset: u64, len: u64) {
        let (Some(negotiated), Some(tree)) = (self.negotiated, self.tree()) else {
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
            tree,
            given_up: false,
        });
        self.ask_more(self.operations.len() - 1);
    }

    pub(super) fn ask_more(&mut self, index: usize) {
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
            let (tree_id, guard) = operation.tree.clone();
            self.submit(what, guard, tree_id);
        }
    }

    pub(super) fn submit(&mut self, what: What, guard: Guard, tree_id: u32) {
        let number = self.enter_record(what, guard.clone(), tree_id);
        if let Some(Submitted::Send(ticket)) = self.offer(number, what, guard, tree_id) {
            self.send(number, &ticket);
        }
    }

    fn enter_record(&mut self, what: What, guard: Guard, tree_id: u32) -> usize {
        let number = self.records.len();
        let pended = (!what.waits()).then_some(self.config.pended_timeout);
        self.records.push(Record {
            what,
            guard,
            tree_id,
            id: None,
            message_id: None,
            is_complete: false,
            is_open: true,
            due: Due::new(what, self.config.request_timeout, pended, self.now),
        });
        self.awaited.insert(number);
        number
    }

    /// Offers a request to the table. A refused one has ended.
    fn offer(
        &mut self,
        number: usize,
        what: What,
        guard: Guard,
        tree_id: u32,
    ) -> Option<Submitted> {
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
            guard,
            buffer: Rc::new(Buffer::new(buffer)),
        };
        let request = Request {
            command: what.command(),
            token,
            charge: match multi_credit {
                true => credit_charge(what.payload()),
                false => 1,
            },
            timeout: self.config.request_timeout,
            pended_timeout: (!what.waits()).then_some(self.config.pended_timeout),
            session_id,
            tree_id,
            reply: what.reply(),
        };
        match self.table.connection.get_mut().submit(request, self.now) {
            Ok(submitted) => {
                let (Submitted::Send(Ticket { id, .. }) | Submitted::Queued(id)) = submitted;
                self.records[number].id = Some(id);
                Some(submitted)
            }
            Err(refused) => {
                assert_eq!(refused.token.number, number);
                self.failed(refused.token);
                None
            }
        }
    }

    pub(super) fn send_queued(&mut self) {
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
        let record = &mut self.records[number];
        record.message_id = Some(ticket.message_id);
        record.due.sent(self.now);
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
}
