//! Sending frames: at once from the connection's own thread, or later from a thread that starts when it is needed.

use std::collections::BTreeMap;
use std::io::{self, IoSlice, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::{self, JoinHandle};
use std::time::Instant;

use parking_lot::{Condvar, Mutex};

use crate::faults::{Ending, StreamState};
use crate::frame::Frame;
use crate::server::Server;

/// The sending half of a connection.
pub(crate) struct Outbound {
    server: Arc<Server>,
    socket: TcpStream,
    wire: Mutex<Wire>,
    later: Mutex<Later>,
    wake: Condvar,
}

struct Wire {
    stream: TcpStream,
    state: StreamState,
    /// Frames that wait for so many others to be sent first.
    held: Vec<(u32, Frame)>,
    closed: bool,
}

#[derive(Default)]
struct Later {
    jobs: BTreeMap<(Instant, u64), Job>,
    next: u64,
    stopped: bool,
    thread: Option<JoinHandle<()>>,
}

type Job = Box<dyn FnOnce() + Send>;

impl Outbound {
    pub(crate) fn new(
        server: Arc<Server>,
        stream: &TcpStream,
        state: StreamState,
    ) -> io::Result<Arc<Self>> {
        Ok(Arc::new(Self {
            server,
            socket: stream.try_clone()?,
            wire: Mutex::new(Wire {
                stream: stream.try_clone()?,
                state,
                held: Vec::new(),
                closed: false,
            }),
            later: Mutex::default(),
            wake: Condvar::new(),
        }))
    }

    /// Sends a frame now, after the faults that its plan has for the whole frame. A delay is the caller's business.
    pub(crate) fn transmit(&self, frame: Frame) {
        let mut wire = self.wire.lock();
        if frame.hold != 0 {
            let turns = frame.hold;
            wire.held.push((turns, frame));
            return;
        }
        self.write(&mut wire, frame);
        wire.held.iter_mut().for_each(|(turns, _)| *turns -= 1);
        let (due, held) = std::mem::take(&mut wire.held)
            .into_iter()
            .partition(|(turns, _)| *turns == 0);
        wire.held = held;
        for (_, frame) in Vec::into_iter(due) {
            self.write(&mut wire, frame);
        }
    }

    fn write(&self, wire: &mut Wire, mut frame: Frame) {
        if wire.closed {
            return;
        }
        frame.travel();
        let sent = match frame.ending {
            Ending::Before => Err(io::ErrorKind::ConnectionAborted.into()),
            _ => (0..frame.copies).try_for_each(|_| wire.send(&frame)),
        };
        self.server
            .counters
            .bytes_out
            .fetch_add(frame.len() as u64, Ordering::Relaxed);
        if sent.is_err() || frame.ending == Ending::After {
            wire.closed = true;
            // Everything written so far still reaches the client; only then does it see the end.
            let _ = self.socket.shutdown(Shutdown::Both);
        }
        if let Some(observer) = &self.server.settings.observer {
            let now = Instant::now();
            for served in &mut frame.served {
                served.answered = now;
                observer(served);
            }
        }
    }

    /// Runs `job` at `due` on this connection's second thread.
    pub(crate) fn at(self: &Arc<Self>, due: Instant, job: impl FnOnce() + Send + 'static) {
        let mut later = self.later.lock();
        if later.stopped {
            return;
        }
        let turn = later.next;
        later.next += 1;
        later.jobs.insert((due, turn), Box::new(job));
        if later.thread.is_none() {
            let outbound = Arc::clone(self);
            later.thread = thread::Builder::new()
                .name("smb-later".into())
                .spawn(move || outbound.run_later())
                .ok();
        }
        drop(later);
        self.wake.notify_one();
    }

    fn run_later(&self) {
        let mut later = self.later.lock();
        while !later.stopped {
            let Some((&(due, turn), _)) = later.jobs.first_key_value() else {
                self.wake.wait(&mut later);
                continue;
            };
            if due > Instant::now() {
                self.wake.wait_until(&mut later, due);
                continue;
            }
            if let Some(job) = later.jobs.remove(&(due, turn)) {
                parking_lot::MutexGuard::unlocked(&mut later, job);
            }
        }
    }

    /// Ends both halves of the connection and joins the second thread.
    pub(crate) fn close(&self) {
        let _ = self.socket.shutdown(Shutdown::Both);
        let mut later = self.later.lock();
        later.stopped = true;
        let jobs = std::mem::take(&mut later.jobs);
        let thread = later.thread.take();
        drop(later);
        // Jobs may hold what leads back here, so they end without the lock.
        drop(jobs);
        self.wake.notify_one();
        if let Some(thread) = thread {
            // A panic there was reported when it happened.
            let _ = thread.join();
        }
        let mut wire = self.wire.lock();
        wire.closed = true;
        wire.held.clear();
    }
}

impl Wire {
    fn send(&mut self, frame: &Frame) -> io::Result<()> {
        if !self.state.is_clean() {
            let mut bytes = frame.bytes.clone();
            frame
                .payload
                .slices()
                .for_each(|slice| bytes.extend_from_slice(slice));
            return self.state.write(&mut self.stream, bytes);
        }
        if frame.payload.is_empty() {
            return self.stream.write_all(&frame.bytes);
        }
        let mut slices: Vec<IoSlice<'_>> = std::iter::once(&*frame.bytes)
            .chain(frame.payload.slices())
            .map(IoSlice::new)
            .collect();
        let mut rest = &mut slices[..];
        while !rest.is_empty() {
            match self.stream.write_vectored(rest) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(sent) => IoSlice::advance_slices(&mut rest, sent),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
