//! A client that has a password, and so keys.

use std::io;
use std::net::SocketAddr;

use smb_crypto::{
    Cipher, Direction, Key128, KeyPurpose, NtHash, OpeningKey, PreauthHash, ResponseKey,
    SealingKey, SigningAlgorithm, SigningKey, Smb3Keys,
};
use smb_wire::ntlm::{
    AuthenticateMessage, ChallengeMessage, ClientChallenge, NegotiateFlags, NegotiateMessage,
};
use smb_wire::smb2::negotiate_context::{
    Cipher as CipherId, HashAlgorithm, NegotiateContext, SigningAlgorithm as SigningId,
};
use smb_wire::smb2::transform::TransformHeader;
use smb_wire::smb2::{
    Capabilities, Command, Dialect, Header, HeaderFlags, NegotiateRequest, NegotiateResponse,
    SecurityMode, SessionSetupFlags, SessionSetupRequest, SessionSetupResponse, TreeConnectFlags,
    TreeConnectRequest, TreeConnectResponse,
};
use smb_wire::{EmitError, Guid, List, Utf16, Writer};

use crate::client::{Client, Reply, emitted};

/// The member's name and password.
pub const USER: (&str, &str) = ("alice", "secret");
/// Who the member's machine is.
pub const CLIENT_GUID: Guid = Guid(*b"a test's client ");

/// What a client proposes in NEGOTIATE.
#[derive(Clone, Debug)]
pub struct Offer {
    pub dialects: Vec<Dialect>,
    pub capabilities: Capabilities,
    /// The contexts of 3.1.1; each list is left out where it is empty.
    pub hashes: Vec<HashAlgorithm>,
    pub ciphers: Vec<CipherId>,
    pub signing: Vec<SigningId>,
}

impl Offer {
    /// One dialect with one cipher.
    pub fn of(dialect: Dialect, cipher: Cipher) -> Self {
        Self {
            dialects: vec![dialect],
            capabilities: Capabilities::ENCRYPTION,
            hashes: vec![HashAlgorithm::SHA_512],
            ciphers: vec![CipherId(cipher.wire_id())],
            signing: vec![SigningId::AES_CMAC],
        }
    }

    /// 3.1.1 with AES-128-GCM.
    pub fn usual() -> Self {
        Self::of(Dialect::SMB3_1_1, Cipher::Aes128Gcm)
    }

    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        let mut contexts = Vec::new();
        if !self.hashes.is_empty() {
            contexts.push(NegotiateContext::PreauthIntegrity {
                algorithms: List::new(&self.hashes),
                salt: &[1; 32],
            });
        }
        if !self.ciphers.is_empty() {
            contexts.push(NegotiateContext::Encryption(List::new(&self.ciphers)));
        }
        if !self.signing.is_empty() {
            contexts.push(NegotiateContext::Signing(List::new(&self.signing)));
        }
        contexts.push(NegotiateContext::Netname(Utf16::from_str("server")));
        let latest = self.dialects.contains(&Dialect::SMB3_1_1);
        contexts.retain(|_| latest);
        NegotiateRequest {
            security_mode: SecurityMode::SIGNING_ENABLED,
            capabilities: self.capabilities,
            client_guid: CLIENT_GUID,
            dialects: List::new(&self.dialects),
            contexts: List::new(&contexts),
        }
        .emit(w)
    }
}

/// A user's session: its keys, and the share `data` in it.
pub struct Member {
    pub client: Client,
    pub signing: SigningKey,
    pub sealing: SealingKey,
    /// Opens what the server seals.
    pub opening: OpeningKey,
    /// Opens what the client seals.
    pub own_opening: OpeningKey,
    /// The last reply of the log-on, and of connecting the share.
    pub setup: Vec<u8>,
    pub tree: Vec<u8>,
}

impl Member {
    /// Logs on, and connects the share with everything sealed.
    pub fn connect(address: SocketAddr, offer: &Offer) -> io::Result<Self> {
        let mut member = Self::log_on(address, offer)?;
        let connect = tree_connect();
        let reply = member.ask(Command::TREE_CONNECT, |w| connect.emit(w))?;
        member.client.tree_id = reply.header.tree_id().unwrap_or_default();
        member.tree = reply.message;
        TreeConnectResponse::parse(&member.tree).map_err(io::Error::other)?;
        Ok(member)
    }

