//! The mini-redirector under test: it does what the test's script says.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use nt::pool::{PoolArc, Tag};
use nt::{Result, Status};
use rdbss::connect::{SrvCallCompletion, VNetRootCompletion};
use rdbss::create::{Collapse, Create, Opened};
use rdbss::info::{FileInfoQuery, SecurityQuery, SetFileInfo};
use rdbss::low_io::{UnlockMultiple, UnlockRange};
use rdbss::objects::SrvOpen;
use rdbss::{
    Close, Controlled, Device, DeviceControl, Implements, LowIo, MiniRedirector, Operation,
    ReadWrite, Request, WorkQueue,
};

/// State of some object, which counts how many of its kind there are.
pub struct State(Arc<AtomicUsize>);

impl Drop for State {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What a test makes of a callback.
type Plan<T> = Mutex<Option<Box<T>>>;

/// What the mini-redirector is to do, and what it has been asked.
#[derive(Default)]
#[allow(clippy::type_complexity, reason = "each is a callback's signature")]
pub struct Script {
    /// How many states there are.
    pub states: Arc<AtomicUsize>,
    /// Cookies that were cancelled.
    pub cancelled: Mutex<Vec<u64>>,
    /// How many opens were closed.
    pub closes: AtomicUsize,
    pub create_srv_call: Plan<dyn Fn(SrvCallCompletion<Mini>) + Send>,
    pub create_v_net_root: Plan<dyn Fn(VNetRootCompletion<Mini>) + Send>,
    pub create: Plan<dyn for<'a> Fn(Create<'a, Mini>) -> Result<Opened<'a>> + Send>,
    pub read: Plan<dyn Fn(Operation<'_, Mini, ReadWrite>) -> LowIo + Send>,
    pub unlock_multiple: Plan<dyn Fn(Vec<UnlockRange>) -> LowIo + Send>,
    pub query_file_info: Plan<dyn Fn(&mut FileInfoQuery<'_, Mini>) -> Result<()> + Send>,
    pub query_security: Plan<dyn Fn(&mut SecurityQuery<'_, Mini>) -> Result<()> + Send>,
    pub set_file_info: Plan<dyn Fn(&SetFileInfo<'_, Mini>) -> Result<()> + Send>,
    pub device_control: Plan<dyn Fn(&mut DeviceControl<'_, Mini>) -> Result<Controlled> + Send>,
}

impl Script {
    /// A new state.
    pub fn state(&self) -> PoolArc<State> {
        self.states.fetch_add(1, Ordering::Relaxed);
        PoolArc::new(Tag::new(b"Test"), State(Arc::clone(&self.states))).unwrap()
    }

    /// How many states there are.
    pub fn live(&self) -> usize {
        self.states.load(Ordering::Relaxed)
    }
}

/// Sets a plan.
pub fn plan<T: ?Sized>(plan: &Plan<T>, what: Box<T>) {
    *plan.lock().unwrap() = Some(what);
}

/// The mini-redirector.
pub struct Mini(pub Arc<Script>);

macro_rules! follow {
    ($self:ident . $plan:ident ( $argument:expr )) => {
        $self
            .0
            .$plan
            .lock()
            .unwrap()
            .as_ref()
            .expect("a callback that the test did not plan for")($argument)
    };
}

impl MiniRedirector for Mini {
    type SrvCall = State;
    type NetRoot = State;
    type VNetRoot = State;
    type SrvOpen = State;
    type Fobx = State;
    type Fcb = State;

    const IMPLEMENTS: Implements = Implements::all();

    fn create_srv_call(&self, device: Device<'_, Self>, completion: SrvCallCompletion<Self>) {
        // A refused post drops the completion, which then fails the connect.
        let _ = device.post(WorkQueue::Delayed, |device| {
            let mini = device.mini();
            follow!(mini.create_srv_call(completion));
        });
    }

    fn create_v_net_root(&self, _: Device<'_, Self>, completion: VNetRootCompletion<Self>) {
        follow!(self.create_v_net_root(completion));
    }

    fn create<'a>(&self, create: Create<'a, Self>) -> Result<Opened<'a>> {
        follow!(self.create(create))
    }

    fn collapse_open(&self, _: &Collapse<'_, Self>) -> Result<PoolArc<State>> {
        Ok(self.0.state())
    }

    fn close_srv_open(&self, close: &Close<'_, Self>) -> Result<()> {
        close.srv_open_context()?;
        self.0.closes.fetch_add(1, Ordering::Relaxed);
        Err(Status::NETWORK_NAME_DELETED)
    }

    fn read(&self, operation: Operation<'_, Self, ReadWrite>) -> LowIo {
        follow!(self.read(operation))
    }

    fn unlock_multiple(&self, operation: Operation<'_, Self, UnlockMultiple>) -> LowIo {
        follow!(self.unlock_multiple(operation.ranges().collect()))
    }

    fn cancel(&self, cookie: u64) {
        self.0.cancelled.lock().unwrap().push(cookie);
    }

    fn query_file_info(&self, query: &mut FileInfoQuery<'_, Self>) -> Result<()> {
        follow!(self.query_file_info(query))
    }

    fn query_security(&self, query: &mut SecurityQuery<'_, Self>) -> Result<()> {
        follow!(self.query_security(query))
    }

    fn set_file_info(&self, set: &SetFileInfo<'_, Self>) -> Result<()> {
        follow!(self.set_file_info(set))
    }

    fn compute_new_buffering_state(
        &self,
        _: SrvOpen<'_, Self>,
        level: usize,
    ) -> Result<rdbss::flags::Buffering> {
        Ok(if level == 0 {
            rdbss::flags::Buffering::empty()
        } else {
            rdbss::flags::Buffering::READ
        })
    }

    fn extend_for_cache(&self, _: &Request<'_, Self>, new_size: i64) -> Result<i64> {
        Ok(new_size / 2)
    }

    fn device_control(&self, control: &mut DeviceControl<'_, Self>) -> Result<Controlled> {
        follow!(self.device_control(control))
    }
}
