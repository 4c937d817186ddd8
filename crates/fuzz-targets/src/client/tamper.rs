//! What somebody who has no keys does to a server's bytes; or a server that lies, before it signs or seals.

use super::input::Input;

/// Mostly nothing; else a few bytes are other ones, are missing, or are more. Says whether it was something.
pub fn tamper(bytes: &mut Vec<u8>, input: &mut Input<'_>) -> bool {
    let times = match input.byte() {
        0..160 => return false,
        many => many % 4 + 1,
    };
    for _ in 0..times {
        if bytes.is_empty() {
            break;
        }
        // Most of what matters lies in front.
        let at = match input.bit() {
            false => input.below(bytes.len().min(140)),
            true => usize::from(input.u16()) % bytes.len(),
        };
        match input.byte() % 6 {
            0 => bytes[at] = input.byte(),
            1 => bytes[at] ^= 1 << (input.byte() % 8),
            2 => {
                let edge =
                    input.one_of([0, u32::MAX, 1, 0x8000_0000, 0x7FFF_FFFF, 8, 64, 0x00FF_FFFF]);
                for (to, from) in bytes[at..].iter_mut().zip(edge.to_le_bytes()) {
                    *to = from;
                }
            }
            3 => bytes.truncate(at),
            4 => bytes.extend(input.take(usize::from(input.clone().byte()))),
            _ => {
                let more = bytes.len() + usize::from(input.u16()) % 2048;
                bytes.resize(more, 0);
            }
        }
    }
    true
}
