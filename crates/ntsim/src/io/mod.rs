//! The I/O manager.

mod call;
mod cancel;
mod device;
mod door;
mod ea;
mod file;
mod irp;
mod open;
mod packet;
mod query;
mod request;
mod service;
mod share;
#[cfg(test)]
mod tests;
mod threaded;
mod zw;

pub use call::{IofCallDriver, IofCompleteRequest};
pub(crate) use call::{complete_at_dispatch, invalid_request, take_over};
pub use cancel::{IoAcquireCancelSpinLock, IoCancelIrp, IoReleaseCancelSpinLock};
pub use device::{
    IoCreateDevice, IoCreateSymbolicLink, IoDeleteDevice, IoDeleteSymbolicLink,
    IoGetRelatedDeviceObject,
};
pub(crate) use door::{Entered, open_up, shut};
pub use ea::IoCheckEaBufferValidity;
pub(crate) use file::{clean_up_file, delete_file, event_of};
pub use irp::{IoAllocateIrp, IoFreeIrp, IoInitializeIrp, IoReuseIrp};
pub(crate) use open::{Open, open, with_device_file};
pub(crate) use packet::Packet;
pub use query::*;
pub(crate) use request::{Buffers, Done, Request, cancel_file};
pub(crate) use service::*;
pub use share::*;
pub use threaded::IoBuildDeviceIoControlRequest;
pub use zw::*;
