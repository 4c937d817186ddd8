//! The connection ends after each byte that the server sends.

use smb_server::StreamFault;
use smb_wire::NtStatus;

use crate::case::{Faults, perform};
use crate::flavour::FLAVOURS;
use crate::sweep::Sweep;

/// Whatever was under way, or needs the handle that was lost. A server that hangs up when it is asked to confirm an older
/// dialect is one that has been asked for another.
const RIGHT: &[NtStatus] = &[
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
        sample: 150,
    };
    sweep.run(|place, flavour| {
        let faults = Faults {
            right: RIGHT,
            ..Faults::default()
        };
        let cut = StreamFault::CloseAtByte(place);
        perform(flavour, |server| server.stream_fault(Some(1), cut), faults).findings
    });
}
