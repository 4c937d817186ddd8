//! The clock: when a request may end by time, and when it has to.

use smb_client::{Expired, Interval, KeepAlive, Time};
use smb_wire::smb2::Command;

use super::{Record, World};
use crate::client::request::What;

/// How long a cancelled request is still waited for.
const AFTER_CANCEL: Interval = Interval::from_secs(10);
/// How many times its time-out a READ or WRITE may take while others are answered.
const BULK: u64 = 4;
/// What never comes.
const NEVER: Time = Time(u64::MAX);

/// When a request ends that nobody answers.
#[derive(Debug)]
pub struct Due {
    not_before: Time,
    /// By then it has ended, if nobody lied.
    latest: Time,
    timeout: Interval,
    is_bulk: bool,
    /// What follows an interim answer, of which only the first counts.
    pended: Option<Interval>,
    settled: bool,
}

impl Due {
    /// Of a request that is submitted `now`.
    pub fn new(what: What, timeout: Interval, pended: Option<Interval>, now: Time) -> Self {
        let mut due = Self {
            not_before: now.after(pended.map_or(timeout, |pended| timeout.min(pended))),
            latest: now,
            timeout,
            is_bulk: matches!(what, What::Read(_) | What::Write(_)),
            pended,
            settled: false,
        };
        due.latest = now.after(due.patience());
        due
    }

    fn patience(&self) -> Interval {
        match self.is_bulk {
            true => Interval(self.timeout.0 * BULK),
            false => self.timeout,
        }
    }

    /// It had waited for credits.
    pub fn sent(&mut self, now: Time) {
        if self.is_bulk {
            self.latest = self.latest.max(now.after(self.patience()));
        }
    }

    pub fn cancelled(&mut self, now: Time) {
        let soon = now.after(AFTER_CANCEL);
        self.not_before = self.not_before.min(soon);
        self.latest = self.latest.min(soon);
        self.settled = true;
    }

    /// The server said that it will take longer.
    pub fn pended(&mut self, now: Time) {
        if !self.settled {
            self.settled = true;
            self.latest = self.pended.map_or(NEVER, |pended| now.after(pended));
            self.not_before = self.latest;
        }
    }
}

impl World {
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
            let due = &self.records[token.number].due;
            assert!(due.not_before <= self.now, "too early: {due:?}");
            let is_fatal = matches!(
                command,
                Command::NEGOTIATE
                    | Command::CREATE
                    | Command::TREE_CONNECT
                    | Command::SESSION_SETUP
            );
            self.missed_echo |= command == Command::ECHO;
            self.failed(token);
            if sent && is_fatal {
                self.fail();
            }
        }
        self.send_queued();
        self.check_expired();
        let alive = self.table.connection.get_mut().keep_alive(self.now);
        match alive {
            KeepAlive::Fine => {}
            KeepAlive::EchoDue => self.echo(),
            KeepAlive::Dead => {
                assert!(self.missed_echo, "given up without having been asked");
                self.fail();
            }
        }
    }

    /// Waits as the driver's keeper does: until the table wants to be looked at.
    pub fn wait_for_deadline(&mut self) {
        if let Some(deadline) = self.table.connection.get_mut().deadline() {
            self.wait(deadline.since(self.now));
        }
    }

    /// Nobody waits longer than he has to.
    fn check_expired(&mut self) {
        if !self.server.honest {
            return;
        }
        let connection = self.table.connection.get_mut();
        for number in &self.awaited {
            let Record { id, due, what, .. } = &self.records[*number];
            // What the receiver holds is not the table's to end.
            if id.is_some_and(|id| connection.token(id).is_some()) {
                assert!(due.latest > self.now, "{what:?} waits too long: {due:?}");
            }
        }
    }

    /// The keeper will be woken in time for everybody.
    pub fn check_deadline(&mut self) {
        if !self.server.honest {
            return;
        }
        let connection = self.table.connection.get_mut();
        let wakes = connection.deadline().unwrap_or(NEVER);
        for number in &self.awaited {
            let Record { id, due, what, .. } = &self.records[*number];
            if id.is_some_and(|id| connection.token(id).is_some()) {
                assert!(wakes <= due.latest, "{what:?} is overslept: {due:?}");
            }
        }
    }
}
