//! Changed inputs, the same ones each time: a small fuzzer without feedback, for machines without nightly.

/// Numbers that follow from a seed (Steele, Lea, Flood: SplitMix64).
#[derive(Clone, Debug)]
pub struct Numbers(u64);

impl Numbers {
    /// The numbers of this seed.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`, which is not 0.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.draw() % limit as u64) as usize
    }
}

/// Values at which lengths and offsets go wrong.
const EDGES: [u32; 12] = [
    0,
    1,
    2,
    4,
    7,
    8,
    63,
    64,
    0x7FFF_FFFF,
    0x8000_0000,
    0xFFFF_FFF8,
    0xFFFF_FFFF,
];

/// One of `seeds` with a few changes, or random bytes if there are none; at most `max_len` bytes.
pub fn changed(numbers: &mut Numbers, seeds: &[Vec<u8>], max_len: usize) -> Vec<u8> {
    let mut input = match seeds.len() {
        0 => (0..numbers.below(max_len + 1))
            .map(|_| numbers.draw() as u8)
            .collect(),
        count => seeds[numbers.below(count)].clone(),
    };
    for _ in 0..=numbers.below(4) {
        change(numbers, seeds, &mut input);
    }
    input.truncate(max_len);
    input
}

fn change(numbers: &mut Numbers, seeds: &[Vec<u8>], input: &mut Vec<u8>) {
    if input.is_empty() {
        input.push(numbers.draw() as u8);
        return;
    }
    let at = numbers.below(input.len());
    match numbers.below(7) {
        0 => input[at] ^= 1 << numbers.below(8),
        1 => input[at] = numbers.draw() as u8,
        2 => edge(numbers, &mut input[at..]),
        3 => input.truncate(at),
        4 => drop(input.drain(at..at + numbers.below(input.len() - at).min(16) + 1)),
        5 => {
            let piece = input[at..].iter().copied().take(32).collect::<Vec<_>>();
            let place = numbers.below(input.len() + 1);
            drop(input.splice(place..place, piece));
        }
        _ => {
            if let Some(other) = seeds.get(numbers.below(seeds.len().max(1))) {
                let from = numbers.below(other.len().max(1));
                input.truncate(at);
                input.extend(other.iter().skip(from));
            }
        }
    }
}

/// Writes an edge as wide as there is room for, in either byte order.
fn edge(numbers: &mut Numbers, place: &mut [u8]) {
    let value = EDGES[numbers.below(EDGES.len())];
    let width = [1, 2, 4][numbers.below(3)];
    let bytes = match numbers.below(2) {
        0 => value.to_le_bytes(),
        _ => {
            let mut bytes = value.to_be_bytes();
            bytes.rotate_left(4 - width);
            bytes
        }
    };
    for (to, from) in place.iter_mut().zip(bytes).take(width) {
        *to = from;
    }
}
