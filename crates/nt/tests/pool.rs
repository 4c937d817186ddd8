//! Pool types against ntsim's pool.

mod support;

use nt::Status;
use nt::pool::{ArcStock, PoolArc, PoolBox, PoolBuf, PoolVec, Tag};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const TAG: Tag = Tag::new(b"Test");

/// Counts how often it is dropped.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn counted() -> (Counted, impl Fn() -> usize) {
    let count = Arc::new(AtomicUsize::new(0));
    let value = Counted(Arc::clone(&count));
    (value, move || count.load(Ordering::Relaxed))
}

#[test]
fn a_box_drops_its_value_once() {
    let _kernel = support::boot();
    let (value, drops) = counted();
    let boxed = PoolBox::new(TAG, value).unwrap();
    let raw = PoolBox::into_raw(boxed);
    assert_eq!(drops(), 0);
    // SAFETY: given up just above, with this tag.
    drop(unsafe { PoolBox::from_raw(TAG, raw) });
    assert_eq!(drops(), 1);
}

#[test]
fn a_value_moved_out_of_its_box_is_not_dropped() {
    let _kernel = support::boot();
    let (value, drops) = counted();
    let value = PoolBox::into_inner(PoolBox::new(TAG, value).unwrap());
    assert_eq!(drops(), 0);
    drop(value);
    assert_eq!(drops(), 1);
}

#[test]
fn an_arc_lives_as_long_as_its_last_reference() {
    let _kernel = support::boot();
    let (value, drops) = counted();
    let one = PoolArc::new(TAG, value).unwrap();
    let other = one.clone();
    assert!(PoolArc::ptr_eq(&one, &other));
    let raw = PoolArc::into_raw(one);
    // SAFETY: given up just above and not taken back yet.
    let third = unsafe { PoolArc::clone_raw(raw) };
    drop(other);
    drop(third);
    assert_eq!(drops(), 0);
    // SAFETY: given up above, taken back once.
    let mut last = unsafe { PoolArc::from_raw(raw) };
    assert!(PoolArc::get_mut(&mut last).is_some());
    drop(last);
    assert_eq!(drops(), 1);
}

#[test]
fn a_shared_arc_gives_no_mutable_reference() {
    let _kernel = support::boot();
    let mut one = PoolArc::new(TAG, 7).unwrap();
    let other = one.clone();
    assert!(PoolArc::get_mut(&mut one).is_none());
    assert_eq!(*other, 7);
}

#[test]
fn a_vector_keeps_its_items_when_it_grows() {
    let _kernel = support::boot();
    let mut items = PoolVec::new(TAG);
    for item in 0..1000 {
        items.push(item).unwrap();
    }
    assert!(items.iter().copied().eq(0..1000));
    assert_eq!(items.pop(), Some(999));
    assert_eq!(items.swap_remove(0), Some(0));
    assert_eq!(items.first(), Some(&998));
    items.retain_unordered(|item| *item % 2 == 0);
    items.sort_unstable();
    assert!(items.iter().copied().eq((2..1000).step_by(2)));
}

#[test]
fn a_vector_drops_what_it_holds() {
    let _kernel = support::boot();
    let (value, drops) = counted();
    let mut items = PoolVec::with_capacity(TAG, 1).unwrap();
    items.push(value).unwrap();
    let (extra, extra_drops) = counted();
    drop(items.push_within_capacity(extra).err().unwrap());
    assert_eq!((drops(), extra_drops()), (0, 1));
    drop(items);
    assert_eq!(drops(), 1);
}

#[test]
fn items_without_a_size_need_no_memory() {
    let _kernel = support::boot();
    let mut items = PoolVec::new(TAG);
    for _ in 0..100 {
        items.push(()).unwrap();
    }
    assert_eq!(items.len(), 100);
}

#[test]
fn an_impossible_size_is_an_error() {
    let _kernel = support::boot();
    let refused = PoolVec::<u64>::with_capacity(TAG, usize::MAX / 4);
    assert_eq!(refused.err(), Some(Status::INSUFFICIENT_RESOURCES));
}

#[test]
fn a_buffer_is_zeroed_and_aligned() {
    let _kernel = support::boot();
    let buffer = PoolBuf::zeroed(TAG, 4096).unwrap();
    assert!(buffer.iter().all(|byte| *byte == 0));
    assert_eq!(buffer.as_ptr().addr() % 4096, 0);
    let copy = PoolBuf::copied(TAG, b"bytes").unwrap();
    assert_eq!(&*copy, b"bytes");
    assert_eq!(copy.as_ptr().addr() % 16, 0);
}

#[test]
fn a_stock_uses_the_same_block_again() {
    let _kernel = support::boot();
    let (value, drops) = counted();
    let stock = ArcStock::new(TAG, 1).unwrap();
    let first = stock.arc(value).unwrap();
    let address = PoolArc::as_ptr(&first);
    let other = first.clone();
    drop(first);
    assert_eq!(drops(), 0);
    drop(other);
    assert_eq!(drops(), 1);
    let (value, drops) = counted();
    let again = stock.arc(value).unwrap();
    assert_eq!(PoolArc::as_ptr(&again), address);
    drop(again);
    assert_eq!(drops(), 1);
}

#[test]
fn a_stock_keeps_no_more_than_its_capacity_and_may_go_before_its_arcs() {
    let _kernel = support::boot();
    let stock = ArcStock::new(TAG, 1).unwrap();
    let arcs: Vec<_> = (0..3).map(|item| stock.arc(item).unwrap()).collect();
    drop(stock);
    assert_eq!(*arcs[2], 2);
}
