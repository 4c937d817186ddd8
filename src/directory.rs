//! Listing directories: QUERY_DIRECTORY (MS-SMB2 3.2.4.17).
//!
//! The server is asked for large pieces, whatever the size of the caller's buffer; what does not fit is kept for the next query
//! of the handle. Every entry is looked at before a program sees it.

use nt::pool::{PoolVec, Tag};
use nt::sync::{Resource, SpinLock};
use nt::{Result, Status};
use rdbss::Output;
use rdbss::info::DirectoryQuery;
use smb_wire::fscc::{DirectoryClass, DirectoryEntry, FileInformationClass, Links};
use smb_wire::smb2::{Command, QueryDirectoryFlags, QueryDirectoryRequest, QueryDirectoryResponse};
use smb_wire::{NtStatus, Utf16};

use crate::call;
use crate::dispatch::Redirector;
use crate::open::{MAX_FILE_SIZE, Open};
use crate::status;

const TAG: Tag = Tag::new(b"OxDi");

/// How much of a listing is asked for at a time, in bytes.
const PIECE: u32 = 256 * 1024;
/// How many pieces in a row may bring nothing that a program may see.
const MOST_EMPTY_PIECES: u32 = 64;
/// To how many bytes entries are aligned (MS-FSCC 2.4).
const ALIGNMENT: usize = 8;

/// How far a handle's listing has come.
pub struct Listing {
    /// Held by the query that goes on with it.
    listing: Resource,
    kept: SpinLock<Kept>,
}

/// A piece of the listing from the server, and where the caller has got to in it.
struct Kept {
    class: Option<DirectoryClass>,
    piece: PoolVec<u8>,
    next: usize,
}

impl Listing {
    /// A listing that has not begun.
    pub fn new() -> Result<Self> {
        Ok(Self {
            listing: Resource::new()?,
            kept: SpinLock::new(Kept::new()),
        })
    }
}

impl Kept {
    const fn new() -> Self {
        Self {
            class: None,
            piece: PoolVec::new(TAG),
            next: 0,
        }
    }
}

/// MRxQueryDirectory: fills the caller's buffer with entries.
pub fn query(query: &mut DirectoryQuery<'_, Redirector>) -> Result<()> {
    let class = u8::try_from(query.class())
        .ok()
        .and_then(|class| DirectoryClass::from_class(FileInformationClass(class)))
        .ok_or(Status::INVALID_INFO_CLASS)?;
    if query.index().is_some() {
        return Err(Status::NOT_SUPPORTED);
    }
    let handle = query.fobx()?.share_context().ok_or(Status::FILE_CLOSED)?;
    let open = query
        .srv_open()?
        .share_context()
        .ok_or(Status::FILE_CLOSED)?;
    let mut most = if query.wants_single_entry() {
        1
    } else {
        usize::MAX
    };
    let mut restart = query.restarts() || query.is_initial();
    let _listing = handle.listing.exclusive();
    let mut kept = core::mem::replace(&mut *handle.kept.lock(), Kept::new());
    if restart || kept.class != Some(class) {
        kept = Kept::new();
        kept.class = Some(class);
    }
    let mut pieces = 0u32;
    let outcome = loop {
        match kept.give(class, query.output(), &mut most) {
            Ok(false) => {}
            Ok(true) => break Ok(()),
            Err(status) => break Err(status),
        }
        pieces = pieces.saturating_add(1);
        if pieces > MOST_EMPTY_PIECES {
            // All names that no program may see: this listing has no end.
            break Err(Status::INVALID_NETWORK_RESPONSE);
        }
        match query
            .pattern()
            .and_then(|pattern| ask(&open, class, pattern, restart))
        {
            Ok(piece) => {
                kept.piece = piece;
                kept.next = 0;
            }
            Err(Status::NO_MORE_FILES | Status::NO_SUCH_FILE) => break Err(query.no_more()),
            Err(status) => break Err(status),
        }
        restart = false;
    };
    let gone = core::mem::replace(&mut *handle.kept.lock(), kept);
    drop(gone);
    outcome
}

