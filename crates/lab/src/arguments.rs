//! The command line of `oxsmb`.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::credentials::{Credentials, UserArgument};
use crate::failure::Failure;
use crate::location::{Location, RemotePath};

const EXAMPLES: &str = "\
Examples:
  oxsmb copy ./photos //nas/home --user ann
  oxsmb copy //nas:1445/home/taxes . --user 'OFFICE\\ann' --encrypt
  oxsmb ls -v //nas/home --user ann";

/// OxSMB's driver on a desk: loaded into a user-mode NT kernel, it reaches real SMB servers.
///
/// A PATH on a share is //host[:port]/share/path. Without a command, `demo` runs.
#[derive(Debug, Parser)]
#[command(name = "oxsmb", version, max_term_width = 80, after_help = EXAMPLES)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to connect.
    #[command(flatten)]
    pub connect: Connect,
}

/// How to connect; the same for all commands.
#[derive(Args, Clone, Debug)]
pub struct Connect {
    /// Who connects. A password given here is seen by whoever lists processes; without it, $OXSMB_PASSWORD is it, or you
    /// are asked
    #[arg(short = 'U', long, global = true, value_name = "[DOMAIN\\]NAME[%PASSWORD]", value_parser = UserArgument::parse)]
    pub user: Option<UserArgument>,
    /// Say on standard error how the share is connected: dialect, and signature or encryption
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Speak this dialect and no other; 2.0.2 and 2.1 know no encryption
    #[arg(long, global = true)]
    pub dialect: Option<DialectArgument>,
    /// Refuse servers that do not sign (this is so unless --no-sign is given)
    #[arg(long, global = true, conflicts_with = "no_sign")]
    pub sign: bool,
    /// Sign only where the server requires it
    #[arg(long, global = true)]
    pub no_sign: bool,
    /// Encrypt, and refuse servers that cannot; without this, encrypt where server or share demand it
    #[arg(long, global = true)]
    pub encrypt: bool,
    /// Encrypt by this cipher and no other, and refuse servers that cannot
    #[arg(long, global = true)]
    pub cipher: Option<CipherArgument>,
    /// Put up with being made a guest, or nobody where no user is given; their messages cannot be signed, so it takes
    /// --no-sign too
    #[arg(long, global = true)]
    pub guest: bool,
}

impl Connect {
    /// Whether encryption is demanded.
    pub fn encrypts(&self) -> bool {
        self.encrypt || self.cipher.is_some()
    }

    /// Whether the options can be met together by any server.
    ///
    /// # Errors
    /// Which one cannot, and why.
    pub fn check(&self) -> Result<(), Failure> {
        let refuse = |option: String, why: &str| Err(Failure::new("use", option, why));
        let dialect = self.dialect.unwrap_or(DialectArgument::Smb311);
        match self.cipher {
            None if self.encrypt && !dialect.encrypts() => refuse(
                "--encrypt".into(),
                &format!("SMB {} knows no encryption", word(&dialect)),
            ),
            Some(cipher) if !dialect.knows(cipher) => refuse(
                format!("--cipher {}", word(&cipher)),
                &if dialect.encrypts() {
                    format!("SMB {} knows aes-128-ccm alone", word(&dialect))
                } else {
                    format!("SMB {} knows no encryption", word(&dialect))
                },
            ),
            _ => Ok(()),
        }
    }

    /// The same for a connection that may end up a guest's.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn check_guest(&self) -> Result<(), Failure> {
        let why = match self {
            Self { guest: false, .. } => return Ok(()),
            _ if self.encrypts() => "a guest has no key to encrypt with",
            Self { no_sign: false, .. } => {
                "a guest's messages cannot be signed, so it takes --no-sign too"
            }
            _ => return Ok(()),
        };
        Err(Failure::new("use", "--guest", why))
    }

    /// Who connects, with the password found or asked for; nobody when no user was named.
    ///
    /// # Errors
    /// When the name is empty, or there is nobody to ask.
    pub fn credentials(&self) -> Result<Option<Credentials>, Failure> {
        self.user.clone().map(UserArgument::complete).transpose()
    }
}

/// A dialect, by its everyday name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DialectArgument {
    /// Windows Vista SP1
    #[value(name = "2.0.2")]
    Smb202,
    /// Windows 7
    #[value(name = "2.1")]
    Smb210,
    /// Windows 8
    #[value(name = "3.0")]
    Smb300,
    /// Windows 8.1
    #[value(name = "3.0.2")]
    Smb302,
    /// Windows 10
    #[value(name = "3.1.1")]
    Smb311,
}

impl DialectArgument {
    fn encrypts(self) -> bool {
        self.wire() >= 0x0300
    }

    fn knows(self, cipher: CipherArgument) -> bool {
        match self {
            Self::Smb311 => true,
            _ => self.encrypts() && cipher == CipherArgument::Aes128Ccm,
        }
    }

