//! The ways in which driver and server talk: every sweep goes over more than one.

use crate::scripted::{BY_TDI, Settings};

/// A way to talk.
pub struct Flavour {
    /// What it is called in a report.
    pub name: &'static str,
    /// The driver's settings for it.
    pub settings: &'static Settings<'static>,
    /// Of how many places of a sweep it takes one.
    pub stride: u64,
    /// Whether the server has to confirm what was negotiated, as it does before 3.1.1.
    pub confirms: bool,
}

const UNSIGNED: (&str, u32) = ("RequireSigning", 0);
const SIGNED: (&str, u32) = ("RequireSigning", 1);
const SEALED: (&str, u32) = ("RequireEncryption", 1);
const SMB_2_1: (&str, u32) = ("MaxDialect", 0x0210);
const SMB_3_0: (&str, u32) = ("MaxDialect", 0x0300);

/// All of them. TDI differs from WSK below the protocol only, so a part of the places is enough for it.
pub const FLAVOURS: [Flavour; 5] = [
    Flavour {
        name: "unsigned, WSK, SMB 3.1.1",
        settings: &[UNSIGNED],
        stride: 1,
        confirms: false,
    },
    Flavour {
        name: "signed, WSK, SMB 3.1.1",
        settings: &[SIGNED],
        stride: 1,
        confirms: false,
    },
    Flavour {
        name: "sealed, WSK, SMB 3.1.1",
        settings: &[SEALED],
        stride: 1,
        confirms: false,
    },
    Flavour {
        name: "unsigned, TDI, SMB 2.1",
        settings: &[UNSIGNED, SMB_2_1, BY_TDI],
        stride: 8,
        confirms: true,
    },
    Flavour {
        name: "signed, TDI, SMB 3.0",
        settings: &[SIGNED, SMB_3_0, BY_TDI],
        stride: 8,
        confirms: true,
    },
];
