//! Opening and closing files: CREATE and CLOSE (MS-SMB2 3.2.4.3, 3.2.4.5).

use nt::pool::{PoolArc, Tag};
use nt::{Result, Status};
use rdbss::create::{CreateInformation, CreateParameters, FcbInit, FileKind};
use rdbss::flags::{Buffering, SrvOpenFlags};
use rdbss::{Close, Create, OpenReply, Opened};
use smb_client::{Protection, Reply, Request, Ticket, encode};
use smb_wire::fscc::FileAttributes;
use smb_wire::smb2::{
    AccessMask, CloseFlags, CloseRequest, Command, CreateAction, CreateDisposition, CreateOptions,
    CreateRequest, CreateResponse, FileId, ImpersonationLevel, OplockLevel, ShareAccess,
    create_context::RequestContext,
};
use smb_wire::{List, Utf16};

use crate::call::{self, Answer};
use crate::connection::Connection;
use crate::directory::Listing;
use crate::dispatch::Redirector;
use crate::exchange::{self, Requester};
use crate::session::Tree;
use crate::share::View;

const TAG: Tag = Tag::new(b"OxOp");

/// Bytes that the contexts of a CREATE's answer may have.
const CONTEXTS: u32 = 4096;
/// Bytes that the contexts of a CREATE take besides extended attributes.
const REQUEST_CONTEXTS: usize = 128;
/// A path longer than this cannot be opened anywhere (MAXIMUM_FILENAME_LENGTH), in UTF-16 units.
const MAX_PATH: usize = 0x7fff;

/// The largest size of a file: RDBSS rounds sizes up to clusters and pages, and must not overflow.
pub const MAX_FILE_SIZE: i64 = i64::MAX - 0xf_ffff;

/// Options that concern this side only, or that ask for what is not offered here.
const LOCAL_OPTIONS: CreateOptions = CreateOptions::SYNCHRONOUS_IO_ALERT
    .union(CreateOptions::SYNCHRONOUS_IO_NONALERT)
    .union(CreateOptions::COMPLETE_IF_OPLOCKED)
    .union(CreateOptions::OPEN_REQUIRING_OPLOCK)
    .union(CreateOptions::RESERVE_OPFILTER);

/// What may be asked of a file whose data is of no interest.
const ATTRIBUTES_ONLY: AccessMask = AccessMask::READ_ATTRIBUTES
    .union(AccessMask::WRITE_ATTRIBUTES)
    .union(AccessMask::SYNCHRONIZE);

/// An open as the server knows it.
pub struct Open {
    tree: PoolArc<Tree>,
    file_id: FileId,
}

impl Open {
    /// The share that it is in.
    pub fn tree(&self) -> &PoolArc<Tree> {
        &self.tree
    }

    /// The connection that it is on.
    pub fn connection(&self) -> &PoolArc<Connection> {
        self.tree.connection()
    }

    /// The server's name for it.
    pub fn file_id(&self) -> FileId {
        self.file_id
    }
}

/// MRxCreate: opens a file at the server.
pub fn create<'a>(create: Create<'a, Redirector>) -> Result<Opened<'a>> {
    if create.fcb()?.is_paging_file() {
        // The memory manager may not wait for a network.
        return Err(Status::NOT_SUPPORTED);
    }
    let asked = create.parameters();
    let view = create
        .open_in_making()?
        .v_net_root()
        .share_context()
        .ok_or(Status::NETWORK_NAME_DELETED)?;
    say_what_is_known(&create, &asked)?;
    let path = relative(create.name()?)?;
    let eas = create.extended_attributes();
    // Made before the server is asked, so that no open is lost for want of memory.
    let listing = PoolArc::new(TAG, Listing::new()?)?;
    let opened = create.release_fcb(|_| open_at_server(&view, path, &asked, eas))??;
    let (tree, file_id) = (PoolArc::clone(&opened.tree), opened.file_id);
    finish(create, &view, opened, listing).inspect_err(|_| close_at_server(&tree, file_id))
}

/// Tells RDBSS of a file that the server has opened.
fn finish<'a>(
    create: Create<'a, Redirector>,
    view: &View,
    opened: AtServer,
    listing: PoolArc<Listing>,
) -> Result<Opened<'a>> {
    let fcb = create.fcb()?;
    if fcb.open_count() > 0 && fcb.is_directory() != (opened.fcb.kind == FileKind::Directory) {
        // Another handle is open on what was a file and is a directory now, or the other way round: RDBSS cannot be both.
        return Err(Status::OBJECT_TYPE_MISMATCH);
    }
    let open = Open {
        tree: opened.tree,
        file_id: opened.file_id,
    };
    create.open(OpenReply {
        srv_open: PoolArc::new(TAG, open)?,
        fobx: listing,
        key: view.server().next_key(),
        information: opened.information,
        buffering: Buffering::empty(),
        fcb: opened.fcb,
        // Without oplock or lease the server's word is the only true one.
        is_newer: true,
    })
}

