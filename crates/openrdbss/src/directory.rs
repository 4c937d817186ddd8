//! IRP_MN_QUERY_DIRECTORY (reference 4.8).

use crate::buffer;
use crate::calldown::Answer;
use crate::context::{self, Context};
use crate::fcb::{self, Mode};
use crate::kernel::irp::Stack;
use crate::live::{Live, addr, get, set};
use crate::query::{self, Part};
use crate::request;
use crate::{fobx, unicode};
use nt::sys::{
    NTSTATUS, STATUS_INSUFFICIENT_RESOURCES, STATUS_INVALID_DEVICE_REQUEST,
    STATUS_INVALID_PARAMETER, STATUS_NOT_IMPLEMENTED,
};
use rdbss::raw::*;

/// IRP_MN_QUERY_DIRECTORY.
pub(crate) fn query(context: Context) -> Answer {
    let (Some(request), Some(stack)) = (context::irp(context), context::stack(context)) else {
        return STATUS_INVALID_DEVICE_REQUEST.into();
    };
    let file = match request::open_file(context) {
        Ok(file) => file,
        Err(status) => return status.into(),
    };
    let flags = u32::from(get!(stack => Flags));
    if flags & nt::sys::SL_INDEX_SPECIFIED != 0 {
        return STATUS_NOT_IMPLEMENTED.into();
    }
    if file.fcb.node_type() == RDBSS_NTC_STORAGE_TYPE_FILE {
        return STATUS_INVALID_PARAMETER.into();
    }
    let length = get!(stack => Parameters.QueryDirectory.Length);
    let start = match buffer::map(request, buffer::WRITE_ACCESS, length) {
        Ok(start) => start,
        Err(status) => return status.into(),
    };
    // Exclusively, since the mini-redirector's search state belongs to the handle, which requests may share.
    if !fcb::acquire(file.fcb, Mode::Exclusive, context::can_wait(context)) {
        return Answer::Post;
    }
    let (answer, used) = query_locked(context, stack, file.handle, Part { start, length });
    fcb::release(file.fcb);
    set!(context => InformationToReturn, used as usize);
    answer
}

fn query_locked(context: Context, stack: Stack, handle: Live<FOBX>, part: Part) -> (Answer, u32) {
    let initial = get!(handle => mrx.Query.UnicodeQueryTemplate.Buffer).is_null();
    if initial && let Err(status) = keep_template(stack, handle) {
        return (status.into(), 0);
    }
    let flags = u32::from(get!(stack => Flags));
    let parameters = addr!(context => Params.QueryDirectory);
    set!(parameters => FileIndex, get!(stack => Parameters.QueryDirectory.FileIndex));
    set!(parameters => RestartScan, (flags & nt::sys::SL_RESTART_SCAN != 0).into());
    set!(parameters => ReturnSingleEntry, (flags & nt::sys::SL_RETURN_SINGLE_ENTRY != 0).into());
    set!(parameters => IndexSpecified, 0);
    set!(parameters => InitialQuery, initial.into());
    let class = get!(stack => Parameters.QueryDirectory.FileInformationClass).cast_unsigned();
    let (answer, used) = query::fill(
        context,
        class,
        part,
        |table| get!(table => MRxQueryDirectory),
    );
    let failed = match answer {
        Answer::Done(status) => status.cast_unsigned() >> 30 == 3,
        _ => true,
    };
    if initial && failed {
        // The next query is the first one again.
        fobx::drop_template(handle);
    }
    (answer, used)
}

/// Keeps the pattern of the handle's first query; none at all matches everything.
fn keep_template(stack: Stack, handle: Live<FOBX>) -> Result<(), NTSTATUS> {
    let pattern = unicode::units_at(get!(stack => Parameters.QueryDirectory.FileName));
    let all = [u16::from(b'*')];
    let pattern = if pattern.is_empty() {
        &all[..]
    } else {
        pattern
    };
    let template =
        unicode::duplicate(pattern, RX_DIRCTL_POOLTAG).ok_or(STATUS_INSUFFICIENT_RESOURCES)?;
    fobx::set_template(handle, template);
    let matches_all = if pattern == all {
        FOBX_FLAG_MATCH_ALL
    } else {
        0
    };
    fobx::change_flags(handle, matches_all, FOBX_FLAG_MATCH_ALL & !matches_all);
    let wild = |unit: &u16| u8::try_from(*unit).is_ok_and(|byte| b"*?<>\"".contains(&byte));
    set!(handle => ContainsWildCards, pattern.iter().any(wild).into());
    Ok(())
}
