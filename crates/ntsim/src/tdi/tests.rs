//! What only a client that breaks rules meets; the rest is shown by `nt`'s tests of both transports.

use crate::io::{IoAllocateIrp, IoFreeIrp, IofCallDriver, Packet, ZwCreateFile, counted};
use crate::mdl::{IoAllocateMdl, IoFreeMdl, MmBuildMdlForNonPagedPool};
use crate::ob::{ObReferenceObjectByHandle, ObfDereferenceObject, ZwClose};
use crate::sys::*;
use crate::verifier::{Rule, catch};
use crate::{Config, Kernel};
use core::ptr;
use tdi_sys::{
    TDI_CONNECT, TDI_CONNECTION_INFORMATION, TDI_REQUEST_KERNEL, TDI_REQUEST_KERNEL_SEND, TDI_SEND,
    TdiConnectionContext, TdiTransportAddress,
};

/// An open file of `\Device\Tcp`, and a kernel to have it in.
struct File {
    handle: HANDLE,
    object: PFILE_OBJECT,
    _kernel: Kernel,
}

/// A list of one extended attribute.
fn attribute(name: &[u8], value: &[u8]) -> Vec<u8> {
    let fixed = [0, 0, 0, 0, 0, name.len() as u8, value.len() as u8, 0];
    [&fixed, name, &[0], value].concat()
}

fn create(list: &[u8]) -> Result<HANDLE, NTSTATUS> {
    let path: Vec<u16> = r"\Device\Tcp".encode_utf16().collect();
    let mut name = counted(&path);
    let mut attributes = OBJECT_ATTRIBUTES {
        Length: size_of::<OBJECT_ATTRIBUTES>() as ULONG,
        ObjectName: &raw mut name,
        Attributes: OBJ_KERNEL_HANDLE,
        ..OBJECT_ATTRIBUTES::default()
    };
    let mut handle = ptr::null_mut();
    let mut outcome = IO_STATUS_BLOCK::default();
    // SAFETY: all arguments are live.
    let status = unsafe {
        ZwCreateFile(
            &raw mut handle,
            GENERIC_READ | GENERIC_WRITE | SYNCHRONIZE,
            &raw mut attributes,
            &raw mut outcome,
            ptr::null_mut(),
            0,
            0,
            FILE_OPEN,
            0,
            list.as_ptr().cast_mut().cast(),
            list.len() as ULONG,
        )
    };
    if NT_SUCCESS(status) {
        Ok(handle)
    } else {
        Err(status)
    }
}

impl File {
    fn endpoint() -> Self {
        let kernel = Kernel::boot(Config::default());
        let handle = create(&attribute(TdiConnectionContext, &[0; 8])).unwrap();
        let mut object = ptr::null_mut();
        // SAFETY: the handle is open; room for the object.
        unsafe {
            ObReferenceObjectByHandle(
                handle,
                0,
                ptr::null_mut(),
                0,
                &raw mut object,
                ptr::null_mut(),
            )
        };
        Self {
            handle,
            object: object.cast(),
            _kernel: kernel,
        }
    }

    /// Sends a request and takes its IRP back, which every request here is done with at once.
    fn request<P>(&self, locations: CCHAR, minor: u8, mdl: PMDL, parameters: P) -> NTSTATUS {
        // SAFETY: at PASSIVE_LEVEL.
        let irp = unsafe { IoAllocateIrp(locations, 0) };
        // SAFETY: the IRP is this test's.
        let packet = unsafe { Packet::new(irp) };
        packet.set_mdl(mdl);
        let next = packet.next();
        next.MajorFunction = IRP_MJ_INTERNAL_DEVICE_CONTROL as UCHAR;
        next.MinorFunction = minor;
        next.FileObject = self.object;
        next.CompletionRoutine = Some(keep);
        next.Control = (SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_ERROR | SL_INVOKE_ON_CANCEL) as UCHAR;
        let place = (&raw mut next.Parameters).cast::<P>();
        // SAFETY: parameters fit there.
        unsafe { place.write(parameters) };
        // SAFETY: the file keeps its device.
        let device = unsafe { (*self.object).DeviceObject };
        // SAFETY: the IRP is made for it.
        assert_eq!(unsafe { IofCallDriver(device, irp) }, STATUS_PENDING);
        let status = packet.status();
        // SAFETY: the IRP has come back.
        unsafe { IoFreeIrp(irp) };
        status
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // SAFETY: opened in `endpoint`.
        unsafe { ZwClose(self.handle) };
        // SAFETY: referenced in `endpoint`.
        unsafe { ObfDereferenceObject(self.object.cast()) };
    }
}

