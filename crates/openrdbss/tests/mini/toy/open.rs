//! Opening, collapsing, cleaning up and closing.

use super::{Misdeed, Node, count, key_of, toy};
use nt::sys::*;
use rdbss::raw::*;
use std::sync::atomic::{AtomicUsize, Ordering};

pub fn fill(table: &mut MINIRDR_DISPATCH) {
    table.MRxCreate = Some(create);
    table.MRxShouldTryToCollapseThisOpen = Some(should_collapse);
    table.MRxCollapseOpen = Some(collapse);
    table.MRxCleanupFobx = Some(cleanup);
    table.MRxCloseSrvOpen = Some(close);
    table.MRxForceClosed = Some(force_closed);
    table.MRxDeallocateForFcb = Some(deallocate_fcb);
    table.MRxDeallocateForFobx = Some(deallocate_fobx);
    table.MRxComputeNewBufferingState = Some(compute);
    table.MRxCompleteBufferingStateChangeRequest = Some(complete_change);
}

static NEXT_KEY: AtomicUsize = AtomicUsize::new(1);

fn batch() -> u32 {
    FCB_STATE_READBUFFERING_ENABLED
        | FCB_STATE_READCACHING_ENABLED
        | FCB_STATE_WRITEBUFFERING_ENABLED
        | FCB_STATE_COLLAPSING_ENABLED
}

