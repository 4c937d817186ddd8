//! Servers, shares and views.

use super::{Misdeed, count, text, toy};
use nt::sys::*;
use rdbss::raw::*;
use std::sync::atomic::Ordering;

pub fn fill(table: &mut MINIRDR_DISPATCH) {
    table.MRxStart = Some(start);
    table.MRxStop = Some(stop);
    table.MRxCreateSrvCall = Some(create_srv_call);
    table.MRxSrvCallWinnerNotify = Some(winner);
    table.MRxFinalizeSrvCall = Some(finalize_srv_call);
    table.MRxCreateVNetRoot = Some(create_v_net_root);
    table.MRxFinalizeVNetRoot = Some(finalize_v_net_root);
    table.MRxFinalizeNetRoot = Some(finalize_net_root);
    table.MRxUpdateNetRootState = Some(update);
    table.MRxExtractNetRootName = Some(extract);
}

unsafe extern "C" fn start(_: *mut RX_CONTEXT, _: *mut RDBSS_DEVICE_OBJECT) -> NTSTATUS {
    STATUS_SUCCESS
}

unsafe extern "C" fn stop(_: *mut RX_CONTEXT, _: *mut RDBSS_DEVICE_OBJECT) -> NTSTATUS {
    count(&toy().counters.stops);
    STATUS_SUCCESS
}

unsafe extern "C" fn create_srv_call(
    server: *mut MRX_SRV_CALL,
    cell: *mut MRX_SRVCALL_CALLBACK_CONTEXT,
) -> NTSTATUS {
    count(&toy().counters.server_connects);
    if toy().misdeed(Misdeed::AnswerConnectAtOnce) {
        return STATUS_SUCCESS;
    }
    // SAFETY: a live server.
    let device = unsafe { (*server).RxDeviceObject };
    // SAFETY: the device is registered; the routine takes the cell.
    let status =
        unsafe { RxDispatchToWorkerThread(device, DelayedWorkQueue, Some(connect), cell.cast()) };
    if status != STATUS_SUCCESS {
        // SAFETY: RDBSS keeps it until the callback.
        unsafe { (*cell).Status = status };
        // SAFETY: as above.
        let callback = unsafe { (*(*cell).SrvCalldownStructure).CallBack };
        // SAFETY: once.
        unsafe { callback.expect("a callback")(cell) };
    }
    STATUS_PENDING
}

unsafe extern "C" fn connect(context: PVOID) {
    while toy().knobs.hold_connect.load(Ordering::SeqCst) {
        std::thread::yield_now();
    }
    let cell: *mut MRX_SRVCALL_CALLBACK_CONTEXT = context.cast();
    // SAFETY: RDBSS keeps it until the callback.
    let calldown = unsafe { (*cell).SrvCalldownStructure };
    // SAFETY: as above.
    let server = unsafe { (*calldown).SrvCall };
    // SAFETY: as above.
    let name = unsafe { text((*server).pSrvCallName) };
    let known = name.eq_ignore_ascii_case(r"\toy");
    // SAFETY: as above.
    unsafe {
        (*cell).Status = if known {
            STATUS_SUCCESS
        } else {
            STATUS_BAD_NETWORK_PATH
        }
    };
    // SAFETY: as above.
    unsafe { (*cell).RecommunicateContext = 0x70f as PVOID };
    // SAFETY: as above.
    let callback = unsafe { (*calldown).CallBack }.expect("a callback");
    // SAFETY: once.
    unsafe { callback(cell) };
    if known && toy().knobs.look_back.load(Ordering::SeqCst) {
        toy().used.lock().unwrap().server = used_server(cell);
    }
    if toy().misdeed(Misdeed::CallBackTwice) {
        // SAFETY: wrong on purpose; the structure lives as long as the server.
        let callback = unsafe { (*calldown).CallBack }.expect("a trap");
        // SAFETY: as above.
        unsafe { callback(cell) };
    }
}

/// The structure lives as long as the server, whose event alone is still in use.
fn used_server(cell: *mut MRX_SRVCALL_CALLBACK_CONTEXT) -> Vec<(&'static str, usize)> {
    // SAFETY: see above.
    let calldown = unsafe { (*cell).SrvCalldownStructure };
    // SAFETY: see above.
    let cell = unsafe { &*cell };
    let calldown = calldown.cast_const();
    macro_rules! field {
        ($name:ident) => {
            // SAFETY: see above.
            (stringify!($name), unsafe { (*calldown).$name } as usize)
        };
    }
    vec![
        (
            "CallbackContextOrdinal",
            cell.CallbackContextOrdinal as usize,
        ),
        ("RxDeviceObject", cell.RxDeviceObject as usize),
        ("Status", cell.Status as usize),
        ("RecommunicateContext", cell.RecommunicateContext as usize),
        field!(RxContext),
        field!(SrvCall),
        field!(NumberRemaining),
        field!(NumberToWait),
        field!(BestFinisherOrdinal),
        field!(BestFinisher),
    ]
}

