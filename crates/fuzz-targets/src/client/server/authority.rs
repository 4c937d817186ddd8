//! What a server agrees on with a client, and the accounts of those who logged on.

use smb_client::Negotiated;
use smb_crypto::{PreauthHash, SigningAlgorithm};
use smb_wire::smb2::negotiate_context::{
    self as wire, CompressionAlgorithm, CompressionFlags, HashAlgorithm, NegotiateContext,
};
use smb_wire::smb2::{
    Capabilities, Dialect, Header, NegotiateRequest, NegotiateResponse, SecurityMode, SessionFlags,
    SessionSetupRequest, ValidateNegotiateResponse,
};
use smb_wire::spnego::{Mech, NegTokenInit, NegTokenResp, NegotiationToken};
use smb_wire::{EmitError, Guid, List, NtStatus, Writer, smb1};

use super::account::Account;
use super::{Asked, header, message};
use crate::client::input::Input;

const SESSION: u64 = 0x1_0000_0019;
const SERVER_GUID: Guid = Guid([9; 16]);

/// How far client and server have come to know each other.
#[derive(Debug)]
pub struct Authority {
    /// Which of the offered dialects to take, from the newest.
    dialect_choice: usize,
    cipher_choice: usize,
    session_flags: SessionFlags,
    agreed: Agreed,
    /// The hash at the end of NEGOTIATE, with which each logon begins.
    preauth: PreauthHash,
    accounts: Vec<Account>,
    /// All of the server's that went into a hash.
    pub hashed: Vec<Vec<u8>>,
    /// What was said last must be refused, for this reason.
    pub unacceptable: Option<&'static str>,
}

/// What was negotiated, as the server sees it.
#[derive(Clone, Copy, Debug)]
pub struct Agreed {
    pub dialect: Dialect,
    pub capabilities: Capabilities,
    pub mode: SecurityMode,
    pub cipher: Option<smb_crypto::Cipher>,
    pub signing: SigningAlgorithm,
}

impl Authority {
    pub fn new(dialect_choice: u8, cipher_choice: u8, session_flags: u8) -> Self {
        Self {
            dialect_choice: dialect_choice.into(),
            cipher_choice: cipher_choice.into(),
            session_flags: SessionFlags::from_bits_retain(session_flags.into()),
            agreed: Agreed {
                dialect: Dialect::SMB2_0_2,
                capabilities: Capabilities::empty(),
                mode: SecurityMode::SIGNING_ENABLED,
                cipher: None,
                signing: SigningAlgorithm::HmacSha256,
            },
            preauth: PreauthHash::START,
            accounts: Vec::new(),
            hashed: Vec::new(),
            unacceptable: None,
        }
    }

    /// The accounts with this session id, the newest first: a server may give an id twice.
    pub fn accounts(&mut self, session_id: u64) -> impl Iterator<Item = &mut Account> {
        let of_it = move |account: &&mut Account| account.id == session_id;
        self.accounts.iter_mut().rev().filter(of_it)
    }

    pub fn newest(&self) -> u64 {
        self.accounts.last().map_or(0, |account| account.id)
    }

    /// Whether the client believes what the server said.
    pub fn is(&self, negotiated: &Negotiated) -> bool {
        negotiated.dialect == self.agreed.dialect
            && negotiated.capabilities == self.agreed.capabilities
            && negotiated.security_mode == self.agreed.mode
            && negotiated.server_guid == SERVER_GUID
    }

