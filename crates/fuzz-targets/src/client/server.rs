//! A server that knows how to answer everything rightly, and whose answers are then changed.

mod account;
mod answers;
mod authority;
mod strict;

use std::collections::HashSet;
use std::sync::LazyLock;

use smb_wire::netbios::FrameHeader;
use smb_wire::smb2::transform::TransformHeader;
use smb_wire::smb2::{Command, ErrorResponse, FileId, Header, HeaderFlags, Target};
use smb_wire::{EmitError, NtStatus, Writer};

use super::input::Input;
pub use account::{PASSWORD, REFLECTION, WORKSTATION};
pub use authority::Authority;

pub const FILE: FileId = FileId::new(0x11, 0x22);

/// Room for a message without much data.
const ROOM: usize = 2048;
/// As far as any user reads, in bytes.
const FILE_SIZE: u32 = 1 << 20;
/// What no right server's compound is longer than.
const LONGEST_COMPOUND: usize = 64 * 1024;

/// A request as the server got it.
#[derive(Clone, Debug)]
pub struct Asked {
    pub header: Header,
    pub message: Vec<u8>,
    /// How it came, and how an answer should go.
    pub cover: Cover,
    pub answered: bool,
    /// The id that an interim answer gave it.
    pub async_id: Option<u64>,
}

/// How a message is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cover {
    None,
    Signed,
    Sealed,
}

/// What was signed, a message, or sealed, a frame's contents, with a session's keys, before anybody else touched it.
#[derive(Debug)]
pub struct Said {
    pub session_id: u64,
    pub cover: Cover,
    pub bytes: Vec<u8>,
}

/// A message that waits to go out.
#[derive(Debug)]
struct Pending {
    message: Vec<u8>,
    cover: Cover,
    session_id: u64,
}

/// What one frame brings a request.
#[derive(Clone, Copy, Debug)]
pub struct Sent {
    pub message_id: u64,
    /// The AsyncId, if it is no more than an interim answer.
    pub interim: Option<u64>,
}

/// The server's side of a connection.
#[derive(Debug)]
pub struct Server {
    pub authority: Authority,
    pub asked: Vec<Asked>,
    pub authentic: Vec<Said>,
    /// Nothing was said so far, by anybody, that a right server might not say.
    pub honest: bool,
    /// The server itself signed or sealed what was changed before.
    pub lied: bool,
    /// Client or server insist on signing.
    pub demands_signing: bool,
    pending: Vec<Pending>,
    last_message_id: Option<u64>,
    /// All credits that went out, and the one that everybody begins with.
    granted: u64,
    trees: u32,
    /// Those in which everything has to come encrypted, with their sessions.
    sealed_trees: HashSet<(u64, u32)>,
}

impl Server {
    pub fn new(authority: Authority) -> Self {
        Self {
            authority,
            asked: Vec::new(),
            authentic: Vec::new(),
            honest: true,
            lied: false,
            demands_signing: false,
            pending: Vec::new(),
            last_message_id: None,
            granted: 1,
            trees: 4,
            sealed_trees: HashSet::new(),
        }
    }

    /// The oldest request of this command that has no answer yet.
    pub fn unanswered(&self, command: Command) -> Option<usize> {
        let open = |asked: &Asked| !asked.answered && asked.header.command == command;
        self.asked.iter().position(open)
    }

    /// A right answer to a request, unprotected: what the input chooses is all a good server may do.
    pub fn answer(&mut self, index: usize, input: &mut Input<'_>) -> Vec<u8> {
        let mut asked = self.asked[index].clone();
        self.honest &= !asked.answered;
        self.asked[index].answered = true;
        if let Some(id) = asked.async_id {
            asked.header.target = Target::Async(id);
        }
        match asked.header.command {
            Command::NEGOTIATE => self.authority.negotiate(&asked, input),
            Command::SESSION_SETUP => {
                let (answer, is_right) = self.authority.session_setup(&asked, input);
                self.honest &= is_right;
                let header = Header::parse(&answer).expect("our own");
                if header.flags.contains(HeaderFlags::SIGNED) {
                    self.authentic.push(Said {
                        session_id: header.session_id,
                        cover: Cover::Signed,
                        bytes: answer.clone(),
                    });
                }
                answer
            }
            _ => self.ordinary(&asked, input),
        }
    }

