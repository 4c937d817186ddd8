//! A read or write is cancelled at each stage of its life: before it is sent, when it is sent, when the server has pended it,
//! and when any number of bytes of its reply are there.

use std::sync::Mutex;
use std::time::Duration;

use ntsim::user::{File, Pending};
use smb_server::{Builder, Fault, When};
use smb_wire::NtStatus;
use smb_wire::fscc::FileInformationClass;
use smb_wire::smb2::Command;

use crate::case::{Bench, with_share};
use crate::flavour::{FLAVOURS, Flavour};
use crate::scripted::{bytes, count, frame, server, share, start, wait_until};
use crate::sweep::{Sample, Sweep};
use crate::work::Findings;

/// So few that a reply is not longer than it has to be.
const LENGTH: usize = 16;
/// Bytes of a READ's reply, and of a WRITE's: frame, header, body, data.
const READ_REPLY: u64 = 4 + 64 + 16 + LENGTH as u64;
const WRITE_REPLY: u64 = 4 + 64 + 16;
/// Longer than any run.
const NEVER: Duration = Duration::from_secs(3600);
/// The credits of a server that is mean with them.
const CREDITS: usize = 4;

#[derive(Clone, Copy)]
enum Stage {
    /// It waits for credits.
    Unsent,
    Sent,
    Pended,
    /// So many bytes of its reply are there.
    Answered(u64),
}

/// Every stage of a read, then every stage of a write.
fn every_stage() -> Vec<(Command, Stage)> {
    let of = |command, reply| {
        let early = [Stage::Unsent, Stage::Sent, Stage::Pended];
        let stages = early.into_iter().chain((1..reply).map(Stage::Answered));
        stages.map(move |stage| (command, stage))
    };
    let reads = of(Command::READ, READ_REPLY);
    reads.chain(of(Command::WRITE, WRITE_REPLY)).collect()
}

#[test]
fn stages() {
    let stages = every_stage();
    let sweep = Sweep {
        name: "stages",
        places: FLAVOURS.each_ref().map(|_| stages.len() as u64),
        varies: 0,
        sample: Sample::About(40),
    };
    sweep.run(|place, flavour| {
        let (command, stage) = stages[place as usize];
        cancelled_at(flavour, command, stage)
    });
}

fn cancelled_at(flavour: &Flavour, command: Command, stage: Stage) -> Findings {
    let share = share();
    share.write_file("file", &bytes(LENGTH)).expect("a file");
    let server = start(arrange(server(&share), command, stage));
    with_share(flavour.settings, server, |bench, findings| {
        let file = bench.mount.open("file").expect("the file opens");
        match stage {
            Stage::Unsent => unsent(bench, &file, command, findings),
            Stage::Sent | Stage::Pended => {
                let flight = begin(&file, command);
                asked(bench, command, 1);
                flight.cancel();
                ended(flight, false, findings);
                goes_on(bench, &file, findings);
            }
            Stage::Answered(part) => {
                let before = bench.kernel.stats().bytes_received;
                let flight = begin(&file, command);
                wait_until("a part of the reply is there", || {
                    bench.kernel.stats().bytes_received >= before + part
                });
                flight.cancel();
                goes_on(bench, &file, findings);
                ended(flight, true, findings);
            }
        }
        // Each waited until it was there.
        findings.met = true;
    })
}

fn arrange(server: Builder, command: Command, stage: Stage) -> Builder {
    let when = When::command(command);
    match stage {
        // The interim replies give the credits back, but these do not.
        Stage::Unsent => server
            .max_credits(CREDITS as u16)
            .fault(when.clone(), Fault::Interim(NEVER))
            .fault(when, Fault::Credits(0)),
        Stage::Sent => server.fault(when.first(1), Fault::Delay(NEVER)),
        Stage::Pended => server.fault(when.first(1), Fault::Interim(NEVER)),
        Stage::Answered(part) => {
            // The rest of the first reply comes in front of the next one.
            let only_read_write_and_query = When::any().filter(move |seen| {
                seen.header.command == command || seen.header.command == Command::QUERY_INFO
            });
            server.fault(only_read_write_and_query, in_two(part as usize))
        }
    }
}

/// Sends the first `part` bytes of the first reply, and the rest with the next one.
fn in_two(part: usize) -> Fault {
    let rest: Mutex<Option<Vec<u8>>> = Mutex::default();
    Fault::raw(move |message| {
        let mut rest = rest.lock().expect("nothing fails here");
        let mut bytes = frame(message);
        match rest.take() {
            None => {
                *rest = Some(bytes.split_off(part));
                bytes
            }
            Some(mut first) => {
                *rest = Some(Vec::new());
                first.append(&mut bytes);
                first
            }
        }
    })
}

fn begin(file: &File, command: Command) -> Pending<Vec<u8>> {
    match command {
        Command::READ => file.nt_read_file_overlapped(vec![0; LENGTH], 0),
        _ => file.nt_write_file_overlapped(bytes(LENGTH), 0),
    }
}

fn asked(bench: &Bench<'_>, command: Command, times: usize) {
    wait_until("the server is asked", || {
        bench.server.stats().requests_of(command) as usize == times
    });
}

/// The request was cancelled, or had its whole answer, if that `may_succeed`.
fn ended(flight: Pending<Vec<u8>>, may_succeed: bool, findings: &mut Findings) {
    let (content, status) = flight.wait();
    let met = count(status);
    findings.tally.add(met.err().unwrap_or(NtStatus::SUCCESS));
    match met {
        Err(NtStatus::CANCELLED) => {}
        Ok(LENGTH) if may_succeed && content == bytes(LENGTH) => {}
        other => findings.complain(format!("it ended with {other:?}")),
    }
}

/// The file can be asked about through the same handle.
fn goes_on(bench: &Bench<'_>, file: &File, findings: &mut Findings) {
    let class = FileInformationClass::INTERNAL.0.into();
    let asked = count(file.nt_query_information_file(&mut [0; 8], class));
    findings.tally.add(asked.err().unwrap_or(NtStatus::SUCCESS));
    if asked.is_err() || bench.server.stats().connections != 1 {
        findings.complain(format!("the connection does not go on: {asked:?}"));
    }
}

fn unsent(bench: &Bench<'_>, file: &File, command: Command, findings: &mut Findings) {
    let sent: Vec<_> = (0..CREDITS).map(|_| begin(file, command)).collect();
    asked(bench, command, CREDITS);
    let waits = begin(file, command);
    waits.cancel();
    ended(waits, false, findings);
    if bench.server.stats().requests_of(Command::CANCEL) != 0 {
        findings.complain("the server has heard of what was not sent".into());
    }
    for flight in &sent {
        flight.cancel();
    }
    for flight in sent {
        ended(flight, false, findings);
    }
    // Without credits nothing can be asked any more, so the connection is given up here.
    bench.server.disconnect_all();
}
