//! CLOSE (MS-SMB2 3.3.5.10).

use smb_wire::fscc::FileAttributes;
use smb_wire::smb2::{CloseFlags, CloseRequest, CloseResponse};

use super::{Chain, Outcome, Request, Result};
use crate::session::Session;

const BODY: usize = 60;

pub(super) fn close(
    request: &Request<'_>,
    session: &Session,
    chain: &mut Chain,
) -> Result<Outcome> {
    let close = CloseRequest::parse(request.message)?;
    let file = request.file(close.file_id, chain)?;
    let mut response = CloseResponse::default();
    if close.flags.contains(CloseFlags::POSTQUERY_ATTRIB) {
        let info = file.open.info();
        response = CloseResponse {
            flags: CloseFlags::POSTQUERY_ATTRIB,
            creation_time: info.created.cast_signed(),
            last_access_time: info.accessed.cast_signed(),
            last_write_time: info.written.cast_signed(),
            change_time: info.changed.cast_signed(),
            allocation_size: info.allocated.cast_signed(),
            end_of_file: info.size.cast_signed(),
            file_attributes: FileAttributes::from_bits_retain(info.attributes.reported()),
        };
    }
    session.remove_file(&file);
    file.open.close();
    request.answer(BODY, |w| response.emit(w))
}
