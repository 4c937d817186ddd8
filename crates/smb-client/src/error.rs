//! What can go wrong that is not the server's own status.

use core::fmt;

use smb_crypto::CryptoError;
use smb_wire::smb2::{Command, Dialect};
use smb_wire::{EmitError, NtStatus, ParseError};

/// A rule that the server broke, a policy that its answer fell foul of, or a resource that was missing here.
///
/// One that [`crate::Receiver`] reports ends the connection; one that a step machine reports ends what it was opening.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientError {
    // The stream.
    /// A frame of a type that has no place here (RFC 1002 4.3.1).
    FrameType(u8),
    /// A frame too short for any message.
    FrameTooShort(u32),
    /// A frame longer than anything that was asked for.
    FrameTooLong {
        /// What the frame announces.
        length: u32,
        /// The most that was acceptable.
        limit: u32,
    },
    /// The transport handed over more bytes than it was asked for.
    TooManyBytes,
    /// An encrypted message of no session that has keys for it.
    UnexpectedEncryption,
    /// A compressed message on a connection without compression.
    UnexpectedCompression,
    /// The server answers in SMB1: it speaks nothing newer.
    Smb1Only,

    // The header and its request.
    /// A message could not be read.
    Parse(ParseError),
    /// A message without the response flag.
    NotAResponse,
    /// An answer to no request in flight.
    UnknownMessageId(u64),
    /// An answer for another command than was asked.
    WrongCommand {
        /// What was asked.
        asked: Command,
        /// What was answered.
        answered: Command,
    },
    /// An answer in another session than the request's.
    WrongSession(u64),
    /// An answer for another tree than the request's.
    WrongTree(u32),
    /// STATUS_PENDING without the id that the final answer would carry.
    PendingWithoutAsyncId,
    /// An answer with another AsyncId than the interim response had.
    WrongAsyncId(u64),
    /// An AsyncId that another request in flight has already.
    AsyncIdReused(u64),
    /// An unsolicited message that is not an oplock or lease break.
    Unsolicited(Command),
    /// More data than the READ asked for.
    TooMuchData {
        /// What was asked.
        asked: u32,
        /// What was announced.
        answered: u32,
    },
    /// A WRITE's answer counts more bytes than were sent, or none with success.
    BadWriteCount {
        /// What was sent.
        sent: u32,
        /// What was answered.
        answered: u32,
    },

    // Signing and sealing.
    /// An unsigned answer where a signature is required.
    NotSigned,
    /// An answer whose signature is wrong.
    BadSignature,
    /// A plain answer to an encrypted request.
    NotSealed,
    /// An encrypted message that was not sealed with the session's key.
    BadSeal,
    /// A session has encrypted all that its key may. A new logon makes a new one.
    KeyExhausted,
    /// A cryptographic operation failed.
    Crypto(CryptoError),

    // Negotiation.
    /// The settings leave no dialect to offer.
    NoDialect,
    /// A dialect that was not offered.
    DialectNotOffered(Dialect),
    /// The wildcard dialect a second time, or where it was not asked for.
    UnexpectedWildcard,
    /// MaxReadSize, MaxWriteSize or MaxTransactSize is too small to work with.
    SizeTooSmall(u32),
    /// The same negotiate context twice.
    DuplicateContext(u16),
    /// A dialect 3.1.1 answer without a pre-authentication integrity context.
    NoPreauthContext,
    /// A pre-authentication hash, or a number of them, that was not offered.
    BadPreauthHash,
    /// A signing algorithm, or a number of them, that was not offered.
    BadSigningAlgorithm,
    /// A cipher, or a number of them, that was not offered.
    BadCipher,
    /// The settings require encryption, and the server has no cipher in common.
    NoCommonCipher,
    /// A negotiate context that was not offered.
    ContextNotOffered(u16),
    /// The server's security mode lacks "signing enabled", which every server must have.
    SigningNotOffered,
    /// What was negotiated is not what server and client each believe: someone in between changed it.
    Downgrade,

    // Logging on.
    /// Neither SPNEGO with NTLM nor NTLM alone is offered.
    NoCommonMechanism,
    /// The server rejected the mechanism, or ended SPNEGO in a state that makes no sense.
    BadSpnegoState,
    /// NTLM's challenge lacks something that NTLMv2 here insists on.
    WeakChallenge(NtlmNeed),
    /// The challenge has no list of attributes, says something twice in it, or is longer than any real one.
    BadTargetInfo,
    /// The server's mechListMIC is missing or wrong.
    BadMechListMic,
    /// The challenge is one that this machine gave: credentials would be reflected.
    Reflection,
    /// More rounds of authentication than any real mechanism needs.
    TooManyRounds,
    /// The server changed the session id halfway.
    SessionIdChanged,
    /// A final SESSION_SETUP response of a 3.x session without a valid signature.
    LogonNotSigned,
    /// The server made the session a guest's, which the settings do not allow.
    GuestRefused,
    /// The server made the session nobody's, although a user was named.
    MadeNobody,
    /// No user is named, which the settings do not allow.
    AnonymousRefused,
    /// No user is named, so the session can have no signatures, which the settings require.
    SigningImpossible,
    /// The server or the settings demand encryption, and the session can have none: no cipher was agreed on, or there is no
    /// key because the user is a guest or nobody.
    EncryptionImpossible,
    /// An error body or a success where the step has no use for it.
    UnexpectedStatus(NtStatus),
    /// A type of share that does not exist.
    UnknownShareType(u8),

    // This side.
    /// No memory.
    OutOfMemory,
    /// A request does not fit into the buffer that was given for it, or into the protocol's fields.
    Emit(EmitError),
    /// A name or path is longer than the protocol allows.
    NameTooLong,
    /// The step machine was called out of order.
    OutOfOrder,
}

