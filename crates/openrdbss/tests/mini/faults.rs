//! Out of memory, at every allocation in turn.

use crate::toy::{Bench, load, path};
use nt::sys::_FILE_INFORMATION_CLASS as class;
use nt::sys::*;
use ntsim::user::Create;
use ntsim::{Config, Kernel};
use std::sync::atomic::Ordering::SeqCst;

/// What a user does; every step may fail.
fn session(bench: &Bench) -> Result<(), NTSTATUS> {
    let name = path("fault");
    let create = Create {
        access: FILE_GENERIC_READ | FILE_GENERIC_WRITE | DELETE,
        disposition: FILE_OPEN_IF,
        ..Create::open(&name)
    };
    let (file, _) = bench.create(&create)?;
    file.nt_write_file(b"data", Some(0)).ok()?;
    file.nt_read_file(&mut [0; 4], Some(0)).ok()?;
    file.nt_lock_file(0, 1, true, true).ok()?;
    file.nt_query_information_file(&mut [0; 200], class::FileAllInformation)
        .ok()?;
    drop(file);
    let root = path("");
    let (directory, _) = bench.create(&Create {
        options: FILE_DIRECTORY_FILE | FILE_SYNCHRONOUS_IO_NONALERT,
        ..Create::open(&root)
    })?;
    let mut buffer = [0; 200];
    directory
        .nt_query_directory_file(
            &mut buffer,
            class::FileNamesInformation,
            false,
            Some("*"),
            false,
        )
        .ok()?;
    Ok(())
}

/// Every allocation of the library with this tag fails once; each failure leaves nothing behind.
fn all_survive(tag: &[u8; 4]) {
    for n in 1.. {
        let bench = Bench::new();
        let faults = bench.kernel.faults();
        faults.fail_nth_of(tag, n);
        let outcome = session(&bench);
        let hit = faults.struck() != 0;
        faults.clear();
        if !hit {
            assert_eq!(outcome, Ok(()));
        }
        // What has failed works again.
        assert_eq!(session(&bench), Ok(()), "after failure {n} of {tag:?}");
        let toy = bench.toy;
        bench.finish();
        assert_eq!(
            toy.counters.opened.load(SeqCst),
            toy.counters.closes.load(SeqCst),
            "failure {n} of {tag:?}"
        );
        if !hit {
            assert_ne!(n, 1, "nothing is allocated under {tag:?}");
            return;
        }
    }
}

#[test]
fn a_failed_allocation_is_survived_wherever_it_is() {
    // The library's tags, as pool tools show them.
    for tag in [
        b"RxSc", b"RxNr", b"RxVn", b"RxFc", b"RxSo", b"RxFx", b"RxMs", b"RxLk", b"RxDc", b"RxWq",
    ] {
        all_survive(tag);
    }
}

#[test]
fn cleanup_and_close_have_a_context_in_reserve() {
    let bench = Bench::new();
    let (busy, other) = (bench.overlapped("busy"), bench.overlapped("other"));
    busy.nt_write_file_overlapped(vec![1; 8], 0)
        .wait()
        .1
        .ok()
        .unwrap();
    bench.toy.knobs.hold.store(true, SeqCst);
    // They take all the spare contexts.
    let held: Vec<_> = (0..8)
        .map(|_| busy.nt_read_file_overlapped(vec![0; 8], 0))
        .collect();
    let faults = bench.kernel.faults();
    faults.fail_nth_of(b"RxIr", 1);
    drop(other);
    assert_eq!(faults.struck(), 1);
    assert_eq!(bench.toy.counters.cleanups.load(SeqCst), 1);
    assert_eq!(bench.toy.counters.closes.load(SeqCst), 1);
    for read in held {
        read.cancel();
        assert_eq!(read.wait().1.status, STATUS_CANCELLED);
    }
    drop(busy);
    bench.finish();
}

#[test]
fn a_driver_that_cannot_load_leaves_nothing() {
    for n in 1.. {
        let kernel = Kernel::boot(Config::default());
        kernel.faults().fail_nth(n);
        let loaded = load(&kernel);
        let hit = kernel.faults().struck() != 0;
        kernel.faults().clear();
        match loaded {
            Ok(driver) => driver.unload().unwrap(),
            Err(status) => assert_eq!(status, STATUS_INSUFFICIENT_RESOURCES, "failure {n}"),
        }
        if !hit {
            return;
        }
    }
}
