//! Directories, file information, volumes and the device's controls.

use super::{Misdeed, key_of, text, toy};
use nt::sys::_FILE_INFORMATION_CLASS as class;
use nt::sys::*;
use rdbss::raw::*;

pub fn fill(table: &mut MINIRDR_DISPATCH) {
    table.MRxQueryDirectory = Some(query_directory);
    table.MRxQueryFileInfo = Some(query_file);
    table.MRxSetFileInfo = Some(set_file);
    table.MRxQueryVolumeInfo = Some(query_volume);
    table.MRxQuerySdInfo = Some(query_security);
    table.MRxFlush = Some(flush);
    table.MRxDevFcbXXXControlFile = Some(device_control);
    table.MRxSetFileInfoAtCleanup = Some(flush);
}

/// Writes to the query's buffer and counts it down, as every query callback must.
fn answer(context: *mut RX_CONTEXT, bytes: &[u8]) -> NTSTATUS {
    // SAFETY: a live query.
    let info = unsafe { &mut (*context).Common.Info };
    let room = info.LengthRemaining.max(0) as usize;
    let fits = bytes.len().min(room);
    // SAFETY: the buffer has `LengthRemaining` bytes.
    unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), info.Buffer.cast::<u8>(), fits) };
    info.LengthRemaining -= bytes.len() as i32;
    STATUS_SUCCESS
}

unsafe extern "C" fn query_file(context: *mut RX_CONTEXT) -> NTSTATUS {
    // SAFETY: a live query.
    let info = unsafe { (*context).Common.Info };
    // SAFETY: as above.
    let key = unsafe { key_of((*context).pRelevantSrvOpen) };
    let Some(node) = toy().nodes().get(&key).cloned() else {
        return STATUS_FILE_CLOSED;
    };
    if toy().misdeed(Misdeed::PendQuery) {
        return STATUS_PENDING;
    }
    if toy().misdeed(Misdeed::GrowRemaining) {
        // SAFETY: as above.
        unsafe { (*context).Common.Info.LengthRemaining += 8 };
        return STATUS_SUCCESS;
    }
    let size = (node.data.len() as u64).to_le_bytes();
    let attributes = if node.directory {
        FILE_ATTRIBUTE_DIRECTORY
    } else {
        FILE_ATTRIBUTE_NORMAL
    };
    match info.InformationClass as i32 {
        class::FileBasicInformation => {
            let mut bytes = [0x11; 40];
            bytes[32..36].copy_from_slice(&attributes.to_le_bytes());
            answer(context, &bytes)
        }
        class::FileStandardInformation => {
            let mut bytes = [0; 24];
            bytes[..8].copy_from_slice(&size);
            bytes[8..16].copy_from_slice(&size);
            bytes[16] = 1;
            bytes[21] = node.directory.into();
            answer(context, &bytes)
        }
        class::FileInternalInformation => answer(context, &42u64.to_le_bytes()),
        class::FileEaInformation => answer(context, &[0; 4]),
        _ => STATUS_INVALID_PARAMETER,
    }
}

unsafe extern "C" fn set_file(context: *mut RX_CONTEXT) -> NTSTATUS {
    // SAFETY: a live request.
    let info = unsafe { (*context).Common.Info };
    // SAFETY: as above.
    let key = unsafe { key_of((*context).pRelevantSrvOpen) };
    // SAFETY: the buffer has `LengthRemaining` bytes.
    let input = unsafe {
        core::slice::from_raw_parts(info.Buffer.cast::<u8>(), info.LengthRemaining as usize)
    };
    let mut nodes = toy().nodes();
    match info.InformationClass as i32 {
        class::FileEndOfFileInformation => {
            let size = u64::from_le_bytes(input[..8].try_into().unwrap()) as usize;
            if size > 1 << 20 {
                return STATUS_DISK_FULL;
            }
            nodes.get_mut(&key).unwrap().data.resize(size, 0);
            STATUS_SUCCESS
        }
        class::FileDispositionInformation => {
            nodes.remove(&key);
            // SAFETY: a live open.
            unsafe { (*(*context).pRelevantSrvOpen).Flags |= SRVOPEN_FLAG_FILE_DELETED };
            STATUS_SUCCESS
        }
        class::FileRenameInformation => {
            // SAFETY: a live set request.
            let target = unsafe { target_of(context, &key, input) };
            if nodes.contains_key(&target) && info.ReplaceIfExists == 0 {
                return STATUS_OBJECT_NAME_COLLISION;
            }
            let node = nodes.remove(&key).unwrap();
            nodes.insert(target, node);
            // SAFETY: a live open.
            unsafe { (*(*context).pRelevantSrvOpen).Flags |= SRVOPEN_FLAG_FILE_RENAMED };
            STATUS_SUCCESS
        }
        class::FileBasicInformation | class::FileAllocationInformation => STATUS_SUCCESS,
        _ => STATUS_INVALID_PARAMETER,
    }
}

