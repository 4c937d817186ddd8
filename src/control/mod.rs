//! Controls of the device itself: what a network provider or a tool asks of OxSMB.

mod connections;
mod tree_connect;

pub use connections::Connections;
pub use oxsmb_control::{
    AddConnection, Connection, DeleteConnection, FormatError, IOCTL_OXSMB_ADD_CONNECTION,
    IOCTL_OXSMB_DELETE_CONNECTION, IOCTL_OXSMB_NEXT_CONNECTION, MAX_BUFFER, MAX_CONNECTION,
    MAX_DOMAIN, MAX_NAME, MAX_PASSWORD, MAX_USER, NextConnection, Protection, Protocol,
    encode_add_connection, encode_delete_connection,
};

use nt::pool::{PoolBuf, Tag};
use nt::{Result, Status};
use oxsmb_control::encode_connection;
use rdbss::connect::{Finalize, connected_view, delete_connection};
use rdbss::objects::LogonId;
use rdbss::{Controlled, DeviceControl};

use crate::dispatch::Redirector;
use tree_connect::TreeConnect;

const TAG: Tag = Tag::new(b"OxCt");

/// MRxDevFcbXXXControlFile. Runs in the caller's thread even if that has to wait: on a worker thread, the connection would be the
/// system's and not the caller's.
pub fn control(control: &mut DeviceControl<'_, Redirector>) -> Result<Controlled> {
    if !control.is_device_control() {
        return Err(Status::INVALID_DEVICE_REQUEST);
    }
    match control.parameters().code {
        IOCTL_OXSMB_ADD_CONNECTION => add(control),
        IOCTL_OXSMB_DELETE_CONNECTION => delete(control),
        IOCTL_OXSMB_NEXT_CONNECTION => next(control),
        _ => Err(Status::INVALID_DEVICE_REQUEST),
    }
    .map(|()| Controlled::Done)
}

/// Opens the connection as a tree connect and closes it at once: RDBSS keeps its view of the share.
fn add(control: &mut DeviceControl<'_, Redirector>) -> Result<()> {
    let prepared = control.input().and_then(|input| {
        let request = AddConnection::parse(input).map_err(from_format)?;
        TreeConnect::with_credentials(&request)
    });
    // The I/O manager would free the password as it is.
    control.wipe_input();
    let connect = prepared?;
    let open = connect.open_or_make()?;
    let device = control.device();
    let view = connected_view(device, &open)?;
    let connections = device.mini().connections();
    connections
        .note(LogonId::of_caller(), connect.name(), &view)
        // One that could not be listed could not be ended either.
        .inspect_err(|_| {
            let _ = delete_connection(device, &open, Finalize::IfUnused);
        })
}

fn delete(control: &DeviceControl<'_, Redirector>) -> Result<()> {
    let request = DeleteConnection::parse(control.input()?).map_err(from_format)?;
    let connect = TreeConnect::to(request.name)?;
    let device = control.device();
    let connections = device.mini().connections();
    // Or the share would be connected for the sake of leaving it.
    let known = connections
        .find(LogonId::of_caller(), connect.name())?
        .ok_or(Status::NOT_FOUND)?;
    let open = connect.open()?;
    let how = if request.force {
        Finalize::CloseFiles
    } else {
        Finalize::IfUnused
    };
    delete_connection(device, &open, how)?;
    connections.forget(known);
    Ok(())
}

fn next(control: &mut DeviceControl<'_, Redirector>) -> Result<()> {
    let request = NextConnection::parse(control.input()?).map_err(from_format)?;
    let connection = control
        .device()
        .mini()
        .connections()
        .next(LogonId::of_caller(), request.after)
        .ok_or(Status::NO_MORE_ENTRIES)?;
    let (user, protocol) = (
        connection.view().credentials(),
        connection.view().protocol(),
    );
    let mut answer = PoolBuf::zeroed(TAG, MAX_CONNECTION)?;
    let length = encode_connection(
        &mut answer,
        connection.serial(),
        protocol,
        connection.name(),
        user.name(),
        user.domain(),
    )
    .map_err(from_format)?;
    control.answer(answer.get(..length).unwrap_or_default())
}

fn from_format(error: FormatError) -> Status {
    match error {
        FormatError::Length => Status::INVALID_BUFFER_SIZE,
        FormatError::Version => Status::REVISION_MISMATCH,
        FormatError::TooLong(_) => Status::NAME_TOO_LONG,
        FormatError::NoSpace => Status::BUFFER_TOO_SMALL,
    }
}
