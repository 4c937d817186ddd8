//! A server that knows how to answer everything rightly, and whose answers are then changed.

mod authority;

use std::sync::LazyLock;

use smb_wire::fscc::FileAttributes;
use smb_wire::netbios::FrameHeader;
use smb_wire::smb2::compound::Chain;
use smb_wire::smb2::transform::{self, TransformHeader};
use smb_wire::smb2::{
    AccessMask, Cancel, ChangeNotifyRequest, CloseRequest, CloseResponse, Command, CreateAction,
    CreateRequest, CreateResponse, CreateResponseFlags, EchoRequest, EchoResponse, ErrorResponse,
    FileId, FlushRequest, FlushResponse, Fsctl, Header, HeaderFlags, IoctlRequest, IoctlResponse,
    LockRequest, LockResponse, OplockLevel, OutputResponse, QueryDirectoryRequest,
    QueryInfoRequest, ReadRequest, ReadResponse, ShareCapabilities, ShareFlags, ShareType, Target,
    TreeConnectRequest, TreeConnectResponse, WriteRequest, WriteResponse,
};
use smb_wire::{EmitError, List, NtStatus, Writer, smb1};

use super::input::Input;
pub use authority::{Authority, PASSWORD};

/// The tree that every TREE_CONNECT leads to.
pub const TREE: u32 = 5;
pub const FILE: FileId = FileId::new(0x11, 0x22);

/// Room for a message without much data.
const ROOM: usize = 2048;
/// As far as any user reads, in bytes.
const FILE_SIZE: u32 = 1 << 20;

/// A request as the server got it.
#[derive(Clone, Debug)]
pub struct Asked {
    pub header: Header,
    pub message: Vec<u8>,
    /// How it came, and how an answer should go.
    pub cover: Cover,
    pub answered: bool,
}

/// How a message is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cover {
    None,
    Signed,
    Sealed,
}

/// The server's side of a connection.
#[derive(Debug)]
pub struct Server {
    pub authority: Authority,
    pub asked: Vec<Asked>,
    /// What was signed, each message, or sealed, each frame, with the session's keys, before anybody else touched it.
    pub authentic: Vec<Vec<u8>>,
    /// Messages that wait to go out in one frame.
    pending: Vec<(Vec<u8>, Cover)>,
    last_message_id: Option<u64>,
}

impl Server {
    pub fn new(authority: Authority) -> Self {
        Self {
            authority,
            asked: Vec::new(),
            authentic: Vec::new(),
            pending: Vec::new(),
            last_message_id: None,
        }
    }

    /// Takes a frame that the client sent, and checks it as a strict server would.
    pub fn receive(&mut self, frame: &[u8]) {
        let (prefix, contents) = frame.split_first_chunk().expect("a frame header");
        let prefix = FrameHeader::parse(*prefix);
        assert_eq!(usize::try_from(prefix.length), Ok(contents.len()));
        if contents.starts_with(&smb1::PROTOCOL_ID) {
            smb1::NegotiateRequest::parse(contents).expect("a sound opener");
            // It stands for a message with the id 0.
            self.take(
                Header::request(Command::NEGOTIATE, 0),
                contents,
                Cover::None,
            );
            return;
        }
        let mut opened = contents.to_vec();
        let is_sealed = contents.starts_with(&transform::PROTOCOL_ID);
        let messages = if is_sealed {
            let sealing = self.authority.sealing().expect("sealed without keys");
            sealing.open(&mut opened).expect("sealed with our key");
            &opened[TransformHeader::LEN..]
        } else {
            &opened[..]
        };
        for message in Chain::new(messages) {
            let message = message.expect("a sound chain");
            let header = Header::parse(message).expect("a sound header");
            assert!(!header.is_response());
            let cover = if is_sealed {
                Cover::Sealed
            } else if header.flags.contains(HeaderFlags::SIGNED) {
                let key = self.authority.signing().expect("signed without a key");
                assert_eq!(key.verify(message, &[]), Ok(()), "a wrong signature");
                Cover::Signed
            } else {
                Cover::None
            };
            self.take(header, message, cover);
        }
    }

    fn take(&mut self, header: Header, message: &[u8], cover: Cover) {
        if header.command == Command::CANCEL {
            Cancel::parse(message).expect("a sound CANCEL");
            return;
        }
        assert!(
            self.last_message_id.is_none_or(|last| header.message_id > last)
                // After the opener, SMB2's NEGOTIATE may begin anew.
                || header.command == Command::NEGOTIATE,
            "message id {} after {:?}",
            header.message_id,
            self.last_message_id
        );
        self.last_message_id = Some(header.message_id);
        self.asked.push(Asked {
            header,
            message: message.to_vec(),
            cover,
            answered: false,
        });
    }

