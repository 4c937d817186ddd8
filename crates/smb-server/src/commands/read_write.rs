//! READ and WRITE (MS-SMB2 3.3.5.12 and 3.3.5.13).

use smb_wire::NtStatus;
use smb_wire::smb2::{
    Header, ReadRequest, ReadResponse, ReadResponseHead, WriteRequest, WriteResponse,
};

use super::{Chain, Outcome, Request, Result};
use crate::answer::Answer;
use crate::connection::Connection;

const BODY: usize = 17;

pub(super) fn read(
    connection: &Connection,
    request: &Request<'_>,
    chain: &mut Chain,
) -> Result<Outcome> {
    let read = ReadRequest::parse(request.message)?;
    connection.check_payload(request, read.length)?;
    let file = request.file(read.file_id, chain)?;
    if i64::try_from(read.offset).is_err() {
        return Err(NtStatus::INVALID_PARAMETER.into());
    }
    let payload = file.open.read(read.offset, read.length as usize)?;
    if payload.len() < read.minimum_count as usize {
        return Err(NtStatus::END_OF_FILE.into());
    }
    let head = ReadResponseHead {
        data_offset: ReadResponse::DATA_OFFSET,
        data_length: payload.len() as u32,
        data_remaining: 0,
        flags: 0,
    };
    let answer = Answer::compose(
        Header::response(&request.header, NtStatus::SUCCESS),
        BODY,
        |w| {
            head.emit(w)?;
            // StructureSize 17 promises one byte more than the fixed part.
            if payload.is_empty() { w.u8(0) } else { Ok(()) }
        },
    )?;
    Ok(Outcome::Answer(answer.with_payload(payload)))
}

pub(super) fn write(
    connection: &Connection,
    request: &Request<'_>,
    chain: &mut Chain,
) -> Result<Outcome> {
    let write = WriteRequest::parse(request.message)?;
    connection.check_payload(request, write.head.length)?;
    let file = request.file(write.head.file_id, chain)?;
    file.open.write(write.head.offset, write.data)?;
    let response = WriteResponse {
        count: write.head.length,
        remaining: 0,
    };
    request.answer(BODY, |w| response.emit(w))
}
