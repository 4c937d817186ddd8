//! Routines that a mini-redirector calls by itself.

use crate::toy::{Bench, device, text};
use nt::sys::*;
use ntsim::user::File;
use rdbss::raw::*;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};

fn counted(units: &[u16]) -> UNICODE_STRING {
    let bytes = (units.len() * 2) as u16;
    UNICODE_STRING {
        Length: bytes,
        MaximumLength: bytes,
        Buffer: units.as_ptr().cast_mut(),
    }
}

fn wide(text: &str) -> Vec<u16> {
    text.encode_utf16().collect()
}

/// The FCB and the open of an open file.
fn objects(file: &File) -> (*mut MRX_FCB, *mut MRX_SRV_OPEN) {
    // SAFETY: an open file.
    let (fcb, fobx) = unsafe { ((*file.object()).FsContext, (*file.object()).FsContext2) };
    // SAFETY: a file's handle.
    (fcb.cast(), unsafe { (*fobx.cast::<MRX_FOBX>()).pSrvOpen })
}

/// The server of an open.
fn server(open: *mut MRX_SRV_OPEN) -> *mut MRX_SRV_CALL {
    // SAFETY: a live open.
    unsafe { (*(*(*open).pVNetRoot).pNetRoot).pSrvCall }
}

#[test]
fn a_file_knows_the_names_that_it_was_opened_by() {
    let bench = Bench::new();
    let file = bench.file(r"Some.Txt");
    let (fcb, _) = objects(&file);
    let name = |method, room: usize| {
        let mut buffer = vec![0u16; room];
        let (mut length, mut remaining) = (0, (room * 2) as i32);
        // SAFETY: an open FCB and locals.
        let conjure = || unsafe {
            let out = buffer.as_mut_ptr();
            RxConjureOriginalName(
                fcb,
                core::ptr::null_mut(),
                &raw mut length,
                out,
                &raw mut remaining,
                method,
            )
        };
        bench.kernel.run_as_driver(conjure);
        (
            String::from_utf16_lossy(&buffer[..room.min(length as usize / 2)]),
            remaining,
        )
    };
    assert_eq!(
        name(VNetRoot_As_UNC_Name, 18),
        (r"\toy\pub\Some.Txt".to_owned(), 2)
    );
    assert_eq!(name(VNetRoot_As_Prefix, 32).0, r"\;:1\toy\pub\Some.Txt");
    assert_eq!(name(VNetRoot_As_UNC_Name, 4), (r"\toy".to_owned(), -26));
    drop(file);
    bench.finish();
}

#[test]
fn the_end_of_file_is_read_and_set_whole() {
    let bench = Bench::new();
    let file = bench.file("f");
    file.nt_write_file(b"12345", Some(0)).ok().unwrap();
    let (fcb, _) = objects(&file);
    let mut size = 0;
    // SAFETY: an open FCB and a local.
    bench
        .kernel
        .run_as_driver(|| unsafe { RxGetFileSizeWithLock(fcb, &raw mut size) });
    assert_eq!(size, 5);
    size = 9;
    // SAFETY: as above.
    bench
        .kernel
        .run_as_driver(|| unsafe { RxSetFileSizeWithLock(fcb, &raw mut size) });
    file.nt_write_file(b"x", Some(u64::MAX)).ok().unwrap();
    assert_eq!(bench.toy.nodes()[r"\f"].data.len(), 10);
    drop(file);
    bench.finish();
}

#[test]
fn a_server_gets_and_changes_its_domain() {
    let bench = Bench::new();
    let file = bench.file("f");
    let server = server(objects(&file).1);
    for domain in ["WORK", "", "HOME"] {
        let units = wide(domain);
        let mut name = counted(&units);
        // SAFETY: the server is held by the open file.
        let status = bench
            .kernel
            .run_as_driver(|| unsafe { RxSetSrvCallDomainName(server, &raw mut name) });
        assert_eq!(status, STATUS_SUCCESS);
        // SAFETY: as above.
        assert_eq!(unsafe { text((*server).pDomainName) }, domain);
    }
    drop(file);
    bench.finish();
}