unsafe extern "C" fn keep(_device: PDEVICE_OBJECT, _irp: PIRP, _context: PVOID) -> NTSTATUS {
    STATUS_MORE_PROCESSING_REQUIRED
}

const SEND: TDI_REQUEST_KERNEL_SEND = TDI_REQUEST_KERNEL_SEND {
    SendLength: 6,
    SendFlags: 0,
};

#[test]
fn an_endpoint_must_be_associated_before_it_connects() {
    let file = File::endpoint();
    let mut remote = [
        1u8, 0, 0, 0, 14, 0, 2, 0, 0, 1, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0,
    ];
    let mut peer = TDI_CONNECTION_INFORMATION {
        UserDataLength: 0,
        UserData: ptr::null_mut(),
        OptionsLength: 0,
        Options: ptr::null_mut(),
        RemoteAddressLength: remote.len() as i32,
        RemoteAddress: remote.as_mut_ptr().cast(),
    };
    let connect = TDI_REQUEST_KERNEL {
        RequestFlags: 0,
        RequestConnectionInformation: &raw mut peer,
        ReturnConnectionInformation: ptr::null_mut(),
        RequestSpecific: ptr::null_mut(),
    };
    let violation = catch(|| {
        let status = file.request(3, TDI_CONNECT, ptr::null_mut(), connect);
        assert_eq!(status, STATUS_ADDRESS_NOT_ASSOCIATED);
    });
    assert_eq!(violation.unwrap().rule, Rule::Tdi);
}

#[test]
fn what_is_sent_must_be_there() {
    let file = File::endpoint();
    let mut data = [0; 5];
    // SAFETY: at PASSIVE_LEVEL.
    let mdl = unsafe { IoAllocateMdl(data.as_mut_ptr().cast(), 5, 0, 0, ptr::null_mut()) };
    // SAFETY: just made.
    unsafe { MmBuildMdlForNonPagedPool(mdl) };
    let violation = catch(|| {
        let status = file.request(3, TDI_SEND, mdl, SEND);
        assert_eq!(status, STATUS_INVALID_PARAMETER);
    });
    assert_eq!(violation.unwrap().rule, Rule::Tdi);
    // SAFETY: not in use.
    unsafe { IoFreeMdl(mdl) };
}

#[test]
fn an_irp_must_have_a_location_for_every_driver() {
    let file = File::endpoint();
    let violation = catch(|| {
        file.request(2, TDI_SEND, ptr::null_mut(), SEND);
    });
    assert_eq!(violation.unwrap().rule, Rule::NoStackLocation);
}

#[test]
fn nothing_is_sent_before_there_is_a_connection() {
    let file = File::endpoint();
    let nothing = TDI_REQUEST_KERNEL_SEND {
        SendLength: 0,
        ..SEND
    };
    let status = file.request(3, TDI_SEND, ptr::null_mut(), nothing);
    assert_eq!(status, STATUS_INVALID_CONNECTION);
}

#[test]
fn an_address_of_another_family_or_cut_short_is_refused() {
    let _kernel = Kernel::boot(Config::default());
    let v6 = [&[1u8, 0, 0, 0, 26, 0, 23, 0][..], &[0; 26]].concat();
    let v4 = [&[1u8, 0, 0, 0, 14, 0, 2, 0][..], &[0; 14]].concat();
    for value in [&v6[..], &v4[..21], &v4[..7], &[]] {
        let refused = create(&attribute(TdiTransportAddress, value));
        assert_eq!(refused, Err(STATUS_INVALID_ADDRESS_COMPONENT), "{value:?}");
    }
    let handle = create(&attribute(TdiTransportAddress, &v4)).unwrap();
    // SAFETY: opened just now.
    unsafe { ZwClose(handle) };
    assert_eq!(
        create(&attribute(b"Nonsense", &v4)),
        Err(STATUS_INVALID_EA_NAME)
    );
}
