//! How fast messages are signed: `cargo run --release -p smb-crypto --example signing_speed`.

use std::hint::black_box;
use std::time::Instant;

use smb_crypto::{Key128, SigningAlgorithm, SigningKey};

fn main() {
    for algorithm in [
        SigningAlgorithm::AesGmac,
        SigningAlgorithm::AesCmac,
        SigningAlgorithm::HmacSha256,
    ] {
        let key: SigningKey =
            SigningKey::new(algorithm, &Key128::new([1; 16])).expect("a key of 16 bytes");
        for size in [128, 4096, 65536, 1 << 20] {
            let message = vec![0x5a; size];
            let rounds = (1 << 20) / size;
            // The best of many short runs: the others had company on the CPU.
            let best = (0..200)
                .map(|_| {
                    let start = Instant::now();
                    for _ in 0..rounds {
                        black_box(
                            key.sign(black_box(&message), &[])
                                .expect("longer than a header"),
                        );
                    }
                    start.elapsed().as_secs_f64() / rounds as f64
                })
                .fold(f64::INFINITY, f64::min);
            println!(
                "{algorithm:?} {size:>8} bytes: {:>7.1} MB/s, {:.3} us a message",
                size as f64 / best / 1e6,
                best * 1e6
            );
        }
    }
}
