//! SRV_CALL: a server (reference 4.2).

use super::callback::{self, POISON, poison, require_pending};
use super::named::{self, Fields, Named, Stay};
use super::{condition, dereference, finalize};
use crate::assertion::{Rule, violated};
use crate::context::{self, Context};
use crate::kernel::{event, pool, resource};
use crate::live::{Live, addr, follow, get, set};
use crate::{buffering, list, unicode};
use nt::sys::{
    NTSTATUS, STATUS_BAD_NETWORK_PATH, STATUS_INSUFFICIENT_RESOURCES, STATUS_SUCCESS,
    UNICODE_STRING,
};
use rdbss::raw::*;

/// A SRV_CALL and what the library keeps with it; the name follows.
#[repr(C)]
pub(crate) struct Block {
    pub public: SRV_CALL,
    pub name: UNICODE_STRING,
    pub domain: UNICODE_STRING,
    /// What MRxCreateSrvCall works with. It stays until the SRV_CALL goes, so that a second callback is noticed.
    pub calldown: MRX_SRVCALLDOWN_STRUCTURE,
    /// What the callback said.
    pub outcome: NTSTATUS,
    pub recommunicate: PVOID,
    pub finalize_item: RX_WORK_QUEUE_ITEM,
    stay: Stay,
}

/// The library's part of a SRV_CALL.
pub(crate) fn block(srv_call: Live<SRV_CALL>) -> Live<Block> {
    // SAFETY: every SRV_CALL is made by `create`, as the start of a block.
    unsafe { srv_call.cast() }
}

impl Named for SRV_CALL {
    const NODE_TYPE: u16 = RDBSS_NTC_SRVCALL;

    fn fields(srv_call: Live<Self>) -> Fields {
        Fields {
            references: addr!(srv_call => mrx.NodeReferenceCount),
            entry: addr!(srv_call => PrefixEntry),
            stay: addr!(block(srv_call) => stay),
        }
    }

    fn device(srv_call: Live<Self>) -> Option<Live<RDBSS_DEVICE_OBJECT>> {
        follow!(srv_call => mrx.RxDeviceObject)
    }

    fn finalize(srv_call: Live<Self>) {
        finalize::srv_call(srv_call);
    }
}

/// The server of that name, connected and with a reference for the caller.
pub(crate) fn obtain(
    context: Context,
    device: Live<RDBSS_DEVICE_OBJECT>,
    name: &[u16],
) -> Result<Live<SRV_CALL>, NTSTATUS> {
    let table = follow!(device => pRxNetNameTable).ok_or(STATUS_BAD_NETWORK_PATH)?;
    let lock = addr!(table => TableLock);
    resource::acquire_shared(lock, true);
    let mut found = named::find::<SRV_CALL>(table, name);
    resource::release(lock);
    if found.is_none() {
        let fresh = create(device, name).ok_or(STATUS_INSUFFICIENT_RESOURCES)?;
        resource::acquire_exclusive(lock, true);
        found = named::find(table, name);
        if found.is_none() {
            named::enter(table, fresh, get!(block(fresh) => name));
        }
        resource::release(lock);
        if found.is_none() {
            return connect(context, fresh);
        }
        free(fresh);
    }
    let srv_call = found.ok_or(STATUS_BAD_NETWORK_PATH)?;
    let (state, waiters) = condition::of!(srv_call);
    condition::wait(state, waiters, context);
    if condition::is_good(state) {
        return Ok(srv_call);
    }
    let status = get!(srv_call => mrx.Status);
    dereference(srv_call);
    Err(status)
}

fn create(device: Live<RDBSS_DEVICE_OBJECT>, name: &[u16]) -> Option<Live<SRV_CALL>> {
    let name_at = size_of::<Block>();
    let bytes = name_at.saturating_add(name.len().saturating_mul(2));
    let block = pool::allocate::<Block>(bytes, RX_SRVCALL_POOLTAG)?;
    let text = block.as_ptr().wrapping_byte_add(name_at).cast();
    // SAFETY: the block has room for the name at its end.
    set!(block => name, unsafe { unicode::copy_to(name, text) });
    let srv_call = addr!(block => public);
    set!(srv_call => mrx.NodeTypeCode, RDBSS_NTC_SRVCALL);
    set!(srv_call => mrx.NodeByteSize, size_of::<SRV_CALL>() as u16);
    set!(srv_call => mrx.NodeReferenceCount, 1);
    set!(srv_call => mrx.RxDeviceObject, device.as_ptr());
    set!(srv_call => mrx.pSrvCallName, addr!(block => name).as_ptr());
    set!(srv_call => mrx.pDomainName, addr!(block => domain).as_ptr());
    set!(srv_call => mrx.Status, STATUS_BAD_NETWORK_PATH);
    set!(srv_call => Condition, Condition_InTransition);
    list::init(addr!(srv_call => TransitionWaitList));
    list::init(addr!(srv_call => ScavengerFinalizationList));
    list::init(addr!(srv_call => PurgeSyncronizationContext.ContextsAwaitingPurgeCompletion));
    buffering::init(srv_call);
    Some(srv_call)
}

/// Lets the mini-redirector connect to the server, and tells who waits for it.
fn connect(context: Context, srv_call: Live<SRV_CALL>) -> Result<Live<SRV_CALL>, NTSTATUS> {
    let status = call_mini(context, srv_call);
    set!(srv_call => mrx.Status, status);
    let (state, waiters) = condition::of!(srv_call);
    if status == STATUS_SUCCESS {
        condition::update(state, waiters, Condition_Good);
        return Ok(srv_call);
    }
    if let Some(table) =
        context::device(context).and_then(|device| follow!(device => pRxNetNameTable))
    {
        let lock = addr!(table => TableLock);
        resource::acquire_exclusive(lock, true);
        named::leave(table, srv_call);
        resource::release(lock);
    }
    condition::update(state, waiters, Condition_Bad);
    dereference(srv_call);
    Err(status)
}

