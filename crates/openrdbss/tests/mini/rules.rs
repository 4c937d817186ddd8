//! Each rule of the interface, broken on purpose by the toy.

use crate::toy::{Bench, Misdeed, path};
use core::ffi::c_void;
use nt::sys::_FILE_INFORMATION_CLASS as class;
use nt::sys::*;
use ntsim::user::Create;
use openrdbss::Rule;
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
