//! Threads at the same files, undisturbed or on connections that are cut.

use std::thread;
use std::time::Duration;

use smb_server::RunningServer;
use smb_wire::NtStatus;
use smb_wire::smb2::Command;

use crate::crowd::Crowd;
use crate::length::repeat;
use crate::part::{DIRECTORY, Part};
use crate::scripted::{
    BY_TDI, Mount, PASSWORD, SHARE, Settings, USER, bytes, count, server, share, start, with_driver,
};
use crate::statuses::{BY_CUTS, BY_OTHERS};
use ntsim::user::Process;

/// How many there are, and how much each does.
#[derive(Clone, Copy)]
struct Size {
    threads: u64,
    steps: usize,
    /// The longest request, in bytes.
    longest: usize,
}

const FEW: Size = Size {
    threads: 8,
    steps: 600,
    longest: 200_000,
};
const MANY: Size = Size {
    threads: 64,
    steps: 60,
    longest: 100_000,
};
/// Logons among the threads, each with a session of its own.
const LOGONS: usize = 4;

/// Parts of many sizes, so that transfers are split.
const PARTS: (&str, u32) = ("MaxIoBytes", 30_000);
const UNSIGNED: &Settings<'static> = &[("RequireSigning", 0), PARTS];
const SIGNED: &Settings<'static> = &[("RequireSigning", 1), PARTS];
const SEALED: &Settings<'static> = &[("RequireEncryption", 1), PARTS];
const TDI: &Settings<'static> = &[("RequireSigning", 0), PARTS, BY_TDI];

/// Returns how many requests were made.
fn stress(
    settings: &Settings<'_>,
    size: Size,
    seed: u64,
    acceptable: &[NtStatus],
    meanwhile: impl Fn(&RunningServer) + Sync,
) -> u64 {
    let share = share();
    share.make_directory(DIRECTORY).unwrap();
    let server = start(server(&share));
    let content = bytes(size.longest);
    let requests = with_driver(settings, |desk| {
        let others: Vec<_> = (1..LOGONS).map(|_| Process::new()).collect();
        let mount = |process| Mount::connect(process, &server, SHARE, Some((USER, PASSWORD)));
        let mut mounts = vec![desk.mount(&server)];
        mounts.extend(others.iter().map(|process| mount(process).unwrap()));
        Crowd::run(
            size.threads,
            |_, number| {
                let mount = mounts[number as usize % mounts.len()].clone();
                let mut part = Part::new(mount, (number, seed), &content, acceptable);
                part.begin(size.steps);
                part.end_all();
            },
            |crowd| {
                while !crowd.is_over() {
                    meanwhile(&server);
                }
            },
        );
        server.faults().clear();
        let file = mounts[0].make("last").unwrap();
        assert_eq!(
            count(file.nt_write_file(&content, Some(0))),
            Ok(size.longest)
        );
        drop(file);
        for mount in mounts {
            // Nothing is open, whatever the ends of the last requests still look at.
            assert_eq!(mount.disconnect(false), Ok(()));
        }
        desk.kernel().stats().irps
    });
    assert!(share.read_file("last").unwrap() == content);
    let stats = server.stats();
    // Enough came about for that to mean something.
    for (command, least) in [
        (Command::READ, 500),
        (Command::SET_INFO, 50),
        (Command::CANCEL, 1),
    ] {
        assert!(
            stats.requests_of(command) >= least,
            "{command:?}: {stats:?}"
        );
    }
    assert_eq!(
        (
            stats.open_handles,
            stats.protocol_errors,
            stats.bad_signatures
        ),
        (0, 0, 0)
    );
    requests
}

fn undisturbed(size: Size, seed: u64, flavours: &[&Settings<'_>]) -> u64 {
    let runs = flavours
        .iter()
        .map(|settings| stress(settings, size, seed, BY_OTHERS, |_| thread::yield_now()));
    runs.sum()
}

/// Cuts all connections again and again. Something gets done between one cut and the next.
fn cut(size: Size, seed: u64, flavours: &[&Settings<'_>]) -> u64 {
    let acceptable = [BY_OTHERS, BY_CUTS].concat();
    let cut = |server: &RunningServer| {
        let before = server.stats();
        server.disconnect_all();
        let done = || server.stats().bytes_in.wrapping_sub(before.bytes_in) > 1_000_000;
        for _ in 0..1000 {
            if done() {
                break;
            }
            thread::sleep(Duration::from_millis(1));
        }
    };
    let runs = flavours
        .iter()
        .map(|settings| stress(settings, size, seed, &acceptable, cut));
    runs.sum()
}

#[test]
fn eight_threads_on_the_same_files_leave_nothing_behind() {
    repeat("eight threads", |seed| {
        undisturbed(FEW, seed, &[UNSIGNED, SIGNED, TDI])
    });
}

#[test]
fn sixty_four_threads_on_the_same_files_leave_nothing_behind() {
    repeat("64 threads", |seed| {
        undisturbed(MANY, seed, &[UNSIGNED, SIGNED, SEALED, TDI])
    });
}

#[test]
fn case_45_eight_threads_on_connections_that_are_cut_again_and_again_leave_nothing_behind() {
    repeat("eight threads and cuts", |seed| {
        cut(FEW, seed, &[UNSIGNED, TDI])
    });
}

#[test]
fn case_45_sixty_four_threads_on_connections_that_are_cut_leave_nothing_behind() {
    repeat("64 threads and cuts", |seed| {
        cut(MANY, seed, &[UNSIGNED, SIGNED, SEALED])
    });
}
