//! What has been counted, as a test reads it.

use super::file;
use crate::ledger;
use alloc::string::String;
use alloc::vec::Vec;
use wine_protocol::{Counters, EmitError, PoolUse, Writer, emit_report};

/// Room for a report: more pool tags and violations than a test will want to read.
const ROOM: usize = 256 << 10;

/// A status reply's data.
pub fn report() -> Result<Vec<u8>, EmitError> {
    let held = ledger::snapshot();
    let pools: Vec<PoolUse> = held
        .pool
        .iter()
        .map(|pool| PoolUse {
            tag: pool.tag.to_le_bytes(),
            bytes: pool.bytes,
            blocks: pool.blocks,
        })
        .collect();
    let counters = Counters {
        pool_bytes: pools.iter().map(|pool| pool.bytes).sum(),
        pool_blocks: pools.iter().map(|pool| pool.blocks).sum(),
        irps: held.irps,
        mdls: held.mdls,
        threads: held.threads,
        work_items: held.work_items,
        resources: held.resources,
        timers: held.timers,
        socket_clients: held.socket_clients,
        sockets: held.sockets,
        socket_operations: held.socket_operations,
        files: file::count(),
        providers: held.unc_providers,
        violations: held.violations.len() as u64,
    };
    let mut room = alloc::vec![0; ROOM];
    let mut w = Writer::new(&mut room);
    emit_report(
        &mut w,
        &counters,
        &pools,
        held.violations.iter().map(String::as_str),
    )?;
    let length = w.position();
    room.truncate(length);
    Ok(room)
}
