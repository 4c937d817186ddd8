//! How a test wants its server: dialects, signing, encryption.

use std::fmt::{self, Write};

/// A dialect of SMB2/3, oldest first (MS-SMB2 2.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Dialect {
    /// 2.0.2, of Windows Vista SP1
    Smb202,
    /// 2.1, of Windows 7
    Smb210,
    /// 3.0, of Windows 8
    Smb300,
    /// 3.0.2, of Windows 8.1
    Smb302,
    /// 3.1.1, of Windows 10
    Smb311,
}

impl Dialect {
    /// All five, oldest first.
    pub const ALL: [Self; 5] = [
        Self::Smb202,
        Self::Smb210,
        Self::Smb300,
        Self::Smb302,
        Self::Smb311,
    ];

    /// The number that stands for it on the wire.
    pub fn wire(self) -> u16 {
        match self {
            Self::Smb202 => 0x0202,
            Self::Smb210 => 0x0210,
            Self::Smb300 => 0x0300,
            Self::Smb302 => 0x0302,
            Self::Smb311 => 0x0311,
        }
    }

    /// Samba's name for it, as smb.conf(5) spells it.
    pub fn samba_name(self) -> &'static str {
        match self {
            Self::Smb202 => "SMB2_02",
            Self::Smb210 => "SMB2_10",
            Self::Smb300 => "SMB3_00",
            Self::Smb302 => "SMB3_02",
            Self::Smb311 => "SMB3_11",
        }
    }
}

/// The name that people and `oxsmb --dialect` use: `3.1.1`.
impl fmt::Display for Dialect {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Smb202 => "2.0.2",
            Self::Smb210 => "2.1",
            Self::Smb300 => "3.0",
            Self::Smb302 => "3.0.2",
            Self::Smb311 => "3.1.1",
        })
    }
}

/// A cipher of SMB3 (MS-SMB2 2.2.3.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cipher {
    /// AES-128-CCM, the only one of 3.0 and 3.0.2
    Aes128Ccm,
    /// AES-128-GCM
    Aes128Gcm,
    /// AES-256-CCM
    Aes256Ccm,
    /// AES-256-GCM
    Aes256Gcm,
}

impl Cipher {
    /// All four, by their numbers.
    pub const ALL: [Self; 4] = [
        Self::Aes128Ccm,
        Self::Aes128Gcm,
        Self::Aes256Ccm,
        Self::Aes256Gcm,
    ];

    /// The number that stands for it on the wire.
    pub fn wire(self) -> u16 {
        match self {
            Self::Aes128Ccm => 1,
            Self::Aes128Gcm => 2,
            Self::Aes256Ccm => 3,
            Self::Aes256Gcm => 4,
        }
    }

    /// Samba's name for it, as smb.conf(5) spells it.
    pub fn samba_name(self) -> &'static str {
        match self {
            Self::Aes128Ccm => "AES-128-CCM",
            Self::Aes128Gcm => "AES-128-GCM",
            Self::Aes256Ccm => "AES-256-CCM",
            Self::Aes256Gcm => "AES-256-GCM",
        }
    }
}

/// What the server asks for in signing. SMB2 knows no way to refuse it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signing {
    /// Done when the client asks for it
    Offered,
    /// Done always
    Required,
}

/// What the server asks for in encryption (3.0 and later).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encryption {
    /// Never
    Off,
    /// Done when the client asks for it
    Offered,
    /// A client that cannot is refused
    Required,
}

/// A server's settings.
#[derive(Clone, Debug)]
pub struct Config {
    /// The oldest dialect it speaks.
    pub oldest: Dialect,
    /// The newest dialect it speaks.
    pub newest: Dialect,
    /// What it asks for in signing.
    pub signing: Signing,
    /// What it asks for in encryption.
    pub encryption: Encryption,
    /// More lines for `[global]`, as smb.conf(5) has them: `("map to guest", "bad user")`.
    pub global: Vec<(&'static str, &'static str)>,
    /// More lines for the share.
    pub share: Vec<(&'static str, &'static str)>,
}

impl Default for Config {
    /// All dialects, signing and encryption as the client likes, which is Samba's own default.
    fn default() -> Self {
        Self {
            oldest: Dialect::Smb202,
            newest: Dialect::Smb311,
            signing: Signing::Offered,
            encryption: Encryption::Offered,
            global: Vec::new(),
            share: Vec::new(),
        }
    }
}

impl Config {
    /// A server that speaks this one dialect.
    pub fn only(dialect: Dialect) -> Self {
        Self {
            oldest: dialect,
            newest: dialect,
            ..Self::default()
        }
    }

    /// A server that speaks SMB1 and nothing newer.
    pub fn smb1_only() -> Self {
        Self::default()
            .global("server min protocol", "NT1")
            .global("server max protocol", "NT1")
    }

    /// A server that refuses whoever does not encrypt, and writes down its keys ([`crate::Samba::session_keys`]).
    pub fn sealed(dialect: Dialect) -> Self {
        Self {
            encryption: Encryption::Required,
            ..Self::only(dialect).logging_keys()
        }
    }

    /// The same, and it writes down the keys of its encrypted sessions.
    pub fn logging_keys(self) -> Self {
        self.global("debug encryption", "yes")
    }

    /// The same with one line more for `[global]`.
    pub fn global(mut self, key: &'static str, value: &'static str) -> Self {
        self.global.push((key, value));
        self
    }

    /// The same with one line more for the share.
    pub fn of_share(mut self, key: &'static str, value: &'static str) -> Self {
        self.share.push((key, value));
        self
    }

    /// The same with encryption required, offered or off.
    pub fn encryption(self, encryption: Encryption) -> Self {
        Self { encryption, ..self }
    }

    /// The same with signing required or merely offered.
    pub fn signing(self, signing: Signing) -> Self {
        Self { signing, ..self }
    }

    /// The lines of `[global]` that these settings come to.
    pub(crate) fn lines(&self) -> String {
        let signing = match self.signing {
            Signing::Offered => "auto",
            Signing::Required => "mandatory",
        };
        let encryption = match self.encryption {
            Encryption::Off => "off",
            Encryption::Offered => "if_required",
            Encryption::Required => "required",
        };
        let mut lines = format!(
            "server min protocol = {}\nserver max protocol = {}\nserver signing = {signing}\nserver smb encrypt = {encryption}\n",
            self.oldest.samba_name(),
            self.newest.samba_name(),
        );
        lines.push_str(&settings(&self.global));
        lines
    }

    /// The lines that the share has besides.
    pub(crate) fn share_lines(&self) -> String {
        settings(&self.share)
    }
}

fn settings(settings: &[(&str, &str)]) -> String {
    let mut lines = String::new();
    for (key, value) in settings {
        let _ = writeln!(lines, "{key} = {value}");
    }
    lines
}
