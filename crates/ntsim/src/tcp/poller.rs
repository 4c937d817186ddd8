//! The network thread: waits for the host's sockets and moves their operations on.

use super::socket::Socket;
use crate::mode;
use crate::ps;
use core::cell::Cell;
use parking_lot::Mutex;
use polling::{Event, Events, PollMode, Poller};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

struct Network {
    poller: Arc<Poller>,
    sockets: HashMap<usize, Arc<Socket>>,
    thread: Option<JoinHandle<()>>,
}

static NETWORK: Mutex<Option<Network>> = Mutex::new(None);
/// Sockets that can go on without waiting for the host.
static READY: Mutex<Vec<Arc<Socket>>> = Mutex::new(Vec::new());
static STOP: AtomicBool = AtomicBool::new(false);

thread_local! {
    static IS_NETWORK: Cell<bool> = const { Cell::new(false) };
}

fn with<R>(action: impl FnOnce(&mut Network) -> R) -> std::io::Result<R> {
    let mut network = NETWORK.lock();
    if network.is_none() {
        STOP.store(false, Ordering::SeqCst);
        let poller = Arc::new(Poller::new()?);
        let polled = poller.clone();
        let thread = Some(ps::spawn_host("ntsim-network", move || run(&polled)));
        *network = Some(Network {
            poller,
            sockets: HashMap::new(),
            thread,
        });
    }
    match network.as_mut() {
        Some(network) => Ok(action(network)),
        None => unreachable!("just made"),
    }
}

/// Watches a socket from now on, for each change of its state.
pub(crate) fn watch(socket: &Arc<Socket>, host: &socket2::Socket) -> std::io::Result<()> {
    with(|network| {
        // SAFETY: the socket is forgotten before it is closed.
        unsafe {
            network
                .poller
                .add_with_mode(host, Event::all(socket.key()), PollMode::Edge)
        }?;
        network.sockets.insert(socket.key(), socket.clone());
        Ok(())
    })?
}

/// Stops watching a socket.
pub(crate) fn forget(key: usize, host: &socket2::Socket) {
    if let Some(network) = NETWORK.lock().as_mut()
        && network.sockets.remove(&key).is_some()
    {
        // The only failure is that it is not watched, which is the aim.
        let _ = network.poller.delete(host);
    }
}

/// Has the network thread look at a socket.
pub(crate) fn kick(socket: &Arc<Socket>) {
    READY.lock().push(socket.clone());
    if !IS_NETWORK.get()
        && let Some(network) = NETWORK.lock().as_ref()
    {
        // A failure to notify is a failure of the host that the next event makes good.
        let _ = network.poller.notify();
    }
}

/// Ends the thread.
pub(crate) fn stop() {
    let Some(mut network) = NETWORK.lock().take() else {
        return;
    };
    STOP.store(true, Ordering::SeqCst);
    // As in `kick`.
    let _ = network.poller.notify();
    if let Some(thread) = network.thread.take() {
        // A panic in the thread has ended the process already.
        let _ = thread.join();
    }
    READY.lock().clear();
}

fn run(poller: &Poller) {
    IS_NETWORK.set(true);
    let _host = mode::host();
    let mut events = Events::new();
    let mut ready = Vec::new();
    while !STOP.load(Ordering::SeqCst) {
        core::mem::swap(&mut ready, &mut *READY.lock());
        for socket in ready.drain(..) {
            socket.progress(false, false);
        }
        if !READY.lock().is_empty() {
            continue;
        }
        events.clear();
        if let Err(error) = poller.wait(&mut events, None) {
            assert!(
                error.kind() == std::io::ErrorKind::Interrupted,
                "polling sockets: {error}"
            );
            continue;
        }
        for event in events.iter() {
            let socket = NETWORK
                .lock()
                .as_ref()
                .and_then(|network| network.sockets.get(&event.key).cloned());
            if let Some(socket) = socket {
                socket.progress(event.readable, event.writable);
            }
        }
    }
}
