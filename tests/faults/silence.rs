//! Each reply is lost, or comes when its request has long timed out.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use smb_server::{Builder, Fault, When};
use smb_wire::NtStatus;
use smb_wire::smb2::Command;

use crate::case::{Done, Faults, perform};
use crate::flavour::{FLAVOURS, Flavour};
use crate::scripted::{HASTY, LIMIT_MS, frame};
use crate::sweep::{Sample, Sweep, number};

/// Whatever was waited for in vain.
const RIGHT: &[NtStatus] = &[NtStatus::IO_TIMEOUT];

/// How many replies there are in a whole piece of work.
pub fn replies() -> [u64; FLAVOURS.len()] {
    FLAVOURS.each_ref().map(|flavour| {
        let done = perform(flavour, |server| server, Faults::default());
        done.server.requests.iter().sum()
    })
}

/// The runs where the first reply to each of these commands is concerned, in the flavours of 3.1.1 by turns: they have the same
/// requests.
fn first_of(commands: &[Command]) -> Sample {
    const FLAVOURS_OF_3_1_1: usize = 3;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let watch = {
        let seen = Arc::clone(&seen);
        When::any().filter(move |request| {
            let mut seen = seen.lock().expect("nothing fails here");
            seen.push(request.header.command);
            false
        })
    };
    let arrange = |server: Builder| server.fault(watch, Fault::Swallow);
    perform(&FLAVOURS[0], arrange, Faults::default());
    let seen = seen.lock().expect("nothing fails here");
    let place = |&command| seen.iter().position(|&other| other == command);
    let places = commands
        .iter()
        .map(|command| place(command).expect("it is asked for"));
    let turns = (0..FLAVOURS_OF_3_1_1).cycle();
    Sample::These(
        places
            .zip(turns)
            .map(|(place, flavour)| number(place as u64, flavour))
            .collect(),
    )
}

fn silent(flavour: &Flavour, when: When, fault: Fault) -> Done {
    let faults = Faults {
        right: RIGHT,
        settings: HASTY,
        ..Faults::default()
    };
    perform(flavour, |server| server.fault(when, fault), faults)
}

#[test]
fn lost() {
    let sweep = Sweep {
        name: "lost",
        places: replies(),
        varies: 0,
        // Whoever waits for one of the first three in vain gives the connection up.
        sample: first_of(&[
            Command::SESSION_SETUP,
            Command::TREE_CONNECT,
            Command::CREATE,
            Command::FLUSH,
        ]),
    };
    sweep.run(|place, flavour| {
        let when = When::any().connection(1).nth(place + 1);
        silent(flavour, when, Fault::Swallow).findings
    });
}

/// The first reply is kept until its request has been given up, and then comes in front of the next one.
fn too_late() -> Fault {
    let kept: Mutex<Option<(Instant, Vec<u8>)>> = Mutex::default();
    let is_first = AtomicBool::new(true);
    Fault::raw(move |message| {
        let mut kept = kept.lock().expect("nothing fails here");
        if is_first.swap(false, Ordering::Relaxed) {
            *kept = Some((Instant::now(), frame(message)));
            return Vec::new();
        }
        let limit = Duration::from_millis(LIMIT_MS.into());
        let late = kept.take_if(|(since, _)| since.elapsed() > limit);
        let late = late.map_or_else(Vec::new, |(_, late)| late);
        [late, frame(message)].concat()
    })
}

#[test]
fn late() {
    let sweep = Sweep {
        name: "late",
        places: replies(),
        varies: 0,
        // After these the connection goes on, and the late reply comes.
        sample: first_of(&[
            Command::WRITE,
            Command::SET_INFO,
            Command::QUERY_INFO,
            Command::QUERY_DIRECTORY,
            Command::READ,
        ]),
    };
    sweep.run(|place, flavour| {
        let when = When::any().connection(1).after(place);
        silent(flavour, when, too_late()).findings
    });
}