impl Kept {
    /// Writes kept entries, at most so many. Whether there were any.
    fn give(
        &mut self,
        class: DirectoryClass,
        output: &mut Output<'_>,
        most: &mut usize,
    ) -> Result<bool> {
        let mut last = None;
        let rest = self.piece.get(self.next..).unwrap_or_default();
        for entry in Links::new(rest, ALIGNMENT, class.name_offset()) {
            let bytes = entry.map_err(|error| status::from_client(error.into()))?;
            let entry = DirectoryEntry::parse(class, bytes)
                .map_err(|error| status::from_client(error.into()))?;
            let acceptable = check(&entry)?;
            if acceptable {
                if *most == 0 {
                    break;
                }
                let length = class.name_offset().saturating_add(entry.name.byte_len());
                let bytes = bytes.get(..length).unwrap_or_default();
                match append(output, last, bytes) {
                    Ok(start) => last = Some(start),
                    Err(_) if last.is_some() => break,
                    Err(_) => {
                        // Not even one fits: as much of it as does, so that the caller sees how long the name is.
                        if output.write_u32(0).is_ok() {
                            output
                                .write_what_fits(bytes.get(size_of::<u32>()..).unwrap_or_default());
                        }
                        return Err(Status::BUFFER_OVERFLOW);
                    }
                }
                *most = most.saturating_sub(1);
            }
            self.next = self.next.saturating_add(bytes.len());
        }
        Ok(last.is_some())
    }
}

/// Whether a program may see an entry. A name that is a path could lead it out of the directory; a listing with impossible
/// sizes is not believed at all.
fn check(entry: &DirectoryEntry<'_>) -> Result<bool> {
    let possible = 0..=MAX_FILE_SIZE;
    if !possible.contains(&entry.end_of_file) || !possible.contains(&entry.allocation_size) {
        return Err(Status::INVALID_NETWORK_RESPONSE);
    }
    let dots = |count| {
        entry
            .name
            .units()
            .eq(core::iter::repeat_n(u16::from(b'.'), count))
    };
    Ok(entry.name.is_file_name() || dots(1) || dots(2))
}

/// Appends an entry behind the last one, and links it. Its place.
fn append(output: &mut Output<'_>, last: Option<usize>, bytes: &[u8]) -> Result<usize> {
    let end = output.written();
    let written = output.align(ALIGNMENT).and_then(|()| {
        let start = output.written();
        output.write(bytes)?;
        output.patch_u32(start, 0)?;
        Ok(start)
    });
    let start = match written {
        Ok(start) => start,
        Err(status) => {
            output.truncate(end);
            return Err(status);
        }
    };
    if let Some(last) = last {
        let link = u32::try_from(start.saturating_sub(last)).map_err(|_| Status::INTERNAL_ERROR)?;
        output.patch_u32(last, link)?;
    }
    Ok(start)
}

/// Asks the server for the next piece.
fn ask(open: &Open, class: DirectoryClass, pattern: &[u16], restart: bool) -> Result<PoolVec<u8>> {
    let connection = open.connection();
    let length = PIECE
        .min(connection.negotiated().max_transact)
        .min(connection.affordable());
    let request = QueryDirectoryRequest {
        class: class.class(),
        flags: if restart {
            QueryDirectoryFlags::RESTART_SCANS
        } else {
            QueryDirectoryFlags::empty()
        },
        file_index: 0,
        file_id: open.file_id(),
        pattern: Utf16::from_units(pattern),
        output_buffer_length: length,
    };
    let answer = call::ask(
        open.connection(),
        open.tree()
            .ask(Command::QUERY_DIRECTORY, size_of_val(pattern), length),
        |writer| request.emit(writer),
    )?;
    // The first entry alone may be larger than the piece.
    if answer.header.status == NtStatus::BUFFER_OVERFLOW {
        return Err(Status::INVALID_NETWORK_RESPONSE);
    }
    let entries = answer.read(QueryDirectoryResponse::parse)?.output;
    if entries.is_empty() || entries.len() > usize::try_from(length).unwrap_or(usize::MAX) {
        // Success without entries would have us ask for ever.
        return Err(Status::INVALID_NETWORK_RESPONSE);
    }
    let mut piece = PoolVec::new(TAG);
    piece.extend_from_slice(entries)?;
    Ok(piece)
}
