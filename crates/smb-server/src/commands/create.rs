//! CREATE (MS-SMB2 3.3.5.9).

use smb_wire::fscc::{Entries, FileAttributes, FullEa};
use smb_wire::smb2::create_context::{RequestContext, ResponseContext};
use smb_wire::smb2::{
    AccessMask, CreateAction, CreateDisposition, CreateOptions, CreateRequest, CreateResponse,
    CreateResponseFlags, FileId, OplockLevel,
};
use smb_wire::{List, NtStatus};

use super::{Chain, Failure, Outcome, Request, Result};
use crate::connection::Connection;
use crate::fs::{self, Disposition, ExtendedAttribute, Kind};
use crate::session::{OpenFile, Tree};

/// The body with the contexts that this server answers.
const BODY: usize = 256;

pub(super) fn create(
    connection: &Connection,
    request: &Request<'_>,
    tree: &Tree,
    chain: &mut Chain,
) -> Result<Outcome> {
    let create = CreateRequest::parse(request.message)?;
    // Pipes are for RPC, which this server does not speak.
    let share = tree.share.as_ref().ok_or(NtStatus::OBJECT_NAME_NOT_FOUND)?;
    let path: Vec<u16> = create.name.units().collect();
    let wishes = check_contexts(&create)?;
    let wanted = wanted(&create, &path, &wishes)?;
    let (open, action) = share.file_system().create(&wanted)?;
    let info = open.info();
    let id = connection.server.next_id();
    let file_id = FileId::new(id, id);
    let contexts = answer_contexts(&create, &open, share.volume().serial);
    let response = CreateResponse {
        // Whatever oplock or lease was asked for: none is granted.
        oplock_level: OplockLevel::NONE,
        flags: CreateResponseFlags::empty(),
        action: match action {
            fs::CreateAction::Superseded => CreateAction::SUPERSEDED,
            fs::CreateAction::Opened => CreateAction::OPENED,
            fs::CreateAction::Created => CreateAction::CREATED,
            fs::CreateAction::Overwritten => CreateAction::OVERWRITTEN,
        },
        creation_time: info.created.cast_signed(),
        last_access_time: info.accessed.cast_signed(),
        last_write_time: info.written.cast_signed(),
        change_time: info.changed.cast_signed(),
        allocation_size: info.allocated.cast_signed(),
        end_of_file: info.size.cast_signed(),
        file_attributes: FileAttributes::from_bits_retain(info.attributes.reported()),
        file_id,
        contexts: List::new(&contexts),
    };
    let answer = request.answer(BODY, |w| response.emit(w))?;
    request.session()?.add_file(OpenFile {
        id: file_id,
        tree_id: tree.id,
        open,
    })?;
    chain.file = Some(file_id);
    Ok(answer)
}

/// The request in the file system's terms.
fn wanted<'p>(
    create: &CreateRequest<'_>,
    path: &'p [u16],
    wishes: &'p Wishes,
) -> Result<fs::CreateRequest<'p>> {
    const ANONYMOUS_TO_DELEGATE: u32 = 3;
    if create.impersonation_level.0 > ANONYMOUS_TO_DELEGATE {
        return Err(NtStatus::BAD_IMPERSONATION_LEVEL.into());
    }
    if create.options.contains(CreateOptions::OPEN_BY_FILE_ID) {
        return Err(NtStatus::NOT_SUPPORTED.into());
    }
    if path.first() == Some(&u16::from(b'\\')) {
        return Err(NtStatus::INVALID_PARAMETER.into());
    }
    if create.desired_access.is_empty() {
        return Err(NtStatus::ACCESS_DENIED.into());
    }
    let directory = create.options.contains(CreateOptions::DIRECTORY_FILE);
    let kind = match (
        directory,
        create.options.contains(CreateOptions::NON_DIRECTORY_FILE),
    ) {
        (true, true) => return Err(NtStatus::INVALID_PARAMETER.into()),
        (true, false) => Kind::Directory,
        (false, true) => Kind::File,
        (false, false) => Kind::Any,
    };
    Ok(fs::CreateRequest {
        path,
        access: create.desired_access.bits(),
        sharing: create.share_access.bits(),
        attributes: create.file_attributes.bits(),
        disposition: disposition(create.disposition)?,
        kind,
        delete_on_close: create.options.contains(CreateOptions::DELETE_ON_CLOSE),
        allocation: wishes.allocation,
        extended: &wishes.extended,
    })
}

fn disposition(wanted: CreateDisposition) -> Result<Disposition> {
    Ok(match wanted {
        CreateDisposition::SUPERSEDE => Disposition::Supersede,
        CreateDisposition::OPEN => Disposition::Open,
        CreateDisposition::CREATE => Disposition::Create,
        CreateDisposition::OPEN_IF => Disposition::OpenIf,
        CreateDisposition::OVERWRITE => Disposition::Overwrite,
        CreateDisposition::OVERWRITE_IF => Disposition::OverwriteIf,
        _ => return Err(NtStatus::INVALID_PARAMETER.into()),
    })
}

/// What create contexts ask for a new file.
#[derive(Default)]
struct Wishes {
    allocation: u64,
    extended: Vec<ExtendedAttribute>,
}

/// Refuses what cannot be had; gives the rest.
fn check_contexts(create: &CreateRequest<'_>) -> Result<Wishes> {
    let mut wishes = Wishes::default();
    for context in create.contexts.iter() {
        match context {
            RequestContext::AllocationSize(bytes) => wishes.allocation = bytes,
            // There are neither durable handles nor snapshots to be found.
            RequestContext::DurableReconnect(_)
            | RequestContext::DurableReconnectV2 { .. }
            | RequestContext::Timewarp(_) => return Err(NtStatus::OBJECT_NAME_NOT_FOUND.into()),
            RequestContext::ExtendedAttributes(data) => {
                wishes.extended = extended_attributes(data)?
            }
            _ => {}
        }
    }
    Ok(wishes)
}

/// MS-SMB2 2.2.14.2: MxAc and QFid are answered, all others are not.
fn answer_contexts(
    create: &CreateRequest<'_>,
    open: &fs::Open,
    serial: u32,
) -> Vec<ResponseContext<'static>> {
    let asked = |wanted: fn(&RequestContext<'_>) -> bool| {
        create.contexts.iter().any(|context| wanted(&context))
    };
    let mut answers = Vec::new();
    if asked(|context| matches!(context, RequestContext::MaximalAccess(_))) {
        let access = AccessMask::from_bits_retain(open.file_system().maximal_access());
        answers.push(ResponseContext::MaximalAccess {
            status: NtStatus::SUCCESS,
            access,
        });
    }
    if asked(|context| matches!(context, RequestContext::DiskId)) {
        answers.push(ResponseContext::DiskId {
            file_id: open.info().id.0,
            volume_id: serial.into(),
        });
    }
    answers
}

/// A list of extended attributes, as CREATE and SET_INFO have it (MS-FSCC 2.4.16).
pub(super) fn extended_attributes(list: &[u8]) -> Result<Vec<ExtendedAttribute>> {
    Entries::<FullEa<'_>>::new(list)
        .map(|ea| {
            ea.map(|ea| ExtendedAttribute {
                name: ea.name.to_vec(),
                value: ea.value.to_vec(),
            })
        })
        .collect::<std::result::Result<_, _>>()
        .map_err(|_| Failure::Status(NtStatus::EA_LIST_INCONSISTENT))
}
