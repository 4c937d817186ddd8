//! How the driver and a server speak with one another, in the words that the command line has for it.

use std::fmt;

use clap::ValueEnum;
use oxsmb::control;
use smb_wire::smb2::negotiate_context::SigningAlgorithm;

use crate::arguments::{CipherArgument, DialectArgument, word};

/// Dialect and protection of a connected share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protocol(control::Protocol);

impl Protocol {
    pub(crate) fn new(told: control::Protocol) -> Self {
        Self(told)
    }
}

/// `SMB 3.1.1, encrypted by AES-128-GCM`
impl fmt::Display for Protocol {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dialect = name(self.0.dialect, DialectArgument::wire);
        write!(out, "SMB {dialect}, ")?;
        match self.0.protection {
            control::Protection::Plain => out.write_str("neither signed nor encrypted"),
            control::Protection::Signed(algorithm) => match SigningAlgorithm(algorithm) {
                SigningAlgorithm::HMAC_SHA256 => out.write_str("signed by HMAC-SHA256"),
                SigningAlgorithm::AES_CMAC => out.write_str("signed by AES-CMAC"),
                SigningAlgorithm::AES_GMAC => out.write_str("signed by AES-GMAC"),
                other => write!(out, "signed by {}", other.0),
            },
            control::Protection::Sealed(cipher) => {
                let cipher = name(cipher, CipherArgument::wire);
                write!(out, "encrypted by {}", cipher.to_uppercase())
            }
        }
    }
}

/// What the command line calls the thing with this number, or else the number.
fn name<V: ValueEnum>(number: u16, wire: impl Fn(V) -> u16) -> String {
    V::value_variants()
        .iter()
        .find(|&variant| wire(variant.clone()) == number)
        .map_or_else(|| number.to_string(), word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use oxsmb::control::Protection;

    #[test]
    fn dialect_and_protection_have_the_names_that_the_options_take() {
        for (dialect, protection, words) in [
            (
                0x0311,
                Protection::Sealed(2),
                "SMB 3.1.1, encrypted by AES-128-GCM",
            ),
            (
                0x0300,
                Protection::Sealed(1),
                "SMB 3.0, encrypted by AES-128-CCM",
            ),
            (
                0x0311,
                Protection::Signed(2),
                "SMB 3.1.1, signed by AES-GMAC",
            ),
            (
                0x0210,
                Protection::Signed(0),
                "SMB 2.1, signed by HMAC-SHA256",
            ),
            (
                0x0202,
                Protection::Plain,
                "SMB 2.0.2, neither signed nor encrypted",
            ),
            (0x0411, Protection::Sealed(9), "SMB 1041, encrypted by 9"),
        ] {
            let protocol = Protocol::new(control::Protocol {
                dialect,
                protection,
            });
            assert_eq!(protocol.to_string(), words);
        }
    }
}
