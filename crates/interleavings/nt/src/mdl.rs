//! Memory as drivers hand it to each other. A user's is [`Memory`], lent for as long as the request is not answered: whoever
//! touches it afterwards fails.

use std::mem;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

use crate::pool::{Block, Tag};
use crate::{Result, Status};

/// Bytes that may be lent.
#[derive(Debug)]
pub struct Memory {
    bytes: Mutex<Vec<u8>>,
    lent: AtomicBool,
}

impl Memory {
    /// Memory that is lent to the driver.
    pub fn lend(bytes: Vec<u8>) -> Arc<Self> {
        Arc::new(Self {
            bytes: Mutex::new(bytes),
            lent: AtomicBool::new(true),
        })
    }

    /// Takes it back.
    ///
    /// # Panics
    /// If it was taken back before.
    pub fn take_back(&self) {
        let was_lent = self.lent.swap(false, Ordering::Relaxed);
        assert!(was_lent, "a buffer given back twice");
    }

    /// A copy of the bytes.
    pub fn copy(&self) -> Vec<u8> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.bytes.lock().expect("one thread runs at a time")
    }

    fn touch(&self) -> MutexGuard<'_, Vec<u8>> {
        let is_lent = self.lent.load(Ordering::Relaxed);
        assert!(is_lent, "a buffer touched after its request was answered");
        self.lock()
    }
}

/// A part of memory, for as long as who has it sees to that.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    memory: Arc<Memory>,
    start: usize,
    length: usize,
}

impl Part {
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    pub(crate) fn read(&self) -> Vec<u8> {
        self.memory.touch()[self.start..self.start + self.length].to_vec()
    }

    pub(crate) fn write(&self, bytes: &[u8]) {
        self.memory.touch()[self.start..self.start + bytes.len()].copy_from_slice(bytes);
    }
}

/// Memory that may be read.
#[derive(Clone, Copy, Debug)]
pub struct MdlRef<'a> {
    memory: &'a Arc<Memory>,
    start: usize,
    length: usize,
}

impl<'a> MdlRef<'a> {
    /// All of a memory.
    pub fn new(memory: &'a Arc<Memory>) -> Self {
        Self {
            length: memory.touch().len(),
            memory,
            start: 0,
        }
    }

    /// Bytes.
    pub fn len(self) -> usize {
        self.length
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.length == 0
    }

    /// Maps it.
    ///
    /// # Errors
    /// None, in the model.
    pub fn map(self) -> Result<()> {
        drop(self.memory.touch());
        Ok(())
    }

    /// Copies bytes out.
    ///
    /// # Errors
    /// STATUS_BUFFER_TOO_SMALL.
    pub fn copy_to(self, offset: usize, bytes: &mut [u8]) -> Result<()> {
        let part = self.part(offset, bytes.len())?;
        bytes.copy_from_slice(&part.read());
        Ok(())
    }

    pub(crate) fn part(self, offset: usize, length: usize) -> Result<Part> {
        if offset + length > self.length {
            return Err(Status::BUFFER_TOO_SMALL);
        }
        Ok(Part {
            memory: Arc::clone(self.memory),
            start: self.start + offset,
            length,
        })
    }
}

/// Memory that may be read and written.
#[derive(Clone, Copy, Debug)]
pub struct MdlCell<'a>(MdlRef<'a>);

impl<'a> MdlCell<'a> {
    /// All of a memory.
    pub fn new(memory: &'a Arc<Memory>) -> Self {
        Self(MdlRef::new(memory))
    }

    /// The same memory, for reading.
    pub fn as_ref(self) -> MdlRef<'a> {
        self.0
    }

    /// Copies bytes in.
    ///
    /// # Errors
    /// STATUS_BUFFER_TOO_SMALL.
    pub fn copy_from(self, offset: usize, bytes: &[u8]) -> Result<()> {
        self.0.part(offset, bytes.len())?.write(bytes);
        Ok(())
    }

    /// Sets bytes to zero.
    ///
    /// # Errors
    /// STATUS_BUFFER_TOO_SMALL.
    pub fn zero(self, offset: usize, length: usize) -> Result<()> {
        self.copy_from(offset, &vec![0; length])
    }
}

