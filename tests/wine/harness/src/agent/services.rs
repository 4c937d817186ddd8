//! Loading and unloading the driver, and its settings.

use super::connection;
use super::file;
use super::registry::{self, Key};
use crate::kernelbase::Sleep;
use crate::sync::Mutex;
use crate::{hook, ledger};
use alloc::format;
use alloc::vec::Vec;
use wdk_sys::ntddk::{ZwLoadDriver, ZwUnloadDriver};
use wdk_sys::{NT_SUCCESS, NTSTATUS, STATUS_FILES_OPEN, STATUS_INVALID_PARAMETER};

/// Wine keeps its list of drivers without a lock.
static LOADING: Mutex<()> = Mutex::new(());

/// After so many milliseconds, what the driver still holds counts as left behind.
const PATIENCE: u32 = 2000;
/// So many milliseconds an ended connection may need to be noticed.
const NOTICE: u32 = 500;
/// So many milliseconds its requests may need to end.
const LONGEST_END: u32 = 60_000;

fn path(service: &str) -> Vec<u16> {
    registry::SERVICES
        .encode_utf16()
        .chain(service.encode_utf16())
        // Wine takes the part behind the key's path for a C string.
        .chain([0])
        .collect()
}

/// Loads a service's driver. Wine does it in this process and in this thread.
pub fn load(service: &str) -> Result<(), NTSTATUS> {
    let path = path(service);
    let mut name = registry::counted(&path[..path.len() - 1])?;
    let _alone = LOADING.lock();
    // SAFETY: the name outlives the call.
    result(unsafe { ZwLoadDriver(&mut name) })
}

/// Unloads a service's driver and waits until its image is gone and nothing ends any more. Nothing is done while files are
/// open on the driver's devices, as on Windows; those of a connection that has just ended are waited for.
pub fn unload(service: &str) -> Result<(), NTSTATUS> {
    wait(LONGEST_END, |waited| {
        file::count() == 0 || waited >= NOTICE && !connection::any_is_ending()
    });
    if file::count() > 0 {
        return Err(STATUS_FILES_OPEN);
    }
    let path = path(service);
    let mut name = registry::counted(&path[..path.len() - 1])?;
    let image = format!("{service}.sys");
    let _alone = LOADING.lock();
    // SAFETY: the name outlives the call.
    result(unsafe { ZwUnloadDriver(&mut name) })?;
    wait(PATIENCE, |_| {
        !hook::image_is_loaded(&image) && !ledger::snapshot().holds_anything()
    });
    Ok(())
}

/// Waits until something is so, but no longer than so many milliseconds.
fn wait(most: u32, mut is_so: impl FnMut(u32) -> bool) {
    for waited in 0..most {
        if is_so(waited) {
            break;
        }
        // SAFETY: has no conditions.
        unsafe { Sleep(1) };
    }
}

/// Sets or deletes a setting.
pub fn set(service: &str, name: &str, value: Option<u32>) -> Result<(), NTSTATUS> {
    let key = Key::parameters(service)?;
    match value {
        Some(value) => key.write_u32(name, value),
        None => key.delete(&name.encode_utf16().collect::<Vec<_>>()),
    }
}

/// Deletes all settings and says how many there were.
pub fn clear(service: &str) -> Result<u64, NTSTATUS> {
    let key = Key::parameters(service)?;
    let mut count = 0;
    while let Some(name) = key.first_value()? {
        key.delete(&name)?;
        count += 1;
        if count > MOST_SETTINGS {
            return Err(STATUS_INVALID_PARAMETER);
        }
    }
    Ok(count)
}

/// Nobody has more; a value that cannot be deleted must not keep the agent busy for ever.
const MOST_SETTINGS: u64 = 1000;

fn result(status: NTSTATUS) -> Result<(), NTSTATUS> {
    if NT_SUCCESS(status) {
        Ok(())
    } else {
        Err(status)
    }
}
