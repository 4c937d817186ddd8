//! A connection that has negotiated, its callers' tokens, and a server that answers what was sent.

use std::sync::Mutex as Plain;
use std::sync::atomic::{AtomicUsize, Ordering};

use interleavings::explore;
use loom::sync::{Arc, Mutex};
use loom::thread::JoinHandle;
use smb_client::{
    ClientError, Config, Connection, Event, Interval, Protection, Receiver, Reply, Request,
    ServerName, SharedTable, Submitted, Ticket, Time, Token, Want,
};
use smb_wire::netbios::FrameHeader;
use smb_wire::smb2::{Command, EchoResponse, Header, ReadResponse, Target};
use smb_wire::{EmitError, Guid, NtStatus, Writer};

pub const NOW: Time = Time(1_000_000_000);
/// When every request is overdue.
pub const LATE: Time = NOW.after(Interval::from_secs(1000));

/// How often threads are switched where they could go on: everything is tried within that, or without a bound if there is to be
/// more effort, which takes some minutes.
const PREEMPTIONS: usize = 5;

/// Runs a scenario in every order, and says how many there were.
pub fn explore(scenario: impl Fn() + Sync + Send + 'static) {
    let count = std::sync::Arc::new(AtomicUsize::new(0));
    let counted = std::sync::Arc::clone(&count);
    let mut model = loom::model::Builder::new();
    model.preemption_bound = (explore::effort() == 1).then_some(PREEMPTIONS);
    model.check(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        scenario();
    });
    println!("{} orders", count.load(Ordering::Relaxed));
}

/// Waits for threads.
pub fn join<const N: usize>(threads: [JoinHandle<()>; N]) {
    for thread in threads {
        thread.join().unwrap();
    }
}

/// How a request ended for its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Answered,
    Refused,
    Cancelled,
    Abandoned,
    Expired,
    Failed,
}

/// What became of the requests, each by its number.
pub type Ends = std::sync::Arc<Plain<Vec<(usize, End)>>>;

/// A request's token.
pub struct Tok {
    pub number: usize,
    ends: Ends,
}

impl Tok {
    pub fn end(self, how: End) {
        self.ends.lock().unwrap().push((self.number, how));
    }
}

impl Token for Tok {
    fn protection(&self) -> Protection<'_> {
        Protection::None
    }

    fn data(&self, _: usize, _: &mut dyn FnMut(&[u8])) {}
}

/// The table, and what was sent in the order in which it may go out.
pub struct World {
    state: Mutex<State>,
    ends: Ends,
    /// All credits that the server has given.
    granted: AtomicUsize,
}

struct State {
    table: Connection<Tok>,
    tickets: Vec<(Ticket, u16)>,
}

impl SharedTable<Tok> for World {
    fn with<R>(&self, work: impl FnOnce(&mut Connection<Tok>) -> R) -> R {
        work(&mut self.state.lock().unwrap().table)
    }
}

impl World {
    /// A connection with so many credits.
    pub fn new(credits: u16) -> (Arc<Self>, Path) {
        let name = ServerName::new(&[0x66]).unwrap();
        let config = Config {
            credits,
            table_capacity: 8,
            echo_after: None,
            ..Config::new(name, Guid([7; 16]))
        };
        let mut table = Connection::new(&config, NOW).unwrap();
        table.set_multi_credit(true);
        let world = Arc::new(Self {
            state: Mutex::new(State {
                table,
                tickets: Vec::new(),
            }),
            ends: Ends::default(),
            granted: AtomicUsize::new(1),
        });
        let mut path = Path {
            world: Arc::clone(&world),
            receiver: Receiver::new().unwrap(),
            answered: 0,
        };
        // Any request will do for the first one.
        world.submit(usize::MAX, 1, Command::ECHO);
        path.answer_next(credits);
        world.ends.lock().unwrap().clear();
        (world, path)
    }

    /// Submits a request.
    pub fn submit(&self, number: usize, charge: u16, command: Command) {
        let request = Request {
            command,
            token: Tok {
                number,
                ends: self.ends.clone(),
            },
            charge,
            timeout: Interval::from_secs(1),
            pended_timeout: None,
            session_id: 0,
            tree_id: 0,
            reply: match command {
                Command::READ => Reply::Data {
                    len: DATA.len() as u32,
                },
                _ => Reply::Message { max: 0 },
            },
        };
        let refused = {
            let mut state = self.state.lock().unwrap();
            match state.table.submit(request, NOW) {
                Ok(Submitted::Send(ticket)) => {
                    state.tickets.push((ticket, charge));
                    None
                }
                Ok(Submitted::Queued(_)) => None,
                Err(refused) => Some(refused),
            }
        };
        if let Some(refused) = refused {
            refused.token.end(End::Refused);
        }
    }

    /// Sends what waited for credits.
    pub fn send_queued(&self) {
        loop {
            let mut state = self.state.lock().unwrap();
            let Some((ticket, _)) = state.table.next_queued(NOW) else {
                return;
            };
            // A server answers what it is charged for.
            state.tickets.push((ticket, ticket.credit_charge));
        }
    }

    /// Ends what is overdue: everything.
    pub fn expire(&self) {
        while let Some(expired) = self.with(|table| table.expire(LATE)) {
            expired.token.end(End::Expired);
        }
        self.send_queued();
    }

