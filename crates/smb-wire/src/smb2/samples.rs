//! A message of every kind, for the tests that treat them all alike.

use std::vec;
use std::vec::Vec;

use super::compression::{CompressedMessage, CompressedPayload};
use super::create_context::{
    DurableFlags, Lease, LeaseV2, RawContext, RequestContext, ResponseContext,
};
use super::negotiate_context::CompressionAlgorithm;
use super::transform::TransformHeader;
use super::*;
use crate::fscc::{FileAttributes, FileInformationClass};
use crate::writer::emitted;
use crate::{EmitError, Guid, List, NtStatus, ParseError, Utf16, Writer};

macro_rules! sample {
    ($command:ident, $name:literal, $fixed_len:literal, $ty:ident, $value:expr) => {
        Sample {
            name: $name,
            bytes: message(Command::$command, |w| $value.emit(w)),
            fixed_end: Header::LEN + $fixed_len,
            parse: |bytes| $ty::parse(bytes).map(drop),
        }
    };
}

mod connection;

/// A sound message and what reads it.
pub(crate) struct Sample {
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
    /// How many bytes the parser cannot do without.
    pub(crate) fixed_end: usize,
    pub(crate) parse: fn(&[u8]) -> Result<(), ParseError>,
}

pub(crate) const FILE_ID: FileId = FileId::new(0x1111_2222_3333_4444, 0x5555_6666_7777_8888);

/// Writes a message with the body that `body` emits.
pub(crate) fn message(
    command: Command,
    body: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>,
) -> Vec<u8> {
    emitted(|w| {
        Header::request(command, 7).emit(w)?;
        body(w)
    })
}

/// Every sample.
pub(crate) fn all() -> Vec<Sample> {
    let mut samples = connection::all();
    samples.extend(files());
    samples.extend(data());
    samples.extend(queries());
    samples.extend(breaks_and_errors());
    samples.extend(wrappers());
    samples
}

/// The sample with this name.
pub(crate) fn named(name: &str) -> Sample {
    all()
        .into_iter()
        .find(|sample| sample.name == name)
        .unwrap()
}

fn files() -> Vec<Sample> {
    let lease = Lease {
        key: LeaseKey([1; 16]),
        state: LeaseState::READ_CACHING | LeaseState::HANDLE_CACHING,
        flags: LeaseFlags::PARENT_LEASE_KEY_SET,
        v2: Some(LeaseV2 {
            parent_key: LeaseKey([2; 16]),
            epoch: 3,
        }),
    };
    vec![
        sample!(
            CREATE,
            "CREATE request",
            56,
            CreateRequest,
            CreateRequest {
                oplock_level: OplockLevel::LEASE,
                impersonation_level: ImpersonationLevel::IMPERSONATION,
                desired_access: AccessMask::READ_DATA,
                file_attributes: FileAttributes::NORMAL,
                share_access: ShareAccess::READ,
                disposition: CreateDisposition::OPEN_IF,
                options: CreateOptions::NON_DIRECTORY_FILE,
                name: Utf16::from_str(r"dir\file.txt"),
                contexts: List::new(&[
                    RequestContext::SecurityDescriptor(&[1, 0, 4, 0x80]),
                    RequestContext::ExtendedAttributes(&[0; 12]),
                    RequestContext::Durable,
                    RequestContext::DurableReconnect(FILE_ID),
                    RequestContext::DurableV2 {
                        timeout: 60_000,
                        flags: DurableFlags::PERSISTENT,
                        create_guid: Guid([4; 16]),
                    },
                    RequestContext::DurableReconnectV2 {
                        file_id: FILE_ID,
                        create_guid: Guid([4; 16]),
                        flags: DurableFlags::PERSISTENT,
                    },
                    RequestContext::AllocationSize(4096),
                    RequestContext::MaximalAccess(None),
                    RequestContext::MaximalAccess(Some(5)),
                    RequestContext::Timewarp(6),
                    RequestContext::DiskId,
                    RequestContext::Lease(Lease { v2: None, ..lease }),
                    RequestContext::Lease(lease),
                    RequestContext::Other(RawContext {
                        name: b"AAPL",
                        data: &[1, 2, 3]
                    }),
                ]),
            }
        ),
        sample!(
            CREATE,
            "CREATE response",
            88,
            CreateResponse,
            CreateResponse {
                oplock_level: OplockLevel::LEASE,
                flags: CreateResponseFlags::empty(),
                action: CreateAction::OPENED,
                creation_time: 1,
                last_access_time: 2,
                last_write_time: 3,
                change_time: 4,
                allocation_size: 4096,
                end_of_file: 17,
                file_attributes: FileAttributes::ARCHIVE,
                file_id: FILE_ID,
                contexts: List::new(&[
                    ResponseContext::Durable,
                    ResponseContext::DurableV2 {
                        timeout: 60_000,
                        flags: DurableFlags::empty()
                    },
                    ResponseContext::MaximalAccess {
                        status: NtStatus::SUCCESS,
                        access: AccessMask::FILE_ALL
                    },
                    ResponseContext::DiskId {
                        file_id: 8,
                        volume_id: 9
                    },
                    ResponseContext::Lease(lease),
                    ResponseContext::Other(RawContext {
                        name: b"AAPL",
                        data: &[1, 2, 3]
                    }),
                ]),
            }
        ),
        sample!(
            CLOSE,
            "CLOSE request",
            24,
            CloseRequest,
            CloseRequest {
                flags: CloseFlags::POSTQUERY_ATTRIB,
                file_id: FILE_ID,
            }
        ),
        sample!(
            CLOSE,
            "CLOSE response",
            60,
            CloseResponse,
            CloseResponse {
                end_of_file: 17,
                ..Default::default()
            }
        ),
        sample!(
            FLUSH,
            "FLUSH request",
            24,
            FlushRequest,
            FlushRequest { file_id: FILE_ID }
        ),
        sample!(FLUSH, "FLUSH response", 4, FlushResponse, FlushResponse),
    ]
}

