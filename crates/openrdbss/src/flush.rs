//! IRP_MJ_FLUSH_BUFFERS: there is nothing to flush here; the server may have something.

use crate::calldown::{self, Answer};
use crate::context::Context;
use crate::fcb;
use crate::live::get;
use crate::request;
use nt::sys::{STATUS_NOT_IMPLEMENTED, STATUS_SUCCESS};

/// IRP_MJ_FLUSH_BUFFERS.
pub(crate) fn flush(context: Context) -> Answer {
    let file = match request::open_file(context) {
        Ok(file) => file,
        Err(status) => return status.into(),
    };
    if file.fcb.is_directory() {
        return STATUS_SUCCESS.into();
    }
    if !fcb::acquire_shared(file.fcb, context) {
        return Answer::Post;
    }
    let answer = calldown::call_or_post(context, |table| get!(table => MRxFlush));
    fcb::release(file.fcb);
    match answer {
        // A mini-redirector that keeps nothing back need not have the routine.
        Answer::Done(STATUS_NOT_IMPLEMENTED) => STATUS_SUCCESS.into(),
        answer => answer,
    }
}
