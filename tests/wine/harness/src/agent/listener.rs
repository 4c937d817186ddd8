//! Where tests connect.

use super::connection;
use super::socket::{self, Socket};
use crate::sync::Mutex;
use crate::thread::Thread;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use wdk_sys::{NTSTATUS, STATUS_ADDRESS_ALREADY_EXISTS};

/// A connection that is served.
struct Served {
    socket: Arc<Socket>,
    thread: Thread,
}

struct Listening {
    port: u16,
    thread: Thread,
}

struct State {
    listening: Option<Listening>,
    stopping: bool,
    last: u64,
    served: BTreeMap<u64, Served>,
    /// Those of them whose threads are about to end.
    over: Vec<u64>,
}

static STATE: Mutex<State> = Mutex::new(State {
    listening: None,
    stopping: false,
    last: 0,
    served: BTreeMap::new(),
    over: Vec::new(),
});

/// Begins to listen on a port of 127.0.0.1.
pub fn start(port: u16) -> Result<(), NTSTATUS> {
    let listener = Socket::listen(port).ok_or(STATUS_ADDRESS_ALREADY_EXISTS)?;
    let thread = Thread::spawn(move || {
        while let Some(socket) = listener.accept() {
            if !serve(socket) {
                break;
            }
        }
    })?;
    STATE.lock().listening = Some(Listening { port, thread });
    Ok(())
}

/// Serves a connection in a thread of its own. False when no more are wanted.
fn serve(socket: Socket) -> bool {
    let mut state = STATE.lock();
    if state.stopping {
        return false;
    }
    for number in core::mem::take(&mut state.over) {
        if let Some(ended) = state.served.remove(&number) {
            ended.thread.join();
        }
    }
    state.last += 1;
    let number = state.last;
    let socket = Arc::new(socket);
    let thread = {
        let socket = socket.clone();
        Thread::spawn(move || {
            connection::serve(&socket, number);
            STATE.lock().over.push(number);
        })
    };
    if let Ok(thread) = thread {
        state.served.insert(number, Served { socket, thread });
    }
    true
}

/// Ends the listener and all connections, and waits until none of their threads is in this image any more.
pub fn stop() {
    let mut state = STATE.lock();
    state.stopping = true;
    let listening = state.listening.take();
    let served = core::mem::take(&mut state.served);
    drop(state);
    if let Some(Listening { port, thread }) = listening {
        // Nothing else brings a thread back from `accept`.
        socket::knock(port);
        thread.join();
    }
    for connection in served.values() {
        connection.socket.shut();
    }
    for connection in served.into_values() {
        connection.thread.join();
    }
}
