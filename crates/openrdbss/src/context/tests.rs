use super::*;
use crate::bench::{Bench, device};
use nt::irp::OwnedIrp;

#[test]
fn a_request_that_nobody_holds_is_not_cancelled_any_more() {
    let bench = Bench::new(|_| ());
    bench.run(|| {
        let context = create(None, device(), 0).unwrap();
        let other = create(None, device(), 0).unwrap();
        // As `dereference` leaves it before it has the list's lock.
        set!(context => ReferenceCount, 0);
        cancel::cancel_all(|found| found == context || found == other);
        assert!(!has(context, RX_CONTEXT_FLAG_CANCELLED));
        assert_eq!(get!(context => ReferenceCount), 0);
        assert_eq!(get!(context => NodeTypeCode), RDBSS_NTC_RX_CONTEXT);
        assert!(has(other, RX_CONTEXT_FLAG_CANCELLED));
        set!(context => ReferenceCount, 1);
        dereference(context);
        dereference(other);
    });
}

/// A close's request, in the driver's stack location.
fn close_request() -> OwnedIrp {
    let owned = OwnedIrp::new(1).unwrap();
    // SAFETY: the request is ours.
    let next = unsafe { nt::irp::next_stack_location(owned.as_ptr()) };
    // SAFETY: as above.
    let request = unsafe { Live::from_nullable(owned.as_ptr()) }.unwrap();
    set!(request => CurrentLocation, get!(request => CurrentLocation) - 1);
    let overlay = addr!(request => Tail.Overlay.__bindgen_anon_2.__bindgen_anon_1);
    set!(overlay => CurrentStackLocation, next);
    let stack = irp::stack(request).unwrap();
    set!(stack => MajorFunction, nt::sys::IRP_MJ_CLOSE as u8);
    owned
}

#[test]
fn without_memory_a_close_of_the_librarys_own_does_not_wait_for_a_users() {
    let bench = Bench::new(|_| ());
    bench.run(|| {
        let owned = close_request();
        // SAFETY: the request is ours.
        let request = unsafe { Live::from_nullable(owned.as_ptr()) };
        bench.kernel.faults().fail_from(1);
        // Twice, since each is to be given back.
        for _ in 0..2 {
            let users = create_must_succeed(request, device(), 0).unwrap();
            // With one reserve for both this would wait for ever.
            let own = create_must_succeed(None, device(), 0).unwrap();
            assert!(users != own);
            dereference(users);
            dereference(own);
        }
        bench.kernel.faults().clear();
    });
}

#[test]
fn a_request_that_outlasts_the_patience_leaves_its_device_alone() {
    let bench = Bench::new(|_| ());
    bench.run(|| {
        let context = create(None, device(), 0).unwrap();
        wait_for_none(device(), 1);
        // The device may be freed from here on.
        dereference(context);
        assert_eq!(get!(device() => NumberOfActiveContexts), 1);
        set!(device() => NumberOfActiveContexts, 0);
    });
}
