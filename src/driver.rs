//! DriverEntry: OxSMB introduces itself to RDBSS.

use nt::pool::{PoolVec, Tag};
use nt::registry::Key;
use nt::{Result, Status, sys};
use oxsmb_control::{DEVICE_NAME, LINK_NAME};
use rdbss::driver::{Settings as Names, load};

use crate::dispatch::Redirector;
use crate::machine::Machine;
use crate::settings::{Found, Settings};

const TAG: Tag = Tag::new(b"OxDr");

/// Below the service's key: what an administrator has set.
const PARAMETERS: &str = "Parameters";

/// DriverEntry: initialises RDBSS, registers OxSMB with it and starts it (rdbss.md 4.1).
///
/// # Safety
/// To be called by the I/O manager, as it calls DriverEntry.
#[unsafe(export_name = "DriverEntry")]
pub unsafe extern "C" fn driver_entry(
    driver: *mut sys::DRIVER_OBJECT,
    registry_path: *mut sys::UNICODE_STRING,
) -> sys::NTSTATUS {
    let names = utf16(DEVICE_NAME).and_then(|device| Ok((device, utf16(LINK_NAME)?)));
    let (device_name, link_name) = match names {
        Ok(names) => names,
        Err(status) => return status.0,
    };
    let names = Names {
        device_name: &device_name,
        link_name: &link_name,
        provides_unc_names: true,
    };
    // SAFETY: DriverEntry's own arguments, before anything else is done with them.
    unsafe { load(driver, registry_path, &names, redirector) }
}

/// Makes the redirector from what is set below the service's key.
fn redirector(service_key: &[u16]) -> Result<Redirector> {
    Ok(Redirector::new(
        read_settings(service_key)?,
        Machine::new()?,
    ))
}

fn read_settings(service_key: &[u16]) -> Result<Settings> {
    let key = match Key::open_below(service_key, &utf16(PARAMETERS)?) {
        Ok(key) => Some(key),
        Err(Status::OBJECT_NAME_NOT_FOUND) => None,
        // What is set may be stricter than the defaults, which must not take its place.
        Err(status) => return Err(status),
    };
    let mut without_memory = false;
    let find = |name| match key.as_ref().map(|key| find(key, name)) {
        Some(Found::Unusable(Status::INSUFFICIENT_RESOURCES)) => {
            without_memory = true;
            Found::Nothing
        }
        Some(found) => found,
        None => Found::Nothing,
    };
    let settings = Settings::load(find, |warning| {
        nt::log!(Warn, "{warning}");
    });
    // As above.
    if without_memory {
        return Err(Status::INSUFFICIENT_RESOURCES);
    }
    Ok(settings)
}

fn find(key: &Key, name: &str) -> Found {
    match utf16(name).and_then(|name| key.read_u32(&name)) {
        Ok(value) => Found::Value(value),
        Err(Status::OBJECT_NAME_NOT_FOUND) => Found::Nothing,
        Err(status) => Found::Unusable(status),
    }
}

/// A text of ours in UTF-16.
pub fn utf16(text: &str) -> Result<PoolVec<u16>> {
    let mut units = PoolVec::new(TAG);
    for unit in text.encode_utf16() {
        units.push(unit)?;
    }
    Ok(units)
}
