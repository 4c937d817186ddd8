//! LOCK (MS-SMB2 3.3.5.14).

use std::sync::Arc;

use smb_wire::NtStatus;
use smb_wire::smb2::{LockElement, LockFlags, LockRequest, LockResponse};

use super::{Chain, Outcome, Request, Result};
use crate::connection::pending::Link;
use crate::fs::{FsError, LockOutcome, LockRange};
use crate::session::OpenFile;
use crate::status;

const BODY: usize = 4;
/// More than any client sends; bounds the work of one request.
const MAX_ELEMENTS: usize = 1024;

pub(super) fn lock(request: &Request<'_>, chain: &mut Chain) -> Result<Outcome> {
    let lock = LockRequest::parse(request.message)?;
    let file = request.file(lock.file_id, chain)?;
    let elements: Vec<LockElement> = lock.locks.iter().take(MAX_ELEMENTS + 1).collect();
    let [first, ..] = &elements[..] else {
        return Err(NtStatus::INVALID_PARAMETER.into());
    };
    if elements.len() > MAX_ELEMENTS {
        return Err(NtStatus::INVALID_PARAMETER.into());
    }
    if first.flags.contains(LockFlags::UNLOCK) {
        return unlock_all(request, &file, &elements);
    }
    let may_wait = !first.flags.contains(LockFlags::FAIL_IMMEDIATELY);
    if may_wait && elements.len() > 1 {
        return Err(NtStatus::INVALID_PARAMETER.into());
    }
    let ranges = elements
        .iter()
        .map(lock_range)
        .collect::<Result<Vec<_>>>()?;
    match file.open.lock(&ranges) {
        Err(FsError::LockNotGranted) if may_wait && !request.followed => Ok(wait(file, ranges[0])),
        outcome => {
            outcome?;
            request.answer(BODY, |w| LockResponse.emit(w))
        }
    }
}

fn unlock_all(request: &Request<'_>, file: &OpenFile, elements: &[LockElement]) -> Result<Outcome> {
    for element in elements {
        if element.flags != LockFlags::UNLOCK {
            return Err(NtStatus::INVALID_PARAMETER.into());
        }
        file.open.unlock(element.offset, element.length)?;
    }
    request.answer(BODY, |w| LockResponse.emit(w))
}

fn lock_range(element: &LockElement) -> Result<LockRange> {
    let exclusive = match element.flags.difference(LockFlags::FAIL_IMMEDIATELY) {
        LockFlags::EXCLUSIVE_LOCK => true,
        LockFlags::SHARED_LOCK => false,
        _ => return Err(NtStatus::INVALID_PARAMETER.into()),
    };
    Ok(LockRange {
        offset: element.offset,
        length: element.length,
        exclusive,
    })
}

fn wait(file: Arc<OpenFile>, range: LockRange) -> Outcome {
    Outcome::Pending(Box::new(move |link: &Arc<Link>, message_id| {
        let granted = Arc::clone(link);
        let waiter = Box::new(move |outcome| answer_waiter(&granted, message_id, outcome));
        if file
            .open
            .lock_or_wait(range, message_id, waiter)
            .map_err(status::of)?
            == LockOutcome::Granted
        {
            answer_waiter(link, message_id, Ok(()));
        }
        Ok(Box::new(move || file.open.cancel_lock(message_id)))
    }))
}

fn answer_waiter(link: &Link, message_id: u64, outcome: std::result::Result<(), FsError>) {
    match outcome {
        Ok(()) => link.complete(message_id, NtStatus::SUCCESS, BODY, |w| {
            LockResponse.emit(w)
        }),
        Err(error) => link.fail(message_id, status::of(error)),
    }
}
