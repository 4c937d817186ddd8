//! Running out of memory, allocation by allocation: an error every time, and nothing is left behind (which the kernel
//! checks when it is dropped).

mod support;

use nt::mdl::{Mdl, PartialMdl};
use nt::net::{Completion, Gather, Request, Stream};
use nt::pool::{ArcStock, PoolArc, PoolBox, PoolVec, Tag};
use nt::sync::{Event, EventKind, FastMutex, Freelist, Resource, Rundown};
use nt::timer::Timer;
use nt::wsk::{Provider, Socket, resolve};
use nt::{Status, thread};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

const TAG: Tag = Tag::new(b"Test");
const LONG: Duration = Duration::from_secs(60);

/// Fails the first allocation, then the second, and so on, until there are no more.
fn with_every_allocation_failing(run: impl Fn() -> nt::Result<()>) {
    let kernel = support::boot();
    run().unwrap();
    for nth in 1.. {
        kernel.faults().fail_nth(nth);
        let result = run();
        let struck = kernel.faults().struck();
        kernel.faults().clear();
        if struck == 0 {
            assert_eq!(result, Ok(()));
            assert!(nth > 10, "only {nth} allocations were there to fail");
            return;
        }
        assert_eq!(
            result,
            Err(Status::INSUFFICIENT_RESOURCES),
            "allocation {nth}"
        );
    }
}

#[test]
fn small_things() {
    with_every_allocation_failing(|| {
        let boxed = PoolBox::new(TAG, 1)?;
        let stock = ArcStock::new(TAG, 1)?;
        let shared = stock.arc(*boxed)?;
        let mut items = PoolVec::new(TAG);
        items.extend_from_slice(&[*shared; 3])?;
        items.reserve(100)?;
        let list = Freelist::filled(TAG, 2, || PoolBox::new(TAG, 2))?;
        drop(list.take());
        let event = Event::new(EventKind::Notification)?;
        event.set();
        let (mutex, resource) = (FastMutex::new(1)?, Resource::new()?);
        *mutex.lock() += 1;
        drop(resource.shared());
        Rundown::new()?.close_and_wait();
        let timer = Timer::new(|| {})?;
        timer.set(LONG);
        let mdl = PoolArc::new(TAG, Mdl::allocate(TAG, 10)?)?;
        let mut part = PartialMdl::new(5)?;
        part.aim(mdl, 2, 5).map_err(|(status, _)| status)?;
        thread::spawn(|| {})?.join();
        Ok(())
    });
}

/// A request that is only made.
struct Idle {
    _message: Mdl,
}

impl Completion for Idle {
    fn completed(_request: Request<Self>, _result: nt::Result<usize>) {}
}

fn exchange(address: SocketAddr) -> nt::Result<()> {
    let provider = Provider::register(LONG)?;
    let found = resolve(&provider, nt::utf16!("127.0.0.1"), address.port(), LONG)?;
    let address = found.first().copied().unwrap_or(address);
    use_stream(&Socket::connect(&provider, address, LONG)?)
}

fn use_stream(socket: &impl Stream) -> nt::Result<()> {
    socket.set_nodelay(true)?;
    let mut message = Mdl::allocate(TAG, 5)?;
    socket.send_wait(Gather::message(&mut message), LONG)?;
    let request = Request::to_receive(socket, Idle { _message: message })?;
    drop(request);
    // Closing allocates nothing, so it cannot fail.
    socket.close();
    Ok(())
}

#[test]
fn a_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    with_every_allocation_failing(|| exchange(address));
}

#[test]
fn a_connection_by_tdi() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    with_every_allocation_failing(|| use_stream(&nt::tdi::Socket::connect(address, LONG)?));
}
