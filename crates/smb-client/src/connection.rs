//! The shared part of a connection: who may send what, and whose answer is this.

use smb_wire::NtStatus;
use smb_wire::smb2::{Command, Header, Target};

use crate::config::Config;
use crate::credits::{Credits, MAX_CREDIT_CHARGE, Paid};
use crate::error::ClientError;
use crate::exchange::{CancelTarget, ExchangeId, Reply, Request, Ticket};
use crate::receiver::Token;
use crate::table::{Exchange, Table};
use crate::time::{Interval, Time};

/// How long a cancelled request is waited for, if it is. A server that honours CANCEL answers at once.
const CANCEL_PATIENCE: Interval = Interval::from_secs(10);

/// Message ids, credits and requests in flight of one transport connection.
///
/// Nothing here encodes, signs or copies data, so all of it may run under a spin lock. Each call takes constant time, except
/// [`Connection::expire`] when something is due, the first interim response of a request, and dealings with a queue whose
/// first request must be passed over, which look through the table once. No call allocates.
///
/// ```text
/// submit ──► in flight ──► answered                 (token to the receiver)
///    │           │    └──► pended ──► answered
///    └► queued ──┘           │
///         │                  └► expired, abandoned    (token to the caller; a late answer is dropped)
///         └► expired, cancelled, abandoned            (token to the caller)
/// ```
#[derive(Debug)]
pub struct Connection<T> {
    table: Table<T>,
    credits: Credits,
    multi_credit: bool,
    closed: bool,
    /// No deadline is earlier than this.
    earliest: Time,
    last_heard: Time,
    echo_after: Option<Interval>,
    echo_in_flight: bool,
    dead: bool,
}

/// What became of a submitted request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Submitted {
    /// Send it now.
    Send(Ticket),
    /// It waits for credits; [`Connection::next_queued`] will give its ticket.
    Queued(ExchangeId),
}

/// A request that was not taken, with its token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused<T> {
    /// The request's token.
    pub token: T,
    /// Why.
    pub why: Refusal,
}

/// Why a request was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The table is full. If it stays so, the server owes the answers to requests that have timed out long ago, and the
    /// connection is of no more use.
    TableFull,
    /// The connection has ended.
    Closed,
    /// The connection has used up its message ids. A new connection is needed.
    MessageIdsExhausted,
    /// The charge is 0 or over [`MAX_CREDIT_CHARGE`].
    BadCharge,
}

/// What became of a cancelled request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancelled<T> {
    /// It had not been sent; it is over.
    Unsent(T),
    /// Send a CANCEL. The request ends with its answer, or soon by time-out.
    Send(CancelTarget),
    /// Its answer is being received, it has ended, or it was cancelled before.
    TooLate,
}

/// A request whose time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expired<T> {
    /// The request's token.
    pub token: T,
    /// What was asked.
    pub command: Command,
    /// Whether it had been sent. One that was not never had the credits.
    pub sent: bool,
}

/// Whether the server is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeepAlive {
    /// No reason to doubt it.
    Fine,
    /// It has been silent for long: submit an ECHO.
    EchoDue,
    /// It did not answer an ECHO, nor anything else since: give the connection up.
    Dead,
}

/// What the header of an answer means to the table.
#[derive(Debug)]
pub(crate) enum Claim<T> {
    /// The server will answer later. The request stays in the table.
    Interim,
    /// The request had timed out. Its answer is of no use to anyone.
    Late,
    /// The request's answer. It has left the table.
    Answer(T, Reply),
}

impl<T> Connection<T> {
    /// A connection on which nothing was said yet.
    ///
    /// # Errors
    /// [`ClientError::OutOfMemory`].
    pub fn new(config: &Config, now: Time) -> Result<Self, ClientError> {
        Ok(Self {
            table: Table::new(config.table_capacity)?,
            credits: Credits::new(config.credits),
            multi_credit: false,
            closed: false,
            earliest: Time(u64::MAX),
            last_heard: now,
            echo_after: config.echo_after,
            echo_in_flight: false,
            dead: false,
        })
    }

    /// Tells whether the negotiated dialect has multi-credit requests ([`crate::Negotiated::multi_credit`]).
    pub fn set_multi_credit(&mut self, multi_credit: bool) {
        self.multi_credit = multi_credit;
    }

    /// How many more credits may be spent at once.
    #[must_use]
    pub fn available_credits(&self) -> u32 {
        self.credits.available()
    }

