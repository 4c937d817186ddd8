//! What a connection keeps for reuse, so that reads and writes in steady state allocate nothing.

use nt::Result;
use nt::net::{Request, Socket};
use nt::pool::{ArcStock, PoolBox, Tag};
use nt::sync::Freelist;

use crate::exchange::{MESSAGE_ROOM, Outgoing, Stock};
use crate::lowio::{Read, Write};

const TAG: Tag = Tag::new(b"OxSt");

/// How many requests of each kind are kept.
const REQUESTS: usize = 64;
/// How many large copies of a WRITE's data are kept; each is as large as the largest WRITE.
const COPIES: usize = 16;

/// The stocks of a connection.
pub struct Stocks {
    messages: Freelist<Request<Outgoing>>,
    writes: Freelist<Request<Outgoing>>,
    small_copies: Freelist<Request<Outgoing>>,
    copies: Freelist<Request<Outgoing>>,
    /// Blocks for the reads under way.
    pub reads: ArcStock<Read>,
    /// Blocks for the writes under way.
    pub write_operations: ArcStock<Write>,
}

impl Stocks {
    /// Stocks that are empty, but for the messages: a request that has its message id must not fail for want of memory.
    #[inline(never)]
    pub fn new(socket: &Socket) -> Result<PoolBox<Self>> {
        let messages = Freelist::filled(TAG, REQUESTS, || {
            Outgoing::make(socket, Stock::Messages, MESSAGE_ROOM, 0)
        })?;
        PoolBox::new(
            TAG,
            Self {
                messages,
                writes: Freelist::new(TAG, REQUESTS)?,
                small_copies: Freelist::new(TAG, REQUESTS)?,
                copies: Freelist::new(TAG, COPIES)?,
                reads: ArcStock::new(TAG, REQUESTS)?,
                write_operations: ArcStock::new(TAG, REQUESTS)?,
            },
        )
    }

    /// Where idle requests of a kind are kept.
    pub fn of(&self, stock: Stock) -> Option<&Freelist<Request<Outgoing>>> {
        match stock {
            Stock::Messages => Some(&self.messages),
            Stock::Writes => Some(&self.writes),
            Stock::SmallCopies => Some(&self.small_copies),
            Stock::Copies => Some(&self.copies),
            Stock::None => None,
        }
    }
}