    /// The oldest request of this command that has no answer yet.
    pub fn unanswered(&self, command: Command) -> Option<usize> {
        let open = |asked: &Asked| !asked.answered && asked.header.command == command;
        self.asked.iter().position(open)
    }

    /// A right answer to a request, unprotected: what the input chooses is all a good server may do.
    pub fn answer(&mut self, index: usize, input: &mut Input<'_>) -> Vec<u8> {
        let asked = self.asked[index].clone();
        self.asked[index].answered = true;
        match asked.header.command {
            Command::NEGOTIATE => self.authority.negotiate(&asked, input),
            Command::SESSION_SETUP => self.authority.session_setup(&asked, input),
            _ => self.ordinary(&asked, input),
        }
    }

    fn ordinary(&mut self, asked: &Asked, input: &mut Input<'_>) -> Vec<u8> {
        let request = asked.message.as_slice();
        let ok = |asked: &Asked, input: &mut Input<'_>| header(asked, NtStatus::SUCCESS, input);
        let error = |status, input: &mut Input<'_>| {
            let header = header(asked, status, input);
            message(&header, |w| ErrorResponse::EMPTY.emit(w))
        };
        let detail = input.byte();
        match asked.header.command {
            Command::TREE_CONNECT => {
                TreeConnectRequest::parse(request).expect("a sound TREE_CONNECT");
                let header = Header {
                    target: Target::tree(TREE),
                    ..ok(asked, input)
                };
                let body = TreeConnectResponse {
                    share_type: ShareType::DISK,
                    share_flags: match detail {
                        0..128 => ShareFlags::empty(),
                        _ => ShareFlags::ENCRYPT_DATA,
                    },
                    capabilities: ShareCapabilities::empty(),
                    maximal_access: AccessMask::from_bits_retain(0x1F_01FF),
                };
                message(&header, |w| body.emit(w))
            }
            Command::CREATE => {
                CreateRequest::parse(request).expect("a sound CREATE");
                let body = CreateResponse {
                    oplock_level: OplockLevel::NONE,
                    flags: CreateResponseFlags::empty(),
                    action: CreateAction::OPENED,
                    creation_time: 1,
                    last_access_time: 2,
                    last_write_time: 3,
                    change_time: 4,
                    allocation_size: 4096,
                    end_of_file: 100,
                    file_attributes: FileAttributes::NORMAL,
                    file_id: FILE,
                    contexts: List::default(),
                };
                message(&ok(asked, input), |w| body.emit(w))
            }
            Command::CLOSE => {
                CloseRequest::parse(request).expect("a sound CLOSE");
                message(&ok(asked, input), |w| CloseResponse::default().emit(w))
            }
            Command::FLUSH => {
                FlushRequest::parse(request).expect("a sound FLUSH");
                message(&ok(asked, input), |w| FlushResponse.emit(w))
            }
            Command::READ => {
                let read = ReadRequest::parse(request).expect("a sound READ");
                let whole = usize::try_from(read.length).expect("32 bits");
                let len = match detail {
                    0..160 => whole,
                    160..200 => usize::from(detail).min(whole),
                    200..230 => whole / 2,
                    _ => return error(NtStatus::END_OF_FILE, input),
                };
                let body = ReadResponse {
                    data_remaining: 0,
                    flags: 0,
                    data: file(read.offset, len),
                };
                message_of(ROOM + len, &ok(asked, input), |w| body.emit(w))
            }
            Command::WRITE => {
                let WriteRequest { head, data } =
                    WriteRequest::parse(request).expect("a sound WRITE");
                let right = file(head.offset, data.len());
                assert!(data == right, "other data than the user's");
                let count = match detail {
                    0..160 => head.length,
                    _ => head.length.min(u32::from(detail)),
                };
                let body = WriteResponse {
                    count,
                    remaining: 0,
                };
                message(&ok(asked, input), |w| body.emit(w))
            }
            Command::LOCK => {
                LockRequest::parse(request).expect("a sound LOCK");
                message(&ok(asked, input), |w| LockResponse.emit(w))
            }
            Command::ECHO => {
                EchoRequest::parse(request).expect("a sound ECHO");
                message(&ok(asked, input), |w| EchoResponse.emit(w))
            }
            Command::IOCTL => {
                let ioctl = IoctlRequest::parse(request).expect("a sound IOCTL");
                let validated = self.authority.validated();
                let output = match ioctl.ctl_code {
                    Fsctl::VALIDATE_NEGOTIATE_INFO => &validated[..],
                    _ => input.take(usize::from(detail)),
                };
                let body = IoctlResponse {
                    ctl_code: ioctl.ctl_code,
                    file_id: ioctl.file_id,
                    flags: ioctl.flags,
                    output,
                };
                message(&ok(asked, input), |w| body.emit(w))
            }
            Command::QUERY_DIRECTORY | Command::QUERY_INFO | Command::CHANGE_NOTIFY => {
                match asked.header.command {
                    Command::QUERY_DIRECTORY => drop(QueryDirectoryRequest::parse(request)),
                    Command::QUERY_INFO => drop(QueryInfoRequest::parse(request)),
                    _ => drop(ChangeNotifyRequest::parse(request)),
                }
                let output = input.take(usize::from(detail));
                let body = OutputResponse { output };
                message(&ok(asked, input), |w| body.emit(w))
            }
            _ => error(NtStatus::NOT_SUPPORTED, input),
        }
    }

    /// An interim answer: the real one comes later.
    pub fn interim(&self, index: usize, input: &mut Input<'_>) -> Vec<u8> {
        let header = Header {
            target: Target::Async(1 + u64::from(input.byte())),
            ..header(&self.asked[index], NtStatus::PENDING, input)
        };
        message(&header, |w| ErrorResponse::EMPTY.emit(w))
    }

    /// A refusal.
    pub fn refusal(&mut self, index: usize, status: NtStatus, input: &mut Input<'_>) -> Vec<u8> {
        self.asked[index].answered = true;
        let header = header(&self.asked[index], status, input);
        message(&header, |w| ErrorResponse::EMPTY.emit(w))
    }

    /// Puts a message into the next frame.
    pub fn put(&mut self, message: Vec<u8>, cover: Cover) {
        self.pending.push((message, cover));
    }

    /// The frame with everything that waits for it: linked, and protected message by message or as a whole.
    pub fn frame(&mut self) -> Vec<u8> {
        let mut contents = Vec::new();
        let pending = std::mem::take(&mut self.pending);
        let is_sealed = pending.iter().any(|(_, cover)| *cover == Cover::Sealed);
        let count = pending.len();
        for (index, (mut message, cover)) in pending.into_iter().enumerate() {
            if index + 1 < count && message.len() >= Header::LEN {
                message.resize(message.len().next_multiple_of(8), 0);
                let link = u32::try_from(message.len()).expect("a short message");
                message[Header::NEXT_COMMAND].copy_from_slice(&link.to_le_bytes());
            }
            if cover == Cover::Signed && self.authority.sign(&mut message) {
                self.authentic.push(message.clone());
            }
            contents.extend(message);
        }
        if is_sealed && let Some(sealing) = self.authority.sealing() {
            let mut sealed = vec![0; TransformHeader::LEN];
            sealed.extend(contents);
            // Where one message ends and the next begins, only a sound link tells.
            self.authentic.push(sealed[TransformHeader::LEN..].to_vec());
            let session_id = self.authority.session_id();
            sealing.seal(session_id, &mut sealed).expect("sealing");
            contents = sealed;
        }
        framed(&contents)
    }
}