/// MRxCloseSrvOpen: closes a file at the server. Whatever comes of it, the handle is gone here.
pub fn close(close: &Close<'_, Redirector>) -> Result<()> {
    let open = close.srv_open_context()?;
    close_at_server(&open.tree, open.file_id);
    Ok(())
}

/// Tells RDBSS before the open what follows from its parameters (rdbss.md 4.4).
fn say_what_is_known(create: &Create<'_, Redirector>, asked: &CreateParameters) -> Result<()> {
    let access = AccessMask::from_bits_retain(asked.desired_access);
    let open = create.open_in_making()?;
    let writes = access.intersects(AccessMask::WRITE_DATA | AccessMask::APPEND_DATA);
    if writes && !access.intersects(AccessMask::READ_DATA | AccessMask::EXECUTE) {
        // The cache could not be filled by reading through this handle.
        open.set_flags(SrvOpenFlags::NO_WRITE_CACHING);
    }
    if ATTRIBUTES_ONLY.contains(access) {
        open.set_flags(SrvOpenFlags::NO_BUFFERING_STATE_CHANGE);
    }
    Ok(())
}

/// A path as SMB2 has it: from the share's root, without a backslash in front.
pub fn relative(path: &[u16]) -> Result<&[u16]> {
    let path = path.strip_prefix(&[BACKSLASH]).unwrap_or(path);
    if path.len() > MAX_PATH {
        return Err(Status::NAME_TOO_LONG);
    }
    Ok(path)
}

/// A file that the server has opened, and what it said of it.
struct AtServer {
    tree: PoolArc<Tree>,
    file_id: FileId,
    information: CreateInformation,
    fcb: FcbInit,
}

/// Opens a file, in a new session or tree if the server has forgotten the old one.
fn open_at_server(
    view: &View,
    path: &[u16],
    asked: &CreateParameters,
    eas: &[u8],
) -> Result<AtServer> {
    let tree = view.tree()?;
    let refusal = match open_in(&tree, path, asked, eas) {
        Ok(opened) => return Ok(opened),
        Err(refusal) => refusal,
    };
    let may_ask_again = match refusal.status {
        Status::USER_SESSION_DELETED | Status::NETWORK_NAME_DELETED if refusal.is_genuine => true,
        // It may have been done; only what changes nothing may be done twice.
        Status::USER_SESSION_DELETED | Status::CONNECTION_DISCONNECTED => changes_nothing(asked),
        _ => false,
    };
    if may_ask_again || refusal.status == Status::USER_SESSION_DELETED {
        view.forget(&tree, refusal.status);
    }
    if !may_ask_again {
        return Err(refusal.status);
    }
    open_in(&view.tree()?, path, asked, eas).map_err(|refusal| refusal.status)
}

/// Whether the server is as before if it has carried the request out.
fn changes_nothing(asked: &CreateParameters) -> bool {
    CreateDisposition(asked.disposition) == CreateDisposition::OPEN
        && !CreateOptions::from_bits_retain(asked.options).contains(CreateOptions::DELETE_ON_CLOSE)
}

/// Why a file was not opened.
struct Refusal {
    status: Status,
    /// The server itself says so. If it says that it does not know the session or tree, it has not even looked at the request.
    is_genuine: bool,
}

impl From<Status> for Refusal {
    fn from(status: Status) -> Self {
        Self {
            status,
            is_genuine: false,
        }
    }
}

fn open_in(
    tree: &PoolArc<Tree>,
    path: &[u16],
    asked: &CreateParameters,
    eas: &[u8],
) -> core::result::Result<AtServer, Refusal> {
    let room = size_of_val(path)
        .saturating_add(eas.len())
        .saturating_add(REQUEST_CONTEXTS);
    let mut contexts = [RequestContext::Durable; 2];
    let mut count = 0usize;
    let wanted = [
        (asked.allocation_size > 0)
            .then(|| RequestContext::AllocationSize(asked.allocation_size.cast_unsigned())),
        (!eas.is_empty()).then_some(RequestContext::ExtendedAttributes(eas)),
    ];
    for (place, context) in contexts.iter_mut().zip(wanted.into_iter().flatten()) {
        *place = context;
        count = count.saturating_add(1);
    }
    let request = CreateRequest {
        oplock_level: OplockLevel::NONE,
        impersonation_level: ImpersonationLevel::IMPERSONATION,
        desired_access: AccessMask::from_bits_retain(asked.desired_access),
        file_attributes: FileAttributes::from_bits_retain(asked.attributes),
        share_access: ShareAccess::from_bits_retain(asked.share_access),
        disposition: CreateDisposition(asked.disposition),
        options: CreateOptions::from_bits_retain(asked.options).difference(LOCAL_OPTIONS),
        name: Utf16::from_units(path),
        contexts: List::new(contexts.get(..count).unwrap_or_default()),
    };
    let answer = call::ask(
        tree.connection(),
        tree.ask(Command::CREATE, room, CONTEXTS),
        |writer| request.emit(writer),
    )?;
    read_answer(tree, asked, &answer).map_err(|status| Refusal {
        status,
        is_genuine: answer.is_genuine,
    })
}

