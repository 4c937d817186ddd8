//! The statuses of the wire and of the kernel are the same numbers under the same names.

use std::collections::BTreeMap;

use nt::Status;
use smb_wire::NtStatus;

/// Every value that a table of this project could name: the severities, each with its first codes.
fn values() -> impl Iterator<Item = u32> {
    const CODES: u32 = 0x1_0000;
    [0, 0x4000_0000, 0x8000_0000, 0xC000_0000]
        .into_iter()
        .flat_map(|severity| severity..severity + CODES)
}

#[test]
fn a_status_that_both_tables_name_has_one_value() {
    let kernel: BTreeMap<_, _> = values()
        .filter_map(|value| Some((Status::from_u32(value).name()?, value)))
        .collect();
    let wire: BTreeMap<_, _> = values()
        .filter_map(|value| Some((NtStatus(value).name()?.trim_start_matches("STATUS_"), value)))
        .collect();
    let both: Vec<_> = wire
        .iter()
        .filter_map(|(&name, &value)| Some((name, value, *kernel.get(name)?)))
        .collect();
    assert!(
        both.len() > 80,
        "the tables have little in common: {}",
        both.len()
    );
    for (name, wire, kernel) in both {
        assert_eq!(
            wire, kernel,
            "{name}: {wire:#010x} on the wire, {kernel:#010x} in the kernel"
        );
    }
}
