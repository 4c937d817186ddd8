//! V_NET_ROOT: one user's view of a share (reference 4.3).

use super::{Left, POISON, condition, net_root, poison, prefix, srv_call};
use crate::assertion::{Rule, require, violated};
use crate::context::{self, Context};
use crate::fcb::round8;
use crate::kernel::{event, pool, resource, secret};
use crate::live::{Live, addr, atomic, follow, get, set};
use crate::{list, scavenger, unicode};
use core::ptr::NonNull;
use core::sync::atomic::{AtomicI32, Ordering};
use nt::pool::{PoolBox, Tag};
use nt::sys::{
    LIST_ENTRY, LUID, NTSTATUS, STATUS_BAD_NETWORK_NAME, STATUS_INSUFFICIENT_RESOURCES,
    STATUS_NETWORK_CREDENTIAL_CONFLICT, STATUS_PENDING, STATUS_SUCCESS, UNICODE_STRING,
};
use rdbss::raw::*;
use smb_crypto::NtHash;

/// A V_NET_ROOT and what the library keeps with it; extension, name and credentials follow.
#[repr(C)]
pub(crate) struct Block {
    pub public: V_NET_ROOT,
    pub user: UNICODE_STRING,
    /// Until MRxCreateVNetRoot has answered; then it is wiped.
    pub password: UNICODE_STRING,
    /// What later requests' passwords are compared with, if one was given: a `PoolBox` of the view's own.
    pub password_hash: *mut NtHash,
    pub domain: UNICODE_STRING,
    /// What MRxCreateVNetRoot works with. It stays until the view goes, so that a second callback is noticed.
    pub create: MRX_CREATENETROOT_CONTEXT,
    /// What the callback brought: the status of the view and that of the share.
    pub outcome: (NTSTATUS, NTSTATUS),
    /// Set when the last reference went; 100-ns units of interrupt time.
    pub dormant_since: u64,
    pub in_table: bool,
}

/// Who asks for a view.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Identity {
    pub logon: LUID,
    pub session: u32,
}

/// The library's part of a V_NET_ROOT.
pub(crate) fn block(view: Live<V_NET_ROOT>) -> Live<Block> {
    // SAFETY: every V_NET_ROOT is made by `create`, as the start of a block.
    unsafe { view.cast() }
}

/// The share that is viewed.
pub(crate) fn net_root(view: Live<V_NET_ROOT>) -> Option<Live<NET_ROOT>> {
    let share = get!(view => mrx.pNetRoot);
    // SAFETY: the view holds its share; a MRX_NET_ROOT begins a NET_ROOT.
    unsafe { Live::from_nullable(share.cast::<NET_ROOT>()) }
}

/// Names of a view and of its share, as parts of one canonical name.
#[derive(Clone, Copy)]
pub(crate) struct Names<'a> {
    /// `\\;Z:0\\server\\share`.
    pub view: &'a [u16],
    /// `\\server\\share`.
    pub share: &'a [u16],
    /// `NET_ROOT_*`.
    pub type_hint: u8,
}

/// The requester's view of the share, connected and with a reference for the caller.
pub(crate) fn obtain(
    context: Context,
    device: Live<RDBSS_DEVICE_OBJECT>,
    server: Live<SRV_CALL>,
    names: Names<'_>,
    identity: Identity,
) -> Result<Live<V_NET_ROOT>, NTSTATUS> {
    let table = follow!(device => pRxNetNameTable).ok_or(STATUS_BAD_NETWORK_NAME)?;
    let lock = addr!(table => TableLock);
    resource::acquire_exclusive(lock, true);
    let entered = find_or_enter(context, device, table, server, names, identity);
    resource::release(lock);
    let Entered {
        view,
        share,
        made_view,
        made_share,
    } = match entered {
        Ok(entered) => entered,
        Err((status, share)) => {
            // Not under the table's lock, since it may end the share.
            if let Some(share) = share {
                net_root::dereference(share);
            }
            return Err(status);
        }
    };
    let result = if made_view {
        connect(context, table, view, share, made_share)
    } else {
        let (state, waiters) = condition::of!(view);
        condition::wait(state, waiters, context);
        match condition::is_good(state) {
            true => Ok(view),
            false => Err(get!(view => mrx.ConstructionStatus)),
        }
    };
    net_root::dereference(share);
    match result {
        Ok(view) => {
            if !made_view {
                update_state(follow!(device => Dispatch), view);
            }
            Ok(view)
        }
        Err(status) => {
            dereference(view);
            Err(status)
        }
    }
}

