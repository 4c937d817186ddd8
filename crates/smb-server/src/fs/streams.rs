//! Named streams (MS-FSCC 2.1.5): further contents of a file or directory, opened as `file:name`.

use std::sync::Arc;

use super::create::{CreateAction, CreateRequest, Disposition};
use super::name::{Name, fold, is_valid_component};
use super::node::Node;
use super::{FileSystem, FsError, Kind, Open, access};

const COLON: u16 = b':' as u16;
/// The type of every stream that can be opened.
const DATA: &str = "$DATA";

/// One stream, as a listing has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StreamEntry {
    /// `:name:$DATA`; `::$DATA` for a file's main content.
    pub name: Vec<u16>,
    /// Bytes of content.
    pub size: u64,
    /// Bytes allocated.
    pub allocated: u64,
}

/// Splits a path into that of the file and the name of a stream; `None` for the main content.
pub(super) fn split(path: &[u16]) -> Result<(&[u16], Option<&[u16]>), FsError> {
    let Some(colon) = path.iter().position(|unit| *unit == COLON) else {
        return Ok((path, None));
    };
    let (file, stream) = (&path[..colon], &path[colon + 1..]);
    let mut parts = stream.splitn(2, |unit| *unit == COLON);
    let name = parts.next().unwrap_or_default();
    let data: Vec<u16> = DATA.encode_utf16().collect();
    let typed = match parts.next() {
        None => false,
        Some(kind) if *fold(kind) == *data => true,
        Some(_) => return Err(FsError::NameInvalid),
    };
    match name {
        [] if typed => Ok((file, None)),
        _ if is_valid_component(name) => Ok((file, Some(name))),
        _ => Err(FsError::NameInvalid),
    }
}

impl FileSystem {
    pub(super) fn create_stream(
        self: &Arc<Self>,
        name: &[u16],
        request: &CreateRequest<'_>,
    ) -> Result<(Open, CreateAction), FsError> {
        if request.kind == Kind::Directory {
            return Err(FsError::NotADirectory);
        }
        let must_exist = request.disposition.must_exist();
        // The file itself is opened in a way that disturbs nobody; it comes into being with its first stream.
        let (file, _) = self.create(&CreateRequest {
            access: access::READ_ATTRIBUTES,
            disposition: if must_exist {
                Disposition::Open
            } else {
                Disposition::OpenIf
            },
            kind: Kind::Any,
            delete_on_close: false,
            allocation: 0,
            extended: &[],
            ..*request
        })?;
        let base = Arc::clone(file.owner());
        let mut streams = base.streams.lock();
        let (name, stream, action) = match streams.get(&fold(name)) {
            Some(_) if request.disposition == Disposition::Create => {
                return Err(FsError::Collision);
            }
            Some((name, stream)) => (
                name.clone(),
                Arc::clone(stream),
                request.disposition.on_existing(),
            ),
            None if must_exist => return Err(FsError::NameNotFound),
            None if self.volume().read_only => return Err(FsError::WriteProtected),
            None => {
                let stream = Node::new(self.next_id(), false, 0, &self.space)?;
                streams.insert(fold(name), (name.into(), Arc::clone(&stream)));
                (name.into(), stream, CreateAction::Created)
            }
        };
        drop(streams);
        let rights = self.grant(&base, request, action)?;
        let open = self.admit(stream, Some((base, name)), rights, request)?;
        if action != CreateAction::Opened {
            open.empty(request)?;
        }
        Ok((open, action))
    }
}

/// Takes a stream whose last handle was closed away from its file.
pub(super) fn remove(base: &Node, name: &Name) {
    base.streams.lock().remove(&fold(name));
}

impl Open {
    /// The streams of the file or directory, its main content first.
    pub fn streams(&self) -> Vec<StreamEntry> {
        let owner = self.owner();
        let named = owner.streams.lock();
        let main = (!owner.is_directory()).then_some((&[][..], owner));
        let named = named.values().map(|(name, stream)| (&**name, stream));
        main.into_iter()
            .chain(named)
            .map(|(name, stream)| entry(name, stream))
            .collect()
    }
}

fn entry(name: &[u16], stream: &Node) -> StreamEntry {
    let info = stream.info();
    let kind = DATA.encode_utf16();
    let name = [COLON]
        .into_iter()
        .chain(name.iter().copied())
        .chain([COLON])
        .chain(kind)
        .collect();
    StreamEntry {
        name,
        size: info.size,
        allocated: info.allocated,
    }
}