fn data() -> Vec<Sample> {
    vec![
        sample!(
            READ,
            "READ request",
            48,
            ReadRequest,
            ReadRequest {
                flags: ReadFlags::UNBUFFERED,
                length: 65536,
                offset: 1 << 40,
                file_id: FILE_ID,
                minimum_count: 1,
                remaining_bytes: 0,
            }
        ),
        sample!(
            READ,
            "READ response",
            16,
            ReadResponse,
            ReadResponse {
                data_remaining: 0,
                flags: 0,
                data: b"some data",
            }
        ),
        sample!(
            WRITE,
            "WRITE request",
            48,
            WriteRequest,
            WriteRequest {
                head: WriteHead {
                    length: 9,
                    offset: 1 << 40,
                    file_id: FILE_ID,
                    remaining_bytes: 0,
                    flags: WriteFlags::WRITE_THROUGH,
                },
                data: b"some data",
            }
        ),
        sample!(
            WRITE,
            "WRITE response",
            16,
            WriteResponse,
            WriteResponse {
                count: 9,
                remaining: 0
            }
        ),
        sample!(
            LOCK,
            "LOCK request",
            48,
            LockRequest,
            LockRequest {
                lock_sequence: 0x21,
                file_id: FILE_ID,
                locks: List::new(&[
                    LockElement {
                        offset: 0,
                        length: 10,
                        flags: LockFlags::EXCLUSIVE_LOCK
                    },
                    LockElement {
                        offset: 10,
                        length: u64::MAX,
                        flags: LockFlags::SHARED_LOCK
                    },
                ]),
            }
        ),
        sample!(LOCK, "LOCK response", 4, LockResponse, LockResponse),
        sample!(
            IOCTL,
            "IOCTL request",
            56,
            IoctlRequest,
            IoctlRequest {
                ctl_code: Fsctl::PIPE_TRANSCEIVE,
                file_id: FILE_ID,
                max_input_response: 0,
                max_output_response: 1024,
                flags: IoctlFlags::IS_FSCTL,
                input: b"question",
            }
        ),
        sample!(
            IOCTL,
            "IOCTL response",
            48,
            IoctlResponse,
            IoctlResponse {
                ctl_code: Fsctl::PIPE_TRANSCEIVE,
                file_id: FILE_ID,
                flags: IoctlFlags::empty(),
                output: b"answer",
            }
        ),
    ]
}

fn queries() -> Vec<Sample> {
    vec![
        sample!(
            QUERY_DIRECTORY,
            "QUERY_DIRECTORY request",
            32,
            QueryDirectoryRequest,
            QueryDirectoryRequest {
                class: FileInformationClass::ID_BOTH_DIRECTORY,
                flags: QueryDirectoryFlags::RESTART_SCANS,
                file_index: 0,
                file_id: FILE_ID,
                pattern: Utf16::from_str("*.txt"),
                output_buffer_length: 65536,
            }
        ),
        sample!(
            QUERY_DIRECTORY,
            "QUERY_DIRECTORY response",
            8,
            OutputResponse,
            OutputResponse { output: b"entries" }
        ),
        sample!(
            QUERY_INFO,
            "QUERY_INFO request",
            40,
            QueryInfoRequest,
            QueryInfoRequest {
                info_type: InfoType::FILE,
                class: FileInformationClass::FULL_EA.0,
                output_buffer_length: 1024,
                additional_information: 0,
                flags: QueryInfoFlags::RESTART_SCAN,
                file_id: FILE_ID,
                input: b"names of attributes",
            }
        ),
        sample!(
            SET_INFO,
            "SET_INFO request",
            32,
            SetInfoRequest,
            SetInfoRequest {
                info_type: InfoType::FILE,
                class: FileInformationClass::END_OF_FILE.0,
                additional_information: 0,
                file_id: FILE_ID,
                input: &[0; 8],
            }
        ),
        sample!(
            SET_INFO,
            "SET_INFO response",
            2,
            SetInfoResponse,
            SetInfoResponse
        ),
        sample!(
            CHANGE_NOTIFY,
            "CHANGE_NOTIFY request",
            32,
            ChangeNotifyRequest,
            ChangeNotifyRequest {
                flags: ChangeNotifyFlags::WATCH_TREE,
                output_buffer_length: 4096,
                file_id: FILE_ID,
                completion_filter: CompletionFilter::FILE_NAME | CompletionFilter::SIZE,
            }
        ),
    ]
}

