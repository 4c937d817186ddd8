//! Which slots of the table are filled.

use core::num::NonZeroU32;

use nt::Result;
use rdbss::connect::{SrvCallCompletion, VNetRootCompletion};
use rdbss::create::{Create, Opened};
use rdbss::raw::{RDBSS_NO_DEFERRED_CACHE_READAHEAD, RDBSS_NTC_MINIRDR_DISPATCH};
use rdbss::{Close, Controlled, Device, DeviceControl, Implements, MiniRedirector, dispatch_table};

use crate::mini::Mini;

/// Implements nothing that is optional.
struct Bare;

impl MiniRedirector for Bare {
    type SrvCall = ();
    type NetRoot = ();
    type VNetRoot = ();
    type SrvOpen = ();
    type Fobx = ();
    type Fcb = ();

    const IMPLEMENTS: Implements = Implements::empty();
    const SCAVENGER_TIMEOUT: Option<NonZeroU32> = NonZeroU32::new(30);
    const DEFERS_READ_AHEAD: bool = false;

    fn create_srv_call(&self, _: Device<'_, Self>, _: SrvCallCompletion<Self>) {}

    fn create_v_net_root(&self, _: Device<'_, Self>, _: VNetRootCompletion<Self>) {}

    fn create<'a>(&self, _: Create<'a, Self>) -> Result<Opened<'a>> {
        Err(nt::Status::NOT_IMPLEMENTED)
    }

    fn close_srv_open(&self, _: &Close<'_, Self>) -> Result<()> {
        Ok(())
    }

    fn device_control(&self, _: &mut DeviceControl<'_, Self>) -> Result<Controlled> {
        Ok(Controlled::Done)
    }
}

#[test]
fn what_rdbss_calls_unchecked_is_always_there() {
    let table = dispatch_table::<Bare>();
    assert!(table.MRxCreateSrvCall.is_some());
    assert!(table.MRxExtractNetRootName.is_some());
    assert!(table.MRxShouldTryToCollapseThisOpen.is_some());
    assert!(table.MRxDeallocateForFcb.is_some());
    assert!(table.MRxDevFcbXXXControlFile.is_some());
}

#[test]
fn what_drops_contexts_is_always_there() {
    let table = dispatch_table::<Bare>();
    assert!(table.MRxSrvCallWinnerNotify.is_some() && table.MRxFinalizeSrvCall.is_some());
    assert!(table.MRxFinalizeNetRoot.is_some() && table.MRxFinalizeVNetRoot.is_some());
    assert!(table.MRxCloseSrvOpen.is_some() && table.MRxForceClosed.is_some());
    assert!(table.MRxDeallocateForFobx.is_some());
}

#[test]
fn what_is_not_implemented_is_null() {
    let table = dispatch_table::<Bare>();
    assert!(table.MRxFlush.is_none() && table.MRxCollapseOpen.is_none());
    assert!(table.MRxQueryDirectory.is_none() && table.MRxSetFileInfo.is_none());
    assert!(table.MRxComputeNewBufferingState.is_none() && table.MRxIsLockRealizable.is_none());
    assert!(table.MRxLowIOSubmit.iter().all(Option::is_none));
}

#[test]
fn what_is_implemented_is_there() {
    let table = dispatch_table::<Mini>();
    assert!(table.MRxFlush.is_some() && table.MRxCollapseOpen.is_some());
    assert!(table.MRxQueryDirectory.is_some() && table.MRxSetFileInfo.is_some());
    assert!(table.MRxComputeNewBufferingState.is_some() && table.MRxIsLockRealizable.is_some());
    assert!(table.MRxGetConnectionId.is_some() && table.MRxPreparseName.is_some());
    let filled = table.MRxLowIOSubmit.map(|routine| routine.is_some());
    assert_eq!(
        filled,
        [
            true, true, true, true, true, true, true, true, true, false, false
        ]
    );
}

#[test]
fn what_nobody_calls_is_null() {
    let table = dispatch_table::<Mini>();
    assert!(table.MRxCancel.is_none() && table.MRxCancelCreateSrvCall.is_none());
    assert!(table.MRxOpenPrintFile.is_none() && table.MRxClosedFcbTimeOut.is_none());
}

#[test]
fn the_settings_come_from_the_trait() {
    let table = dispatch_table::<Bare>();
    assert_eq!(
        (table.NodeTypeCode, table.NodeByteSize),
        (RDBSS_NTC_MINIRDR_DISPATCH, 536)
    );
    assert_eq!(
        (table.MRxFlags, table.ScavengerTimeout),
        (RDBSS_NO_DEFERRED_CACHE_READAHEAD, 30)
    );
    assert_eq!((table.MRxSrvOpenSize, table.MRxFcbSize), (0, 0));
    let table = dispatch_table::<Mini>();
    assert_eq!((table.MRxFlags, table.ScavengerTimeout), (0, 0));
}
