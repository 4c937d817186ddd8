//! Requests whose caller does not wait.

use crate::toy::{Bench, path};
use nt::sys::*;
use ntsim::user::Create;
use std::sync::atomic::Ordering::SeqCst;

#[test]
fn overlapped_transfers_finish_on_another_thread() {
    for at_dispatch in [false, true] {
        let bench = Bench::new();
        let file = bench.overlapped("o");
        bench.toy.knobs.pend.store(true, SeqCst);
        bench.toy.knobs.at_dispatch.store(at_dispatch, SeqCst);
        let writes: Vec<_> = (0..32u64)
            .map(|index| file.nt_write_file_overlapped(vec![index as u8; 512], index * 512))
            .collect();
        for write in writes {
            assert_eq!(write.wait().1.ok(), Ok(512));
        }
        let reads: Vec<_> = (0..32u64)
            .map(|index| file.nt_read_file_overlapped(vec![0; 512], index * 512))
            .collect();
        for (index, read) in reads.into_iter().enumerate() {
            let (buffer, status) = read.wait();
            assert_eq!(status.ok(), Ok(512));
            assert_eq!(buffer, [index as u8; 512]);
        }
        drop(file);
        bench.finish();
    }
}

#[test]
fn a_synchronous_caller_waits_for_a_pending_answer() {
    let bench = Bench::new();
    let file = bench.file("s");
    bench.toy.knobs.pend.store(true, SeqCst);
    assert_eq!(file.nt_write_file(b"later", Some(0)).ok(), Ok(5));
    let mut buffer = [0; 5];
    assert_eq!(file.nt_read_file(&mut buffer, Some(0)).ok(), Ok(5));
    assert_eq!(&buffer, b"later");
    drop(file);
    bench.finish();
}

#[test]
fn overlapped_appends_do_not_overwrite_each_other() {
    let bench = Bench::new();
    let file = bench.overlapped("a");
    bench.toy.knobs.pend.store(true, SeqCst);
    let writes: Vec<_> = (0..16u8)
        .map(|index| file.nt_write_file_overlapped(vec![index; 8], u64::MAX))
        .collect();
    for write in writes {
        assert_eq!(write.wait().1.ok(), Ok(8));
    }
    let data = bench.toy.nodes()[r"\a"].data.clone();
    assert_eq!(data.len(), 128);
    let mut firsts: Vec<u8> = data.chunks(8).map(|chunk| chunk[0]).collect();
    firsts.sort_unstable();
    assert_eq!(firsts, (0..16).collect::<Vec<u8>>());
    drop(file);
    bench.finish();
}

pub fn wait_until(what: &str, done: impl Fn() -> bool) {
    for _ in 0..10_000 {
        if done() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    panic!("never: {what}");
}

#[test]
fn a_cancelled_read_ends_through_the_mini_redirector() {
    let bench = Bench::new();
    let file = bench.overlapped("c");
    file.nt_write_file_overlapped(b"data".to_vec(), 0)
        .wait()
        .1
        .ok()
        .unwrap();
    bench.toy.knobs.hold.store(true, SeqCst);
    let read = file.nt_read_file_overlapped(vec![0; 4], 0);
    wait_until("held", || bench.toy.held() == 1);
    read.cancel();
    assert_eq!(read.wait().1.status, STATUS_CANCELLED);
    assert_eq!(bench.toy.counters.cancels.load(SeqCst), 1);
    drop(file);
    bench.finish();
}

#[test]
fn a_held_read_does_not_stop_another_one() {
    let bench = Bench::new();
    let file = bench.overlapped("h");
    file.nt_write_file_overlapped(b"data".to_vec(), 0)
        .wait()
        .1
        .ok()
        .unwrap();
    bench.toy.knobs.hold.store(true, SeqCst);
    let held = file.nt_read_file_overlapped(vec![0; 4], 0);
    wait_until("held", || bench.toy.held() == 1);
    bench.toy.knobs.hold.store(false, SeqCst);
    assert_eq!(
        file.nt_read_file_overlapped(vec![0; 4], 0).wait().1.ok(),
        Ok(4)
    );
    bench.kernel.run_as_driver(|| bench.toy.release());
    assert_eq!(held.wait().0, b"data");
    drop(file);
    bench.finish();
}

#[test]
fn a_notification_ends_with_a_change_or_with_its_handle() {
    let bench = Bench::new();
    let root = path("");
    let open = Create {
        options: FILE_DIRECTORY_FILE,
        ..Create::open(&root)
    };
    let (directory, _) = bench.create(&open).unwrap();
    let changed = directory.nt_notify_change_directory_file(vec![0; 64], 1, true);
    wait_until("held", || bench.toy.held() == 1);
    bench.kernel.run_as_driver(|| bench.toy.release());
    assert_eq!(changed.wait().1.status, STATUS_NOTIFY_ENUM_DIR);
    let abandoned = directory.nt_notify_change_directory_file(vec![0; 64], 1, true);
    wait_until("held", || bench.toy.held() == 1);
    drop(directory);
    assert_eq!(abandoned.wait().1.status, STATUS_CANCELLED);
    bench.finish();
}

#[test]
fn a_steady_read_allocates_nothing_but_its_irp_and_its_mdl() {
    let bench = Bench::new();
    let file = bench.overlapped("n");
    let write = file.nt_write_file_overlapped(vec![1; 64], 0);
    write.wait().1.ok().unwrap();
    let read = || {
        let read = file.nt_read_file_overlapped(vec![0; 64], 0);
        assert_eq!(read.wait().1.ok(), Ok(64));
    };
    read();
    let before = bench.kernel.stats().pool_allocations;
    for _ in 0..100 {
        read();
    }
    // Both are the I/O manager's, which has lookaside lists for them in Windows.
    assert_eq!(bench.kernel.stats().pool_allocations - before, 200);
    drop(file);
    bench.finish();
}
