//! The statuses that requests ended with.

use std::collections::BTreeMap;
use std::fmt;

use smb_wire::NtStatus;

/// How often each status was met.
#[derive(Clone, Default)]
pub struct Tally(BTreeMap<u32, u64>);

impl Tally {
    /// One more.
    pub fn add(&mut self, status: NtStatus) {
        *self.0.entry(status.0).or_default() += 1;
    }

    /// Whether it was met.
    pub fn has(&self, status: NtStatus) -> bool {
        self.0.contains_key(&status.0)
    }

    /// All of another.
    pub fn merge(&mut self, other: &Self) {
        for (status, times) in &other.0 {
            *self.0.entry(*status).or_default() += times;
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (status, times)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{:?} {times}", NtStatus(*status))?;
        }
        Ok(())
    }
}
