//! The connection ends after each byte that the server sends.

use smb_server::StreamFault;
use smb_wire::NtStatus;

use crate::case::{Faults, perform};
use crate::flavour::FLAVOURS;
use crate::sweep::{Sample, Sweep};

/// Whatever was under way, or needs the handle that was lost.
const RIGHT: &[NtStatus] = &[NtStatus::CONNECTION_DISCONNECTED];
/// A server that hangs up when it is to confirm an older dialect has been asked for a newer one.
const RIGHT_WHERE_CONFIRMED: &[NtStatus] = &[
    NtStatus::CONNECTION_DISCONNECTED,
    NtStatus::DOWNGRADE_DETECTED,
];

#[test]
fn cuts() {
    let places = FLAVOURS.each_ref().map(|flavour| {
        perform(flavour, |server| server, Faults::default())
            .server
            .bytes_out
    });
    let sweep = Sweep {
        name: "cuts",
        places,
        varies: 0,
        sample: Sample::About(150),
    };
    sweep.run(|place, flavour| {
        let faults = Faults {
            right: if flavour.confirms {
                RIGHT_WHERE_CONFIRMED
            } else {
                RIGHT
            },
            ..Faults::default()
        };
        let cut = StreamFault::CloseAtByte(place);
        perform(flavour, |server| server.stream_fault(Some(1), cut), faults).findings
    });
}
