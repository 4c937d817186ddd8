//! The table of requests: a fixed number of slots, a free list, a queue, and an index by message id.
//!
//! Everything is allocated when the table is made. A slot is in exactly one list at any time, so one link serves all three.

use alloc::vec::Vec;

use smb_wire::smb2::Command;

use crate::error::ClientError;
use crate::exchange::{CancelTarget, ExchangeId, Reply};
use crate::time::{Interval, Time};

/// What is known of one request.
#[derive(Debug)]
pub(crate) struct Exchange<T> {
    /// The caller's token; gone once the request has timed out or was abandoned.
    pub(crate) token: Option<T>,
    pub(crate) command: Command,
    pub(crate) charge: u16,
    pub(crate) session_id: u64,
    pub(crate) tree_id: u32,
    pub(crate) reply: Reply,
    pub(crate) pended_timeout: Option<Interval>,
    pub(crate) deadline: Time,
    /// When it was submitted, or sent if it had to wait.
    pub(crate) started: Time,
    /// How long its first answer may take.
    pub(crate) timeout: Interval,
    /// None while it waits for credits.
    pub(crate) message_id: Option<u64>,
    pub(crate) async_id: Option<u64>,
    /// Whether its first answer has come, with which the server gave its credits back.
    pub(crate) settled: bool,
    /// Whether the caller has given it up.
    pub(crate) cancelled: bool,
}

/// How many times its time-out a READ or WRITE may take while the server is busy with others.
const BULK_PATIENCE: u64 = 4;

impl<T> Exchange<T> {
    /// A later deadline, if one is due. On a slow connection, megabytes of other requests may lie before this one's: as long
    /// as the server is heard of, its READs and WRITEs are waited for, within reason.
    pub(crate) fn postponed(&self, last_heard: Time, now: Time) -> Option<Time> {
        let is_bulk = matches!(self.command, Command::READ | Command::WRITE);
        if !is_bulk || self.cancelled || self.async_id.is_some() {
            return None;
        }
        let at_most = self
            .started
            .after(Interval(self.timeout.0.saturating_mul(BULK_PATIENCE)));
        let later = last_heard.after(self.timeout).min(at_most);
        (later > now).then_some(later)
    }

    /// Whether it no longer waits for credits.
    pub(crate) const fn is_sent(&self) -> bool {
        self.message_id.is_some()
    }

    /// What a CANCEL must name; none while it waits for credits.
    pub(crate) fn cancel_target(&self) -> Option<CancelTarget> {
        Some(CancelTarget {
            message_id: self.message_id?,
            async_id: self.async_id,
            session_id: self.session_id,
            tree_id: self.tree_id,
        })
    }
}

#[derive(Debug)]
struct Slot<T> {
    exchange: Option<Exchange<T>>,
    generation: u32,
    /// The next slot of the list that this one is in.
    link: u32,
}

/// The end of a list.
const NONE: u32 = u32::MAX;

#[derive(Debug)]
pub(crate) struct Table<T> {
    slots: Vec<Slot<T>>,
    free: u32,
    queue_head: u32,
    queue_tail: u32,
    /// Heads of the chains of requests in flight, by message id.
    buckets: Vec<u32>,
    /// What the requests in flight may bring in all, in bytes.
    awaited: u64,
}

impl<T> Table<T> {
    pub(crate) fn new(capacity: u16) -> Result<Self, ClientError> {
        let mut slots = Vec::new();
        slots
            .try_reserve_exact(usize::from(capacity))
            .map_err(|_| ClientError::OutOfMemory)?;
        slots.extend((0..capacity).map(|index| {
            let next = u32::from(index).saturating_add(1);
            Slot {
                exchange: None,
                generation: 0,
                link: if next == u32::from(capacity) {
                    NONE
                } else {
                    next
                },
            }
        }));
        let bucket_count = usize::from(capacity).next_power_of_two();
        let mut buckets = Vec::new();
        buckets
            .try_reserve_exact(bucket_count)
            .map_err(|_| ClientError::OutOfMemory)?;
        buckets.resize(bucket_count, NONE);
        Ok(Self {
            slots,
            free: if capacity == 0 { NONE } else { 0 },
            queue_head: NONE,
            queue_tail: NONE,
            buckets,
            awaited: 0,
        })
    }

