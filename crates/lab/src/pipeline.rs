//! One file's bytes across, several requests at a time: while the first block is on its way, the next ones are asked for.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::os::unix::fs::FileExt;

use smb_wire::NtStatus;

use crate::failure::Cause;
use crate::file::{File, Flight};
use crate::progress::Progress;

/// How many requests are in flight.
const DEPTH: usize = 8;
/// How many bytes each asks for.
const BLOCK: usize = 1 << 20;

/// The requests under way, oldest first, and buffers that wait for their next use.
#[derive(Default)]
struct Window {
    flights: VecDeque<(usize, Flight)>,
    spare: Vec<Vec<u8>>,
}

impl Window {
    fn is_full(&self) -> bool {
        self.flights.len() == DEPTH
    }

    /// A buffer of `length` bytes, one used before if there is one.
    fn buffer(&mut self, length: usize) -> Vec<u8> {
        let mut buffer = self.spare.pop().unwrap_or_default();
        buffer.resize(length, 0);
        buffer
    }

    fn push(&mut self, length: usize, flight: Flight) {
        self.flights.push_back((length, flight));
    }
}

/// Copies `size` bytes from a share's file to a local one. A file that has become shorter ends the copy early.
///
/// # Errors
/// The first that either side reports.
pub fn download(
    source: &File,
    size: u64,
    sink: &fs::File,
    progress: &Progress,
) -> Result<(), Cause> {
    let mut end = 0;
    progress.check()?;
    read_in_order(source, size, |block| {
        progress.check()?;
        sink.write_all_at(block, end)?;
        end += block.len() as u64;
        progress.advance(block.len() as u64);
        Ok(())
    })
}

/// Reads `size` bytes of a share's file, block by block in order. A file that has become shorter ends it early.
///
/// # Errors
/// The first that the server or `take` reports.
pub fn read_in_order(
    source: &File,
    size: u64,
    mut take: impl FnMut(&[u8]) -> Result<(), Cause>,
) -> Result<(), Cause> {
    let mut window = Window::default();
    let (mut next, mut end, mut ended) = (0, size, false);
    loop {
        while next < end && !window.is_full() {
            let length = block_length(next, end);
            let buffer = window.buffer(length);
            window.push(length, source.start_read(next, buffer));
            next += length as u64;
        }
        let Some((length, flight)) = window.flights.pop_front() else {
            return Ok(());
        };
        let (result, buffer) = flight.wait();
        let count = match result {
            Err(NtStatus::END_OF_FILE) => 0,
            other => other?,
        };
        // What is in flight beyond a short block can only be what somebody appends meanwhile.
        if !ended {
            take(buffer.get(..count).unwrap_or(&buffer))?;
        }
        if count < length {
            ended = true;
            end = next;
        }
        window.spare.push(buffer);
    }
}

/// Copies a local file to a share's; holes stay holes.
///
/// # Errors
/// The first that either side reports.
pub fn upload(source: &fs::File, target: &File, progress: &Progress) -> Result<(), Cause> {
    let size = source.metadata()?.len();
    let mut window = Window::default();
    let mut next = 0;
    let mut data = 0..0;
    loop {
        progress.check()?;
        while next < size && !window.is_full() {
            if next >= data.end {
                data = next_data(source, next, size)?;
                progress.advance(data.start - next);
                next = data.start;
                continue;
            }
            let length = block_length(next, data.end);
            let mut buffer = window.buffer(length);
            source.read_exact_at(&mut buffer, next)?;
            window.push(length, target.start_write(next, buffer));
            next += length as u64;
        }
        let Some((length, flight)) = window.flights.pop_front() else {
            break;
        };
        let (result, buffer) = flight.wait();
        if result? < length {
            return Err("the server took only a part of it".into());
        }
        progress.advance(length as u64);
        window.spare.push(buffer);
    }
    if data.start == size && size > 0 {
        // The last thing in it is a hole, which no write has reached.
        target.set_end(size)?;
    }
    Ok(())
}

fn block_length(from: u64, to: u64) -> usize {
    (to - from).min(BLOCK as u64) as usize
}

/// The next stretch of data at or after `from`; empty and at `size` where only a hole follows.
fn next_data(file: &fs::File, from: u64, size: u64) -> io::Result<std::ops::Range<u64>> {
    use rustix::fs::{SeekFrom, seek};
    use rustix::io::Errno;
    let start = match seek(file, SeekFrom::Data(from)) {
        Ok(start) => start.min(size),
        Err(Errno::NXIO) => size,
        // A file system without holes.
        Err(Errno::INVAL) => return Ok(from..size),
        Err(error) => return Err(error.into()),
    };
    let end = match seek(file, SeekFrom::Hole(start)) {
        Ok(end) => end.min(size),
        Err(Errno::NXIO | Errno::INVAL) => size,
        Err(error) => return Err(error.into()),
    };
    Ok(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_of_a_local_file_are_stepped_over() {
        let file = tempfile::tempfile().unwrap();
        let far = 5 << 30;
        file.set_len(far + (1 << 20)).unwrap();
        file.write_all_at(b"end", far).unwrap();
        let size = file.metadata().unwrap().len();
        let data = next_data(&file, 0, size).unwrap();
        // A file system without holes gives the whole file, which is as good.
        assert!(data == (0..size) || data.start == far, "{data:?}");
        if data.start == far {
            assert_eq!(next_data(&file, data.end, size).unwrap(), size..size);
        }
    }

    #[test]
    fn the_last_block_is_as_long_as_what_is_left() {
        assert_eq!(block_length(0, 3 << 20), BLOCK);
        assert_eq!(block_length(5, 12), 7);
    }
}
