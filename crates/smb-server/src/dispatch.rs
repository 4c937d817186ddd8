//! From the bytes of a frame to the bytes of its reply: compounds, credits, signatures, faults.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use smb_wire::NtStatus;
use smb_wire::smb1;
use smb_wire::smb2::{Command, Header, HeaderFlags, ReadRequest, Target, WriteRequest};

use crate::answer::{Answer, Frame, Part};
use crate::commands::{Chain, Failure, Hangup, Outcome, Request, Starter};
use crate::connection::Connection;
use crate::connection::pending::Pending;
use crate::faults::{Plan, Seen};
use crate::observer::Served;
use crate::session::Session;

/// The header and bytes of a request whose reply is being made.
struct Current<'a> {
    header: Header,
    message: &'a [u8],
    received: Instant,
    followed: bool,
}

/// One request's share of the frame that answers it.
struct Reply {
    part: Part,
    /// For an operation that goes on: how to start it once the interim reply is sent.
    starter: Option<Starter>,
}

impl Connection {
    /// Serves one frame: a message, a compound of several, or SMB1's opener.
    pub(crate) fn serve_message(&mut self, frame: &[u8], received: Instant) -> Result<(), Hangup> {
        if frame.starts_with(&smb1::PROTOCOL_ID) {
            return self.serve_opener(frame, received);
        }
        let mut replies = Vec::new();
        let mut chain = Chain::default();
        let mut rest = frame;
        loop {
            let header = Header::parse(rest).map_err(|_| Hangup)?;
            let len = match header.next_command as usize {
                0 => rest.len(),
                next if next >= Header::LEN && next % 8 == 0 && next < rest.len() => next,
                _ => return Err(Hangup),
            };
            let (message, others) = rest.split_at(len);
            let followed = !others.is_empty();
            let current = Current {
                header,
                message,
                received,
                followed,
            };
            replies.extend(self.serve_one(current, &mut chain)?);
            if others.is_empty() {
                break;
            }
            rest = others;
        }
        self.send(replies);
        Ok(())
    }

    fn serve_one(
        &mut self,
        mut current: Current<'_>,
        chain: &mut Chain,
    ) -> Result<Option<Reply>, Hangup> {
        let header = &mut current.header;
        self.server.counters.request(header.command);
        if header.is_response()
            || (self.negotiated.is_none() && header.command != Command::NEGOTIATE)
        {
            return Err(Hangup);
        }
        if header.command == Command::CANCEL {
            self.cancel(header);
            return Ok(None);
        }
        if !self.has_large_mtu() {
            // The field is reserved in 2.0.2.
            header.credit_charge = header.credit_charge.min(1);
        }
        self.credits
            .take(header.message_id, header.credit_charge)
            .map_err(|_| Hangup)?;
        let related = header.flags.contains(HeaderFlags::RELATED_OPERATIONS);
        let orphan = related && !chain.begun;
        if related {
            header.session_id = chain.session_id;
            header.target = Target::tree(chain.tree_id);
        } else {
            let tree_id = header.tree_id().unwrap_or_default();
            *chain = Chain {
                begun: true,
                session_id: header.session_id,
                tree_id,
                ..Chain::default()
            };
        }
        let seen = Seen {
            connection: self.number,
            header: current.header,
            message: current.message,
        };
        let plan = self.server.faults.plan(&seen);
        let request = self.resolve(&current);
        let outcome = match plan.status {
            Some(status) => Err(Failure::Status(status)),
            None if orphan => Err(Failure::Status(NtStatus::INVALID_PARAMETER)),
            None => self
                .admit(&request, related, chain)
                .and_then(|()| self.execute(&request, chain)),
        };
        let failed = match &outcome {
            Ok(Outcome::Answer(answer)) if answer.header.status.is_error() => {
                Some(answer.header.status)
            }
            Err(Failure::Status(status)) => Some(*status),
            _ => None,
        };
        // A CREATE that failed leaves no handle for those after it; other failures are theirs alone.
        if request.header.command == Command::CREATE {
            chain.failed = failed;
        }
        self.reply(&current, request, outcome, plan).map(Some)
    }

