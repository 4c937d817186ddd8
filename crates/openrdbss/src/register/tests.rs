use super::*;
use crate::bench::{Bench, device};
use core::sync::atomic::{AtomicBool, AtomicI32, Ordering::SeqCst};

static BEGUN: AtomicBool = AtomicBool::new(false);
static SECOND: AtomicI32 = AtomicI32::new(0);

fn with_request(work: unsafe extern "C" fn(*mut RX_CONTEXT, *mut BOOLEAN) -> NTSTATUS) -> NTSTATUS {
    let request = context::create(None, device(), 0).unwrap();
    let mut post = 0;
    // SAFETY: a request of the device, and a local.
    let status = unsafe { work(request.as_ptr(), &raw mut post) };
    assert_eq!(post, 0);
    context::dereference(request);
    status
}

/// MRxStart, while which somebody else starts the mini-redirector too.
unsafe extern "C" fn start_twice(_: *mut RX_CONTEXT, _: *mut RDBSS_DEVICE_OBJECT) -> NTSTATUS {
    if !BEGUN.swap(true, SeqCst) {
        SECOND.store(with_request(RxStartMinirdr), SeqCst);
    }
    STATUS_SUCCESS
}

#[test]
fn a_mini_redirector_is_started_by_one_at_a_time() {
    let bench = Bench::new(|table| table.MRxStart = Some(start_twice));
    bench.run(|| {
        assert_eq!(with_request(RxStartMinirdr), STATUS_SUCCESS);
        assert_eq!(SECOND.load(SeqCst), STATUS_REDIRECTOR_STARTED);
        assert_eq!(get!(device() => StartStopContext.Version), 1);
        assert_eq!(with_request(RxStopMinirdr), STATUS_SUCCESS);
        assert_eq!(with_request(RxStopMinirdr), STATUS_REDIRECTOR_NOT_STARTED);
    });
}
