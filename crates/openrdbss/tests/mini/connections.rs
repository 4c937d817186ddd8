//! Servers, shares, views, delayed closes.

use crate::overlapped::wait_until;
use crate::toy::{Bench, path, stop};
use nt::sys::*;
use ntsim::user::{Create, File, Process};
use rdbss::raw::{
    MRX_V_NET_ROOT, RDBSS_NTC_V_NETROOT, RxFinalizeConnection, RxIndicateChangeOfBufferingState,
};
use std::sync::atomic::Ordering::SeqCst;

fn ea(name: &str, value: &str) -> Vec<u8> {
    let value: Vec<u8> = value.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut bytes = vec![0, 0, 0, 0, 0, name.len() as u8];
    bytes.extend((value.len() as u16).to_le_bytes());
    bytes.extend(name.as_bytes());
    bytes.push(0);
    bytes.extend(value);
    bytes
}

fn connect(bench: &Bench, name: &str, ea: &[u8]) -> Result<File, NTSTATUS> {
    let create = Create {
        options: FILE_CREATE_TREE_CONNECTION | FILE_SYNCHRONOUS_IO_NONALERT,
        access: SYNCHRONIZE,
        disposition: FILE_OPEN_IF,
        ea,
        ..Create::open(name)
    };
    bench.create(&create).map(|(file, _)| file)
}

#[test]
fn racing_opens_connect_to_a_new_server_once() {
    let bench = Bench::new();
    std::thread::scope(|scope| {
        for index in 0..8 {
            let bench = &bench;
            scope.spawn(move || drop(bench.file(&format!("f{index}"))));
        }
    });
    assert_eq!(bench.toy.counters.server_connects.load(SeqCst), 1);
    assert_eq!(bench.toy.counters.share_connects.load(SeqCst), 1);
    let toy = bench.toy;
    bench.finish();
    assert_eq!(toy.counters.servers_finalized.load(SeqCst), 1);
    assert_eq!(toy.counters.shares_finalized.load(SeqCst), 1);
    assert_eq!(toy.counters.views_finalized.load(SeqCst), 1);
}

#[test]
fn racing_opens_of_one_file_share_its_fcb() {
    let bench = Bench::new();
    drop(bench.file("one"));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    drop(bench.file("one"));
                }
            });
        }
    });
    assert_eq!(bench.toy.counters.creates.load(SeqCst), 161);
    assert_eq!(bench.toy.counters.closes.load(SeqCst), 161);
    bench.finish();
}

#[test]
fn an_unknown_server_or_share_fails_and_is_tried_again() {
    let bench = Bench::new();
    for name in [
        r"\Device\Toy\;Z:0\nowhere\pub\f",
        r"\Device\Toy\;Z:0\nowhere\pub\f",
    ] {
        assert_eq!(
            bench.create(&Create::open(name)).unwrap_err(),
            STATUS_BAD_NETWORK_PATH
        );
    }
    assert_eq!(bench.toy.counters.server_connects.load(SeqCst), 2);
    let share = r"\Device\Toy\;Z:0\toy\none\f";
    assert_eq!(
        bench.create(&Create::open(share)).unwrap_err(),
        STATUS_BAD_NETWORK_NAME
    );
    assert_eq!(
        bench.create(&Create::open(share)).unwrap_err(),
        STATUS_BAD_NETWORK_NAME
    );
    bench.finish();
}

