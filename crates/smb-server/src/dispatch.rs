//! From the bytes of a frame to the execution of its requests: seals, compounds, credits, signatures.

mod reply;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use smb_wire::NtStatus;
use smb_wire::smb1;
use smb_wire::smb2::transform::{self, TransformHeader};
use smb_wire::smb2::{Command, Header, HeaderFlags, Target};

use crate::commands::{Chain, Failure, Hangup, Outcome, Request};
use crate::connection::Connection;
use crate::faults::Seen;
use crate::session::Session;
use reply::Reply;

/// The header and bytes of a request whose reply is being made.
struct Current<'a> {
    header: Header,
    message: &'a [u8],
    received: Instant,
    followed: bool,
    /// The session that sealed it, if one did.
    sealed_by: Option<&'a Arc<Session>>,
}

impl Connection {
    /// Serves one frame: a message, a compound of several, either of them sealed, or SMB1's opener.
    pub(crate) fn serve_frame(
        &mut self,
        frame: &mut [u8],
        received: Instant,
    ) -> Result<(), Hangup> {
        if frame.starts_with(&smb1::PROTOCOL_ID) {
            return self.serve_opener(frame, received);
        }
        if frame.starts_with(&transform::PROTOCOL_ID) {
            return self.serve_sealed(frame, received);
        }
        self.serve_messages(frame, None, received)
    }

    /// MS-SMB2 3.3.5.2.1.1: whoever cannot seal rightly is not talked to.
    fn serve_sealed(&mut self, frame: &mut [u8], received: Instant) -> Result<(), Hangup> {
        let header = TransformHeader::parse(frame).map_err(|_| Hangup)?;
        let session = self.sessions.get(&header.session_id).ok_or(Hangup)?;
        let session = Arc::clone(session);
        let seals = session.seals().ok_or(Hangup)?;
        let messages = seals.open(frame).map_err(|_| Hangup)?;
        self.serve_messages(messages, Some(&session), received)
    }

    fn serve_messages(
        &mut self,
        frame: &[u8],
        sealed_by: Option<&Arc<Session>>,
        received: Instant,
    ) -> Result<(), Hangup> {
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
                sealed_by,
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
        let related = header.flags.contains(HeaderFlags::RELATED_OPERATIONS);
        if let Some(session) = current.sealed_by {
            let counter = &self.server.counters.sealed_requests;
            counter.fetch_add(1, Ordering::Relaxed);
            // The seal speaks for its own session only.
            if !related && header.session_id != session.id {
                return Err(Hangup);
            }
        }
        if header.command == Command::CANCEL {
            self.cancel(&current);
            return Ok(None);
        }
        if !self.has_large_mtu() {
            // The field is reserved in 2.0.2.
            header.credit_charge = header.credit_charge.min(1);
        }
        self.credits
            .take(header.message_id, header.credit_charge)
            .map_err(|_| Hangup)?;
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
            sealed: current.sealed_by.is_some(),
        };
        let plan = self.server.faults.plan(&seen);
        let misheard = plan.mishear(current.message);
        let current = Current {
            message: misheard.as_deref().unwrap_or(current.message),
            ..current
        };
        let request = self.resolve(&current);
        let outcome = match plan.status {
            Some(status) => Err(Failure::Status(status)),
            None if orphan => Err(Failure::Status(NtStatus::INVALID_PARAMETER)),
            None => self
                .admit(&request, current.sealed_by.is_some(), related, chain)
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

    /// Checks the signature or the seal, and what a related request depends on (MS-SMB2 3.3.5.2.4, 3.3.5.2.9, 3.3.5.2.11).
    fn admit(
        &self,
        request: &Request<'_>,
        sealed: bool,
        related: bool,
        chain: &Chain,
    ) -> Result<(), Failure> {
        if let (true, Some(status)) = (related, chain.failed) {
            return Err(Failure::Status(status));
        }
        let Some(session) = &request.session else {
            return Ok(());
        };
        if sealed {
            // The seal proves more than a signature would.
            return Ok(());
        }
        let logs_on = request.header.command == Command::SESSION_SETUP;
        if session.must_seal && !logs_on || request.tree.as_ref().is_some_and(|tree| tree.must_seal)
        {
            return Err(Failure::Status(NtStatus::ACCESS_DENIED));
        }
        let signed = request.header.flags.contains(HeaderFlags::SIGNED);
        match session.signing_key() {
            Some(key) if signed => key.verify(request.message, &[]).map_err(|_| {
                self.server
                    .counters
                    .bad_signatures
                    .fetch_add(1, Ordering::Relaxed);
                Failure::Status(NtStatus::ACCESS_DENIED)
            }),
            _ if session.must_sign && !signed && !logs_on => {
                Err(Failure::Status(NtStatus::ACCESS_DENIED))
            }
            _ => Ok(()),
        }
    }

    /// MS-SMB2 3.3.5.16: there is no reply, not even to a CANCEL with a wrong signature.
    fn cancel(&self, current: &Current<'_>) {
        let sealed = current.sealed_by.is_some();
        let request = self.resolve(current);
        let admitted = self.admit(&request, sealed, false, &Chain::default());
        let signed = request.header.flags.contains(HeaderFlags::SIGNED);
        if admitted.is_err() && !signed {
            // Nobody would hear of it otherwise; a wrong signature is counted already.
            let counter = &self.server.counters.bad_signatures;
            counter.fetch_add(1, Ordering::Relaxed);
        }
        if let (Ok(()), Some(message_id)) = (admitted, self.link.find(&current.header)) {
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
            sealed_by: None,
        };
        let plan = self.server.faults.plan(&Seen {
            connection: self.number,
            header,
            message: frame,
            sealed: false,
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
