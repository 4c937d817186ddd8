//! The lists inside of CREATE and NEGOTIATE, alone: contexts, and what a context may hold.

use smb_wire::smb2::create_context::{RequestContext, ResponseContext};
use smb_wire::smb2::negotiate_context::{
    Cipher, CompressionAlgorithm, HashAlgorithm, NegotiateContext, SigningAlgorithm,
};
use smb_wire::smb2::{Dialect, ErrorContext, LockElement};
use smb_wire::{List, Writer};

use crate::round_trip::round_trip;

/// A list that was taken as a whole survives being sent, and has no element of no bytes.
macro_rules! list_of {
    ($bytes:expr, $ty:ty) => {{
        let parse = |bytes| List::<$ty>::parse(bytes);
        let emit = |list: &List<'_, $ty>, writer: &mut Writer<'_>| list.emit(writer);
        if let Some(list) = round_trip($bytes, 0, &mut Vec::new(), parse, emit) {
            assert!(list.len() <= $bytes.len());
            assert_eq!(list.is_empty(), list.iter().next().is_none());
        }
    }};
}

/// The first byte chooses the kind of list, the others are the list.
pub fn lists(bytes: &[u8]) {
    let Some((kind, list)) = bytes.split_first() else {
        return;
    };
    match kind % 9 {
        0 => list_of!(list, RequestContext<'_>),
        1 => list_of!(list, ResponseContext<'_>),
        2 => list_of!(list, NegotiateContext<'_>),
        3 => list_of!(list, ErrorContext<'_>),
        4 => list_of!(list, LockElement),
        5 => list_of!(list, Dialect),
        6 => list_of!(list, Cipher),
        7 => list_of!(list, HashAlgorithm),
        _ => {
            list_of!(list, CompressionAlgorithm);
            list_of!(list, SigningAlgorithm);
        }
    }
}
