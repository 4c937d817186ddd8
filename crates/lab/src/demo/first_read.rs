//! The five steps of a network I/O operation, as the first read really takes them.
//!
//! The times come from three sides that know nothing of each other: this program around its call, the simulated
//! kernel's trace, and the server's record of what it was asked.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ntsim::trace::{self, Event};
use smb_server::Served;
use smb_wire::NtStatus;
use smb_wire::netbios::FrameHeader;
use smb_wire::smb2::Command;

use crate::drive::Drive;
use crate::failure::Failure;
use crate::file::{Access, Disposition};
use crate::units;

const IRP_MJ_READ: u8 = 3;
const LENGTH: usize = 4096;
const NAME: &str = "\\first.bin";
/// The server tells of a reply after it has sent it, so perhaps after the read is over.
const SERVER_TELLS_WITHIN: Duration = Duration::from_secs(10);

/// Watches kernel and server while a read is under way.
#[derive(Clone, Default)]
pub struct Watch(Arc<Notes>);

#[derive(Default)]
struct Notes {
    kernel: Mutex<Vec<(Instant, Event)>>,
    server: Mutex<Option<Served>>,
    server_told: Condvar,
}

impl Watch {
    /// The server tells what it answered. The first READ is the one that counts.
    pub fn served(&self, served: &Served) {
        if served.command == Command::READ {
            let mut server = self.0.server.lock().unwrap_or_else(PoisonError::into_inner);
            server.get_or_insert_with(|| served.clone());
            self.0.server_told.notify_all();
        }
    }

    fn kernel_event(&self, when: Instant, event: &Event) {
        let mut kernel = self.0.kernel.lock().unwrap_or_else(PoisonError::into_inner);
        kernel.push((when, *event));
    }

    fn first_read(&self) -> Option<Served> {
        let server = self.0.server.lock().unwrap_or_else(PoisonError::into_inner);
        let (server, _) = self
            .0
            .server_told
            .wait_timeout_while(server, SERVER_TELLS_WITHIN, |server| server.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        server.clone()
    }

    /// When the kernel first saw an event of this kind, and what of it was asked for.
    fn first<T>(&self, kind: impl Fn(&Event) -> Option<T>) -> Option<(Instant, T)> {
        let kernel = self.0.kernel.lock().unwrap_or_else(PoisonError::into_inner);
        kernel
            .iter()
            .find_map(|(when, event)| Some((*when, kind(event)?)))
    }
}

/// Writes a file, reads it back once, and prints how that went.
///
/// # Errors
/// When a step was not seen, or the bytes are not those that were written.
pub fn show(drive: &Drive<'_>, letter: char, watch: &Watch) -> Result<(), Failure> {
    let written = super::pattern(LENGTH);
    let failed = |doing: &str, status: NtStatus| Failure::new(doing, NAME, status);
    let file = drive.open(NAME, Access::ReadWrite, Disposition::Create)?;
    file.write_at(0, &written)
        .map_err(|status| failed("write", status))?;

    let mut read = vec![0; LENGTH];
    let listener = watch.clone();
    trace::set_hook(Some(Arc::new(move |when, event: &Event| {
        listener.kernel_event(when, event)
    })));
    let start = Instant::now();
    let result = file.read_at(0, &mut read);
    let end = Instant::now();
    trace::set_hook(None);
    let count = result.map_err(|status| failed("read", status))?;
    if read != written {
        return Err(Failure::new("read", NAME, "it is not what was written"));
    }

    let unseen =
        |step: &str| Failure::new("follow", "the first read", format!("nobody saw {step}"));
    let (intercepted, (request, asked)) = watch
        .first(|event| match event {
            Event::Irp {
                id,
                major: IRP_MJ_READ,
                length,
                ..
            } => Some((*id, *length)),
            _ => None,
        })
        .ok_or_else(|| unseen("its IRP"))?;
    let (sent, request_bytes) = watch
        .first(|event| match event {
            Event::Sent { bytes, .. } => Some(*bytes),
            _ => None,
        })
        .ok_or_else(|| unseen("its packet"))?;
    let (completed, (status, moved)) = watch
        .first(|event| match event {
            Event::Completed {
                id,
                status,
                information,
            } if *id == request => Some((*status, *information)),
            _ => None,
        })
        .ok_or_else(|| unseen("its completion"))?;
    let served = watch
        .first_read()
        .ok_or_else(|| unseen("the server's part"))?;

    println!("\nOne read in five steps: {count} bytes of {letter}:{NAME}");
    println!("       time  who          MID  bytes  what");
    let mid = Some(served.message_id);
    let reply = FrameHeader::LEN + served.bytes_out;
    let work = units::time(served.answered.saturating_duration_since(served.received));
    let replies = format!("reads the file, replies within {work}");
    let status = NtStatus::from(status);
    let row = |number: &str, when: Instant, who: &str, mid, bytes, what: &str| {
        let time = when.saturating_duration_since(start);
        println!("{}", line(number, time, who, mid, bytes, what));
    };
    let called = format!("NtReadFile for {LENGTH} bytes at offset 0");
    let placed = format!("{status}, data in place");
    row("1", start, "application", None, LENGTH as u64, &called);
    row(
        "2",
        intercepted,
        "RDBSS",
        None,
        asked.into(),
        "IRP_MJ_READ to the driver's low I/O",
    );
    row(
        "3",
        sent,
        "packet",
        mid,
        request_bytes as u64,
        "SMB2 READ goes out",
    );
    row("4", served.received, "server", mid, reply as u64, &replies);
    row("5", completed, "completion", mid, moved, &placed);
    row("", end, "application", None, count as u64, "has the data");
    Ok(())
}

/// A row of the table; a dash stands for the MID where the request has none.
fn line(
    number: &str,
    time: Duration,
    who: &str,
    mid: Option<u64>,
    bytes: u64,
    what: &str,
) -> String {
    let time = units::time(time);
    let mid = mid.map_or_else(|| "-".into(), |mid| mid.to_string());
    format!("  {number:<1} {time:>7}  {who:<11}  {mid:>3}  {bytes:>5}  {what}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_without_a_mid_is_aligned_with_one_that_has_it() {
        let time = Duration::from_micros(12);
        let without = line("1", time, "application", None, 4096, "calls");
        let with = line("3", time, "packet", Some(6), 117, "goes out");
        assert_eq!(without, "  1   12 us  application    -   4096  calls");
        assert_eq!(with, "  3   12 us  packet         6    117  goes out");
    }
}
