//! The memory of a send or receive: a range of an MDL chain, as the host's vectored calls want it.

use crate::mdl;
use crate::sys::{MDL, PMDL};
use core::mem::MaybeUninit;
use socket2::{MaybeUninitSlice, Socket};
use std::io::{self, IoSlice};

/// Pieces of memory in one call to the host; a longer chain takes several calls.
const MOST_PIECES: usize = 16;

/// A range of an MDL chain, and how much of it is done.
pub(crate) struct Range {
    mdl: PMDL,
    offset: usize,
    pub(crate) length: usize,
    pub(crate) done: usize,
}

impl Range {
    /// Checks that the chain has so many bytes at the offset and marks its memory as used by the network. None when the MDLs are too short, or not locked.
    pub(crate) fn new(mdl: PMDL, offset: usize, length: usize) -> Option<Self> {
        let range = Self {
            mdl,
            offset,
            length,
            done: 0,
        };
        let mut covered = 0usize;
        let mut next = range.mdl;
        // SAFETY: the client's chain is valid until the operation's end.
        while let Some(link) = unsafe { next.as_ref() } {
            covered = covered.checked_add(mdl::memory_of(link)?.1)?;
            next = link.Next;
        }
        if range.length > 0 && covered < range.offset.checked_add(range.length)? {
            return None;
        }
        mdl::use_by_network(range.mdl, true);
        Some(range)
    }

    /// The network is through with the memory.
    pub(crate) fn release(&self) {
        mdl::use_by_network(self.mdl, false);
    }

    pub(crate) fn is_done(&self) -> bool {
        self.done == self.length
    }

    /// Hands the pieces that are not done to `take`, up to its limit.
    fn pieces(&self, mut take: impl FnMut(*mut u8, usize) -> bool) {
        let mut skip = self.offset + self.done;
        let mut left = self.length - self.done;
        let mut next: *mut MDL = self.mdl;
        while left > 0 {
            // SAFETY: the chain was long enough when it was checked, and is valid until the operation's end.
            let Some(link) = (unsafe { next.as_ref() }) else {
                return;
            };
            let Some((memory, len)) = mdl::memory_of(link) else {
                return;
            };
            if skip < len {
                let piece = (len - skip).min(left);
                if !take(memory.wrapping_add(skip), piece) {
                    return;
                }
                left -= piece;
                skip = 0;
            } else {
                skip -= len;
            }
            next = link.Next;
        }
    }

    /// Sends what the host takes.
    pub(crate) fn send(&self, socket: &Socket) -> io::Result<usize> {
        let mut slices = [IoSlice::new(&[]); MOST_PIECES];
        let mut count = 0;
        self.pieces(|memory, len| {
            // SAFETY: the MDL's memory is locked until the operation's end.
            slices[count] = IoSlice::new(unsafe { core::slice::from_raw_parts(memory, len) });
            count += 1;
            count < MOST_PIECES
        });
        socket.send_vectored_with_flags(&slices[..count], libc::MSG_NOSIGNAL)
    }

    /// Receives what the host has.
    pub(crate) fn receive(&self, socket: &Socket) -> io::Result<usize> {
        let mut slices: [MaybeUninitSlice<'_>; MOST_PIECES] =
            core::array::from_fn(|_| MaybeUninitSlice::new(&mut []));
        let mut count = 0;
        self.pieces(|memory, len| {
            // SAFETY: the MDL's memory is locked until the operation's end, and the client leaves it to the network.
            let piece =
                unsafe { core::slice::from_raw_parts_mut(memory.cast::<MaybeUninit<u8>>(), len) };
            slices[count] = MaybeUninitSlice::new(piece);
            count += 1;
            count < MOST_PIECES
        });
        socket
            .recv_vectored(&mut slices[..count])
            .map(|(received, _)| received)
    }
}
