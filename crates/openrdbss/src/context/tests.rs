use super::*;
use crate::bench::{Bench, device};

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