/// Lets the mini-redirector look whether the share's connection is still there.
fn update_state(callbacks: Option<Live<MINIRDR_DISPATCH>>, view: Live<V_NET_ROOT>) {
    let update = callbacks.and_then(|callbacks| get!(callbacks => MRxUpdateNetRootState));
    if let Some(update) = update {
        // SAFETY: the view holds its share.
        unsafe { update(get!(view => mrx.pNetRoot)) };
    }
}

/// What a name led to, both with a reference.
struct Entered {
    view: Live<V_NET_ROOT>,
    share: Live<NET_ROOT>,
    made_view: bool,
    made_share: bool,
}

/// Finds share and view, or enters them as being made by this request. The table is locked exclusively.
fn find_or_enter(
    context: Context,
    device: Live<RDBSS_DEVICE_OBJECT>,
    table: Live<RX_PREFIX_TABLE>,
    server: Live<SRV_CALL>,
    names: Names<'_>,
    identity: Identity,
) -> Result<Entered, (NTSTATUS, Option<Live<NET_ROOT>>)> {
    let found = net_root::find(table, names.share);
    let made_share = found.is_none();
    let share = match found {
        Some(share) => share,
        None => {
            let share = net_root::create(device, server, names.share, names.type_hint)
                .ok_or((STATUS_INSUFFICIENT_RESOURCES, None))?;
            net_root::enter(table, share);
            share
        }
    };
    match find(context, share, names.view, identity) {
        Ok(Some(view)) => {
            return Ok(Entered {
                view,
                share,
                made_view: false,
                made_share,
            });
        }
        Ok(None) => {}
        Err(status) => return Err((status, Some(share))),
    }
    let Some(view) = create(context, device, share, names.view, identity) else {
        if made_share {
            net_root::leave(table, share);
            let (state, waiters) = condition::of!(share);
            condition::update(state, waiters, Condition_Bad);
        }
        return Err((STATUS_INSUFFICIENT_RESOURCES, Some(share)));
    };
    enter(table, share, view);
    Ok(Entered {
        view,
        share,
        made_view: true,
        made_share,
    })
}

/// The requester's view, with a reference. A view with other credentials is in the way if somebody uses it.
fn find(
    context: Context,
    share: Live<NET_ROOT>,
    name: &[u16],
    identity: Identity,
) -> Result<Option<Live<V_NET_ROOT>>, NTSTATUS> {
    let same_user = |view: &Live<V_NET_ROOT>| {
        let logon = get!(*view => mrx.LogonId);
        unicode::equal(unicode::units(addr!(*view => NamePrefix)), name, true)
            && (logon.LowPart, logon.HighPart) == (identity.logon.LowPart, identity.logon.HighPart)
            && get!(*view => mrx.SessionId) == identity.session
    };
    for view in net_root::views(share).filter(same_user) {
        if credentials_agree(context, view) {
            reference(view);
            return Ok(Some(view));
        }
        if get!(view => mrx.NodeReferenceCount) != 0 {
            return Err(STATUS_NETWORK_CREDENTIAL_CONFLICT);
        }
    }
    Ok(None)
}

