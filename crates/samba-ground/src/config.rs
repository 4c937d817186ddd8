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