/// What a server must offer for NTLMv2 to be worth something (MS-NLMP 2.2.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NtlmNeed {
    /// NTLMSSP_NEGOTIATE_EXTENDED_SESSIONSECURITY: NTLMv2's own messages and signatures.
    ExtendedSessionSecurity,
    /// NTLMSSP_NEGOTIATE_128: keys that are no shorter.
    Keys128,
    /// NTLMSSP_NEGOTIATE_TARGET_INFO: who the server is, for the response to say so too.
    TargetInfo,
}

/// The few ways in which callers treat errors differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The server broke the protocol (STATUS_INVALID_NETWORK_RESPONSE).
    Protocol,
    /// A signature or a seal is wrong: somebody changed a message (STATUS_INVALID_SIGNATURE).
    Integrity,
    /// Somebody made the connection weaker than both ends wanted, or took a message's protection away
    /// (STATUS_DOWNGRADE_DETECTED).
    Downgrade,
    /// The server lets the user in as somebody else than he is (STATUS_ACCESS_DENIED).
    Denied,
    /// The settings forbid what the server offers (STATUS_LOGIN_WKSTA_RESTRICTION).
    Policy,
    /// The server speaks SMB1 only (STATUS_SMB1_NOT_AVAILABLE).
    Smb1,
    /// The two have nothing in common (STATUS_NOT_SUPPORTED).
    NotSupported,
    /// The session must not be used any more (STATUS_USER_SESSION_DELETED).
    SessionOver,
    /// No memory here (STATUS_INSUFFICIENT_RESOURCES).
    NoMemory,
    /// A name is too long (STATUS_NAME_TOO_LONG).
    BadName,
    /// A mistake of the caller's (STATUS_INTERNAL_ERROR).
    Internal,
}

impl ClientError {
    /// What sort of error this is, for a caller's table of statuses.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::BadSignature | Self::BadSeal | Self::BadMechListMic => ErrorKind::Integrity,
            Self::Downgrade | Self::NotSigned | Self::NotSealed | Self::LogonNotSigned => {
                ErrorKind::Downgrade
            }
            Self::GuestRefused | Self::MadeNobody | Self::Reflection => ErrorKind::Denied,
            Self::AnonymousRefused | Self::SigningImpossible => ErrorKind::Policy,
            Self::Smb1Only => ErrorKind::Smb1,
            Self::NoDialect
            | Self::NoCommonMechanism
            | Self::NoCommonCipher
            | Self::EncryptionImpossible
            | Self::WeakChallenge(_)
            | Self::SigningNotOffered => ErrorKind::NotSupported,
            Self::KeyExhausted => ErrorKind::SessionOver,
            Self::OutOfMemory | Self::Crypto(CryptoError::ProviderFailed) => ErrorKind::NoMemory,
            Self::NameTooLong => ErrorKind::BadName,
            Self::Emit(_) | Self::Crypto(_) | Self::OutOfOrder | Self::TooManyBytes => {
                ErrorKind::Internal
            }
            _ => ErrorKind::Protocol,
        }
    }
}

impl fmt::Display for ClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parse(error) => write!(f, "unreadable message: {error}"),
            Self::Emit(error) => write!(f, "request not written: {error}"),
            Self::Crypto(error) => write!(f, "{error}"),
            other => write!(f, "{other:?}"),
        }
    }
}

impl core::error::Error for ClientError {}

impl From<ParseError> for ClientError {
    fn from(error: ParseError) -> Self {
        Self::Parse(error)
    }
}

impl From<EmitError> for ClientError {
    fn from(error: EmitError) -> Self {
        Self::Emit(error)
    }
}

impl From<CryptoError> for ClientError {
    fn from(error: CryptoError) -> Self {
        match error {
            CryptoError::Mismatch => Self::BadSignature,
            CryptoError::KeyExhausted => Self::KeyExhausted,
            other => Self::Crypto(other),
        }
    }
}

/// Why a step of opening a connection, session or tree failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The server said no, with this status.
    Server(NtStatus),
    /// The client gave up, for this reason.
    Client(ClientError),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Server(status) => write!(f, "the server answered {status}"),
            Self::Client(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for Failure {}

impl<E: Into<ClientError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Client(error.into())
    }
}
