//! Messages whose body says nothing: StructureSize 4 and two reserved bytes.

use zerocopy::little_endian::U16;

use super::body::{Body, emit_fixed};
use crate::{EmitError, ParseError, Writer};

const STRUCTURE_SIZE: u16 = 4;

macro_rules! bodiless {
    ($($(#[$meta:meta])* $name:ident,)*) => {$(
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
        pub struct $name;

        impl $name {
            /// Checks the body of `message`.
            pub fn parse(message: &[u8]) -> Result<Self, ParseError> {
                Body::open::<U16>(message, STRUCTURE_SIZE).map(|_| Self)
            }

            /// Appends the body.
            pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
                emit_fixed(w, STRUCTURE_SIZE, &U16::ZERO)
            }
        }
    )*};
}

bodiless! {
    /// Ends the session (MS-SMB2 2.2.7).
    LogoffRequest,
    /// The session is gone (MS-SMB2 2.2.8).
    LogoffResponse,
    /// Leaves the share (MS-SMB2 2.2.11).
    TreeDisconnectRequest,
    /// The tree connect is gone (MS-SMB2 2.2.12).
    TreeDisconnectResponse,
    /// The file's data is on stable storage (MS-SMB2 2.2.18).
    FlushResponse,
    /// The ranges are locked, or unlocked (MS-SMB2 2.2.27).
    LockResponse,
    /// Is anybody there? (MS-SMB2 2.2.28)
    EchoRequest,
    /// Yes (MS-SMB2 2.2.29).
    EchoResponse,
    /// Gives up the request whose ids the header carries; has no response of its own (MS-SMB2 2.2.30).
    Cancel,
}
