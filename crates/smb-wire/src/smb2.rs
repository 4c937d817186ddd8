//! SMB2 and SMB3 messages (MS-SMB2 2.2).
//!
//! Each message parses from the whole SMB2 message, header included, and does not look at the header again: the caller
//! dispatches on [`Header`] first. Bytes behind the last field are ignored, because servers pad.

mod access;
mod bodiless;
mod body;
mod change_notify;
mod close;
pub mod compound;
pub mod compression;
mod create;
pub mod create_context;
mod error;
mod flush;
pub mod header;
mod ids;
mod ioctl;
mod lease_break;
mod lock;
mod negotiate;
pub mod negotiate_context;
mod oplock_break;
mod output;
mod query_directory;
mod query_info;
mod read;
mod session_setup;
mod set_info;
pub mod transform;
mod tree_connect;
mod write;

#[cfg(test)]
mod round_trips;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

pub use access::{
    AccessMask, CreateAction, CreateDisposition, CreateOptions, ImpersonationLevel, LeaseFlags,
    LeaseState, OplockLevel, ShareAccess,
};
pub use bodiless::{
    Cancel, EchoRequest, EchoResponse, FlushResponse, LockResponse, LogoffRequest, LogoffResponse,
    TreeDisconnectRequest, TreeDisconnectResponse,
};
pub use change_notify::{ChangeNotifyFlags, ChangeNotifyRequest, CompletionFilter};
pub use close::{CloseFlags, CloseRequest, CloseResponse};
pub use create::{CreateRequest, CreateResponse, CreateResponseFlags};
pub use error::{ErrorContext, ErrorId, ErrorResponse, SymlinkError, SymlinkFlags};
pub use flush::FlushRequest;
pub use header::{Command, Header, HeaderFlags, Target};
pub use ids::{FileId, LeaseKey};
pub use ioctl::{
    Fsctl, IoctlFlags, IoctlRequest, IoctlResponse, ValidateNegotiateRequest,
    ValidateNegotiateResponse,
};
pub use lease_break::{LeaseBreakAck, LeaseBreakFlags, LeaseBreakNotification};
pub use lock::{LockElement, LockFlags, LockRequest};
pub use negotiate::{Capabilities, Dialect, NegotiateRequest, NegotiateResponse, SecurityMode};
pub use oplock_break::{BreakAck, BreakNotification, OplockBreak};
pub use output::{ChangeNotifyResponse, OutputResponse, QueryDirectoryResponse, QueryInfoResponse};
pub use query_directory::{QueryDirectoryFlags, QueryDirectoryRequest};
pub use query_info::{InfoType, QueryInfoFlags, QueryInfoRequest, SecurityInformation};
pub use read::{ReadFlags, ReadRequest, ReadResponse, ReadResponseHead};
pub use session_setup::{
    SessionFlags, SessionSetupFlags, SessionSetupRequest, SessionSetupResponse,
};
pub use set_info::{SetInfoRequest, SetInfoResponse};
pub use tree_connect::{
    ShareCapabilities, ShareFlags, ShareType, TreeConnectFlags, TreeConnectRequest,
    TreeConnectResponse,
};
pub use write::{Channel, WriteFlags, WriteHead, WriteRequest, WriteResponse};
