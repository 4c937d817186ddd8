//! What the harness has counted: the data of a status request's reply.

use smb_wire::{EmitError, ParseError, Reader, Writer};

use crate::field::{emit_text, end, text};

/// What the driver under test holds at the moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Bytes of pool.
    pub pool_bytes: u64,
    /// Blocks of pool.
    pub pool_blocks: u64,
    /// IRPs that it has allocated and not freed.
    pub irps: u64,
    /// MDLs that it has allocated and not freed.
    pub mdls: u64,
    /// System threads that it has started and that have not ended.
    pub threads: u64,
    /// Work items that it has allocated and not freed.
    pub work_items: u64,
    /// ERESOURCEs that it has initialised and not deleted.
    pub resources: u64,
    /// Its timers that will fire.
    pub timers: u64,
    /// Its registrations with WSK.
    pub socket_clients: u64,
    /// Sockets that it has open.
    pub sockets: u64,
    /// Operations on them that have not completed.
    pub socket_operations: u64,
    /// Files that are open on it, those opened by the driver itself included.
    pub files: u64,
    /// UNC providers that are registered: 1 while the driver is started.
    pub providers: u64,
    /// Violations of the kernel's rules since the harness was loaded.
    pub violations: u64,
}

/// Pool under one tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolUse {
    /// The tag, as its bytes stand in memory.
    pub tag: [u8; 4],
    /// Bytes allocated and not freed.
    pub bytes: u64,
    /// Blocks allocated and not freed.
    pub blocks: u64,
}

/// The data of a status request's reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report<'a> {
    /// The sums.
    pub counters: Counters,
    pools: &'a [u8],
    violations: &'a [u8],
}

const POOL_USE: usize = 20;

impl<'a> Report<'a> {
    /// Reads a reply's data.
    pub fn parse(data: &'a [u8]) -> Result<Self, ParseError> {
        let mut r = Reader::new(data);
        let counters = Counters {
            pool_bytes: r.u64("PoolBytes")?,
            pool_blocks: r.u64("PoolBlocks")?,
            irps: r.u64("Irps")?,
            mdls: r.u64("Mdls")?,
            threads: r.u64("Threads")?,
            work_items: r.u64("WorkItems")?,
            resources: r.u64("Resources")?,
            timers: r.u64("Timers")?,
            socket_clients: r.u64("SocketClients")?,
            sockets: r.u64("Sockets")?,
            socket_operations: r.u64("SocketOperations")?,
            files: r.u64("Files")?,
            providers: r.u64("Providers")?,
            violations: r.u64("Violations")?,
        };
        let pools = usize::from(r.u16("PoolCount")?);
        let pools = r.take(pools.saturating_mul(POOL_USE), "Pools")?;
        let violations = r.rest();
        while !r.is_empty() {
            text(&mut r, "Violation")?;
        }
        end(&r, "Report")?;
        Ok(Self {
            counters,
            pools,
            violations,
        })
    }

    /// The tags that have pool.
    pub fn pools(&self) -> impl Iterator<Item = PoolUse> + use<'a> {
        let mut r = Reader::new(self.pools);
        core::iter::from_fn(move || {
            Some(PoolUse {
                tag: r.array("Tag").ok()?,
                bytes: r.u64("Bytes").ok()?,
                blocks: r.u64("Blocks").ok()?,
            })
        })
    }

    /// What was violated, the first ones if there were very many.
    pub fn violations(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let mut r = Reader::new(self.violations);
        core::iter::from_fn(move || text(&mut r, "Violation").ok())
    }
}

/// Writes a report. Violations that do not fit any more are left out, for their number is among the counters.
pub fn emit_report<'v>(
    w: &mut Writer<'_>,
    counters: &Counters,
    pools: &[PoolUse],
    violations: impl Iterator<Item = &'v str>,
) -> Result<(), EmitError> {
    for counter in [
        counters.pool_bytes,
        counters.pool_blocks,
        counters.irps,
        counters.mdls,
        counters.threads,
        counters.work_items,
        counters.resources,
        counters.timers,
        counters.socket_clients,
        counters.sockets,
        counters.socket_operations,
        counters.files,
        counters.providers,
        counters.violations,
    ] {
        w.u64(counter)?;
    }
    let count = u16::try_from(pools.len()).map_err(|_| EmitError::TooLong("PoolCount"))?;
    w.u16(count)?;
    for pool in pools {
        w.bytes(&pool.tag)?;
        w.u64(pool.bytes)?;
        w.u64(pool.blocks)?;
    }
    for violation in violations {
        let before = w.position();
        if emit_text(w, violation, "Violation").is_err() {
            w.rewind(before);
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::string::String;
    use std::vec;
    use std::vec::Vec;

    const COUNTERS: Counters = Counters {
        pool_bytes: 1,
        pool_blocks: 2,
        irps: 3,
        mdls: 4,
        threads: 5,
        work_items: 6,
        resources: 7,
        timers: 8,
        socket_clients: 9,
        sockets: 10,
        socket_operations: 11,
        files: 12,
        providers: 13,
        violations: 14,
    };

    #[test]
    fn violations_that_do_not_fit_are_left_out() {
        let mut buffer = [0; 14 * 8 + 2 + 10];
        let mut w = Writer::new(&mut buffer);
        emit_report(&mut w, &COUNTERS, &[], ["first", "second"].into_iter()).unwrap();
        let report = Report::parse(w.into_written()).unwrap();
        assert!(report.violations().eq(["first"]));
        assert_eq!(report.counters.violations, 14);
    }

    #[test]
    fn a_report_cut_short_inside_a_part_is_refused() {
        let mut buffer = vec![0; 256];
        let mut w = Writer::new(&mut buffer);
        let pool = PoolUse {
            tag: *b"OxCt",
            bytes: 1,
            blocks: 1,
        };
        emit_report(&mut w, &COUNTERS, &[pool], ["text"].into_iter()).unwrap();
        let whole = w.into_written();
        let without_violations = whole.len() - 6;
        for length in (0..whole.len()).filter(|&length| length != without_violations) {
            assert!(Report::parse(&whole[..length]).is_err(), "{length}");
        }
    }

    proptest! {
        #[test]
        fn a_report_is_what_was_sent(
            pools: Vec<([u8; 4], u64, u64)>, violations: Vec<String>,
        ) {
            let pools: Vec<PoolUse> = pools
                .into_iter()
                .map(|(tag, bytes, blocks)| PoolUse { tag, bytes, blocks })
                .collect();
            let mut buffer = vec![0; 1 << 20];
            let mut w = Writer::new(&mut buffer);
            emit_report(&mut w, &COUNTERS, &pools, violations.iter().map(String::as_str)).unwrap();
            let report = Report::parse(w.into_written()).unwrap();
            prop_assert_eq!(report.counters, COUNTERS);
            prop_assert_eq!(report.pools().collect::<Vec<_>>(), pools);
            prop_assert!(report.violations().eq(violations));
        }

        #[test]
        fn no_bytes_crash_the_parser(bytes: Vec<u8>) {
            if let Ok(report) = Report::parse(&bytes) {
                report.pools().for_each(drop);
                report.violations().for_each(drop);
            }
        }
    }
}
