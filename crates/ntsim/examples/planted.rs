//! Faults that a sanitizer must report, in pool and under the kernel's own services: `cargo xtask sanitize` runs each and takes
//! no news for bad news.

use std::process::ExitCode;
use std::thread;

use ntsim::sys::*;
use ntsim::{Config, Kernel};

/// What the driver allocates counts as its pool, as in every test of the driver.
#[global_allocator]
static ALLOCATOR: ntsim::KernelAllocator = ntsim::KernelAllocator;

/// A block of pool that threads share.
#[derive(Clone, Copy)]
struct Block(*mut u64);

// SAFETY: what it is good for is to break the rules.
unsafe impl Send for Block {}

const TAG: ULONG = u32::from_le_bytes(*b"Plnt");

impl Block {
    fn new() -> Self {
        // SAFETY: a service at PASSIVE_LEVEL.
        Self(unsafe { ExAllocatePool2(POOL_FLAG_NON_PAGED, 256, TAG).cast() })
    }

    fn free(self) {
        // SAFETY: it is pool, and freed once.
        unsafe { ExFreePoolWithTag(self.0.cast(), TAG) };
    }

    /// Adds one to the word at `at`, by any thread at any time.
    fn touch(self, at: usize) {
        let word = self.0.wrapping_add(at);
        // SAFETY: breaks the rules on purpose.
        let old = unsafe { word.read_volatile() };
        // SAFETY: as above.
        unsafe { word.write_volatile(old + 1) };
    }
}

/// Two threads write the same word, each under a spin lock: its own, or the same one.
fn write_under(locks: [usize; 2]) {
    let block = Block::new();
    let threads = locks.map(|lock| {
        let lock = block.0.wrapping_add(lock) as usize;
        thread::spawn(move || {
            let block = block;
            let lock = lock as *mut KSPIN_LOCK;
            for _ in 0..1000 {
                // SAFETY: a zeroed word is a spin lock, and the block lives until the threads end.
                let irql = unsafe { KeAcquireSpinLockRaiseToDpc(lock) };
                block.touch(0);
                // SAFETY: just acquired.
                unsafe { KeReleaseSpinLock(lock, irql) };
            }
        })
    });
    for thread in threads {
        thread.join().expect("it ends");
    }
    block.free();
}

fn use_after_free() {
    let block = Block::new();
    block.free();
    block.touch(3);
}

fn overrun() {
    let block = Block::new();
    // Behind the guard bytes of the pool itself.
    block.touch(256 / 8 + 4);
    block.free();
}

fn leak(kernel: &Kernel) {
    // Not pool, which the kernel itself would miss.
    let lost = Box::leak(Box::new([1u8; 4711]));
    println!("{} bytes, {} pool", lost.len(), kernel.leaks().pool.len());
}

fn main() -> ExitCode {
    let kernel = Kernel::boot(Config {
        // What is kept for the pool's own checks is not free to a sanitizer.
        quarantine_bytes: 0,
        ..Config::default()
    });
    match std::env::args().nth(1).as_deref() {
        Some("race") => write_under([1, 2]),
        // In good order: nothing may be reported.
        Some("no-race") => write_under([1, 1]),
        Some("use-after-free") => use_after_free(),
        Some("overrun") => overrun(),
        Some("leak") => leak(&kernel),
        _ => {
            eprintln!("race, no-race, use-after-free, overrun or leak");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
