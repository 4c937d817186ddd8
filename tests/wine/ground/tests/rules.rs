//! The harness finds out what drivers must not do: a driver that does it all is loaded in the real one's place. Without
//! that, a run without violations would prove nothing.
#![forbid(unsafe_code)]

use wine_ground::{Built, SERVICE, with_session};

/// What the offender is told off for, in this order (tests/wine/offender/src/offences.rs).
const OFFENCES: &[&str] = &[
    "ntoskrnl.exe!IoGetTopLevelIrp",
    "wrong tag",
    "freed before",
    "beyond its end",
    "KeWaitForSingleObject at IRQL 2",
    "has the spin lock",
    "APCs are enabled",
    "wait for itself for ever",
    "pages that are not locked",
    "IofCompleteRequest with STATUS_PENDING",
    "system thread was called at IRQL 0 and returned at 2",
];

#[test]
fn a_driver_that_breaks_rules_is_found_out_every_time_and_so_is_what_it_leaves() {
    with_session(|session, user| {
        session.prefix().install_as(Built::Offender, Built::Driver);
        user.load(SERVICE).unwrap();
        user.unload(SERVICE).unwrap();
        let held = user.held();
        let found = held.violations.iter().zip(OFFENCES);
        for (violation, offence) in found {
            assert!(violation.contains(offence), "{offence}: {held}");
        }
        assert_eq!(held.violations.len(), OFFENCES.len(), "{held}");
        assert_eq!(held.pools, [("Lost".to_owned(), 100, 1)]);
        assert_eq!(held.counters.mdls, 1);
        assert!(!held.is_nothing());
    });
}
