//! The multiple UNC provider: which redirector serves a name.

#[cfg(test)]
mod tests;

use crate::io::{self, Caller, Entered, Open};
use crate::irql;
use crate::mode;
use crate::ob;
use crate::ps;
use crate::rtl;
use crate::sys::*;
use crate::verifier::{Place, broken};
use core::panic::Location;
use core::ptr;
use parking_lot::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

struct Provider {
    handle: usize,
    /// The registered device name, which is a link while registered.
    link: Vec<u16>,
    /// Its last component in upper case.
    name: Vec<u16>,
    device: usize,
}

/// A path prefix in upper case, and whose it is.
struct Claim {
    prefix: Vec<u16>,
    handle: usize,
}

static PROVIDERS: Mutex<Vec<Provider>> = Mutex::new(Vec::new());
static CLAIMS: Mutex<Vec<Claim>> = Mutex::new(Vec::new());
static NEXT: AtomicUsize = AtomicUsize::new(1);

const BACKSLASH: u16 = b'\\' as u16;
const SEMICOLON: u16 = b';' as u16;

fn upper(text: &[u16]) -> Vec<u16> {
    text.iter().map(|&unit| rtl::upcase(unit)).collect()
}

/// Starts anew, for a new kernel.
pub(crate) fn reset() {
    PROVIDERS.lock().clear();
    CLAIMS.lock().clear();
}

/// Registers a redirector: its name becomes a link to MUP, which then asks it about UNC paths.
#[track_caller]
pub unsafe fn FsRtlRegisterUncProviderEx(
    MupHandle: PHANDLE,
    RedirDevName: PCUNICODE_STRING,
    DeviceObject: PDEVICE_OBJECT,
    _Flags: ULONG,
) -> NTSTATUS {
    irql::at_most(
        irql::PASSIVE,
        "FsRtlRegisterUncProviderEx",
        Location::caller(),
    );
    let _host = mode::host();
    // SAFETY: the caller gives a string.
    let link = unsafe { rtl::units(RedirDevName) }.to_vec();
    let Some(last) = link.iter().rposition(|&unit| unit == BACKSLASH) else {
        return STATUS_OBJECT_NAME_INVALID;
    };
    let name = &link[last + 1..];
    let target: Vec<u16> = r"\Device\Mup\;"
        .encode_utf16()
        .chain(name.iter().copied())
        .collect();
    let status = ob::add_link(&link, &target);
    if !NT_SUCCESS(status) {
        return status;
    }
    let handle = NEXT.fetch_add(1, Ordering::Relaxed);
    ob::reference(DeviceObject.cast());
    PROVIDERS.lock().push(Provider {
        handle,
        name: upper(name),
        link,
        device: DeviceObject as usize,
    });
    // SAFETY: the caller gives room for the handle.
    unsafe { MupHandle.write(ptr::without_provenance_mut(handle)) };
    STATUS_SUCCESS
}

/// Undoes [`FsRtlRegisterUncProviderEx`].
#[track_caller]
pub unsafe fn FsRtlDeregisterUncProvider(Handle: HANDLE) {
    let place = Location::caller();
    irql::at_most(irql::PASSIVE, "FsRtlDeregisterUncProvider", place);
    let _host = mode::host();
    let mut providers = PROVIDERS.lock();
    let Some(index) = providers
        .iter()
        .position(|provider| provider.handle == Handle as usize)
    else {
        drop(providers);
        broken!(
            BadHandle,
            place,
            None,
            "{Handle:p} is no registration with MUP"
        );
        return;
    };
    let provider = providers.swap_remove(index);
    drop(providers);
    CLAIMS
        .lock()
        .retain(|claim| claim.handle != provider.handle);
    ob::remove_link(&provider.link);
    ob::dereference(provider.device as PVOID, place);
}