    /// The most that a request should cost: as many credits as can come together, or what one request may cost if that is
    /// less. A read or write split into chunks of this cost does not wait for credits that a mean server never gives.
    #[must_use]
    pub fn affordable_charge(&self) -> u16 {
        u16::try_from(self.credits.within_reach())
            .unwrap_or(u16::MAX)
            .clamp(1, MAX_CREDIT_CHARGE)
    }

    /// Takes a request. It may be sent at once, or has to wait in order of arrival until the server grants credits.
    ///
    /// # Errors
    /// [`Refused`], with the token.
    pub fn submit(&mut self, request: Request<T>, now: Time) -> Result<Submitted, Refused<T>> {
        let charge = request.charge;
        if let Err(why) = self.acceptable(charge) {
            return Err(Refused {
                token: request.token,
                why,
            });
        }
        let must_wait = self.turn().is_some();
        let Some(vacant) = self.table.vacant() else {
            return Err(Refused {
                token: request.token,
                why: Refusal::TableFull,
            });
        };
        self.echo_in_flight |= request.command == Command::ECHO;
        let deadline = now.after(request.timeout);
        self.earliest = self.earliest.min(deadline);
        let id = vacant.fill(Exchange {
            token: Some(request.token),
            command: request.command,
            charge,
            session_id: request.session_id,
            tree_id: request.tree_id,
            reply: request.reply,
            pended_timeout: request.pended_timeout,
            deadline,
            started: now,
            timeout: request.timeout,
            message_id: None,
            async_id: None,
            settled: false,
            cancelled: false,
        });
        let paid = if must_wait {
            None
        } else {
            self.credits.pay(charge)
        };
        Ok(match paid.and_then(|paid| self.dispatch(id, paid)) {
            Some(ticket) => Submitted::Send(ticket),
            None => {
                self.table.enqueue(id);
                Submitted::Queued(id)
            }
        })
    }

    /// Whether the next `count` requests, of `charge` credits together, would all be sent at once if they were submitted now.
    /// A compound needs that of its parts (MS-SMB2 3.2.4.1.4); the caller asks and submits under one lock.
    #[must_use]
    pub fn can_send(&self, count: usize, charge: u32) -> bool {
        !self.closed
            && !self.credits.is_exhausted()
            && self.turn().is_none()
            && self.table.has_room_for(count)
            && charge <= self.credits.available()
    }

    /// The next request that waited and may be sent now.
    pub fn next_queued(&mut self, now: Time) -> Option<(Ticket, &T)> {
        let id = self.turn()?;
        let charge = self.table.get(id)?.charge;
        let paid = self.credits.pay(charge)?;
        if let Some(exchange) = self.table.get_mut(id) {
            exchange.started = now;
        }
        let ticket = self.dispatch(id, paid)?;
        let token = self.table.get(id)?.token.as_ref()?;
        Some((ticket, token))
    }

    /// A request, sent or waiting, whose token is one that `wanted` says, and that was not cancelled yet.
    #[must_use]
    pub fn find(&self, wanted: impl Fn(&T) -> bool) -> Option<ExchangeId> {
        self.table
            .iter()
            .find(|(_, exchange)| {
                !exchange.cancelled && exchange.token.as_ref().is_some_and(&wanted)
            })
            .map(|(id, _)| id)
    }

    /// The token of a request that is in flight or waiting.
    #[must_use]
    pub fn token(&self, id: ExchangeId) -> Option<&T> {
        self.table.get(id)?.token.as_ref()
    }

    /// Whether answers in a session may still come, if only late ones that nobody waits for. Until then its keys are needed, to
    /// open them.
    #[must_use]
    pub fn awaits_session(&self, session_id: u64) -> bool {
        self.table
            .iter()
            .any(|(_, exchange)| exchange.session_id == session_id && exchange.is_sent())
    }

    /// Gives a request up, and waits for the server's word: until then it may still take effect.
    ///
    /// There is one CANCEL for a request, by whichever way it is given up: under AES-GMAC a second one would have the nonce of
    /// the first, and once an AsyncId is known it would be another message (MS-SMB2 3.1.4.1).
    pub fn cancel(&mut self, id: ExchangeId, now: Time) -> Cancelled<T> {
        let Some(exchange) = self.table.get_mut(id) else {
            return Cancelled::TooLate;
        };
        let Some(target) = exchange.cancel_target() else {
            let token = self.remove_unsent(id);
            return token.map_or(Cancelled::TooLate, Cancelled::Unsent);
        };
        if exchange.token.is_none() || exchange.cancelled {
            return Cancelled::TooLate;
        }
        exchange.cancelled = true;
        exchange.deadline = exchange.deadline.min(now.after(CANCEL_PATIENCE));
        self.earliest = self.earliest.min(exchange.deadline);
        Cancelled::Send(target)
    }

