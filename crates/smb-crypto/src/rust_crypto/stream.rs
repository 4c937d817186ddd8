//! Messages of any length, in any pieces, for modes that work on whole blocks.

use crate::provider::RunningAead;

pub const BLOCK: usize = 16;

/// Which way data goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Seal,
    Open,
}

/// A mode that encrypts by a stream of blocks and authenticates blocks.
pub trait BlockMode {
    /// What is authenticated: the data before its encryption, or else after.
    const AUTHENTICATES_PLAINTEXT: bool;

    /// Seals or opens whole blocks and authenticates them.
    fn blocks(&mut self, data: &mut [[u8; BLOCK]], way: Way);
    /// The next block of the stream.
    fn keystream(&mut self) -> [u8; BLOCK];
    /// Authenticates a block; the message's last is filled up with zeros.
    fn authenticate(&mut self, block: &[u8; BLOCK]);
    /// The tag over all that was authenticated. `len` is the message's length in bytes.
    fn tag(self, len: u64) -> [u8; BLOCK];
}

/// A message on its way through a mode.
pub struct Stream<M> {
    mode: M,
    /// Of the block that is begun but not whole: what encrypts it, what of it is to be authenticated, and how much there is.
    keystream: [u8; BLOCK],
    partial: [u8; BLOCK],
    partial_len: usize,
    len: u64,
}

impl<M: BlockMode> Stream<M> {
    pub(super) const fn new(mode: M) -> Self {
        Self {
            mode,
            keystream: [0; BLOCK],
            partial: [0; BLOCK],
            partial_len: 0,
            len: 0,
        }
    }

    fn apply(&mut self, data: &mut [u8], way: Way) {
        self.len = self.len.wrapping_add(data.len() as u64);
        let missing = match self.partial_len {
            0 => 0,
            filled => BLOCK.saturating_sub(filled).min(data.len()),
        };
        let (head, data) = data.split_at_mut(missing);
        self.part(head, way);
        let (blocks, tail) = data.as_chunks_mut::<BLOCK>();
        self.mode.blocks(blocks, way);
        if !tail.is_empty() {
            self.keystream = self.mode.keystream();
            self.part(tail, way);
        }
    }

    /// Adds to the block that is begun, and not more than it has room for.
    fn part(&mut self, data: &mut [u8], way: Way) {
        let authenticates_input = M::AUTHENTICATES_PLAINTEXT == (way == Way::Seal);
        let free = self.partial.iter_mut().zip(&self.keystream);
        for ((place, key), byte) in free.skip(self.partial_len).zip(&mut *data) {
            let input = *byte;
            *byte ^= key;
            *place = if authenticates_input { input } else { *byte };
        }
        self.partial_len = self.partial_len.saturating_add(data.len());
        if self.partial_len >= BLOCK {
            self.flush();
        }
    }

    fn flush(&mut self) {
        self.mode.authenticate(&self.partial);
        self.partial = [0; BLOCK];
        self.partial_len = 0;
    }
}

impl<M: BlockMode> RunningAead for Stream<M> {
    fn seal(&mut self, data: &mut [u8]) {
        self.apply(data, Way::Seal);
    }

    fn open(&mut self, data: &mut [u8]) {
        self.apply(data, Way::Open);
    }

    fn finish(mut self) -> [u8; BLOCK] {
        if self.partial_len > 0 {
            self.flush();
        }
        self.mode.tag(self.len)
    }
}

/// `data` combined with `key`, block by block.
pub(super) fn xor(data: &mut [[u8; BLOCK]], key: &[aes::Block]) {
    for (block, key) in data.iter_mut().zip(key) {
        let key = u128::from_ne_bytes((*key).into());
        *block = (u128::from_ne_bytes(*block) ^ key).to_ne_bytes();
    }
}
