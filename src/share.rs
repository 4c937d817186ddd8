//! Shares: RDBSS's NET_ROOT, and V_NET_ROOT, which is one user's view of it.

use core::mem;

use nt::pool::{PoolArc, PoolVec, Tag};
use nt::sync::{Resource, SpinLock};
use nt::{Result, Status};
use rdbss::connect::{ShareParameters, VNetRootLink};
use rdbss::{Device, SrvCallCompletion, VNetRootCompletion, WorkQueue};

use crate::control::Protocol;
use crate::credentials::Credentials;
use crate::dispatch::Redirector;
use crate::server::Server;
use crate::session::{Session, Tree};
use crate::views::Views;

const TAG: Tag = Tag::new(b"OxSh");

/// A share. What there is to know of it is in its views.
pub struct Share;

/// One user's view of a share: the tree connect, and what is needed to have it again after the connection was lost.
pub struct View {
    server: PoolArc<Server>,
    /// Those that were given; once connected, those of the session, which serves for whoever was not named.
    credentials: SpinLock<PoolArc<Credentials>>,
    /// `\\server\share`.
    path: PoolVec<u16>,
    /// Held while the tree is connected or left, over the network.
    making: Resource,
    tree: SpinLock<Option<PoolArc<Tree>>>,
    /// To RDBSS's view.
    link: PoolArc<VNetRootLink>,
}

impl View {
    /// The server.
    pub fn server(&self) -> &PoolArc<Server> {
        &self.server
    }

    /// The way to RDBSS's view.
    pub fn link(&self) -> &VNetRootLink {
        &self.link
    }

    /// Who the user is to the server.
    pub fn credentials(&self) -> PoolArc<Credentials> {
        PoolArc::clone(&*self.credentials.lock())
    }

    /// How it speaks to the server, unless the connection was lost. IRQL: any.
    pub fn protocol(&self) -> Option<Protocol> {
        let tree = self.tree.lock().clone()?;
        let connected = tree.connection().check().is_ok();
        connected.then(|| tree.protocol())
    }

    /// The tree, connected anew if the connection was lost. IRQL: PASSIVE.
    pub fn tree(&self) -> Result<PoolArc<Tree>> {
        let _making = self.making.exclusive();
        let current = self.tree.lock().clone();
        if let Some(tree) = current {
            if tree.connection().check().is_ok() {
                return Ok(tree);
            }
            self.forget(&tree, Status::CONNECTION_DISCONNECTED);
        }
        match self.connect() {
            // Another view's session, which the server has deleted meanwhile, is gone now: log on again.
            Err(Status::USER_SESSION_DELETED) => self.connect(),
            outcome => outcome,
        }
    }

    fn connect(&self) -> Result<PoolArc<Tree>> {
        let (session, credentials) = self.server.join(&self.credentials())?;
        let old = mem::replace(&mut *self.credentials.lock(), credentials);
        drop(old);
        match Tree::connect(&session, &self.path) {
            Ok(tree) => {
                *self.tree.lock() = Some(PoolArc::clone(&tree));
                Ok(tree)
            }
            Err(status) => {
                self.give_back(&session, status);
                Err(status)
            }
        }
    }

    /// Drops a tree that is of no use any more, for the reason `why`, so that the next use connects anew. IRQL: PASSIVE.
    pub fn forget(&self, tree: &PoolArc<Tree>, why: Status) {
        let gone = {
            let mut current = self.tree.lock();
            match &*current {
                Some(known) if PoolArc::ptr_eq(known, tree) => current.take(),
                _ => None,
            }
        };
        if let Some(tree) = gone {
            self.give_back(tree.session(), why);
        }
    }

    fn give_back(&self, session: &PoolArc<Session>, why: Status) {
        if why == Status::USER_SESSION_DELETED {
            self.server.forget(session);
        } else {
            self.server.leave(session);
        }
    }