/// The structure lives as long as the view, whose event alone is still in use.
fn used_view(cell: *mut MRX_CREATENETROOT_CONTEXT) -> Vec<(&'static str, usize)> {
    let cell = cell.cast_const();
    macro_rules! field {
        ($($name:ident).+) => {
            // SAFETY: see above.
            (stringify!($($name).+), unsafe { (*cell).$($name).+ } as usize)
        };
    }
    vec![
        field!(RxContext),
        field!(pVNetRoot),
        field!(VirtualNetRootStatus),
        field!(NetRootStatus),
        field!(WorkQueueItem.List.Flink),
        field!(WorkQueueItem.List.Blink),
        field!(WorkQueueItem.Parameter),
        field!(WorkQueueItem.pDeviceObject),
    ]
}

unsafe extern "C" fn winner(
    server: *mut MRX_SRV_CALL,
    winner: BOOLEAN,
    context: PVOID,
) -> NTSTATUS {
    assert_eq!(winner, 1);
    assert_eq!(context as usize, 0x70f);
    // SAFETY: a live server.
    let server = unsafe { &mut *server };
    server.Context = context;
    server.Flags |=
        SRVCALL_FLAG_CASE_INSENSITIVE_NETROOTS | SRVCALL_FLAG_CASE_INSENSITIVE_FILENAMES;
    server.MaximumNumberOfCloseDelayedFiles = toy().knobs.delayed.load(Ordering::SeqCst);
    STATUS_SUCCESS
}

unsafe extern "C" fn finalize_srv_call(server: *mut MRX_SRV_CALL, _: BOOLEAN) -> NTSTATUS {
    count(&toy().counters.servers_finalized);
    // SAFETY: a live server.
    unsafe { (*server).Context = core::ptr::null_mut() };
    STATUS_SUCCESS
}

unsafe extern "C" fn create_v_net_root(cell: *mut MRX_CREATENETROOT_CONTEXT) -> NTSTATUS {
    count(&toy().counters.share_connects);
    // SAFETY: RDBSS keeps it until the callback.
    let cell_ref = unsafe { &mut *cell };
    // SAFETY: a live view.
    let share = unsafe { (*cell_ref.pVNetRoot).mrx.pNetRoot };
    // SAFETY: a live share.
    let share = unsafe { &mut *share };
    // SAFETY: the share's name lives with it.
    let name = unsafe { text(share.pNetRootName) }.to_lowercase();
    // SAFETY: a live view.
    let user = unsafe { (*cell_ref.pVNetRoot).mrx.pUserName };
    // SAFETY: NULL or a string that lives with the view.
    let refused = !user.is_null() && unsafe { text(user) } == "nobody";
    let status = match name.as_str() {
        r"\toy\pub" if refused => STATUS_LOGON_FAILURE,
        r"\toy\pub" | r"\toy\other" => STATUS_SUCCESS,
        _ => STATUS_BAD_NETWORK_NAME,
    };
    let fresh = share.Context.is_null();
    cell_ref.VirtualNetRootStatus = status;
    cell_ref.NetRootStatus = if fresh { status } else { STATUS_SUCCESS };
    if status == STATUS_SUCCESS {
        share.Context = 1 as PVOID;
        share.Type = NET_ROOT_DISK;
        share.Parameters.DiskParameters.ClusterSize = if toy().misdeed(Misdeed::OddCluster) {
            3
        } else {
            512
        };
    }
    let callback = cell_ref.Callback.expect("a callback");
    // SAFETY: once.
    unsafe { callback(cell) };
    if toy().knobs.look_back.load(Ordering::SeqCst) {
        toy().used.lock().unwrap().view = used_view(cell);
    }
    STATUS_PENDING
}

unsafe extern "C" fn finalize_v_net_root(_: *mut MRX_V_NET_ROOT, _: *mut BOOLEAN) -> NTSTATUS {
    count(&toy().counters.views_finalized);
    STATUS_SUCCESS
}

unsafe extern "C" fn finalize_net_root(_: *mut MRX_NET_ROOT, _: *mut BOOLEAN) -> NTSTATUS {
    count(&toy().counters.shares_finalized);
    STATUS_SUCCESS
}

unsafe extern "C" fn update(_: *mut MRX_NET_ROOT) -> NTSTATUS {
    STATUS_SUCCESS
}

unsafe extern "C" fn extract(
    path: *mut UNICODE_STRING,
    server: *mut MRX_SRV_CALL,
    share: *mut UNICODE_STRING,
    rest: *mut UNICODE_STRING,
) {
    // SAFETY: RDBSS's strings.
    let whole = unsafe { path.read() };
    // SAFETY: a live server with a name.
    let server_units = usize::from(unsafe { (*(*server).pSrvCallName).Length } / 2);
    // SAFETY: the path holds its length.
    let units = unsafe { core::slice::from_raw_parts(whole.Buffer, usize::from(whole.Length / 2)) };
    let after = &units[server_units..];
    let len = after
        .iter()
        .skip(1)
        .position(|unit| *unit == u16::from(b'\\'))
        .map_or(after.len(), |at| at + 1);
    let cut = |from: usize, to: usize| UNICODE_STRING {
        Length: ((to - from) * 2) as u16,
        MaximumLength: ((to - from) * 2) as u16,
        Buffer: whole.Buffer.wrapping_add(from),
    };
    // SAFETY: RDBSS's strings.
    unsafe { share.write(cut(server_units, server_units + len)) };
    if !rest.is_null() {
        // SAFETY: RDBSS's strings.
        unsafe { rest.write(cut(server_units + len, units.len())) };
    }
}