    pub fn negotiate(&mut self, asked: &Asked, input: &mut Input<'_>) -> Vec<u8> {
        let opener = asked.message.starts_with(&smb1::PROTOCOL_ID);
        if opener {
            self.agreed.dialect = Dialect::WILDCARD;
            self.agreed.capabilities = Capabilities::empty();
            return self.agree(asked, &[], &[], input);
        }
        let request = NegotiateRequest::parse(&asked.message).expect("a sound NEGOTIATE");
        let offered: Vec<Dialect> = request.dialects.iter().collect();
        let newest = offered.len() - 1;
        let dialect = offered[newest - self.dialect_choice % offered.len()];
        let ciphers = ciphers(&request);
        // Few servers have no requests of several credits.
        let large = match self.dialect_choice {
            0..250 => Capabilities::LARGE_MTU,
            _ => Capabilities::empty(),
        };
        let capabilities = match dialect {
            Dialect::SMB2_0_2 => Capabilities::empty(),
            Dialect::SMB3_0 | Dialect::SMB3_0_2 => {
                large | (request.capabilities & Capabilities::ENCRYPTION)
            }
            _ => large,
        };
        let (signing, cipher) = match dialect {
            Dialect::SMB3_1_1 => {
                let chosen = ciphers.get(self.cipher_choice % (ciphers.len() + 1));
                let cipher = chosen.and_then(|cipher| smb_crypto::Cipher::from_wire_id(cipher.0));
                let signing = [
                    SigningAlgorithm::AesGmac,
                    SigningAlgorithm::AesCmac,
                    SigningAlgorithm::HmacSha256,
                ];
                (signing[self.cipher_choice % 3], cipher)
            }
            Dialect::SMB3_0 | Dialect::SMB3_0_2 => {
                let can = capabilities.contains(Capabilities::ENCRYPTION);
                let ccm = can.then_some(smb_crypto::Cipher::Aes128Ccm);
                (SigningAlgorithm::AesCmac, ccm)
            }
            _ => (SigningAlgorithm::HmacSha256, None),
        };
        self.agreed = Agreed {
            dialect,
            capabilities,
            cipher,
            signing,
            ..self.agreed
        };
        let cipher = [wire::Cipher(cipher.map_or(0, |cipher| cipher.wire_id()))];
        let signing = [match signing {
            SigningAlgorithm::AesGmac => wire::SigningAlgorithm::AES_GMAC,
            SigningAlgorithm::AesCmac => wire::SigningAlgorithm::AES_CMAC,
            _ => wire::SigningAlgorithm::HMAC_SHA256,
        }];
        let contexts = [
            NegotiateContext::PreauthIntegrity {
                algorithms: List::new(&[HashAlgorithm::SHA_512]),
                salt: &[3; 32],
            },
            NegotiateContext::Signing(List::new(&signing)),
            NegotiateContext::Encryption(List::new(&cipher)),
        ];
        let contexts = match (dialect, ciphers.is_empty()) {
            (Dialect::SMB3_1_1, false) => &contexts[..],
            (Dialect::SMB3_1_1, true) => &contexts[..2],
            _ => &[],
        };
        let answer = self.agree(asked, contexts, &offered, input);
        self.preauth = PreauthHash::START
            .extended(&[&asked.message])
            .and_then(|hash| hash.extended(&[&answer]))
            .expect("hashing");
        self.hashed.push(answer.clone());
        answer
    }

