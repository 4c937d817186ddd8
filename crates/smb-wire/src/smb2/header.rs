//! The SMB2 header (MS-SMB2 2.2.1).

use core::ops::Range;

use zerocopy::little_endian::{U16, U32, U64};

use crate::{EmitError, NtStatus, ParseError, Reader, Writer};

/// The first four bytes of an SMB2 message.
pub const PROTOCOL_ID: [u8; 4] = *b"\xFESMB";

open_enum! {
    /// What a message asks or answers (MS-SMB2 2.2.1.2).
    pub struct Command(u16) {
        NEGOTIATE = 0x00,
        SESSION_SETUP = 0x01,
        LOGOFF = 0x02,
        TREE_CONNECT = 0x03,
        TREE_DISCONNECT = 0x04,
        CREATE = 0x05,
        CLOSE = 0x06,
        FLUSH = 0x07,
        READ = 0x08,
        WRITE = 0x09,
        LOCK = 0x0A,
        IOCTL = 0x0B,
        CANCEL = 0x0C,
        ECHO = 0x0D,
        QUERY_DIRECTORY = 0x0E,
        CHANGE_NOTIFY = 0x0F,
        QUERY_INFO = 0x10,
        SET_INFO = 0x11,
        OPLOCK_BREAK = 0x12,
    }
}

wire_flags! {
    /// Flags of a header (MS-SMB2 2.2.1).
    pub struct HeaderFlags: u32 {
        /// The message is a response or a notification.
        const SERVER_TO_REDIR = 0x0000_0001;
        /// The header carries an AsyncId. [`Header::emit`] sets it from [`Header::target`].
        const ASYNC_COMMAND = 0x0000_0002;
        /// The request uses the handle or the session of the request before it in the compound.
        const RELATED_OPERATIONS = 0x0000_0004;
        /// The message is signed.
        const SIGNED = 0x0000_0008;
        /// The request's priority; three bits (3.1.1).
        const PRIORITY_MASK = 0x0000_0070;
        /// The operation is on a DFS path.
        const DFS_OPERATIONS = 0x1000_0000;
        /// The request is sent again after a channel or a connection was lost.
        const REPLAY_OPERATION = 0x2000_0000;
    }
}

/// Which of its two layouts a header has (MS-SMB2 2.2.1.1 and 2.2.1.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// SYNC: the tree that the message is for.
    Tree {
        /// Reserved in SMB2; Windows sends 0xFEFF.
        process_id: u32,
        /// The tree connect, or 0.
        tree_id: u32,
    },
    /// ASYNC: the operation that the server took on for later.
    Async(u64),
}

impl Target {
    /// No tree.
    pub const NONE: Self = Self::tree(0);

    /// A synchronous message for `tree_id`.
    pub const fn tree(tree_id: u32) -> Self {
        Self::Tree {
            process_id: 0,
            tree_id,
        }
    }
}

/// The header of every SMB2 message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Header {
    /// How many credits, and so how many message ids, the request takes (2.1 and later).
    pub credit_charge: u16,
    /// The result, in a response. In a request its low half is the channel sequence (3.x), the rest is reserved.
    pub status: NtStatus,
    /// What the message asks or answers.
    pub command: Command,
    /// CreditRequest in a request, CreditResponse in a response.
    pub credits: u16,
    /// Flags.
    pub flags: HeaderFlags,
    /// The distance in bytes to the next message of the compound; 0 in the last. [`super::compound`] sets it.
    pub next_command: u32,
    /// Which request this is or answers.
    pub message_id: u64,
    /// Tree or asynchronous operation.
    pub target: Target,
    /// The session, or 0.
    pub session_id: u64,
    /// The signature, or zeros.
    pub signature: [u8; 16],
}

wire_struct! {
    struct RawHeader {
        protocol_id: [u8; 4],
        structure_size: U16,
        credit_charge: U16,
        status: U32,
        command: U16,
        credits: U16,
        flags: U32,
        next_command: U32,
        message_id: U64,
        // ProcessId and TreeId, or AsyncId.
        target: [U32; 2],
        session_id: U64,
        signature: [u8; 16],
    }
}

impl Header {
    /// The size of a header in bytes.
    pub const LEN: usize = 64;
    /// Where the signature is in the message.
    pub const SIGNATURE: Range<usize> = 48..64;
    /// Where NextCommand is in the message.
    pub const NEXT_COMMAND: Range<usize> = 20..24;
    /// The message id of a message that answers no request: an oplock or lease break.
    pub const UNSOLICITED: u64 = u64::MAX;

    /// The header of a request without flags, session and tree.
    pub const fn request(command: Command, message_id: u64) -> Self {
        Self {
            credit_charge: 0,
            status: NtStatus::SUCCESS,
            command,
            credits: 1,
            flags: HeaderFlags::empty(),
            next_command: 0,
            message_id,
            target: Target::NONE,
            session_id: 0,
            signature: [0; 16],
        }
    }

    /// The header of the response to `request`, granting the credits that it asked for.
    pub const fn response(request: &Self, status: NtStatus) -> Self {
        let kept = request.flags.intersection(HeaderFlags::RELATED_OPERATIONS);
        Self {
            status,
            flags: kept.union(HeaderFlags::SERVER_TO_REDIR),
            next_command: 0,
            signature: [0; 16],
            ..*request
        }
    }