#[test]
fn a_drive_letter_keeps_its_connection_until_it_is_deleted() {
    let bench = Bench::new();
    let name = r"\Device\Toy\;Z:0\toy\pub";
    let tree = connect(&bench, name, &ea("UserName", "joe")).unwrap();
    // SAFETY: an open tree connection.
    let view = unsafe { (*tree.object()).FsContext2 }.cast::<MRX_V_NET_ROOT>();
    // SAFETY: the view lives as long as the connection.
    assert_eq!(unsafe { (*view).NodeTypeCode }, RDBSS_NTC_V_NETROOT);
    // SAFETY: as above.
    assert_eq!(unsafe { (*view).IsExplicitConnection }, 1);
    drop(tree);
    bench.process.define_dos_device("Z:", name).unwrap();
    let create = Create {
        disposition: FILE_OPEN_IF,
        ..Create::open(r"\??\Z:\dir-file")
    };
    let (file, _) = bench.create(&create).unwrap();
    assert_eq!(bench.toy.counters.share_connects.load(SeqCst), 1);
    let share = core::ptr::null_mut();
    let delete = |force| {
        // SAFETY: the view is held by its connection.
        bench
            .kernel
            .run_as_driver(|| unsafe { RxFinalizeConnection(share, view.cast(), force) })
    };
    assert_eq!(delete(0), STATUS_FILES_OPEN);
    assert_eq!(delete(1), STATUS_SUCCESS);
    assert_eq!(
        file.nt_read_file(&mut [0], Some(0)).status,
        STATUS_FILE_CLOSED
    );
    drop(file);
    let (file, _) = bench.create(&create).unwrap();
    assert_eq!(bench.toy.counters.share_connects.load(SeqCst), 2);
    drop(file);
    bench.process.remove_dos_device("Z:").unwrap();
    bench.finish();
}

#[test]
fn other_credentials_for_a_used_connection_conflict() {
    let bench = Bench::new();
    let name = r"\Device\Toy\;Y:0\toy\pub";
    let tree = connect(&bench, name, &ea("UserName", "joe")).unwrap();
    let conflict = connect(&bench, name, &ea("UserName", "ann")).unwrap_err();
    assert_eq!(conflict, STATUS_NETWORK_CREDENTIAL_CONFLICT);
    let refused = connect(
        &bench,
        r"\Device\Toy\;X:0\toy\pub",
        &ea("UserName", "nobody"),
    )
    .unwrap_err();
    assert_eq!(refused, STATUS_LOGON_FAILURE);
    drop(tree);
    bench.finish();
}

#[test]
fn every_logon_has_its_own_view_of_a_share() {
    let bench = Bench::new();
    drop(bench.file("f"));
    let other = Process::new();
    drop(other.nt_create_file(&Create::open(&path("f"))).unwrap());
    assert_eq!(bench.toy.counters.share_connects.load(SeqCst), 2);
    assert_eq!(bench.toy.counters.server_connects.load(SeqCst), 1);
    drop(other);
    bench.finish();
}

#[test]
fn a_close_that_is_put_off_serves_the_next_open() {
    let bench = Bench::new();
    bench.toy.knobs.oplock.store(true, SeqCst);
    bench.toy.knobs.delayed.store(4, SeqCst);
    drop(bench.file("d"));
    assert_eq!(bench.toy.counters.closes.load(SeqCst), 0);
    drop(bench.file("d"));
    let counters = &bench.toy.counters;
    assert_eq!(counters.creates.load(SeqCst), 1);
    assert_eq!(counters.collapses.load(SeqCst), 1);
    let toy = bench.toy;
    bench.finish();
    assert_eq!(toy.counters.closes.load(SeqCst), 1);
    assert_eq!(toy.counters.closes_without_irp.load(SeqCst), 1);
}

#[test]
fn the_scavenger_does_a_close_that_was_put_off() {
    let bench = Bench::new();
    bench.toy.knobs.oplock.store(true, SeqCst);
    bench.toy.knobs.delayed.store(4, SeqCst);
    drop(bench.file("d"));
    while bench.toy.counters.closes.load(SeqCst) == 0 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    assert_eq!(bench.toy.counters.closes_without_irp.load(SeqCst), 1);
    bench.finish();
}

/// The server breaks the oplock of an open file's open: what to call for it.
fn breaker(file: &File) -> impl Fn() + use<> {
    // SAFETY: an open file's handle.
    let fobx = unsafe { (*file.object()).FsContext2 }.cast::<rdbss::raw::MRX_FOBX>();
    // SAFETY: as above.
    let open = unsafe { (*fobx).pSrvOpen };
    // SAFETY: as above.
    let key = unsafe { (*open).Key };
    // SAFETY: as above.
    let server = unsafe { (*(*(*open).pVNetRoot).pNetRoot).pSrvCall };
    // SAFETY: the server stays while its share is connected.
    move || unsafe { RxIndicateChangeOfBufferingState(server, key, core::ptr::null_mut()) }
}

