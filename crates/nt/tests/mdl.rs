//! MDLs over ntsim's pool.

mod support;

use nt::Status;
use nt::mdl::{LockedMemory, Mdl, MdlRef, PartialMdl};
use nt::pool::{PoolArc, Tag};

const TAG: Tag = Tag::new(b"Test");

/// The bytes of a view.
fn bytes(view: MdlRef<'_>) -> Vec<u8> {
    let mut bytes = vec![0; view.chain_len()];
    view.copy_to(0, &mut bytes).unwrap();
    bytes
}

#[test]
fn an_mdl_describes_the_start_of_its_buffer() {
    let _kernel = support::boot();
    let mut mdl = Mdl::allocate(TAG, 100).unwrap();
    mdl[..6].copy_from_slice(b"header");
    assert_eq!(mdl.as_ref().len(), 100);
    mdl.describe(6).unwrap();
    assert_eq!(bytes(mdl.as_ref()), b"header");
    assert_eq!(mdl.describe(101), Err(Status::BUFFER_TOO_SMALL));
    mdl.describe(100).unwrap();
    assert_eq!(mdl.described(), 100);
}

#[test]
fn copying_ends_at_the_end_of_the_memory() {
    let _kernel = support::boot();
    let mut mdl = Mdl::allocate(TAG, 8).unwrap();
    let cell = mdl.as_cell();
    cell.copy_from(4, b"tail").unwrap();
    assert_eq!(cell.copy_from(5, b"tail"), Err(Status::BUFFER_TOO_SMALL));
    assert_eq!(
        cell.copy_from(usize::MAX, b"tail"),
        Err(Status::BUFFER_TOO_SMALL)
    );
    cell.zero(5, 1).unwrap();
    assert_eq!(&*mdl, b"\0\0\0\0t\0il");
}

#[test]
fn a_partial_mdl_shows_a_part_and_can_be_aimed_again() {
    let _kernel = support::boot();
    let mut source = Mdl::allocate(TAG, 3 * 4096).unwrap();
    for (index, byte) in source.iter_mut().enumerate() {
        *byte = (index / 16) as u8;
    }
    let expected = source.to_vec();
    let source = PoolArc::new(TAG, source).unwrap();
    let mut part = PartialMdl::new(2 * 4096).unwrap();
    assert!(part.as_ref().is_none());
    for (offset, length) in [(0, 1), (5, 4096), (4095, 2 * 4096), (3 * 4096 - 1, 1)] {
        part.aim(source.clone(), offset, length)
            .map_err(|(status, _)| status)
            .unwrap();
        assert_eq!(
            bytes(part.as_ref().unwrap()),
            expected[offset..offset + length]
        );
    }
    assert!(PoolArc::ptr_eq(&part.release().unwrap(), &source));
    assert!(part.as_ref().is_none());
}

#[test]
fn a_partial_mdl_refuses_what_is_not_there() {
    let _kernel = support::boot();
    let source = PoolArc::new(TAG, Mdl::allocate(TAG, 100).unwrap()).unwrap();
    let mut part = PartialMdl::new(50).unwrap();
    for (offset, length) in [(0, 51), (60, 41), (101, 1), (0, 0), (1, usize::MAX)] {
        let (_, source) = part.aim(source.clone(), offset, length).err().unwrap();
        assert_eq!(source.mdl().len(), 100);
    }
    assert!(part.source().is_none());
}
