//! One request and its answer, as the table sees them.

use smb_wire::smb2::Command;

use crate::time::Interval;

/// A request that a caller wants to send. `T` is what the caller gets back with the answer.
#[derive(Clone, Copy, Debug)]
pub struct Request<T> {
    /// What is asked.
    pub command: Command,
    /// The caller's own; it is handed back exactly once.
    pub token: T,
    /// How many credits it costs; [`crate::credit_charge`] computes it. At least 1.
    pub charge: u16,
    /// How long until an answer must be there.
    pub timeout: Interval,
    /// How long altogether, once the server has answered STATUS_PENDING. None for requests that may rightly wait for as long
    /// as the connection lives, such as CHANGE_NOTIFY, a blocking LOCK, or a READ from a pipe.
    pub pended_timeout: Option<Interval>,
    /// The session it is sent in, or 0.
    pub session_id: u64,
    /// The tree it is for, or 0.
    pub tree_id: u32,
    /// What answer is acceptable.
    pub reply: Reply,
}

/// How a request's successful answer arrives, and how much of it may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// As one contiguous message whose variable part is at most `max` bytes.
    Message {
        /// The most bytes behind the fixed part.
        max: u32,
    },
    /// A READ: the message's head apart, the data straight into the caller's buffer of `len` bytes. Where it comes encrypted
    /// or in a compound, the message is whole and the caller copies the data.
    Data {
        /// The size of the buffer, which is what was asked for.
        len: u32,
    },
}

impl Reply {
    /// The most bytes that may come behind the fixed part.
    pub(crate) fn most(self) -> u64 {
        match self {
            Self::Message { max } => max.into(),
            Self::Data { len } => len.into(),
        }
    }
}

/// Names one request in the table, for cancelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExchangeId {
    pub(crate) slot: u32,
    /// Tells the slot's tenants apart.
    pub(crate) generation: u32,
}

/// The right to send one request now: its message id and credits are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The request in the table.
    pub id: ExchangeId,
    /// What is asked.
    pub command: Command,
    /// MessageId.
    pub message_id: u64,
    /// CreditCharge, as the header has it: 0 where the dialect has no multi-credit requests.
    pub credit_charge: u16,
    /// CreditRequest.
    pub credit_request: u16,
    /// SessionId.
    pub session_id: u64,
    /// TreeId.
    pub tree_id: u32,
}

/// What a CANCEL must name (MS-SMB2 3.2.4.24).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CancelTarget {
    /// The message id of the request to cancel.
    pub message_id: u64,
    /// The id from its interim response, if there was one.
    pub async_id: Option<u64>,
    /// Its session.
    pub session_id: u64,
    /// Its tree.
    pub tree_id: u32,
}
