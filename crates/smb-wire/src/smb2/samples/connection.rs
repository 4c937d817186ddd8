//! Messages about the connection, the session and the tree.

use std::vec;
use std::vec::Vec;

use super::{Sample, message};
use crate::smb2::negotiate_context::*;
use crate::smb2::*;
use crate::{Guid, List, Utf16};

/// Every sample of them.
pub(super) fn all() -> Vec<Sample> {
    let preauth = NegotiateContext::PreauthIntegrity {
        algorithms: List::new(&[HashAlgorithm::SHA_512]),
        salt: &[0x5A; 32],
    };
    let contexts = [
        preauth,
        NegotiateContext::Encryption(List::new(&[
            Cipher::AES_128_GCM,
            Cipher::AES_128_CCM,
            Cipher::AES_256_GCM,
        ])),
        NegotiateContext::Compression {
            algorithms: List::new(&[CompressionAlgorithm::LZ77, CompressionAlgorithm::PATTERN_V1]),
            flags: CompressionFlags::CHAINED,
        },
        NegotiateContext::Netname(Utf16::from_str("server")),
        NegotiateContext::Signing(List::new(&[
            SigningAlgorithm::AES_GMAC,
            SigningAlgorithm::AES_CMAC,
        ])),
        NegotiateContext::Other {
            context_type: ContextType::RDMA_TRANSFORM,
            data: &[1, 0, 0, 0, 0, 0, 0, 0, 1, 0],
        },
    ];
    vec![
        sample!(
            NEGOTIATE,
            "NEGOTIATE request",
            36,
            NegotiateRequest,
            NegotiateRequest {
                security_mode: SecurityMode::SIGNING_ENABLED,
                capabilities: Capabilities::LARGE_MTU | Capabilities::LEASING,
                client_guid: Guid([7; 16]),
                dialects: List::new(&[Dialect::SMB2_0_2, Dialect::SMB3_0, Dialect::SMB3_1_1]),
                contexts: List::new(&contexts),
            }
        ),
        sample!(
            NEGOTIATE,
            "NEGOTIATE response",
            64,
            NegotiateResponse,
            NegotiateResponse {
                security_mode: SecurityMode::SIGNING_ENABLED | SecurityMode::SIGNING_REQUIRED,
                dialect: Dialect::SMB3_1_1,
                server_guid: Guid([9; 16]),
                capabilities: Capabilities::DFS,
                max_transact_size: 1 << 20,
                max_read_size: 1 << 23,
                max_write_size: 1 << 23,
                system_time: 132_000_000_000_000_000,
                server_start_time: 0,
                security_buffer: b"a blob of 19 bytes.",
                contexts: List::new(&contexts[..2]),
            }
        ),
        sample!(
            SESSION_SETUP,
            "SESSION_SETUP request",
            24,
            SessionSetupRequest,
            SessionSetupRequest {
                flags: SessionSetupFlags::BINDING,
                security_mode: SecurityMode::SIGNING_REQUIRED,
                capabilities: Capabilities::DFS,
                previous_session_id: 0x1234,
                security_buffer: b"token",
            }
        ),
        sample!(
            SESSION_SETUP,
            "SESSION_SETUP response",
            8,
            SessionSetupResponse,
            SessionSetupResponse {
                flags: SessionFlags::ENCRYPT_DATA,
                security_buffer: b"token",
            }
        ),
        sample!(LOGOFF, "LOGOFF request", 4, LogoffRequest, LogoffRequest),
        sample!(LOGOFF, "LOGOFF response", 4, LogoffResponse, LogoffResponse),
        sample!(
            TREE_CONNECT,
            "TREE_CONNECT request",
            8,
            TreeConnectRequest,
            TreeConnectRequest {
                flags: TreeConnectFlags::empty(),
                path: Utf16::from_str(r"\\server\share"),
            }
        ),
        sample!(
            TREE_CONNECT,
            "TREE_CONNECT response",
            16,
            TreeConnectResponse,
            TreeConnectResponse {
                share_type: ShareType::DISK,
                share_flags: ShareFlags::ENCRYPT_DATA,
                capabilities: ShareCapabilities::DFS,
                maximal_access: AccessMask::FILE_ALL,
            }
        ),
        sample!(
            TREE_DISCONNECT,
            "TREE_DISCONNECT request",
            4,
            TreeDisconnectRequest,
            TreeDisconnectRequest
        ),
        sample!(
            TREE_DISCONNECT,
            "TREE_DISCONNECT response",
            4,
            TreeDisconnectResponse,
            TreeDisconnectResponse
        ),
        sample!(CANCEL, "CANCEL request", 4, Cancel, Cancel),
        sample!(ECHO, "ECHO request", 4, EchoRequest, EchoRequest),
        sample!(ECHO, "ECHO response", 4, EchoResponse, EchoResponse),
    ]
}
