//! What a user's request is, and its bytes.

use smb_client::{
    Chunk, ClientError, DialectCheck, Protection, Reply, Ticket, TreeConnect, encode,
};
use smb_wire::Utf16;
use smb_wire::fscc::{FileAttributes, FileInformationClass};
use smb_wire::smb2::{
    AccessMask, ChangeNotifyFlags, ChangeNotifyRequest, CloseFlags, CloseRequest, Command,
    CompletionFilter, CreateDisposition, CreateOptions, CreateRequest, EchoRequest, FlushRequest,
    Fsctl, ImpersonationLevel, InfoType, IoctlFlags, IoctlRequest, LockElement, LockFlags,
    LockRequest, OplockLevel, QueryDirectoryFlags, QueryDirectoryRequest, QueryInfoFlags,
    QueryInfoRequest, ReadFlags, ReadRequest, ShareAccess, WriteFlags, WriteHead,
};
use smb_wire::{List, Writer};

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
        let with = |out: &mut [u8], body: &dyn Fn(&mut Writer<'_>) -> Result<(), _>| {
            encode::request(out, ticket, protection, |writer| body(writer))
        };
        let len = match self {
            Self::Negotiate | Self::Logon => unreachable!("written by their machines"),
            Self::Tree => {
                let path = Utf16::from_str(r"\\fs1\share");
                TreeConnect::request(path, ticket, protection, &mut out)
            }
            Self::Check => DialectCheck::request(config, ticket, protection, &mut out),
            Self::Echo => with(&mut out, &|w| EchoRequest.emit(w)),
            Self::Create => with(&mut out, &|w| create().emit(w)),
            Self::Close => with(&mut out, &|w| {
                CloseRequest {
                    flags: CloseFlags::empty(),
                    file_id: FILE,
                }
                .emit(w)
            }),
            Self::Flush => with(&mut out, &|w| FlushRequest { file_id: FILE }.emit(w)),
            Self::Lock => with(&mut out, &|w| {
                LockRequest {
                    lock_sequence: 0,
                    file_id: FILE,
                    locks: List::new(&[LockElement {
                        offset: 0,
                        length: 1,
                        flags: LockFlags::EXCLUSIVE_LOCK,
                    }]),
                }
                .emit(w)
            }),
            Self::List => with(&mut out, &|w| {
                QueryDirectoryRequest {
                    class: FileInformationClass::ID_BOTH_DIRECTORY,
                    flags: QueryDirectoryFlags::empty(),
                    file_index: 0,
                    file_id: FILE,
                    pattern: Utf16::from_str("*"),
                    output_buffer_length: 65536,
                }
                .emit(w)
            }),
            Self::Query => with(&mut out, &|w| {
                QueryInfoRequest {
                    info_type: InfoType::FILE,
                    class: FileInformationClass::BASIC.0,
                    output_buffer_length: 256,
                    additional_information: 0,
                    flags: QueryInfoFlags::empty(),
                    file_id: FILE,
                    input: &[],
                }
                .emit(w)
            }),
            Self::Control => with(&mut out, &|w| {
                IoctlRequest {
                    ctl_code: Fsctl(0x0009_00C0),
                    file_id: FILE,
                    max_input_response: 0,
                    max_output_response: 256,
                    flags: IoctlFlags::IS_FSCTL,
                    input: &[1, 2, 3],
                }
                .emit(w)
            }),
            Self::Watch => with(&mut out, &|w| {
                ChangeNotifyRequest {
                    flags: ChangeNotifyFlags::empty(),
                    output_buffer_length: 256,
                    file_id: FILE,
                    completion_filter: CompletionFilter::FILE_NAME,
                }
                .emit(w)
            }),
            Self::Read(Part { chunk, .. }) => with(&mut out, &|w| {
                ReadRequest {
                    flags: ReadFlags::empty(),
                    length: chunk.len,
                    offset: chunk.offset,
                    file_id: FILE,
                    minimum_count: 0,
                    remaining_bytes: 0,
                }
                .emit(w)
            }),
            Self::Write(Part { chunk, .. }) => return write(ticket, protection, chunk),
        }?;
        out.truncate(len);
        Ok(out)
    }
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
