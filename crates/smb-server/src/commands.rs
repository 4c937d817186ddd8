//! The commands of SMB2, one module a family, and what they have in common.

mod change_notify;
mod close;
mod copy_chunk;
mod create;
mod file_queries;
mod ioctl;
mod lock;
mod negotiate;
mod query_directory;
mod query_info;
mod read_write;
mod security;
mod session_setup;
mod set_info;
mod simple;
mod tree_connect;
mod volume_queries;

use std::sync::Arc;

use smb_wire::smb2::{Command, FileId, Header};
use smb_wire::{EmitError, NtStatus, ParseError, Writer};

use crate::answer::Answer;
use crate::connection::Connection;
use crate::connection::pending::{CancelHook, Link};
use crate::session::{OpenFile, Session, Tree};
use crate::status;

/// The client broke a rule for which the connection ends (MS-SMB2 3.3.5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hangup;

/// What a command leads to.
pub(crate) enum Outcome {
    /// The reply.
    Answer(Answer),
    /// An interim reply; the operation starts once it is sent.
    Pending(Starter),
}

/// Starts an operation that will complete the request by its message id, and tells how to stop it.
pub(crate) type Starter =
    Box<dyn FnOnce(&Arc<Link>, u64) -> std::result::Result<CancelHook, NtStatus>>;

/// What a command gives back: on an error, a reply that says nothing but the status.
pub(crate) type Result<T> = std::result::Result<T, Failure>;

/// Why there is no full reply.
pub(crate) enum Failure {
    /// The reply is this status alone.
    Status(NtStatus),
    /// There is no reply, and the connection ends.
    Hangup,
}

impl From<NtStatus> for Failure {
    fn from(status: NtStatus) -> Self {
        Self::Status(status)
    }
}

impl From<crate::fs::FsError> for Failure {
    fn from(error: crate::fs::FsError) -> Self {
        Self::Status(status::of(error))
    }
}

impl From<ParseError> for Failure {
    fn from(_: ParseError) -> Self {
        Self::Status(NtStatus::INVALID_PARAMETER)
    }
}

impl From<EmitError> for Failure {
    fn from(_: EmitError) -> Self {
        Self::Status(NtStatus::INTERNAL_ERROR)
    }
}

/// What the requests of one compound hand on to each other (MS-SMB2 3.3.5.2.7.2).
#[derive(Default)]
pub(crate) struct Chain {
    /// Whether there was a request to relate to.
    pub(crate) begun: bool,
    pub(crate) session_id: u64,
    pub(crate) tree_id: u32,
    pub(crate) file: Option<FileId>,
    /// The failure that a related request inherits.
    pub(crate) failed: Option<NtStatus>,
}

/// A request on its way through the server.
pub(crate) struct Request<'a> {
    pub(crate) header: Header,
    /// From the header on.
    pub(crate) message: &'a [u8],
    pub(crate) session: Option<Arc<Session>>,
    pub(crate) tree: Option<Arc<Tree>>,
    /// Whether another request follows in the same frame. Such a one cannot wait, as the others would have to.
    pub(crate) followed: bool,
}

impl Request<'_> {
    pub(crate) fn session(&self) -> Result<&Arc<Session>> {
        self.session
            .as_ref()
            .ok_or(Failure::Status(NtStatus::USER_SESSION_DELETED))
    }

    pub(crate) fn tree(&self) -> Result<&Arc<Tree>> {
        self.tree
            .as_ref()
            .ok_or(Failure::Status(NtStatus::NETWORK_NAME_DELETED))
    }

    /// The open file that a request names, directly or as "the one of the request before".
    pub(crate) fn file(&self, id: FileId, chain: &mut Chain) -> Result<Arc<OpenFile>> {
        let id = if id == FileId::RELATED {
            chain.file.unwrap_or(id)
        } else {
            id
        };
        chain.file = Some(id);
        let tree = self.tree()?;
        self.session()?
            .file(id, tree.id)
            .ok_or(Failure::Status(NtStatus::FILE_CLOSED))
    }

    pub(crate) fn answer(
        &self,
        capacity: usize,
        emit: impl FnOnce(&mut Writer<'_>) -> std::result::Result<(), EmitError>,
    ) -> Result<Outcome> {
        self.answer_as(NtStatus::SUCCESS, capacity, emit)
    }

    pub(crate) fn answer_as(
        &self,
        status: NtStatus,
        capacity: usize,
        emit: impl FnOnce(&mut Writer<'_>) -> std::result::Result<(), EmitError>,
    ) -> Result<Outcome> {
        let answer = Answer::compose(Header::response(&self.header, status), capacity, emit)?;
        Ok(Outcome::Answer(answer))
    }
}

impl Connection {
    /// Fails unless the request paid for a payload of `len` bytes (MS-SMB2 3.3.5.2.5).
    pub(crate) fn check_payload(&self, request: &Request<'_>, len: u32) -> Result<()> {
        const BYTES_PER_CREDIT: u32 = 64 * 1024;
        let paid = u32::from(request.header.credit_charge.max(1));
        if len > self.max_io() || (self.has_large_mtu() && len.div_ceil(BYTES_PER_CREDIT) > paid) {
            return Err(NtStatus::INVALID_PARAMETER.into());
        }
        Ok(())
    }

    /// Executes one request.
    pub(crate) fn execute(&mut self, request: &Request<'_>, chain: &mut Chain) -> Result<Outcome> {
        match request.header.command {
            Command::NEGOTIATE => negotiate::negotiate(self, request),
            Command::SESSION_SETUP => session_setup::session_setup(self, request, chain),
            Command::ECHO => simple::echo(request),
            _ => self.execute_in_session(request, chain),
        }
    }

    fn execute_in_session(&mut self, request: &Request<'_>, chain: &mut Chain) -> Result<Outcome> {
        let session = request.session()?;
        match request.header.command {
            Command::LOGOFF => return simple::logoff(self, request),
            Command::TREE_CONNECT => {
                return tree_connect::tree_connect(self, request, session, chain);
            }
            _ => {}
        }
        let tree = request.tree()?;
        match request.header.command {
            Command::TREE_DISCONNECT => simple::tree_disconnect(request, session, tree),
            Command::CREATE => create::create(self, request, tree, chain),
            Command::CLOSE => close::close(request, session, chain),
            Command::FLUSH => simple::flush(request, chain),
            Command::READ => read_write::read(self, request, chain),
            Command::WRITE => read_write::write(self, request, chain),
            Command::LOCK => lock::lock(request, chain),
            Command::IOCTL => ioctl::ioctl(self, request, chain),
            Command::QUERY_DIRECTORY => query_directory::query_directory(self, request, chain),
            Command::CHANGE_NOTIFY => change_notify::change_notify(self, request, chain),
            Command::QUERY_INFO => query_info::query_info(self, request, chain),
            Command::SET_INFO => set_info::set_info(self, request, chain),
            // Nobody has an oplock here that could be acknowledged.
            Command::OPLOCK_BREAK => Err(INVALID_DEVICE_STATE.into()),
            _ => Err(Failure::Hangup),
        }
    }
}

/// STATUS_INVALID_DEVICE_STATE (MS-ERREF 2.3.1).
const INVALID_DEVICE_STATE: NtStatus = NtStatus(0xC000_0184);