/// A request without credentials takes any view; one with credentials needs the same ones.
fn credentials_agree(context: Context, view: Live<V_NET_ROOT>) -> bool {
    let create = context::create_params(context);
    let same = |wanted: UNICODE_STRING, has: UNICODE_STRING| {
        wanted.Buffer.is_null()
            || unicode::equal(unicode::units_of(wanted), unicode::units_of(has), true)
    };
    let block = block(view);
    same(get!(create => UserName), get!(block => user))
        && same(get!(create => UserDomainName), get!(block => domain))
        && same_password(get!(create => Password), block)
}

fn same_password(wanted: UNICODE_STRING, block: Live<Block>) -> bool {
    if wanted.Buffer.is_null() {
        return true;
    }
    // SAFETY: the hash lives as long as the view, and is not written after the view was made.
    let known = unsafe { get!(block => password_hash).as_ref() };
    // No password is as good as an empty one.
    match (known, unicode::units_of(wanted)) {
        (None, wanted) => wanted.is_empty(),
        (Some(known), wanted) => NtHash::from_password(wanted).is_ok_and(|wanted| wanted == *known),
    }
}

fn create(
    context: Context,
    device: Live<RDBSS_DEVICE_OBJECT>,
    share: Live<NET_ROOT>,
    name: &[u16],
    identity: Identity,
) -> Option<Live<V_NET_ROOT>> {
    let callbacks = follow!(device => Dispatch)?;
    let params = context::create_params(context);
    let texts = [
        name,
        unicode::units(addr!(params => UserName)),
        unicode::units(addr!(params => Password)),
        unicode::units(addr!(params => UserDomainName)),
    ];
    let managed = get!(callbacks => MRxFlags) & RDBSS_MANAGE_V_NET_ROOT_EXTENSION != 0;
    let extension_at = round8(size_of::<Block>());
    let extension = if managed {
        round8(get!(callbacks => MRxVNetRootSize) as usize)
    } else {
        0
    };
    let mut text_at = extension_at.saturating_add(extension);
    let text_bytes = texts
        .iter()
        .map(|text| text.len().saturating_mul(2))
        .fold(0, usize::saturating_add);
    let bytes = text_at.saturating_add(text_bytes);
    let password_hash = match get!(params => Password.Buffer).is_null() {
        true => None,
        false => Some(hash_of(unicode::units(addr!(params => Password)))?),
    };
    let block = pool::allocate::<Block>(bytes, RX_V_NETROOT_POOLTAG)?;
    if let Some(hash) = password_hash {
        set!(block => password_hash, PoolBox::into_raw(hash).as_ptr());
    }
    let [name, user, password, domain] = texts.map(|text| {
        let to = block.as_ptr().wrapping_byte_add(text_at).cast::<u16>();
        // SAFETY: the block was made with room for all texts, one after the other.
        unsafe { core::ptr::copy_nonoverlapping(text.as_ptr(), to, text.len()) };
        text_at = text_at.saturating_add(text.len().saturating_mul(2));
        let mut string = unicode::over(text);
        string.Buffer = to;
        string
    });
    let view = addr!(block => public);
    // A credential that was not given stays NULL, which is not the same as an empty one.
    if !get!(params => UserName.Buffer).is_null() {
        set!(block => user, user);
        set!(view => mrx.pUserName, addr!(block => user).as_ptr());
        set!(view => mrx.IsExplicitConnection, 1);
    }
    if !get!(params => Password.Buffer).is_null() {
        set!(block => password, password);
        set!(view => mrx.pPassword, addr!(block => password).as_ptr());
    }
    if !get!(params => UserDomainName.Buffer).is_null() {
        set!(block => domain, domain);
        set!(view => mrx.pUserDomainName, addr!(block => domain).as_ptr());
    }
    set!(view => mrx.NodeTypeCode, RDBSS_NTC_V_NETROOT);
    set!(view => mrx.NodeByteSize, size_of::<V_NET_ROOT>() as u16);
    set!(view => mrx.NodeReferenceCount, 1);
    set!(view => mrx.pNetRoot, share.as_ptr().cast());
    if managed {
        set!(view => mrx.Context, block.as_ptr().wrapping_byte_add(extension_at).cast());
    }
    set!(view => mrx.LogonId, identity.logon);
    set!(view => mrx.SessionId, identity.session);
    set!(view => Condition, Condition_InTransition);
    set!(view => NamePrefix, name);
    list::init(addr!(view => TransitionWaitList));
    list::init(addr!(view => ScavengerFinalizationList));
    list::init(addr!(view => NetRootListEntry));
    net_root::reference(share);
    Some(view)
}