    /// Negotiates and logs on. The server must answer in 3.x with a cipher.
    pub fn log_on(address: SocketAddr, offer: &Offer) -> io::Result<Self> {
        let mut client = Client::connect_only(address)?;
        let mut preauth = PreauthHash::START;
        let negotiated = exchange(&mut client, &mut preauth, Command::NEGOTIATE, |w| {
            offer.emit(w)
        })?;
        let negotiated = NegotiateResponse::parse(&negotiated.message).map_err(io::Error::other)?;
        let (cipher, algorithm) = agreed(&negotiated);

        let negotiate = emitted(|w| {
            NegotiateMessage {
                flags: NegotiateFlags::UNICODE | NegotiateFlags::EXTENDED_SESSION_SECURITY,
                ..Default::default()
            }
            .emit(w)
        });
        let reply = exchange(&mut client, &mut preauth, Command::SESSION_SETUP, |w| {
            session_setup(&negotiate).emit(w)
        })?;
        client.session_id = reply.header.session_id;
        let response = SessionSetupResponse::parse(&reply.message).map_err(io::Error::other)?;
        let (authenticate, session_key) = prove(response.security_buffer);
        let header = client.next_header(Command::SESSION_SETUP);
        let message = client.message(header, |w| session_setup(&authenticate).emit(w));
        preauth = preauth.extended(&[&message]).map_err(io::Error::other)?;
        client.send_bytes(&message)?;
        let setup = client.receive()?.message;

        let keys = match negotiated.dialect {
            Dialect::SMB3_1_1 => Smb3Keys::Smb311(preauth),
            _ => Smb3Keys::Smb30,
        };
        let seal = |direction| {
            keys.derive_sealing(session_key.as_bytes(), cipher, direction)
                .expect("a cipher of the dialect")
        };
        let signing = keys
            .derive(&session_key, KeyPurpose::Signing)
            .expect("a key");
        Ok(Self {
            client,
            signing: SigningKey::new(algorithm, &signing).expect("a key"),
            sealing: SealingKey::new(seal(Direction::ClientToServer)).expect("a key"),
            opening: OpeningKey::new(seal(Direction::ServerToClient)).expect("a key"),
            own_opening: OpeningKey::new(seal(Direction::ClientToServer)).expect("a key"),
            setup,
            tree: Vec::new(),
        })
    }

    /// Asks sealed, and opens the answer.
    pub fn ask(
        &mut self,
        command: Command,
        body: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>,
    ) -> io::Result<Reply> {
        self.send(command, body)?;
        let message = self.receive()?;
        Ok(Reply {
            header: Header::parse(&message).map_err(io::Error::other)?,
            message,
        })
    }

    /// Sends a request sealed.
    pub fn send(
        &mut self,
        command: Command,
        body: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>,
    ) -> io::Result<()> {
        let header = self.client.next_header(command);
        let message = self.client.message(header, body);
        let frame = self.sealed(&message, |_| {});
        self.client.send_bytes(&frame)
    }

    /// Asks signed and not sealed; gives the bytes of the answer.
    pub fn ask_signed(
        &mut self,
        command: Command,
        body: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>,
    ) -> io::Result<Vec<u8>> {
        let mut header = self.client.next_header(command);
        header.flags.insert(HeaderFlags::SIGNED);
        let mut message = self.client.message(header, body);
        let signature = self.signing.sign(&message, &[]).expect("a message");
        message[Header::SIGNATURE].copy_from_slice(&signature);
        self.client.send_bytes(&message)?;
        self.client.receive_bytes()
    }

    /// A sealed frame whose header was changed before the seal was made.
    pub fn sealed(&self, messages: &[u8], change: impl FnOnce(&mut TransformHeader)) -> Vec<u8> {
        let nonce = self.sealing.next_nonce(messages.len()).expect("a nonce");
        let mut header = TransformHeader {
            signature: [0; 16],
            nonce: *nonce.field(),
            original_message_size: messages.len() as u32,
            session_id: self.client.session_id,
        };
        change(&mut header);
        let head = |header: &TransformHeader| emitted(|w| header.emit(w));
        let authenticated = head(&header)[TransformHeader::AUTHENTICATED]
            .try_into()
            .expect("32 bytes");
        let mut sealed = messages.to_vec();
        header.signature = self
            .sealing
            .seal(nonce, &authenticated, &mut sealed, messages.len(), &[])
            .expect("a sealed message");
        [head(&header), sealed].concat()
    }

