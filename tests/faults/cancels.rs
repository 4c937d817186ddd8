//! Whatever is under way is cancelled while the server has each of its requests.
//!
//! A read or write is held until the server hears that it is cancelled, and says so. Nothing else can be given up: RDBSS waits
//! for the server's answer, whatever becomes of the program's patience. So there the answer is held until the cancellation is
//! over, and must then be taken as if there had been none.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use smb_server::{Builder, Fault, Stats, When};
use smb_wire::NtStatus;
use smb_wire::smb2::Command;

use crate::case::{Faults, perform};
use crate::scripted::frame;
use crate::silence::replies;
use crate::sweep::{Sample, Sweep};
use crate::work::{Current, Findings};

/// Where the server is told that a cancellation is on its way.
#[derive(Default)]
struct Gate {
    state: Mutex<State>,
    news: Condvar,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum State {
    #[default]
    Closed,
    /// The server has the request.
    Reached(Command),
    /// What the server had when everything was cancelled; nothing, if the work was over before.
    Open(Option<Command>),
}

/// Longer than any run.
const NEVER: Duration = Duration::from_secs(3600);
/// TREE_DISCONNECT and LOGOFF are the driver's own, and may come after the program's last request.
const NOBODYS: u64 = 2;

impl Gate {
    /// The server comes by.
    fn reach(&self, command: Command) {
        let mut state = self.lock();
        if *state == State::Closed {
            *state = State::Reached(command);
            self.news.notify_all();
        }
    }

    /// The server waits.
    fn pass(&self) {
        let shut = |state: &mut State| matches!(state, State::Reached(_));
        let open = self.news.wait_while(self.lock(), shut);
        drop(open.expect("nothing fails here"));
    }

    /// Cancels when the server is there, and lets it go on.
    fn cancel(&self, current: &Current) {
        let mut state = self.lock();
        while *state == State::Closed && !current.is_over() {
            let soon = Duration::from_millis(1);
            let news = self.news.wait_timeout(state, soon);
            state = news.expect("nothing fails here").0;
        }
        *state = State::Open(match *state {
            State::Reached(command) => {
                current.cancel();
                Some(command)
            }
            State::Closed | State::Open(_) => None,
        });
        self.news.notify_all();
    }

    /// What the server had when everything was cancelled.
    fn command(&self) -> Option<Command> {
        match *self.lock() {
            State::Open(command) => command,
            State::Closed | State::Reached(_) => None,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing fails here")
    }
}

fn can_be_cancelled(command: Command) -> bool {
    matches!(command, Command::READ | Command::WRITE)
}

/// Has the server come by with its request of this number, if that can be cancelled or if it cannot.
fn stops(place: u64, cancelled: bool, gate: &Arc<Gate>) -> When {
    let (seen, gate) = (AtomicU64::new(0), Arc::clone(gate));
    When::any().filter(move |request| {
        let command = request.header.command;
        let is_it = seen.fetch_add(1, Ordering::Relaxed) == place;
        let stops = is_it && can_be_cancelled(command) == cancelled;
        if stops {
            gate.reach(command);
        }
        stops
    })
}

fn arrange(server: Builder, place: u64, gate: &Arc<Gate>) -> Builder {
    // By turns announced and not.
    let hold = [Fault::Delay(NEVER), Fault::Interim(NEVER)][place as usize % 2].clone();
    let wait = {
        let gate = Arc::clone(gate);
        Fault::raw(move |message| {
            gate.pass();
            frame(message)
        })
    };
    server
        .fault(stops(place, true, gate), hold)
        .fault(stops(place, false, gate), wait)
}

#[test]
fn cancels() {
    let sweep = Sweep {
        name: "cancels",
        places: replies(),
        varies: NOBODYS,
        sample: Sample::About(150),
    };
    sweep.run(|place, flavour| {
        let gate = Arc::new(Gate::default());
        let faults = Faults {
            right: &[NtStatus::CANCELLED],
            meddle: Some(Box::new(|current| gate.cancel(current))),
            ..Faults::default()
        };
        let done = perform(flavour, |server| arrange(server, place, &gate), faults);
        let mut findings = done.findings;
        findings.met = gate.command().is_some();
        if let Some(command) = gate.command() {
            check(command, &done.server, &mut findings);
        }
        findings
    });
}

/// What can be cancelled was, by the server's word or with its knowledge; else nothing was.
fn check(command: Command, server: &Stats, findings: &mut Findings) {
    let cancelled = findings.tally.has(NtStatus::CANCELLED);
    let heard = server.requests_of(Command::CANCEL) != 0;
    if [cancelled, heard] != [can_be_cancelled(command); 2] {
        findings.complain(format!(
            "{command:?}: cancelled: {cancelled}, the server heard of it: {heard}"
        ));
    }
}
