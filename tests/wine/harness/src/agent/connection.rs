//! A connection: one user's thread.

use super::create::Create;
use super::file::File;
use super::handles::{self, Owner};
use super::identity::{Assumed, SYSTEM};
use super::outbox::Outbox;
use super::request::{self, Done, Request};
use super::socket::Socket;
use super::{operations, services, set_information, status};
use crate::log::log;
use crate::thread::Thread;
use crate::uncprovider;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering};
use wdk_sys::_MODE::UserMode;
use wdk_sys::{
    FILE_OPEN, FILE_SHARE_DELETE, FILE_SHARE_READ, FILE_SHARE_WRITE, FILE_SYNCHRONOUS_IO_NONALERT,
    NTSTATUS, PDEVICE_OBJECT, STATUS_BUFFER_OVERFLOW, STATUS_INVALID_DEVICE_STATE,
    STATUS_INVALID_HANDLE, STATUS_NO_SUCH_DEVICE, STATUS_REVISION_MISMATCH, STATUS_SUCCESS,
    SYNCHRONIZE,
};
use wine_protocol::{Frame, Handle, LENGTH_SIZE, Request as Asked, VERSION, body_length};

/// What a test is told of a request that is not simply passed on.
struct Answer {
    status: NTSTATUS,
    information: u64,
    data: Vec<u8>,
}

impl Answer {
    fn success(information: u64) -> Self {
        Self {
            status: STATUS_SUCCESS,
            information,
            data: Vec::new(),
        }
    }
}

impl From<Result<Self, NTSTATUS>> for Answer {
    fn from(result: Result<Self, NTSTATUS>) -> Self {
        result.unwrap_or_else(|status| Self {
            status,
            information: 0,
            data: Vec::new(),
        })
    }
}

impl From<Done> for Answer {
    fn from(mut done: Done) -> Self {
        Self {
            status: done.status,
            information: done.information,
            data: core::mem::take(&mut done.data),
        }
    }
}

struct Connection<'a> {
    socket: &'a Socket,
    number: Owner,
    outbox: Arc<Outbox>,
    /// Set by the greeting.
    user: Option<Assumed>,
}

/// Serves a connection until its end, and then closes what it has opened.
pub fn serve(socket: &Arc<Socket>, number: Owner) {
    let outbox = Arc::new(Outbox::new());
    let sender = {
        let (socket, outbox) = (socket.clone(), outbox.clone());
        Thread::spawn(move || outbox.send_all(&socket))
    };
    let Ok(sender) = sender else { return };
    let mut connection = Connection {
        socket,
        number,
        outbox: outbox.clone(),
        user: None,
    };
    while connection.next() {}
    ENDING.fetch_add(1, Ordering::Relaxed);
    request::cancel_connection(&outbox, None);
    outbox.wait_for_ends();
    handles::close_all(number);
    outbox.close();
    sender.join();
    ENDING.fetch_sub(1, Ordering::Relaxed);
}

/// Connections that have ended, but not all of their requests.
static ENDING: AtomicUsize = AtomicUsize::new(0);

/// Whether files are about to be closed because their connections have ended.
pub fn any_is_ending() -> bool {
    ENDING.load(Ordering::Relaxed) > 0
}

