//! What RDBSS calls: the table of OxSMB's callbacks, each a line that says where it is done.

use core::num::NonZeroU32;

use nt::pool::{PoolArc, PoolVec, Tag};
use nt::sync::SpinLock;
use nt::{Result, Status};
use rdbss::create::{Create, Opened};
use rdbss::info::{DirectoryQuery, FileInfoQuery, SetFileInfo, VolumeInfoQuery};
use rdbss::low_io::{LowIo, Operation, ReadWrite};
use rdbss::objects::{LogonId, SrvCall, VNetRoot};
use rdbss::{
    Close, Controlled, Device, DeviceControl, Implements, MiniRedirector, Request,
    SrvCallCompletion, VNetRootCompletion, flags::SrvCallFlags,
};

use crate::control::Connections;
use crate::directory::Listing;
use crate::lowio::Serial;
use crate::machine::Machine;
use crate::open::Open;
use crate::server::Server;
use crate::settings::Settings;
use crate::share::{Share, View};
use crate::transport::Transport;
use crate::views::Views;
use crate::{control, directory, information, lowio, open, share};

const TAG: Tag = Tag::new(b"OxRd");

/// The mini-redirector: the state of the device.
pub struct Redirector {
    settings: Settings,
    machine: PoolArc<Machine>,
    /// While the redirector is started.
    transport: SpinLock<Option<Transport>>,
    /// The servers that RDBSS knows.
    servers: SpinLock<PoolVec<PoolArc<Server>>>,
    /// What users have connected to.
    connections: Connections,
    /// What they are connected to.
    views: Views,
}

impl Redirector {
    /// A redirector that is not started yet.
    pub const fn new(settings: Settings, machine: PoolArc<Machine>) -> Self {
        Self {
            settings,
            machine,
            transport: SpinLock::new(None),
            servers: SpinLock::new(PoolVec::new(TAG)),
            connections: Connections::none(),
            views: Views::none(),
        }
    }

    /// A server of this name, not connected yet.
    pub fn server(&self, name: &[u16]) -> Result<PoolArc<Server>> {
        let transport = self.transport.lock().clone();
        let transport = transport.ok_or(Status::REDIRECTOR_NOT_STARTED)?;
        let machine = PoolArc::clone(&self.machine);
        Server::new(name, &self.settings, machine, transport)
    }

    /// The connections that users have made.
    pub fn connections(&self) -> &Connections {
        &self.connections
    }

    /// The views of shares that are connected.
    pub fn views(&self) -> &Views {
        &self.views
    }

    /// Cancellations look for their operation at the servers noted here.
    pub fn note_server(&self, server: &PoolArc<Server>) -> Result<()> {
        self.servers.lock().push(PoolArc::clone(server))
    }

    fn forget_server(&self, server: &Server) {
        let known = {
            let mut servers = self.servers.lock();
            servers
                .iter()
                .position(|known| core::ptr::eq(&raw const **known, server))
                .and_then(|index| servers.swap_remove(index))
        };
        drop(known);
    }
}

impl MiniRedirector for Redirector {
    type SrvCall = Server;
    type NetRoot = Share;
    type VNetRoot = View;
    type SrvOpen = Open;
    type Fobx = Listing;
    type Fcb = ();

    const IMPLEMENTS: Implements = Implements::FLUSH
        .union(Implements::QUERY_DIRECTORY)
        .union(Implements::QUERY_FILE_INFO)
        .union(Implements::SET_FILE_INFO)
        .union(Implements::QUERY_VOLUME_INFO)
        .union(Implements::READ)
        .union(Implements::WRITE)
        .union(Implements::EXTEND_FOR_CACHE)
        .union(Implements::EXTEND_FOR_NON_CACHE);

    const SCAVENGER_TIMEOUT: Option<NonZeroU32> = NonZeroU32::new(10);

    fn start(&self, _device: Device<'_, Self>) -> Result<()> {
        let transport = Transport::start(&self.settings)?;
        *self.transport.lock() = Some(transport);
        Ok(())
    }

    fn stop(&self, _device: Device<'_, Self>) -> Result<()> {
        self.connections.forget_all();
        let transport = self.transport.lock().take();
        if let Some(transport) = transport {
            transport.stop();
        }
        Ok(())
    }

    fn logon_ended(&self, device: Device<'_, Self>, logon: LogonId) {
        self.connections.forget_all_of(logon);
        self.views.logon_ended(device, logon);
    }

    fn create_srv_call(&self, device: Device<'_, Self>, completion: SrvCallCompletion<Self>) {
        share::connect_server(device, completion);
    }

    fn srv_call_ready(&self, srv_call: SrvCall<'_, Self>) -> Result<()> {
        srv_call.set_flags(
            SrvCallFlags::FILE_SERVER
                | SrvCallFlags::CASE_INSENSITIVE_NET_ROOTS
                | SrvCallFlags::CASE_INSENSITIVE_FILE_NAMES,
        );
        Ok(())
    }

    fn finalize_srv_call(&self, srv_call: SrvCall<'_, Self>, _force: bool) {
        if let Some(server) = srv_call.context() {
            server.end();
            self.forget_server(server);
        }
    }

    fn cancel(&self, cookie: u64) {
        // From the end, because a server that goes meanwhile is replaced by the last one.
        let count = self.servers.lock().len();
        for index in (0..count).rev() {
            let server = self.servers.lock().get(index).cloned();
            if let Some(connection) = server.and_then(|server| server.current()) {
                lowio::cancel(&connection, Serial::from_cookie(cookie));
            }
        }
    }

    fn create_v_net_root(&self, device: Device<'_, Self>, completion: VNetRootCompletion<Self>) {
        share::connect_view(device, completion);
    }

    fn finalize_v_net_root(&self, v_net_root: VNetRoot<'_, Self>, _force: bool) {
        let device = v_net_root.net_root().srv_call().device();
        if let (Some(device), Some(view)) = (device, v_net_root.share_context()) {
            share::leave_view(device, view);
        }
    }

    fn create<'a>(&self, create: Create<'a, Self>) -> Result<Opened<'a>> {
        open::create(create)
    }

    fn close_srv_open(&self, close: &Close<'_, Self>) -> Result<()> {
        open::close(close)
    }

    fn flush(&self, request: &Request<'_, Self>) -> Result<()> {
        information::flush(request)
    }

    fn query_directory(&self, query: &mut DirectoryQuery<'_, Self>) -> Result<()> {
        directory::query(query)
    }

    fn query_file_info(&self, query: &mut FileInfoQuery<'_, Self>) -> Result<()> {
        information::query_file(query)
    }

    fn set_file_info(&self, set: &SetFileInfo<'_, Self>) -> Result<()> {
        information::set_file(set)
    }

    fn query_volume_info(&self, query: &mut VolumeInfoQuery<'_, Self>) -> Result<()> {
        information::query_volume(query)
    }

    fn read(&self, operation: Operation<'_, Self, ReadWrite>) -> LowIo {
        lowio::read(operation)
    }

    fn write(&self, operation: Operation<'_, Self, ReadWrite>) -> LowIo {
        lowio::write(operation)
    }

    fn extend_for_cache(&self, request: &Request<'_, Self>, new_size: i64) -> Result<i64> {
        information::extend(request, new_size)
    }

    fn extend_for_non_cache(&self, request: &Request<'_, Self>, new_size: i64) -> Result<i64> {
        information::extend(request, new_size)
    }

    fn device_control(&self, control: &mut DeviceControl<'_, Self>) -> Result<Controlled> {
        control::control(control)
    }
}
