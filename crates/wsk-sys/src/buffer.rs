//! How WSK is told of memory: a range of an MDL chain.

use crate::PMDL;
use core::mem::{offset_of, size_of};

/// `WSK_BUF`: bytes to send, or room to receive into.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct WSK_BUF {
    /// First MDL of the chain.
    pub Mdl: PMDL,
    /// Where the bytes begin, from the start of the first MDL (and within it).
    pub Offset: u32,
    /// How many bytes, over as many MDLs as it takes.
    pub Length: usize,
}

/// `WSK_DATA_INDICATION`: received bytes that WSK shows to a receive callback.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct WSK_DATA_INDICATION {
    /// Next indication, or NULL.
    pub Next: *mut WSK_DATA_INDICATION,
    /// Where the bytes are.
    pub Buffer: WSK_BUF,
}

const _: () = {
    assert!(size_of::<WSK_BUF>() == 24);
    assert!(offset_of!(WSK_BUF, Offset) == 8);
    assert!(offset_of!(WSK_BUF, Length) == 16);
    assert!(size_of::<WSK_DATA_INDICATION>() == 32);
    assert!(offset_of!(WSK_DATA_INDICATION, Buffer) == 8);
};
