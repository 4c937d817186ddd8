//! Handles: numbers for open files, to tests and to the driver.

use super::file::File;
use crate::sync::Mutex;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use wdk_sys::HANDLE;
use wine_protocol::Handle;

/// Who closes a handle if nobody else does: a connection's number, or [`DRIVER`].
pub type Owner = u64;

/// The driver's own handles.
pub const DRIVER: Owner = 0;

/// Kernel handles begin here, as on Windows. Wine's own are small numbers, and its pseudo-handles far above.
const FIRST: usize = 0xffff_ffff_8000_0000;
/// Handles are multiples of 4.
const STEP: usize = 4;

struct Table {
    last: u32,
    open: BTreeMap<u32, (File, Owner)>,
}

static TABLE: Mutex<Table> = Mutex::new(Table {
    last: 0,
    open: BTreeMap::new(),
});

/// A new handle.
pub fn insert(file: File, owner: Owner) -> Handle {
    let mut table = TABLE.lock();
    table.last += 1;
    let number = table.last;
    table.open.insert(number, (file, owner));
    Handle(number)
}

/// The file of a handle.
pub fn get(handle: Handle) -> Option<File> {
    let table = TABLE.lock();
    table.open.get(&handle.0).map(|(file, _)| file.clone())
}

/// Takes a handle away. Its file is still to be cleaned up.
pub fn remove(handle: Handle) -> Option<File> {
    TABLE.lock().open.remove(&handle.0).map(|(file, _)| file)
}

/// Takes away all handles of an owner.
pub fn remove_all(owner: Owner) -> Vec<File> {
    let mut table = TABLE.lock();
    let open = core::mem::take(&mut table.open);
    let (gone, left) = open
        .into_iter()
        .partition(|(_, (_, belongs_to))| *belongs_to == owner);
    table.open = left;
    let gone: BTreeMap<u32, (File, Owner)> = gone;
    gone.into_values().map(|(file, _)| file).collect()
}

/// The handle as the kernel writes it.
pub fn to_kernel(handle: Handle) -> HANDLE {
    core::ptr::without_provenance_mut(FIRST + handle.0 as usize * STEP)
}

/// One of our handles, if the kernel's is one.
pub fn from_kernel(handle: HANDLE) -> Option<Handle> {
    let offset = handle.addr().checked_sub(FIRST)?;
    let number = u32::try_from(offset / STEP).ok()?;
    TABLE
        .lock()
        .open
        .contains_key(&number)
        .then_some(Handle(number))
}
