//! What a socket has to do: its queues of operations, and how each of them ends.

use super::buffer::Range;
use crate::io::Packet;
use crate::sys::*;
use std::collections::VecDeque;
use std::sync::Arc;

/// The end of an operation.
#[derive(Clone, Copy)]
pub(crate) struct End {
    pub(crate) status: NTSTATUS,
    pub(crate) information: usize,
}

impl End {
    pub(crate) fn failed(status: NTSTATUS) -> Self {
        Self {
            status,
            information: 0,
        }
    }
}

pub(crate) struct Operation {
    pub(crate) packet: Packet,
    pub(crate) range: Range,
    /// Complete only when the whole range is done.
    pub(crate) whole: bool,
    /// Set once the operation has ended while its cancel routine is about to run: that routine completes it.
    pub(crate) end: Option<End>,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) host: Option<Arc<socket2::Socket>>,
    pub(crate) connected: bool,
    pub(crate) connecting: Option<Packet>,
    /// WskSocketConnect made the socket: a successful connect gives it to the client, a failed one drops it.
    pub(crate) unclaimed: bool,
    pub(crate) bound: bool,
    pub(crate) sends: VecDeque<Operation>,
    pub(crate) receives: VecDeque<Operation>,
    /// Operations that have ended but belong to their cancel routines.
    pub(crate) cancelling: Vec<Operation>,
    /// What every receive from now on ends with.
    pub(crate) receive_end: Option<NTSTATUS>,
    /// What every send from now on ends with.
    pub(crate) send_end: Option<NTSTATUS>,
    pub(crate) disconnecting: Option<Packet>,
    pub(crate) closing: Option<Packet>,
    pub(crate) closed: bool,
    /// The host may have bytes that nobody has asked for yet.
    pub(crate) readable: bool,
    /// The network thread is at work on this socket, and will see what is queued now.
    pub(crate) in_progress: bool,
}

/// What a cancel routine found.
pub(crate) enum Removed {
    Connect(NTSTATUS),
    Transfer(End),
}

/// What the network thread does next for a socket.
pub(crate) enum Step {
    Complete(Packet, End),
    /// An operation has ended that belongs to its cancel routine.
    Again,
    Idle,
}

impl State {
    pub(crate) fn may_send(&self) -> Result<Arc<socket2::Socket>, NTSTATUS> {
        match (&self.host, self.send_end) {
            (Some(host), None) if self.connected => Ok(host.clone()),
            (Some(_), Some(status)) => Err(status),
            (Some(_), None) => Err(STATUS_INVALID_CONNECTION),
            (None, _) => Err(STATUS_FILE_FORCED_CLOSED),
        }
    }

    pub(crate) fn may_receive(&self) -> Result<(), NTSTATUS> {
        match &self.host {
            Some(_) if self.connected => Ok(()),
            Some(_) => Err(STATUS_INVALID_CONNECTION),
            None => Err(STATUS_FILE_FORCED_CLOSED),
        }
    }

    pub(crate) fn has(&self, packet: Packet) -> bool {
        self.connecting == Some(packet)
            || self
                .sends
                .iter()
                .chain(&self.receives)
                .any(|operation| operation.packet == packet)
    }

    /// An operation is over: its packet is to be completed, unless its cancel routine is on its way.
    pub(crate) fn finish(&mut self, mut operation: Operation, end: End) -> Step {
        operation.range.release();
        if operation.packet.exchange_cancel(None).is_some() {
            return Step::Complete(operation.packet, end);
        }
        operation.end = Some(end);
        self.cancelling.push(operation);
        Step::Again
    }

    /// Takes an operation out for its cancel routine.
    pub(crate) fn remove(&mut self, packet: Packet) -> Removed {
        let cancelled = Removed::Transfer(End::failed(STATUS_CANCELLED));
        if self.connecting == Some(packet) {
            self.connecting = None;
            return Removed::Connect(STATUS_CANCELLED);
        }
        if let Some(index) = self
            .cancelling
            .iter()
            .position(|operation| operation.packet == packet)
        {
            return self
                .cancelling
                .swap_remove(index)
                .end
                .map_or(cancelled, Removed::Transfer);
        }
        for queue in [&mut self.sends, &mut self.receives] {
            if let Some(index) = queue
                .iter()
                .position(|operation| operation.packet == packet)
            {
                if let Some(operation) = queue.remove(index) {
                    operation.range.release();
                }
                break;
            }
        }
        cancelled
    }

    /// Ends the next operation of a closed socket.
    pub(crate) fn abort_next(&mut self) -> Step {
        if let Some(packet) = self.connecting {
            // Otherwise the cancel routine takes it.
            if packet.exchange_cancel(None).is_some() {
                self.connecting = None;
                return Step::Complete(packet, End::failed(STATUS_CANCELLED));
            }
        }
        if let Some(packet) = self.disconnecting.take() {
            return Step::Complete(packet, End::failed(STATUS_CANCELLED));
        }
        match self.sends.pop_front().or_else(|| self.receives.pop_front()) {
            Some(operation) => {
                let information = operation.range.done;
                self.finish(
                    operation,
                    End {
                        status: STATUS_CANCELLED,
                        information,
                    },
                )
            }
            None => Step::Idle,
        }
    }
}
