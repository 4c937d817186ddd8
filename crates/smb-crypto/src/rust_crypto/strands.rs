//! GHASH (NIST SP 800-38D 6.4) in several strands at once.
//!
//! One multiplication needs the result of the one before, and a CPU has room for several. So block `i` goes to strand `i` modulo
//! [`STRANDS`], which multiplies by the hash key to the power of [`STRANDS`]; in the end, each strand's last block is
//! multiplied by the power that is left for it to the end of the message, and the strands are added up.

use core::array;
use core::hint::black_box;

use ghash::GHash;
use ghash::universal_hash::{KeyInit, UniversalHash};
use zeroize::Zeroizing;

use super::stream::{BLOCK, Block, xor};

/// More than four gain nothing: the multiplier is busy then.
const STRANDS: usize = 4;

/// Multipliers by powers of the hash key: the last by the key itself, each other by one power more than the next.
pub(super) struct HashKey([GHash; STRANDS]);

impl HashKey {
    pub(super) fn new(key: &Block) -> Self {
        let mut power = Zeroizing::new(*key);
        let mut powers = array::from_fn(|_| {
            let multiplier = GHash::new((&*power).into());
            *power = product(multiplier.clone(), key);
            multiplier
        });
        powers.reverse();
        Self(powers)
    }

    pub(super) fn start(&self) -> RunningHash<'_> {
        let [highest, ..] = &self.0;
        RunningHash {
            key: self,
            strands: array::from_fn(|_| highest.clone()),
            last: None,
            tail: [[0; BLOCK]; STRANDS],
            tail_len: 0,
        }
    }
}

impl Drop for HashKey {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

/// A hash being computed over whole blocks.
pub(super) struct RunningHash<'k> {
    key: &'k HashKey,
    strands: [GHash; STRANDS],
    /// One block for each strand, not multiplied yet: they may be the message's last.
    last: Option<[Block; STRANDS]>,
    /// Fewer blocks than strands, which follow those.
    tail: [Block; STRANDS],
    tail_len: usize,
}

impl RunningHash<'_> {
    pub(super) fn update(&mut self, mut blocks: &[Block]) {
        if self.tail_len > 0 {
            let missing = STRANDS.saturating_sub(self.tail_len).min(blocks.len());
            let (now, later) = blocks.split_at(missing);
            self.keep(now);
            blocks = later;
            if self.tail_len < STRANDS {
                return;
            }
            self.groups(&[self.tail]);
            self.tail_len = 0;
        }
        let (groups, rest) = blocks.as_chunks::<STRANDS>();
        self.groups(groups);
        self.keep(rest);
    }

    fn keep(&mut self, blocks: &[Block]) {
        for (place, block) in self.tail.iter_mut().skip(self.tail_len).zip(blocks) {
            *place = *block;
        }
        self.tail_len = self.tail_len.saturating_add(blocks.len());
    }

    fn groups(&mut self, groups: &[[Block; STRANDS]]) {
        let Some((last, before)) = groups.split_last() else {
            return;
        };
        for group in self.last.iter().chain(before) {
            for (strand, block) in self.strands.iter_mut().zip(group) {
                strand.update_padded(block);
            }
        }
        self.last = Some(*last);
    }

    pub(super) fn finish(self) -> Block {
        let mut sum = [0; BLOCK];
        for ((strand, multiplier), block) in self
            .strands
            .iter()
            .zip(&self.key.0)
            .zip(self.last.iter().flatten())
        {
            let strand = strand.clone().finalize().into();
            sum = xor(&sum, &product(multiplier.clone(), &xor(&strand, block)));
        }
        let [.., by_key] = &self.key.0;
        for block in self.tail.iter().take(self.tail_len) {
            sum = product(by_key.clone(), &xor(&sum, block));
        }
        sum
    }
}

impl Drop for RunningHash<'_> {
    fn drop(&mut self) {
        wipe(&mut self.strands);
    }
}

/// `block` multiplied by what a new `multiplier` multiplies by.
fn product(mut multiplier: GHash, block: &Block) -> Block {
    multiplier.update_padded(block);
    multiplier.finalize().into()
}

/// Overwrites powers of a hash key, which `ghash` does not do by itself. The optimiser must take it that somebody looks.
fn wipe(hashes: &mut [GHash]) {
    for hash in &mut *hashes {
        *hash = GHash::new(&[0; BLOCK].into());
    }
    black_box(hashes);
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    #[test]
    fn strands_give_the_hash_whatever_the_portions() {
        let key = [0x9d; BLOCK];
        let blocks: Vec<Block> = (0..40).map(|i| [i * 3 + 1; BLOCK]).collect();
        let hash_key = HashKey::new(&key);
        for len in 0..blocks.len() {
            let blocks = &blocks[..len];
            let mut one_strand = GHash::new(&key.into());
            one_strand.update_padded(blocks.as_flattened());
            let expected: Block = one_strand.finalize().into();
            for portion in 1..12 {
                let mut hash = hash_key.start();
                for portion in blocks.chunks(portion) {
                    hash.update(portion);
                }
                assert_eq!(hash.finish(), expected, "{len} blocks by {portion}");
            }
        }
    }
}
