//! A real Samba, the driver, and a share of the one connected by the other.

// Each test program uses its own part of this.
#![allow(dead_code)]

use samba_ground::{Config, Dialect, SHARE, Samba, Signing};
use wine_ground::{Mount, OX, Settings, with_driver};

/// Works through the driver on a Samba server with the settings that both have by default.
pub fn on_samba<T>(work: impl FnOnce(&Samba, &Mount) -> T) -> T {
    with_mount(&Samba::start(&Config::default()), &[], work)
}

/// Works through the driver on a Samba server.
pub fn with_mount<T>(
    samba: &Samba,
    settings: &Settings<'_>,
    work: impl FnOnce(&Samba, &Mount) -> T,
) -> T {
    with_driver(settings, |desk| {
        let mount = desk.mount(samba.port(), SHARE, &OX).expect("it connects");
        let result = work(samba, &mount);
        mount.disconnect(false).expect("it disconnects");
        result
    })
}

/// Works through the driver on a Samba server, where both speak one dialect only, and both insist on signing or leave it.
pub fn in_dialect<T>(
    dialect: Dialect,
    signing: Signing,
    work: impl FnOnce(&Samba, &Mount) -> T,
) -> T {
    let samba = Samba::start(&Config::only(dialect).signing(signing));
    let wire = dialect.wire().into();
    let sign = u32::from(signing == Signing::Required);
    let settings = [
        ("MinDialect", wire),
        ("MaxDialect", wire),
        ("RequireSigning", sign),
    ];
    with_mount(&samba, &settings, work)
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
