//! What a user's request is, and its bytes.

use smb_client::{
    Chunk, ClientError, DialectCheck, Protection, Reply, Ticket, TreeConnect, encode,
};
use smb_wire::Utf16;
use smb_wire::fscc::{FileAttributes, FileInformationClass};
use smb_wire::smb2::{
    AccessMask, ChangeNotifyFlags, ChangeNotifyRequest, CloseFlags, CloseRequest, Command,
    CompletionFilter, CreateDisposition, CreateOptions, CreateRequest, EchoRequest, FileId,
    FlushRequest, Fsctl, ImpersonationLevel, InfoType, IoctlFlags, IoctlRequest, LockElement,
    LockFlags, LockRequest, LogoffRequest, OplockLevel, QueryDirectoryFlags, QueryDirectoryRequest,
    QueryInfoFlags, QueryInfoRequest, ReadFlags, ReadRequest, ShareAccess, TreeDisconnectRequest,
    WriteFlags, WriteHead,
};
use smb_wire::{EmitError, List, Writer};

use super::server::{FILE, file};
use smb_client::Config;

/// What is asked. The first two are written by their machines.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum What {
    Negotiate,
    Logon,
    Tree,
    Check,
    Echo,
    Create,
    Close,
    Flush,
    Lock,
    List,
    Query,
    Control,
    Watch,
    Leave,
    LogOff,
    Read(Part),
    Write(Part),
}

/// A part of a transfer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Part {
    pub transfer: usize,
    pub chunk: Chunk,
}

impl What {
    pub const fn command(self) -> Command {
        match self {
            Self::Negotiate => Command::NEGOTIATE,
            Self::Logon => Command::SESSION_SETUP,
            Self::Tree => Command::TREE_CONNECT,
            Self::Leave => Command::TREE_DISCONNECT,
            Self::LogOff => Command::LOGOFF,
            Self::Check | Self::Control => Command::IOCTL,
            Self::Echo => Command::ECHO,
            Self::Create => Command::CREATE,
            Self::Close => Command::CLOSE,
            Self::Flush => Command::FLUSH,
            Self::Lock => Command::LOCK,
            Self::List => Command::QUERY_DIRECTORY,
            Self::Query => Command::QUERY_INFO,
            Self::Watch => Command::CHANGE_NOTIFY,
            Self::Read(_) => Command::READ,
            Self::Write(_) => Command::WRITE,
        }
    }

    pub const fn reply(self) -> Reply {
        match self {
            Self::Read(part) => Reply::Data {
                len: part.chunk.len,
            },
            Self::List => Reply::Message { max: 65536 },
            Self::Check => Reply::Message {
                max: DialectCheck::MAX_REPLY,
            },
            Self::Negotiate | Self::Logon => Reply::Message { max: 65536 },
            _ => Reply::Message { max: 256 },
        }
    }

    /// How many bytes go one way or the other.
    pub const fn payload(self) -> u32 {
        match self {
            Self::Read(part) | Self::Write(part) => part.chunk.len,
            _ => 1,
        }
    }

    /// Whether the request may rightly wait for as long as the connection lives.
    pub const fn waits(self) -> bool {
        matches!(self, Self::Watch | Self::Lock)
    }

    /// The request's bytes.
    pub fn encode(
        self,
        config: &Config,
        ticket: &Ticket,
        protection: Protection<'_>,
    ) -> Result<Vec<u8>, ClientError> {
        let mut out = vec![0; 1024];
        let len = match self {
            Self::Negotiate | Self::Logon => unreachable!("written by their machines"),
            Self::Tree => {
                let path = Utf16::from_str(r"\\fs1\share");
                TreeConnect::request(path, ticket, protection, &mut out)
            }
            Self::Check => DialectCheck::request(config, ticket, protection, &mut out),
            Self::Write(Part { chunk, .. }) => return write(ticket, protection, chunk),
            other => encode::request(&mut out, ticket, protection, |w| other.body(w, FILE)),
        }?;
        out.truncate(len);
        Ok(out)
    }