impl Connection<'_> {
    /// Serves the next request. False at the connection's end.
    fn next(&mut self) -> bool {
        let mut length = [0; LENGTH_SIZE];
        if !self.socket.read_exact(&mut length) {
            return false;
        }
        let Ok(length) = body_length(length) else {
            log!("a frame is too long");
            return false;
        };
        let mut body = alloc::vec![0; length];
        if !self.socket.read_exact(&mut body) {
            return false;
        }
        match Frame::parse(&body) {
            Ok(frame) => {
                self.handle(&frame);
                true
            }
            Err(error) => {
                log!("a frame is wrong: {error}");
                false
            }
        }
    }

    fn handle(&mut self, frame: &Frame<'_>) {
        let asked = frame.request;
        if self.user.is_none() && !matches!(asked, Asked::Hello { .. }) {
            return self.answer(frame.tag, Err(STATUS_INVALID_DEVICE_STATE));
        }
        match asked {
            Asked::ReadMany { .. } | Asked::WriteMany { .. } => self.many(frame.tag, asked),
            _ => match self.here(asked) {
                Some(answer) => self.answer(frame.tag, answer),
                None => self.pass_on(frame),
            },
        }
    }

    /// What the agent does itself. None for what the driver is asked.
    fn here(&mut self, asked: Asked<'_>) -> Option<Result<Answer, NTSTATUS>> {
        Some(match asked {
            Asked::Hello { version, logon } => self.greet(version, logon),
            Asked::LoadService { name } => services::load(name).map(|()| Answer::success(0)),
            Asked::UnloadService { name } => services::unload(name).map(|()| Answer::success(0)),
            Asked::SetSetting {
                service,
                name,
                value,
            } => services::set(service, name, value).map(|()| Answer::success(0)),
            Asked::ClearSettings { service } => services::clear(service).map(Answer::success),
            Asked::Status => match status::report() {
                Ok(data) => Ok(Answer {
                    data,
                    ..Answer::success(0)
                }),
                Err(_) => Err(STATUS_BUFFER_OVERFLOW),
            },
            Asked::Create(create) => self.create(&create),
            Asked::Cleanup { file } => handles::get(file).map(|file| Answer {
                status: file.clean_up(),
                ..Answer::success(0)
            }),
            Asked::Close { file } => handles::close(file).map(|()| Answer::success(0)),
            Asked::Cancel { tag } => {
                let count = request::cancel_connection(&self.outbox, Some(tag));
                Ok(Answer::success(count as u64))
            }
            Asked::CancelAll { file } => {
                handles::get(file).map(|file| Answer::success(request::cancel_file(&file) as u64))
            }
            Asked::SetInformation { file, class, data } => handles::get(file)
                .and_then(|file| set_information::set(&file, class, data))
                .map(Answer::from),
            Asked::DeviceControl { file: None, .. } => control_device(asked),
            Asked::QueryInformation {
                file,
                class,
                length,
            } => {
                let file = handles::get(file).ok()?;
                set_information::query_position(&file, class, length)?.map(|position| Answer {
                    data: position.into(),
                    ..Answer::success(position.len() as u64)
                })
            }
            _ => return None,
        })
    }

    fn answer(&self, tag: u32, answer: Result<Answer, NTSTATUS>) {
        let answer = Answer::from(answer);
        self.outbox
            .answer(tag, answer.status, answer.information, answer.data);
    }

    fn greet(&mut self, version: u32, logon: u64) -> Result<Answer, NTSTATUS> {
        if version != VERSION {
            return Err(STATUS_REVISION_MISMATCH);
        }
        if self.user.is_some() {
            return Err(STATUS_INVALID_DEVICE_STATE);
        }
        let logon = if logon == 0 { SYSTEM } else { logon };
        self.user = Some(Assumed::new(logon));
        Ok(Answer::success(0))
    }

    fn create(&self, create: &wine_protocol::Create<'_>) -> Result<Answer, NTSTATUS> {
        let create = Create {
            name: create.path.encode_utf16().collect(),
            related: None,
            access: create.access,
            attributes: create.attributes,
            share: create.share,
            disposition: create.disposition,
            options: create.options,
            allocation_size: create.allocation_size.cast_signed(),
            extended_attributes: create.extended_attributes.into(),
            case_sensitive: false,
            target_directory: false,
            mode: UserMode as _,
        };
        let (file, information) = create.run(device()?)?;
        let handle = handles::insert(file, self.number);
        Ok(Answer {
            data: handle.to_bytes().into(),
            ..Answer::success(information)
        })
    }

    /// Asks the driver.
    fn pass_on(&self, frame: &Frame<'_>) {
        let begun = target(&frame.request).and_then(|file| {
            let spec = operations::spec(&frame.request, &file)?;
            // Requests on a synchronous file are done one at a time, whatever their sender wishes.
            let overlapped = frame.overlapped && !file.is_synchronous();
            let teller = overlapped.then(|| (self.outbox.clone(), frame.tag));
            Ok((Request::new(spec, teller)?, overlapped))
        });
        match begun {
            Ok((request, true)) => request.send(),
            Ok((request, false)) => self.answer(frame.tag, Ok(request.run().into())),
            Err(status) => self.answer(frame.tag, Err(status)),
        }
    }

    /// Starts many requests together.
    fn many(&self, first_tag: u32, asked: Asked<'_>) {
        let parts = split(asked).enumerate();
        let mut ready = Vec::new();
        for (part, tag) in parts.map(|(index, part)| (part, first_tag.wrapping_add(index as u32))) {
            let frame = Frame {
                tag,
                overlapped: true,
                request: part,
            };
            let teller = Some((self.outbox.clone(), tag));
            let begun = target(&part).and_then(|file| {
                if file.is_synchronous() {
                    return Ok(None);
                }
                Request::new(operations::spec(&part, &file)?, teller).map(Some)
            });
            match begun {
                Ok(Some(request)) => ready.push(request),
                Ok(None) => self.pass_on(&frame),
                Err(status) => self.answer(tag, Err(status)),
            }
        }
        for request in &ready {
            request.send();
        }
    }
}

/// The parts of a request for many reads or writes.
fn split(asked: Asked<'_>) -> impl Iterator<Item = Asked<'_>> {
    let (file, first, stride, count, length, data) = match asked {
        Asked::ReadMany {
            file,
            offset,
            length,
            stride,
            count,
        } => (file, offset, stride, count, length, None),
        Asked::WriteMany {
            file,
            offset,
            stride,
            count,
            data,
        } => {
            let length = data.len() as u32 / count.max(1);
            (file, offset, stride, count, length, Some(data))
        }
        _ => (Handle(0), 0, 0, 0, 0, None),
    };
    (0..count).map(move |index| {
        let offset = first.wrapping_add(i64::from(index) * i64::from(stride));
        match data {
            None => Asked::Read {
                file,
                offset,
                length,
            },
            Some(data) => {
                let start = (index * length) as usize;
                Asked::Write {
                    file,
                    offset,
                    data: &data[start..start + length as usize],
                }
            }
        }
    })
}

/// The provider's device.
fn device() -> Result<PDEVICE_OBJECT, NTSTATUS> {
    let provider = uncprovider::registered().ok_or(STATUS_NO_SUCH_DEVICE)?;
    Ok(provider.device)
}

/// The file that a request is passed on for.
fn target(asked: &Asked<'_>) -> Result<File, NTSTATUS> {
    asked
        .file()
        .ok_or(STATUS_INVALID_HANDLE)
        .and_then(handles::get)
}

/// Sends a control to the device itself, opened for it.
fn control_device(asked: Asked<'_>) -> Result<Answer, NTSTATUS> {
    let create = Create {
        name: Vec::new(),
        related: None,
        access: SYNCHRONIZE,
        attributes: 0,
        share: FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
        disposition: FILE_OPEN,
        options: FILE_SYNCHRONOUS_IO_NONALERT,
        allocation_size: 0,
        extended_attributes: Vec::new(),
        case_sensitive: false,
        target_directory: false,
        mode: UserMode as _,
    };
    let (file, _) = create.run(device()?)?;
    let done = operations::spec(&asked, &file).and_then(|spec| Request::new(spec, None));
    let done = done.map(|request| request.run());
    file.clean_up();
    done.map(Answer::from)
}
