//! Extended attributes, security descriptors and quotas: handed through to the mini-redirector.

use crate::buffer;
use crate::calldown::{self, Answer};
use crate::context::{self, Context};
use crate::fcb::{self, Mode};
use crate::kernel::irp::{Irp, Stack};
use crate::live::{Live, addr, get, set};
use crate::query::{self, Part};
use crate::request::{self, File};
use nt::sys::{STATUS_INVALID_DEVICE_REQUEST, STATUS_SUCCESS};
use rdbss::raw::*;

/// Runs `work` on the open file with the FCB locked.
fn with_file(
    context: Context,
    mode: Mode,
    work: impl FnOnce(Irp, Stack, File) -> Answer,
) -> Answer {
    let (Some(request), Some(stack)) = (context::irp(context), context::stack(context)) else {
        return STATUS_INVALID_DEVICE_REQUEST.into();
    };
    let file = match request::open_file(context) {
        Ok(file) => file,
        Err(status) => return status.into(),
    };
    if !fcb::acquire(file.fcb, mode, context::can_wait(context)) {
        return Answer::Post;
    }
    let answer = work(request, stack, file);
    fcb::release(file.fcb);
    answer
}

/// Lets the mini-redirector fill the caller's buffer of `length` bytes.
fn fill(
    context: Context,
    request: Irp,
    length: u32,
    slot: impl FnOnce(Live<MINIRDR_DISPATCH>) -> PMRX_CALLDOWN,
) -> (Answer, u32) {
    match buffer::map(request, buffer::WRITE_ACCESS, length) {
        Ok(start) => query::fill(context, 0, Part { start, length }, slot),
        Err(status) => (status.into(), 0),
    }
}

/// Lets the mini-redirector read the caller's buffer of `length` bytes.
fn hand_over(
    context: Context,
    request: Irp,
    length: u32,
    slot: impl FnOnce(Live<MINIRDR_DISPATCH>) -> PMRX_CALLDOWN,
) -> Answer {
    let start = match buffer::map(request, buffer::READ_ACCESS, length) {
        Ok(start) => start,
        Err(status) => return status.into(),
    };
    let info = context::info(context);
    set!(info => Buffer, start.as_ptr().cast());
    set!(info => LengthRemaining, length.cast_signed());
    calldown::call_or_post(context, slot)
}

fn flag(stack: Stack, flag: u32) -> u8 {
    (u32::from(get!(stack => Flags)) & flag != 0).into()
}

/// IRP_MJ_QUERY_EA. Exclusively: the handle remembers where the next query goes on.
pub(crate) fn query_ea(context: Context) -> Answer {
    with_file(context, Mode::Exclusive, |request, stack, file| {
        let parameters = addr!(context => Params.QueryEa);
        set!(parameters => UserEaList, get!(stack => Parameters.QueryEa.EaList).cast());
        set!(parameters => UserEaListLength, get!(stack => Parameters.QueryEa.EaListLength));
        set!(parameters => UserEaIndex, get!(stack => Parameters.QueryEa.EaIndex));
        set!(parameters => RestartScan, flag(stack, nt::sys::SL_RESTART_SCAN));
        set!(parameters => ReturnSingleEntry, flag(stack, nt::sys::SL_RETURN_SINGLE_ENTRY));
        set!(parameters => IndexSpecified, flag(stack, nt::sys::SL_INDEX_SPECIFIED));
        if flag(stack, nt::sys::SL_RESTART_SCAN) != 0 {
            set!(file.handle => mrx.OffsetOfNextEaToReturn, 1);
        }
        let length = get!(stack => Parameters.QueryEa.Length);
        let (answer, used) = fill(
            context,
            request,
            length,
            |table| get!(table => MRxQueryEaInfo),
        );
        set!(context => InformationToReturn, used as usize);
        answer
    })
}

/// IRP_MJ_SET_EA.
pub(crate) fn set_ea(context: Context) -> Answer {
    with_file(context, Mode::Exclusive, |request, stack, file| {
        let length = get!(stack => Parameters.SetEa.Length);
        let answer = hand_over(
            context,
            request,
            length,
            |table| get!(table => MRxSetEaInfo),
        );
        if answer == Answer::Done(STATUS_SUCCESS) {
            let body = file.fcb.body();
            set!(body => EaModificationCount, get!(body => EaModificationCount).wrapping_add(1));
        }
        answer
    })
}

/// IRP_MJ_QUERY_SECURITY. The mini-redirector says in `InformationToReturn` how many bytes there are.
pub(crate) fn query_security(context: Context) -> Answer {
    with_file(context, Mode::Shared, |request, stack, _| {
        let length = get!(stack => Parameters.QuerySecurity.Length);
        let parameters = addr!(context => Params.QuerySecurity);
        set!(parameters => SecurityInformation, get!(stack => Parameters.QuerySecurity.SecurityInformation));
        set!(parameters => Length, length);
        fill(
            context,
            request,
            length,
            |table| get!(table => MRxQuerySdInfo),
        )
        .0
    })
}

/// IRP_MJ_SET_SECURITY.
pub(crate) fn set_security(context: Context) -> Answer {
    with_file(context, Mode::Exclusive, |_, stack, _| {
        let parameters = addr!(context => Params.SetSecurity);
        set!(parameters => SecurityInformation, get!(stack => Parameters.SetSecurity.SecurityInformation));
        set!(parameters => SecurityDescriptor, get!(stack => Parameters.SetSecurity.SecurityDescriptor));
        calldown::call_or_post(context, |table| get!(table => MRxSetSdInfo))
    })
}

/// IRP_MJ_QUERY_QUOTA. The mini-redirector says in `InformationToReturn` how many bytes there are.
pub(crate) fn query_quota(context: Context) -> Answer {
    with_file(context, Mode::Exclusive, |request, stack, _| {
        let length = get!(stack => Parameters.QueryQuota.Length);
        let parameters = addr!(context => Params.QueryQuota);
        set!(parameters => Length, length);
        set!(parameters => StartSid, get!(stack => Parameters.QueryQuota.StartSid).cast());
        set!(parameters => SidList, get!(stack => Parameters.QueryQuota.SidList).cast());
        set!(parameters => SidListLength, get!(stack => Parameters.QueryQuota.SidListLength));
        set!(parameters => RestartScan, flag(stack, nt::sys::SL_RESTART_SCAN));
        set!(parameters => ReturnSingleEntry, flag(stack, nt::sys::SL_RETURN_SINGLE_ENTRY));
        set!(parameters => IndexSpecified, flag(stack, nt::sys::SL_INDEX_SPECIFIED));
        fill(
            context,
            request,
            length,
            |table| get!(table => MRxQueryQuotaInfo),
        )
        .0
    })
}

/// IRP_MJ_SET_QUOTA.
pub(crate) fn set_quota(context: Context) -> Answer {
    with_file(context, Mode::Exclusive, |request, stack, _| {
        let length = get!(stack => Parameters.SetQuota.Length);
        set!(context => Params.SetQuota.Length, length);
        hand_over(
            context,
            request,
            length,
            |table| get!(table => MRxSetQuotaInfo),
        )
    })
}
