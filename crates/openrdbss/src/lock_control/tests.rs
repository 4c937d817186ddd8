use super::*;
use crate::bench::{Bench, device};

#[test]
fn a_cancelled_request_that_waits_for_no_lock_is_not_asked_for_its_file() {
    let bench = Bench::new(|_| ());
    bench.run(|| {
        let request = context::create(None, device(), 0).unwrap();
        // As of a request whose IRP is completed and whose file is closed: nothing is there.
        set!(request => pFcb, core::ptr::without_provenance_mut(0x1000));
        crate::cancel::cancel_all(|other| other == request);
        assert!(context::has(request, RX_CONTEXT_FLAG_CANCELLED));
        context::dereference(request);
    });
}
