//! A request as RDBSS has it. Cancelling goes as in `openrdbss`: marked first, then the mini-redirector is told, if it has said
//! until then that it wants to be; and that may come when the request is over.

use std::sync::{Arc, Mutex};

use interleavings_core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use nt::machine;
use nt::mdl::Memory;
use nt::pool::PoolArc;
use nt::sync::{Event, EventKind, SpinLock};
use nt::{Result, Status};

use crate::{LowIo, MiniRedirector, Operation, ReadWrite};

/// How a request was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered {
    /// How it went.
    pub status: Status,
    /// Bytes transferred.
    pub information: usize,
    /// When, in units of 100 ns.
    pub at: u64,
}

/// A read or a write.
pub struct Context<M: MiniRedirector> {
    mini: Arc<M>,
    open: PoolArc<M::SrvOpen>,
    parameters: ReadWrite,
    buffer: Arc<Memory>,
    cancelled: AtomicBool,
    cookie: AtomicU64,
    /// Whether the mini-redirector is to be told of a cancellation.
    armed: SpinLock<bool>,
    answered: Mutex<Option<Answered>>,
    done: Event,
}

impl<M: MiniRedirector> Context<M> {
    /// A request that the driver has not been given yet.
    ///
    /// # Errors
    /// None, in the model.
    pub fn new(
        mini: &Arc<M>,
        open: &PoolArc<M::SrvOpen>,
        offset: i64,
        bytes: Vec<u8>,
    ) -> Result<Arc<Self>> {
        let length = u32::try_from(bytes.len()).map_err(|_| Status::INVALID_PARAMETER)?;
        Ok(Arc::new(Self {
            mini: Arc::clone(mini),
            open: PoolArc::clone(open),
            parameters: ReadWrite { offset, length },
            buffer: Memory::lend(bytes),
            cancelled: AtomicBool::new(false),
            cookie: AtomicU64::new(0),
            armed: SpinLock::new(false),
            answered: Mutex::new(None),
            done: Event::new(EventKind::Notification)?,
        }))
    }

    /// Gives the request to the driver.
    pub fn start(self: &Arc<Self>, callback: impl FnOnce(Operation<'_, M, ReadWrite>) -> LowIo) {
        match callback(Operation::new(self)) {
            LowIo::Done {
                status,
                information,
            } => self.complete(status, information),
            LowIo::Pending(_) => {}
        }
    }

    /// Cancels it. At most once.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
        let is_armed = *self.armed.lock();
        if is_armed {
            self.mini.cancel(self.cookie.load(Ordering::Acquire));
        }
    }

    /// Waits for the answer.
    ///
    /// # Panics
    /// If there is none.
    pub fn wait(&self) -> Answered {
        self.done.wait();
        self.answered().expect("answered")
    }

    /// The answer, if there is one.
    pub fn answered(&self) -> Option<Answered> {
        *self.answered.lock().expect("one thread runs at a time")
    }

    /// What is in the buffer.
    pub fn bytes(&self) -> Vec<u8> {
        self.buffer.copy()
    }

    pub(crate) fn open(&self) -> &PoolArc<M::SrvOpen> {
        &self.open
    }

    pub(crate) fn parameters(&self) -> ReadWrite {
        self.parameters
    }

    pub(crate) fn buffer(&self) -> &Arc<Memory> {
        &self.buffer
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Acquire)
    }

    pub(crate) fn arm(&self, cookie: u64) -> Result<()> {
        self.cookie.store(cookie, Ordering::Release);
        let mut armed = self.armed.lock();
        if self.is_cancelled() {
            return Err(Status::CANCELLED);
        }
        *armed = true;
        Ok(())
    }

    pub(crate) fn disarm(&self) {
        *self.armed.lock() = false;
    }

    pub(crate) fn complete(&self, status: Status, information: usize) {
        self.buffer.take_back();
        let answered = Answered {
            status,
            information,
            at: machine::now(),
        };
        let before = self
            .answered
            .lock()
            .expect("one thread runs at a time")
            .replace(answered);
        assert_eq!(before, None, "a request answered twice");
        self.done.set();
    }
}