/// Finds whose a path is. Returns the provider's device and the name for it.
pub(crate) fn find_provider(
    path: &[u16],
    open: &Open<'_>,
    place: Place,
) -> Result<(Entered, Vec<u16>), NTSTATUS> {
    if let [BACKSLASH, SEMICOLON, rest @ ..] = path {
        let end = rest
            .iter()
            .position(|&unit| unit == BACKSLASH)
            .unwrap_or(rest.len());
        let name = upper(&rest[..end]);
        let device = enter(|provider| provider.name == name)?;
        return Ok((device, rest[end..].to_vec()));
    }
    if path.len() < 2 {
        return Err(STATUS_INVALID_DEVICE_REQUEST);
    }
    let key = upper(path);
    if let Some(handle) = claimed(&key)
        && let Ok(device) = enter(|provider| provider.handle == handle)
    {
        return Ok((device, path.to_vec()));
    }
    let handles: Vec<usize> = PROVIDERS
        .lock()
        .iter()
        .map(|provider| provider.handle)
        .collect();
    let mut refusal = STATUS_BAD_NETWORK_PATH;
    for handle in handles {
        let Ok(device) = enter(|provider| provider.handle == handle) else {
            continue;
        };
        match ask(device.device(), path, open, place) {
            Ok(bytes) => {
                let units = (bytes as usize / 2).min(path.len());
                CLAIMS.lock().push(Claim {
                    prefix: key[..units].to_vec(),
                    handle,
                });
                return Ok((device, path.to_vec()));
            }
            // Whoever knows the name best says more than that there is no such path.
            Err(status) if refusal == STATUS_BAD_NETWORK_PATH => refusal = status,
            Err(_) => {}
        }
    }
    Err(refusal)
}

/// Begins to open a provider's device.
fn enter(is_meant: impl Fn(&Provider) -> bool) -> Result<Entered, NTSTATUS> {
    // A registration keeps the device, so it is there as long as the lock is held.
    let providers = PROVIDERS.lock();
    let provider = providers.iter().find(|provider| is_meant(provider));
    let device = provider.ok_or(STATUS_BAD_NETWORK_PATH)?.device;
    Entered::new(device as PDEVICE_OBJECT)
}

/// Who has claimed a path, by its prefix.
fn claimed(key: &[u16]) -> Option<usize> {
    let claims = CLAIMS.lock();
    let claim = claims.iter().find(|claim| {
        key.strip_prefix(claim.prefix.as_slice())
            .is_some_and(|rest| rest.is_empty() || rest[0] == BACKSLASH)
    })?;
    Some(claim.handle)
}

/// Asks a provider whether a path is its own. Returns how many bytes of it are.
fn ask(
    device: PDEVICE_OBJECT,
    path: &[u16],
    open: &Open<'_>,
    place: Place,
) -> Result<u32, NTSTATUS> {
    let mut state = ACCESS_STATE {
        RemainingDesiredAccess: open.access,
        OriginalDesiredAccess: open.access,
        SubjectSecurityContext: ps::subject(),
        ..ACCESS_STATE::default()
    };
    let mut security = IO_SECURITY_CONTEXT {
        AccessState: &raw mut state,
        DesiredAccess: open.access,
        FullCreateOptions: open.options,
        ..IO_SECURITY_CONTEXT::default()
    };
    let request = QUERY_PATH_REQUEST_EX {
        pSecurityContext: &raw mut security,
        EaLength: open.ea.len() as ULONG,
        pEaBuffer: open.ea.as_ptr().cast_mut().cast(),
        PathName: io::counted(path),
        ..QUERY_PATH_REQUEST_EX::default()
    };
    let mut response = QUERY_PATH_RESPONSE::default();
    let input = (
        (&raw const request).cast(),
        size_of::<QUERY_PATH_REQUEST_EX>() as u32,
    );
    let output = (
        (&raw mut response).cast(),
        size_of::<QUERY_PATH_RESPONSE>() as u32,
    );
    let caller = Caller {
        mode: _MODE::KernelMode as KPROCESSOR_MODE,
        event: ptr::null_mut(),
        iosb: ptr::null_mut(),
        place,
    };
    let status = io::with_device_file(device, place, |file| {
        let issued = io::control(
            file,
            IRP_MJ_DEVICE_CONTROL,
            IOCTL_REDIR_QUERY_PATH_EX,
            input,
            output,
            caller,
        );
        issued.map_or_else(|status| status, |request| request.wait().status)
    })?;
    if NT_SUCCESS(status) && response.LengthAccepted > 0 {
        Ok(response.LengthAccepted)
    } else {
        Err(status)
    }
}