fn read_answer(
    tree: &PoolArc<Tree>,
    asked: &CreateParameters,
    answer: &Answer,
) -> Result<AtServer> {
    let response = answer.read(CreateResponse::parse)?;
    if response.file_id == FileId::RELATED || response.file_id == FileId::default() {
        // Not an id: all ones would mean another file in a compound.
        return Err(Status::INVALID_NETWORK_RESPONSE);
    }
    let Some((information, fcb)) = describe(asked, &response) else {
        close_at_server(tree, response.file_id);
        return Err(Status::INVALID_NETWORK_RESPONSE);
    };
    Ok(AtServer {
        tree: PoolArc::clone(tree),
        file_id: response.file_id,
        information,
        fcb,
    })
}

/// What RDBSS is told of the file; None if the server contradicts the request, itself or the laws of sizes, which RDBSS would
/// believe to its harm.
fn describe(
    asked: &CreateParameters,
    response: &CreateResponse<'_>,
) -> Option<(CreateInformation, FcbInit)> {
    let information = match response.action {
        CreateAction::SUPERSEDED => CreateInformation::Superseded,
        CreateAction::OPENED => CreateInformation::Opened,
        CreateAction::CREATED => CreateInformation::Created,
        CreateAction::OVERWRITTEN => CreateInformation::Overwritten,
        _ => return None,
    };
    let is_directory = response.file_attributes.contains(FileAttributes::DIRECTORY);
    let options = CreateOptions::from_bits_retain(asked.options);
    if (options.contains(CreateOptions::DIRECTORY_FILE) && !is_directory)
        || (options.contains(CreateOptions::NON_DIRECTORY_FILE) && is_directory)
    {
        return None;
    }
    let possible = 0..=MAX_FILE_SIZE;
    if !possible.contains(&response.end_of_file) || !possible.contains(&response.allocation_size) {
        return None;
    }
    Some((
        information,
        FcbInit {
            kind: if is_directory {
                FileKind::Directory
            } else {
                FileKind::File
            },
            attributes: response.file_attributes.bits(),
            links: 1,
            creation_time: response.creation_time,
            last_access_time: response.last_access_time,
            last_write_time: response.last_write_time,
            last_change_time: response.change_time,
            allocation_size: response.allocation_size.max(response.end_of_file),
            end_of_file: response.end_of_file,
        },
    ))
}

fn close_at_server(tree: &PoolArc<Tree>, file_id: FileId) {
    let closed = call::ask(
        tree.connection(),
        tree.ask(Command::CLOSE, 0, 0),
        |writer| close_request(file_id).emit(writer),
    );
    // A server that is gone has closed the file by that. One that was not asked for want of memory would keep it open, and what
    // is to be deleted with it.
    if closed.err() == Some(Status::INSUFFICIENT_RESOURCES) {
        Closing::begin(tree, file_id);
    }
}

fn close_request(file_id: FileId) -> CloseRequest {
    CloseRequest {
        flags: CloseFlags::empty(),
        file_id,
    }
}

/// A CLOSE that nobody waits for, which needs no memory but what the connection has in stock.
#[derive(Clone)]
pub struct Closing {
    tree: PoolArc<Tree>,
    file_id: FileId,
}

impl Closing {
    /// Asks for it. A connection on which that cannot be done is ended, and the file closed by that.
    fn begin(tree: &PoolArc<Tree>, file_id: FileId) {
        let connection = tree.connection();
        let this = Self {
            tree: PoolArc::clone(tree),
            file_id,
        };
        let request = Request {
            command: Command::CLOSE,
            token: Requester::Close(this.clone()),
            charge: 1,
            timeout: connection.config().request_timeout,
            pended_timeout: Some(connection.config().pended_timeout),
            session_id: tree.session().id(),
            tree_id: tree.id(),
            reply: Reply::Message { max: 0 },
        };
        if let Err(status) = exchange::submit(connection, request, |ticket| this.send(ticket)) {
            connection.fail(status);
        }
    }

    /// It may be sent now. IRQL: any.
    pub fn send(&self, ticket: &Ticket) {
        exchange::send_message(self.tree.connection(), |buffer| {
            encode::request(buffer, ticket, self.protection(), |writer| {
                close_request(self.file_id).emit(writer)
            })
        });
    }

    /// How it and its answer are protected.
    pub fn protection(&self) -> Protection<'_> {
        self.tree.guard().protection()
    }
}

const BACKSLASH: u16 = b'\\' as u16;