/// All that is kept of a password, in pool.
fn hash_of(password: &[u16]) -> Option<PoolBox<NtHash>> {
    let hash = NtHash::from_password(password).ok()?;
    PoolBox::new(HASH_TAG, hash).ok()
}

const HASH_TAG: Tag = Tag::new(b"RxVh");

fn enter(table: Live<RX_PREFIX_TABLE>, share: Live<NET_ROOT>, view: Live<V_NET_ROOT>) {
    let references = addr!(view => mrx.NodeReferenceCount);
    let name = get!(view => NamePrefix);
    prefix::insert(
        table,
        addr!(view => PrefixEntry),
        name,
        view.as_ptr().cast(),
        references,
    );
    list::push_back(
        addr!(share => VirtualNetRoots),
        addr!(view => NetRootListEntry),
    );
    set!(share => NumberOfVirtualNetRoots, get!(share => NumberOfVirtualNetRoots).saturating_add(1));
    set!(block(view) => in_table, true);
}

/// Takes the view out of its table, which is locked exclusively.
pub(crate) fn leave(table: Live<RX_PREFIX_TABLE>, view: Live<V_NET_ROOT>) {
    if !get!(block(view) => in_table) {
        return;
    }
    set!(block(view) => in_table, false);
    prefix::remove(table, addr!(view => PrefixEntry));
    list::remove(addr!(view => NetRootListEntry));
    if let Some(share) = net_root(view) {
        set!(share => NumberOfVirtualNetRoots, get!(share => NumberOfVirtualNetRoots).saturating_sub(1));
    }
}