    /// An interim answer: the real one comes later.
    pub fn interim(&mut self, index: usize, input: &mut Input<'_>) -> Vec<u8> {
        let asked = &self.asked[index];
        let own = 1000 + index as u64;
        let id = match input.byte() {
            // One that others may have.
            shared @ 240.. => shared.into(),
            _ => own,
        };
        self.honest &= id == own;
        let header = Header {
            target: Target::Async(id),
            ..header(asked, NtStatus::PENDING, input)
        };
        message(&header, |w| ErrorResponse::EMPTY.emit(w))
    }

    /// A refusal.
    pub fn refusal(&mut self, index: usize, status: NtStatus, input: &mut Input<'_>) -> Vec<u8> {
        let asked = &mut self.asked[index];
        self.honest &= !asked.answered && status.is_error();
        asked.answered = true;
        let header = header(asked, status, input);
        message(&header, |w| ErrorResponse::EMPTY.emit(w))
    }

    /// Puts a message into the next frame.
    pub fn put(&mut self, message: Vec<u8>, cover: Cover, session_id: u64) {
        self.pending.push(Pending {
            message,
            cover,
            session_id,
        });
    }

    /// The frame with everything that waits for it: linked, and protected message by message or as a whole. With what it
    /// brings, as long as everything is right.
    pub fn frame(&mut self) -> (Vec<u8>, Vec<Sent>) {
        let mut contents = Vec::new();
        let mut sent = Vec::new();
        let pending = std::mem::take(&mut self.pending);
        let sealer = pending.iter().find(|next| next.cover == Cover::Sealed);
        let sealer = sealer.map(|next| next.session_id);
        let count = pending.len();
        self.honest &= count > 0;
        for (index, next) in pending.into_iter().enumerate() {
            let Pending {
                mut message,
                cover,
                session_id,
            } = next;
            if index + 1 < count && message.len() >= Header::LEN {
                message.resize(message.len().next_multiple_of(8), 0);
                let link = u32::try_from(message.len()).expect("a short message");
                message[Header::NEXT_COMMAND].copy_from_slice(&link.to_le_bytes());
            }
            self.honest &=
                sealer.is_none_or(|sealer| cover == Cover::Sealed && session_id == sealer);
            if cover == Cover::Signed {
                let account = self.authority.accounts(session_id).next();
                if account.is_some_and(|account| account.sign(&mut message)) {
                    self.authentic.push(Said {
                        session_id,
                        cover,
                        bytes: message.clone(),
                    });
                }
            }
            if self.honest {
                sent.extend(self.grant(&message));
            }
            contents.extend(message);
        }
        self.honest &= count == 1 || contents.len() <= LONGEST_COMPOUND;
        if let Some(session_id) = sealer {
            contents = self.sealed(session_id, contents);
        }
        (framed(&contents), sent)
    }

    /// Counts what a right message grants, and notes what it tells.
    fn grant(&mut self, message: &[u8]) -> Option<Sent> {
        let header = Header::parse(message).expect("a right message");
        if header.message_id == Header::UNSOLICITED {
            return None;
        }
        self.granted += u64::from(header.credits);
        let is_interim = header.status == NtStatus::PENDING;
        Some(Sent {
            message_id: header.message_id,
            interim: header.async_id().filter(|_| is_interim),
        })
    }

    /// The last request with this message id.
    pub fn find(&mut self, message_id: u64) -> Option<&mut Asked> {
        let mut asked = self.asked.iter_mut().rev();
        asked.find(|asked| asked.header.message_id == message_id)
    }

    fn sealed(&mut self, session_id: u64, contents: Vec<u8>) -> Vec<u8> {
        let account = self.authority.accounts(session_id).next();
        let Some(account) = account.filter(|account| account.can_seal()) else {
            self.honest = false;
            return contents;
        };
        let mut frame = vec![0; TransformHeader::LEN];
        frame.extend(&contents);
        account.seal(&mut frame);
        // Where one message ends and the next begins, only a sound link tells.
        self.authentic.push(Said {
            session_id,
            cover: Cover::Sealed,
            bytes: contents,
        });
        frame
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