    /// The answer, which is a lie if the input says so.
    fn agree(
        &mut self,
        asked: &Asked,
        contexts: &[NegotiateContext<'_>],
        offered: &[Dialect],
        input: &mut Input<'_>,
    ) -> Vec<u8> {
        let size = input.one_of([0x1_0000, 0x8_0000, 0x10_0000, 0x1000, 0x80_0000, u32::MAX]);
        let header = header(asked, NtStatus::SUCCESS, input);
        let mut contexts = contexts.to_vec();
        let mut hint = Vec::new();
        self.agreed.mode = SecurityMode::SIGNING_ENABLED;
        self.unacceptable = None;
        let refused = &mut self.unacceptable;
        match input.byte().checked_sub(200).map(|lie| lie % 12) {
            None => {}
            Some(0) => hint = init(&[Mech::KERBEROS, Mech::NTLMSSP]),
            Some(1) => self.agreed.mode |= SecurityMode::SIGNING_REQUIRED,
            Some(2) => self.agreed.mode = SecurityMode::empty(),
            Some(3) => {
                (hint, *refused) = (init(&[Mech::KERBEROS]), Some("no NTLM"));
            }
            Some(4) => {
                let token = NegotiationToken::Resp(NegTokenResp::default());
                (hint, *refused) = (emitted(|w| token.emit(w)), Some("a token out of turn"));
            }
            Some(5) if !offered.is_empty() => {
                self.agreed.dialect = Dialect::WILDCARD;
                *refused = Some("no dialect");
            }
            Some(6) if !offered.contains(&Dialect::SMB2_0_2) => {
                // The opener cannot lead there either, where the client would not have it.
                self.agreed.dialect = Dialect::SMB2_0_2;
                *refused = (!offered.is_empty()).then_some("a dialect that was not offered");
            }
            Some(7) => {
                self.agreed.dialect = Dialect(0x0300 | u16::from(input.byte()));
                let can = offered.contains(&self.agreed.dialect);
                *refused = (!can).then_some("a dialect that was not offered");
            }
            Some(8) if !contexts.is_empty() => {
                contexts.push(contexts[0]);
                *refused = Some("a context twice");
            }
            Some(9) if !contexts.is_empty() => {
                contexts.push(NegotiateContext::Compression {
                    algorithms: List::new(&[CompressionAlgorithm::LZ77]),
                    flags: CompressionFlags::empty(),
                });
                *refused = Some("compression");
            }
            Some(10) if !contexts.is_empty() => {
                contexts[1] = NegotiateContext::Signing(List::new(&[wire::SigningAlgorithm(99)]));
                *refused = Some("an unknown way to sign");
            }
            Some(11) if !contexts.is_empty() => {
                contexts.truncate(2);
                contexts.push(NegotiateContext::Encryption(List::new(&[wire::Cipher(99)])));
                *refused = Some("an unknown cipher");
            }
            Some(_) => {}
        }
        let body = NegotiateResponse {
            security_mode: self.agreed.mode,
            dialect: self.agreed.dialect,
            server_guid: SERVER_GUID,
            capabilities: self.agreed.capabilities,
            max_transact_size: size,
            max_read_size: size,
            max_write_size: size,
            system_time: 1,
            server_start_time: 0,
            security_buffer: &hint,
            contexts: List::new(match self.agreed.dialect {
                Dialect::SMB3_1_1 => &contexts,
                _ => &[],
            }),
        };
        message(&header, |w| body.emit(w))
    }

    /// What FSCTL_VALIDATE_NEGOTIATE_INFO repeats.
    pub fn validated(&self) -> Vec<u8> {
        emitted(|w| {
            ValidateNegotiateResponse {
                capabilities: self.agreed.capabilities,
                server_guid: SERVER_GUID,
                security_mode: self.agreed.mode,
                dialect: self.agreed.dialect,
            }
            .emit(w)
        })
    }

    /// The answer, and whether its header can belong to the question.
    pub fn session_setup(&mut self, asked: &Asked, input: &mut Input<'_>) -> (Vec<u8>, bool) {
        let request = SessionSetupRequest::parse(&asked.message).expect("a sound SESSION_SETUP");
        let token = NegotiationToken::parse(request.security_buffer).expect("a sound token");
        self.unacceptable = None;
        let asked_for = asked.header.session_id;
        match token {
            NegotiationToken::Init(_) => {
                let fresh = SESSION + self.accounts.len() as u64;
                let mut account = Account::new(fresh, self.preauth);
                let answer = account.challenge(asked, self.session_flags, input);
                // An id that another session has already makes a mess that is not the client's.
                let reuses = input.byte() >= 250;
                let was_right = !reuses;
                if reuses && let Some(other) = self.accounts.last() {
                    account.id = other.id;
                }
                self.unacceptable = answer.refused;
                let answer = account.with_id(answer.message);
                account.hash(&asked.message);
                account.hash(&answer);
                self.hashed.push(answer.clone());
                self.accounts.push(account);
                (answer, was_right)
            }
            NegotiationToken::Resp(response) => {
                let (agreed, flags) = (self.agreed, self.session_flags);
                let Some(account) = self.accounts(asked_for).next() else {
                    // The id was changed on the way.
                    let header = header(asked, NtStatus::USER_SESSION_DELETED, input);
                    let body = smb_wire::smb2::ErrorResponse::EMPTY;
                    return (message(&header, |w| body.emit(w)), true);
                };
                account.hash(&asked.message);
                let answer = account.accept(asked, &response, &agreed, flags, input);
                let same_id = Header::parse(&answer.message)
                    .is_ok_and(|header| header.session_id == asked_for);
                self.unacceptable = answer.refused;
                (answer.message, same_id)
            }
        }
    }
}

/// The ciphers that a client offers.
fn ciphers(request: &NegotiateRequest<'_>) -> Vec<wire::Cipher> {
    let lists = request.contexts.iter().filter_map(|context| match context {
        NegotiateContext::Encryption(ciphers) => Some(ciphers),
        _ => None,
    });
    lists
        .flat_map(|list| list.iter().collect::<Vec<_>>())
        .collect()
}

fn init(mechs: &[Mech<'_>]) -> Vec<u8> {
    emitted(|w| {
        NegotiationToken::Init(NegTokenInit {
            mech_types: List::new(mechs),
            mech_token: None,
            mech_list_mic: None,
        })
        .emit(w)
    })
}

pub fn emitted(emit: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>) -> Vec<u8> {
    let mut buffer = vec![0; 2048];
    let mut writer = Writer::new(&mut buffer);
    emit(&mut writer).expect("room enough");
    writer.written().to_vec()
}
