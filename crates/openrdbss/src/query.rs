//! What the query callbacks have in common: a buffer that is counted down (reference 4.9).

use crate::assertion::{Rule, violated};
use crate::calldown::{self, Answer};
use crate::context::{self, Context};
use crate::live::{Live, get, set};
use core::ptr::NonNull;
use nt::sys::STATUS_BUFFER_OVERFLOW;
use rdbss::raw::{MINIRDR_DISPATCH, PMRX_CALLDOWN};

/// A part of the caller's buffer.
#[derive(Clone, Copy)]
pub(crate) struct Part {
    pub start: NonNull<u8>,
    pub length: u32,
}

impl Part {
    /// The part from `offset` on, at most `length` bytes of it.
    pub fn slice(self, offset: u32, length: u32) -> Part {
        let offset = offset.min(self.length);
        let start = self.start.as_ptr().wrapping_add(offset as usize);
        let length = self.length.saturating_sub(offset).min(length);
        Part {
            start: NonNull::new(start).unwrap_or(self.start),
            length,
        }
    }

    /// Writes bytes at the start, as far as they fit; gives how many did.
    pub fn write(self, bytes: &[u8]) -> u32 {
        let count = bytes.len().min(self.length as usize);
        // SAFETY: the part lies in the caller's buffer, which is mapped; `count` bytes of both are there.
        unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), self.start.as_ptr(), count) };
        u32::try_from(count).unwrap_or(self.length)
    }
}

/// Lets the mini-redirector fill `part`, and gives with its answer how many bytes it used. A remainder below 0 says that
/// more would have come: STATUS_BUFFER_OVERFLOW.
pub(crate) fn fill(
    context: Context,
    class: u32,
    part: Part,
    slot: impl FnOnce(Live<MINIRDR_DISPATCH>) -> PMRX_CALLDOWN,
) -> (Answer, u32) {
    let length = i32::try_from(part.length).unwrap_or(i32::MAX);
    let info = context::info(context);
    set!(info => InformationClass, class);
    set!(info => Buffer, part.start.as_ptr().cast());
    set!(info => LengthRemaining, length);
    let answer = calldown::call_or_post(context, slot);
    let Answer::Done(status) = answer else {
        return (answer, 0);
    };
    let remaining = get!(info => LengthRemaining);
    if remaining > length {
        violated(Rule::LengthRemainingGrew, context.as_ptr());
    }
    let remaining = remaining.min(length);
    let used = length.saturating_sub(remaining.max(0)).cast_unsigned();
    if remaining < 0 && status >= 0 {
        return (Answer::Done(STATUS_BUFFER_OVERFLOW), used);
    }
    (Answer::Done(status), used)
}
