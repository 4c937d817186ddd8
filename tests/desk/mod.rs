//! What every whole-driver test stands on: a kernel with the driver loaded, a share connected, and at the end nothing
//! left behind.

// Each test program uses its own part of this.
#![allow(dead_code, unused_imports, unused_macros)]

use std::fs;
use std::path::{Path, PathBuf};

use lab::copy;
use lab::credentials::Credentials;
use lab::drive::Drive;
use lab::location::{RemotePath, ShareName};
use lab::machine::{Machine, Remains, Settings};
use lab::progress::Progress;
use samba_ground::{Config, Dialect, PASSWORD, SHARE, Samba, Signing, USER};
use zeroize::Zeroizing;

/// What the driver allocates counts as its pool, so that a leak is seen.
#[global_allocator]
static ALLOCATOR: ntsim::KernelAllocator = ntsim::KernelAllocator;

/// The usual user with the usual password.
pub fn credentials() -> Credentials {
    Credentials {
        domain: String::new(),
        user: USER.into(),
        password: Zeroizing::new(PASSWORD.into()),
    }
}

/// The usual share at some port of this machine.
pub fn share_at(port: u16) -> ShareName {
    ShareName {
        host: "127.0.0.1".into(),
        port,
        share: SHARE.into(),
    }
}

/// Loads the driver, works with it, and unloads it: nothing may remain.
pub fn with_machine<T>(settings: &Settings, work: impl FnOnce(&Machine) -> T) -> T {
    let machine = Machine::boot(settings).expect("the driver loads");
    let result = work(&machine);
    assert_eq!(
        machine.shut_down().expect("the driver unloads"),
        Remains::default()
    );
    result
}

/// Works on a server's share through the driver.
pub fn with_drive<T>(samba: &Samba, settings: &Settings, work: impl FnOnce(&Drive<'_>) -> T) -> T {
    with_machine(settings, |machine| {
        let drive = machine
            .connect(&share_at(samba.port()), Some(&credentials()), None)
            .expect("the share connects");
        let result = work(&drive);
        drive.disconnect().expect("the share disconnects");
        result
    })
}

/// How driver and server talk: every fact about files holds in all of these.
#[derive(Clone, Copy, Debug)]
pub struct Configuration {
    /// The only dialect that the two speak.
    pub dialect: Dialect,
    /// Whether both insist on signing, or neither does.
    pub signing: Signing,
}

impl Configuration {
    /// Starts a Samba server of its own.
    pub fn samba(self) -> Samba {
        Samba::start(&Config::only(self.dialect).signing(self.signing))
    }

    /// The driver's settings.
    pub fn settings(self) -> Settings {
        Settings::default()
            .dialect(self.dialect.wire())
            .require_signing(self.signing == Signing::Required)
    }

    /// Works through the driver on a share of a Samba server of its own.
    pub fn with_drive<T>(self, work: impl FnOnce(&Samba, &Drive<'_>) -> T) -> T {
        let samba = self.samba();
        with_drive(&samba, &self.settings(), |drive| work(&samba, drive))
    }
}

/// Makes tests of functions that take a [`Configuration`]: one for each dialect, signed and not.
macro_rules! in_every_configuration {
    ($($fact:ident;)*) => {
        $(
            mod $fact {
                $crate::desk::in_every_configuration! { $fact:
                    in_2_0_2: Smb202 Offered;
                    in_2_0_2_signed: Smb202 Required;
                    in_2_1: Smb210 Offered;
                    in_2_1_signed: Smb210 Required;
                    in_3_0: Smb300 Offered;
                    in_3_0_signed: Smb300 Required;
                    in_3_0_2: Smb302 Offered;
                    in_3_0_2_signed: Smb302 Required;
                    in_3_1_1: Smb311 Offered;
                    in_3_1_1_signed: Smb311 Required;
                }
            }
        )*
    };
    ($fact:ident: $($name:ident: $dialect:ident $signing:ident;)*) => {
        $(
            #[test]
            fn $name() {
                super::$fact($crate::desk::Configuration {
                    dialect: samba_ground::Dialect::$dialect,
                    signing: samba_ground::Signing::$signing,
                });
            }
        )*
    };
}
pub(crate) use in_every_configuration;

/// Copies a local file to the share's root, under its own name.
pub fn upload(samba: &Samba, drive: &Drive<'_>, local: &Path) {
    copy::upload(drive, local, &remote(samba, ""), &mut Progress::new()).expect("the file crosses");
}

/// Copies a file of the share's root to a local file.
pub fn download(samba: &Samba, drive: &Drive<'_>, name: &str, local: &Path) {
    let from = remote(samba, &format!("\\{name}"));
    copy::download(drive, &from, local, &mut Progress::new()).expect("the file crosses");
}

fn remote(samba: &Samba, path: &str) -> RemotePath {
    RemotePath {
        share: share_at(samba.port()),
        path: path.into(),
    }
}

/// A local file with bytes of which no part repeats another.
pub fn local_file(directory: &Path, name: &str, length: usize) -> PathBuf {
    let path = directory.join(name);
    fs::write(&path, bytes(length)).expect("a local file");
    path
}

/// Bytes of which no part repeats another.
pub fn bytes(length: usize) -> Vec<u8> {
    let mut state = 0x853C_49E6_748F_EA9B_u64;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}
