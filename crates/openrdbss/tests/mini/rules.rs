//! Each rule of the interface, broken on purpose by the toy.

use crate::toy::{Bench, Misdeed, device, path};
use core::ffi::c_void;
use nt::sys::_FILE_INFORMATION_CLASS as class;
use nt::sys::*;
use ntsim::user::Create;
use openrdbss::Rule;
use rdbss::raw::*;
use std::sync::Mutex;
use std::sync::atomic::Ordering::SeqCst;

static BROKEN: Mutex<Vec<Rule>> = Mutex::new(Vec::new());

fn note(rule: Rule, _: *const c_void) {
    BROKEN.lock().unwrap().push(rule);
}

/// Lets the toy break one rule during `work`, and checks that it was noticed.
fn breaks(deed: Misdeed, rule: Rule, work: impl FnOnce(&Bench)) {
    let bench = Bench::new();
    BROKEN.lock().unwrap().clear();
    openrdbss::on_violation(Some(note));
    bench.toy.knobs.misbehave.store(deed as u32, SeqCst);
    work(&bench);
    for _ in 0..5000 {
        if !BROKEN.lock().unwrap().is_empty() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    openrdbss::on_violation(None);
    let broken = BROKEN.lock().unwrap().clone();
    assert!(broken.contains(&rule), "{deed:?}: {broken:?}");
    bench.finish();
}

fn open(bench: &Bench) -> Result<ntsim::user::File, NTSTATUS> {
    let name = path("r");
    let create = Create {
        access: FILE_GENERIC_READ | FILE_GENERIC_WRITE,
        disposition: FILE_OPEN_IF,
        ..Create::open(&name)
    };
    bench.create(&create).map(|(file, _)| file)
}

#[test]
fn a_create_may_not_pend() {
    breaks(Misdeed::PendCreate, Rule::PendingNotAllowed, |bench| {
        assert!(open(bench).is_err())
    });
}

#[test]
fn a_successful_create_has_a_handle() {
    breaks(Misdeed::ForgetFobx, Rule::FobxMissing, |bench| {
        assert!(open(bench).is_err())
    });
}

#[test]
fn a_create_returns_with_its_fcb_locked() {
    breaks(Misdeed::ForgetFcbLock, Rule::FcbNotExclusive, |bench| {
        assert!(open(bench).is_err())
    });
}

/// Opens a file twice so that the second open would share the first one's.
fn open_twice(bench: &Bench) -> Result<ntsim::user::File, NTSTATUS> {
    bench.toy.knobs.oplock.store(true, SeqCst);
    let _first = open(bench).unwrap();
    let second = open(bench);
    assert_eq!(bench.toy.counters.collapses.load(SeqCst), 1);
    second
}

#[test]
fn a_collapse_may_not_pend() {
    // The library then opens the file anew.
    breaks(Misdeed::PendCollapse, Rule::PendingNotAllowed, |bench| {
        drop(open_twice(bench).unwrap())
    });
}

#[test]
fn a_successful_collapse_has_a_handle() {
    breaks(Misdeed::ForgetFobxInCollapse, Rule::FobxMissing, |bench| {
        assert!(open_twice(bench).is_err())
    });
}

#[test]
fn a_collapse_returns_with_its_fcb_locked() {
    breaks(
        Misdeed::ForgetFcbLockInCollapse,
        Rule::FcbNotExclusive,
        |bench| drop(open_twice(bench).unwrap()),
    );
}

#[test]
fn a_query_may_not_pend() {
    breaks(Misdeed::PendQuery, Rule::PendingNotAllowed, |bench| {
        let file = open(bench).unwrap();
        let answer = file.nt_query_information_file(&mut [0; 40], class::FileBasicInformation);
        assert_eq!(answer.status, STATUS_INVALID_DEVICE_STATE);
    });
}

#[test]
fn a_handle_is_made_with_its_fcb_locked() {
    breaks(Misdeed::FobxWithoutFcb, Rule::FobxWithoutFcb, |bench| {
        drop(open(bench).unwrap())
    });
}

/// A second open, which the server answers after it has broken the oplock of the first: how many breaks came before the
/// create went on, and in all.
fn break_in_create(bench: &Bench) -> (u32, u32) {
    let toy = bench.toy;
    toy.knobs.oplock.store(true, SeqCst);
    let misdeed = toy.knobs.misbehave.swap(0, SeqCst);
    let first = open(bench).unwrap();
    // SAFETY: an open file's handle.
    let handle = unsafe { (*first.object()).FsContext2 }.cast::<MRX_FOBX>();
    // SAFETY: as above.
    let key = unsafe { (*(*handle).pSrvOpen).Key };
    toy.knobs.misbehave.store(misdeed, SeqCst);
    toy.knobs.break_in_create.store(key as usize, SeqCst);
    let name = path("r");
    let second = bench.create(&Create {
        access: FILE_GENERIC_READ | FILE_GENERIC_WRITE,
        // No open can be shared for it.
        disposition: FILE_OVERWRITE_IF,
        ..Create::open(&name)
    });
    let in_create = toy.counters.breaks_in_create.load(SeqCst);
    while toy.counters.breaks.load(SeqCst) == 0 {
        std::thread::yield_now();
    }
    drop(second.unwrap());
    drop(first);
    (in_create, toy.counters.breaks.load(SeqCst))
}

#[test]
fn a_break_is_handled_while_a_create_waits_for_the_network() {
    let bench = Bench::new();
    assert_eq!(break_in_create(&bench), (1, 1));
    bench.finish();
}

#[test]
fn a_break_waits_for_a_create_that_keeps_its_fcb() {
    breaks(
        Misdeed::KeepFcbOverWait,
        Rule::FcbHeldOverNetworkWait,
        |bench| assert_eq!(break_in_create(bench), (0, 1)),
    );
}

#[test]
fn a_create_does_not_hold_its_fcb_over_the_network() {
    breaks(
        Misdeed::KeepFcbOverWait,
        Rule::FcbHeldOverNetworkWait,
        |bench| drop(open(bench).unwrap()),
    );
}

#[test]
fn a_query_counts_its_buffer_down() {
    breaks(Misdeed::GrowRemaining, Rule::LengthRemainingGrew, |bench| {
        let file = open(bench).unwrap();
        file.nt_query_information_file(&mut [0; 40], class::FileBasicInformation);
    });
}

#[test]
fn an_extension_has_room_for_the_size() {
    breaks(
        Misdeed::SmallAllocation,
        Rule::AllocationTooSmall,
        |bench| {
            open(bench)
                .unwrap()
                .nt_write_file(b"x", Some(100))
                .ok()
                .unwrap();
        },
    );
}

#[test]
fn a_pending_request_is_completed_once() {
    breaks(Misdeed::CompleteTwice, Rule::ContextNotLive, |bench| {
        bench.toy.knobs.pend.store(true, SeqCst);
        let file = bench.overlapped("r");
        let write = file.nt_write_file_overlapped(b"x".to_vec(), 0);
        write.wait().1.ok().unwrap();
    });
}

fn write_overlapped(bench: &Bench) {
    let file = bench.overlapped("r");
    let write = file.nt_write_file_overlapped(b"x".to_vec(), 0);
    write.wait().1.ok().unwrap();
}

#[test]
fn a_request_is_not_completed_a_second_time() {
    breaks(
        Misdeed::CompleteTwiceInCallback,
        Rule::CompletedTwice,
        write_overlapped,
    );
}

#[test]
fn a_completed_request_pends() {
    breaks(
        Misdeed::CompleteAndReturn,
        Rule::CompletedTwice,
        write_overlapped,
    );
}

#[test]
fn a_completed_synchronous_request_pends() {
    breaks(Misdeed::CompleteAndReturn, Rule::CompletedTwice, |bench| {
        let file = open(bench).unwrap();
        assert_eq!(file.nt_write_file(b"xy", Some(0)).ok(), Ok(2));
    });
}

#[test]
fn a_request_is_completed_at_dispatch_level_at_most() {
    breaks(Misdeed::CompleteAtHighIrql, Rule::IrqlTooHigh, |bench| {
        bench.toy.knobs.pend.store(true, SeqCst);
        write_overlapped(bench);
    });
}

#[test]
fn the_callback_of_a_connection_is_called_once() {
    breaks(Misdeed::CallBackTwice, Rule::CallbackTwice, |bench| {
        drop(open(bench).unwrap())
    });
}

#[test]
fn a_connection_is_answered_later() {
    breaks(
        Misdeed::AnswerConnectAtOnce,
        Rule::PendingRequired,
        |bench| assert!(open(bench).is_err()),
    );
}

#[test]
fn the_synchronous_event_is_left_clear() {
    breaks(
        Misdeed::LeaveSyncEventSet,
        Rule::SyncEventLeftSignalled,
        |bench| {
            open(bench)
                .unwrap()
                .nt_write_file(b"x", Some(0))
                .ok()
                .unwrap();
        },
    );
}

#[test]
fn a_write_is_whole_or_an_error() {
    breaks(Misdeed::WriteHalf, Rule::ShortWrite, |bench| {
        open(bench)
            .unwrap()
            .nt_write_file(b"xy", Some(0))
            .ok()
            .unwrap();
    });
}

#[test]
fn a_read_gives_no_more_than_was_asked() {
    breaks(Misdeed::ReadTooMuch, Rule::TooManyBytes, |bench| {
        let file = open(bench).unwrap();
        assert_eq!(file.nt_read_file(&mut [0; 2], Some(0)).ok(), Ok(2));
    });
}

#[test]
fn a_cluster_is_a_power_of_two() {
    breaks(Misdeed::OddCluster, Rule::ClusterSizeInvalid, |bench| {
        let file = open(bench).unwrap();
        let size = 5000u64.to_le_bytes();
        file.nt_set_information_file(&size, class::FileEndOfFileInformation);
    });
}

#[test]
fn the_structures_of_a_callback_are_poisoned_after_it() {
    let bench = Bench::new();
    bench.toy.knobs.look_back.store(true, SeqCst);
    let file = open(&bench).unwrap();
    // The worker that has connected may still be behind its callback.
    while bench.toy.used.lock().unwrap().server.is_empty() {
        std::thread::yield_now();
    }
    let used = bench.toy.used.lock().unwrap().clone();
    for (structure, words) in [(used.server, 10), (used.view, 8)] {
        assert_eq!(structure.len(), words);
        for (field, value) in structure {
            assert_eq!(value as u32, 0xdead_beef, "{field}");
        }
    }
    drop(file);
    bench.finish();
}

/// Takes a callback out of the table.
type Remove = fn(&mut MINIRDR_DISPATCH);

#[test]
fn a_callback_that_is_always_called_is_there() {
    let cases: [Remove; 6] = [
        |table| table.MRxCreateSrvCall = None,
        |table| table.MRxCreateVNetRoot = None,
        |table| table.MRxExtractNetRootName = None,
        |table| table.MRxShouldTryToCollapseThisOpen = None,
        |table| table.MRxDeallocateForFcb = None,
        |table| table.MRxDevFcbXXXControlFile = None,
    ];
    for (case, remove) in cases.into_iter().enumerate() {
        let bench = Bench::new();
        BROKEN.lock().unwrap().clear();
        openrdbss::on_violation(Some(note));
        // SAFETY: the device of the loaded toy.
        let table = unsafe { (*device()).Dispatch };
        // SAFETY: the toy's own table, and no request is under way.
        remove(unsafe { &mut *table });
        bench.toy.knobs.oplock.store(true, SeqCst);
        if let Ok(first) = open(&bench) {
            drop(open(&bench));
            drop(first);
        }
        let name = r"\Device\Toy";
        if let Ok((control, _)) = bench.create(&Create::open(name)) {
            control.nt_device_io_control_file(0x28_0000, &[], &mut [0; 4]);
        }
        assert_eq!(
            BROKEN.lock().unwrap().first(),
            Some(&Rule::RequiredCallbackMissing),
            "case {case}"
        );
        bench.finish();
    }
}

#[test]
fn an_object_loses_no_more_references_than_it_has() {
    let bench = Bench::new();
    let file = open(&bench).unwrap();
    // SAFETY: an open file.
    let fobx = unsafe { (*file.object()).FsContext2 }.cast::<MRX_FOBX>();
    // SAFETY: a live handle.
    let open = unsafe { (*fobx).pSrvOpen };
    // SAFETY: a live open.
    let (fcb, view) = unsafe { ((*open).pFcb, (*open).pVNetRoot) };
    // SAFETY: a live view.
    let share = unsafe { (*view).pNetRoot };
    // SAFETY: a live share.
    let server = unsafe { (*share).pSrvCall };
    let mut counted: Vec<(PVOID, *mut u32)> = Vec::new();
    let headed: [PVOID; 5] = [
        fobx.cast(),
        open.cast(),
        view.cast(),
        share.cast(),
        server.cast(),
    ];
    for object in headed {
        let header = object.cast::<MRX_NORMAL_NODE_HEADER>();
        // SAFETY: each lives and begins with it.
        counted.push((object, unsafe { &raw mut (*header).NodeReferenceCount }));
    }
    // SAFETY: an FCB of the linked library.
    let file_body = unsafe { FcbRef::probe(core::ptr::NonNull::new(fcb).unwrap()) }
        .unwrap()
        .mrx();
    // SAFETY: a live FCB.
    counted.push((fcb.cast(), unsafe {
        &raw mut (*file_body).NodeReferenceCount
    }));
    for (object, references) in counted {
        BROKEN.lock().unwrap().clear();
        openrdbss::on_violation(Some(note));
        // As if others had dropped all that there are.
        // SAFETY: nobody else uses the object now.
        let before = unsafe { references.replace(0) };
        bench.kernel.run_as_driver(|| {
            // SAFETY: wrong on purpose.
            unsafe { RxDereference(object, LHS_LockNotHeld) };
        });
        // SAFETY: as above.
        assert_eq!(unsafe { references.replace(before) }, 0);
        openrdbss::on_violation(None);
        assert_eq!(*BROKEN.lock().unwrap(), [Rule::ReferenceUnderflow]);
    }
    drop(file);
    bench.finish();
}

/// Set in the process whose system is to stop.
const CHILD: &str = "OPENRDBSS_TEST_CHILD";

#[test]
fn a_broken_rule_stops_the_system_when_nobody_handles_it() {
    if std::env::var_os(CHILD).is_some() {
        let bench = Bench::new();
        bench
            .toy
            .knobs
            .misbehave
            .store(Misdeed::WriteHalf as u32, SeqCst);
        open(&bench)
            .unwrap()
            .nt_write_file(b"xy", Some(0))
            .ok()
            .unwrap();
        return;
    }
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "rules::a_broken_rule_stops_the_system_when_nobody_handles_it",
            "--nocapture",
        ])
        .env(CHILD, "1")
        .output()
        .unwrap();
    assert!(!child.status.success());
    assert!(String::from_utf8_lossy(&child.stderr).contains("bug check 0x27"));
}
