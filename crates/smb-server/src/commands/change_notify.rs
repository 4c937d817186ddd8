//! CHANGE_NOTIFY (MS-SMB2 3.3.5.19).

use std::sync::Arc;

use smb_wire::fscc::{ChainEntry, EntryPacker, NotifyAction, NotifyRecord};
use smb_wire::smb2::{ChangeNotifyFlags, ChangeNotifyRequest, ChangeNotifyResponse};
use smb_wire::{NtStatus, Utf16};

use super::{Chain, Outcome, Request, Result};
use crate::connection::Connection;
use crate::connection::pending::Link;
use crate::fs::{Change, FsError, WatchOutcome, access};
use crate::status;

/// The body before the records.
const HEAD: usize = 8;

pub(super) fn change_notify(
    connection: &Connection,
    request: &Request<'_>,
    chain: &mut Chain,
) -> Result<Outcome> {
    let notify = ChangeNotifyRequest::parse(request.message)?;
    connection.check_payload(request, notify.output_buffer_length)?;
    let file = request.file(notify.file_id, chain)?;
    if !file.open.is_directory() {
        return Err(FsError::InvalidParameter.into());
    }
    file.open.require(access::READ_DATA)?;
    if request.followed {
        return Err(NtStatus::INTERNAL_ERROR.into());
    }
    let room = notify.output_buffer_length as usize;
    let recursive = notify.flags.contains(ChangeNotifyFlags::WATCH_TREE);
    let filter = notify.completion_filter.bits();
    Ok(Outcome::Pending(Box::new(
        move |link: &Arc<Link>, message_id| {
            let watching = Arc::clone(link);
            let waiter = Box::new(move |outcome| tell(&watching, message_id, room, outcome));
            file.open
                .watch(filter, recursive, message_id, waiter)
                .map_err(status::of)?;
            Ok(Box::new(move || file.open.cancel_watch(message_id)))
        },
    )))
}

fn tell(link: &Link, message_id: u64, room: usize, outcome: WatchOutcome) {
    let (status, output) = match outcome {
        WatchOutcome::Closed => (NtStatus::NOTIFY_CLEANUP, Vec::new()),
        WatchOutcome::TooMany => (NtStatus::NOTIFY_ENUM_DIR, Vec::new()),
        WatchOutcome::Changes(changes) => match encode(&changes, room) {
            Some(output) => (NtStatus::SUCCESS, output),
            None => (NtStatus::NOTIFY_ENUM_DIR, Vec::new()),
        },
    };
    let response = ChangeNotifyResponse { output: &output };
    link.complete(message_id, status, HEAD + output.len() + 1, |w| {
        response.emit(w)
    });
}

/// The records of all changes, or `None` if they do not fit.
fn encode(changes: &[Change], room: usize) -> Option<Vec<u8>> {
    let fixed = NotifyRecord::FIXED_LEN + NotifyRecord::ALIGNMENT;
    let needed: usize = changes
        .iter()
        .map(|change| fixed + change.path.len() * 2)
        .sum();
    let mut output = vec![0; needed.min(room)];
    let mut packer = EntryPacker::new(&mut output);
    for change in changes {
        let action = NotifyAction(change.action as u32);
        if !packer
            .push(&NotifyRecord {
                action,
                name: Utf16::from_units(&change.path),
            })
            .ok()?
        {
            return None;
        }
    }
    let len = packer.len();
    output.truncate(len);
    Some(output)
}