    /// Gives a request up at once, whatever the server still makes of it: for those that change nothing there. Gives the token,
    /// and whom to send a CANCEL if the request had been sent and none was; its message id then stays behind, as in
    /// [`Connection::expire`].
    /// None if its answer is being received, or it has ended.
    pub fn abandon(&mut self, id: ExchangeId) -> Option<(T, Option<CancelTarget>)> {
        let exchange = self.table.get_mut(id)?;
        let Some(target) = exchange.cancel_target() else {
            return self.remove_unsent(id).map(|token| (token, None));
        };
        let token = exchange.token.take()?;
        self.echo_in_flight &= exchange.command != Command::ECHO;
        Some((token, Some(target).filter(|_| !exchange.cancelled)))
    }

    /// Ends one request whose time is over. Call it until it gives none.
    ///
    /// One that was sent leaves its message id behind, so that its answer is recognised and dropped when it comes.
    pub fn expire(&mut self, now: Time) -> Option<Expired<T>> {
        if now < self.earliest {
            return None;
        }
        let id = loop {
            let due = self
                .table
                .iter()
                .filter(|(_, exchange)| exchange.token.is_some())
                .map(|(id, exchange)| (id, exchange.deadline))
                .min_by_key(|(_, deadline)| *deadline);
            let Some((id, _)) = due.filter(|(_, deadline)| *deadline <= now) else {
                self.earliest = due.map_or(Time(u64::MAX), |(_, deadline)| deadline);
                return None;
            };
            let last_heard = self.last_heard;
            match self.table.get_mut(id)?.postponed(last_heard, now) {
                Some(later) => self.table.get_mut(id)?.deadline = later,
                None => break id,
            }
        };
        let exchange = self.table.get_mut(id)?;
        let (command, started) = (exchange.command, exchange.started);
        let sent = exchange.is_sent();
        let token = exchange.token.take()?;
        if !sent {
            self.table.remove(id);
        }
        if command == Command::ECHO {
            self.echo_in_flight = false;
            self.dead |= self.last_heard <= started;
        }
        Some(Expired {
            token,
            command,
            sent,
        })
    }

    /// When to call [`Connection::expire`] and [`Connection::keep_alive`] next. May be early, never late.
    #[must_use]
    pub fn deadline(&self) -> Option<Time> {
        let echo = self
            .echo_after
            .filter(|_| !self.echo_in_flight)
            .map(|after| self.last_heard.after(after));
        let earliest = Some(self.earliest).filter(|time| *time < Time(u64::MAX));
        [echo, earliest].into_iter().flatten().min()
    }

    /// Whether the server is still there, as far as can be told.
    ///
    /// An answer, or a good part of a long one, is a sign of life; single bytes now and then are not. If ECHO is due, submit
    /// one like any request; if it stays unanswered and nothing else comes, the connection is dead.
    #[must_use]
    pub fn keep_alive(&self, now: Time) -> KeepAlive {
        match self.echo_after {
            _ if self.dead => KeepAlive::Dead,
            Some(after) if !self.echo_in_flight && now >= self.last_heard.after(after) => {
                KeepAlive::EchoDue
            }
            _ => KeepAlive::Fine,
        }
    }

    /// Ends the connection: nothing is taken any more. [`Connection::next_failed`] then gives back what was under way.
    pub fn close(&mut self) {
        self.closed = true;
    }

    /// One request that the end of the connection has failed. Call it until it gives none. The receiver may hold one more
    /// ([`crate::Receiver::abort`]).
    pub fn next_failed(&mut self) -> Option<T> {
        loop {
            let (id, _) = self.table.iter().next()?;
            let exchange = self.table.remove(id)?;
            if exchange.token.is_some() {
                return exchange.token;
            }
        }
    }

    /// Notes that the server is sending.
    pub(crate) fn heard(&mut self, now: Time) {
        self.last_heard = self.last_heard.max(now);
    }

    /// What the requests in flight may bring in all, in bytes.
    pub(crate) const fn awaited(&self) -> u64 {
        self.table.awaited()
    }

    /// Checks the AsyncId of an interim or final response against those known.
    fn check_async_id(&self, id: ExchangeId, header: &Header) -> Result<(), ClientError> {
        let known = self.table.get(id).and_then(|exchange| exchange.async_id);
        match (header.async_id(), known) {
            (Some(found), Some(known)) if found != known => Err(ClientError::WrongAsyncId(found)),
            (None, _) if header.status == NtStatus::PENDING => {
                Err(ClientError::PendingWithoutAsyncId)
            }
            (Some(found), None) if header.status == NtStatus::PENDING => {
                let reused = self
                    .table
                    .iter()
                    .any(|(_, other)| other.async_id == Some(found));
                if reused {
                    Err(ClientError::AsyncIdReused(found))
                } else {
                    Ok(())
                }
            }
            _ => Ok(()),
        }
    }

