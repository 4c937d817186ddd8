//! The import table of a loaded image (PE format, "The .idata Section").

use crate::kernelbase::{PAGE_READWRITE, VirtualProtect};
use core::ffi::{CStr, c_void};

/// Offset in the DOS header of the PE header's offset.
const PE_OFFSET: usize = 0x3c;
/// Offset from the PE header of the import directory's entry, in a 64-bit image.
const IMPORT_DIRECTORY: usize = 24 + 112 + 8;
/// An import by number instead of name.
const BY_ORDINAL: u64 = 1 << 63;

/// `IMAGE_IMPORT_DESCRIPTOR`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Descriptor {
    names: u32,
    time: u32,
    forwarders: u32,
    module: u32,
    addresses: u32,
}

/// A loaded 64-bit image.
#[derive(Clone, Copy)]
pub struct Image {
    base: *mut c_void,
}

/// One imported routine.
pub struct Import {
    /// The module's name as the image gives it.
    pub module: &'static str,
    /// The routine's name.
    pub name: &'static str,
    slot: *mut *const c_void,
}

impl Image {
    /// Looks at an image.
    ///
    /// # Safety
    ///
    /// A valid 64-bit image is loaded there, and stays while this and what it gives out are used.
    pub const unsafe fn new(base: *mut c_void) -> Self {
        Self { base }
    }

    /// All routines that the image imports by name.
    pub fn imports(self) -> impl Iterator<Item = Import> {
        // SAFETY: every image has it there.
        let pe: u32 = unsafe { self.read(PE_OFFSET) };
        // SAFETY: a 64-bit image's header has it there.
        let directory: u32 = unsafe { self.read(pe as usize + IMPORT_DIRECTORY) };
        let count = if directory == 0 { 0 } else { usize::MAX };
        (0..count)
            .map(move |index| {
                let offset = directory as usize + index * size_of::<Descriptor>();
                // SAFETY: the table ends with an entry without a module, at which `take_while` stops.
                unsafe { self.read::<Descriptor>(offset) }
            })
            .take_while(|descriptor| descriptor.module != 0)
            .flat_map(move |descriptor| self.of_module(descriptor))
    }

    fn of_module(self, descriptor: Descriptor) -> impl Iterator<Item = Import> {
        // SAFETY: a descriptor points to the module's name.
        let module = unsafe { self.text(descriptor.module as usize) };
        (0_usize..)
            .map(move |index| {
                let offset = index * size_of::<u64>();
                // SAFETY: the table ends with a zero, at which `take_while` stops.
                let name: u64 = unsafe { self.read(descriptor.names as usize + offset) };
                (name, descriptor.addresses as usize + offset)
            })
            .take_while(|(name, _)| *name != 0)
            .filter(|(name, _)| name & BY_ORDINAL == 0)
            .map(move |(name, slot)| Import {
                module,
                // SAFETY: the entry points to a hint of two bytes and a name.
                name: unsafe { self.text(name as usize + size_of::<u16>()) },
                slot: self.base.wrapping_byte_add(slot).cast(),
            })
    }

    /// A value at an offset.
    ///
    /// # Safety
    ///
    /// The image has such a value there.
    unsafe fn read<T: Copy>(self, offset: usize) -> T {
        let place = self.base.wrapping_byte_add(offset).cast::<T>();
        // SAFETY: the caller vouches.
        unsafe { place.read_unaligned() }
    }

    /// A text at an offset.
    ///
    /// # Safety
    ///
    /// The image has a NUL-terminated text there.
    unsafe fn text(self, offset: usize) -> &'static str {
        let place = self.base.wrapping_byte_add(offset).cast();
        // SAFETY: the caller vouches.
        let text = unsafe { CStr::from_ptr(place) };
        text.to_str().unwrap_or_default()
    }
}

impl Import {
    /// Has the image call another routine.
    pub fn redirect(&self, routine: *const c_void) {
        let page = self.slot.cast();
        let mut before = 0;
        // SAFETY: the slot lies in the image, whose memory is ours to change.
        unsafe { VirtualProtect(page, size_of::<usize>(), PAGE_READWRITE, &mut before) };
        // SAFETY: nobody runs the image yet.
        unsafe { self.slot.write(routine) };
        // SAFETY: as it was.
        unsafe { VirtualProtect(page, size_of::<usize>(), before, &mut before) };
    }
}
