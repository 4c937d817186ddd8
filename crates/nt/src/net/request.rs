//! Asynchronous operations without allocation.
//!
//! A request is one block of pool with an IRP and the user's context. Whoever has the [`Request`] owns the context;
//! starting an operation gives it away, and the completion gets it back.
//!
//! A transport may complete an operation before the call that starts it returns. If the completion then starts the next one from
//! within, and that completes at once too, the stack would grow with every message. So the first on the stack that
//! starts or completes an operation becomes the request's *runner*: others only mark the operation as done, and the
//! runner calls the completions one after the other from its loop. The price: a thread that starts an operation may be
//! kept for as long as data is there to be had, so do not start a receive with locks held; and a runner at DISPATCH keeps its
//! processor, so a completion counts its turns ([`Request::turn`]) and leaves going on to a thread in time.

use super::carrier::{Carrier, Direction, Transfer};
use super::range::RawRange;
use super::traffic::Traffic;
use super::window::Window;
use crate::irp::{OwnedIrp, outcome};
use crate::pool::{PoolArc, Tag};
use crate::sync::RundownGuard;
use crate::{Result, Status, sys};
use core::cell::UnsafeCell;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};
use core::ptr::NonNull;
use core::sync::atomic::{AtomicU32, Ordering};

const TAG: Tag = Tag::new(b"NtWr");

/// What happens when an operation is over. Implemented by a request's context, which owns the operation's buffers.
pub trait Completion: Send + Sized + 'static {
    /// Called once for every operation started, with the request back and how many bytes were moved (or why not).
    /// The next operation may be started at once, here or elsewhere; after an error, think first: a closed socket
    /// fails every operation right away, so starting on and on never ends. IRQL: any.
    fn completed(request: Request<Self>, result: Result<usize>);
}

/// Somebody calls the completions, or is about to.
const RUNNER: u32 = 1;
/// An operation is over, and its completion was not called yet.
const DONE: u32 = 2;

struct Shared<C> {
    state: AtomicU32,
    /// How many completions the runner has called without a break.
    turn: AtomicU32,
    irp: OwnedIrp,
    stack_size: i8,
    /// Used by the operation under way.
    window: UnsafeCell<Option<Window>>,
    /// Written by who starts an operation, taken by the runner once it is over.
    flight: UnsafeCell<Option<Flight>>,
    /// Belongs to the owner of the [`Request`].
    context: UnsafeCell<C>,
}

// SAFETY: context, flight, window and IRP each have one user at a time, handed on through `state`; so Send is enough.
unsafe impl<C: Send> Sync for Shared<C> {}

/// An operation under way.
struct Flight {
    direction: Direction,
    /// Where an operation was kept, if it came to that.
    traffic: Option<NonNull<Traffic>>,
    /// The bytes, if there are any.
    range: Option<RawRange>,
    /// Set when nothing could be started.
    failure: Option<Status>,
}

// SAFETY: the pointer is kept valid by the operation that is counted there.
unsafe impl Send for Flight {}

/// A reusable operation: an IRP and a context. As a reference it is the context.
pub struct Request<C: Completion> {
    /// Together with the one reference that a flight or a runner may hold.
    shared: PoolArc<Shared<C>>,
    /// The owner has the context as by value.
    owns: PhantomData<C>,
}

impl<C: Completion> Request<C> {
    /// A new request around a context, to send on the stream or on others of its kind. IRQL: any.
    #[track_caller]
    pub fn to_send<S: Carrier>(stream: &S, context: C) -> Result<Self> {
        Self::new(stream, None, context)
    }

    /// A new request around a context, to receive and send on the stream or on others of its kind. IRQL: any.
    #[track_caller]
    pub fn to_receive<S: Carrier>(stream: &S, context: C) -> Result<Self> {
        let window = match stream.receives_by_window() {
            true => Some(Window::new()?),
            false => None,
        };
        Self::new(stream, window, context)
    }

