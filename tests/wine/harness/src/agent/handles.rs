//! Handles: numbers for open files, to tests and to the driver.

use super::file::File;
use crate::sync::Mutex;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use wdk_sys::{HANDLE, NTSTATUS, STATUS_INVALID_HANDLE};
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
pub fn get(handle: Handle) -> Result<File, NTSTATUS> {
    let table = TABLE.lock();
    match table.open.get(&handle.0) {
        Some((file, _)) => Ok(file.clone()),
        None => Err(STATUS_INVALID_HANDLE),
    }
}

/// Closes a handle: the file is cleaned up, and goes with its last request.
pub fn close(handle: Handle) -> Result<(), NTSTATUS> {
    let gone = TABLE.lock().open.remove(&handle.0);
    let (file, _) = gone.ok_or(STATUS_INVALID_HANDLE)?;
    file.clean_up();
    Ok(())
}

/// Closes all handles of an owner.
pub fn close_all(owner: Owner) {
    let gone: Vec<(File, Owner)> = {
        let mut table = TABLE.lock();
        let is_owners = |_: &u32, (_, belongs_to): &mut (File, Owner)| *belongs_to == owner;
        let gone = table.open.extract_if(.., is_owners);
        gone.map(|(_, open)| open).collect()
    };
    for (file, _) in gone {
        file.clean_up();
    }
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
