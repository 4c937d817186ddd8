//! From the outcomes of requests to the frame that tells them: credits, signatures and seals, interim replies, delays.

use std::sync::Arc;
use std::time::Instant;

use smb_wire::NtStatus;
use smb_wire::smb2::{Command, Header, HeaderFlags, ReadRequest, Target, WriteRequest};

use super::Current;
use crate::answer::{Answer, Part};
use crate::commands::{Failure, Hangup, Outcome, Request, Starter};
use crate::connection::Connection;
use crate::connection::pending::Pending;
use crate::faults::Plan;
use crate::frame::Frame;
use crate::observer::Served;
use crate::protection::{Guard, Protection};

/// One request's share of the frame that answers it.
pub(super) struct Reply {
    part: Part,
    /// For an operation that goes on: how to start it once the interim reply is sent.
    starter: Option<Starter>,
}

impl Connection {
    /// Turns what came of a request into its reply.
    pub(super) fn reply(
        &mut self,
        current: &Current<'_>,
        request: Request<'_>,
        outcome: Result<Outcome, Failure>,
        plan: Plan,
    ) -> Result<Reply, Hangup> {
        let (mut answer, starter) = match outcome {
            Ok(Outcome::Answer(answer)) => (answer, None),
            Ok(Outcome::Pending(starter)) => {
                let mut header = Header::response(&request.header, NtStatus::PENDING);
                header.target = Target::Async(self.server.next_id());
                (Answer::bare(header), Some(starter))
            }
            Err(Failure::Status(status)) => (
                Answer::bare(Header::response(&request.header, status)),
                None,
            ),
            Err(Failure::Hangup) => return Err(Hangup),
        };
        answer.header.credits = match plan.credits {
            Some(credits) => self.credits.grant_exactly(credits),
            None => self.credits.grant(request.header.credits),
        };
        let guard = match plan.protection {
            Some(protection @ Protection::SealedByAnotherSession) => {
                let mut sessions = self.sessions.values();
                let other = sessions.find(|session| session.id != request.header.session_id);
                Guard::new(other.cloned(), protection)
            }
            _ => self.guard(current, &request, &answer),
        };
        let served = served(self.number, current, answer.header.status);
        Ok(Reply {
            part: Part {
                answer,
                guard,
                plan,
                served,
            },
            starter,
        })
    }

    /// Whose keys protect the reply, and how (MS-SMB2 3.3.4.1.1, 3.3.4.1.4).
    fn guard(&self, current: &Current<'_>, request: &Request<'_>, answer: &Answer) -> Guard {
        if let Some(session) = current.sealed_by {
            return Guard::new(Some(Arc::clone(session)), Protection::Sealed);
        }
        if request.header.command == Command::SESSION_SETUP {
            // The reply that ends a log-on is the first to be signed; its session is new to this request.
            let session = self.sessions.get(&answer.header.session_id);
            let protection = if answer.header.status == NtStatus::SUCCESS {
                Protection::Signed
            } else {
                Protection::Plain
            };
            return Guard::new(session.cloned(), protection);
        }
        let must_seal = request.tree.as_ref().is_some_and(|tree| tree.must_seal);
        let signed = request.header.flags.contains(HeaderFlags::SIGNED);
        let protection = match &request.session {
            Some(session) if session.must_seal || must_seal => Protection::Sealed,
            Some(session) if session.must_sign || signed => Protection::Signed,
            _ => Protection::Plain,
        };
        Guard::new(request.session.clone(), protection)
    }

    /// Sends the replies of one frame in one frame.
    pub(super) fn send(&mut self, mut replies: Vec<Reply>) {
        if let [single] = &mut replies[..] {
            if single.starter.is_none() && single.part.plan.interim.is_some() {
                return self.send_behind_interim(replies.remove(0).part);
            }
            if !single.part.plan.delay.is_zero() && single.starter.is_none() {
                return self.send_delayed(replies.remove(0).part, None);
            }
        }
        let mut starters = Vec::new();
        let mut parts = Vec::new();
        for Reply { mut part, starter } in replies {
            if let Some(starter) = starter {
                let pending = Pending {
                    request: part.answer.header,
                    async_id: part.answer.header.async_id(),
                    guard: part.guard.clone(),
                    // The faults are for the reply that matters, not for its announcement.
                    plan: std::mem::take(&mut part.plan),
                    served: Served {
                        interim: true,
                        ..part.served.clone()
                    },
                };
                part.guard = part.guard.of_interim();
                starters.push((starter, pending));
            }
            parts.push(part);
        }
        if !parts.is_empty() {
            let logon = parts.first().map(|part| part.answer.header);
            let frame = Frame::assemble(parts);
            if let Some(header) = logon {
                self.extend_preauth(&header, frame.messages());
            }
            let delay = frame.delay;
            if delay.is_zero() {
                self.link.outbound.transmit(frame);
            } else {
                let outbound = Arc::clone(&self.link.outbound);
                self.link
                    .outbound
                    .at(Instant::now() + delay, move || outbound.transmit(frame));
            }
        }
        for (starter, pending) in starters {
            self.start(starter, pending);
        }
    }

    fn start(&self, starter: Starter, pending: Pending) {
        let message_id = pending.request.message_id;
        self.link.remember(pending);
        match starter(&self.link, message_id) {
            Ok(hook) => self.link.set_hook(message_id, hook),
            Err(status) => self.link.fail(message_id, status),
        }
    }

    /// A reply that is finished, announced by an interim one all the same.
    fn send_behind_interim(&mut self, mut part: Part) {
        let mut header = part.answer.header;
        header.status = NtStatus::PENDING;
        header.target = Target::Async(self.server.next_id());
        part.answer.header.target = header.target;
        part.answer.header.credits = 0;
        part.served.interim = true;
        part.plan.delay += part.plan.interim.unwrap_or_default();
        let interim = Part {
            answer: Answer::bare(header),
            guard: part.guard.of_interim(),
            plan: Plan::default(),
            served: part.served.clone(),
        };
        self.link.outbound.transmit(Frame::assemble(vec![interim]));
        self.send_delayed(part, header.async_id());
    }

    fn send_delayed(&mut self, part: Part, async_id: Option<u64>) {
        let mut request = part.answer.header;
        request.status = NtStatus::SUCCESS;
        let message_id = request.message_id;
        self.link.remember(Pending {
            request,
            async_id,
            guard: part.guard.clone(),
            plan: Plan::default(),
            served: part.served.clone(),
        });
        let due = Instant::now() + part.plan.delay;
        let header = part.answer.header;
        let frame = Frame::assemble(vec![part]);
        self.extend_preauth(&header, frame.messages());
        self.link.deliver_unless_cancelled(message_id, due, frame);
    }
}

fn served(connection: u64, current: &Current<'_>, status: NtStatus) -> Served {
    let range = match current.header.command {
        Command::READ => ReadRequest::parse(current.message)
            .ok()
            .map(|read| (read.offset, read.length)),
        Command::WRITE => WriteRequest::parse(current.message)
            .ok()
            .map(|write| (write.head.offset, write.head.length)),
        _ => None,
    };
    Served {
        connection,
        command: current.header.command,
        message_id: current.header.message_id,
        credit_charge: current.header.credit_charge,
        range,
        bytes_in: current.message.len(),
        bytes_out: 0,
        status,
        sealed: current.sealed_by.is_some(),
        interim: false,
        received: current.received,
        answered: current.received,
    }
}