/// Lets the mini-redirector connect to the share in the user's name, and tells who waits for it.
fn connect(
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
    wipe_password(view);
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
    require(
        returned == STATUS_PENDING,
        Rule::PendingRequired,
        view.as_ptr(),
    );
    if returned != STATUS_PENDING {
        return if returned < 0 {
            (returned, returned)
        } else {
            FAILED
        };
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
    set!(cell => Callback, Some(created_again));
    event::set(addr!(cell => FinishEvent));
}

unsafe extern "C" fn created_again(context: *mut MRX_CREATENETROOT_CONTEXT) {
    violated(Rule::CallbackTwice, context);
}

/// Adds a reference.
pub(crate) fn reference(view: Live<V_NET_ROOT>) {
    atomic(addr!(view => mrx.NodeReferenceCount)).fetch_add(1, Ordering::Relaxed);
}

/// Drops a reference; the last one leaves the view dormant.
#[track_caller]
pub(crate) fn dereference(view: Live<V_NET_ROOT>) {
    let device = net_root(view).and_then(net_root::device);
    let cell = block(view);
    let references = addr!(view => mrx.NodeReferenceCount);
    match super::drop_reference(
        device,
        references,
        addr!(cell => in_table),
        addr!(cell => dormant_since),
    ) {
        Left::Others => {}
        Left::Entry => drop(device.map(scavenger::arm)),
        Left::Nothing => super::finalize::v_net_root(view),
    }
}

/// A tree connection keeps the view: takes one reference, however many such opens there are.
pub(crate) fn add_connection(view: Live<V_NET_ROOT>) {
    let taken = connection_taken(view).swap(1, Ordering::AcqRel);
    if taken == 0 {
        reference(view);
    }
}

/// Drops the reference of [`add_connection`], if it is there.
pub(crate) fn drop_connection(view: Live<V_NET_ROOT>) {
    let taken = connection_taken(view).swap(0, Ordering::AcqRel);
    if taken != 0 {
        dereference(view);
    }
}

fn connection_taken<'a>(view: Live<V_NET_ROOT>) -> &'a AtomicI32 {
    // SAFETY: aligned, inside a live view, and changed by atomic operations only.
    unsafe { AtomicI32::from_ptr(addr!(view => AdditionalReferenceForDeleteFsctlTaken).as_ptr()) }
}

/// The views of the device; its table is locked.
fn all(table: Live<RX_PREFIX_TABLE>) -> impl Iterator<Item = Live<V_NET_ROOT>> {
    prefix::objects(table, RDBSS_NTC_V_NETROOT).filter_map(|object| {
        // SAFETY: the table's objects of this type are V_NET_ROOTs, alive while they are in the table.
        unsafe { Live::from_nullable(object.cast::<V_NET_ROOT>()) }
    })
}

/// True if a view of the device is held by more than its own connection.
pub(crate) fn any_in_use(device: Live<RDBSS_DEVICE_OBJECT>) -> bool {
    let Some(table) = follow!(device => pRxNetNameTable) else {
        return false;
    };
    let lock = addr!(table => TableLock);
    resource::acquire_shared(lock, true);
    let in_use = all(table).any(|view| {
        let own = u32::from(connection_taken(view).load(Ordering::Acquire) != 0);
        get!(view => mrx.NodeReferenceCount) > own
    });
    resource::release(lock);
    in_use
}

/// Drops the references of the device's connections themselves.
pub(crate) fn drop_connections(device: Live<RDBSS_DEVICE_OBJECT>) {
    let Some(table) = follow!(device => pRxNetNameTable) else {
        return;
    };
    let lock = addr!(table => TableLock);
    loop {
        resource::acquire_shared(lock, true);
        let connected =
            all(table).find(|view| connection_taken(*view).load(Ordering::Acquire) != 0);
        if let Some(view) = connected {
            reference(view);
        }
        resource::release(lock);
        let Some(view) = connected else { return };
        drop_connection(view);
        dereference(view);
    }
}

/// Frees a view that is in no table, wipes its credentials, and lets go of its share.
pub(crate) fn free(view: Live<V_NET_ROOT>) {
    let share = net_root(view);
    let block = block(view);
    wipe_password(view);
    wipe_text(get!(block => user));
    wipe_text(get!(block => domain));
    if let Some(hash) = NonNull::new(get!(block => password_hash)) {
        // SAFETY: given up by `create`, and taken back once.
        drop(unsafe { PoolBox::from_raw(HASH_TAG, hash) });
    }
    pool::free(block, RX_V_NETROOT_POOLTAG);
    if let Some(share) = share {
        net_root::dereference(share);
    }
}

/// Wipes the view's password: the mini-redirector has had it, and for comparing there is its hash. To the mini-redirector there is
/// no password from now on.
fn wipe_password(view: Live<V_NET_ROOT>) {
    let block = block(view);
    set!(view => mrx.pPassword, core::ptr::null_mut());
    let password = get!(block => password);
    set!(block => password, UNICODE_STRING::default());
    wipe_text(password);
}

/// Overwrites one of the view's texts.
fn wipe_text(text: UNICODE_STRING) {
    if !text.Buffer.is_null() {
        // SAFETY: inside the view's block, and nobody reads it any more.
        unsafe { secret::wipe(text.Buffer.cast(), text.Length.into()) };
    }
}

/// The view for a server's share by name, in the context of a create or of MUP's question (reference 4.2, 4.3).
pub(crate) fn for_share(
    context: Context,
    device: Live<RDBSS_DEVICE_OBJECT>,
    server: &[u16],
    names: impl FnOnce(Live<SRV_CALL>) -> Result<Names<'static>, NTSTATUS>,
    identity: Identity,
) -> Result<Live<V_NET_ROOT>, NTSTATUS> {
    let server = srv_call::obtain(context, device, server)?;
    let result = names(server).and_then(|names| obtain(context, device, server, names, identity));
    srv_call::dereference(server);
    result
}