    /// Reads the header at the beginning of `message`. Bodies are not looked at, nor whether NextCommand leads anywhere.
    pub fn parse(message: &[u8]) -> Result<Self, ParseError> {
        let raw: &RawHeader = Reader::new(message).fixed("SMB2 header")?;
        if raw.protocol_id != PROTOCOL_ID {
            return Err(ParseError::value("ProtocolId"));
        }
        if usize::from(raw.structure_size.get()) != Self::LEN {
            return Err(ParseError::value("StructureSize"));
        }
        let flags = HeaderFlags::from_bits_retain(raw.flags.get());
        let [low, high] = raw.target;
        let target = if flags.contains(HeaderFlags::ASYNC_COMMAND) {
            Target::Async(u64::from(high.get()) << 32 | u64::from(low.get()))
        } else {
            Target::Tree {
                process_id: low.get(),
                tree_id: high.get(),
            }
        };
        Ok(Self {
            credit_charge: raw.credit_charge.get(),
            status: NtStatus(raw.status.get()),
            command: Command(raw.command.get()),
            credits: raw.credits.get(),
            flags,
            next_command: raw.next_command.get(),
            message_id: raw.message_id.get(),
            target,
            session_id: raw.session_id.get(),
            signature: raw.signature,
        })
    }

    /// Begins a message in the writer and appends the header. The body's `emit` comes next.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        let (asynchronous, low, high) = match self.target {
            Target::Tree {
                process_id,
                tree_id,
            } => (false, process_id, tree_id),
            Target::Async(id) => (true, (id & u64::from(u32::MAX)) as u32, (id >> 32) as u32),
        };
        let mut flags = self.flags;
        flags.set(HeaderFlags::ASYNC_COMMAND, asynchronous);
        w.begin_message();
        w.fixed(&RawHeader {
            protocol_id: PROTOCOL_ID,
            structure_size: (Self::LEN as u16).into(),
            credit_charge: self.credit_charge.into(),
            status: self.status.0.into(),
            command: self.command.0.into(),
            credits: self.credits.into(),
            flags: flags.bits().into(),
            next_command: self.next_command.into(),
            message_id: self.message_id.into(),
            target: [low.into(), high.into()],
            session_id: self.session_id.into(),
            signature: self.signature,
        })
    }

    /// Whether the message comes from the server.
    pub const fn is_response(&self) -> bool {
        self.flags.contains(HeaderFlags::SERVER_TO_REDIR)
    }

    /// The tree id of a synchronous message.
    pub const fn tree_id(&self) -> Option<u32> {
        match self.target {
            Target::Tree { tree_id, .. } => Some(tree_id),
            Target::Async(_) => None,
        }
    }

    /// The AsyncId of an asynchronous message.
    pub const fn async_id(&self) -> Option<u64> {
        match self.target {
            Target::Tree { .. } => None,
            Target::Async(id) => Some(id),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::vec;

    use super::*;
    use crate::smb2::EchoRequest;
    use crate::smb2::samples::message;
    use crate::writer::emitted;

    #[test]
    fn case_10_a_header_of_the_wrong_protocol_or_size_is_refused() {
        let bytes = message(Command::ECHO, |w| EchoRequest.emit(w));
        let mut smb1 = bytes.clone();
        smb1[0] = 0xFF;
        assert_eq!(Header::parse(&smb1), Err(ParseError::value("ProtocolId")));
        let mut long = bytes.clone();
        long[4] = 65;
        assert_eq!(
            Header::parse(&long),
            Err(ParseError::value("StructureSize"))
        );
        assert_eq!(
            Header::parse(&bytes[..63]),
            Err(ParseError::truncated("SMB2 header"))
        );
    }

    #[test]
    fn an_unknown_command_is_kept() {
        let bytes = message(Command(0x77), |_| Ok(()));
        assert_eq!(Header::parse(&bytes).unwrap().command, Command(0x77));
    }

    #[test]
    fn a_response_answers_the_request_it_was_made_for() {
        let request = Header {
            credits: 31,
            session_id: 5,
            target: Target::tree(6),
            ..Header::request(Command::READ, 9)
        };
        let response = Header::response(&request, NtStatus::END_OF_FILE);
        assert!(response.is_response());
        assert_eq!(
            (response.message_id, response.session_id, response.tree_id()),
            (9, 5, Some(6))
        );
        assert_eq!(response.status, NtStatus::END_OF_FILE);
    }

    #[test]
    fn the_header_has_the_layout_of_the_specification() {
        // MS-SMB2 2.2.1.2, each field in its place and little-endian.
        let header = Header {
            credit_charge: 0x0102,
            status: NtStatus(0x0304_0506),
            command: Command::CREATE,
            credits: 0x0708,
            flags: HeaderFlags::SIGNED,
            next_command: 0x090A_0B0C,
            message_id: 0x1112_1314_1516_1718,
            target: Target::Tree {
                process_id: 0x2122_2324,
                tree_id: 0x3132_3334,
            },
            session_id: 0x4142_4344_4546_4748,
            signature: [0x99; 16],
        };
        let mut expected = vec![
            0xFE, b'S', b'M', b'B', 64, 0, 2, 1, 6, 5, 4, 3, 5, 0, 8, 7, 8, 0, 0, 0,
        ];
        expected.extend([
            0x0C, 0x0B, 0x0A, 0x09, 0x18, 0x17, 0x16, 0x15, 0x14, 0x13, 0x12, 0x11,
        ]);
        expected.extend([0x24, 0x23, 0x22, 0x21, 0x34, 0x33, 0x32, 0x31]);
        expected.extend([0x48, 0x47, 0x46, 0x45, 0x44, 0x43, 0x42, 0x41]);
        expected.extend([0x99; 16]);
        assert_eq!(emitted(|w| header.emit(w)), expected);
    }
}