    /// The number that stands for it on the wire and in the driver's settings (MS-SMB2 2.2.3).
    pub fn wire(self) -> u16 {
        match self {
            Self::Smb202 => 0x0202,
            Self::Smb210 => 0x0210,
            Self::Smb300 => 0x0300,
            Self::Smb302 => 0x0302,
            Self::Smb311 => 0x0311,
        }
    }
}

/// A cipher, by its everyday name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum CipherArgument {
    /// The only one of SMB 3.0 and 3.0.2
    #[value(name = "aes-128-ccm")]
    Aes128Ccm,
    /// The fastest
    #[value(name = "aes-128-gcm")]
    Aes128Gcm,
    /// The slowest
    #[value(name = "aes-256-ccm")]
    Aes256Ccm,
    /// With a longer key
    #[value(name = "aes-256-gcm")]
    Aes256Gcm,
}

impl CipherArgument {
    /// The number that stands for it on the wire and in the driver's settings (MS-SMB2 2.2.3.1.2).
    pub fn wire(self) -> u16 {
        match self {
            Self::Aes128Ccm => 1,
            Self::Aes128Gcm => 2,
            Self::Aes256Ccm => 3,
            Self::Aes256Gcm => 4,
        }
    }
}

/// What the command line calls it.
pub(crate) fn word(value: &impl ValueEnum) -> String {
    let value = value.to_possible_value();
    value.map_or_else(String::new, |value| value.get_name().to_owned())
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the whole path of a file, with a server of its own
    Demo,
    /// Serve a share from memory, for other clients to try
    Serve(Serve),
    /// Something on a share
    #[command(flatten)]
    OnShare(ShareCommand),
}

/// What to do on a share.
#[derive(Debug, Subcommand)]
pub enum ShareCommand {
    /// Copy a file or a tree, to a share or from one
    Copy {
        /// What to copy: a local path or one on a share
        source: Location,
        /// Where to; in an existing directory it keeps its name
        destination: Location,
    },
    /// List a directory
    Ls {
        /// The directory, or one file
        path: RemotePath,
    },
    /// Write a file to standard output
    Cat {
        /// The file
        path: RemotePath,
    },
    /// Tell all about a file or directory
    Stat {
        /// The file or directory
        path: RemotePath,
    },
    /// Make a directory
    Mkdir {
        /// The new directory
        path: RemotePath,
    },
    /// Rename or move within a share
    Mv {
        /// What to rename
        from: RemotePath,
        /// Its new path
        to: RemotePath,
    },
    /// Delete a file or directory
    Rm {
        /// With everything in it
        #[arg(short, long)]
        recursive: bool,
        /// What to delete
        path: RemotePath,
    },
}

/// How to serve.
#[derive(Args, Debug)]
pub struct Serve {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:1445")]
    pub listen: SocketAddr,
    /// The share's name
    #[arg(long, default_value = "share")]
    pub share: String,
    /// Fill the share with a copy of this directory
    #[arg(long)]
    pub preload: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn options_stand_before_or_after_the_command() {
        for line in [
            ["oxsmb", "--no-sign", "ls", "//h/s"],
            ["oxsmb", "ls", "//h/s", "--no-sign"],
        ] {
            assert!(Arguments::try_parse_from(line).unwrap().connect.no_sign);
        }
    }

    fn refusal(options: &[&str]) -> Option<String> {
        let line = ["oxsmb"].iter().chain(options);
        let connect = Arguments::try_parse_from(line).unwrap().connect;
        let checked = connect.check().and_then(|()| connect.check_guest());
        checked.err().map(|failure| failure.to_string())
    }

    #[test]
    fn options_that_no_server_could_meet_together_are_refused_with_the_reason() {
        for (options, why) in [
            (
                &["--dialect=2.1", "--encrypt"][..],
                "cannot use --encrypt: SMB 2.1 knows no encryption",
            ),
            (
                &["--dialect=2.0.2", "--cipher=aes-128-ccm"],
                "cannot use --cipher aes-128-ccm: SMB 2.0.2 knows no encryption",
            ),
            (
                &["--dialect=3.0.2", "--cipher=aes-128-gcm"],
                "cannot use --cipher aes-128-gcm: SMB 3.0.2 knows aes-128-ccm alone",
            ),
            (
                &["--guest"],
                "cannot use --guest: a guest's messages cannot be signed, so it takes --no-sign too",
            ),
            (
                &["--guest", "--no-sign", "--encrypt"],
                "cannot use --guest: a guest has no key to encrypt with",
            ),
        ] {
            assert_eq!(refusal(options).as_deref(), Some(why));
        }
        for options in [
            &["--dialect=3.0", "--cipher=aes-128-ccm"][..],
            &["--dialect=3.1.1", "--cipher=aes-256-gcm"],
            &["--cipher=aes-256-ccm", "--encrypt"],
            &["--guest", "--no-sign"],
        ] {
            assert_eq!(refusal(options), None);
        }
    }

    #[test]
    fn no_command_is_the_demo() {
        assert!(
            Arguments::try_parse_from(["oxsmb"])
                .unwrap()
                .command
                .is_none()
        );
    }
}
