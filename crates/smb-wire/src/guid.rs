//! GUIDs.

use core::fmt;

/// A GUID as it is on the wire (MS-DTYP 2.3.4.2). Opaque here: it is only compared and passed on.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Guid(pub [u8; 16]);

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Guid({:032x})", u128::from_be_bytes(self.0))
    }
}
