//! SMB2 messages: a header, and the body that its command and direction say.

use smb_wire::smb2::{
    BreakAck, BreakNotification, Cancel, ChangeNotifyRequest, CloseRequest, CloseResponse, Command,
    CreateRequest, CreateResponse, EchoRequest, EchoResponse, ErrorResponse, FlushRequest,
    FlushResponse, Header, IoctlRequest, IoctlResponse, LockRequest, LockResponse, LogoffRequest,
    LogoffResponse, NegotiateRequest, NegotiateResponse, OutputResponse, QueryDirectoryRequest,
    QueryInfoRequest, ReadRequest, ReadResponse, SessionSetupRequest, SessionSetupResponse,
    SetInfoRequest, SetInfoResponse, SymlinkError, TreeConnectRequest, TreeConnectResponse,
    TreeDisconnectRequest, TreeDisconnectResponse, ValidateNegotiateRequest,
    ValidateNegotiateResponse, WriteRequest, WriteResponse,
};

use crate::round_trip::both_ways;

/// A message from client to server.
pub fn request(message: &[u8]) {
    let Some(header) = header(message) else {
        return;
    };
    match header.command {
        Command::NEGOTIATE => both_ways!(message, Header::LEN, NegotiateRequest),
        Command::SESSION_SETUP => both_ways!(message, Header::LEN, SessionSetupRequest),
        Command::LOGOFF => both_ways!(message, Header::LEN, LogoffRequest),
        Command::TREE_CONNECT => both_ways!(message, Header::LEN, TreeConnectRequest),
        Command::TREE_DISCONNECT => both_ways!(message, Header::LEN, TreeDisconnectRequest),
        Command::CREATE => both_ways!(message, Header::LEN, CreateRequest),
        Command::CLOSE => both_ways!(message, Header::LEN, CloseRequest),
        Command::FLUSH => both_ways!(message, Header::LEN, FlushRequest),
        Command::READ => both_ways!(message, Header::LEN, ReadRequest),
        Command::WRITE => both_ways!(message, Header::LEN, WriteRequest),
        Command::LOCK => both_ways!(message, Header::LEN, LockRequest),
        Command::IOCTL => {
            if let Ok(IoctlRequest { input, .. }) = IoctlRequest::parse(message) {
                both_ways!(input, 0, ValidateNegotiateRequest);
            }
            both_ways!(message, Header::LEN, IoctlRequest)
        }
        Command::CANCEL => both_ways!(message, Header::LEN, Cancel),
        Command::ECHO => both_ways!(message, Header::LEN, EchoRequest),
        Command::QUERY_DIRECTORY => both_ways!(message, Header::LEN, QueryDirectoryRequest),
        Command::CHANGE_NOTIFY => both_ways!(message, Header::LEN, ChangeNotifyRequest),
        Command::QUERY_INFO => both_ways!(message, Header::LEN, QueryInfoRequest),
        Command::SET_INFO => both_ways!(message, Header::LEN, SetInfoRequest),
        Command::OPLOCK_BREAK => both_ways!(message, Header::LEN, BreakAck),
        _ => {}
    }
}

/// A message from server to client.
pub fn response(message: &[u8]) {
    let Some(header) = header(message) else {
        return;
    };
    if header.status.is_error() {
        if let Ok(error) = ErrorResponse::parse(message) {
            both_ways!(error.data(), 0, SymlinkError);
        }
        both_ways!(message, Header::LEN, ErrorResponse);
    }
    match header.command {
        Command::NEGOTIATE => both_ways!(message, Header::LEN, NegotiateResponse),
        Command::SESSION_SETUP => both_ways!(message, Header::LEN, SessionSetupResponse),
        Command::LOGOFF => both_ways!(message, Header::LEN, LogoffResponse),
        Command::TREE_CONNECT => both_ways!(message, Header::LEN, TreeConnectResponse),
        Command::TREE_DISCONNECT => both_ways!(message, Header::LEN, TreeDisconnectResponse),
        Command::CREATE => both_ways!(message, Header::LEN, CreateResponse),
        Command::CLOSE => both_ways!(message, Header::LEN, CloseResponse),
        Command::FLUSH => both_ways!(message, Header::LEN, FlushResponse),
        Command::READ => {
            let _ = ReadResponse::parse_fixed(message);
            both_ways!(message, Header::LEN, ReadResponse)
        }
        Command::WRITE => both_ways!(message, Header::LEN, WriteResponse),
        Command::LOCK => both_ways!(message, Header::LEN, LockResponse),
        Command::IOCTL => {
            if let Ok(IoctlResponse { output, .. }) = IoctlResponse::parse(message) {
                both_ways!(output, 0, ValidateNegotiateResponse);
            }
            both_ways!(message, Header::LEN, IoctlResponse)
        }
        Command::ECHO => both_ways!(message, Header::LEN, EchoResponse),
        Command::QUERY_DIRECTORY | Command::QUERY_INFO | Command::CHANGE_NOTIFY => {
            both_ways!(message, Header::LEN, OutputResponse)
        }
        Command::SET_INFO => both_ways!(message, Header::LEN, SetInfoResponse),
        Command::OPLOCK_BREAK => both_ways!(message, Header::LEN, BreakNotification),
        _ => {}
    }
}

fn header(message: &[u8]) -> Option<Header> {
    let header = Header::parse(message).ok()?;
    both_ways!(message, 0, Header);
    Some(header)
}
