//! A client of a few lines, for what a proper one would not do or not show.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use smb_wire::fscc::FileAttributes;
use smb_wire::netbios::FrameHeader;
use smb_wire::ntlm::{AuthenticateMessage, NegotiateFlags, NegotiateMessage};
use smb_wire::smb2::{
    AccessMask, Capabilities, Command, CreateDisposition, CreateOptions, CreateRequest,
    CreateResponse, Dialect, FileId, Header, ImpersonationLevel, NegotiateRequest, OplockLevel,
    ReadFlags, ReadRequest, SecurityMode, SessionSetupFlags, SessionSetupRequest, ShareAccess,
    Target, TreeConnectFlags, TreeConnectRequest,
};
use smb_wire::{EmitError, Guid, List, Utf16, Writer};

/// A reply: its header and the whole message.
pub struct Reply {
    pub header: Header,
    pub message: Vec<u8>,
}

/// A connection that is logged on as nobody and has a share connected.
pub struct Client {
    stream: TcpStream,
    pub next_message_id: u64,
    pub session_id: u64,
    pub tree_id: u32,
}

impl Client {
    /// Connects, logs on and connects the share `data`, in SMB 2.1.
    pub fn connect(address: SocketAddr) -> io::Result<Self> {
        let mut client = Self::connect_only(address)?;
        let dialects = [Dialect::SMB2_1];
        let negotiate = NegotiateRequest {
            security_mode: SecurityMode::SIGNING_ENABLED,
            capabilities: Capabilities::empty(),
            client_guid: Guid::default(),
            dialects: List::new(&dialects),
            contexts: List::default(),
        };
        client.ask(Command::NEGOTIATE, |w| negotiate.emit(w))?;
        client.log_on()?;
        let connect = TreeConnectRequest {
            flags: TreeConnectFlags::empty(),
            path: Utf16::from_str("\\\\server\\data"),
        };
        let reply = client.ask(Command::TREE_CONNECT, |w| connect.emit(w))?;
        client.tree_id = reply.header.tree_id().unwrap_or_default();
        Ok(client)
    }

    /// Connects and says nothing.
    pub fn connect_only(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        // A test whose reply never comes fails instead of hanging.
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        Ok(Self {
            stream,
            next_message_id: 0,
            session_id: 0,
            tree_id: 0,
        })
    }

    fn log_on(&mut self) -> io::Result<()> {
        let negotiate = emitted(|w| {
            NegotiateMessage {
                flags: NegotiateFlags::UNICODE,
                ..Default::default()
            }
            .emit(w)
        });
        let authenticate = AuthenticateMessage {
            lm_response: &[],
            nt_response: &[],
            domain: Utf16::EMPTY,
            user: Utf16::EMPTY,
            workstation: Utf16::EMPTY,
            encrypted_session_key: &[],
            flags: NegotiateFlags::UNICODE | NegotiateFlags::ANONYMOUS,
            version: None,
            mic: None,
        };
        for token in [negotiate, emitted(|w| authenticate.emit(w))] {
            let setup = SessionSetupRequest {
                flags: SessionSetupFlags::empty(),
                security_mode: SecurityMode::SIGNING_ENABLED,
                capabilities: Capabilities::empty(),
                previous_session_id: 0,
                security_buffer: &token,
            };
            self.session_id = self
                .ask(Command::SESSION_SETUP, |w| setup.emit(w))?
                .header
                .session_id;
        }
        Ok(())
    }

    /// Opens a file, made if it is not there.
    pub fn open(&mut self, name: &str) -> io::Result<FileId> {
        let create = CreateRequest {
            oplock_level: OplockLevel::NONE,
            impersonation_level: ImpersonationLevel::IMPERSONATION,
            desired_access: AccessMask::FILE_ALL,
            file_attributes: FileAttributes::empty(),
            share_access: ShareAccess::READ | ShareAccess::WRITE | ShareAccess::DELETE,
            disposition: CreateDisposition::OPEN_IF,
            options: CreateOptions::empty(),
            name: Utf16::from_str(name),
            contexts: List::default(),
        };
        let reply = self.ask(Command::CREATE, |w| create.emit(w))?;
        Ok(CreateResponse::parse(&reply.message)
            .map_err(io::Error::other)?
            .file_id)
    }

    /// Sends a READ; gives its message id.
    pub fn send_read(&mut self, file_id: FileId, offset: u64, length: u32) -> io::Result<u64> {
        let read = ReadRequest {
            flags: ReadFlags::empty(),
            length,
            offset,
            file_id,
            minimum_count: 0,
            remaining_bytes: 0,
        };
        self.send(Command::READ, |w| read.emit(w))
    }

    pub fn ask(
        &mut self,
        command: Command,
        body: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>,
    ) -> io::Result<Reply> {
        self.send(command, body)?;
        self.receive()
    }

    /// Sends a request that asks for sixteen credits; gives its message id.
    pub fn send(
        &mut self,
        command: Command,
        body: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>,
    ) -> io::Result<u64> {
        let header = self.next_header(command);
        self.send_as(header, body)?;
        Ok(header.message_id)
    }

    /// A header with the next message id that asks for sixteen credits.
    pub fn next_header(&mut self, command: Command) -> Header {
        let message_id = self.next_message_id;
        self.next_message_id += 1;
        let mut header = Header::request(command, message_id);
        header.credit_charge = 1;
        header.credits = 16;
        header
    }

    /// Sends a request with this header, in this client's session and tree.
    pub fn send_as(
        &mut self,
        header: Header,
        body: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>,
    ) -> io::Result<()> {
        let message = self.message(header, body);
        self.send_bytes(&message)
    }

    /// A request with this header, in this client's session and tree.
    pub fn message(
        &self,
        mut header: Header,
        body: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>,
    ) -> Vec<u8> {
        header.session_id = self.session_id;
        if header.async_id().is_none() {
            header.target = Target::tree(self.tree_id);
        }
        emitted(|w| {
            header.emit(w)?;
            body(w)
        })
    }

    /// Sends a message as it is.
    pub fn send_bytes(&mut self, message: &[u8]) -> io::Result<()> {
        let head = FrameHeader::message(message.len())
            .map_err(io::Error::other)?
            .to_bytes();
        self.stream.write_all(&[&head, message].concat())
    }

    /// The next frame, which must be one message.
    pub fn receive(&mut self) -> io::Result<Reply> {
        let message = self.receive_bytes()?;
        Ok(Reply {
            header: Header::parse(&message).map_err(io::Error::other)?,
            message,
        })
    }

    /// The bytes of the next frame.
    pub fn receive_bytes(&mut self) -> io::Result<Vec<u8>> {
        let mut head = [0; FrameHeader::LEN];
        self.stream.read_exact(&mut head)?;
        let mut message = vec![0; FrameHeader::parse(head).length as usize];
        self.stream.read_exact(&mut message)?;
        Ok(message)
    }

    /// Everything that still comes until the server closes the connection.
    pub fn receive_to_end(&mut self) -> io::Result<Vec<u8>> {
        let mut rest = Vec::new();
        self.stream.read_to_end(&mut rest)?;
        Ok(rest)
    }
}

/// What `emit` writes.
pub fn emitted(emit: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>) -> Vec<u8> {
    let mut bytes = vec![0; 4096];
    let mut writer = Writer::new(&mut bytes);
    emit(&mut writer).expect("a small message fits");
    let len = writer.position();
    bytes.truncate(len);
    bytes
}
