//! What a server answers to ordinary requests.

use smb_wire::fscc::FileAttributes;
use smb_wire::smb2::{
    AccessMask, ChangeNotifyRequest, CloseRequest, CloseResponse, Command, CreateAction,
    CreateRequest, CreateResponse, CreateResponseFlags, EchoRequest, EchoResponse, ErrorResponse,
    FlushRequest, FlushResponse, Fsctl, Header, IoctlRequest, IoctlResponse, LockRequest,
    LockResponse, LogoffRequest, LogoffResponse, OplockLevel, OutputResponse,
    QueryDirectoryRequest, QueryInfoRequest, ReadRequest, ReadResponse, ShareCapabilities,
    ShareFlags, ShareType, Target, TreeConnectRequest, TreeConnectResponse, TreeDisconnectRequest,
    TreeDisconnectResponse, WriteRequest, WriteResponse,
};
use smb_wire::{List, NtStatus};

use super::{Asked, FILE, ROOM, Server, file, header, message, message_of};
use crate::client::input::Input;

impl Server {
    /// A right answer to anything but what opens a session.
    pub(super) fn ordinary(&mut self, asked: &Asked, input: &mut Input<'_>) -> Vec<u8> {
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
                self.trees += 1;
                let header = Header {
                    target: match asked.async_id {
                        None => Target::tree(self.trees),
                        Some(id) => Target::Async(id),
                    },
                    ..ok(asked, input)
                };
                let share_flags = match detail {
                    0..128 => ShareFlags::empty(),
                    _ => ShareFlags::ENCRYPT_DATA,
                };
                if !share_flags.is_empty() {
                    self.sealed_trees
                        .insert((asked.header.session_id, self.trees));
                }
                let body = TreeConnectResponse {
                    share_type: ShareType::DISK,
                    share_flags,
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
                    200..224 => whole / 2,
                    // More than anybody asked for.
                    224..230 => {
                        self.honest = false;
                        whole + usize::from(detail) - 223
                    }
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
                    160..250 => head.length.min(u32::from(detail)),
                    _ => head.length + 1,
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
            Command::TREE_DISCONNECT => {
                TreeDisconnectRequest::parse(request).expect("a sound TREE_DISCONNECT");
                message(&ok(asked, input), |w| TreeDisconnectResponse.emit(w))
            }
            Command::LOGOFF => {
                LogoffRequest::parse(request).expect("a sound LOGOFF");
                message(&ok(asked, input), |w| LogoffResponse.emit(w))
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
}
