//! Doubly linked lists as the kernel has them: a LIST_ENTRY in every member and one as the head.
//!
//! Nothing here locks; each list's owner names its lock.

use crate::live::{Live, get, set};
use nt::sys::LIST_ENTRY;

/// A list's head or a member's link.
pub(crate) type Link = Live<LIST_ENTRY>;

/// Makes an empty list, or a link that is in no list.
pub(crate) fn init(link: Link) {
    set!(link => Flink, link.as_ptr());
    set!(link => Blink, link.as_ptr());
}

/// True for an empty list, and for a link that is in no list.
pub(crate) fn is_empty(link: Link) -> bool {
    get!(link => Flink) == link.as_ptr()
}

/// Puts `member` behind the last one.
pub(crate) fn push_back(head: Link, member: Link) {
    let last = neighbour(get!(head => Blink), head);
    set!(member => Flink, head.as_ptr());
    set!(member => Blink, last.as_ptr());
    set!(last => Flink, member.as_ptr());
    set!(head => Blink, member.as_ptr());
}

/// Takes `member` out of whatever list it is in; it may be in none, if it was initialised.
pub(crate) fn remove(member: Link) {
    let next = neighbour(get!(member => Flink), member);
    let previous = neighbour(get!(member => Blink), member);
    set!(previous => Flink, next.as_ptr());
    set!(next => Blink, previous.as_ptr());
    init(member);
}

/// Takes the first member out.
pub(crate) fn pop_front(head: Link) -> Option<Link> {
    let first = first(head)?;
    remove(first);
    Some(first)
}

/// The first member.
pub(crate) fn first(head: Link) -> Option<Link> {
    next(head, head)
}

/// The member behind `link`, or `None` at the end of the list.
pub(crate) fn next(head: Link, link: Link) -> Option<Link> {
    Some(neighbour(get!(link => Flink), head)).filter(|next| *next != head)
}

/// The members in order. The current one may be removed while the iterator is in use; it has already stepped on.
pub(crate) fn iter(head: Link) -> impl Iterator<Item = Link> {
    let mut upcoming = first(head);
    core::iter::from_fn(move || {
        let current = upcoming?;
        upcoming = next(head, current);
        Some(current)
    })
}

/// A link's neighbour; a link whose memory was never initialised (all zero) is its own.
fn neighbour(pointer: *mut LIST_ENTRY, own: Link) -> Link {
    // SAFETY: the links of a list point to members, which are taken out before they are freed.
    unsafe { Live::from_nullable(pointer) }.unwrap_or(own)
}

/// The object of type `$type` whose field `$field` is the link.
macro_rules! container {
    ($link:expr, $type:ty, $field:ident) => {{
        // Only that field of such objects is put into this list, and members live while they are in it.
        let link = $crate::live::Live::as_ptr($link).cast::<u8>();
        let start = link.wrapping_sub(::core::mem::offset_of!($type, $field));
        $crate::live::field(start.cast::<$type>())
    }};
}
pub(crate) use container;