#[test]
fn after_a_break_the_close_is_not_put_off() {
    let bench = Bench::new();
    bench.toy.knobs.oplock.store(true, SeqCst);
    bench.toy.knobs.delayed.store(4, SeqCst);
    let file = bench.file("b");
    bench.kernel.run_as_driver(breaker(&file));
    while bench.toy.counters.breaks.load(SeqCst) == 0 {
        std::thread::yield_now();
    }
    drop(file);
    assert_eq!(bench.toy.counters.closes.load(SeqCst), 1);
    assert_eq!(bench.toy.counters.closes_without_irp.load(SeqCst), 0);
    bench.finish();
}

#[test]
fn a_break_closes_an_open_that_nobody_uses() {
    let bench = Bench::new();
    bench.toy.knobs.oplock.store(true, SeqCst);
    bench.toy.knobs.delayed.store(4, SeqCst);
    let file = bench.file("b");
    let indicate = breaker(&file);
    drop(file);
    assert_eq!(bench.toy.counters.closes.load(SeqCst), 0);
    bench.kernel.run_as_driver(indicate);
    while bench.toy.counters.closes_without_irp.load(SeqCst) == 0 {
        std::thread::yield_now();
    }
    assert_eq!(bench.toy.counters.breaks.load(SeqCst), 0);
    bench.finish();
}

#[test]
fn a_break_of_an_unknown_key_changes_nothing() {
    let bench = Bench::new();
    let file = bench.file("b");
    // Of an open that the server has forgotten.
    let indicate = breaker(&file);
    drop(file);
    bench.kernel.run_as_driver(indicate);
    bench.finish();
}

#[test]
fn a_driver_with_open_files_does_not_stop() {
    let bench = Bench::new();
    let file = bench.file("f");
    let status = bench.kernel.run_as_driver(stop);
    assert_eq!(status, STATUS_REDIRECTOR_HAS_OPEN_HANDLES);
    assert_eq!(file.nt_write_file(b"on", Some(0)).ok(), Ok(2));
    drop(file);
    bench.finish();
}

#[test]
fn a_stop_waits_for_an_open_that_came_before_it() {
    let bench = Bench::new();
    let counters = &bench.toy.counters;
    bench.toy.knobs.hold_connect.store(true, SeqCst);
    std::thread::scope(|scope| {
        // By a name for which MUP does not ask first.
        let opening = scope.spawn(|| {
            let name = r"\Device\Toy\;Z:0\toy\pub\f";
            let create = Create {
                disposition: FILE_OPEN_IF,
                ..Create::open(name)
            };
            bench.create(&create).map(|(file, _)| file)
        });
        wait_until("it connects", || counters.server_connects.load(SeqCst) == 1);
        let stopping = scope.spawn(|| bench.kernel.run_as_driver(stop));
        let refuses = || {
            let opened = bench.create(&Create::open(r"\Device\Toy"));
            opened.err() == Some(STATUS_REDIRECTOR_NOT_STARTED)
        };
        wait_until("it is being stopped", refuses);
        // It would be done soon if it did not wait.
        for _ in 0..50 {
            assert!(!stopping.is_finished());
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
        bench.toy.knobs.hold_connect.store(false, SeqCst);
        let file = opening.join().unwrap().unwrap();
        assert_eq!(stopping.join().unwrap(), STATUS_REDIRECTOR_HAS_OPEN_HANDLES);
        assert_eq!(counters.stops.load(SeqCst), 0);
        drop(file);
    });
    bench.finish();
}

#[test]
fn a_control_of_the_device_may_ask_for_a_worker_thread() {
    let bench = Bench::new();
    let (device, _) = bench.create(&Create::open(r"\Device\Toy")).unwrap();
    let mut output = [0; 4];
    assert_eq!(
        device
            .nt_device_io_control_file(0x28_0000, &[], &mut output)
            .ok(),
        Ok(4)
    );
    assert_eq!(u32::from_le_bytes(output), 0x600d);
    drop(device);
    bench.finish();
}