    /// Whose turn it is among those that wait for credits.
    ///
    /// Nobody is overtaken, because the cheap would starve the dear, but for one who waits for more credits than can come
    /// back: only the answers to others can bring those.
    fn turn(&self) -> Option<ExchangeId> {
        let reach = self.credits.within_reach();
        self.table
            .queue()
            .find(|(_, exchange)| u32::from(exchange.charge) <= reach)
            .map(|(id, _)| id)
    }

    fn acceptable(&self, charge: u16) -> Result<(), Refusal> {
        if self.closed {
            Err(Refusal::Closed)
        } else if self.credits.is_exhausted() {
            Err(Refusal::MessageIdsExhausted)
        } else if charge == 0 || charge > MAX_CREDIT_CHARGE {
            Err(Refusal::BadCharge)
        } else {
            Ok(())
        }
    }

    /// Ends a request that waits for credits.
    fn remove_unsent(&mut self, id: ExchangeId) -> Option<T> {
        let exchange = self.table.remove(id)?;
        self.echo_in_flight &= exchange.command != Command::ECHO;
        exchange.token
    }

    /// Moves a request that is paid for into flight.
    fn dispatch(&mut self, id: ExchangeId, paid: Paid) -> Option<Ticket> {
        self.table.send(id, paid.message_id);
        let exchange = self.table.get(id)?;
        Some(Ticket {
            id,
            command: exchange.command,
            message_id: paid.message_id,
            credit_charge: if self.multi_credit {
                exchange.charge
            } else {
                0
            },
            credit_request: paid.credit_request,
            session_id: exchange.session_id,
            tree_id: exchange.tree_id,
        })
    }
}

impl<T: Token> Connection<T> {
    /// Finds the request that `header` answers, and checks that it does (MS-SMB2 3.2.5.1.1 to 3.2.5.1.5).
    /// `sealed` tells whether it came encrypted.
    pub(crate) fn claim(
        &mut self,
        header: &Header,
        sealed: bool,
        now: Time,
    ) -> Result<Claim<T>, ClientError> {
        let unknown = ClientError::UnknownMessageId(header.message_id);
        let id = self.table.find(header.message_id).ok_or(unknown)?;
        self.check_async_id(id, header)?;
        let exchange = self.table.get_mut(id).ok_or(unknown)?;
        if header.command != exchange.command {
            return Err(ClientError::WrongCommand {
                asked: exchange.command,
                answered: header.command,
            });
        }
        // The answers that create a session or a tree bring its id.
        let new_session = exchange.command == Command::SESSION_SETUP && exchange.session_id == 0;
        if header.session_id != exchange.session_id && !new_session {
            return Err(ClientError::WrongSession(header.session_id));
        }
        if let Target::Tree { tree_id, .. } = header.target
            && tree_id != exchange.tree_id
            && exchange.command != Command::TREE_CONNECT
        {
            return Err(ClientError::WrongTree(tree_id));
        }
        let must_be_sealed = exchange
            .token
            .as_ref()
            .is_some_and(|token| token.protection().is_sealed());
        if must_be_sealed && !sealed {
            return Err(ClientError::NotSealed);
        }

        // The signature is checked later. Should it be wrong, the connection ends, and these credits with it; but for a READ's,
        // whose forger gains that we ask for more than the server allows, and he could as well cut the connection.
        self.last_heard = self.last_heard.max(now);
        self.credits.grant(header.credits);
        if !exchange.settled {
            exchange.settled = true;
            self.credits.settle(exchange.charge);
        }
        if header.status == NtStatus::PENDING {
            // Only the first interim response buys time, so a server cannot hold a request for ever with more of them.
            if exchange.async_id.is_none() {
                exchange.async_id = header.async_id();
                if !exchange.cancelled {
                    let deadline = exchange.pended_timeout.map(|timeout| now.after(timeout));
                    exchange.deadline = deadline.unwrap_or(Time(u64::MAX));
                    self.earliest = self.earliest.min(exchange.deadline);
                }
            }
            return Ok(Claim::Interim);
        }
        if exchange.command == Command::ECHO {
            self.echo_in_flight = false;
        }
        let exchange = self.table.remove(id).ok_or(unknown)?;
        Ok(match exchange.token {
            Some(token) => Claim::Answer(token, exchange.reply),
            None => Claim::Late,
        })
    }
}

#[cfg(test)]
mod tests;