/// Memory that stays as long as the value lives.
pub trait LockedMemory {
    /// The memory, for reading.
    fn mdl(&self) -> MdlRef<'_>;
}

/// Memory that may be written through a shared borrow.
pub trait LockedCell: LockedMemory {
    /// The memory, for reading and writing.
    fn cell(&self) -> MdlCell<'_>;
}

impl<T: LockedMemory> LockedMemory for crate::pool::PoolArc<T> {
    fn mdl(&self) -> MdlRef<'_> {
        (**self).mdl()
    }
}

impl<T: LockedCell> LockedCell for crate::pool::PoolArc<T> {
    fn cell(&self) -> MdlCell<'_> {
        (**self).cell()
    }
}

/// A buffer of our own.
pub struct Mdl {
    memory: Arc<Memory>,
    /// The bytes, while nobody else may write them.
    view: OnceLock<Vec<u8>>,
    capacity: usize,
    described: usize,
    _block: Block,
}

impl Mdl {
    /// A zeroed buffer.
    ///
    /// # Errors
    /// None, in the model.
    pub fn allocate(tag: Tag, length: usize) -> Result<Self> {
        Ok(Self {
            memory: Memory::lend(vec![0; length]),
            view: OnceLock::new(),
            capacity: length,
            described: length,
            _block: Block::new(tag),
        })
    }

    /// How many bytes are described.
    pub fn described(&self) -> usize {
        self.described
    }

    /// Describes the first `length` bytes only.
    ///
    /// # Errors
    /// STATUS_BUFFER_TOO_SMALL.
    pub fn describe(&mut self, length: usize) -> Result<()> {
        if length > self.capacity {
            return Err(Status::BUFFER_TOO_SMALL);
        }
        self.described = length;
        Ok(())
    }

    /// The described bytes, for writing by others.
    pub fn as_cell(&mut self) -> MdlCell<'_> {
        if let Some(view) = self.view.take() {
            *self.memory.lock() = view;
        }
        MdlCell(MdlRef {
            memory: &self.memory,
            start: 0,
            length: self.described,
        })
    }

    /// The buffer's length.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    fn view(&self) -> &Vec<u8> {
        self.view
            .get_or_init(|| mem::take(&mut *self.memory.lock()))
    }
}

impl Deref for Mdl {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.view()
    }
}

impl DerefMut for Mdl {
    fn deref_mut(&mut self) -> &mut [u8] {
        self.view();
        self.view.get_mut().expect("initialised just now")
    }
}

/// A reusable description of a part of other memory, which it keeps meanwhile.
pub struct PartialMdl<S> {
    maximum: usize,
    aimed: Option<(S, usize, usize)>,
}

impl<S> PartialMdl<S> {
    /// For up to that many bytes.
    ///
    /// # Errors
    /// None, in the model.
    pub fn new(maximum: usize) -> Result<Self> {
        Ok(Self {
            maximum,
            aimed: None,
        })
    }

    /// Gives the source back.
    pub fn release(&mut self) -> Option<S> {
        self.aimed.take().map(|(source, _, _)| source)
    }
}

impl<S: LockedMemory> PartialMdl<S> {
    /// Aims at a part of the source.
    ///
    /// # Errors
    /// STATUS_INVALID_PARAMETER, with the source.
    pub fn aim(
        &mut self,
        source: S,
        offset: usize,
        length: usize,
    ) -> std::result::Result<(), (Status, S)> {
        drop(self.release());
        if length == 0 || length > self.maximum || source.mdl().part(offset, length).is_err() {
            return Err((Status::INVALID_PARAMETER, source));
        }
        self.aimed = Some((source, offset, length));
        Ok(())
    }

    /// The part.
    pub fn as_ref(&self) -> Option<MdlRef<'_>> {
        let (source, offset, length) = self.aimed.as_ref()?;
        let whole = source.mdl();
        Some(MdlRef {
            memory: whole.memory,
            start: whole.start + offset,
            length: *length,
        })
    }
}
