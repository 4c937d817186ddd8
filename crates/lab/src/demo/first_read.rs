//! The five steps of a network I/O operation, as the first read really takes them.
//!
//! The times come from three sides that know nothing of each other: this program around its call, the simulated
//! kernel's trace, and the server's record of what it was asked.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use ntsim::trace::{self, Event};
use smb_server::Served;
use smb_wire::NtStatus;
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
    let failed = |status: NtStatus| Failure::new("use", NAME, status);
    let file = drive.open(NAME, Access::ReadWrite, Disposition::Create)?;
    file.write_at(0, &written).map_err(failed)?;

    let mut read = vec![0; LENGTH];
    let listener = watch.clone();
    trace::set_hook(Some(Arc::new(move |when, event: &Event| {
        listener.kernel_event(when, event)
    })));
    let start = Instant::now();
    let result = file.read_at(0, &mut read);
    let end = Instant::now();
    trace::set_hook(None);
    let count = result.map_err(failed)?;
    if read != written {
        return Err(Failure::new("read", NAME, "it is not what was written"));
    }

    let unseen =
        |step: &str| Failure::new("follow", "the first read", format!("nobody saw {step}"));
    let (intercepted, request) = watch
        .first(|event| match event {
            Event::Irp {
                id,
                major: IRP_MJ_READ,
                ..
            } => Some(*id),
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
    let step = |number: u32, when: Instant, who: &str, what: String| {
        let at = units::time(when.saturating_duration_since(start));
        println!("  {number} {at:>7}  {who:<11}  {what}");
    };
    let mid = served.message_id;
    let work = units::time(served.answered.saturating_duration_since(served.received));
    step(
        1,
        start,
        "application",
        format!("calls NtReadFile for {LENGTH} bytes at offset 0"),
    );
    step(
        2,
        intercepted,
        "RDBSS",
        "takes its IRP_MJ_READ, calls the driver's low I/O read".into(),
    );
    step(
        3,
        sent,
        "packet",
        format!("SMB2 READ with MID {mid} goes out, {request_bytes} bytes"),
    );
    step(
        4,
        served.received,
        "server",
        format!(
            "answers MID {mid} with {} bytes, within {work}",
            served.bytes_out
        ),
    );
    step(
        5,
        completed,
        "completion",
        format!(
            "MID {mid}: {}, {moved} bytes in place",
            NtStatus::from(status)
        ),
    );
    println!("    {:>7}  application  has them", units::time(end - start));
    Ok(())
}
