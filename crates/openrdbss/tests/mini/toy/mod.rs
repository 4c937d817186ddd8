//! A mini-redirector whose server is a map in memory.
//!
//! It knows one server, `toy`, with one share, `pub`. Knobs make it pend, delay or break rules.

mod connect;
mod driver;
mod information;
mod low_io;
mod open;

pub use driver::{Bench, device, load, path, stop};

use rdbss::raw::*;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard};

/// A file or directory of the server.
#[derive(Clone, Debug, Default)]
pub struct Node {
    pub directory: bool,
    pub data: Vec<u8>,
}

/// What the toy counts.
#[derive(Default)]
pub struct Counters {
    pub server_connects: AtomicU32,
    pub share_connects: AtomicU32,
    pub creates: AtomicU32,
    pub opened: AtomicU32,
    pub collapses: AtomicU32,
    pub closes: AtomicU32,
    pub cleanups: AtomicU32,
    pub locks: AtomicU32,
    pub unlocks: AtomicU32,
    pub stops: AtomicU32,
    pub servers_finalized: AtomicU32,
    pub shares_finalized: AtomicU32,
    pub views_finalized: AtomicU32,
    pub closes_without_irp: AtomicU32,
    pub cancels: AtomicU32,
    pub breaks: AtomicU32,
    /// [`Counters::breaks`] when the create that a break came into had waited for the network.
    pub breaks_in_create: AtomicU32,
}

/// How the toy behaves.
#[derive(Default)]
pub struct Knobs {
    /// Reads and writes return STATUS_PENDING and finish on a worker thread.
    pub pend: AtomicBool,
    /// They finish at DISPATCH_LEVEL.
    pub at_dispatch: AtomicBool,
    /// They do not finish before [`Toy::release`].
    pub hold: AtomicBool,
    /// Opens get a batch oplock.
    pub oplock: AtomicBool,
    /// How many closes may be put off.
    pub delayed: AtomicI32,
    /// The next create gets, while it waits for the network, a break of the open with this key; 0 is none.
    pub break_in_create: AtomicUsize,
    /// Connections to servers are not answered before this is false again.
    pub hold_connect: AtomicBool,
    /// Connections look into their callback structures after the callback.
    pub look_back: AtomicBool,
    /// A rule to break.
    pub misbehave: AtomicU32,
}

/// A rule that the toy breaks when [`Knobs::misbehave`] says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Misdeed {
    PendCreate = 1,
    ForgetFobx,
    ForgetFcbLock,
    KeepFcbOverWait,
    GrowRemaining,
    SmallAllocation,
    CompleteTwice,
    CallBackTwice,
    AnswerConnectAtOnce,
    LeaveSyncEventSet,
    WriteHalf,
    ReadTooMuch,
    OddCluster,
    PendQuery,
    PendCollapse,
    ForgetFobxInCollapse,
    ForgetFcbLockInCollapse,
    FobxWithoutFcb,
    CompleteTwiceInCallback,
    CompleteAndReturn,
    CompleteAtHighIrql,
}

/// Words of the callback structures, read after the callback.
#[derive(Clone, Debug, Default)]
pub struct UsedStructures {
    pub server: Vec<(&'static str, usize)>,
    pub view: Vec<(&'static str, usize)>,
}

/// The server and the toy's state.
pub struct Toy {
    nodes: Mutex<BTreeMap<String, Node>>,
    /// Requests that wait for [`Toy::release`].
    held: Mutex<Vec<usize>>,
    /// What was left in the callback structures after the callbacks.
    pub used: Mutex<UsedStructures>,
    pub counters: Counters,
    pub knobs: Knobs,
}

static TOY: Mutex<Option<&'static Toy>> = Mutex::new(None);

/// The toy of the running test.
pub fn toy() -> &'static Toy {
    TOY.lock().unwrap().expect("a bench is set up")
}

impl Toy {
    /// A server with an empty share.
    fn install() -> &'static Toy {
        let toy = Box::leak(Box::new(Toy {
            nodes: Mutex::default(),
            held: Mutex::default(),
            used: Mutex::default(),
            counters: Counters::default(),
            knobs: Knobs::default(),
        }));
        toy.nodes().insert(
            String::new(),
            Node {
                directory: true,
                ..Node::default()
            },
        );
        *TOY.lock().unwrap() = Some(toy);
        toy
    }

    /// The server's files by lower-case path from the share on.
    pub fn nodes(&self) -> MutexGuard<'_, BTreeMap<String, Node>> {
        self.nodes.lock().unwrap()
    }

    /// True if the toy is to break this rule, which it does once.
    pub fn misdeed(&self, deed: Misdeed) -> bool {
        let knob = &self.knobs.misbehave;
        knob.compare_exchange(deed as u32, 0, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok()
    }

    /// How many requests wait for [`Toy::release`].
    pub fn held(&self) -> usize {
        self.held.lock().unwrap().len()
    }
}

/// The text of a counted string.
pub unsafe fn text(string: *const nt::sys::UNICODE_STRING) -> String {
    // SAFETY: the caller's promise.
    let string = unsafe { string.read() };
    if string.Buffer.is_null() {
        return String::new();
    }
    // SAFETY: a counted string's buffer holds its length.
    let units =
        unsafe { core::slice::from_raw_parts(string.Buffer, usize::from(string.Length / 2)) };
    String::from_utf16_lossy(units)
}

/// The key of the open's file in the server's map.
unsafe fn key_of(open: *const MRX_SRV_OPEN) -> String {
    // SAFETY: a live open.
    let name = unsafe { (*open).pAlreadyPrefixedName };
    // SAFETY: the open's name lives with it.
    unsafe { text(name) }.to_lowercase()
}

fn count(counter: &AtomicU32) {
    counter.fetch_add(1, Ordering::SeqCst);
}
