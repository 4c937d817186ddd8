//! Requests that are answered later (MS-SMB2 3.3.4.2): what is needed to answer them, or to cancel them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;
use smb_wire::smb2::{Header, HeaderFlags, Target};
use smb_wire::{EmitError, NtStatus, Writer};

use super::outbound::Outbound;
use crate::answer::{Answer, Part};
use crate::faults::Plan;
use crate::frame::Frame;
use crate::observer::Served;
use crate::protection::Guard;

/// What the threads that serve one connection share.
pub(crate) struct Link {
    pub(crate) outbound: Arc<Outbound>,
    pending: Mutex<HashMap<u64, (Pending, Option<CancelHook>)>>,
}

/// A request that waits for its reply.
pub(crate) struct Pending {
    pub(crate) request: Header,
    /// Set if an interim reply announced the operation by this id.
    pub(crate) async_id: Option<u64>,
    pub(crate) guard: Guard,
    pub(crate) plan: Plan,
    pub(crate) served: Served,
}

/// Stops whatever would complete a request; true if it will not be completed any more.
pub(crate) type CancelHook = Box<dyn FnOnce() -> bool + Send>;

impl Link {
    pub(crate) fn new(outbound: Arc<Outbound>) -> Arc<Self> {
        Arc::new(Self {
            outbound,
            pending: Mutex::default(),
        })
    }

    /// Remembers a request to be answered later.
    pub(crate) fn remember(&self, pending: Pending) {
        self.pending
            .lock()
            .insert(pending.request.message_id, (pending, None));
    }

    /// Remembers how to stop what would complete a request; it may be completed already.
    pub(crate) fn set_hook(&self, message_id: u64, hook: CancelHook) {
        if let Some((_, slot)) = self.pending.lock().get_mut(&message_id) {
            *slot = Some(hook);
        }
    }

    /// Answers a remembered request with STATUS_CANCELLED, unless it is being completed at this moment.
    pub(crate) fn cancel(&self, message_id: u64) {
        let hook = self
            .pending
            .lock()
            .get_mut(&message_id)
            .and_then(|(_, hook)| hook.take());
        if hook.is_none_or(|stop| stop()) {
            self.fail(message_id, NtStatus::CANCELLED);
        }
    }

    /// Answers a request that was remembered, on the connection's second thread. Does nothing if it was cancelled.
    pub(crate) fn complete(
        &self,
        message_id: u64,
        status: NtStatus,
        capacity: usize,
        emit: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>,
    ) {
        let Some((pending, _)) = self.pending.lock().remove(&message_id) else {
            return;
        };
        let header = pending.response(status);
        let answer = if status.is_error() {
            Answer::bare(header)
        } else {
            Answer::compose(header, capacity, emit)
                .unwrap_or_else(|status| Answer::bare(pending.response(status)))
        };
        let Pending {
            guard,
            plan,
            served,
            ..
        } = pending;
        self.deliver(Frame::assemble(vec![Part {
            answer,
            guard,
            plan,
            served,
        }]));
    }

    /// Answers a request that was remembered with a bare status.
    pub(crate) fn fail(&self, message_id: u64, status: NtStatus) {
        self.complete(message_id, status, 0, |_| Ok(()));
    }

    /// Sends a frame from the second thread, after its delay.
    fn deliver(&self, frame: Frame) {
        let outbound = Arc::clone(&self.outbound);
        let due = Instant::now() + frame.delay;
        self.outbound.at(due, move || outbound.transmit(frame));
    }

    /// Sends the reply of a remembered request after its delay, unless it is cancelled before.
    pub(crate) fn deliver_unless_cancelled(
        self: &Arc<Self>,
        message_id: u64,
        due: Instant,
        frame: Frame,
    ) {
        let link = Arc::clone(self);
        self.outbound.at(due, move || {
            let pending = link.pending.lock().remove(&message_id);
            if pending.is_some() {
                link.outbound.transmit(frame);
            }
        });
    }

    /// The message id of the pending request that CANCEL means: by AsyncId, or by its own message id.
    pub(crate) fn find(&self, cancel: &Header) -> Option<u64> {
        let pending = self.pending.lock();
        match cancel.target {
            Target::Async(id) => {
                let announced = pending
                    .values()
                    .find(|(pending, _)| pending.async_id == Some(id));
                announced.map(|(found, _)| found.request.message_id)
            }
            Target::Tree { .. } => pending
                .contains_key(&cancel.message_id)
                .then_some(cancel.message_id),
        }
    }

    /// Forgets all requests; nobody will be told.
    pub(crate) fn abandon(&self) {
        let pending = std::mem::take(&mut *self.pending.lock());
        drop(pending);
    }
}

impl Pending {
    fn response(&self, status: NtStatus) -> Header {
        let mut header = Header::response(&self.request, status);
        if let Some(id) = self.async_id {
            // The interim reply has granted the credits.
            header.target = Target::Async(id);
            header.credits = 0;
            header.flags.insert(HeaderFlags::ASYNC_COMMAND);
        }
        header
    }
}
