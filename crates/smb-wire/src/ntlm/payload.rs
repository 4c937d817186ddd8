//! The fields of a message that point into its payload.

use zerocopy::IntoBytes;
use zerocopy::little_endian::{U16, U32};

use super::{MessageType, NegotiateFlags, SIGNATURE, Version};
use crate::reader::part;
use crate::writer::{len16, len32};
use crate::{EmitError, ParseError, Reader, Utf16, Writer};

wire_struct! {
    /// Length, allocated length, offset.
    pub(super) struct Field {
        len: U16,
        max_len: U16,
        offset: U32,
    }
}

impl Field {
    pub(super) const EMPTY: Self = Self {
        len: U16::ZERO,
        max_len: U16::ZERO,
        offset: U32::ZERO,
    };

    /// The bytes in the payload, which lies behind the first `floor` bytes of the message.
    pub(super) fn bytes<'a>(
        &self,
        message: &'a [u8],
        floor: usize,
        name: &'static str,
    ) -> Result<&'a [u8], ParseError> {
        part(message, floor, self.offset, self.len, name)
    }

    /// The bytes as a UTF-16 string.
    pub(super) fn text<'a>(
        &self,
        message: &'a [u8],
        floor: usize,
        name: &'static str,
    ) -> Result<Utf16<'a>, ParseError> {
        Utf16::from_bytes(self.bytes(message, floor, name)?, name)
    }

    /// Where the payload would begin if this were its first field; `None` for an empty one.
    pub(super) fn start(&self) -> Option<usize> {
        if self.len == U16::ZERO {
            None
        } else {
            usize::try_from(self.offset.get()).ok()
        }
    }
}

/// Checks signature and type, and gives a reader of what follows them.
pub(super) fn open(message: &[u8], expected: MessageType) -> Result<Reader<'_>, ParseError> {
    if MessageType::of(message)? != expected {
        return Err(ParseError::value("MessageType"));
    }
    let mut r = Reader::new(message);
    r.take(
        size_of_val(&SIGNATURE).saturating_add(size_of::<u32>()),
        "MessageType",
    )?;
    Ok(r)
}

/// Reads the version if the flags say that there is one and no payload begins in its place.
pub(super) fn read_version(
    r: &mut Reader<'_>,
    flags: NegotiateFlags,
    room: bool,
) -> Result<Option<Version>, ParseError> {
    if flags.contains(NegotiateFlags::VERSION) && room {
        Version::read(r).map(Some)
    } else {
        Ok(None)
    }
}

/// Appends the version, or the zeros that stand for it.
pub(super) fn write_version(
    w: &mut Writer<'_>,
    version: Option<&Version>,
) -> Result<(), EmitError> {
    match version {
        Some(version) => version.write(w),
        None => w.zeros(Version::LEN),
    }
}

/// Writes a message: the fixed part first, with its fields left empty, then their payload, one by one.
pub(super) struct PayloadWriter<'w, 'b> {
    pub(super) w: &'w mut Writer<'b>,
    start: usize,
}

impl<'w, 'b> PayloadWriter<'w, 'b> {
    pub(super) fn new(w: &'w mut Writer<'b>, message_type: MessageType) -> Result<Self, EmitError> {
        let start = w.position();
        w.bytes(&SIGNATURE)?;
        w.u32(message_type.0)?;
        Ok(Self { w, start })
    }

    /// Appends an empty field, to be filled by [`PayloadWriter::fill`]. Gives its place.
    pub(super) fn field(&mut self) -> Result<usize, EmitError> {
        let place = self.w.position();
        self.w.fixed(&Field::EMPTY)?;
        Ok(place)
    }

    /// Appends a field's payload and points the field to it.
    pub(super) fn fill(
        &mut self,
        place: usize,
        name: &'static str,
        payload: impl FnOnce(&mut Writer<'_>) -> Result<(), EmitError>,
    ) -> Result<(), EmitError> {
        let before = self.w.position();
        payload(self.w)?;
        let len = len16(self.w.position().saturating_sub(before), name)?;
        let offset = len32(before.saturating_sub(self.start), name)?;
        let field = Field {
            len: len.into(),
            max_len: len.into(),
            offset: offset.into(),
        };
        self.w.patch(place, field.as_bytes())
    }
}
