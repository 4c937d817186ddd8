//! A file's bytes: sparse, paged, and readable without a copy.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::FsError;

/// The unit of allocation that the volume reports, in bytes.
pub const CLUSTER: u64 = 4096;

/// No file is longer than this, as on NTFS with 4-KiB clusters.
pub(super) const MAX_FILE_SIZE: u64 = (16 << 40) - (64 << 10);

/// A page holds up to this many bytes; a page that is not there reads as zeros.
const PAGE: usize = 64 * 1024;
const PAGE_U64: u64 = PAGE as u64;

static ZEROS: [u8; PAGE] = [0; PAGE];

/// Bytes past a page's length, up to `PAGE`, read as zeros. Pages are shared with replies in flight, which therefore
/// see the file as it was when it was read.
type Page = Arc<Vec<u8>>;

/// The volume's budget of memory.
#[derive(Debug)]
pub struct Space {
    capacity: u64,
    used: AtomicU64,
}

impl Space {
    pub(super) fn new(capacity: u64) -> Self {
        Self {
            capacity,
            used: AtomicU64::new(0),
        }
    }

    /// All bytes of the volume.
    pub fn capacity(&self) -> u64 {
        self.capacity
    }

    /// Bytes not taken yet.
    pub fn free(&self) -> u64 {
        self.capacity
            .saturating_sub(self.used.load(Ordering::Relaxed))
    }

    pub(super) fn take(&self, bytes: u64) -> Result<(), FsError> {
        self.used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(bytes).filter(|sum| *sum <= self.capacity)
            })
            .map(drop)
            .map_err(|_| FsError::DiskFull)
    }

    pub(super) fn give_back(&self, bytes: u64) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// A range of a file's bytes as it was when it was read: a list of slices, none copied.
#[derive(Clone, Debug, Default)]
pub struct Extents {
    parts: Vec<Extent>,
    len: usize,
}

#[derive(Clone, Debug)]
struct Extent {
    /// `None` for a hole.
    page: Option<Page>,
    start: usize,
    len: usize,
}

impl Extents {
    /// The number of bytes in all slices.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no bytes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The slices in order.
    pub fn slices(&self) -> impl Iterator<Item = &[u8]> {
        self.parts.iter().map(|part| match &part.page {
            Some(page) => &page[part.start..part.start + part.len],
            None => &ZEROS[..part.len],
        })
    }

    /// One contiguous copy.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.len);
        self.slices()
            .for_each(|slice| bytes.extend_from_slice(slice));
        bytes
    }

    fn push(&mut self, page: Option<Page>, start: usize, len: usize) {
        if len != 0 {
            self.parts.push(Extent { page, start, len });
            self.len += len;
        }
    }
}

/// The bytes of one file.
#[derive(Debug)]
pub(super) struct Content {
    size: u64,
    /// What a client asked to have allocated past the size; reported, not charged.
    reserved: u64,
    pages: BTreeMap<u64, Page>,
    space: Arc<Space>,
}

impl Content {
    pub(super) fn new(space: Arc<Space>) -> Self {
        Self {
            size: 0,
            reserved: 0,
            pages: BTreeMap::new(),
            space,
        }
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }

    /// The allocation size to report: never below the size, in whole clusters.
    pub(super) fn allocated(&self) -> u64 {
        self.size
            .max(self.reserved)
            .div_ceil(CLUSTER)
            .saturating_mul(CLUSTER)
    }

    /// Up to `len` bytes from `offset`; fewer at the end of the file, none past it.
    pub(super) fn read(&self, offset: u64, len: usize) -> Extents {
        let mut extents = Extents::default();
        let end = offset.saturating_add(len as u64).min(self.size);
        let mut at = offset;
        extents
            .parts
            .reserve(len.min(self.size as usize) / PAGE + 2);
        while at < end {
            let start = (at % PAGE_U64) as usize;
            let stop = (end - at).min((PAGE - start) as u64) as usize + start;
            match self.pages.get(&(at / PAGE_U64)) {
                None => extents.push(None, 0, stop - start),
                Some(page) => {
                    let stored = page.len().clamp(start, stop);
                    extents.push(Some(Arc::clone(page)), start, stored - start);
                    extents.push(None, 0, stop - stored);
                }
            }
            at += (stop - start) as u64;
        }
        extents
    }

    /// Writes `data` at `offset`, growing the file if need be. On [`FsError::DiskFull`] the size is as before.
    pub(super) fn write(&mut self, offset: u64, mut data: &[u8]) -> Result<(), FsError> {
        let mut at = offset;
        while !data.is_empty() {
            let start = (at % PAGE_U64) as usize;
            let (head, rest) = data.split_at(data.len().min(PAGE - start));
            if let Err(error) = self.write_page(at / PAGE_U64, start, head) {
                self.discard_from(self.size);
                return Err(error);
            }
            at += head.len() as u64;
            data = rest;
        }
        self.size = self.size.max(at);
        Ok(())
    }

