//! How fast messages are sealed and opened: `cargo run --release -p smb-crypto --example sealing_speed`.

use std::hint::black_box;
use std::time::Instant;

use smb_crypto::{Cipher, Direction, OpeningKey, PreauthHash, SealingKey, Smb3Keys};

/// The best of many short runs, in seconds a round: the others had company on the CPU.
fn best(rounds: usize, mut work: impl FnMut()) -> f64 {
    (0..200)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..rounds {
                work();
            }
            start.elapsed().as_secs_f64() / rounds as f64
        })
        .fold(f64::INFINITY, f64::min)
}

fn main() {
    for cipher in Cipher::ALL {
        let derive = || {
            Smb3Keys::Smb311(PreauthHash::START)
                .derive_sealing(&[1; 16], cipher, Direction::ClientToServer)
                .expect("every cipher is in 3.1.1")
        };
        let sealing: SealingKey = SealingKey::new(derive()).expect("memory");
        let opening: OpeningKey = OpeningKey::new(derive()).expect("memory");
        for size in [128, 4096, 65536, 1 << 20] {
            let payload = vec![0x5a; size - 112];
            let mut message = vec![0x11; size];
            let rounds = (1 << 20) / size;
            let seal = |message: &mut [u8], in_place, rest: &[&[u8]]| {
                let nonce = sealing.next_nonce(size).expect("not used up");
                let mut header = [0; 32];
                header[..16].copy_from_slice(nonce.field());
                let tag = sealing.seal(nonce, &header, message, in_place, rest);
                (header, tag.expect("it fits"))
            };
            let gathered = best(rounds, || {
                black_box(seal(&mut message, 112, &[black_box(&payload)]));
            });
            let in_place = best(rounds, || {
                black_box(seal(&mut message, size, &[]));
            });
            let both = best(rounds, || {
                let (header, tag) = seal(&mut message, size, &[]);
                let opened = opening.open(&header, &tag, &mut [&mut message]);
                opened.expect("it was sealed so");
            });
            let speed = |seconds| size as f64 / seconds / 1e6;
            println!(
                "{cipher:?} {size:>8} bytes: gathered and sealed {:>7.1} MB/s, {:>9.3} us; opened {:>7.1} MB/s",
                speed(gathered),
                gathered * 1e6,
                speed(both - in_place),
            );
        }
    }
}
