//! IRP_MJ_QUERY_VOLUME_INFORMATION and IRP_MJ_SET_VOLUME_INFORMATION (reference 4.10). No FCB is locked.

use crate::buffer;
use crate::calldown::{self, Answer};
use crate::context::{self, Context};
use crate::live::{get, set};
use crate::query::{self, Part};
use crate::request;
use nt::sys::STATUS_INVALID_DEVICE_REQUEST;

/// IRP_MJ_QUERY_VOLUME_INFORMATION.
pub(crate) fn query(context: Context) -> Answer {
    let (Some(request), Some(stack)) = (context::irp(context), context::stack(context)) else {
        return STATUS_INVALID_DEVICE_REQUEST.into();
    };
    if let Err(status) = request::open_file(context) {
        return status.into();
    }
    let length = get!(stack => Parameters.QueryVolume.Length);
    let start = match buffer::map(request, buffer::WRITE_ACCESS, length) {
        Ok(start) => start,
        Err(status) => return status.into(),
    };
    let class = get!(stack => Parameters.QueryVolume.FsInformationClass).cast_unsigned();
    let part = Part { start, length };
    let (answer, used) = query::fill(
        context,
        class,
        part,
        |table| get!(table => MRxQueryVolumeInfo),
    );
    set!(context => InformationToReturn, used as usize);
    answer
}

/// IRP_MJ_SET_VOLUME_INFORMATION.
pub(crate) fn set(context: Context) -> Answer {
    let (Some(request), Some(stack)) = (context::irp(context), context::stack(context)) else {
        return STATUS_INVALID_DEVICE_REQUEST.into();
    };
    if let Err(status) = request::open_file(context) {
        return status.into();
    }
    let info = context::info(context);
    set!(info => InformationClass, get!(stack => Parameters.SetVolume.FsInformationClass).cast_unsigned());
    set!(info => Buffer, get!(request => AssociatedIrp.SystemBuffer));
    set!(info => LengthRemaining, get!(stack => Parameters.SetVolume.Length).cast_signed());
    calldown::call_or_post(context, |table| get!(table => MRxSetVolumeInfo))
}
