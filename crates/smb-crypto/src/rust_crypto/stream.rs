//! Counter mode with a code over the message: what CCM and GCM have in common, for messages of any length in any pieces.

use aes::cipher::BlockEncrypt;

use super::aes_key::Aes;
use crate::provider::RunningAead;

pub const BLOCK: usize = 16;
pub type Block = [u8; BLOCK];

/// How many blocks of the stream are made at once: they are on the stack.
const BATCH: usize = 16;
/// How many blocks are encrypted before they are authenticated: what the first-level cache still holds then.
const SPAN: usize = 256;

/// What authenticates a message block by block.
pub trait Authenticator {
    /// What is authenticated: the message before its encryption, or else after.
    const OF_PLAINTEXT: bool;

    /// Adds blocks; the message's last is filled up with zeros.
    fn update(&mut self, blocks: &[Block]);
    /// The code over a message of `len` bytes, not encrypted yet.
    fn finish(&mut self, len: u64) -> Block;
}

/// A message being sealed or opened.
pub struct Stream<'k, A> {
    cipher: Aes<'k>,
    /// The next block to encrypt, as a big-endian number. Messages are too short for it to reach the nonce in front.
    counter: u128,
    /// The first block of the stream: it covers the code.
    mask: Block,
    code: A,
    /// Of the block that is begun but not whole: what encrypts it, what of it is to be authenticated, and how much there is.
    keystream: Block,
    partial: Block,
    partial_len: usize,
    len: u64,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Seal,
    Open,
}

impl<'k, A: Authenticator> Stream<'k, A> {
    /// Starts at the counter block `first`. `code` has authenticated all that comes before the message.
    pub(super) fn new(cipher: Aes<'k>, first: Block, code: A) -> Self {
        Self {
            cipher,
            counter: u128::from_be_bytes(first).wrapping_add(1),
            mask: cipher.encrypted(&first),
            code,
            keystream: [0; BLOCK],
            partial: [0; BLOCK],
            partial_len: 0,
            len: 0,
        }
    }

    fn next(&mut self) -> Block {
        let mut stream = [[0; BLOCK].into()];
        self.fill(&mut stream);
        let [block] = stream;
        block.into()
    }

    fn fill(&mut self, stream: &mut [aes::Block]) {
        for block in &mut *stream {
            *block = self.counter.to_be_bytes().into();
            self.counter = self.counter.wrapping_add(1);
        }
        self.cipher.encrypt_blocks(stream);
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
        self.blocks(blocks, way);
        if !tail.is_empty() {
            self.keystream = self.next();
            self.part(tail, way);
        }
    }

    fn blocks(&mut self, data: &mut [Block], way: Way) {
        let input_counts = A::OF_PLAINTEXT == (way == Way::Seal);
        let mut stream: [aes::Block; BATCH] = [[0; BLOCK].into(); BATCH];
        for span in data.chunks_mut(SPAN) {
            if input_counts {
                self.code.update(span);
            }
            for batch in span.chunks_mut(BATCH) {
                let (stream, _) = stream.split_at_mut(batch.len().min(BATCH));
                self.fill(stream);
                for (block, key) in batch.iter_mut().zip(stream) {
                    *block = xor(block, key.as_ref());
                }
            }
            if !input_counts {
                self.code.update(span);
            }
        }
    }

    /// Adds to the block that is begun, and not more than it has room for.
    fn part(&mut self, data: &mut [u8], way: Way) {
        let input_counts = A::OF_PLAINTEXT == (way == Way::Seal);
        let free = self.partial.iter_mut().zip(&self.keystream);
        for ((place, key), byte) in free.skip(self.partial_len).zip(&mut *data) {
            let input = *byte;
            *byte ^= key;
            *place = if input_counts { input } else { *byte };
        }
        self.partial_len = self.partial_len.saturating_add(data.len());
        if self.partial_len >= BLOCK {
            self.flush();
        }
    }

    fn flush(&mut self) {
        self.code.update(&[self.partial]);
        self.partial = [0; BLOCK];
        self.partial_len = 0;
    }
}

impl<A: Authenticator> RunningAead for Stream<'_, A> {
    fn seal(&mut self, data: &mut [u8]) {
        self.apply(data, Way::Seal);
    }

    fn open(&mut self, data: &mut [u8]) {
        self.apply(data, Way::Open);
    }

    fn finish(mut self) -> Block {
        if self.partial_len > 0 {
            self.flush();
        }
        xor(&self.code.finish(self.len), &self.mask)
    }
}

pub(super) fn xor(a: &Block, b: &Block) -> Block {
    (u128::from_ne_bytes(*a) ^ u128::from_ne_bytes(*b)).to_ne_bytes()
}
