//! SET_INFO (MS-SMB2 3.3.5.21).

use smb_wire::NtStatus;
use smb_wire::fscc::{
    DispositionFlags, FileAllocationInformation, FileBasicInformation, FileDispositionInformation,
    FileDispositionInformationEx, FileEndOfFileInformation, FileInformationClass,
    FileModeInformation, FilePositionInformation, RenameFlags, RenameForm, RenameInformation,
};
use smb_wire::smb2::{InfoType, SetInfoRequest, SetInfoResponse};

use super::create::extended_attributes;
use super::{Chain, Failure, Outcome, Request, Result};
use crate::connection::Connection;
use crate::fs::{BasicUpdate, Open};

const BODY: usize = 2;

pub(super) fn set_info(
    connection: &Connection,
    request: &Request<'_>,
    chain: &mut Chain,
) -> Result<Outcome> {
    let set = SetInfoRequest::parse(request.message)?;
    connection.check_payload(request, u32::try_from(set.input.len()).unwrap_or(u32::MAX))?;
    let file = request.file(set.file_id, chain)?;
    match set.info_type {
        InfoType::FILE => set_file(&file.open, FileInformationClass(set.class), set.input)?,
        InfoType::FILESYSTEM => return Err(NtStatus::ACCESS_DENIED.into()),
        InfoType::SECURITY | InfoType::QUOTA => return Err(NtStatus::NOT_SUPPORTED.into()),
        _ => return Err(NtStatus::INVALID_PARAMETER.into()),
    }
    request.answer(BODY, |w| SetInfoResponse.emit(w))
}

fn set_file(open: &Open, class: FileInformationClass, input: &[u8]) -> Result<()> {
    // Input that is too short for its class has this status of its own (MS-FSA 2.1.5.15).
    let short = |_| Failure::Status(NtStatus::INFO_LENGTH_MISMATCH);
    match class {
        FileInformationClass::BASIC => {
            set_basic(open, &FileBasicInformation::parse(input).map_err(short)?)
        }
        FileInformationClass::RENAME => rename(
            open,
            &RenameInformation::parse(RenameForm::Wide, input).map_err(short)?,
        ),
        FileInformationClass::RENAME_EX => rename(
            open,
            &RenameInformation::parse_ex(RenameForm::Wide, input).map_err(short)?,
        ),
        FileInformationClass::DISPOSITION => {
            let disposition = FileDispositionInformation::parse(input).map_err(short)?;
            Ok(open.set_delete_pending(disposition.delete_pending)?)
        }
        FileInformationClass::DISPOSITION_EX => {
            let disposition = FileDispositionInformationEx::parse(input).map_err(short)?;
            Ok(open.set_delete_pending(disposition.flags.contains(DispositionFlags::DELETE))?)
        }
        FileInformationClass::END_OF_FILE => {
            let size = FileEndOfFileInformation::parse(input)
                .map_err(short)?
                .end_of_file;
            Ok(open.set_size(unsigned(size)?)?)
        }
        FileInformationClass::ALLOCATION => {
            let size = FileAllocationInformation::parse(input)
                .map_err(short)?
                .allocation_size;
            Ok(open.set_allocation(unsigned(size)?)?)
        }
        FileInformationClass::POSITION => {
            let position = FilePositionInformation::parse(input)
                .map_err(short)?
                .current_byte_offset;
            open.set_position(unsigned(position)?);
            Ok(())
        }
        FileInformationClass::MODE => FileModeInformation::parse(input).map_err(short).map(drop),
        FileInformationClass::LINK | FileInformationClass::LINK_EX => {
            Err(NtStatus::NOT_SUPPORTED.into())
        }
        FileInformationClass::FULL_EA => {
            Ok(open.set_extended_attributes(&extended_attributes(input)?)?)
        }
        FileInformationClass::VALID_DATA_LENGTH => Err(NtStatus::PRIVILEGE_NOT_HELD.into()),
        _ => Err(NtStatus::INVALID_INFO_CLASS.into()),
    }
}

fn set_basic(open: &Open, basic: &FileBasicInformation) -> Result<()> {
    Ok(open.set_basic(&BasicUpdate {
        created: basic.creation_time,
        accessed: basic.last_access_time,
        written: basic.last_write_time,
        changed: basic.change_time,
        attributes: basic.file_attributes.bits(),
    })?)
}

fn rename(open: &Open, rename: &RenameInformation<'_>) -> Result<()> {
    if rename.root_directory != 0 {
        return Err(NtStatus::INVALID_PARAMETER.into());
    }
    let path: Vec<u16> = rename.name.units().collect();
    Ok(open.rename(&path, rename.flags.contains(RenameFlags::REPLACE_IF_EXISTS))?)
}

fn unsigned(size: i64) -> Result<u64> {
    u64::try_from(size).map_err(|_| Failure::Status(NtStatus::INVALID_PARAMETER))
}
