//! Stack frames, from the unwind information that every x64 function with a frame must have (x64 exception handling,
//! `struct UNWIND_INFO`): it is what the kernel itself walks a stack by, so it cannot flatter us.

use object::pe::IMAGE_DIRECTORY_ENTRY_EXCEPTION;

use super::image::Image;

/// One entry of `.pdata`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuntimeFunction {
    pub begin: u32,
    pub end: u32,
    unwind: u32,
}

impl RuntimeFunction {
    const SIZE: usize = 12;

    fn read(bytes: &[u8]) -> Option<Self> {
        let word = |at: usize| {
            let bytes = bytes.get(at..)?.first_chunk()?;
            Some(u32::from_le_bytes(*bytes))
        };
        Some(Self {
            begin: word(0)?,
            end: word(4)?,
            unwind: word(8)?,
        })
    }
}

/// What a piece of a function does to the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Start of the function that the piece belongs to (itself, unless its unwind information is chained).
    pub function: u32,
    /// Bytes of stack: return address, pushed registers and allocations, those of the chain included.
    pub bytes: u32,
}

/// All entries of `.pdata`, by address.
pub fn runtime_functions(image: &Image<'_>) -> Result<Vec<RuntimeFunction>, String> {
    let Some((rva, size)) = image.directory(IMAGE_DIRECTORY_ENTRY_EXCEPTION) else {
        return Ok(Vec::new());
    };
    let table = image
        .bytes_at(rva)
        .and_then(|bytes| bytes.get(..size as usize))
        .ok_or("the exception directory is not in the file")?;
    let mut entries: Vec<_> = table
        .chunks_exact(RuntimeFunction::SIZE)
        .filter_map(RuntimeFunction::read)
        .collect();
    entries.sort_by_key(|entry| entry.begin);
    Ok(entries)
}

/// The frame of one entry.
pub fn frame(image: &Image<'_>, entry: RuntimeFunction) -> Result<Frame, String> {
    const RETURN_ADDRESS: u32 = 8;
    // The format allows chains of any length; real ones have one or two links.
    const LONGEST_CHAIN: usize = 32;

    let mut bytes = RETURN_ADDRESS;
    let mut piece = entry;
    for _ in 0..LONGEST_CHAIN {
        let info = image.bytes_at(piece.unwind).and_then(UnwindInfo::read);
        let info = info.ok_or_else(|| format!("bad unwind information for {:#x}", entry.begin))?;
        bytes = bytes.saturating_add(info.stack);
        match info.chained {
            None => {
                let function = piece.begin;
                return Ok(Frame { function, bytes });
            }
            Some(parent) => piece = parent,
        }
    }
    Err(format!("endless unwind chain for {:#x}", entry.begin))
}

struct UnwindInfo {
    /// Bytes pushed and allocated by the prologue.
    stack: u32,
    chained: Option<RuntimeFunction>,
}

impl UnwindInfo {
    fn read(bytes: &[u8]) -> Option<Self> {
        const CHAINED: u8 = 0x4;
        let (&version_and_flags, &count) = (bytes.first()?, bytes.get(2)?);
        if !matches!(version_and_flags & 7, 1 | 2) {
            return None;
        }
        let end_of_codes = 4 + usize::from(count) * 2;
        let stack = stack_of_codes(bytes.get(4..end_of_codes)?)?;
        let chained = if version_and_flags >> 3 & CHAINED != 0 {
            // The array of codes takes an even number of slots.
            Some(RuntimeFunction::read(
                bytes.get(end_of_codes.next_multiple_of(4)..)?,
            )?)
        } else {
            None
        };
        Some(Self { stack, chained })
    }
}

/// Walks the two-byte codes of a prologue; `None` for an operation that does not exist.
fn stack_of_codes(codes: &[u8]) -> Option<u32> {
    let slot = |index: usize| {
        let bytes = codes.get(index * 2..)?.first_chunk()?;
        Some(u32::from(u16::from_le_bytes(*bytes)))
    };
    let (mut index, mut stack) = (0, 0u32);
    while index * 2 < codes.len() {
        let code = slot(index)?;
        let (operation, info) = (code >> 8 & 0xf, code >> 12);
        let (slots, grows) = match (operation, info) {
            // UWOP_PUSH_NONVOL
            (0, _) => (1, 8),
            // UWOP_ALLOC_LARGE, in units of eight bytes, or in bytes
            (1, 0) => (2, slot(index + 1)? * 8),
            (1, 1) => (3, slot(index + 1)? | slot(index + 2)? << 16),
            // UWOP_ALLOC_SMALL
            (2, _) => (1, info * 8 + 8),
            // UWOP_SET_FPREG, UWOP_EPILOG
            (3 | 6, _) => (1, 0),
            // UWOP_SAVE_NONVOL, UWOP_SAVE_XMM128: into space that is already allocated
            (4 | 8, _) => (2, 0),
            // the same, far
            (5 | 9, _) => (3, 0),
            // UWOP_PUSH_MACHFRAME, without and with an error code
            (10, 0) => (1, 40),
            (10, 1) => (1, 48),
            _ => return None,
        };
        index += slots;
        stack = stack.saturating_add(grows);
    }
    Some(stack)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pushes_and_allocations_of_every_kind_add_up() {
        assert_eq!(stack_of_codes(&[]), Some(0));
        // push rbx; push rsi; sub rsp, 40
        assert_eq!(stack_of_codes(&[6, 0x42, 2, 0x60, 1, 0x30]), Some(56));
        // sub rsp, 0x800 in units of eight; sub rsp, 0x12345678 in bytes
        assert_eq!(stack_of_codes(&[7, 0x01, 0x00, 0x01]), Some(0x800));
        assert_eq!(
            stack_of_codes(&[7, 0x11, 0x78, 0x56, 0x34, 0x12]),
            Some(0x1234_5678)
        );
        // the operands of saved registers are no codes
        assert_eq!(
            stack_of_codes(&[9, 0x68, 0x00, 0x00, 5, 0x34, 0x00, 0x42, 1, 0x42]),
            Some(40)
        );
        // a machine frame with an error code
        assert_eq!(stack_of_codes(&[0, 0x1a]), Some(48));
    }

    #[test]
    fn an_unknown_operation_or_a_cut_operand_is_refused() {
        assert_eq!(stack_of_codes(&[0, 0x0f]), None);
        assert_eq!(stack_of_codes(&[7, 0x01]), None);
        assert_eq!(stack_of_codes(&[7, 0x21, 0, 0]), None);
    }
}