unsafe extern "C" fn create(context: *mut RX_CONTEXT) -> NTSTATUS {
    count(&toy().counters.creates);
    // SAFETY: RDBSS's live request.
    let context_ref = unsafe { &mut *context };
    let (fcb, open) = (context_ref.pFcb, context_ref.pRelevantSrvOpen);
    if toy().misdeed(Misdeed::PendCreate) {
        return STATUS_PENDING;
    }
    assert_eq!(context_ref.MRxContext, [core::ptr::null_mut(); 4]);
    let keep = toy().misdeed(Misdeed::KeepFcbOverWait);
    if !keep {
        // SAFETY: held exclusively by this thread.
        unsafe { RxReleaseFcbResourceInMRx(fcb) };
    }
    openrdbss::network_wait();
    break_during_wait(open, keep);
    // SAFETY: a live open.
    let key = unsafe { key_of(open) };
    // SAFETY: a create's parameters.
    let answer = on_server(&key, unsafe {
        &context_ref.Params.Create.NtCreateParameters
    });
    if toy().misdeed(Misdeed::ForgetFcbLock) {
        return STATUS_OBJECT_NAME_NOT_FOUND;
    }
    let early = toy().misdeed(Misdeed::FobxWithoutFcb);
    if early {
        // SAFETY: wrong on purpose: the FCB is not held.
        context_ref.pFobx = unsafe { RxCreateNetFobx(context, open) };
    }
    if !keep {
        // SAFETY: referenced by the request.
        unsafe { RxAcquireExclusiveFcbResourceInMRx(fcb) };
    }
    let (information, node) = match answer {
        Ok(answer) => answer,
        Err(status) => return status,
    };
    if toy().misdeed(Misdeed::ForgetFobx) {
        return STATUS_SUCCESS;
    }
    if !early {
        // SAFETY: the FCB is held exclusively.
        context_ref.pFobx = unsafe { RxCreateNetFobx(context, open) };
    }
    if context_ref.pFobx.is_null() {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    context_ref.Params.Create.ReturnedCreateInformation = information;
    // SAFETY: a live open.
    unsafe { (*open).Key = NEXT_KEY.fetch_add(1, Ordering::SeqCst) as PVOID };
    let oplock = toy().knobs.oplock.load(Ordering::SeqCst);
    // SAFETY: a live open.
    unsafe { (*open).BufferingFlags = if oplock { batch() } else { 0 } };
    init_fcb(fcb, &node);
    count(&toy().counters.opened);
    STATUS_SUCCESS
}

/// The server breaks another open's oplock before it answers a create. Unless the FCB is kept locked, the break is over first.
fn break_during_wait(open: *mut MRX_SRV_OPEN, fcb_kept: bool) {
    let key = toy().knobs.break_in_create.swap(0, Ordering::SeqCst);
    if key == 0 {
        return;
    }
    // SAFETY: a live open's server.
    let server = unsafe { (*(*(*open).pVNetRoot).pNetRoot).pSrvCall };
    let counters = &toy().counters;
    // SAFETY: the server is held by the create.
    unsafe {
        RxIndicateChangeOfBufferingState(server, key as PVOID, core::ptr::null_mut());
    }
    // With the FCB kept it would wait forever: it is what the rule is for.
    while !fcb_kept && counters.breaks.load(Ordering::SeqCst) == 0 {
        std::thread::yield_now();
    }
    let breaks = counters.breaks.load(Ordering::SeqCst);
    counters.breaks_in_create.store(breaks, Ordering::SeqCst);
}

fn init_fcb(fcb: *mut MRX_FCB, node: &Node) {
    let mut size = LARGE_INTEGER {
        QuadPart: node.data.len() as i64,
    };
    let mut attributes = if node.directory {
        FILE_ATTRIBUTE_DIRECTORY
    } else {
        FILE_ATTRIBUTE_NORMAL
    };
    let mut links = 1;
    let mut packet = FCB_INIT_PACKET {
        pAttributes: &raw mut attributes,
        pNumLinks: &raw mut links,
        pCreationTime: core::ptr::null_mut(),
        pLastAccessTime: core::ptr::null_mut(),
        pLastWriteTime: core::ptr::null_mut(),
        pLastChangeTime: core::ptr::null_mut(),
        pAllocationSize: &raw mut size,
        pFileSize: &raw mut size,
        pValidDataLength: &raw mut size,
    };
    let kind = if node.directory {
        FileTypeDirectory
    } else {
        FileTypeFile
    };
    // SAFETY: the FCB is held exclusively, the packet is a local.
    unsafe { RxFinishFcbInitialization(fcb, kind, &raw mut packet) };
}

/// What the server makes of an open.
fn on_server(key: &str, wanted: &NT_CREATE_PARAMETERS) -> Result<(u32, Node), NTSTATUS> {
    let mut nodes = toy().nodes();
    let existing = nodes.get(key).cloned();
    let wants_directory = wanted.CreateOptions & FILE_DIRECTORY_FILE != 0;
    match (existing, wanted.Disposition) {
        (Some(_), FILE_CREATE) => Err(STATUS_OBJECT_NAME_COLLISION),
        (Some(node), _)
            if node.directory && wanted.CreateOptions & FILE_NON_DIRECTORY_FILE != 0 =>
        {
            Err(STATUS_FILE_IS_A_DIRECTORY)
        }
        (Some(node), _) if !node.directory && wants_directory => Err(STATUS_NOT_A_DIRECTORY),
        (Some(node), FILE_OVERWRITE | FILE_OVERWRITE_IF | FILE_SUPERSEDE) if !node.directory => {
            nodes.insert(key.to_owned(), Node::default());
            Ok((FILE_OVERWRITTEN, Node::default()))
        }
        (Some(node), _) => Ok((FILE_OPENED, node)),
        (None, FILE_OPEN | FILE_OVERWRITE) => Err(STATUS_OBJECT_NAME_NOT_FOUND),
        (None, _) => {
            let node = Node {
                directory: wants_directory,
                data: Vec::new(),
            };
            nodes.insert(key.to_owned(), node.clone());
            Ok((FILE_CREATED, node))
        }
    }
}

unsafe extern "C" fn should_collapse(_: *mut RX_CONTEXT) -> NTSTATUS {
    STATUS_SUCCESS
}

unsafe extern "C" fn collapse(context: *mut RX_CONTEXT) -> NTSTATUS {
    count(&toy().counters.collapses);
    // SAFETY: RDBSS's live request.
    let open = unsafe { (*context).pRelevantSrvOpen };
    if toy().misdeed(Misdeed::PendCollapse) {
        return STATUS_PENDING;
    }
    if toy().misdeed(Misdeed::ForgetFobxInCollapse) {
        return STATUS_SUCCESS;
    }
    // SAFETY: the FCB is held exclusively.
    let fobx = unsafe { RxCreateNetFobx(context, open) };
    // SAFETY: RDBSS's live request.
    unsafe { (*context).pFobx = fobx };
    if toy().misdeed(Misdeed::ForgetFcbLockInCollapse) {
        // SAFETY: held exclusively by this thread.
        unsafe { RxReleaseFcbResourceInMRx((*context).pFcb) };
    }
    if fobx.is_null() {
        STATUS_INSUFFICIENT_RESOURCES
    } else {
        STATUS_SUCCESS
    }
}

unsafe extern "C" fn cleanup(_: *mut RX_CONTEXT) -> NTSTATUS {
    count(&toy().counters.cleanups);
    STATUS_SUCCESS
}

unsafe extern "C" fn close(context: *mut RX_CONTEXT) -> NTSTATUS {
    count(&toy().counters.closes);
    // SAFETY: RDBSS's live request.
    let context = unsafe { &mut *context };
    assert_eq!(context.MajorFunction, IRP_MJ_CLOSE as u8);
    if context.CurrentIrp.is_null() {
        count(&toy().counters.closes_without_irp);
    }
    // SAFETY: an FCB of the linked library.
    let fcb = unsafe { FcbRef::probe(core::ptr::NonNull::new(context.pFcb).unwrap()) }.unwrap();
    // SAFETY: a live FCB.
    let (state, opens) = unsafe { ((*fcb.mrx()).FcbState, (*fcb.mrx()).OpenCount) };
    if state & FCB_STATE_DELETE_ON_CLOSE != 0 && opens == 0 {
        // SAFETY: a live open.
        let key = unsafe { key_of(context.pRelevantSrvOpen) };
        toy().nodes().remove(&key);
    }
    STATUS_SUCCESS
}

unsafe extern "C" fn force_closed(_: *mut MRX_SRV_OPEN) -> NTSTATUS {
    STATUS_NOT_IMPLEMENTED
}

unsafe extern "C" fn deallocate_fcb(_: *mut MRX_FCB) -> NTSTATUS {
    STATUS_SUCCESS
}

unsafe extern "C" fn deallocate_fobx(_: *mut MRX_FOBX) -> NTSTATUS {
    STATUS_SUCCESS
}

unsafe extern "C" fn compute(_: *mut MRX_SRV_OPEN, _: PVOID, new: *mut u32) -> NTSTATUS {
    // SAFETY: RDBSS's out pointer.
    unsafe { new.write(0) };
    STATUS_SUCCESS
}

unsafe extern "C" fn complete_change(
    context: *mut RX_CONTEXT,
    open: *mut MRX_SRV_OPEN,
    _: PVOID,
) -> NTSTATUS {
    count(&toy().counters.breaks);
    // SAFETY: RDBSS's live request.
    assert_eq!(unsafe { (*context).pRelevantSrvOpen }, open);
    // SAFETY: as above.
    assert!(!unsafe { (*context).pFobx }.is_null());
    STATUS_SUCCESS
}
