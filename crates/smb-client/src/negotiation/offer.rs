//! What the client offers: said in NEGOTIATE, and said again, signed, in FSCTL_VALIDATE_NEGOTIATE_INFO.

use smb_wire::smb2::negotiate_context::{self, HashAlgorithm, NegotiateContext, SigningAlgorithm};
use smb_wire::smb2::{Capabilities, Dialect, NegotiateRequest, SecurityMode};
use smb_wire::{Guid, List, Utf16};

use super::encode;
use crate::config::{Config, SigningPolicy};
use crate::error::ClientError;
use crate::exchange::Ticket;
use crate::keys::Protection;

/// Every dialect this client speaks.
const DIALECTS: [Dialect; 5] = [
    Dialect::SMB2_0_2,
    Dialect::SMB2_1,
    Dialect::SMB3_0,
    Dialect::SMB3_0_2,
    Dialect::SMB3_1_1,
];

/// How this client signs in 3.1.1, the fastest first.
const SIGNING: [SigningAlgorithm; 3] = [
    SigningAlgorithm::AES_GMAC,
    SigningAlgorithm::AES_CMAC,
    SigningAlgorithm::HMAC_SHA256,
];

/// The fields of a NEGOTIATE request that follow from the settings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Offer {
    /// The first dialect offered, and how many.
    first: usize,
    count: usize,
    pub(crate) security_mode: SecurityMode,
    pub(crate) capabilities: Capabilities,
    pub(crate) client_guid: Guid,
}

impl Offer {
    pub(crate) fn of(config: &Config) -> Self {
        let offered =
            |dialect: &&Dialect| (config.min_dialect..=config.max_dialect).contains(*dialect);
        let first = DIALECTS
            .iter()
            .position(|dialect| *dialect >= config.min_dialect)
            .unwrap_or(DIALECTS.len());
        let mut security_mode = SecurityMode::SIGNING_ENABLED;
        security_mode.set(
            SecurityMode::SIGNING_REQUIRED,
            config.signing == SigningPolicy::Required,
        );
        Self {
            first,
            count: DIALECTS.iter().filter(offered).count(),
            security_mode,
            capabilities: capabilities(config),
            // 2.0.2 has no client GUID (MS-SMB2 2.2.3).
            client_guid: if config.max_dialect > Dialect::SMB2_0_2 {
                config.client_guid
            } else {
                Guid::default()
            },
        }
    }

    /// The dialects, oldest first.
    pub(crate) fn dialects(&self) -> &'static [Dialect] {
        DIALECTS
            .get(self.first..self.first.saturating_add(self.count))
            .unwrap_or_default()
    }

    /// Writes the NEGOTIATE request.
    #[inline(never)]
    pub(super) fn request(
        &self,
        config: &Config,
        salt: &[u8; 32],
        ticket: &Ticket,
        out: &mut [u8],
    ) -> Result<usize, ClientError> {
        let mut ciphers = [negotiate_context::Cipher::NONE; 4];
        let chosen = config.ciphers.as_slice();
        for (place, cipher) in ciphers.iter_mut().zip(chosen) {
            *place = negotiate_context::Cipher(cipher.wire_id());
        }
        let ciphers = ciphers.get(..chosen.len()).unwrap_or_default();
        let contexts = [
            NegotiateContext::PreauthIntegrity {
                algorithms: List::new(&[HashAlgorithm::SHA_512]),
                salt,
            },
            NegotiateContext::Signing(List::new(&SIGNING)),
            NegotiateContext::Netname(Utf16::from_units(config.server_name.units())),
            // The last, because it may be left out.
            NegotiateContext::Encryption(List::new(ciphers)),
        ];
        let contexts = match (self.dialects().last(), contexts.split_last()) {
            (Some(&Dialect::SMB3_1_1), Some((_, others))) if ciphers.is_empty() => others,
            (Some(&Dialect::SMB3_1_1), _) => contexts.as_slice(),
            _ => &[],
        };
        let body = NegotiateRequest {
            security_mode: self.security_mode,
            capabilities: self.capabilities,
            client_guid: self.client_guid,
            dialects: List::new(self.dialects()),
            contexts: List::new(contexts),
        };
        encode::request(out, ticket, Protection::None, |w| body.emit(w))
    }
}

/// What the client can do; older dialects than 3.0 cannot say it in the request (MS-SMB2 2.2.3).
fn capabilities(config: &Config) -> Capabilities {
    if config.max_dialect < Dialect::SMB3_0 {
        return Capabilities::empty();
    }
    let mut capabilities = Capabilities::LARGE_MTU;
    // In 3.1.1 the context says which, but there are servers that want to see this too.
    let can_encrypt = !config.ciphers.as_slice().is_empty();
    capabilities.set(Capabilities::ENCRYPTION, can_encrypt);
    capabilities
}