#[test]
fn the_longest_name_of_the_table_is_found() {
    let bench = Bench::new();
    let file = bench.file("f");
    // SAFETY: the device is registered.
    let table = unsafe { (*device()).pRxNetNameTable };
    let found = |name: &str| {
        let units = wide(name);
        let (mut name, mut rest) = (counted(&units), UNICODE_STRING::default());
        bench.kernel.run_as_driver(|| {
            let _region = nt::sync::CriticalRegion::enter();
            // SAFETY: the device's table.
            let lock = unsafe { &raw mut (*table).TableLock };
            // SAFETY: the table's lock.
            unsafe { ExAcquireResourceSharedLite(lock, 1) };
            // SAFETY: the table is locked; the strings are locals.
            let object = unsafe {
                RxPrefixTableLookupName(table, &raw mut name, &raw mut rest, core::ptr::null_mut())
            };
            // SAFETY: taken above.
            unsafe { ExReleaseResourceLite(lock) };
            if object.is_null() {
                return (0, String::new());
            }
            // SAFETY: a node with a reference of ours.
            let node_type = unsafe { object.cast::<MRX_NORMAL_NODE_HEADER>().read() }.NodeTypeCode;
            // SAFETY: as above.
            unsafe { RxDereference(object, LHS_LockNotHeld) };
            // SAFETY: a part of the name.
            (node_type, unsafe { text(&raw const rest) })
        })
    };
    assert_eq!(
        found(r"\TOY\pub\x\y"),
        (RDBSS_NTC_NETROOT, r"\x\y".to_owned())
    );
    assert_eq!(
        found(r"\toy\public"),
        (RDBSS_NTC_SRVCALL, r"\public".to_owned())
    );
    assert_eq!(found(r"\;:1\toy\pub"), (RDBSS_NTC_V_NETROOT, String::new()));
    assert_eq!(found(r"\toys"), (0, String::new()));
    drop(file);
    bench.finish();
}

#[test]
fn buffered_locks_are_enumerated_once() {
    let bench = Bench::new();
    let file = bench.file("l");
    let (fcb, open) = objects(&file);
    // SAFETY: a live open; the toy's server would have said so at the open.
    unsafe { (*open).BufferingFlags = FCB_STATE_LOCK_BUFFERING_ENABLED };
    // SAFETY: an FCB of the linked library.
    let probed = unsafe { FcbRef::probe(core::ptr::NonNull::new(fcb).unwrap()) }.unwrap();
    // SAFETY: a live FCB.
    unsafe { (*probed.mrx()).FcbState |= FCB_STATE_LOCK_BUFFERING_ENABLED };
    assert_eq!(file.nt_lock_file(1, 2, true, true).status, STATUS_SUCCESS);
    assert_eq!(file.nt_lock_file(7, 3, true, false).status, STATUS_SUCCESS);
    assert_eq!(bench.toy.counters.locks.load(SeqCst), 0);
    let mut seen = Vec::new();
    let mut handle = core::ptr::null_mut();
    bench.kernel.run_as_driver(|| {
        loop {
            let (mut start, mut length, mut exclusive) =
                (LARGE_INTEGER::default(), LARGE_INTEGER::default(), 0);
            // SAFETY: a live open and locals.
            let more = unsafe {
                RxLockEnumerator(
                    open,
                    &raw mut handle,
                    &raw mut start,
                    &raw mut length,
                    &raw mut exclusive,
                )
            };
            if more == 0 {
                break;
            }
            // SAFETY: every bit pattern is a number.
            seen.push(unsafe { (start.QuadPart, length.QuadPart, exclusive) });
        }
    });
    assert_eq!(seen, [(1, 2, 1), (7, 3, 0)]);
    // They count as sent, so their unlocking goes to the server.
    assert_eq!(file.nt_unlock_file(1, 2).status, STATUS_SUCCESS);
    assert_eq!(bench.toy.counters.unlocks.load(SeqCst), 1);
    drop(file);
    bench.finish();
}

static RUNS: AtomicU32 = AtomicU32::new(0);

unsafe extern "C" fn run(_: PVOID) {
    RUNS.fetch_add(1, SeqCst);
}

#[test]
fn timers_run_and_can_be_taken_back() {
    let bench = Bench::new();
    RUNS.store(0, SeqCst);
    // SAFETY: an item of zeroes is not queued.
    let items = Box::leak(Box::new(unsafe {
        core::mem::zeroed::<[RX_WORK_ITEM; 2]>()
    }));
    let soon = LARGE_INTEGER { QuadPart: -100_000 };
    let late = LARGE_INTEGER {
        QuadPart: 10_000_000_000,
    };
    bench.kernel.run_as_driver(|| {
        // SAFETY: the items live for ever.
        unsafe {
            RxPostOneShotTimerRequest(device(), &raw mut items[0], Some(run), 1 as PVOID, soon)
        };
        // SAFETY: as above.
        unsafe {
            RxPostOneShotTimerRequest(device(), &raw mut items[1], Some(run), 2 as PVOID, late)
        };
        // SAFETY: the device is registered.
        unsafe { RxPostRecurrentTimerRequest(device(), Some(run), 3 as PVOID, soon) };
    });
    while RUNS.load(SeqCst) < 4 {
        std::thread::yield_now();
    }
    // SAFETY: the device is registered.
    let cancel =
        |context: usize| unsafe { RxCancelTimerRequest(device(), Some(run), context as PVOID) };
    bench.kernel.run_as_driver(|| {
        assert_eq!(cancel(1), STATUS_NOT_FOUND);
        assert_eq!(cancel(2), STATUS_SUCCESS);
        // It may just be running.
        while cancel(3) != STATUS_SUCCESS {
            std::thread::yield_now();
        }
    });
    bench.finish();
}
