//! [`MiniRedirector`]: what a mini-redirector implements.

use core::num::NonZeroU32;

use nt::pool::PoolArc;
use nt::{Result, Status};

use crate::connect::{ConnectionId, SplitPath, SrvCallCompletion, VNetRootCompletion, split_path};
use crate::create::{Collapse, Create, Opened};
use crate::device_control::{Controlled, DeviceControl};
use crate::flags::Buffering;
use crate::info::{
    DirectoryQuery, EaQuery, FileInfoQuery, QuotaQuery, SecurityQuery, SetEa, SetFileInfo,
    SetQuota, SetSecurity, SetVolumeInfo, VolumeInfoQuery,
};
use crate::low_io::{
    Control, LockRange, LowIo, Notify, Operation, ReadWrite, UnlockMultiple, UnlockRange,
};
use crate::objects::{Fcb, Fobx, LogonId, NetRoot, NetRootState, SrvCall, SrvOpen, VNetRoot};
use crate::{Close, Device, Implements, Request};

/// A mini-redirector: one method for each callback of `MINIRDR_DISPATCH` that RDBSS is known to call.
///
/// `&self` is the state of the device. Callbacks run at PASSIVE_LEVEL, in any process and many at a time, unless their
/// documentation says otherwise, and may block unless it says otherwise. An `Err` may carry a warning, such as
/// [`Status::BUFFER_OVERFLOW`]. No callback but those of low I/O may answer later, and none may return [`Status::PENDING`].
///
/// The associated types are what the mini-redirector knows of RDBSS's objects. An object keeps a reference until it goes; the
/// reference is dropped by this crate, right after the callback that tells of it.
pub trait MiniRedirector: Sized + Send + Sync + 'static {
    /// State of a server; dropped after [`finalize_srv_call`](Self::finalize_srv_call).
    type SrvCall: Send + Sync + 'static;
    /// State of a share; dropped after [`finalize_net_root`](Self::finalize_net_root).
    type NetRoot: Send + Sync + 'static;
    /// State of one user's view of a share; dropped after [`finalize_v_net_root`](Self::finalize_v_net_root).
    type VNetRoot: Send + Sync + 'static;
    /// State of an open; dropped after [`close_srv_open`](Self::close_srv_open) or [`force_closed`](Self::force_closed).
    type SrvOpen: Send + Sync + 'static;
    /// State of a handle; dropped after [`deallocate_fobx`](Self::deallocate_fobx).
    type Fobx: Send + Sync + 'static;
    /// State of a file; dropped after [`deallocate_fcb`](Self::deallocate_fcb).
    type Fcb: Send + Sync + 'static;

    /// Which optional callbacks there are.
    const IMPLEMENTS: Implements;

    /// Seconds after which a delayed close is done; None for RDBSS's own 10.
    const SCAVENGER_TIMEOUT: Option<NonZeroU32> = None;

    /// Whether read-ahead waits for the first read.
    const DEFERS_READ_AHEAD: bool = true;

    // Start and stop.

    /// RDBSS is up: start what needs it. Runs in the system process.
    fn start(&self, _device: Device<'_, Self>) -> Result<()> {
        Ok(())
    }

    /// The opposite: no request will come any more.
    fn stop(&self, _device: Device<'_, Self>) -> Result<()> {
        Ok(())
    }

    /// A logon that was marked ([`LogonId::mark`]) has ended: what it connected to is nobody's any more. IRQL: DISPATCH_LEVEL; the
    /// work itself is for [`Device::post`].
    fn logon_ended(&self, _device: Device<'_, Self>, _logon: LogonId) {}

    // Servers and shares.

    /// Connects to a server. The answer is given by the completion: here, or later and elsewhere.
    fn create_srv_call(&self, device: Device<'_, Self>, completion: SrvCallCompletion<Self>);

    /// A server's connect has succeeded and its context is in place: say what it can do. An error makes the SRV_CALL bad.
    fn srv_call_ready(&self, _srv_call: SrvCall<'_, Self>) -> Result<()> {
        Ok(())
    }

    /// The last reference to a server is gone. Its context is None if the connect never succeeded.
    fn finalize_srv_call(&self, _srv_call: SrvCall<'_, Self>, _force: bool) {}

    /// Finds the share's name in a path that begins with a server's name. Must only slice.
    fn split_path<'p>(&self, path: &'p [u16], server_name: &[u16]) -> SplitPath<'p> {
        split_path(path, server_name)
    }

    /// Connects to a share as a user. The answer is given by the completion: here, or later and elsewhere.
    fn create_v_net_root(&self, device: Device<'_, Self>, completion: VNetRootCompletion<Self>);

    /// A user's view of a share goes. Its context is None if the connect never succeeded.
    fn finalize_v_net_root(&self, _v_net_root: VNetRoot<'_, Self>, _force: bool) {}

    /// A share goes, after its last view. Its context is None if the connect never succeeded.
    fn finalize_net_root(&self, _net_root: NetRoot<'_, Self>, _force: bool) {}

    /// Says how a share is.
    fn update_net_root_state(&self, _net_root: NetRoot<'_, Self>) -> Result<NetRootState> {
        Err(Status::NOT_IMPLEMENTED)
    }

    /// Sees a path before it is looked up. The result is ignored.
    fn preparse_name(&self, _request: &Request<'_, Self>, _name: &[u16]) -> Result<()> {
        Err(Status::NOT_IMPLEMENTED)
    }

    /// Gives a key that keeps apart connections of the same name.
    fn connection_id(&self, _request: &Request<'_, Self>) -> Result<ConnectionId> {
        Err(Status::NOT_IMPLEMENTED)
    }

    /// Whether what is left of a tree-connect open's name after the share is a directory.
    fn is_valid_directory(&self, _request: &Request<'_, Self>, _path: &[u16]) -> Result<()> {
        Err(Status::NOT_IMPLEMENTED)
    }

    // Files.

    /// Opens a file. Runs with the FCB held exclusively; see [`Create::release_fcb`].
    fn create<'a>(&self, create: Create<'a, Self>) -> Result<Opened<'a>>;

    /// Whether an open, or with `candidate` this open, may be used by a further handle.
    fn should_try_to_collapse(
        &self,
        _request: &Request<'_, Self>,
        _candidate: Option<SrvOpen<'_, Self>>,
    ) -> bool {
        true
    }

    /// A further handle of an open: gives its state, or refuses. Runs with the FCB held exclusively.
    fn collapse_open(&self, _collapse: &Collapse<'_, Self>) -> Result<PoolArc<Self::Fobx>> {
        Err(Status::NOT_IMPLEMENTED)
    }

    /// Writes what the server holds back.
    fn flush(&self, _request: &Request<'_, Self>) -> Result<()> {
        Err(Status::NOT_IMPLEMENTED)
    }

    /// The last handle is cleaned up and the valid data end before the file does. The result is ignored.
    fn zero_extend(&self, _request: &Request<'_, Self>) -> Result<()> {
        Err(Status::NOT_IMPLEMENTED)
    }

    /// The last handle is cleaned up and the file is to be cut. The result is ignored.
    fn truncate(&self, _request: &Request<'_, Self>) -> Result<()> {
        Err(Status::NOT_IMPLEMENTED)
    }

    /// A handle's user has closed it: drop search state and end waits.
    fn cleanup_fobx(&self, _request: &Request<'_, Self>) -> Result<()> {
        Err(Status::NOT_IMPLEMENTED)
    }

    /// Closes an open at the server; its last handle is gone, maybe long ago. Local state goes whatever the result. Runs with the
    /// FCB held exclusively.
    fn close_srv_open(&self, close: &Close<'_, Self>) -> Result<()>;

    /// An open goes that was not closed. Must not wait for the network.
    fn force_closed(&self, _srv_open: SrvOpen<'_, Self>) {}

    /// A handle goes.
    fn deallocate_fobx(&self, _fobx: Fobx<'_, Self>) {}

    /// A file goes.
    fn deallocate_fcb(&self, _fcb: Fcb<'_, Self>) {}

    /// Whether two FCBs are the same file by different names.
    fn are_files_aliased(&self, _one: Fcb<'_, Self>, _other: Fcb<'_, Self>) -> bool {
        false
    }

    // Information.

    /// Lists a directory.
    fn query_directory(&self, _query: &mut DirectoryQuery<'_, Self>) -> Result<()> {
        Err(Status::NOT_IMPLEMENTED)
    }

    /// Answers a query of a file.
    fn query_file_info(&self, _query: &mut FileInfoQuery<'_, Self>) -> Result<()> {
        Err(Status::NOT_IMPLEMENTED)
    }

    /// Changes a file: times, size, name, deletion. Runs with the FCB held exclusively.
    fn set_file_info(&self, _set: &SetFileInfo<'_, Self>) -> Result<()> {
        Err(Status::NOT_IMPLEMENTED)
    }

    /// Changes a file's times, then its size, at the last cleanup. The result is ignored.
    fn set_file_info_at_cleanup(&self, _set: &SetFileInfo<'_, Self>) -> Result<()> {
        Err(Status::NOT_IMPLEMENTED)
    }

    /// Gives extended attributes.
    fn query_ea(&self, _query: &mut EaQuery<'_, Self>) -> Result<()> {
        Err(Status::NOT_IMPLEMENTED)
    }

    /// Sets extended attributes.
    fn set_ea(&self, _set: &SetEa<'_, Self>) -> Result<()> {
        Err(Status::NOT_IMPLEMENTED)
    }

    /// Gives a security descriptor.
    fn query_security(&self, _query: &mut SecurityQuery<'_, Self>) -> Result<()> {
        Err(Status::NOT_IMPLEMENTED)
    }

    /// Sets a security descriptor.
    fn set_security(&self, _set: &SetSecurity<'_, Self>) -> Result<()> {
        Err(Status::NOT_IMPLEMENTED)
    }

    /// Gives quotas.
    fn query_quota(&self, _query: &mut QuotaQuery<'_, Self>) -> Result<()> {
        Err(Status::NOT_IMPLEMENTED)
    }

    /// Sets quotas.
    fn set_quota(&self, _set: &SetQuota<'_, Self>) -> Result<()> {
        Err(Status::NOT_IMPLEMENTED)
    }

    /// Answers a query of a volume. The FCB is not held.
    fn query_volume_info(&self, _query: &mut VolumeInfoQuery<'_, Self>) -> Result<()> {
        Err(Status::NOT_IMPLEMENTED)
    }

    /// Changes a volume. The FCB is not held.
    fn set_volume_info(&self, _set: &SetVolumeInfo<'_, Self>) -> Result<()> {
        Err(Status::NOT_IMPLEMENTED)
    }

    // Low I/O: may be answered later.

    /// Reads.
    fn read(&self, _operation: Operation<'_, Self, ReadWrite>) -> LowIo {
        LowIo::failed(Status::NOT_IMPLEMENTED)
    }

    /// Writes. Must write everything or fail.
    fn write(&self, _operation: Operation<'_, Self, ReadWrite>) -> LowIo {
        LowIo::failed(Status::NOT_IMPLEMENTED)
    }

    /// Whether a byte-range lock can be had from this server at all; asked before RDBSS notes the lock.
    fn is_lock_realizable(&self, _fcb: Fcb<'_, Self>, _range: LockRange) -> Result<()> {
        Err(Status::NOT_IMPLEMENTED)
    }

    /// Locks a byte range. Without `fail_immediately` it waits until the range is free.
    fn lock(&self, _operation: Operation<'_, Self, LockRange>) -> LowIo {
        LowIo::failed(Status::NOT_IMPLEMENTED)
    }

    /// Unlocks a byte range.
    fn unlock(&self, _operation: Operation<'_, Self, UnlockRange>) -> LowIo {
        LowIo::failed(Status::NOT_IMPLEMENTED)
    }

    /// Unlocks several byte ranges.
    fn unlock_multiple(&self, _operation: Operation<'_, Self, UnlockMultiple>) -> LowIo {
        LowIo::failed(Status::NOT_IMPLEMENTED)
    }

    /// A file system control on a file.
    fn fs_control(&self, _operation: Operation<'_, Self, Control>) -> LowIo {
        LowIo::failed(Status::NOT_IMPLEMENTED)
    }

    /// A device control on a file.
    fn io_control(&self, _operation: Operation<'_, Self, Control>) -> LowIo {
        LowIo::failed(Status::NOT_IMPLEMENTED)
    }

    /// Waits for a change of a directory. Must be pended, and must set a cancel cookie, or cleanup hangs.
    fn notify_change_directory(&self, _operation: Operation<'_, Self, Notify>) -> LowIo {
        LowIo::failed(Status::NOT_IMPLEMENTED)
    }

    /// A request with this cookie has been cancelled: ask the server to end it. It may have ended already. Runs at APC_LEVEL or
    /// below, and must not wait.
    fn cancel(&self, _cookie: u64) {}

    /// A cached write passes the allocated end: reserves space, and gives the new allocation.
    fn extend_for_cache(&self, _request: &Request<'_, Self>, _new_size: i64) -> Result<i64> {
        Err(Status::NOT_IMPLEMENTED)
    }

    /// An uncached write passes the allocated end: gives the new allocation.
    fn extend_for_non_cache(&self, _request: &Request<'_, Self>, _new_size: i64) -> Result<i64> {
        Err(Status::NOT_IMPLEMENTED)
    }

    // Oplocks and leases.

    /// What may still be kept local after a break to `level`, which is what the break was reported with.
    fn compute_new_buffering_state(
        &self,
        _srv_open: SrvOpen<'_, Self>,
        _level: usize,
    ) -> Result<Buffering> {
        Err(Status::NOT_IMPLEMENTED)
    }

    /// The cache has been flushed and purged for a break: send the buffered locks and acknowledge. Runs with the FCB held
    /// exclusively; RDBSS waits for the answer.
    fn complete_buffering_state_change(
        &self,
        _request: &Request<'_, Self>,
        _srv_open: SrvOpen<'_, Self>,
        _level: usize,
    ) -> Result<()> {
        Err(Status::NOT_IMPLEMENTED)
    }

    // The device itself.

    /// A device or file system control on the device.
    fn device_control(&self, control: &mut DeviceControl<'_, Self>) -> Result<Controlled>;
}