    /// A free slot.
    pub(crate) fn vacant(&mut self) -> Option<Vacant<'_, T>> {
        let index = self.free;
        slot_mut(&mut self.slots, index).map(|slot| Vacant {
            slot,
            index,
            free: &mut self.free,
        })
    }

    pub(crate) fn has_room_for(&self, count: usize) -> bool {
        let mut index = self.free;
        for _ in 0..count {
            match slot_ref(&self.slots, index) {
                Some(slot) => index = slot.link,
                None => return false,
            }
        }
        true
    }

    pub(crate) fn get(&self, id: ExchangeId) -> Option<&Exchange<T>> {
        slot_ref(&self.slots, id.slot)
            .filter(|slot| slot.generation == id.generation)
            .and_then(|slot| slot.exchange.as_ref())
    }

    pub(crate) fn get_mut(&mut self, id: ExchangeId) -> Option<&mut Exchange<T>> {
        slot_mut(&mut self.slots, id.slot)
            .filter(|slot| slot.generation == id.generation)
            .and_then(|slot| slot.exchange.as_mut())
    }

    /// Puts a request at the end of the queue for credits.
    pub(crate) fn enqueue(&mut self, id: ExchangeId) {
        match slot_mut(&mut self.slots, self.queue_tail) {
            Some(tail) => tail.link = id.slot,
            None => self.queue_head = id.slot,
        }
        self.queue_tail = id.slot;
    }

    /// The requests of the queue, in order.
    pub(crate) fn queue(&self) -> impl Iterator<Item = (ExchangeId, &Exchange<T>)> {
        let mut index = self.queue_head;
        core::iter::from_fn(move || {
            let slot = slot_ref(&self.slots, index)?;
            let id = ExchangeId {
                slot: index,
                generation: slot.generation,
            };
            index = slot.link;
            Some((id, slot.exchange.as_ref()?))
        })
    }

    /// Moves a request from the queue, or from no list, to the index under `message_id`.
    pub(crate) fn send(&mut self, id: ExchangeId, message_id: u64) {
        self.leave_queue(id.slot);
        let bucket = self.bucket(message_id);
        if let (Some(head), Some(slot)) = (
            self.buckets.get_mut(bucket),
            slot_mut(&mut self.slots, id.slot),
        ) {
            slot.link = *head;
            *head = id.slot;
            if let Some(exchange) = &mut slot.exchange {
                exchange.message_id = Some(message_id);
                self.awaited = self.awaited.saturating_add(exchange.reply.most());
            }
        }
    }

    /// The request in flight with this message id.
    pub(crate) fn find(&self, message_id: u64) -> Option<ExchangeId> {
        let mut index = self.buckets.get(self.bucket(message_id)).copied()?;
        // The chain cannot be longer than the table.
        while let Some(slot) = slot_ref(&self.slots, index) {
            if slot
                .exchange
                .as_ref()
                .and_then(|exchange| exchange.message_id)
                == Some(message_id)
            {
                return Some(ExchangeId {
                    slot: index,
                    generation: slot.generation,
                });
            }
            index = slot.link;
        }
        None
    }

    /// Takes a request out of the table.
    pub(crate) fn remove(&mut self, id: ExchangeId) -> Option<Exchange<T>> {
        match self.get(id)?.message_id {
            Some(message_id) => self.leave_bucket(id.slot, message_id),
            None => self.leave_queue(id.slot),
        }
        let free = self.free;
        let slot = slot_mut(&mut self.slots, id.slot)?;
        slot.link = free;
        self.free = id.slot;
        let exchange = slot.exchange.take()?;
        if exchange.message_id.is_some() {
            self.awaited = self.awaited.saturating_sub(exchange.reply.most());
        }
        Some(exchange)
    }

    /// What the requests in flight may bring in all, in bytes.
    pub(crate) const fn awaited(&self) -> u64 {
        self.awaited
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (ExchangeId, &Exchange<T>)> {
        (0u32..).zip(&self.slots).filter_map(|(index, slot)| {
            let id = ExchangeId {
                slot: index,
                generation: slot.generation,
            };
            slot.exchange.as_ref().map(|exchange| (id, exchange))
        })
    }

    fn leave_queue(&mut self, index: u32) {
        let mut previous = NONE;
        let mut current = self.queue_head;
        while let Some(slot) = slot_mut(&mut self.slots, current) {
            if current != index {
                previous = current;
                current = slot.link;
                continue;
            }
            let next = core::mem::replace(&mut slot.link, NONE);
            match slot_mut(&mut self.slots, previous) {
                Some(slot) => slot.link = next,
                None => self.queue_head = next,
            }
            if self.queue_tail == index {
                self.queue_tail = previous;
            }
            return;
        }
    }

    fn leave_bucket(&mut self, index: u32, message_id: u64) {
        let bucket = self.bucket(message_id);
        let Some(next) = slot_ref(&self.slots, index).map(|slot| slot.link) else {
            return;
        };
        let Some(head) = self.buckets.get_mut(bucket) else {
            return;
        };
        if *head == index {
            *head = next;
            return;
        }
        let mut current = *head;
        while let Some(slot) = slot_mut(&mut self.slots, current) {
            if slot.link == index {
                slot.link = next;
                return;
            }
            current = slot.link;
        }
    }

    /// Message ids come in steps of the charges, so their low bits alone would crowd a few chains.
    fn bucket(&self, message_id: u64) -> usize {
        const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;
        let spread = message_id.wrapping_mul(SPREAD) >> 32;
        let mask = self.buckets.len().saturating_sub(1);
        usize::try_from(spread).unwrap_or(0) & mask
    }
}

/// A free slot, to be filled.
#[derive(Debug)]
pub(crate) struct Vacant<'a, T> {
    slot: &'a mut Slot<T>,
    index: u32,
    free: &'a mut u32,
}

impl<T> Vacant<'_, T> {
    /// Puts a request into the slot. It is in no list yet.
    pub(crate) fn fill(self, exchange: Exchange<T>) -> ExchangeId {
        *self.free = core::mem::replace(&mut self.slot.link, NONE);
        self.slot.generation = self.slot.generation.wrapping_add(1);
        self.slot.exchange = Some(exchange);
        ExchangeId {
            slot: self.index,
            generation: self.slot.generation,
        }
    }
}

fn slot_ref<T>(slots: &[Slot<T>], index: u32) -> Option<&Slot<T>> {
    slots.get(usize::try_from(index).ok()?)
}

fn slot_mut<T>(slots: &mut [Slot<T>], index: u32) -> Option<&mut Slot<T>> {
    slots.get_mut(usize::try_from(index).ok()?)
}

#[cfg(test)]
mod tests;