/// What the file has from an offset on.
pub fn file(offset: u64, len: usize) -> &'static [u8] {
    static FILE: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let byte = |offset: u32| (offset ^ (offset >> 8)) as u8;
        (0..FILE_SIZE).map(byte).collect()
    });
    let start = usize::try_from(offset).expect("64 bits");
    &FILE[start..start + len]
}

/// The same bytes behind a frame header.
pub fn framed(contents: &[u8]) -> Vec<u8> {
    let prefix = FrameHeader::message(contents.len()).expect("a short frame");
    [&prefix.to_bytes()[..], contents].concat()
}

/// The header of an answer.
fn header(asked: &Asked, status: NtStatus, input: &mut Input<'_>) -> Header {
    Header {
        status,
        flags: HeaderFlags::SERVER_TO_REDIR,
        credits: match input.byte() {
            0..128 => asked.header.credits.max(1),
            few => u16::from(few - 128),
        },
        signature: [0; 16],
        next_command: 0,
        ..asked.header
    }
}

/// A message with this header and body.
fn message(
    header: &Header,
    body: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>,
) -> Vec<u8> {
    message_of(ROOM, header, body)
}

/// The same, where that takes more room.
fn message_of(
    room: usize,
    header: &Header,
    body: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>,
) -> Vec<u8> {
    let mut buffer = vec![0; room];
    let mut writer = Writer::new(&mut buffer);
    header.emit(&mut writer).expect("room for a header");
    body(&mut writer).expect("a body that can be sent");
    writer.written().to_vec()
}
