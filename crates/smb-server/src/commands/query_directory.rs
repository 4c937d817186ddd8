//! QUERY_DIRECTORY (MS-SMB2 3.3.5.18).

use smb_wire::fscc::{DirectoryClass, DirectoryEntry, DirectoryPacker, FileAttributes};
use smb_wire::smb2::{QueryDirectoryFlags, QueryDirectoryRequest, QueryDirectoryResponse};
use smb_wire::{NtStatus, Utf16};

use super::{Chain, Outcome, Request, Result};
use crate::connection::Connection;
use crate::fs::{self, SearchStart};

/// The body before the entries.
const HEAD: usize = 8;

pub(super) fn query_directory(
    connection: &Connection,
    request: &Request<'_>,
    chain: &mut Chain,
) -> Result<Outcome> {
    let query = QueryDirectoryRequest::parse(request.message)?;
    connection.check_payload(request, query.output_buffer_length)?;
    let file = request.file(query.file_id, chain)?;
    let class = DirectoryClass::from_class(query.class).ok_or(NtStatus::INVALID_INFO_CLASS)?;
    let room = query.output_buffer_length as usize;
    if room < class.name_offset() {
        return Err(NtStatus::INFO_LENGTH_MISMATCH.into());
    }
    let pattern: Vec<u16> = query.pattern.units().collect();
    let single = query
        .flags
        .contains(QueryDirectoryFlags::RETURN_SINGLE_ENTRY);
    let mut output = vec![0; room];
    let mut packer = DirectoryPacker::new(class, &mut output);
    let accepted = file.open.list(&pattern, start(&query), |entry| {
        let wanted = !single || packer.is_empty();
        let short_name = entry.short_name().unwrap_or_default();
        wanted
            && packer
                .push(&wire_entry(entry, &short_name))
                .unwrap_or(false)
    })?;
    if accepted == 0 {
        return Err(NtStatus::BUFFER_OVERFLOW.into());
    }
    let len = packer.len();
    let response = QueryDirectoryResponse {
        output: &output[..len],
    };
    request.answer(HEAD + len, |w| response.emit(w))
}

fn start(query: &QueryDirectoryRequest<'_>) -> SearchStart {
    if query.flags.contains(QueryDirectoryFlags::REOPEN) {
        SearchStart::Reopen
    } else if query.flags.contains(QueryDirectoryFlags::RESTART_SCANS) {
        SearchStart::Restart
    } else if query.flags.contains(QueryDirectoryFlags::INDEX_SPECIFIED) {
        SearchStart::AfterIndex(query.file_index)
    } else {
        SearchStart::Continue
    }
}

fn wire_entry<'a>(entry: &fs::DirectoryEntry<'a>, short_name: &'a [u16]) -> DirectoryEntry<'a> {
    let info = &entry.info;
    DirectoryEntry {
        file_index: entry.index,
        creation_time: info.created.cast_signed(),
        last_access_time: info.accessed.cast_signed(),
        last_write_time: info.written.cast_signed(),
        change_time: info.changed.cast_signed(),
        end_of_file: info.size.cast_signed(),
        allocation_size: info.allocated.cast_signed(),
        file_attributes: FileAttributes::from_bits_retain(info.attributes.reported()),
        ea_size: info.ea_size,
        short_name: Utf16::from_units(short_name),
        file_id: info.id.0,
        name: Utf16::from_units(entry.name),
    }
}