    /// Finds what the request's ids stand for.
    fn resolve<'a>(&self, current: &Current<'a>) -> Request<'a> {
        let session = self
            .sessions
            .get(&current.header.session_id)
            .filter(|session| !session.is_ended())
            .cloned();
        let tree_id = current.header.tree_id();
        let tree = session
            .as_ref()
            .zip(tree_id)
            .and_then(|(session, id)| session.tree(id));
        Request {
            header: current.header,
            message: current.message,
            session,
            tree,
            followed: current.followed,
        }
    }

    /// Checks the signature, and what a related request depends on (MS-SMB2 3.3.5.2.4).
    fn admit(&self, request: &Request<'_>, related: bool, chain: &Chain) -> Result<(), Failure> {
        if let (true, Some(status)) = (related, chain.failed) {
            return Err(Failure::Status(status));
        }
        let Some(session) = &request.session else {
            return Ok(());
        };
        let signed = request.header.flags.contains(HeaderFlags::SIGNED);
        match session.signing_key() {
            Some(key) if signed => key.verify(request.message, &[]).map_err(|_| {
                self.server
                    .counters
                    .bad_signatures
                    .fetch_add(1, Ordering::Relaxed);
                Failure::Status(NtStatus::ACCESS_DENIED)
            }),
            _ if session.must_sign
                && !signed
                && request.header.command != Command::SESSION_SETUP =>
            {
                Err(Failure::Status(NtStatus::ACCESS_DENIED))
            }
            _ => Ok(()),
        }
    }

    /// Turns what came of a request into its reply.
    fn reply(
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
        let signer = self.signer(&request, &answer);
        let served = served(self.number, current, answer.header.status);
        Ok(Reply {
            part: Part {
                answer,
                signer,
                plan,
                served,
            },
            starter,
        })
    }

    /// Whose key signs the reply (MS-SMB2 3.3.4.1.1).
    fn signer(&self, request: &Request<'_>, answer: &Answer) -> Option<Arc<Session>> {
        let session = match request.header.command {
            // The reply that ends a log-on is the first to be signed; its session is new to this request.
            Command::SESSION_SETUP if answer.header.status == NtStatus::SUCCESS => {
                self.sessions.get(&answer.header.session_id)
            }
            Command::SESSION_SETUP => None,
            _ => {
                let signed = request.header.flags.contains(HeaderFlags::SIGNED);
                request
                    .session
                    .as_ref()
                    .filter(|session| signed || session.must_sign)
            }
        };
        session
            .filter(|session| session.signing_key().is_some())
            .cloned()
    }

    /// Sends the replies of one frame in one frame.
    fn send(&mut self, mut replies: Vec<Reply>) {
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
                    signer: part.signer.clone(),
                    // The faults are for the reply that matters, not for its announcement.
                    plan: std::mem::take(&mut part.plan),
                    served: part.served.clone(),
                };
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
            signer: part.signer.clone(),
            plan: Plan::default(),
            served: Served {
                status: NtStatus::PENDING,
                ..part.served.clone()
            },
        };
        let mut frame = Frame::assemble(vec![interim]);
        // The observer hears of a request once, when it is answered for good.
        frame.served.clear();
        self.link.outbound.transmit(frame);
        self.send_delayed(part, header.async_id());
    }

    fn send_delayed(&mut self, part: Part, async_id: Option<u64>) {
        let mut request = part.answer.header;
        request.status = NtStatus::SUCCESS;
        let message_id = request.message_id;
        self.link.remember(Pending {
            request,
            async_id,
            signer: part.signer.clone(),
            plan: Plan::default(),
            served: part.served.clone(),
        });
        let due = Instant::now() + part.plan.delay;
        let header = part.answer.header;
        let frame = Frame::assemble(vec![part]);
        self.extend_preauth(&header, frame.messages());
        self.link.deliver_unless_cancelled(message_id, due, frame);
    }

    fn cancel(&self, header: &Header) {
        if let Some(message_id) = self.link.find(header) {
            self.link.cancel(message_id);
        }
    }

    fn serve_opener(&mut self, frame: &[u8], received: Instant) -> Result<(), Hangup> {
        if self.negotiated.is_some() {
            return Err(Hangup);
        }
        self.server.counters.request(Command::NEGOTIATE);
        let header = Header::request(Command::NEGOTIATE, 0);
        let current = Current {
            header,
            message: frame,
            received,
            followed: false,
        };
        let plan = self.server.faults.plan(&Seen {
            connection: self.number,
            header,
            message: frame,
        });
        let request = self.resolve(&current);
        let outcome = self.answer_opener(&request);
        // The opener stands for message id 0; its answer grants the next.
        self.credits.take(0, 1).map_err(|_| Hangup)?;
        let reply = self.reply(&current, request, outcome, plan)?;
        self.send(vec![reply]);
        Ok(())
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
        interim: false,
        received: current.received,
        answered: current.received,
    }
}
