//! Where tests connect.

use super::connection;
use super::socket::Socket;
use crate::sync::{Condition, Mutex};
use crate::thread::Thread;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use wdk_sys::{NTSTATUS, STATUS_ADDRESS_ALREADY_EXISTS};

/// Connections that are served, by their numbers, and the listener's socket.
struct Serving {
    listener: Option<Arc<Socket>>,
    last: u64,
    connections: BTreeMap<u64, Arc<Socket>>,
}

static SERVING: Mutex<Serving> = Mutex::new(Serving {
    listener: None,
    last: 0,
    connections: BTreeMap::new(),
});
static ENDED: Condition = Condition::new();

/// Begins to listen on a port of 127.0.0.1.
pub fn start(port: u16) -> Result<(), NTSTATUS> {
    let listener = Socket::listen(port).ok_or(STATUS_ADDRESS_ALREADY_EXISTS)?;
    let listener = Arc::new(listener);
    SERVING.lock().listener = Some(listener.clone());
    Thread::spawn(move || accept_all(&listener)).map(drop)
}

fn accept_all(listener: &Socket) {
    while let Some(socket) = listener.accept() {
        let socket = Arc::new(socket);
        let number = {
            let mut serving = SERVING.lock();
            if serving.listener.is_none() {
                return;
            }
            serving.last += 1;
            let number = serving.last;
            serving.connections.insert(number, socket.clone());
            number
        };
        let served = Thread::spawn(move || {
            connection::serve(&socket, number);
            end(number);
        });
        if served.is_err() {
            end(number);
        }
    }
}

fn end(number: u64) {
    SERVING.lock().connections.remove(&number);
    ENDED.wake_all();
}

/// Ends all connections and waits for that, and then listens no more.
pub fn stop() {
    let mut serving = SERVING.lock();
    let listener = serving.listener.take();
    for socket in serving.connections.values() {
        socket.shut();
    }
    while !serving.connections.is_empty() {
        ENDED.wait(&mut serving);
    }
    drop(serving);
    if let Some(listener) = listener {
        listener.shut();
    }
}
