//! Parse, emit, parse: what was understood once is understood the same again.

use std::fmt::Debug;

use smb_wire::{EmitError, Writer};

/// What emitting may take besides the bytes that were parsed: fixed parts that may be cut short, padding, tags.
const ROOM: usize = 8192;

/// Parses `data`; if that works, emits the value behind `head` bytes that stand for a header, and parses that again.
///
/// A value may be one that must not be sent, and emitting says so; but a message never grows much by being understood.
pub fn round_trip<'a, T, E>(
    data: &'a [u8],
    head: usize,
    scratch: &'a mut Vec<u8>,
    parse: impl Fn(&'a [u8]) -> Result<T, E>,
    emit: impl Fn(&T, &mut Writer<'_>) -> Result<(), EmitError>,
) -> Option<T>
where
    T: Debug + PartialEq,
    E: Debug,
{
    let value = parse(data).ok()?;
    scratch.resize(data.len() * 2 + ROOM, 0);
    let mut writer = Writer::new(scratch);
    writer.zeros(head).expect("there is room for a header");
    match emit(&value, &mut writer) {
        Ok(()) => {}
        Err(EmitError::BufferFull) => panic!("{value:?} takes far more bytes than it came in"),
        Err(_) => return Some(value),
    }
    let emitted: &[u8] = writer.into_written();
    match parse(emitted) {
        Ok(again) => assert_eq!(again, value, "emitted as {emitted:02x?}"),
        Err(error) => {
            panic!("{value:?} was emitted as {emitted:02x?}, which is refused: {error:?}")
        }
    }
    Some(value)
}

/// The same for a type whose `parse` and `emit` are its methods.
macro_rules! both_ways {
    ($data:expr, $head:expr, $ty:ident) => {{
        let _ = $crate::round_trip::round_trip(
            $data,
            $head,
            &mut Vec::new(),
            |bytes| $ty::parse(bytes),
            |value, writer| value.emit(writer),
        );
    }};
}
pub(crate) use both_ways;
