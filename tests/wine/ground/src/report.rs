//! What the driver holds, as the harness has counted it.

use std::fmt;

use wine_protocol::{Counters, Report};

/// Pool under one tag: the tag, bytes, blocks.
type Pool = (String, u64, u64);

/// What the driver held at some moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// The sums.
    pub counters: Counters,
    /// Pool by tag.
    pub pools: Vec<Pool>,
    /// Rules of the kernel that were violated since the harness was loaded.
    pub violations: Vec<String>,
}

impl Held {
    pub(crate) fn new(report: &Report<'_>) -> Self {
        Self {
            counters: report.counters,
            pools: report
                .pools()
                .map(|pool| {
                    let tag = String::from_utf8_lossy(&pool.tag).into_owned();
                    (tag, pool.bytes, pool.blocks)
                })
                .collect(),
            violations: report.violations().map(str::to_owned).collect(),
        }
    }

    /// Whether there is nothing, and no rule was violated.
    pub fn is_nothing(&self) -> bool {
        self.counters == Counters::default()
    }
}

impl fmt::Display for Held {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{:?}", self.counters)?;
        for (tag, bytes, blocks) in &self.pools {
            writeln!(out, "pool {tag}: {bytes} bytes in {blocks} blocks")?;
        }
        for violation in &self.violations {
            writeln!(out, "violation: {violation}")?;
        }
        Ok(())
    }
}
