//! Fields that several frames have: text, and data with its length.

use smb_wire::{EmitError, Fault, ParseError, Reader, Writer};

/// A value that the field may not have.
pub(crate) const fn forbidden(field: &'static str) -> ParseError {
    ParseError {
        field,
        fault: Fault::Value,
    }
}

/// Reads a text with its length in 16 bits.
pub(crate) fn text<'a>(r: &mut Reader<'a>, field: &'static str) -> Result<&'a str, ParseError> {
    let length = r.u16(field)?;
    let bytes = r.take(usize::from(length), field)?;
    core::str::from_utf8(bytes).map_err(|_| forbidden(field))
}

/// Writes what [`text`] reads.
pub(crate) fn emit_text(
    w: &mut Writer<'_>,
    text: &str,
    field: &'static str,
) -> Result<(), EmitError> {
    w.u16(u16::try_from(text.len()).map_err(|_| EmitError::TooLong(field))?)?;
    w.bytes(text.as_bytes())
}

/// Reads data with its length in 32 bits.
pub(crate) fn data<'a>(r: &mut Reader<'a>, field: &'static str) -> Result<&'a [u8], ParseError> {
    let length = amount(r, field)?;
    r.take(length as usize, field)
}

/// Writes what [`data`] reads.
pub(crate) fn emit_data(
    w: &mut Writer<'_>,
    data: &[u8],
    field: &'static str,
) -> Result<(), EmitError> {
    emit_amount(
        w,
        u32::try_from(data.len()).map_err(|_| EmitError::TooLong(field))?,
        field,
    )?;
    w.bytes(data)
}

/// Reads a count of bytes, which has a limit because the agent allocates so many.
pub(crate) fn amount(r: &mut Reader<'_>, field: &'static str) -> Result<u32, ParseError> {
    match r.u32(field)? {
        length if length as usize <= crate::MAX_DATA => Ok(length),
        _ => Err(forbidden(field)),
    }
}

/// Writes what [`amount`] reads.
pub(crate) fn emit_amount(
    w: &mut Writer<'_>,
    amount: u32,
    field: &'static str,
) -> Result<(), EmitError> {
    if amount as usize > crate::MAX_DATA {
        return Err(EmitError::TooLong(field));
    }
    w.u32(amount)
}

/// Reads a truth value.
pub(crate) fn flag(r: &mut Reader<'_>, field: &'static str) -> Result<bool, ParseError> {
    match r.u8(field)? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(forbidden(field)),
    }
}

/// Checks that nothing follows the last field.
pub(crate) fn end(r: &Reader<'_>, field: &'static str) -> Result<(), ParseError> {
    if r.is_empty() {
        Ok(())
    } else {
        Err(forbidden(field))
    }
}
