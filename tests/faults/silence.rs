//! Each reply is lost, or comes when its request has long timed out.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use smb_server::{Fault, When};
use smb_wire::NtStatus;

use crate::case::{Done, Faults, perform};
use crate::flavour::{FLAVOURS, Flavour};
use crate::scripted::{HASTY, LIMIT_MS, frame};
use crate::sweep::Sweep;

/// Whatever was waited for in vain.
const RIGHT: &[NtStatus] = &[NtStatus::IO_TIMEOUT];

/// How many replies there are in a whole piece of work.
pub fn replies() -> [u64; FLAVOURS.len()] {
    FLAVOURS.each_ref().map(|flavour| {
        let done = perform(flavour, |server| server, Faults::default());
        done.server.requests.iter().sum()
    })
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
        sample: 4,
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
        sample: 4,
    };
    sweep.run(|place, flavour| {
        let when = When::any().connection(1).after(place);
        silent(flavour, when, too_late()).findings
    });
}
