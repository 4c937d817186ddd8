//! Each allocation fails in turn: of pool, IRPs, MDLs, work items, and those of Rust.

use smb_wire::NtStatus;

use crate::case::{Faults, perform};
use crate::flavour::FLAVOURS;
use crate::sweep::Sweep;

/// Without memory that is all there is to say.
const RIGHT: &[NtStatus] = &[NtStatus::INSUFFICIENT_RESOURCES];

#[test]
fn allocations() {
    let places = FLAVOURS
        .each_ref()
        .map(|flavour| perform(flavour, |server| server, Faults::default()).allocations);
    let sweep = Sweep {
        name: "allocations",
        places,
        sample: 120,
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
