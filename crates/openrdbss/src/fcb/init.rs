//! What a create learns about its file: RxFinishFcbInitialization, RxInferFileType.

use crate::assertion::{Rule, require};
use crate::context;
use crate::live::{Live, addr, get, node_type, set};
use core::sync::atomic::Ordering;
use nt::sys::{FILE_DIRECTORY_FILE, FILE_NON_DIRECTORY_FILE, LARGE_INTEGER};
use rdbss::raw::*;

/// Gives the FCB its node type, and its times, sizes and attributes from `InitPacket` where that is not NULL
/// (NULL pointers inside it leave their field alone).
///
/// # Safety
/// The caller has the FCB locked exclusively; the packet's pointers are NULL or readable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxFinishFcbInitialization(
    Fcb: *mut MRX_FCB,
    FileType: RX_FILE_TYPE,
    InitPacket: *mut FCB_INIT_PACKET,
) {
    let Some(fcb) = super::Fcb::from_ptr(Fcb) else {
        return;
    };
    let (head, body) = (fcb.head(), fcb.body());
    let node_type = node_type(addr!(head => NodeTypeCode));
    if node_type.load(Ordering::Relaxed) != RDBSS_NTC_OPENTARGETDIR_FCB {
        node_type.store(
            RDBSS_NTC_STORAGE_TYPE_UNKNOWN.wrapping_add(FileType as u16),
            Ordering::Relaxed,
        );
    }
    fcb.state()
        .fetch_or(FCB_STATE_TIME_AND_SIZE_ALREADY_SET, Ordering::AcqRel);
    // SAFETY: the caller's promise.
    let Some(packet) = (unsafe { Live::from_nullable(InitPacket) }) else {
        return;
    };
    if let Some(attributes) = value(get!(packet => pAttributes)) {
        set!(body => mrx.Attributes, attributes);
    }
    if let Some(links) = value(get!(packet => pNumLinks)) {
        set!(body => NumberOfLinks, links);
    }
    if let Some(time) = value(get!(packet => pCreationTime)) {
        set!(body => CreationTime, time);
    }
    if let Some(time) = value(get!(packet => pLastAccessTime)) {
        set!(body => LastAccessTime, time);
    }
    if let Some(time) = value(get!(packet => pLastWriteTime)) {
        set!(body => LastWriteTime, time);
    }
    if let Some(time) = value(get!(packet => pLastChangeTime)) {
        set!(body => LastChangeTime, time);
    }
    let old = super::sizes(fcb);
    let file = value(get!(packet => pFileSize)).map_or(old.file, quad);
    let allocation = value(get!(packet => pAllocationSize)).map_or(old.allocation, quad);
    require(allocation >= file, Rule::AllocationTooSmall, fcb.as_ptr());
    set!(body => mrx.ActualAllocationLength, allocation.max(0).cast_unsigned());
    let rounded = match allocation >= file {
        true => allocation,
        // RxAdjustAllocationSizeforCC of the headers.
        false => super::rounded_allocation(get!(body => mrx.pNetRoot), file),
    };
    super::set_sizes(
        fcb,
        super::Sizes {
            allocation: rounded,
            file,
        },
    );
}

fn value<T: Copy>(pointer: *mut T) -> Option<T> {
    // SAFETY: the caller of RxFinishFcbInitialization promised readable pointers or NULL.
    unsafe { Live::from_nullable(pointer) }.map(Live::read)
}

fn quad(value: LARGE_INTEGER) -> i64 {
    // SAFETY: every bit pattern of the union is a number.
    unsafe { value.QuadPart }
}

/// What the options of the create say about the kind of file.
///
/// # Safety
/// `RxContext` is a create under way.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn RxInferFileType(RxContext: *mut RX_CONTEXT) -> RX_FILE_TYPE {
    let Some(context) = context::check_live(RxContext) else {
        return FileTypeNotYetKnown;
    };
    let options = get!(context::create_params(context) => NtCreateParameters.CreateOptions);
    match options & (FILE_DIRECTORY_FILE | FILE_NON_DIRECTORY_FILE) {
        FILE_DIRECTORY_FILE => FileTypeDirectory,
        FILE_NON_DIRECTORY_FILE => FileTypeFile,
        _ => FileTypeNotYetKnown,
    }
}
