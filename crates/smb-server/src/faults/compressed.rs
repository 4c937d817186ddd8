//! Compression that nobody asked for.

use smb_wire::smb2::compression::{CompressedMessage, CompressedPayload};
use smb_wire::smb2::negotiate_context::CompressionAlgorithm;
use smb_wire::{List, Writer};

use super::rule::Fault;

impl Fault {
    /// The reply is sent as a compressed message (MS-SMB2 2.2.42.2): in itself a right one, of a single piece that is left as it
    /// was. A sealed reply is compressed inside of the seal.
    pub fn compress() -> Self {
        Self::tamper(|message| *message = compressed(message))
    }

    /// As [`Fault::compress`], but a sealed reply is compressed around the seal, as no side may do it (MS-SMB2 3.1.4.4).
    pub fn compress_on_the_way() -> Self {
        Self::on_the_way(|frame| *frame = compressed(frame))
    }
}

fn compressed(message: &[u8]) -> Vec<u8> {
    /// The two headers of such a message.
    const HEADERS: usize = 16;
    let pieces = [CompressedPayload {
        algorithm: CompressionAlgorithm::NONE,
        original_size: None,
        data: message,
    }];
    let chained = CompressedMessage::Chained {
        original_size: message.len() as u32,
        payloads: List::new(&pieces),
    };
    let mut bytes = vec![0; HEADERS + message.len()];
    let emitted = chained.emit(&mut Writer::new(&mut bytes));
    debug_assert!(emitted.is_ok());
    bytes
}
