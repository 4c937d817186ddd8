//! Each allocation fails in turn: of pool, IRPs, MDLs, work items, and those of Rust.

use smb_wire::NtStatus;

use crate::case::{Faults, perform};
use crate::flavour::FLAVOURS;
use crate::sweep::{Sample, Sweep};

/// Without memory that is all there is to say.
const RIGHT: &[NtStatus] = &[NtStatus::INSUFFICIENT_RESOURCES];
/// Threads take turns differently each time, and so one or two allocations more or less are made.
const VARIES: u64 = 16;

#[test]
fn allocations() {
    let places = FLAVOURS.each_ref().map(|flavour| {
        let done = perform(flavour, |server| server, Faults::default());
        done.allocations.counted
    });
    let sweep = Sweep {
        name: "allocations",
        places,
        varies: VARIES,
        sample: Sample::About(120),
    };
    sweep.run(|place, flavour| {
        let faults = Faults {
            right: RIGHT,
            allocation: Some(place + 1),
            ..Faults::default()
        };
        perform(flavour, |server| server, faults).findings
    });
}
