//! Logging on: SPNEGO around NTLM (MS-SPNG 3.2, RFC 4178).

mod ntlm;

use smb_crypto::{CryptoError, Key128, MessageSigner, PreauthHash, Side};
use smb_wire::spnego::{self, Mech, NegState, NegTokenInit, NegTokenResp, NegotiationToken};
use smb_wire::{EmitError, List, NtStatus, ParseError, Writer, ntlm as messages};

use crate::server::Server;
use ntlm::Acceptor;

/// The longest token that the server makes.
const TOKEN: usize = 2048;

/// Who a session is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Identity {
    /// A user who proved the password.
    User,
    /// Somebody unknown, let in as a guest.
    Guest,
    /// Nobody, let in without a name.
    Anonymous,
}

/// A log-on under way.
pub(crate) struct Logon {
    pub(crate) preauth: PreauthHash,
    ntlm: Acceptor,
    /// The client's list of mechanisms as its MIC covers it; `None` if the client speaks NTLM without SPNEGO.
    mech_list: Option<Vec<u8>>,
}

/// What a token leads to.
pub(crate) enum Step {
    /// Another token to send.
    Continue(Vec<u8>),
    /// The end of the log-on.
    Done(Admitted),
}

/// A log-on that succeeded.
pub(crate) struct Admitted {
    /// The last token to send.
    pub(crate) token: Vec<u8>,
    pub(crate) identity: Identity,
    /// The session key; guests and anonymous clients have none.
    pub(crate) key: Option<Key128>,
}

/// The token in the NEGOTIATE response: NTLM is all there is.
pub(crate) fn offer() -> Result<Vec<u8>, NtStatus> {
    let init = NegTokenInit {
        mech_types: List::new(&[Mech::NTLMSSP]),
        mech_token: None,
        mech_list_mic: None,
    };
    emit(|w| init.emit(w))
}

impl Logon {
    pub(crate) fn new(preauth: PreauthHash) -> Self {
        Self {
            preauth,
            ntlm: Acceptor::default(),
            mech_list: None,
        }
    }

    /// Takes the client's next token.
    pub(crate) fn step(&mut self, server: &Server, token: &[u8]) -> Result<Step, NtStatus> {
        if token.starts_with(&messages::SIGNATURE) {
            return self.step_bare(server, token);
        }
        match NegotiationToken::parse(token).map_err(malformed)? {
            NegotiationToken::Init(init) => {
                self.mech_list = Some(emit(|w| spnego::emit_mech_list(&init.mech_types, w))?);
                let preferred = init.mech_types.iter().next() == Some(Mech::NTLMSSP);
                match init.mech_token.filter(|_| preferred) {
                    Some(token) => self.step_wrapped(server, token, None),
                    // The client guessed another mechanism, and has to begin again with this one.
                    None => self.incomplete(None).map(Step::Continue),
                }
            }
            NegotiationToken::Resp(resp) => {
                let token = resp.response_token.ok_or(NtStatus::INVALID_PARAMETER)?;
                self.step_wrapped(server, token, resp.mech_list_mic)
            }
        }
    }

    fn step_bare(&mut self, server: &Server, token: &[u8]) -> Result<Step, NtStatus> {
        Ok(match self.ntlm.step(server, token)? {
            ntlm::Step::Challenge(token) => Step::Continue(token),
            ntlm::Step::Done { identity, keys } => Step::Done(Admitted {
                token: Vec::new(),
                identity,
                key: keys.map(|keys| keys.session.key().clone()),
            }),
        })
    }

    fn step_wrapped(
        &mut self,
        server: &Server,
        token: &[u8],
        mic: Option<&[u8]>,
    ) -> Result<Step, NtStatus> {
        match self.ntlm.step(server, token)? {
            ntlm::Step::Challenge(challenge) => {
                self.incomplete(Some(&challenge)).map(Step::Continue)
            }
            ntlm::Step::Done { identity, keys } => {
                let mic = match (&keys, mic) {
                    (Some(keys), Some(mic)) => Some(self.exchange_mics(keys, mic)?),
                    _ => None,
                };
                let resp = NegTokenResp {
                    neg_state: Some(NegState::ACCEPT_COMPLETED),
                    mech_list_mic: mic.as_ref().map(|mic| &mic[..]),
                    ..NegTokenResp::default()
                };
                let token = emit(|w| resp.emit(w))?;
                Ok(Step::Done(Admitted {
                    token,
                    identity,
                    key: keys.map(|keys| keys.session.key().clone()),
                }))
            }
        }
    }

    fn incomplete(&self, token: Option<&[u8]>) -> Result<Vec<u8>, NtStatus> {
        let resp = NegTokenResp {
            neg_state: Some(NegState::ACCEPT_INCOMPLETE),
            supported_mech: Some(Mech::NTLMSSP),
            response_token: token,
            mech_list_mic: None,
        };
        emit(|w| resp.emit(w))
    }

    /// Checks the client's MIC over its list of mechanisms and makes the server's (RFC 4178 5).
    fn exchange_mics(&self, keys: &ntlm::Keys, mic: &[u8]) -> Result<[u8; 16], NtStatus> {
        let list = self
            .mech_list
            .as_deref()
            .ok_or(NtStatus::INVALID_PARAMETER)?;
        let signer = |side| MessageSigner::new(&keys.session, side, keys.exchanged);
        signer(Side::Client)
            .and_then(|mut client| client.verify(list, mic))
            .map_err(refused)?;
        signer(Side::Server)
            .and_then(|mut server| server.sign(list))
            .map_err(refused)
    }
}

fn emit(token: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>) -> Result<Vec<u8>, NtStatus> {
    let mut bytes = vec![0; TOKEN];
    let mut writer = Writer::new(&mut bytes);
    token(&mut writer).map_err(|_| NtStatus::INVALID_PARAMETER)?;
    let len = writer.position();
    bytes.truncate(len);
    Ok(bytes)
}

fn malformed(_: ParseError) -> NtStatus {
    NtStatus::INVALID_PARAMETER
}

fn refused(error: CryptoError) -> NtStatus {
    match error {
        CryptoError::ProviderFailed => NtStatus::INSUFFICIENT_RESOURCES,
        _ => NtStatus::LOGON_FAILURE,
    }
}
