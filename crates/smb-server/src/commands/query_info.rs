//! QUERY_INFO (MS-SMB2 3.3.5.20).

use smb_wire::fscc::{ChainEntry, EntryPacker, FileInformationClass};
use smb_wire::smb2::{
    Dialect, ErrorResponse, InfoType, QueryInfoRequest, QueryInfoResponse, SecurityInformation,
};
use smb_wire::{EmitError, NtStatus, Writer};

use super::{Chain, Outcome, Request, Result, file_queries, security, volume_queries};
use crate::connection::Connection;
use crate::session::OpenFile;

/// The body before the output.
const HEAD: usize = 8;

/// The whole answer to a query, before it is cut to the client's buffer.
pub(super) struct Information {
    bytes: Vec<u8>,
    /// With less room than this, nothing is answered.
    least: usize,
}

impl Information {
    /// Information that has a fixed size.
    pub(super) fn fixed(
        emit: impl FnOnce(&mut Writer<'_>) -> std::result::Result<(), EmitError>,
    ) -> Result<Self> {
        let bytes = collect(emit)?;
        Ok(Self {
            least: bytes.len(),
            bytes,
        })
    }

    /// Information that ends in a name or a list, which may be cut.
    pub(super) fn cuttable(
        least: usize,
        emit: impl FnOnce(&mut Writer<'_>) -> std::result::Result<(), EmitError>,
    ) -> Result<Self> {
        Ok(Self {
            bytes: collect(emit)?,
            least,
        })
    }

    /// A list of linked entries, which may be cut.
    pub(super) fn list<'a, T: ChainEntry<'a>>(least: usize, entries: &[T]) -> Result<Self> {
        /// More than all extended attributes or streams of a file take.
        const ROOM: usize = 256 * 1024;
        let mut bytes = vec![0; ROOM];
        let mut packer = EntryPacker::new(&mut bytes);
        for entry in entries {
            packer.push(entry)?;
        }
        let len = packer.len();
        bytes.truncate(len);
        Ok(Self { bytes, least })
    }
}

fn collect(
    emit: impl FnOnce(&mut Writer<'_>) -> std::result::Result<(), EmitError>,
) -> Result<Vec<u8>> {
    /// Longer than any path.
    const ROOM: usize = 68 * 1024;
    let mut bytes = vec![0; ROOM];
    let mut writer = Writer::new(&mut bytes);
    emit(&mut writer)?;
    let len = writer.position();
    bytes.truncate(len);
    Ok(bytes)
}

pub(super) fn query_info(
    connection: &Connection,
    request: &Request<'_>,
    chain: &mut Chain,
) -> Result<Outcome> {
    let query = QueryInfoRequest::parse(request.message)?;
    let len = query
        .output_buffer_length
        .max(u32::try_from(query.input.len()).unwrap_or(u32::MAX));
    connection.check_payload(request, len)?;
    let file = request.file(query.file_id, chain)?;
    let room = query.output_buffer_length as usize;
    let information = match query.info_type {
        InfoType::FILE => {
            let normalized =
                FileInformationClass(query.class) == FileInformationClass::NORMALIZED_NAME;
            if normalized && connection.dialect() != Some(Dialect::SMB3_1_1) {
                return Err(NtStatus::NOT_SUPPORTED.into());
            }
            file_queries::query(&file, query.class)?
        }
        InfoType::FILESYSTEM => volume_queries::query(file.open.file_system(), query.class)?,
        InfoType::SECURITY => return query_security(request, &file, &query),
        InfoType::QUOTA => return Err(NtStatus::NOT_SUPPORTED.into()),
        _ => return Err(NtStatus::INVALID_PARAMETER.into()),
    };
    if room < information.least {
        return Err(NtStatus::INFO_LENGTH_MISMATCH.into());
    }
    let status = if room < information.bytes.len() {
        NtStatus::BUFFER_OVERFLOW
    } else {
        NtStatus::SUCCESS
    };
    let response = QueryInfoResponse {
        output: &information.bytes[..information.bytes.len().min(room)],
    };
    request.answer_as(status, HEAD + response.output.len() + 1, |w| {
        response.emit(w)
    })
}

/// A descriptor is never cut; a client with too little room is told how much it takes (MS-SMB2 3.3.5.20.3).
fn query_security(
    request: &Request<'_>,
    file: &OpenFile,
    query: &QueryInfoRequest<'_>,
) -> Result<Outcome> {
    let wanted = SecurityInformation::from_bits_retain(query.additional_information);
    let descriptor = security::query(file, wanted)?;
    if descriptor.len() > query.output_buffer_length as usize {
        let needed = (descriptor.len() as u32).to_le_bytes();
        return request.answer_as(NtStatus::BUFFER_TOO_SMALL, HEAD + needed.len(), |w| {
            ErrorResponse::Data(&needed).emit(w)
        });
    }
    let response = QueryInfoResponse {
        output: &descriptor,
    };
    request.answer(HEAD + descriptor.len() + 1, |w| response.emit(w))
}
