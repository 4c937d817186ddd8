//! A connection whose bytes a scheduler moves.
//!
//! What the driver sends is queued, goes onto the wire in order, and is completed later, in any order; what it receives comes
//! in pieces of any size. Each happens on a thread of the transport at DISPATCH, or now and then within the call that starts it.

mod range;
mod request;
mod socket;
mod wire;

pub use range::{Gather, Room};
pub use request::{Completion, Request};
pub use socket::{Socket, Stream};
pub use wire::Wire;
