//! Lies about what was agreed on in NEGOTIATE.

use smb_wire::smb2::negotiate_context::{
    Cipher, CompressionAlgorithm, CompressionFlags, ContextType, HashAlgorithm, NegotiateContext,
    SigningAlgorithm,
};
use smb_wire::smb2::{Capabilities, Dialect, Header, NegotiateResponse, SecurityMode};
use smb_wire::{Element, Guid, List, ParseError, Writer};

use super::rule::Fault;

/// Room for any NEGOTIATE response that a script comes up with.
const MAX_LEN: usize = 64 << 10;

/// A NEGOTIATE response, to be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NegotiateAnswer {
    /// What the server thinks of signing.
    pub security_mode: SecurityMode,
    /// The dialect. The server goes on in the one that it chose.
    pub dialect: Dialect,
    /// Who the server is.
    pub server_guid: Guid,
    /// What the server can do.
    pub capabilities: Capabilities,
    /// The largest buffer of a request or response that is neither READ nor WRITE, in bytes.
    pub max_transact_size: u32,
    /// The largest READ in bytes.
    pub max_read_size: u32,
    /// The largest WRITE in bytes.
    pub max_write_size: u32,
    /// The GSS token.
    pub security_buffer: Vec<u8>,
    /// The contexts of 3.1.1 as they are sent: types and data. They are left out if the dialect is another.
    pub contexts: Vec<(ContextType, Vec<u8>)>,
}

impl NegotiateAnswer {
    /// Takes all contexts of this type out.
    pub fn remove(&mut self, context_type: ContextType) {
        self.contexts.retain(|(other, _)| *other != context_type);
    }

    /// Puts a context in place of all of its type.
    pub fn replace(&mut self, context: &NegotiateContext<'_>) {
        self.remove(context.context_type());
        self.add(context);
    }

    /// Adds a context, even if there is one of its type.
    pub fn add(&mut self, context: &NegotiateContext<'_>) {
        const HEADER: usize = 8;
        let mut bytes = vec![0; MAX_LEN];
        let mut writer = Writer::new(&mut bytes);
        context
            .write(&mut writer, true)
            .expect("a script's context is not that long");
        let data = writer.position();
        let data = bytes[HEADER..data].to_vec();
        self.contexts.push((context.context_type(), data));
    }

    /// Names these ciphers; an honest server names one.
    pub fn set_ciphers(&mut self, ciphers: &[Cipher]) {
        self.replace(&NegotiateContext::Encryption(List::new(ciphers)));
    }

    /// Names these signing algorithms; an honest server names one.
    pub fn set_signing_algorithms(&mut self, algorithms: &[SigningAlgorithm]) {
        self.replace(&NegotiateContext::Signing(List::new(algorithms)));
    }

    /// Names these hashes; an honest server names SHA-512.
    pub fn set_hashes(&mut self, algorithms: &[HashAlgorithm]) {
        self.replace(&NegotiateContext::PreauthIntegrity {
            algorithms: List::new(algorithms),
            salt: &[7; 32],
        });
    }

    /// Names these compression algorithms; this server never names any.
    pub fn set_compression(&mut self, algorithms: &[CompressionAlgorithm]) {
        self.replace(&NegotiateContext::Compression {
            algorithms: List::new(algorithms),
            flags: CompressionFlags::empty(),
        });
    }

    fn change(message: &[u8], change: impl FnOnce(&mut Self)) -> Result<Vec<u8>, ParseError> {
        let answer = NegotiateResponse::parse(message)?;
        let mut changed = Self::of(&answer);
        change(&mut changed);
        let contexts: Vec<NegotiateContext<'_>> = changed
            .contexts
            .iter()
            .map(|(context_type, data)| NegotiateContext::Other {
                context_type: *context_type,
                data,
            })
            .filter(|_| changed.dialect == Dialect::SMB3_1_1)
            .collect();
        let answer = NegotiateResponse {
            security_mode: changed.security_mode,
            dialect: changed.dialect,
            server_guid: changed.server_guid,
            capabilities: changed.capabilities,
            max_transact_size: changed.max_transact_size,
            max_read_size: changed.max_read_size,
            max_write_size: changed.max_write_size,
            security_buffer: &changed.security_buffer,
            contexts: List::new(&contexts),
            ..answer
        };
        let mut bytes = vec![0; MAX_LEN];
        let mut writer = Writer::new(&mut bytes);
        let header = Header::parse(message)?;
        header
            .emit(&mut writer)
            .and_then(|()| answer.emit(&mut writer))
            .expect("a script's answer is not that long");
        let len = writer.position();
        bytes.truncate(len);
        Ok(bytes)
    }

    fn of(answer: &NegotiateResponse<'_>) -> Self {
        let mut owned = Self {
            security_mode: answer.security_mode,
            dialect: answer.dialect,
            server_guid: answer.server_guid,
            capabilities: answer.capabilities,
            max_transact_size: answer.max_transact_size,
            max_read_size: answer.max_read_size,
            max_write_size: answer.max_write_size,
            security_buffer: answer.security_buffer.to_vec(),
            contexts: Vec::new(),
        };
        for context in answer.contexts {
            owned.add(&context);
        }
        owned
    }
}

impl Fault {
    /// The server says something else in its NEGOTIATE response than it does; its pre-authentication hash is over what it
    /// says. For replies to NEGOTIATE; others stay as they are.
    pub fn negotiate(change: impl Fn(&mut NegotiateAnswer) + Send + Sync + 'static) -> Self {
        Self::rewrite(changing(change))
    }

    /// Somebody between server and client changes the server's NEGOTIATE response; the pre-authentication hashes of both
    /// differ then.
    pub fn negotiate_on_the_way(
        change: impl Fn(&mut NegotiateAnswer) + Send + Sync + 'static,
    ) -> Self {
        Self::on_the_way(changing(change))
    }
}

fn changing(
    change: impl Fn(&mut NegotiateAnswer) + Send + Sync + 'static,
) -> impl Fn(&mut Vec<u8>) + Send + Sync + 'static {
    move |message| {
        if let Ok(changed) = NegotiateAnswer::change(message, &change) {
            *message = changed;
        }
    }
}
