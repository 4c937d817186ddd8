//! A connection to the agent: requests out, replies in, each by its tag.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use smb_wire::NtStatus;
use wine_protocol::{Frame, LENGTH_SIZE, Reply, Request, Writer, body_length};

/// How long any request may take. The driver's own time limits are far below.
const REPLY_LIMIT: Duration = Duration::from_secs(300);

/// How a request ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its NTSTATUS.
    pub status: NtStatus,
    /// `IoStatus.Information`.
    pub information: u64,
    /// What was read or asked for.
    pub data: Vec<u8>,
}

impl Answer {
    /// The answer if it is a success.
    ///
    /// # Errors
    /// The status of anything else, warnings included.
    pub fn ok(self) -> Result<Self, NtStatus> {
        if self.status.is_success() {
            Ok(self)
        } else {
            Err(self.status)
        }
    }

    /// How many bytes were moved.
    ///
    /// # Errors
    /// The status of anything but a success.
    pub fn count(self) -> Result<usize, NtStatus> {
        self.ok().map(|answer| answer.information as usize)
    }

    /// What was read or asked for.
    ///
    /// # Errors
    /// The status of anything but a success.
    pub fn data(self) -> Result<Vec<u8>, NtStatus> {
        self.ok().map(|answer| answer.data)
    }
}

/// Whose replies are still to come; `None` once the agent has hung up.
type Waiting = Mutex<Option<HashMap<u32, Sender<Answer>>>>;

/// A connection to the agent.
#[derive(Debug)]
pub(crate) struct Line {
    stream: TcpStream,
    writing: Mutex<()>,
    next_tag: AtomicU32,
    waiting: Arc<Waiting>,
}

/// A request that was sent.
#[derive(Debug)]
pub(crate) struct Sent {
    pub(crate) tag: u32,
    reply: Receiver<Answer>,
}

impl Line {
    pub(crate) fn connect(agent: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(agent)?;
        stream.set_nodelay(true)?;
        let waiting = Arc::new(Mutex::new(Some(HashMap::new())));
        let (incoming, whose) = (stream.try_clone()?, Arc::clone(&waiting));
        thread::spawn(move || receive(incoming, &whose));
        Ok(Self {
            stream,
            writing: Mutex::new(()),
            next_tag: AtomicU32::new(1),
            waiting,
        })
    }

    /// Asks, and waits for the reply.
    ///
    /// # Panics
    /// When none comes.
    pub(crate) fn ask(&self, request: Request<'_>) -> Answer {
        let mut sent = self.send(request, false, 1);
        sent.remove(0).wait()
    }

    /// As [`Line::ask`], but `None` when no reply can come any more.
    pub(crate) fn try_ask(&self, request: Request<'_>) -> Option<Answer> {
        if lock(&self.waiting).is_none() {
            return None;
        }
        let mut sent = self.send(request, false, 1);
        sent.remove(0).reply.recv_timeout(REPLY_LIMIT).ok()
    }

    /// Sends a request that brings this many replies, which are waited for elsewhere.
    pub(crate) fn start(&self, request: Request<'_>, replies: u32) -> Vec<Sent> {
        self.send(request, true, replies)
    }

    fn send(&self, request: Request<'_>, overlapped: bool, replies: u32) -> Vec<Sent> {
        let first = self.next_tag.fetch_add(replies, Ordering::Relaxed);
        let sent = (0..replies)
            .map(|index| {
                let (sender, reply) = mpsc::channel();
                let tag = first + index;
                // With nobody to answer, the sender is dropped here and the waiter sees that.
                if let Some(waiting) = lock(&self.waiting).as_mut() {
                    waiting.insert(tag, sender);
                }
                Sent { tag, reply }
            })
            .collect();
        let frame = Frame {
            tag: first,
            overlapped,
            request,
        };
        let mut bytes = vec![0; frame.room()];
        let mut writer = Writer::new(&mut bytes);
        frame
            .emit(&mut writer)
            .expect("a request within its limits");
        let length = writer.position();
        let _turn = lock(&self.writing);
        // If it fails, the receiving side sees the end of the connection too.
        let _ = (&self.stream).write_all(&bytes[..length]);
        sent
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        // The receiving thread holds the socket as well, so it has to be told.
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}

impl Sent {
    /// The reply, if it has come.
    ///
    /// # Panics
    /// When none can come any more.
    pub(crate) fn try_wait(&self) -> Option<Answer> {
        match self.reply.try_recv() {
            Ok(answer) => Some(answer),
            Err(mpsc::TryRecvError::Empty) => None,
            Err(mpsc::TryRecvError::Disconnected) => panic!("the harness has hung up"),
        }
    }

    /// The reply.
    ///
    /// # Panics
    /// When none comes.
    pub(crate) fn wait(&self) -> Answer {
        match self.reply.recv_timeout(REPLY_LIMIT) {
            Ok(answer) => answer,
            Err(RecvTimeoutError::Timeout) => panic!("no reply within {REPLY_LIMIT:?}"),
            Err(RecvTimeoutError::Disconnected) => panic!("the harness has hung up"),
        }
    }

    /// Waits for the reply, whatever it is, if one can come.
    pub(crate) fn forget(&self) {
        let _ = self.reply.recv_timeout(REPLY_LIMIT);
    }
}

/// Hands every reply to its waiter, until the agent hangs up.
fn receive(mut stream: TcpStream, waiting: &Waiting) {
    while let Ok(body) = frame(&mut stream) {
        let reply = Reply::parse(&body).expect("a reply as wine-protocol has it");
        let waiter = lock(waiting)
            .as_mut()
            .and_then(|waiting| waiting.remove(&reply.tag));
        let waiter = waiter.unwrap_or_else(|| panic!("a reply that nobody asked for: {reply:?}"));
        // Whoever does not wait any more does not want it.
        let _ = waiter.send(Answer {
            status: NtStatus(reply.status.cast_unsigned()),
            information: reply.information,
            data: reply.data.to_vec(),
        });
    }
    // Drops all the senders, at which the waiters wake up.
    *lock(waiting) = None;
}

fn frame(stream: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut length = [0; LENGTH_SIZE];
    stream.read_exact(&mut length)?;
    let length = body_length(length).map_err(|_| io::ErrorKind::InvalidData)?;
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(body)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
