//! Server-side copy: FSCTL_SRV_REQUEST_RESUME_KEY and FSCTL_SRV_COPYCHUNK (MS-SMB2 3.3.5.15.5, 3.3.5.15.6).

use smb_wire::smb2::{FileId, Fsctl};
use smb_wire::{NtStatus, ParseError, Reader, Writer};

use super::{Chain, Request, Result};
use crate::fs::{Open, access};
use crate::status;

/// The most of one request; a client that asks for more is told these (MS-SMB2 2.2.32.1).
const MAX_CHUNKS: u32 = 256;
const MAX_CHUNK_BYTES: u32 = 1 << 20;
const MAX_TOTAL_BYTES: u32 = 16 << 20;

/// SRV_COPYCHUNK_RESPONSE: chunks, bytes of the chunk that failed, bytes in all.
pub(super) const RESPONSE: usize = 12;
/// SRV_REQUEST_RESUME_KEY: the key, an empty context, and padding.
const RESUME_KEY: usize = 32;

/// STATUS_INVALID_VIEW_SIZE (MS-ERREF 2.3.1).
const INVALID_VIEW_SIZE: NtStatus = NtStatus(0xC000_001F);

struct Chunk {
    source: u64,
    target: u64,
    len: u32,
}

/// What a copy came to.
pub(super) struct Copied {
    pub(super) status: NtStatus,
    pub(super) output: [u8; RESPONSE],
}

/// The key by which COPYCHUNK names its source: the file's id and eight bytes more.
pub(super) fn resume_key(id: FileId) -> [u8; RESUME_KEY] {
    let mut key = [0; RESUME_KEY];
    key[..id.0.len()].copy_from_slice(&id.0);
    key
}

/// Copies the chunks of a request whose target is `file_id`.
pub(super) fn copy(
    request: &Request<'_>,
    chain: &mut Chain,
    code: Fsctl,
    file_id: FileId,
    input: &[u8],
) -> Result<Copied> {
    let target = request.file(file_id, chain)?;
    let (key, chunks) = parse(input)?;
    let Some(chunks) = chunks else {
        let limits = [MAX_CHUNKS, MAX_CHUNK_BYTES, MAX_TOTAL_BYTES];
        return Ok(Copied {
            status: NtStatus::INVALID_PARAMETER,
            output: response(limits),
        });
    };
    let source = request
        .session()?
        .any_file(key)
        .ok_or(NtStatus::OBJECT_NAME_NOT_FOUND)?;
    // Without read access to the target only the write-only form is allowed.
    let needed = if code == Fsctl::SRV_COPYCHUNK {
        access::READ_DATA
    } else {
        access::WRITE_DATA
    };
    target
        .open
        .require(access::WRITE_DATA | access::APPEND_DATA)?;
    target.open.require(needed)?;
    source.open.require(access::READ_DATA | access::EXECUTE)?;
    let (mut written, mut total) = (0, 0);
    for chunk in &chunks {
        if let Err(status) = copy_one(&source.open, &target.open, chunk) {
            return Ok(Copied {
                status,
                output: response([written, 0, total]),
            });
        }
        written += 1;
        total += chunk.len;
    }
    Ok(Copied {
        status: NtStatus::SUCCESS,
        output: response([written, 0, total]),
    })
}

/// The source's key and the chunks; no chunks if they break the limits.
fn parse(input: &[u8]) -> std::result::Result<(FileId, Option<Vec<Chunk>>), ParseError> {
    let mut r = Reader::new(input);
    let key = FileId(r.array("SourceKey")?);
    r.u64("SourceKey")?;
    let count = r.u32("ChunkCount")?;
    r.u32("Reserved")?;
    if count > MAX_CHUNKS {
        return Ok((key, None));
    }
    let mut chunks = Vec::new();
    let mut total = 0u32;
    for _ in 0..count {
        let (source, target) = (r.u64("SourceOffset")?, r.u64("TargetOffset")?);
        let len = r.u32("Length")?;
        r.u32("Reserved")?;
        total = total.saturating_add(len);
        if !(1..=MAX_CHUNK_BYTES).contains(&len) || total > MAX_TOTAL_BYTES {
            return Ok((key, None));
        }
        chunks.push(Chunk {
            source,
            target,
            len,
        });
    }
    Ok((key, Some(chunks)))
}

fn copy_one(source: &Open, target: &Open, chunk: &Chunk) -> std::result::Result<(), NtStatus> {
    let extents = source
        .read(chunk.source, chunk.len as usize)
        .map_err(status::of)?;
    // A chunk that reaches past the source's end is refused as a whole.
    if extents.len() < chunk.len as usize {
        return Err(INVALID_VIEW_SIZE);
    }
    target
        .write(chunk.target, &extents.to_vec())
        .map_err(status::of)
}

fn response(numbers: [u32; 3]) -> [u8; RESPONSE] {
    let mut output = [0; RESPONSE];
    let mut writer = Writer::new(&mut output);
    let written = numbers
        .into_iter()
        .try_for_each(|number| writer.u32(number));
    debug_assert!(written.is_ok());
    output
}
