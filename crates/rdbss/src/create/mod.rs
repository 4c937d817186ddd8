//! Opening files.

mod collapse;
mod finish;
mod parameters;

pub use collapse::Collapse;
pub(crate) use finish::fobx_of;
pub use finish::{CreateInformation, FcbInit, FileKind, OpenReply};
pub use parameters::CreateParameters;

use core::cell::Cell;
use core::marker::PhantomData;
use nt::string::Unicode;
use nt::{Result, Status};

use crate::connect::ConnectRequest;
use crate::context_parts;
use crate::objects::SrvOpen;
use crate::raw::{self, RX_CREATE};
use crate::{MiniRedirector, Request};

/// A create that the server has to see. Runs with the FCB held exclusively.
pub struct Create<'a, M: MiniRedirector> {
    request: Request<'a, M>,
    /// Whether [`Create::release_fcb`] is under way.
    released: Cell<bool>,
}

/// Proof that a create has been finished. There is no other way to one than [`Create::open`] and [`Create::reparse`].
#[must_use = "a create without it has failed"]
#[derive(Debug)]
pub struct Opened<'a> {
    status: Status,
    create: PhantomData<Cell<&'a ()>>,
}

impl Opened<'_> {
    fn new(status: Status) -> Self {
        Self {
            status,
            create: PhantomData,
        }
    }

    pub(crate) fn status(&self) -> Status {
        self.status
    }
}

/// Proof that the FCB is not held: the network may be waited for.
#[derive(Clone, Copy)]
pub struct FcbReleased<'w>(PhantomData<&'w ()>);

impl<'a, M: MiniRedirector> Create<'a, M> {
    pub(crate) fn new(request: Request<'a, M>) -> Self {
        Self {
            request,
            released: Cell::new(false),
        }
    }

    /// The open that is being made; its name says which file.
    pub fn open_in_making(&self) -> Result<SrvOpen<'_, M>> {
        self.request.srv_open()
    }

    /// The file's name from the share on, with a leading backslash; empty for the share's root.
    pub fn name(&self) -> Result<&[u16]> {
        Ok(self.request.srv_open()?.name())
    }

    /// What NtCreateFile was asked for.
    pub fn parameters(&self) -> CreateParameters {
        CreateParameters::new(self.raw())
    }

    /// What the create said of the connection.
    pub fn connect_request(&self) -> ConnectRequest<'_> {
        // SAFETY: a create's context, alive as long as this borrow.
        unsafe { ConnectRequest::from_raw(self.request.as_raw()) }
    }

    /// The extended attributes for a new file: FILE_FULL_EA_INFORMATION entries as the caller wrote them.
    pub fn extended_attributes(&self) -> &[u8] {
        let create = self.raw();
        if create.EaBuffer.is_null() {
            return &[];
        }
        // SAFETY: the I/O manager has copied the caller's attributes into a buffer of this length, for the life of the IRP.
        unsafe { core::slice::from_raw_parts(create.EaBuffer.cast(), create.EaLength as usize) }
    }

    /// Lets go of the FCB, runs `wait`, and takes the FCB again. An oplock or lease break of the same file needs the FCB: holding it
    /// while waiting for the server is a deadlock. Nested calls only run `wait`. On an error the create is to be given up with it.
    pub fn release_fcb<R>(&self, wait: impl FnOnce(FcbReleased<'_>) -> R) -> Result<R> {
        let proof = FcbReleased(PhantomData);
        let fcb = self.request.fcb()?.as_raw();
        if self.released.replace(true) {
            return Ok(wait(proof));
        }
        // SAFETY: a create holds its FCB exclusively.
        unsafe { raw::RxReleaseFcbResourceInMRx(fcb) };
        let result = wait(proof);
        // SAFETY: the request keeps the FCB; this thread has just let go of it.
        let status = unsafe { raw::RxAcquireExclusiveFcbResourceInMRx(fcb) };
        self.released.set(false);
        nt::check(status).map(|()| result)
    }

    /// Ends the create with another name to go on with (STATUS_REPARSE): `path` replaces the whole name if `absolute`, else what
    /// follows the share.
    pub fn reparse(self, path: &[u16], absolute: bool) -> Result<Opened<'a>> {
        let path = Unicode::new(path)?;
        let mut required = 0;
        // SAFETY: a live context of a create, a name that RDBSS copies, and a place for the answer.
        let status = unsafe {
            raw::RxPrepareToReparseSymbolicLink(
                self.request.as_raw(),
                1,
                path.as_ptr(),
                u8::from(absolute),
                &mut required,
            )
        };
        nt::check(status)?;
        if required == 0 {
            return Err(Status::OBJECT_PATH_INVALID);
        }
        Ok(Opened::new(Status::REPARSE))
    }

    fn raw(&self) -> &RX_CREATE {
        // SAFETY: a live context, whose parameters are those of a create.
        unsafe { &*context_parts::create(self.request.as_raw()) }
    }
}

deref_to_request!(Create);