/// The target of a rename: from the target directory's FCB, or a name beside the file.
unsafe fn target_of(context: *mut RX_CONTEXT, key: &str, input: &[u8]) -> String {
    // SAFETY: a live request.
    let stack = unsafe { (*context).CurrentIrpSp };
    // SAFETY: our part of its IRP.
    let file_object = unsafe { (*stack).Parameters.SetFile.FileObject };
    if file_object.is_null() {
        let length = u32::from_le_bytes(input[16..20].try_into().unwrap()) as usize;
        let units: Vec<u16> = input[20..20 + length]
            .chunks_exact(2)
            .map(|unit| u16::from_le_bytes([unit[0], unit[1]]))
            .collect();
        let directory = key.rsplit_once('\\').map_or("", |(directory, _)| directory);
        return format!(r"{directory}\{}", String::from_utf16_lossy(&units)).to_lowercase();
    }
    // SAFETY: an open of the target's directory.
    let fcb = unsafe { (*file_object).FsContext }.cast::<MRX_FCB>();
    // SAFETY: an FCB of the linked library.
    let fcb = unsafe { FcbRef::probe(core::ptr::NonNull::new(fcb).unwrap()) }.unwrap();
    // SAFETY: a live FCB.
    let node_type = unsafe { (*fcb.head()).NodeTypeCode };
    assert_eq!(node_type, RDBSS_NTC_OPENTARGETDIR_FCB);
    // SAFETY: a live FCB.
    let name = unsafe { &raw const (*fcb.body()).PrivateAlreadyPrefixedName };
    // SAFETY: the FCB's name.
    unsafe { text(name) }.to_lowercase()
}

/// FILE_NAMES_INFORMATION of everything directly below the directory, one call, then no more.
unsafe extern "C" fn query_directory(context: *mut RX_CONTEXT) -> NTSTATUS {
    // SAFETY: a live query.
    let query = unsafe { (*context).Params.QueryDirectory };
    // SAFETY: a live handle, whose extension has room for a word.
    let cursor = unsafe { (*(*context).pFobx).Context }.cast::<u32>();
    if query.InitialQuery != 0 || query.RestartScan != 0 {
        // SAFETY: as above.
        unsafe { cursor.write(0) };
    }
    // SAFETY: a live handle.
    let template = unsafe { &raw const (*(*context).pFobx).Query.UnicodeQueryTemplate };
    // SAFETY: RDBSS keeps it with the handle.
    let template = unsafe { text(template) }.to_lowercase();
    // SAFETY: a live open.
    let directory = unsafe { key_of((*context).pRelevantSrvOpen) };
    let names: Vec<String> = toy()
        .nodes()
        .keys()
        .filter_map(|key| {
            key.strip_prefix(&format!(r"{directory}\"))
                .map(str::to_owned)
        })
        .filter(|name| !name.contains('\\') && (template == "*" || template == *name))
        .collect();
    // SAFETY: as above.
    let done = unsafe { cursor.read() } as usize;
    let rest = names.get(done..).unwrap_or(&[]);
    if rest.is_empty() {
        return if query.InitialQuery != 0 {
            STATUS_NO_SUCH_FILE
        } else {
            STATUS_NO_MORE_FILES
        };
    }
    let taken = if query.ReturnSingleEntry != 0 {
        1
    } else {
        rest.len()
    };
    let mut bytes = Vec::new();
    for (index, name) in rest.iter().take(taken).enumerate() {
        let units: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let whole = (12 + units.len()).next_multiple_of(8);
        let next = if index + 1 == taken { 0 } else { whole };
        let start = bytes.len();
        bytes.extend((next as u32).to_le_bytes());
        bytes.extend([0; 4]);
        bytes.extend((units.len() as u32).to_le_bytes());
        bytes.extend(units);
        if next != 0 {
            bytes.resize(start + whole, 0);
        }
    }
    // SAFETY: as above.
    unsafe { cursor.write((done + taken) as u32) };
    answer(context, &bytes)
}

unsafe extern "C" fn query_volume(context: *mut RX_CONTEXT) -> NTSTATUS {
    answer(context, &[7; 24])
}

/// A descriptor of 20 bytes, with the two ways to say how long it is.
unsafe extern "C" fn query_security(context: *mut RX_CONTEXT) -> NTSTATUS {
    // SAFETY: a live query.
    let room = unsafe { (*context).Params.QuerySecurity.Length };
    // SAFETY: as above.
    unsafe { (*context).InformationToReturn = 20 };
    if room < 20 {
        return STATUS_BUFFER_OVERFLOW;
    }
    answer(context, &[1; 20])
}

unsafe extern "C" fn flush(_: *mut RX_CONTEXT) -> NTSTATUS {
    STATUS_SUCCESS
}

/// Control 0 of the device posts itself once and then says in which kind of thread it ran.
unsafe extern "C" fn device_control(context: *mut RX_CONTEXT) -> NTSTATUS {
    // SAFETY: a live control.
    let context = unsafe { &mut *context };
    if context.Flags & RX_CONTEXT_FLAG_IN_FSP == 0 {
        context.PostRequest = 1;
        return STATUS_PENDING;
    }
    // SAFETY: a control's parameters.
    let params = unsafe { context.Params.LowIo.LowIoContext.ParamsFor.IoCtl };
    assert!(params.OutputBufferLength >= 4);
    // SAFETY: METHOD_BUFFERED, of the length that was checked.
    unsafe { params.pOutputBuffer.cast::<u32>().write(0x600d) };
    context.InformationToReturn = 4;
    STATUS_SUCCESS
}
