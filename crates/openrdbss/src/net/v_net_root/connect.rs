//! Connecting a view: MRxCreateVNetRoot and what its answer means for the view and its share.

use super::{block, credentials, leave};
use crate::assertion::{Rule, violated};
use crate::context::{self, Context};
use crate::kernel::{event, resource};
use crate::list;
use crate::live::{Live, addr, follow, get, set};
use crate::net::callback::{self, POISON, poison, require_pending};
use crate::net::{condition, net_root};
use nt::sys::{LIST_ENTRY, NTSTATUS, STATUS_BAD_NETWORK_NAME, STATUS_SUCCESS};
use rdbss::raw::*;

/// Lets the mini-redirector connect to the share in the user's name, and tells who waits for it.
pub(super) fn connect(
    context: Context,
    table: Live<RX_PREFIX_TABLE>,
    view: Live<V_NET_ROOT>,
    share: Live<NET_ROOT>,
    made_share: bool,
) -> Result<Live<V_NET_ROOT>, NTSTATUS> {
    let (share_state, share_waiters) = condition::of!(share);
    if !made_share {
        // Another request makes the share; whether it is there decides what the mini-redirector has to do.
        condition::wait(share_state, share_waiters, context);
    }
    let share_usable = made_share || condition::is_good(share_state);
    let (view_status, share_status) = if share_usable {
        call_mini(context, view)
    } else {
        (STATUS_BAD_NETWORK_NAME, STATUS_BAD_NETWORK_NAME)
    };
    credentials::wipe_password(view);
    set!(view => mrx.ConstructionStatus, view_status);
    let share_failed = made_share && share_status != STATUS_SUCCESS;
    if share_failed || view_status != STATUS_SUCCESS {
        let lock = addr!(table => TableLock);
        resource::acquire_exclusive(lock, true);
        leave(table, view);
        if share_failed {
            net_root::leave(table, share);
        }
        resource::release(lock);
    }
    if made_share {
        let state = if share_failed {
            Condition_Bad
        } else {
            Condition_Good
        };
        condition::update(share_state, share_waiters, state);
    }
    let (state, waiters) = condition::of!(view);
    if view_status == STATUS_SUCCESS && !share_failed {
        condition::update(state, waiters, Condition_Good);
        return Ok(view);
    }
    let status = if view_status == STATUS_SUCCESS {
        share_status
    } else {
        view_status
    };
    set!(view => mrx.ConstructionStatus, status);
    condition::update(state, waiters, Condition_Bad);
    Err(status)
}

/// Calls MRxCreateVNetRoot and waits for its callback: the status of the view and that of the share.
fn call_mini(context: Context, view: Live<V_NET_ROOT>) -> (NTSTATUS, NTSTATUS) {
    const FAILED: (NTSTATUS, NTSTATUS) = (STATUS_BAD_NETWORK_NAME, STATUS_BAD_NETWORK_NAME);
    let Some(callbacks) = context::callbacks(context) else {
        return FAILED;
    };
    let Some(create) = get!(callbacks => MRxCreateVNetRoot) else {
        violated(Rule::RequiredCallbackMissing, callbacks.as_ptr());
        return FAILED;
    };
    let cell = addr!(block(view) => create);
    event::init_notification(addr!(cell => FinishEvent), false);
    list::init(addr!(cell => WorkQueueItem.List));
    set!(cell => RxContext, context.as_ptr());
    set!(cell => pVNetRoot, view.as_ptr());
    set!(cell => VirtualNetRootStatus, STATUS_BAD_NETWORK_NAME);
    set!(cell => NetRootStatus, STATUS_BAD_NETWORK_NAME);
    set!(cell => Callback, Some(created));
    // SAFETY: the view and the cell live until the callback has come, which is waited for below.
    let returned = unsafe { create(cell.as_ptr()) };
    if let Err(status) = require_pending(returned, STATUS_BAD_NETWORK_NAME, view) {
        return (status, status);
    }
    event::wait(addr!(cell => FinishEvent));
    get!(block(view) => outcome)
}

/// The mini-redirector has finished MRxCreateVNetRoot; called by it, once, from any thread.
unsafe extern "C" fn created(context: *mut MRX_CREATENETROOT_CONTEXT) {
    // SAFETY: the mini-redirector hands back what MRxCreateVNetRoot got.
    let Some(cell) = (unsafe { Live::from_nullable(context) }) else {
        return;
    };
    let Some(view) = follow!(cell => pVNetRoot) else {
        return;
    };
    let outcome = (
        get!(cell => VirtualNetRootStatus),
        get!(cell => NetRootStatus),
    );
    set!(block(view) => outcome, outcome);
    // All but the trap for a second call, and the event that the request waits for.
    set!(cell => RxContext, poison());
    set!(cell => pVNetRoot, poison());
    set!(cell => VirtualNetRootStatus, POISON as u32 as NTSTATUS);
    set!(cell => NetRootStatus, POISON as u32 as NTSTATUS);
    let work = RX_WORK_QUEUE_ITEM {
        List: LIST_ENTRY {
            Flink: poison(),
            Blink: poison(),
        },
        WorkerRoutine: None,
        Parameter: poison(),
        pDeviceObject: poison(),
    };
    set!(cell => WorkQueueItem, work);
    set!(cell => Callback, Some(callback::again));
    event::set(addr!(cell => FinishEvent));
}