fn breaks_and_errors() -> Vec<Sample> {
    let symlink = emitted(|w| {
        SymlinkError {
            unparsed_path_length: 8,
            substitute_name: Utf16::from_str(r"\??\C:\target"),
            print_name: Utf16::from_str(r"C:\target"),
            flags: SymlinkFlags::empty(),
        }
        .emit(w)
    });
    let error_contexts = [
        ErrorContext {
            id: ErrorId::SHARE_REDIRECT,
            data: b"13 bytes long",
        },
        ErrorContext {
            id: ErrorId::DEFAULT,
            data: &symlink,
        },
    ];
    let symlink_of =
        |bytes: &[u8]| SymlinkError::parse(ErrorResponse::parse(bytes)?.data()).map(drop);
    vec![
        sample!(
            OPLOCK_BREAK,
            "oplock break notification",
            24,
            BreakNotification,
            OplockBreak {
                oplock_level: OplockLevel::LEVEL_II,
                file_id: FILE_ID,
            }
        ),
        sample!(
            OPLOCK_BREAK,
            "lease break notification",
            44,
            BreakNotification,
            LeaseBreakNotification {
                new_epoch: 5,
                flags: LeaseBreakFlags::ACK_REQUIRED,
                lease_key: LeaseKey([1; 16]),
                current_state: LeaseState::all(),
                new_state: LeaseState::READ_CACHING,
            }
        ),
        sample!(
            OPLOCK_BREAK,
            "lease break acknowledgment",
            36,
            BreakAck,
            LeaseBreakAck {
                lease_key: LeaseKey([1; 16]),
                state: LeaseState::READ_CACHING,
            }
        ),
        sample!(
            CREATE,
            "ERROR response",
            8,
            ErrorResponse,
            ErrorResponse::EMPTY
        ),
        Sample {
            name: "ERROR response with a symlink",
            bytes: message(Command::CREATE, |w| ErrorResponse::Data(&symlink).emit(w)),
            fixed_end: Header::LEN + 8 + symlink.len(),
            parse: symlink_of,
        },
        Sample {
            name: "ERROR response with contexts",
            bytes: message(Command::CREATE, |w| {
                ErrorResponse::Contexts(List::new(&error_contexts)).emit(w)
            }),
            fixed_end: Header::LEN + 8,
            parse: symlink_of,
        },
    ]
}

fn wrappers() -> Vec<Sample> {
    vec![
        Sample {
            name: "TRANSFORM",
            bytes: emitted(|w| {
                TransformHeader {
                    signature: [1; 16],
                    nonce: [2; 16],
                    original_message_size: 64,
                    session_id: 3,
                }
                .emit(w)?;
                w.zeros(64)
            }),
            fixed_end: TransformHeader::LEN + 64,
            parse: |bytes| TransformHeader::parse(bytes).map(drop),
        },
        Sample {
            name: "COMPRESSION unchained",
            bytes: emitted(|w| {
                CompressedMessage::Unchained {
                    original_segment_size: 100,
                    algorithm: CompressionAlgorithm::LZ77,
                    plain: b"plain",
                    compressed: b"compressed",
                }
                .emit(w)
            }),
            fixed_end: 16 + 5,
            parse: |bytes| CompressedMessage::parse(bytes).map(drop),
        },
        Sample {
            name: "COMPRESSION chained",
            bytes: emitted(|w| {
                CompressedMessage::Chained {
                    original_size: 200,
                    payloads: List::new(&[
                        CompressedPayload {
                            algorithm: CompressionAlgorithm::LZ77_HUFFMAN,
                            original_size: Some(100),
                            data: b"compressed",
                        },
                        CompressedPayload {
                            algorithm: CompressionAlgorithm::PATTERN_V1,
                            original_size: None,
                            data: &[0, 0, 0, 0, 100, 0, 0, 0],
                        },
                    ]),
                }
                .emit(w)
            }),
            fixed_end: 16,
            parse: |bytes| CompressedMessage::parse(bytes).map(drop),
        },
    ]
}
