//! IRPs that a driver makes and the I/O manager finishes.

use super::irp::{self, Owner};
use super::packet::Packet;
use crate::irql;
use crate::ke;
use crate::pool::{self, Fill};
use crate::ps;
use crate::stats;
use crate::sys::*;
use crate::verifier::Place;
use core::panic::Location;
use core::ptr;

const BUFFER_TAG: u32 = pool::tag(b"IoSB");

/// Makes an IRP for a device control. Its end writes the status block, signals the event and frees it.
#[track_caller]
pub unsafe fn IoBuildDeviceIoControlRequest(
    IoControlCode: ULONG,
    DeviceObject: PDEVICE_OBJECT,
    InputBuffer: PVOID,
    InputBufferLength: ULONG,
    OutputBuffer: PVOID,
    OutputBufferLength: ULONG,
    InternalDeviceIoControl: BOOLEAN,
    Event: PKEVENT,
    IoStatusBlock: PIO_STATUS_BLOCK,
) -> PIRP {
    let place = Location::caller();
    irql::at_most(irql::PASSIVE, "IoBuildDeviceIoControlRequest", place);
    // SAFETY: the caller gives a live device.
    let locations = unsafe { (*DeviceObject).StackSize };
    let Some(packet) = irp::allocate(locations, Owner::Threaded, place) else {
        return ptr::null_mut();
    };
    packet.set_user_event(Event);
    packet.set_user_iosb(IoStatusBlock);
    packet.set_thread(ps::current_thread());
    packet.set_user_buffer(OutputBuffer);
    let location = packet.next();
    location.MajorFunction = if InternalDeviceIoControl == 0 {
        IRP_MJ_DEVICE_CONTROL
    } else {
        IRP_MJ_INTERNAL_DEVICE_CONTROL
    } as UCHAR;
    let neither = IoControlCode & 3 == METHOD_NEITHER;
    location.Parameters.DeviceIoControl = _IO_STACK_LOCATION__bindgen_ty_1__bindgen_ty_18 {
        OutputBufferLength,
        __bindgen_padding_0: 0,
        InputBufferLength,
        __bindgen_padding_1: 0,
        IoControlCode,
        __bindgen_padding_2: 0,
        Type3InputBuffer: if neither {
            InputBuffer
        } else {
            ptr::null_mut()
        },
    };
    let room = InputBufferLength.max(OutputBufferLength) as usize;
    if !neither && room > 0 {
        let buffer = pool::allocate(room, BUFFER_TAG, Fill::Zero, place);
        if buffer.is_null() {
            irp::free(packet, place);
            return ptr::null_mut();
        }
        // SAFETY: the caller's input and the new buffer both have so many bytes.
        unsafe { buffer.copy_from_nonoverlapping(InputBuffer.cast(), InputBufferLength as usize) };
        packet.set_system_buffer(buffer.cast());
        packet.set_flags(IRP_BUFFERED_IO | IRP_DEALLOCATE_BUFFER | IRP_INPUT_OPERATION);
    }
    stats::IRPS_OUTSTANDING.add(1);
    packet.raw()
}

/// Ends such an IRP.
pub(super) fn finish(packet: Packet, place: Place) {
    if packet.flags() & IRP_DEALLOCATE_BUFFER != 0 {
        let buffer: *mut u8 = packet.system_buffer().cast();
        if packet.status() >= 0 && !packet.user_buffer().is_null() {
            // SAFETY: a driver returns no more bytes than it was given room for, in both buffers.
            unsafe {
                packet
                    .user_buffer()
                    .cast::<u8>()
                    .copy_from_nonoverlapping(buffer, packet.information() as usize);
            }
        }
        pool::free(buffer, BUFFER_TAG, place);
    }
    // SAFETY: NULL, or the driver's, which keeps it until the event is signalled.
    if let Some(iosb) = unsafe { packet.user_iosb().as_mut() } {
        iosb.__bindgen_anon_1.Status = packet.status();
        iosb.Information = packet.information();
    }
    let event = packet.user_event();
    irp::free(packet, place);
    stats::IRPS_OUTSTANDING.subtract(1);
    if !event.is_null() {
        // SAFETY: the driver's event.
        unsafe { ke::signal(event.cast(), place) };
    }
}