    /// Leaves the share. IRQL: PASSIVE.
    fn leave(&self) {
        let _making = self.making.exclusive();
        let tree = self.tree.lock().take();
        if let Some(tree) = tree {
            if tree.connection().check().is_ok() {
                Tree::disconnect(&tree);
            }
            self.server.leave(tree.session());
        }
    }
}

/// MRxCreateSrvCall: connects to a server on a worker thread, because the caller's stack and time are not ours.
pub fn connect_server(device: Device<'_, Redirector>, completion: SrvCallCompletion<Redirector>) {
    // A completion that goes down with its work answers for itself.
    let _ = device.post(WorkQueue::Delayed, move |device| {
        let server = open_server(device, completion.srv_call().name());
        completion.complete(server);
    });
}

fn open_server(device: Device<'_, Redirector>, name: &[u16]) -> Result<PoolArc<Server>> {
    let server = device.mini().server(name)?;
    server.connect()?;
    device.mini().note_server(&server)?;
    Ok(server)
}

/// MRxCreateVNetRoot: logs on and connects to the share on a worker thread.
pub fn connect_view(device: Device<'_, Redirector>, completion: VNetRootCompletion<Redirector>) {
    let _ = device.post(WorkQueue::Delayed, move |device| {
        let views = device.mini().views();
        views.end_abandoned();
        match open_view(&completion, views) {
            Ok((view, share)) => completion.succeed(view, share, &ShareParameters::default()),
            Err(status) => completion.fail(status),
        }
    });
}

fn open_view(
    completion: &VNetRootCompletion<Redirector>,
    views: &Views,
) -> Result<(PoolArc<View>, PoolArc<Share>)> {
    let v_net_root = completion.v_net_root();
    let net_root = v_net_root.net_root();
    let server = net_root
        .srv_call()
        .share_context()
        .ok_or(Status::BAD_NETWORK_PATH)?;
    let logon = v_net_root.logon_id();
    let credentials = Credentials::new(logon, v_net_root.credentials())?;
    let share = net_root.share_name();
    if share.len() < 2 {
        return Err(Status::BAD_NETWORK_NAME);
    }
    if nt::string::eq_ignore_case(share, nt::utf16!("\\IPC$")) {
        // Windows' DFS client asks so whether a path is DFS's; any other refusal would fail the caller's open (rdbss.md 4.3).
        return Err(Status::MORE_PROCESSING_REQUIRED);
    }
    let mut path = PoolVec::new(TAG);
    path.extend_from_slice(&[BACKSLASH, BACKSLASH])?;
    path.extend_from_slice(server.host())?;
    path.extend_from_slice(share)?;
    let view = PoolArc::new(
        TAG,
        View {
            server,
            credentials: SpinLock::new(PoolArc::new(TAG, credentials)?),
            path,
            making: Resource::new()?,
            tree: SpinLock::new(None),
            link: v_net_root.link().ok_or(Status::INVALID_PARAMETER)?,
        },
    )?;
    let share = PoolArc::new(TAG, Share)?;
    // What the logon connects to must end with it.
    logon.mark()?;
    view.tree()?;
    if let Err(status) = views.note(&view, logon) {
        view.leave();
        return Err(status);
    }
    Ok((view, share))
}

/// MRxFinalizeVNetRoot: leaves the share on a worker thread, since RDBSS holds its tables meanwhile. A server that cannot be
/// told any more notices when the connection ends.
pub fn leave_view(device: Device<'_, Redirector>, view: PoolArc<View>) {
    device.mini().views().forget(&view);
    let leaving = Leaving::new(view);
    let _ = device.post(WorkQueue::Delayed, move |_| leaving.0.leave());
}

/// A view that is to leave its share. Dropped when it has, or when it cannot.
struct Leaving(PoolArc<View>);

impl Leaving {
    fn new(view: PoolArc<View>) -> Self {
        view.server.leave_begins();
        Self(view)
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.server.leave_ends();
    }
}

const BACKSLASH: u16 = b'\\' as u16;
