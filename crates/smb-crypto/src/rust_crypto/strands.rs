//! GHASH (NIST SP 800-38D 6.4) in several strands at once.
//!
//! One multiplication needs the result of the one before, and a CPU has room for several. So block `i` goes to strand `i` modulo
//! [`STRANDS`], which multiplies by the hash key to the power of [`STRANDS`]; in the end, each strand's last block is
//! multiplied by the power that is left for it instead, and the strands are added up.

use core::array;
use core::hint::black_box;

use ghash::GHash;
use ghash::universal_hash::{KeyInit, UniversalHash};
use zeroize::Zeroizing;

use super::stream::{BLOCK, Block, xor};

/// More than four gain nothing: the multiplier is busy then.
const STRANDS: usize = 4;

/// Multipliers by powers of a hash key.
pub(super) struct HashKey {
    /// The last is by the key itself, each other by one power more than the next.
    powers: [GHash; STRANDS],
    /// By zero: what overwrites the others.
    blank: GHash,
}

impl HashKey {
    pub(super) fn new(key: &Block) -> Self {
        let mut power = Zeroizing::new(*key);
        let mut powers = array::from_fn(|_| {
            let multiplier = GHash::new((&*power).into());
            *power = product(&multiplier, key);
            multiplier
        });
        powers.reverse();
        Self {
            powers,
            blank: GHash::new(&[0; BLOCK].into()),
        }
    }

    pub(super) const fn start(&self) -> RunningHash<'_> {
        RunningHash {
            key: self,
            sum: [0; BLOCK],
        }
    }

    /// Overwrites secrets, which `ghash` does not do by itself. The optimiser must take it that somebody looks.
    fn wipe(blank: &GHash, multipliers: &mut [GHash]) {
        multipliers.fill(blank.clone());
        black_box(multipliers);
    }
}

impl Drop for HashKey {
    fn drop(&mut self) {
        Self::wipe(&self.blank, &mut self.powers);
    }
}

/// A hash being computed over whole blocks, best many at once.
pub(super) struct RunningHash<'k> {
    key: &'k HashKey,
    sum: Block,
}

impl RunningHash<'_> {
    pub(super) fn update(&mut self, blocks: &[Block]) {
        let (groups, rest) = blocks.as_chunks::<STRANDS>();
        if let Some((first, others)) = groups.split_first() {
            self.groups(first, others);
        }
        let [.., by_key] = &self.key.powers;
        for block in rest {
            self.sum = product(by_key, &xor(&self.sum, block));
        }
    }

    fn groups(&mut self, first: &[Block; STRANDS], others: &[[Block; STRANDS]]) {
        let [highest, ..] = &self.key.powers;
        let mut strands: [GHash; STRANDS] = array::from_fn(|_| highest.clone());
        // What was hashed before belongs to the first block.
        let mut last = *first;
        let [block, ..] = &mut last;
        *block = xor(block, &self.sum);
        for group in others {
            for (strand, block) in strands.iter_mut().zip(&last) {
                strand.update_padded(block);
            }
            last = *group;
        }
        self.sum = [0; BLOCK];
        for ((strand, power), block) in strands.iter().zip(&self.key.powers).zip(&last) {
            let strand = strand.clone().finalize().into();
            self.sum = xor(&self.sum, &product(power, &xor(&strand, block)));
        }
        HashKey::wipe(&self.key.blank, &mut strands);
    }

    pub(super) const fn finish(&self) -> Block {
        self.sum
    }
}

/// `block` multiplied by what a new `multiplier` multiplies by.
fn product(multiplier: &GHash, block: &Block) -> Block {
    let mut multiplier = multiplier.clone();
    multiplier.update_padded(block);
    multiplier.finalize().into()
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
