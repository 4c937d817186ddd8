//! A provider that claims one server, opened by its device name, by drive letter and by UNC path.

use crate::io;
use crate::mup::{FsRtlDeregisterUncProvider, FsRtlRegisterUncProviderEx};
use crate::sys::*;
use crate::user::{Create, Process};
use crate::verifier::{Rule, catch};
use crate::{Config, Kernel};
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};
use parking_lot::Mutex;

static REGISTRATION: AtomicUsize = AtomicUsize::new(0);
static QUERIES: AtomicUsize = AtomicUsize::new(0);
/// Names of the creates that are no opens of the device itself.
static NAMES: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn text(string: &UNICODE_STRING) -> String {
    // SAFETY: the strings of this test are valid.
    String::from_utf16_lossy(unsafe { crate::rtl::units(ptr::from_ref(string)) })
}

/// Claims `\claimed\share`.
fn answer_query(packet: io::Packet) -> NTSTATUS {
    QUERIES.fetch_add(1, Ordering::SeqCst);
    // SAFETY: the union's member for controls.
    let parameters = unsafe { packet.here().Parameters.DeviceIoControl };
    assert_eq!(parameters.IoControlCode, IOCTL_REDIR_QUERY_PATH_EX);
    // SAFETY: the input of this control.
    let request = unsafe { &*parameters.Type3InputBuffer.cast::<QUERY_PATH_REQUEST_EX>() };
    let claim = r"\claimed\share";
    if !text(&request.PathName).starts_with(claim) {
        return STATUS_BAD_NETWORK_PATH;
    }
    let response = packet.user_buffer().cast::<QUERY_PATH_RESPONSE>();
    // SAFETY: the output of this control.
    unsafe {
        response.write(QUERY_PATH_RESPONSE {
            LengthAccepted: claim.len() as u32 * 2,
        })
    };
    STATUS_SUCCESS
}

unsafe extern "C" fn dispatch(_device: PDEVICE_OBJECT, irp: PIRP) -> NTSTATUS {
    let _host = crate::mode::host();
    // SAFETY: the driver's IRP.
    let packet = unsafe { io::Packet::new(irp) };
    let location = *packet.here();
    let mut status = STATUS_SUCCESS;
    match u32::from(location.MajorFunction) {
        IRP_MJ_CREATE => {
            // SAFETY: a create has a file object.
            let name = text(unsafe { &(*location.FileObject).FileName });
            if !name.is_empty() {
                NAMES.lock().push(name);
            }
        }
        IRP_MJ_DEVICE_CONTROL => status = answer_query(packet),
        _ => {}
    }
    packet.set_status(status);
    packet.set_information(0);
    // SAFETY: the driver's IRP.
    unsafe { IofCompleteRequest(irp, 0) };
    status
}

unsafe extern "C" fn entry(driver: PDRIVER_OBJECT, _path: PUNICODE_STRING) -> NTSTATUS {
    let _host = crate::mode::host();
    let mut device = ptr::null_mut();
    // SAFETY: the I/O manager's driver object.
    let object = unsafe { &mut *driver };
    object.MajorFunction = [Some(dispatch as DRIVER_DISPATCH); 28];
    object.DriverUnload = Some(unload);
    // SAFETY: all arguments are live.
    let status =
        unsafe { IoCreateDevice(driver, 0, ptr::null_mut(), 0x14, 0x10, 0, &raw mut device) };
    assert_eq!(status, STATUS_SUCCESS);
    let name: Vec<u16> = r"\Device\Redirector".encode_utf16().collect();
    let name = io::counted(&name);
    let mut handle = ptr::null_mut();
    // SAFETY: as above.
    let status = unsafe { FsRtlRegisterUncProviderEx(&raw mut handle, &raw const name, device, 0) };
    REGISTRATION.store(handle as usize, Ordering::SeqCst);
    status
}

unsafe extern "C" fn unload(driver: PDRIVER_OBJECT) {
    // SAFETY: registered by `entry`.
    unsafe { FsRtlDeregisterUncProvider(REGISTRATION.load(Ordering::SeqCst) as HANDLE) };
    // SAFETY: the driver's one device.
    unsafe { IoDeleteDevice((*driver).DeviceObject) };
}

fn open(process: &Process, path: &str) -> Result<u64, NTSTATUS> {
    process
        .nt_create_file(&Create::open(path))
        .map(|(_, information)| information)
}

#[test]
fn a_provider_is_reached_by_device_name_drive_letter_and_claimed_path() {
    let kernel = Kernel::boot(Config::default());
    NAMES.lock().clear();
    QUERIES.store(0, Ordering::SeqCst);
    let driver = kernel.load_driver("redirector", entry).unwrap();
    let process = Process::new();
    open(&process, r"\Device\Redirector").unwrap();
    process
        .define_dos_device("Z:", r"\Device\Redirector\;Z:0\server\share")
        .unwrap();
    open(&process, r"\??\z:\dir\file").unwrap();
    process.remove_dos_device("Z:").unwrap();
    assert_eq!(QUERIES.load(Ordering::SeqCst), 0);
    open(&process, r"\??\UNC\claimed\share\a").unwrap();
    open(&process, r"\??\UNC\CLAIMED\Share\b").unwrap();
    assert_eq!(QUERIES.load(Ordering::SeqCst), 1);
    assert_eq!(open(&process, r"\??\UNC\claimed\shareware\b").err(), None);
    assert_eq!(
        open(&process, r"\??\UNC\other\share\b"),
        Err(STATUS_BAD_NETWORK_PATH)
    );
    assert_eq!(
        NAMES.lock().as_slice(),
        [
            r"\;Z:0\server\share\dir\file",
            r"\claimed\share\a",
            r"\CLAIMED\Share\b",
            r"\claimed\shareware\b"
        ]
    );
    driver.unload().unwrap();
    assert_eq!(
        open(&process, r"\Device\Redirector"),
        Err(STATUS_OBJECT_NAME_NOT_FOUND)
    );
}

#[test]
fn a_registration_ends_once() {
    let _kernel = Kernel::boot(Config::default());
    // SAFETY: breaks the rule on purpose.
    let violation = catch(|| unsafe { FsRtlDeregisterUncProvider(0x7777 as HANDLE) });
    assert_eq!(violation.unwrap().rule, Rule::BadHandle);
}
