//! Answers that are kept back, and answers that are changed.

use std::sync::{Arc, Mutex};

use smb_server::Fault;
use smb_wire::netbios::FrameHeader;

/// Answers that wait for one another: none is sent until so many are there, then all, in a chosen order. What comes later is
/// sent at once.
#[derive(Clone)]
pub struct Answers(Arc<Mutex<State>>);

struct State {
    kept: Vec<Vec<u8>>,
    /// How many there were at once, and how many there have to be; none once they are sent.
    most: usize,
    wanted: Option<usize>,
    order: Order,
}

type Order = Box<dyn FnMut(&mut Vec<Vec<u8>>) + Send>;

impl Answers {
    /// Keeps answers back until `wanted` are there, and sends them in the order to which `order` brings them.
    pub fn gather(wanted: usize, order: impl FnMut(&mut Vec<Vec<u8>>) + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(State {
            kept: Vec::new(),
            most: 0,
            wanted: Some(wanted),
            order: Box::new(order),
        })))
    }

    /// Keeps answers back until [`Answers::release`].
    pub fn keep() -> Self {
        Self::gather(usize::MAX, |_| ())
    }

    /// Sends what was kept, and from then on everything, with the next answer.
    pub fn release(&self) {
        self.state().wanted = Some(0);
    }

    /// How many requests waited for their answers at once.
    pub fn most(&self) -> usize {
        self.state().most
    }

    /// The fault that does it.
    pub fn fault(&self) -> Fault {
        let this = self.clone();
        Fault::raw(move |message| this.pass(message))
    }

    fn pass(&self, message: &[u8]) -> Vec<u8> {
        let mut state = self.state();
        let Some(wanted) = state.wanted else {
            return frame(message);
        };
        state.kept.push(frame(message));
        state.most = state.most.max(state.kept.len());
        if state.kept.len() < wanted {
            return Vec::new();
        }
        state.wanted = None;
        let mut answers = std::mem::take(&mut state.kept);
        (state.order)(&mut answers);
        answers.concat()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().expect("no test fails while it holds this")
    }
}

/// A message as it goes over TCP.
pub fn frame(message: &[u8]) -> Vec<u8> {
    let head = FrameHeader::message(message.len()).expect("no message is so long");
    [&head.to_bytes(), message].concat()
}

/// A fault that puts bytes at a place in answers that succeed, counted from the SMB2 header, before they are signed.
pub fn patch(at: usize, bytes: &'static [u8]) -> Fault {
    const STATUS: std::ops::Range<usize> = 8..12;
    Fault::rewrite(move |message| {
        if message[STATUS] == [0; 4] {
            message[at..at + bytes.len()].copy_from_slice(bytes);
        }
    })
}
