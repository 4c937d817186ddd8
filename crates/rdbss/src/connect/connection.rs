//! Connections, found by their tree-connect opens, and their end.

use core::ptr::{NonNull, null_mut};

use nt::file::Handle;
use nt::pool::PoolArc;
use nt::{Result, Status, sys};

use crate::objects::{NetRoot, VNetRoot};
use crate::raw::{self, FCB, FILE_OBJECT, MRX_V_NET_ROOT, NET_ROOT, V_NET_ROOT};
use crate::{Device, MiniRedirector, Request};

/// `KernelMode`.
const KERNEL_MODE: sys::KPROCESSOR_MODE = 0;

/// How hard a connection is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finalize {
    /// Not if something is open on it: STATUS_CONNECTION_IN_USE or the like.
    IfUnused,
    /// Closes what is open.
    CloseFiles,
    /// Only drops the reference that the connect took.
    DropReference,
}

impl Finalize {
    /// RxFinalizeConnection's `ForceFilesClosed`.
    pub(super) const fn to_raw(self) -> u32 {
        match self {
            Self::IfUnused => 0,
            Self::CloseFiles => 1,
            Self::DropReference => 0xff,
        }
    }
}

/// Deletes the connection that a tree-connect open (FILE_CREATE_TREE_CONNECTION) of this device is of.
/// [`Status::INVALID_DEVICE_REQUEST`] for any other open. IRQL: PASSIVE_LEVEL.
pub fn delete_connection<M: MiniRedirector>(
    device: Device<'_, M>,
    open: &Handle,
    how: Finalize,
) -> Result<()> {
    let file = File::of(open)?;
    tree_connection(device, &file)
        .ok_or(Status::INVALID_DEVICE_REQUEST)?
        .finalize(how)
}

/// The mini-redirector's state of the view that a tree-connect open of this device is of. [`Status::INVALID_DEVICE_REQUEST`] for
/// any other open, or one that is not connected. IRQL: PASSIVE_LEVEL.
pub fn connected_view<M: MiniRedirector>(
    device: Device<'_, M>,
    open: &Handle,
) -> Result<PoolArc<M::VNetRoot>> {
    let file = File::of(open)?;
    tree_connection(device, &file)
        .and_then(VNetRoot::share_context)
        .ok_or(Status::INVALID_DEVICE_REQUEST)
}

/// The file object behind a handle.
struct File(NonNull<FILE_OBJECT>);

impl File {
    fn of(open: &Handle) -> Result<Self> {
        // SAFETY: set once, when the kernel starts.
        let file_type = unsafe { sys::IoFileObjectType };
        // SAFETY: it points to the type.
        let file_type = unsafe { *file_type };
        let mut file = null_mut();
        // SAFETY: a kernel handle that is open, and a place for the object.
        nt::check(unsafe {
            sys::ObReferenceObjectByHandle(
                open.as_raw(),
                0,
                file_type,
                KERNEL_MODE,
                &mut file,
                null_mut(),
            )
        })?;
        NonNull::new(file.cast())
            .map(Self)
            .ok_or(Status::INVALID_HANDLE)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // SAFETY: referenced in `of`.
        let _ = unsafe { sys::ObfDereferenceObject(self.0.as_ptr().cast()) };
    }
}

/// The view of a share that a tree-connect open is of, if the file is such an open of this device.
fn tree_connection<'a, M: MiniRedirector>(
    device: Device<'a, M>,
    file: &'a File,
) -> Option<VNetRoot<'a, M>> {
    // SAFETY: a live file object.
    let opened_by = NonNull::new(unsafe { (*file.0.as_ptr()).DeviceObject })?;
    // SAFETY: an open file keeps its device.
    let device_type = unsafe { (*opened_by.as_ptr()).DeviceType };
    // Only a file system's contexts may be looked at; ours are found behind our own device or behind MUP's.
    if !matches!(
        device_type,
        raw::FILE_DEVICE_NETWORK_FILE_SYSTEM | raw::FILE_DEVICE_MULTI_UNC_PROVIDER
    ) {
        return None;
    }
    // SAFETY: a live file object.
    let fcb = unsafe { (*file.0.as_ptr()).FsContext };
    // SAFETY: a live file object.
    let v_net_root = unsafe { (*file.0.as_ptr()).FsContext2 };
    let fcb = NonNull::new(fcb.cast::<FCB>())?;
    // SAFETY: the first context of a file system's open begins with a common header.
    if unsafe { (*fcb.as_ptr()).Header.NodeTypeCode } != raw::RDBSS_NTC_DEVICE_FCB {
        return None;
    }
    let v_net_root = NonNull::new(v_net_root.cast::<MRX_V_NET_ROOT>())?;
    // SAFETY: the second context of an RDBSS device's open is an object that begins with its type.
    if unsafe { (*v_net_root.as_ptr()).NodeTypeCode } != raw::RDBSS_NTC_V_NETROOT {
        return None;
    }
    // SAFETY: an object of that type, kept by the open file. Whose it is, is seen before anything of `M` is touched.
    let view = unsafe { VNetRoot::<M>::from_raw(v_net_root) };
    let owner = view.net_root().srv_call().device()?;
    (owner.as_raw() == device.as_raw()).then_some(view)
}

impl<M: MiniRedirector> VNetRoot<'_, M> {
    /// Deletes the connection (`RxFinalizeConnection`). IRQL: PASSIVE_LEVEL.
    pub fn finalize(self, how: Finalize) -> Result<()> {
        let net_root = self.net_root().as_raw().cast::<NET_ROOT>();
        let v_net_root = self.as_raw().cast::<V_NET_ROOT>();
        // SAFETY: live objects, which begin with what a mini-redirector sees.
        nt::check(unsafe { raw::RxFinalizeConnection(net_root, v_net_root, how.to_raw()) })
    }
}

impl<M: MiniRedirector> NetRoot<'_, M> {
    /// Does the delayed closes of the share and waits for them (`RxPurgeRelatedFobxs`), then finalizes what they leave
    /// (`RxScavengeFobxsForNetRoot`). An error if some cannot be done. No FCB may be held. IRQL: PASSIVE_LEVEL.
    pub fn do_delayed_closes(self, request: &Request<'_, M>) -> Result<()> {
        let net_root = self.as_raw().cast::<NET_ROOT>();
        let every_fcb = core::ptr::null_mut();
        // SAFETY: a live share and a live context.
        let purged = unsafe {
            raw::RxPurgeRelatedFobxs(
                net_root,
                request.as_raw(),
                raw::ATTEMPT_FINALIZE_ON_PURGE,
                every_fcb,
            )
        };
        // SAFETY: a live share.
        unsafe { raw::RxScavengeFobxsForNetRoot(net_root, every_fcb, 1) };
        Status(purged).ok()
    }
}
