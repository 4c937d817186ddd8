//! The table of callbacks, made from the trait.

use crate::implements::Implements;
use crate::raw::{self, MINIRDR_DISPATCH};
use crate::{MiniRedirector, glue};

/// `routine` if all of `flags` are implemented, else NULL.
macro_rules! slot {
    ($flags:ident => $routine:expr) => {
        if M::IMPLEMENTS.contains(Implements::$flags) {
            Some($routine)
        } else {
            None
        }
    };
}

/// The `MINIRDR_DISPATCH` of a mini-redirector.
///
/// An optional callback that is not implemented is NULL, which RDBSS answers with STATUS_NOT_IMPLEMENTED. What RDBSS calls without
/// looking is always there, and so is what this crate needs to drop contexts. Callbacks that no known RDBSS calls are NULL: cancel,
/// print queues, time-outs of closed files, cancelled connects, and CLEAROUT.
pub const fn dispatch_table<M: MiniRedirector>() -> MINIRDR_DISPATCH {
    MINIRDR_DISPATCH {
        NodeTypeCode: raw::RDBSS_NTC_MINIRDR_DISPATCH,
        NodeByteSize: size_of::<MINIRDR_DISPATCH>() as u16,
        // Contexts are kept by reference, so RDBSS need not allocate extensions.
        MRxFlags: if M::DEFERS_READ_AHEAD {
            0
        } else {
            raw::RDBSS_NO_DEFERRED_CACHE_READAHEAD
        },
        MRxSrvCallSize: 0,
        MRxNetRootSize: 0,
        MRxVNetRootSize: 0,
        MRxFcbSize: 0,
        MRxSrvOpenSize: 0,
        MRxFobxSize: 0,
        MRxStart: Some(glue::start::<M>),
        MRxStop: Some(glue::stop::<M>),
        MRxCancel: None,
        MRxCreate: Some(glue::create::<M>),
        MRxCollapseOpen: slot!(COLLAPSE_OPEN => glue::collapse_open::<M>),
        MRxShouldTryToCollapseThisOpen: Some(glue::should_try_to_collapse::<M>),
        MRxFlush: slot!(FLUSH => glue::flush::<M>),
        MRxZeroExtend: slot!(ZERO_EXTEND => glue::zero_extend::<M>),
        MRxTruncate: slot!(TRUNCATE => glue::truncate::<M>),
        MRxCleanupFobx: slot!(CLEANUP_FOBX => glue::cleanup_fobx::<M>),
        MRxCloseSrvOpen: Some(glue::close_srv_open::<M>),
        MRxDeallocateForFcb: Some(glue::deallocate_for_fcb::<M>),
        MRxDeallocateForFobx: Some(glue::deallocate_for_fobx::<M>),
        MRxIsLockRealizable: slot!(IS_LOCK_REALIZABLE => glue::is_lock_realizable::<M>),
        MRxForceClosed: Some(glue::force_closed::<M>),
        MRxAreFilesAliased: slot!(ARE_FILES_ALIASED => glue::are_files_aliased::<M>),
        MRxOpenPrintFile: None,
        MRxClosePrintFile: None,
        MRxWritePrintFile: None,
        MRxEnumeratePrintQueue: None,
        MRxClosedSrvOpenTimeOut: None,
        MRxClosedFcbTimeOut: None,
        MRxQueryDirectory: slot!(QUERY_DIRECTORY => glue::query_directory::<M>),
        MRxQueryFileInfo: slot!(QUERY_FILE_INFO => glue::query_file_info::<M>),
        MRxSetFileInfo: slot!(SET_FILE_INFO => glue::set_file_info::<M>),
        MRxSetFileInfoAtCleanup: slot!(SET_FILE_INFO_AT_CLEANUP => glue::set_file_info_at_cleanup::<M>),
        MRxQueryEaInfo: slot!(QUERY_EA => glue::query_ea::<M>),
        MRxSetEaInfo: slot!(SET_EA => glue::set_ea::<M>),
        MRxQuerySdInfo: slot!(QUERY_SECURITY => glue::query_security::<M>),
        MRxSetSdInfo: slot!(SET_SECURITY => glue::set_security::<M>),
        MRxQueryQuotaInfo: slot!(QUERY_QUOTA => glue::query_quota::<M>),
        MRxSetQuotaInfo: slot!(SET_QUOTA => glue::set_quota::<M>),
        MRxQueryVolumeInfo: slot!(QUERY_VOLUME_INFO => glue::query_volume_info::<M>),
        MRxSetVolumeInfo: slot!(SET_VOLUME_INFO => glue::set_volume_info::<M>),
        MRxIsValidDirectory: slot!(IS_VALID_DIRECTORY => glue::is_valid_directory::<M>),
        MRxComputeNewBufferingState: slot!(BUFFERING_STATE_CHANGE => glue::compute_new_buffering_state::<M>),
        MRxLowIOSubmit: [
            slot!(READ => glue::read::<M>),
            slot!(WRITE => glue::write::<M>),
            slot!(LOCKS => glue::lock::<M>),
            slot!(LOCKS => glue::lock::<M>),
            slot!(LOCKS => glue::unlock::<M>),
            slot!(LOCKS => glue::unlock_multiple::<M>),
            slot!(FS_CONTROL => glue::fs_control::<M>),
            slot!(IO_CONTROL => glue::io_control::<M>),
            slot!(NOTIFY_CHANGE_DIRECTORY => glue::notify_change_directory::<M>),
            None,
            None,
        ],
        MRxExtendForCache: slot!(EXTEND_FOR_CACHE => glue::extend_for_cache::<M>),
        MRxExtendForNonCache: slot!(EXTEND_FOR_NON_CACHE => glue::extend_for_non_cache::<M>),
        MRxCompleteBufferingStateChangeRequest: slot!(BUFFERING_STATE_CHANGE => glue::complete_buffering_state_change::<M>),
        MRxCreateVNetRoot: Some(glue::create_v_net_root::<M>),
        MRxFinalizeVNetRoot: Some(glue::finalize_v_net_root::<M>),
        MRxFinalizeNetRoot: Some(glue::finalize_net_root::<M>),
        MRxUpdateNetRootState: slot!(UPDATE_NET_ROOT_STATE => glue::update_net_root_state::<M>),
        MRxExtractNetRootName: Some(glue::extract_net_root_name::<M>),
        MRxCreateSrvCall: Some(glue::create_srv_call::<M>),
        MRxCancelCreateSrvCall: None,
        MRxSrvCallWinnerNotify: Some(glue::srv_call_winner_notify::<M>),
        MRxFinalizeSrvCall: Some(glue::finalize_srv_call::<M>),
        MRxDevFcbXXXControlFile: Some(glue::device_control::<M>),
        MRxPreparseName: slot!(PREPARSE_NAME => glue::preparse_name::<M>),
        MRxGetConnectionId: slot!(CONNECTION_ID => glue::connection_id::<M>),
        ScavengerTimeout: match M::SCAVENGER_TIMEOUT {
            Some(seconds) => seconds.get(),
            None => 0,
        },
    }
}
