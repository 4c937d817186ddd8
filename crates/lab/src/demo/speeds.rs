//! How fast the usual operations go.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::drive::Drive;
use crate::failure::{Cause, Failure};
use crate::file::{Access, Disposition, File, Flight};
use crate::units;

const LARGE: u64 = 64 << 20;
const BLOCK: usize = 1 << 20;
const SMALL: usize = 4096;
const RANDOM_READS: u64 = 4_000;
const FILES: u64 = 500;
const ENTRIES: u64 = 2_000;
const NAME: &str = "\\large.bin";
const DIRECTORY: &str = "\\many";

/// Prints the table.
///
/// # Errors
/// The first operation that fails.
pub fn show(drive: &Drive<'_>) -> Result<(), Failure> {
    match drive.protocol()? {
        Some(protocol) => println!("\nSpeeds, over {protocol}"),
        None => println!("\nSpeeds"),
    }
    let failed = |doing: &str, cause: Cause| Failure::new(doing, NAME, cause);
    let file = drive.open(NAME, Access::ReadWrite, Disposition::Create)?;
    let write = timed(|| sequential(LARGE, |offset, buffer| file.start_write(offset, buffer)))
        .map_err(|cause| failed("write", cause))?;
    transferred("sequential write, 8 x 1 MiB in flight", write);
    let read = timed(|| sequential(LARGE, |offset, buffer| file.start_read(offset, buffer)))
        .map_err(|cause| failed("read", cause))?;
    transferred("sequential read, 8 x 1 MiB in flight", read);
    for depth in [1, 32] {
        let time = timed(|| random_reads(&file, depth))
            .map_err(|cause| failed("read at random in", cause))?;
        let what = format!("random reads of 4 KiB, {depth} in flight");
        per_second(&what, RANDOM_READS, time, "reads");
    }
    drop(file);
    drive.remove(NAME)?;

    drive.make_directory(DIRECTORY)?;
    let path = |index: u64| format!("{DIRECTORY}\\file {index:05}");
    let create = |from: u64, to: u64| {
        (from..to).try_for_each(|index| {
            drive
                .open(&path(index), Access::Write, Disposition::Create)
                .map(drop)
        })
    };
    per_second(
        "create an empty file",
        FILES,
        timed(|| create(0, FILES))?,
        "files",
    );
    let stat = timed(|| (0..FILES).try_for_each(|index| drive.stat(&path(index)).map(drop)))?;
    per_second("stat a file", FILES, stat, "files");
    create(FILES, ENTRIES)?;
    let mut listed = 0;
    let list = timed(|| {
        drive.list(DIRECTORY)?.try_for_each(|entry| {
            listed += 1;
            entry.map(drop)
        })
    })?;
    if listed != ENTRIES {
        let words = format!("{listed} of {ENTRIES} entries were listed");
        return Err(Failure::new("list", DIRECTORY, words));
    }
    per_second(
        &format!("list {} entries", units::count(ENTRIES)),
        ENTRIES,
        list,
        "entries",
    );
    let delete = timed(|| (0..ENTRIES).try_for_each(|index| drive.remove(&path(index))))?;
    per_second("delete a file", ENTRIES, delete, "files");
    drive.remove(DIRECTORY)
}

fn timed<E>(work: impl FnOnce() -> Result<(), E>) -> Result<Duration, E> {
    let start = Instant::now();
    work().map(|()| start.elapsed())
}

fn transferred(what: &str, time: Duration) {
    println!("  {what:<42} {:>12}", units::speed(LARGE, time));
}

fn per_second(what: &str, count: u64, time: Duration, unit: &str) {
    let rate = units::count(units::rate(count, time) as u64);
    println!("  {what:<42} {rate:>10} {unit}/s");
}

/// Moves `length` bytes in blocks, eight in flight.
fn sequential(length: u64, start: impl Fn(u64, Vec<u8>) -> Flight) -> Result<(), Cause> {
    keep_in_flight(8, (0..length).step_by(BLOCK), BLOCK, start)
}

fn random_reads(file: &File, depth: usize) -> Result<(), Cause> {
    // A generator of no quality is enough: no two neighbours may be near each other.
    let mut state = 1_u64;
    let offsets = (0..RANDOM_READS).map(move |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) % (LARGE / SMALL as u64) * SMALL as u64
    });
    keep_in_flight(depth, offsets, SMALL, |offset, buffer| {
        file.start_read(offset, buffer)
    })
}

fn keep_in_flight(
    depth: usize,
    offsets: impl Iterator<Item = u64>,
    length: usize,
    start: impl Fn(u64, Vec<u8>) -> Flight,
) -> Result<(), Cause> {
    let mut flights: VecDeque<Flight> = VecDeque::with_capacity(depth);
    let land = |flight: Flight| match flight.wait() {
        (Ok(count), buffer) if count == length => Ok(buffer),
        (Ok(count), _) => Err(Cause::from(format!(
            "{count} of {length} bytes went across"
        ))),
        (Err(status), _) => Err(status.into()),
    };
    for offset in offsets {
        let buffer = match flights.len() {
            full if full == depth => flights
                .pop_front()
                .map(land)
                .transpose()?
                .unwrap_or_default(),
            _ => vec![0x5a; length],
        };
        flights.push_back(start(offset, buffer));
    }
    flights
        .into_iter()
        .try_for_each(|flight| land(flight).map(drop))
}
