//! Emitting a message and parsing it gives the same message.

use std::vec;
use std::vec::Vec;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::compound::{Builder, Chain};
use super::compression::{CompressedMessage, CompressedPayload};
use super::create_context::{
    DurableFlags, Lease, LeaseV2, RawContext, RequestContext, ResponseContext,
};
use super::negotiate_context::*;
use super::samples::message;
use super::transform::TransformHeader;
use super::*;
use crate::fscc::{FileAttributes, FileInformationClass};
use crate::writer::emitted;
use crate::{EmitError, Guid, List, NtStatus, Utf16, Writer};

fn file_id() -> impl Strategy<Value = FileId> {
    any::<[u8; 16]>().prop_map(FileId)
}

/// Units of a name: any, so surrogates without a partner are among them.
fn units() -> impl Strategy<Value = Vec<u16>> {
    vec(any::<u16>(), 0..40)
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..100)
}

fn lease() -> impl Strategy<Value = Lease> {
    let v2 = option::of((any::<[u8; 16]>(), any::<u16>()));
    (any::<[u8; 16]>(), any::<u32>(), any::<u32>(), v2).prop_map(|(key, state, flags, v2)| Lease {
        key: LeaseKey(key),
        state: LeaseState::from_bits_retain(state),
        flags: LeaseFlags::from_bits_retain(flags),
        v2: v2.map(|(parent_key, epoch)| LeaseV2 {
            parent_key: LeaseKey(parent_key),
            epoch,
        }),
    })
}

macro_rules! assert_round_trip {
    ($ty:ident, $value:expr) => {{
        let value = $value;
        let bytes = message(Command::ECHO, |w| value.emit(w));
        prop_assert_eq!($ty::parse(&bytes), Ok(value));
        for room in [
            0,
            (bytes.len() - Header::LEN) / 2,
            bytes.len() - Header::LEN - 1,
        ] {
            let mut buffer = vec![0; Header::LEN + room];
            let mut w = Writer::new(&mut buffer);
            Header::request(Command::ECHO, 7).emit(&mut w).unwrap();
            prop_assert_eq!(value.emit(&mut w), Err(EmitError::BufferFull));
        }
    }};
}