fn call_mini(context: Context, srv_call: Live<SRV_CALL>) -> NTSTATUS {
    let Some(callbacks) = context::callbacks(context) else {
        return STATUS_BAD_NETWORK_PATH;
    };
    let calldown = addr!(block(srv_call) => calldown);
    let callback_context = addr!(calldown => CallbackContexts)
        .as_ptr()
        .cast::<MRX_SRVCALL_CALLBACK_CONTEXT>();
    event::init_notification(addr!(calldown => FinishEvent), false);
    list::init(addr!(calldown => SrvCalldownList));
    set!(calldown => RxContext, context.as_ptr());
    set!(calldown => SrvCall, srv_call.as_ptr().cast());
    set!(calldown => CallBack, Some(created));
    set!(calldown => NumberRemaining, 1);
    set!(calldown => NumberToWait, 1);
    let device = get!(context => RxDeviceObject);
    set!(calldown => BestFinisher, device);
    let cell = MRX_SRVCALL_CALLBACK_CONTEXT {
        SrvCalldownStructure: calldown.as_ptr(),
        CallbackContextOrdinal: 0,
        RxDeviceObject: device,
        Status: STATUS_BAD_NETWORK_PATH,
        RecommunicateContext: core::ptr::null_mut(),
    };
    // SAFETY: the array of one is inside the block.
    unsafe { callback_context.write(cell) };
    let Some(create) = get!(callbacks => MRxCreateSrvCall) else {
        violated(Rule::RequiredCallbackMissing, callbacks.as_ptr());
        return STATUS_BAD_NETWORK_PATH;
    };
    // SAFETY: both live until the callback has come, which is waited for below.
    let returned = unsafe { create(srv_call.as_ptr().cast(), callback_context) };
    if let Err(status) = require_pending(returned, STATUS_BAD_NETWORK_PATH, srv_call) {
        return status;
    }
    event::wait(addr!(calldown => FinishEvent));
    let status = get!(block(srv_call) => outcome);
    if status != STATUS_SUCCESS {
        return status;
    }
    match get!(callbacks => MRxSrvCallWinnerNotify) {
        // SAFETY: the SRV_CALL lives; the mini-redirector gets back its own word.
        Some(notify) => unsafe {
            notify(
                srv_call.as_ptr().cast(),
                1,
                get!(block(srv_call) => recommunicate),
            )
        },
        None => STATUS_SUCCESS,
    }
}

/// The mini-redirector has finished MRxCreateSrvCall; called by it, once, from any thread.
unsafe extern "C" fn created(context: *mut MRX_SRVCALL_CALLBACK_CONTEXT) {
    // SAFETY: the mini-redirector hands back what MRxCreateSrvCall got.
    let Some(answer) = (unsafe { Live::from_nullable(context) }) else {
        return;
    };
    let Some(calldown) = follow!(answer => SrvCalldownStructure) else {
        return;
    };
    let Some(srv_call) = follow!(calldown => SrvCall) else {
        return;
    };
    // SAFETY: a MRX_SRV_CALL begins a SRV_CALL.
    let block = block(unsafe { srv_call.cast() });
    set!(block => outcome, get!(answer => Status));
    set!(block => recommunicate, get!(answer => RecommunicateContext));
    // All but the way to the trap for a second call.
    set!(answer => CallbackContextOrdinal, POISON as u32);
    set!(answer => Status, POISON as u32 as NTSTATUS);
    set!(answer => RecommunicateContext, poison());
    set!(answer => RxDeviceObject, poison());
    set!(calldown => RxContext, poison());
    set!(calldown => SrvCall, poison());
    set!(calldown => NumberRemaining, POISON as u32);
    set!(calldown => NumberToWait, POISON as u32);
    set!(calldown => BestFinisherOrdinal, POISON as u32);
    set!(calldown => BestFinisher, poison());
    set!(calldown => CallBack, Some(callback::again));
    event::set(addr!(calldown => FinishEvent));
}

/// Frees a server that is in no table.
pub(crate) fn free(srv_call: Live<SRV_CALL>) {
    buffering::drop_requests(srv_call);
    unicode::free(get!(block(srv_call) => domain), RX_SRVCALL_PARAMS_POOLTAG);
    pool::free(block(srv_call), RX_SRVCALL_POOLTAG);
}

/// Sets the domain that the mini-redirector learned from the server; replaces an earlier one.
///
/// # Safety
/// The caller holds the SRV_CALL; `DomainName` is readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxSetSrvCallDomainName(
    SrvCall: *mut MRX_SRV_CALL,
    DomainName: *mut UNICODE_STRING,
) -> NTSTATUS {
    // SAFETY: the caller's promise; a MRX_SRV_CALL begins a block.
    let Some(block) = (unsafe { Live::from_nullable(SrvCall.cast::<Block>()) }) else {
        return nt::sys::STATUS_INVALID_PARAMETER;
    };
    let name = unicode::units_at(DomainName);
    let fresh = if name.is_empty() {
        UNICODE_STRING::default()
    } else {
        let Some(copy) = unicode::duplicate(name, RX_SRVCALL_PARAMS_POOLTAG) else {
            return STATUS_INSUFFICIENT_RESOURCES;
        };
        copy
    };
    let old = get!(block => domain);
    set!(block => domain, fresh);
    unicode::free(old, RX_SRVCALL_PARAMS_POOLTAG);
    STATUS_SUCCESS
}