    /// The next frame, opened. An error if it is not rightly sealed.
    pub fn receive(&mut self) -> io::Result<Vec<u8>> {
        let frame = self.client.receive_bytes()?;
        let header = TransformHeader::parse(&frame).map_err(io::Error::other)?;
        assert_eq!(header.session_id, self.client.session_id);
        open(&self.opening, &frame).ok_or_else(|| io::Error::other("the seal is broken"))
    }
}

/// What is in a sealed frame, if its seal was made by `key`.
pub fn open(key: &OpeningKey, frame: &[u8]) -> Option<Vec<u8>> {
    let (header, messages) = frame.split_at_checked(TransformHeader::LEN)?;
    let authenticated = header[TransformHeader::AUTHENTICATED].try_into().ok()?;
    let signature = header[TransformHeader::SIGNATURE].try_into().ok()?;
    let mut messages = messages.to_vec();
    let opened = key.open(authenticated, signature, &mut [&mut messages]);
    opened.is_ok().then_some(messages)
}

pub fn tree_connect() -> TreeConnectRequest<'static> {
    const PATH: Utf16<'static> = Utf16::from_str("\\\\server\\data");
    TreeConnectRequest {
        flags: TreeConnectFlags::empty(),
        path: PATH,
    }
}

fn session_setup(token: &[u8]) -> SessionSetupRequest<'_> {
    SessionSetupRequest {
        flags: SessionSetupFlags::empty(),
        security_mode: SecurityMode::SIGNING_ENABLED,
        capabilities: Capabilities::empty(),
        previous_session_id: 0,
        security_buffer: token,
    }
}

fn exchange(
    client: &mut Client,
    preauth: &mut PreauthHash,
    command: Command,
    body: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>,
) -> io::Result<Reply> {
    let header = client.next_header(command);
    let message = client.message(header, body);
    client.send_bytes(&message)?;
    let reply = client.receive()?;
    for said in [&message, &reply.message] {
        *preauth = preauth.extended(&[said]).map_err(io::Error::other)?;
    }
    Ok(reply)
}

/// The cipher and the signing algorithm that the server chose, or those that it must mean.
fn agreed(negotiated: &NegotiateResponse<'_>) -> (Cipher, SigningAlgorithm) {
    let mut agreed = (Cipher::Aes128Ccm, SigningAlgorithm::AesCmac);
    for context in negotiated.contexts {
        match context {
            NegotiateContext::Encryption(ciphers) => {
                let chosen = ciphers.iter().next().expect("a cipher");
                agreed.0 = Cipher::from_wire_id(chosen.0).expect("a cipher of ours");
            }
            NegotiateContext::Signing(algorithms) => {
                agreed.1 = match algorithms.iter().next() {
                    Some(SigningId::AES_GMAC) => SigningAlgorithm::AesGmac,
                    Some(SigningId::HMAC_SHA256) => SigningAlgorithm::HmacSha256,
                    _ => SigningAlgorithm::AesCmac,
                };
            }
            _ => {}
        }
    }
    agreed
}

/// The AUTHENTICATE message for a challenge, and the session key that follows from it (MS-NLMP 3.3.2).
fn prove(challenge: &[u8]) -> (Vec<u8>, Key128) {
    let (user, password) = USER;
    let challenge = ChallengeMessage::parse(challenge).expect("a challenge");
    let temp = emitted(|w| {
        ClientChallenge {
            timestamp: 0,
            client_challenge: [3; 8],
            target_info: challenge.target_info.expect("a modern server"),
        }
        .emit(w)
    });
    let units = |text: &str| text.encode_utf16().collect::<Vec<u16>>();
    let hash = NtHash::from_password(&units(password)).expect("a hash");
    let proof = ResponseKey::new(&hash, &units(user), &[])
        .and_then(|key| key.prove(&challenge.server_challenge, &[&temp]))
        .expect("a proof");
    let response = [&proof.proof[..], &temp].concat();
    let message = emitted(|w| {
        AuthenticateMessage {
            lm_response: &[0; 24],
            nt_response: &response,
            domain: Utf16::EMPTY,
            user: Utf16::from_str(user),
            workstation: Utf16::EMPTY,
            encrypted_session_key: &[],
            flags: challenge.flags,
            version: None,
            mic: None,
        }
        .emit(w)
    });
    (message, proof.session_base_key)
}
