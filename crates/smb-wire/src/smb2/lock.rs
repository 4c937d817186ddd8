//! LOCK (MS-SMB2 2.2.26). The response is [`super::LockResponse`].

use zerocopy::little_endian::{U16, U32, U64};

use super::FileId;
use super::body::{Body, emit_fixed};
use crate::writer::len16;
use crate::{Element, EmitError, List, ParseError, Reader, Writer};

/// Counts one element, which every request has.
const STRUCTURE_SIZE: u16 = 48;

wire_flags! {
    /// What to do with a range.
    pub struct LockFlags: u32 {
        const SHARED_LOCK = 0x0000_0001;
        const EXCLUSIVE_LOCK = 0x0000_0002;
        const UNLOCK = 0x0000_0004;
        /// Do not wait.
        const FAIL_IMMEDIATELY = 0x0000_0010;
    }
}

/// One range (MS-SMB2 2.2.26.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LockElement {
    /// Where it begins.
    pub offset: u64,
    /// How many bytes it has.
    pub length: u64,
    /// What to do with it.
    pub flags: LockFlags,
}

/// Locks or unlocks ranges of a file.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LockRequest<'a> {
    /// LockSequenceNumber in the low four bits, LockSequenceIndex above; lets a resilient client repeat itself.
    pub lock_sequence: u32,
    /// The file.
    pub file_id: FileId,
    /// The ranges; at least one.
    pub locks: List<'a, LockElement>,
}

wire_struct! {
    struct Fixed {
        lock_count: U16,
        lock_sequence: U32,
        file_id: [u8; 16],
    }
}

wire_struct! {
    struct FixedElement {
        offset: U64,
        length: U64,
        flags: U32,
        reserved: U32,
    }
}

impl<'a> Element<'a> for LockElement {
    fn read(r: &mut Reader<'a>) -> Result<Self, ParseError> {
        let fixed: &FixedElement = r.fixed("Locks")?;
        Ok(Self {
            offset: fixed.offset.get(),
            length: fixed.length.get(),
            flags: LockFlags::from_bits_retain(fixed.flags.get()),
        })
    }

    fn write(&self, w: &mut Writer<'_>, _last: bool) -> Result<(), EmitError> {
        w.fixed(&FixedElement {
            offset: self.offset.into(),
            length: self.length.into(),
            flags: self.flags.bits().into(),
            reserved: U32::ZERO,
        })
    }
}

impl<'a> LockRequest<'a> {
    /// Reads the body of `message`.
    pub fn parse(message: &'a [u8]) -> Result<Self, ParseError> {
        let (fixed, body) = Body::open::<Fixed>(message, STRUCTURE_SIZE)?;
        if fixed.lock_count == U16::ZERO {
            return Err(ParseError::value("LockCount"));
        }
        Ok(Self {
            lock_sequence: fixed.lock_sequence.get(),
            file_id: FileId(fixed.file_id),
            locks: List::parse_counted(&mut body.rest(), fixed.lock_count.get())?,
        })
    }

    /// Appends the body.
    pub fn emit(&self, w: &mut Writer<'_>) -> Result<(), EmitError> {
        if self.locks.is_empty() {
            return Err(EmitError::Contradiction("LockCount"));
        }
        let fixed = Fixed {
            lock_count: len16(self.locks.len(), "LockCount")?.into(),
            lock_sequence: self.lock_sequence.into(),
            file_id: self.file_id.0,
        };
        emit_fixed(w, STRUCTURE_SIZE, &fixed)?;
        self.locks.emit(w)
    }
}