    #[track_caller]
    fn new<S: Carrier>(stream: &S, window: Option<Window>, context: C) -> Result<Self> {
        let stack_size = stream.stack_size();
        let shared = Shared {
            state: AtomicU32::new(0),
            turn: AtomicU32::new(0),
            irp: OwnedIrp::new(stack_size)?,
            stack_size,
            window: UnsafeCell::new(window),
            flight: UnsafeCell::new(None),
            context: UnsafeCell::new(context),
        };
        Ok(Self {
            shared: PoolArc::new(TAG, shared)?,
            owns: PhantomData,
        })
    }

    /// In a completion: how many completions have come one after the other without a break, this one included. A
    /// completion at DISPATCH that starts the next operation keeps the processor for as long as they come at once: at a
    /// number of its choice it had better have a thread start the next.
    pub fn turn(&self) -> u32 {
        self.shared.turn.load(Ordering::Relaxed)
    }

    /// Gives the request away to an operation over the bytes that the closure names.
    #[track_caller]
    pub(super) fn start<S: Carrier>(
        mut self,
        stream: &S,
        direction: Direction,
        range: impl FnOnce(&mut C) -> Result<RawRange>,
    ) {
        let range = range(&mut self);
        let is_runner = self.shared.state.fetch_or(RUNNER, Ordering::AcqRel) & RUNNER == 0;
        // A runner needs the request after the completion may have dropped it; nobody else may keep it for longer.
        let runner = is_runner.then(|| PoolArc::clone(&self.shared));
        let owner = PoolArc::into_raw(self.shared);
        // SAFETY: the owner's reference was given up just now, for this operation.
        if let Err(status) = unsafe { launch(owner, stream, direction, range) } {
            // Nothing is under way, so nobody else will say that it is over.
            let flight = Flight {
                direction,
                traffic: None,
                range: None,
                failure: Some(status),
            };
            // SAFETY: the operation is ours until it is marked as done.
            unsafe { fail(owner, flight) };
        }
        if let Some(shared) = runner {
            run(shared);
        }
    }
}

/// Counts the operation at the stream and calls its transport. An error says that it was not called and nothing is counted.
///
/// # Safety
///
/// The pointer is an owner's reference that was given up to this operation. After success it belongs to the completion.
#[track_caller]
unsafe fn launch<C: Completion, S: Carrier>(
    owner: NonNull<Shared<C>>,
    stream: &S,
    direction: Direction,
    range: Result<RawRange>,
) -> Result<()> {
    let range = range?;
    let traffic = stream.traffic();
    // SAFETY: the caller vouches for the reference, which is ours until the transport is called.
    let shared = unsafe { owner.as_ref() };
    if shared.stack_size < stream.stack_size() {
        return Err(Status::INVALID_PARAMETER);
    }
    let operation = traffic.enter()?;
    traffic.call(|| {
        let flight = Flight {
            direction,
            traffic: Some(NonNull::from(traffic)),
            range: Some(range),
            failure: None,
        };
        // SAFETY: no operation is under way, so nobody else uses the flight.
        let flight = unsafe { &mut *shared.flight.get() }.insert(flight);
        let Some(range) = flight.range.as_mut() else {
            return Err(Status::INTERNAL_ERROR);
        };
        let irp = shared.irp.as_ptr();
        // SAFETY: the packet is not in flight; the owner's reference stays given up until its completion.
        unsafe {
            shared
                .irp
                .prepare(Some(completed::<C>), owner.as_ptr().cast())
        };
        let transfer = Transfer {
            direction,
            range: NonNull::from(range),
            // SAFETY: as for the flight.
            window: unsafe { &mut *shared.window.get() }
                .as_mut()
                .map(NonNull::from),
            irp,
        };
        // Before the call, because the completion may come before it returns.
        operation.keep();
        // The outcome comes by the completion routine, whatever is returned here.
        // SAFETY: the memory belongs to the context, which nobody touches before the completion; the stream is open.
        let started = unsafe { stream.transfer(transfer) };
        if started.is_err() {
            // SAFETY: kept just now, and nothing was started that would take it back.
            drop(unsafe { traffic.take_back() });
        }
        started.map(|_| ())
    })
}