proptest! {
    #[test]
    fn header(
        numbers in any::<(u16, u32, u16, u16, u32, u32, u64, u64)>(),
        target in prop_oneof![
            any::<(u32, u32)>().prop_map(|(process_id, tree_id)| Target::Tree { process_id, tree_id }),
            any::<u64>().prop_map(Target::Async),
        ],
        signature: [u8; 16],
    ) {
        let (credit_charge, status, command, credits, flags, next_command, message_id, session_id) = numbers;
        let mut flags = HeaderFlags::from_bits_retain(flags);
        flags.set(HeaderFlags::ASYNC_COMMAND, matches!(target, Target::Async(_)));
        let header = Header {
            credit_charge, status: NtStatus(status), command: Command(command), credits, flags,
            next_command, message_id, target, session_id, signature,
        };
        prop_assert_eq!(Header::parse(&emitted(|w| header.emit(w))), Ok(header));
    }

    #[test]
    fn negotiate_request(
        mode: u16, capabilities: u32, guid: [u8; 16],
        older in vec(any::<u16>().prop_map(Dialect), 0..5),
        salt in bytes(), name in units(), raw in bytes(),
        hashes in vec(any::<u16>().prop_map(HashAlgorithm), 0..3),
        ciphers in vec(any::<u16>().prop_map(Cipher), 0..5),
        compressions in vec(any::<u16>().prop_map(CompressionAlgorithm), 0..5),
        signings in vec(any::<u16>().prop_map(SigningAlgorithm), 0..5),
    ) {
        let contexts = [
            NegotiateContext::Netname(Utf16::from_units(&name)),
            NegotiateContext::PreauthIntegrity { algorithms: List::new(&hashes), salt: &salt },
            NegotiateContext::Encryption(List::new(&ciphers)),
            NegotiateContext::Compression { algorithms: List::new(&compressions), flags: CompressionFlags::CHAINED },
            NegotiateContext::Signing(List::new(&signings)),
            NegotiateContext::Other { context_type: ContextType::TRANSPORT, data: &raw },
        ];
        let dialects: Vec<Dialect> = older.into_iter().chain([Dialect::SMB3_1_1]).collect();
        assert_round_trip!(NegotiateRequest, NegotiateRequest {
            security_mode: SecurityMode::from_bits_retain(mode),
            capabilities: Capabilities::from_bits_retain(capabilities),
            client_guid: Guid(guid),
            dialects: List::new(&dialects),
            contexts: List::new(&contexts),
        });
    }

    #[test]
    fn negotiate_response(
        numbers in any::<(u16, u32, u32, u32, u32, i64, i64)>(), guid: [u8; 16],
        dialect in prop_oneof![Just(Dialect::SMB2_1), Just(Dialect::SMB3_1_1)],
        blob in bytes(), salt in bytes(),
    ) {
        let (mode, capabilities, max_transact_size, max_read_size, max_write_size, system_time, start) = numbers;
        let contexts = [
            NegotiateContext::PreauthIntegrity { algorithms: List::new(&[HashAlgorithm::SHA_512]), salt: &salt },
            NegotiateContext::Encryption(List::new(&[Cipher::AES_256_GCM])),
        ];
        let contexts: &[_] = if dialect == Dialect::SMB3_1_1 { &contexts } else { &[] };
        assert_round_trip!(NegotiateResponse, NegotiateResponse {
            security_mode: SecurityMode::from_bits_retain(mode),
            dialect,
            server_guid: Guid(guid),
            capabilities: Capabilities::from_bits_retain(capabilities),
            max_transact_size, max_read_size, max_write_size, system_time,
            server_start_time: start,
            security_buffer: &blob,
            contexts: List::new(contexts),
        });
    }

    #[test]
    fn session_setup(flags: u8, mode: u8, capabilities: u32, previous_session_id: u64, session_flags: u16, blob in bytes()) {
        assert_round_trip!(SessionSetupRequest, SessionSetupRequest {
            flags: SessionSetupFlags::from_bits_retain(flags),
            security_mode: SecurityMode::from_bits_retain(mode.into()),
            capabilities: Capabilities::from_bits_retain(capabilities),
            previous_session_id,
            security_buffer: &blob,
        });
        assert_round_trip!(SessionSetupResponse, SessionSetupResponse {
            flags: SessionFlags::from_bits_retain(session_flags),
            security_buffer: &blob,
        });
    }

    #[test]
    fn tree_connect(flags: u16, path in units(), share: u8, numbers in any::<[u32; 3]>()) {
        assert_round_trip!(TreeConnectRequest, TreeConnectRequest {
            flags: TreeConnectFlags::from_bits_retain(flags),
            path: Utf16::from_units(&path),
        });
        assert_round_trip!(TreeConnectResponse, TreeConnectResponse {
            share_type: ShareType(share),
            share_flags: ShareFlags::from_bits_retain(numbers[0]),
            capabilities: ShareCapabilities::from_bits_retain(numbers[1]),
            maximal_access: AccessMask::from_bits_retain(numbers[2]),
        });
    }

    #[test]
    fn create_request(
        oplock: u8, numbers in any::<[u32; 6]>(), name in units(), file_id in file_id(), guid: [u8; 16],
        lease in lease(), time: i64, size: u64, data in bytes(), chosen: u16,
    ) {
        let all = [
            RequestContext::SecurityDescriptor(&data),
            RequestContext::ExtendedAttributes(&data),
            RequestContext::Durable,
            RequestContext::DurableReconnect(file_id),
            RequestContext::DurableV2 {
                timeout: numbers[0], flags: DurableFlags::from_bits_retain(numbers[1]), create_guid: Guid(guid),
            },
            RequestContext::DurableReconnectV2 {
                file_id, create_guid: Guid(guid), flags: DurableFlags::from_bits_retain(numbers[1]),
            },
            RequestContext::AllocationSize(size),
            RequestContext::MaximalAccess(None),
            RequestContext::MaximalAccess(Some(time)),
            RequestContext::Timewarp(time),
            RequestContext::DiskId,
            RequestContext::Lease(lease),
            RequestContext::Other(RawContext { name: &guid, data: &data }),
        ];
        let contexts: Vec<_> =
            all.into_iter().enumerate().filter(|(bit, _)| chosen >> bit & 1 != 0).map(|(_, context)| context).collect();
        assert_round_trip!(CreateRequest, CreateRequest {
            oplock_level: OplockLevel(oplock),
            impersonation_level: ImpersonationLevel(numbers[0]),
            desired_access: AccessMask::from_bits_retain(numbers[1]),
            file_attributes: FileAttributes::from_bits_retain(numbers[2]),
            share_access: ShareAccess::from_bits_retain(numbers[3]),
            disposition: CreateDisposition(numbers[4]),
            options: CreateOptions::from_bits_retain(numbers[5]),
            name: Utf16::from_units(&name),
            contexts: List::new(&contexts),
        });
    }

    #[test]
    fn create_response(
        oplock: u8, flags: u8, numbers in any::<[u32; 4]>(), times in any::<[i64; 6]>(), file_id in file_id(),
        lease in lease(), ids in any::<(u64, u64)>(), data in bytes(), chosen: u8,
    ) {
        let all = [
            ResponseContext::Durable,
            ResponseContext::DurableV2 { timeout: numbers[0], flags: DurableFlags::from_bits_retain(numbers[1]) },
            ResponseContext::MaximalAccess {
                status: NtStatus(numbers[2]), access: AccessMask::from_bits_retain(numbers[3]),
            },
            ResponseContext::DiskId { file_id: ids.0, volume_id: ids.1 },
            ResponseContext::Lease(lease),
            ResponseContext::Other(RawContext { name: b"AAPL", data: &data }),
        ];
        let contexts: Vec<_> =
            all.into_iter().enumerate().filter(|(bit, _)| chosen >> bit & 1 != 0).map(|(_, context)| context).collect();
        assert_round_trip!(CreateResponse, CreateResponse {
            oplock_level: OplockLevel(oplock),
            flags: CreateResponseFlags::from_bits_retain(flags),
            action: CreateAction(numbers[0]),
            creation_time: times[0],
            last_access_time: times[1],
            last_write_time: times[2],
            change_time: times[3],
            allocation_size: times[4],
            end_of_file: times[5],
            file_attributes: FileAttributes::from_bits_retain(numbers[1]),
            file_id,
            contexts: List::new(&contexts),
        });
    }

    #[test]
    fn close_and_flush(flags: u16, file_id in file_id(), times in any::<[i64; 6]>(), attributes: u32) {
        let flags = CloseFlags::from_bits_retain(flags);
        assert_round_trip!(CloseRequest, CloseRequest { flags, file_id });
        assert_round_trip!(CloseResponse, CloseResponse {
            flags,
            creation_time: times[0],
            last_access_time: times[1],
            last_write_time: times[2],
            change_time: times[3],
            allocation_size: times[4],
            end_of_file: times[5],
            file_attributes: FileAttributes::from_bits_retain(attributes),
        });
        assert_round_trip!(FlushRequest, FlushRequest { file_id });
    }

    #[test]
    fn read(flags: u8, numbers in any::<[u32; 3]>(), offset: u64, file_id in file_id(), data in bytes()) {
        assert_round_trip!(ReadRequest, ReadRequest {
            flags: ReadFlags::from_bits_retain(flags),
            length: numbers[0],
            offset,
            file_id,
            minimum_count: numbers[1],
            remaining_bytes: numbers[2],
        });
        assert_round_trip!(ReadResponse, ReadResponse { data_remaining: numbers[0], flags: numbers[1], data: &data });
    }

    #[test]
    fn write(numbers in any::<[u32; 2]>(), offset: u64, file_id in file_id(), data in bytes()) {
        let head = WriteHead {
            length: data.len() as u32,
            offset,
            file_id,
            remaining_bytes: numbers[0],
            flags: WriteFlags::from_bits_retain(numbers[1]),
        };
        assert_round_trip!(WriteRequest, WriteRequest { head, data: &data });
        assert_round_trip!(WriteResponse, WriteResponse { count: numbers[0], remaining: numbers[1] });
    }

    #[test]
    fn a_write_head_and_its_data_sent_apart_are_the_whole_request(data in vec(any::<u8>(), 1..100)) {
        let head = WriteHead {
            length: data.len() as u32,
            offset: 1,
            file_id: FileId::new(2, 3),
            remaining_bytes: 0,
            flags: WriteFlags::empty(),
        };
        let mut apart = message(Command::WRITE, |w| head.emit(w));
        prop_assert_eq!(apart.len(), WriteHead::DATA_OFFSET);
        apart.extend(&data);
        prop_assert_eq!(apart, message(Command::WRITE, |w| WriteRequest { head, data: &data }.emit(w)));
    }

    #[test]
    fn lock(lock_sequence: u32, file_id in file_id(), ranges in vec(any::<(u64, u64, u32)>(), 1..10)) {
        let locks: Vec<_> = ranges
            .into_iter()
            .map(|(offset, length, flags)| LockElement { offset, length, flags: LockFlags::from_bits_retain(flags) })
            .collect();
        assert_round_trip!(LockRequest, LockRequest { lock_sequence, file_id, locks: List::new(&locks) });
    }

    #[test]
    fn ioctl(numbers in any::<[u32; 4]>(), file_id in file_id(), data in bytes()) {
        let ctl_code = Fsctl(numbers[0]);
        let flags = IoctlFlags::from_bits_retain(numbers[1]);
        assert_round_trip!(IoctlRequest, IoctlRequest {
            ctl_code, file_id, flags,
            max_input_response: numbers[2],
            max_output_response: numbers[3],
            input: &data,
        });
        assert_round_trip!(IoctlResponse, IoctlResponse { ctl_code, file_id, flags, output: &data });
    }

    #[test]
    fn validate_negotiate(capabilities: u32, guid: [u8; 16], mode: u16, dialects in vec(any::<u16>().prop_map(Dialect), 0..6)) {
        let request = ValidateNegotiateRequest {
            capabilities: Capabilities::from_bits_retain(capabilities),
            client_guid: Guid(guid),
            security_mode: SecurityMode::from_bits_retain(mode),
            dialects: List::new(&dialects),
        };
        let bytes = emitted(|w| request.emit(w));
        prop_assert_eq!(ValidateNegotiateRequest::parse(&bytes), Ok(request));
        let response = ValidateNegotiateResponse {
            capabilities: request.capabilities,
            server_guid: Guid(guid),
            security_mode: request.security_mode,
            dialect: Dialect::SMB3_0_2,
        };
        let bytes = emitted(|w| response.emit(w));
        prop_assert_eq!(bytes.len(), ValidateNegotiateResponse::LEN);
        prop_assert_eq!(ValidateNegotiateResponse::parse(&bytes), Ok(response));
    }

    #[test]
    fn queries(numbers in any::<[u32; 3]>(), small in any::<[u8; 3]>(), file_id in file_id(), name in units(), data in bytes()) {
        assert_round_trip!(QueryDirectoryRequest, QueryDirectoryRequest {
            class: FileInformationClass(small[0]),
            flags: QueryDirectoryFlags::from_bits_retain(small[1]),
            file_index: numbers[0],
            file_id,
            pattern: Utf16::from_units(&name),
            output_buffer_length: numbers[1],
        });
        assert_round_trip!(QueryInfoRequest, QueryInfoRequest {
            info_type: InfoType(small[0]),
            class: small[1],
            output_buffer_length: numbers[0],
            additional_information: numbers[1],
            flags: QueryInfoFlags::from_bits_retain(numbers[2]),
            file_id,
            input: &data,
        });
        assert_round_trip!(SetInfoRequest, SetInfoRequest {
            info_type: InfoType(small[0]),
            class: small[1],
            additional_information: numbers[0],
            file_id,
            input: &data,
        });
        assert_round_trip!(OutputResponse, OutputResponse { output: &data });
    }

    #[test]
    fn change_notify(flags: u16, output_buffer_length: u32, file_id in file_id(), filter: u32) {
        assert_round_trip!(ChangeNotifyRequest, ChangeNotifyRequest {
            flags: ChangeNotifyFlags::from_bits_retain(flags),
            output_buffer_length,
            file_id,
            completion_filter: CompletionFilter::from_bits_retain(filter),
        });
    }

    #[test]
    fn breaks(level: u8, file_id in file_id(), key: [u8; 16], epoch: u16, numbers in any::<[u32; 3]>()) {
        let oplock = OplockBreak { oplock_level: OplockLevel(level), file_id };
        let notification = LeaseBreakNotification {
            new_epoch: epoch,
            flags: LeaseBreakFlags::from_bits_retain(numbers[0]),
            lease_key: LeaseKey(key),
            current_state: LeaseState::from_bits_retain(numbers[1]),
            new_state: LeaseState::from_bits_retain(numbers[2]),
        };
        let ack = LeaseBreakAck { lease_key: LeaseKey(key), state: LeaseState::from_bits_retain(numbers[0]) };
        assert_round_trip!(BreakNotification, BreakNotification::Oplock(oplock));
        assert_round_trip!(BreakNotification, BreakNotification::Lease(notification));
        assert_round_trip!(BreakAck, BreakAck::Oplock(oplock));
        assert_round_trip!(BreakAck, BreakAck::Lease(ack));
    }

    #[test]
    fn errors(data in bytes(), other in bytes(), id: u32, names in (units(), units()), unparsed: u16, flags: u32) {
        assert_round_trip!(ErrorResponse, ErrorResponse::Data(&data));
        let contexts = [
            ErrorContext { id: ErrorId(id), data: &data },
            ErrorContext { id: ErrorId::SHARE_REDIRECT, data: &other },
        ];
        assert_round_trip!(ErrorResponse, ErrorResponse::Contexts(List::new(&contexts)));
        let symlink = SymlinkError {
            unparsed_path_length: unparsed & !1,
            substitute_name: Utf16::from_units(&names.0),
            print_name: Utf16::from_units(&names.1),
            flags: SymlinkFlags::from_bits_retain(flags),
        };
        let bytes = emitted(|w| symlink.emit(w));
        prop_assert_eq!(SymlinkError::parse(&bytes), Ok(symlink));
    }

    #[test]
    fn transform(signature: [u8; 16], nonce: [u8; 16], session_id: u64, data in bytes()) {
        let header =
            TransformHeader { signature, nonce, original_message_size: data.len() as u32, session_id };
        let frame = emitted(|w| {
            header.emit(w)?;
            w.bytes(&data)
        });
        prop_assert_eq!(TransformHeader::parse(&frame), Ok(header));
    }

    #[test]
    fn compression(size in 0..1_u32 << 31, algorithm: u16, plain in bytes(), pieces in vec((0_u16..8, bytes()), 1..6)) {
        let unchained = CompressedMessage::Unchained {
            original_segment_size: size,
            algorithm: CompressionAlgorithm(algorithm),
            plain: &plain,
            compressed: &pieces[0].1,
        };
        let bytes = emitted(|w| unchained.emit(w));
        prop_assert_eq!(CompressedMessage::parse(&bytes), Ok(unchained));
        let payloads: Vec<_> = pieces
            .iter()
            .map(|(algorithm, data)| CompressedPayload {
                algorithm: CompressionAlgorithm(*algorithm),
                original_size: [1, 2, 3, 5].contains(algorithm).then_some(size),
                data,
            })
            .collect();
        let chained = CompressedMessage::Chained { original_size: size, payloads: List::new(&payloads) };
        let bytes = emitted(|w| chained.emit(w));
        prop_assert_eq!(CompressedMessage::parse(&bytes), Ok(chained));
    }

    #[test]
    fn compound(bodies in vec(bytes(), 1..8)) {
        let frame = emitted(|w| {
            let mut compound = Builder::new(w);
            for body in &bodies {
                compound.add(w, &Header::request(Command::ECHO, 1), |w| w.bytes(body))?;
            }
            Ok(())
        });
        let messages: Vec<_> = Chain::new(&frame).collect::<Result<_, _>>().unwrap();
        prop_assert_eq!(messages.len(), bodies.len());
        for (message, body) in messages.iter().zip(&bodies) {
            // Padding is part of a message, except of the last.
            prop_assert!(message[Header::LEN..].starts_with(body));
            prop_assert!(message.len() < Header::LEN + body.len() + 8);
        }
    }
}
