//! Whatever is under way is cancelled while the server makes each of its replies.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

use smb_server::{Fault, When};
use smb_wire::NtStatus;

use crate::case::{Faults, perform};
use crate::scripted::frame;
use crate::silence::replies;
use crate::sweep::Sweep;
use crate::work::Current;

/// What is cancelled too late succeeds.
const RIGHT: &[NtStatus] = &[NtStatus::CANCELLED];

/// Where the server waits with a reply until the cancellation is on its way.
#[derive(Default)]
struct Gate {
    state: Mutex<State>,
    news: Condvar,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum State {
    #[default]
    Closed,
    /// The server is there.
    Reached,
    Open,
}

impl Gate {
    /// The server comes by.
    fn pass(&self) {
        let mut state = self.lock();
        if *state == State::Open {
            return;
        }
        *state = State::Reached;
        self.news.notify_all();
        let open = self.news.wait_while(state, |state| *state != State::Open);
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
        current.cancel();
        *state = State::Open;
        self.news.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing fails here")
    }
}

#[test]
fn cancels() {
    let sweep = Sweep {
        name: "cancels",
        places: replies(),
        sample: 30,
    };
    sweep.run(|place, flavour| {
        let gate = Arc::new(Gate::default());
        let at_gate = {
            let gate = Arc::clone(&gate);
            Fault::raw(move |message| {
                gate.pass();
                frame(message)
            })
        };
        let faults = Faults {
            right: RIGHT,
            meddle: Some(Box::new(move |current| gate.cancel(current))),
            ..Faults::default()
        };
        let when = When::any().nth(place + 1);
        perform(flavour, |server| server.fault(when, at_gate), faults).findings
    });
}