/// Completion routine of the IRP, whose context is the owner's reference.
unsafe extern "C" fn completed<C: Completion>(
    _device: sys::PDEVICE_OBJECT,
    _irp: sys::PIRP,
    context: sys::PVOID,
) -> sys::NTSTATUS {
    if let Some(owner) = NonNull::new(context.cast()) {
        // SAFETY: `launch` gave this context, once for this completion.
        unsafe { finish::<C>(owner) };
    }
    Status::MORE_PROCESSING_REQUIRED.0
}

/// Ends an operation that never began.
///
/// # Safety
///
/// As for [`finish`], and no operation is under way.
#[track_caller]
unsafe fn fail<C: Completion>(owner: NonNull<Shared<C>>, flight: Flight) {
    // SAFETY: the caller vouches that the block is there.
    let place = unsafe { owner.as_ref() }.flight.get();
    // SAFETY: the caller vouches that nobody else uses it.
    unsafe { *place = Some(flight) };
    // SAFETY: the caller vouches.
    unsafe { finish(owner) };
}

/// Marks the operation as over; calls the completion unless somebody else will.
///
/// # Safety
///
/// The pointer is an owner's reference that was given up to this operation, which is over now.
#[track_caller]
unsafe fn finish<C: Completion>(owner: NonNull<Shared<C>>) {
    // SAFETY: the owner's reference is given up, and cannot be taken back before the mark.
    let state = unsafe { &owner.as_ref().state };
    // After the mark a runner elsewhere may take the reference back and drop it, so nothing is touched any more.
    if state.fetch_or(DONE | RUNNER, Ordering::AcqRel) & RUNNER == 0 {
        // SAFETY: only a runner takes the reference back, and that is us.
        run(unsafe { PoolArc::clone_raw(owner) });
    }
}

/// The runner's loop: calls completions until none is due, and stops being the runner.
#[track_caller]
fn run<C: Completion>(shared: PoolArc<Shared<C>>) {
    let mut operation = None;
    let mut turn = 0u32;
    while shared
        .state
        .compare_exchange(RUNNER, 0, Ordering::AcqRel, Ordering::Acquire)
        .is_err()
    {
        shared.state.fetch_and(!DONE, Ordering::AcqRel);
        turn = turn.saturating_add(1);
        shared.turn.store(turn, Ordering::Relaxed);
        operation = deliver(&shared).or(operation);
    }
    // The context may go with this reference. Only then is the operation over for the stream, so that whoever closes it
    // knows that nothing of its requests is left behind.
    drop(shared);
    drop(operation);
}

/// Gives the request back to its completion; returns what its stream waits for.
#[track_caller]
fn deliver<'a, C: Completion>(shared: &PoolArc<Shared<C>>) -> Option<RundownGuard<'a>> {
    // SAFETY: the operation is over and we are the runner, so nobody else uses the flight.
    let flight = unsafe { &mut *shared.flight.get() }.take()?;
    let result = match flight.failure {
        Some(status) => Err(status),
        None => {
            // SAFETY: the packet has completed and is ours.
            let (status, bytes) = unsafe { outcome(shared.irp.as_ptr()) };
            flight.direction.result(status, bytes)
        }
    };
    // SAFETY: as for the flight.
    if let Some(window) = unsafe { &mut *shared.window.get() } {
        window.close();
    }
    drop(flight.range);
    let operation = flight.traffic.map(|traffic| {
        // SAFETY: the stream waits for the operation that was kept there.
        let traffic: &'a Traffic = unsafe { traffic.as_ref() };
        // SAFETY: `launch` kept it.
        unsafe { traffic.take_back() }
    });
    let request = Request {
        // SAFETY: `start` gave this reference up, for one delivery.
        shared: unsafe { PoolArc::from_raw(PoolArc::as_ptr(shared)) },
        owns: PhantomData,
    };
    C::completed(request, result);
    operation
}

impl<C: Completion> Deref for Request<C> {
    type Target = C;

    fn deref(&self) -> &C {
        // SAFETY: the context belongs to the request's owner, who lends the request.
        unsafe { &*self.shared.context.get() }
    }
}

impl<C: Completion> DerefMut for Request<C> {
    fn deref_mut(&mut self) -> &mut C {
        // SAFETY: as above, mutably.
        unsafe { &mut *self.shared.context.get() }
    }
}