    fn write_page(&mut self, index: u64, start: usize, data: &[u8]) -> Result<(), FsError> {
        let end = start + data.len();
        let old_len = self.pages.get(&index).map_or(0, |page| page.len());
        let had = charge(old_len);
        let needs = charge(old_len.max(end));
        self.space.take(needs - had)?;
        let page = self.pages.entry(index).or_default();
        match Arc::get_mut(page) {
            // A page that a reply still holds is left to it, and a new one takes its place.
            None if start == 0 && end >= old_len => *page = Arc::new(allocate(needs, data)),
            None => {
                let mut copy = allocate(needs, page);
                overlay(&mut copy, start, data);
                *page = Arc::new(copy);
            }
            Some(bytes) => {
                bytes.reserve_exact((needs as usize).saturating_sub(old_len));
                overlay(bytes, start, data);
            }
        }
        Ok(())
    }

    /// Cuts or extends the file; what is new reads as zeros and takes no memory.
    pub(super) fn set_size(&mut self, size: u64) {
        if size < self.size {
            self.discard_from(size);
            self.reserved = 0;
        }
        self.size = size;
    }

    /// Forgets every byte from `size` on, so that growing again shows zeros.
    fn discard_from(&mut self, size: u64) {
        for page in self.pages.split_off(&size.div_ceil(PAGE_U64)).into_values() {
            self.space.give_back(charge(page.len()));
        }
        let kept = (size % PAGE_U64) as usize;
        if let Some(page) = self
            .pages
            .get_mut(&(size / PAGE_U64))
            .filter(|page| page.len() > kept)
        {
            self.space.give_back(charge(page.len()) - charge(kept));
            *page = Arc::new(allocate(charge(kept), &page[..kept]));
        }
    }

    /// Sets the allocation: below the size it cuts the file (MS-FSA 2.1.5.15.1).
    pub(super) fn set_allocation(&mut self, allocation: u64) -> Result<(), FsError> {
        if allocation < self.size {
            self.set_size(allocation);
        } else if allocation - self.size > self.space.free() {
            return Err(FsError::DiskFull);
        }
        self.reserved = allocation;
        Ok(())
    }
}

impl Drop for Content {
    fn drop(&mut self) {
        self.set_size(0);
    }
}

/// What a page of `len` bytes is charged: the power of two that is allocated for it.
fn charge(len: usize) -> u64 {
    if len == 0 {
        0
    } else {
        len.next_power_of_two().max(CLUSTER as usize) as u64
    }
}

fn allocate(capacity: u64, initial: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(capacity as usize);
    bytes.extend_from_slice(initial);
    bytes
}

/// Puts `data` at `start`, filling a gap before it with zeros.
fn overlay(bytes: &mut Vec<u8>, start: usize, data: &[u8]) {
    if bytes.len() < start {
        bytes.resize(start, 0);
    }
    let within = data.len().min(bytes.len() - start);
    bytes[start..start + within].copy_from_slice(&data[..within]);
    bytes.extend_from_slice(&data[within..]);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(capacity: u64) -> (Content, Arc<Space>) {
        let space = Arc::new(Space::new(capacity));
        (Content::new(Arc::clone(&space)), space)
    }

    #[test]
    fn a_byte_past_4_gib_takes_one_page() {
        let (mut file, space) = content(1 << 20);
        file.write(5 << 30, b"x").unwrap();
        assert_eq!(file.size(), (5 << 30) + 1);
        assert!(space.capacity() - space.free() <= PAGE_U64);
        assert_eq!(file.read((5 << 30) - 3, 100).to_vec(), b"\0\0\0x");
    }

    #[test]
    fn overlapping_writes_read_back_as_a_flat_buffer_would() {
        let (mut file, _space) = content(1 << 30);
        let mut model = vec![0u8; 300_000];
        for (round, (offset, len)) in [
            (0, 10),
            (65_530, 20),
            (100, 200_000),
            (131_072, 65_536),
            (299_999, 1),
            (5, 1),
        ]
        .into_iter()
        .enumerate()
        {
            let data = vec![round as u8 + 1; len];
            file.write(offset as u64, &data).unwrap();
            model[offset..offset + len].copy_from_slice(&data);
        }
        assert_eq!(file.read(0, 1 << 20).to_vec(), model);
    }

    #[test]
    fn a_read_in_flight_does_not_see_a_later_write() {
        let (mut file, _space) = content(1 << 20);
        file.write(0, b"before").unwrap();
        let extents = file.read(0, 6);
        file.write(0, b"AFTER!").unwrap();
        assert_eq!(extents.to_vec(), b"before");
        assert_eq!(file.read(0, 6).to_vec(), b"AFTER!");
    }

    #[test]
    fn a_cut_file_reads_zeros_where_it_grows_again() {
        let (mut file, space) = content(1 << 20);
        file.write(0, &[7; 100_000]).unwrap();
        file.set_size(10);
        file.set_size(20);
        assert_eq!(file.read(0, 20).to_vec(), [[7u8; 10], [0; 10]].concat());
        file.set_size(0);
        assert_eq!(space.free(), space.capacity());
    }

    #[test]
    fn a_full_volume_refuses_the_write_and_keeps_the_size() {
        let (mut file, _space) = content(CLUSTER);
        file.write(0, &[1; 100]).unwrap();
        assert_eq!(file.write(0, &[2; 5000]), Err(FsError::DiskFull));
        assert_eq!(file.size(), 100);
    }
}
