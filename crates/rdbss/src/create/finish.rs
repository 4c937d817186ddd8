//! The end of a create that the server has answered.

use nt::pool::PoolArc;
use nt::{Result, Status};

use super::{Create, Opened};
use crate::context_parts;
use crate::flags::Buffering;
use crate::objects::{Fcb, Fobx, SrvOpen};
use crate::raw::{self, FCB_INIT_PACKET, LARGE_INTEGER};
use crate::{MiniRedirector, Request};

/// What the server did (NtCreateFile's `IoStatus.Information`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum CreateInformation {
    /// FILE_SUPERSEDED.
    Superseded = 0,
    /// FILE_OPENED.
    Opened = 1,
    /// FILE_CREATED.
    Created = 2,
    /// FILE_OVERWRITTEN.
    Overwritten = 3,
}

/// A file or a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A file.
    File,
    /// A directory.
    Directory,
}

impl FileKind {
    const fn to_raw(self) -> raw::RX_FILE_TYPE {
        match self {
            Self::File => raw::FileTypeFile,
            Self::Directory => raw::FileTypeDirectory,
        }
    }
}

/// What the server said of the file. Times are in 100 ns since 1601, sizes in bytes.
#[derive(Clone, Copy, Debug)]
pub struct FcbInit {
    /// A file or a directory.
    pub kind: FileKind,
    /// FILE_ATTRIBUTE_*.
    pub attributes: u32,
    /// How many names the file has.
    pub links: u32,
    /// Time of creation.
    pub creation_time: i64,
    /// Time of last access.
    pub last_access_time: i64,
    /// Time of last write.
    pub last_write_time: i64,
    /// Time of last change.
    pub last_change_time: i64,
    /// Bytes allocated. Raised to the file's size if less.
    pub allocation_size: i64,
    /// The file's size.
    pub end_of_file: i64,
}

/// A successful create.
pub struct OpenReply<M: MiniRedirector> {
    /// The state of the open.
    pub srv_open: PoolArc<M::SrvOpen>,
    /// The state of the handle.
    pub fobx: PoolArc<M::Fobx>,
    /// Names the open in [`SrvCallLink::report_break`](crate::SrvCallLink::report_break): unique in the server, neither 0 nor -1.
    pub key: usize,
    /// What the server did.
    pub information: CreateInformation,
    /// What may be kept local, by the oplock or lease that was granted.
    pub buffering: Buffering,
    /// What the server said of the file. Used only where RDBSS knows nothing better: another handle may have written to the cache.
    pub fcb: FcbInit,
    /// Whether what the server said is newer than what RDBSS knows: the oplock is higher than the last one.
    pub is_newer: bool,
}

impl<'a, M: MiniRedirector> Create<'a, M> {
    /// Ends the create with success. On error nothing has been taken, and the mini-redirector has to close the file at the server.
    pub fn open(self, reply: OpenReply<M>) -> Result<Opened<'a>> {
        if matches!(reply.key, 0 | usize::MAX) {
            return Err(Status::INVALID_PARAMETER);
        }
        let srv_open = self.request.srv_open()?;
        let fcb = self.request.fcb()?;
        let fobx = fobx_of(&self.request, srv_open)?;
        fobx.slot()
            .fill(reply.fobx)
            .map_err(|_| Status::INVALID_DEVICE_STATE)?;
        srv_open
            .slot()
            .fill(reply.srv_open)
            .map_err(|_| Status::INVALID_DEVICE_STATE)?;
        // SAFETY: the open is in the making, under its exclusively held FCB.
        unsafe { (*srv_open.as_raw()).Key = core::ptr::without_provenance_mut(reply.key) };
        // SAFETY: a live context of a create, whose answer is the callback's to write.
        unsafe {
            (*context_parts::create(self.request.as_raw())).ReturnedCreateInformation =
                reply.information as u32
        };
        if reply.is_newer {
            fcb.clear_time_and_size_set();
        }
        if fcb.open_count() == 0 || fcb.state() & raw::FCB_STATE_TIME_AND_SIZE_ALREADY_SET == 0 {
            finish_fcb(fcb, &reply.fcb);
        }
        srv_open.set_buffering(reply.buffering);
        fobx.set_next_ea(1);
        Ok(Opened::new(Status::SUCCESS))
    }
}

/// The handle of a create: made here, unless a former try of the same create has made it.
pub(crate) fn fobx_of<'r, M: MiniRedirector>(
    request: &'r Request<'_, M>,
    srv_open: SrvOpen<'_, M>,
) -> Result<Fobx<'r, M>> {
    if let Ok(fobx) = request.fobx() {
        return Ok(fobx);
    }
    // SAFETY: a live context and its open, under the exclusively held FCB.
    let fobx = unsafe { raw::RxCreateNetFobx(request.as_raw(), srv_open.as_raw()) };
    if fobx.is_null() {
        return Err(Status::INSUFFICIENT_RESOURCES);
    }
    // SAFETY: a live context, whose handle is the callback's to set.
    unsafe { (*request.as_raw()).pFobx = fobx };
    request.fobx()
}

fn finish_fcb<M: MiniRedirector>(fcb: Fcb<'_, M>, init: &FcbInit) {
    let large = |value| LARGE_INTEGER { QuadPart: value };
    let mut attributes = init.attributes;
    let mut links = init.links;
    let mut creation = large(init.creation_time);
    let mut access = large(init.last_access_time);
    let mut write = large(init.last_write_time);
    let mut change = large(init.last_change_time);
    let mut allocation = large(init.allocation_size.max(init.end_of_file));
    let mut size = large(init.end_of_file);
    let mut valid = size;
    let mut packet = FCB_INIT_PACKET {
        pAttributes: &mut attributes,
        pNumLinks: &mut links,
        pCreationTime: &mut creation,
        pLastAccessTime: &mut access,
        pLastWriteTime: &mut write,
        pLastChangeTime: &mut change,
        pAllocationSize: &mut allocation,
        pFileSize: &mut size,
        pValidDataLength: &mut valid,
    };
    // SAFETY: an exclusively held FCB, and a packet that RDBSS copies from.
    unsafe { raw::RxFinishFcbInitialization(fcb.as_raw(), init.kind.to_raw(), &mut packet) };
}