    /// Ends the connection.
    pub fn close(&self) {
        self.with(Connection::close);
        while let Some(token) = self.with(Connection::next_failed) {
            token.end(End::Failed);
        }
    }

    /// Ends a request without its token, as only a faulty caller would.
    pub fn end_by_hand(&self, number: usize, how: End) {
        self.ends.lock().unwrap().push((number, how));
    }

    /// How a request ended: once.
    pub fn end_of(&self, number: usize) -> End {
        let ends = self.ends.lock().unwrap();
        let mut of_it = ends.iter().filter(|(other, _)| *other == number);
        let (_, end) = *of_it.next().expect("a request that never ended");
        assert_eq!(of_it.next(), None, "a request that ended twice");
        end
    }

    /// What was paid for the requests that were sent, in this order.
    pub fn charges(&self) -> Vec<u16> {
        let state = self.state.lock().unwrap();
        state.tickets.iter().map(|(_, charge)| *charge).collect()
    }

    /// Message ids rise without a gap, and no credit is lost or won.
    pub fn check_credits(&self) {
        let state = self.state.lock().unwrap();
        let mut next = 0;
        for (ticket, charge) in &state.tickets {
            assert_eq!(ticket.message_id, next);
            next += u64::from(*charge);
        }
        let granted = self.granted.load(Ordering::Relaxed) as u64;
        assert_eq!(u64::from(state.table.available_credits()), granted - next);
    }
}

/// What a READ brings.
const DATA: [u8; 8] = *b"the data";

/// The path that receives, and the server at its other end.
pub struct Path {
    world: Arc<World>,
    receiver: Receiver<Tok>,
    answered: usize,
}

impl Path {
    /// The server answers the next request that was sent and not answered yet; false if there is none.
    pub fn answer_next(&mut self, credits: u16) -> bool {
        let Some(answer) = self.next_answer(credits) else {
            return false;
        };
        self.receive(&answer, |_| {}).unwrap();
        self.world.send_queued();
        true
    }

    /// The server answers the next request twice: first that it will take longer, and gives credits with that.
    pub fn pend_next(&mut self, credits: u16) {
        const ASYNC_ID: u64 = 0x77;
        let (ticket, _) = self.world.state.lock().unwrap().tickets[self.answered];
        self.answered += 1;
        self.world
            .granted
            .fetch_add(usize::from(credits), Ordering::Relaxed);
        for (status, credits) in [(NtStatus::PENDING, credits), (NtStatus::SUCCESS, 0)] {
            let header = Header {
                credits,
                target: Target::Async(ASYNC_ID),
                ..Header::response(&Header::request(ticket.command, ticket.message_id), status)
            };
            let answer = frame(&header, |writer| EchoResponse.emit(writer));
            self.receive(&answer, |_| {}).unwrap();
            self.world.send_queued();
        }
    }

    /// The server answers whatever comes, and gives back what it costs.
    pub fn answer_all(&mut self) {
        while let Some(charge) = self.charge_of_next() {
            self.answer_next(charge);
        }
    }

    fn charge_of_next(&self) -> Option<u16> {
        let state = self.world.state.lock().unwrap();
        state.tickets.get(self.answered).map(|(_, charge)| *charge)
    }

    /// The bytes of the next answer.
    pub fn next_answer(&mut self, credits: u16) -> Option<Vec<u8>> {
        let (ticket, _) = *self
            .world
            .state
            .lock()
            .unwrap()
            .tickets
            .get(self.answered)?;
        self.answered += 1;
        self.world
            .granted
            .fetch_add(usize::from(credits), Ordering::Relaxed);
        let header = Header {
            credits,
            ..Header::response(
                &Header::request(ticket.command, ticket.message_id),
                NtStatus::SUCCESS,
            )
        };
        Some(frame(&header, |writer| match ticket.command {
            Command::READ => ReadResponse {
                data_remaining: 0,
                flags: 0,
                data: &DATA,
            }
            .emit(writer),
            _ => EchoResponse.emit(writer),
        }))
    }

    /// Receives bytes. `between` is called while a READ's data is on its way, with its number.
    pub fn receive(
        &mut self,
        bytes: &[u8],
        mut between: impl FnMut(usize),
    ) -> Result<(), ClientError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let count = match self.receiver.want() {
                Want::Inline(room) => {
                    let count = room.len().min(rest.len());
                    room[..count].copy_from_slice(&rest[..count]);
                    count
                }
                Want::Data { token, len, .. } => {
                    between(token.number);
                    len.min(rest.len())
                }
            };
            rest = &rest[count..];
            self.receiver.received(count)?;
            while let Some(event) = self.receiver.next_event(&*self.world, NOW)? {
                match event {
                    Event::Answer(answer) => answer.token.end(End::Answered),
                    other => panic!("{:?}", std::mem::discriminant(&other)),
                }
            }
        }
        Ok(())
    }

    /// Gives up: what was being received fails.
    pub fn abort(self) {
        if let Some(token) = self.receiver.abort() {
            token.end(End::Failed);
        }
    }
}

fn frame(header: &Header, body: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>) -> Vec<u8> {
    let mut buffer = [0; 256];
    let mut writer = Writer::new(&mut buffer);
    header.emit(&mut writer).unwrap();
    body(&mut writer).unwrap();
    let length = writer.position();
    let prefix = FrameHeader::message(length).unwrap().to_bytes();
    [&prefix[..], &buffer[..length]].concat()
}