    /// The body of a request with nothing special about it.
    fn body(self, w: &mut Writer<'_>, file_id: FileId) -> Result<(), EmitError> {
        match self {
            Self::Negotiate | Self::Logon | Self::Tree | Self::Check | Self::Write(_) => {
                unreachable!("written by others")
            }
            Self::Echo => EchoRequest.emit(w),
            Self::Leave => TreeDisconnectRequest.emit(w),
            Self::LogOff => LogoffRequest.emit(w),
            Self::Create => create().emit(w),
            Self::Close => CloseRequest {
                flags: CloseFlags::empty(),
                file_id,
            }
            .emit(w),
            Self::Flush => FlushRequest { file_id }.emit(w),
            Self::Lock => LockRequest {
                lock_sequence: 0,
                file_id,
                locks: List::new(&[LockElement {
                    offset: 0,
                    length: 1,
                    flags: LockFlags::EXCLUSIVE_LOCK,
                }]),
            }
            .emit(w),
            Self::List => QueryDirectoryRequest {
                class: FileInformationClass::ID_BOTH_DIRECTORY,
                flags: QueryDirectoryFlags::empty(),
                file_index: 0,
                file_id,
                pattern: Utf16::from_str("*"),
                output_buffer_length: 65536,
            }
            .emit(w),
            Self::Query => QueryInfoRequest {
                info_type: InfoType::FILE,
                class: FileInformationClass::BASIC.0,
                output_buffer_length: 256,
                additional_information: 0,
                flags: QueryInfoFlags::empty(),
                file_id,
                input: &[],
            }
            .emit(w),
            Self::Control => IoctlRequest {
                ctl_code: Fsctl(0x0009_00C0),
                file_id,
                max_input_response: 0,
                max_output_response: 256,
                flags: IoctlFlags::IS_FSCTL,
                input: &[1, 2, 3],
            }
            .emit(w),
            Self::Watch => ChangeNotifyRequest {
                flags: ChangeNotifyFlags::empty(),
                output_buffer_length: 256,
                file_id,
                completion_filter: CompletionFilter::FILE_NAME,
            }
            .emit(w),
            Self::Read(Part { chunk, .. }) => ReadRequest {
                flags: ReadFlags::empty(),
                length: chunk.len,
                offset: chunk.offset,
                file_id,
                minimum_count: 0,
                remaining_bytes: 0,
            }
            .emit(w),
        }
    }
}

/// Several requests in one frame: those behind the first use its handle.
pub fn compound(
    parts: &[(What, Ticket)],
    protection: Protection<'_>,
) -> Result<Vec<u8>, ClientError> {
    let mut out = vec![0; 2048];
    let mut frame = encode::Frame::new(&mut out, protection)?;
    for (index, (what, ticket)) in parts.iter().enumerate() {
        match index {
            0 => frame.add(ticket, |w| what.body(w, FILE))?,
            _ => frame.add_related(ticket, |w| what.body(w, FileId::RELATED))?,
        }
    }
    let len = frame.finish()?;
    out.truncate(len);
    Ok(out)
}

/// A WRITE: unprotected, its data is sent from where it is; otherwise it lies in the message.
fn write(
    ticket: &Ticket,
    protection: Protection<'_>,
    chunk: Chunk,
) -> Result<Vec<u8>, ClientError> {
    let head = WriteHead {
        length: chunk.len,
        offset: chunk.offset,
        file_id: FILE,
        remaining_bytes: 0,
        flags: WriteFlags::empty(),
    };
    let len = usize::try_from(chunk.len).expect("32 bits");
    let data = file(chunk.offset, len);
    let mut out = vec![0; 256 + len];
    if matches!(protection, Protection::None) {
        let written = encode::write_head(&mut out, ticket, &head)?;
        out.truncate(written);
        out.extend(data);
    } else {
        let start = encode::write_data_offset(protection);
        out[start..start + len].copy_from_slice(data);
        let written = encode::write(&mut out, ticket, protection, &head)?;
        out.truncate(written);
    }
    Ok(out)
}

fn create() -> CreateRequest<'static> {
    CreateRequest {
        oplock_level: OplockLevel::NONE,
        impersonation_level: ImpersonationLevel::IMPERSONATION,
        desired_access: AccessMask::READ_DATA,
        file_attributes: FileAttributes::NORMAL,
        share_access: ShareAccess::READ,
        disposition: CreateDisposition::OPEN,
        options: CreateOptions::NON_DIRECTORY_FILE,
        name: Utf16::from_str("file"),
        contexts: List::default(),
    }
}
