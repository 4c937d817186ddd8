//! What a PE32+ image says about itself, read once and kept in the image's own terms.

use std::collections::BTreeMap;

use object::LittleEndian as LE;
use object::pe;
use object::read::pe::{ExportTarget, ImageNtHeaders, PeFile64};

/// A parsed image, with the bytes that it was read from.
pub struct Image<'data> {
    /// The whole file.
    pub bytes: &'data [u8],
    /// Where the PE header (`PE\0\0`) starts in the file.
    pub pe_offset: usize,
    pub file_header: pe::ImageFileHeader,
    pub optional_header: pe::ImageOptionalHeader64,
    pub directories: Vec<pe::ImageDataDirectory>,
    pub sections: Vec<Section>,
    pub imports: Vec<Import>,
    pub exports: Vec<String>,
    /// RVAs of the 64-bit pointers that the loader adjusts.
    pub relocations: Vec<u32>,
    pub debug: Vec<DebugEntry>,
}

/// One entry of the section table.
#[derive(Clone)]
pub struct Section {
    pub name: String,
    pub rva: u32,
    pub virtual_size: u32,
    pub file_offset: u32,
    pub file_size: u32,
    pub characteristics: u32,
}

impl Section {
    /// Whether an address of the loaded image lies in the section.
    pub fn holds(&self, rva: u32) -> bool {
        rva.checked_sub(self.rva)
            .is_some_and(|offset| offset < self.virtual_size)
    }

    /// Whether the processor may execute it.
    pub fn is_code(&self) -> bool {
        self.characteristics & pe::IMAGE_SCN_MEM_EXECUTE != 0
    }
}

/// An imported name and the slot that the loader puts its address into.
#[derive(Clone)]
pub struct Import {
    /// In lower case: the loader does not look at it either.
    pub module: String,
    pub name: String,
    pub slot_rva: u32,
}

/// An entry of the debug directory.
pub struct DebugEntry {
    /// `IMAGE_DEBUG_TYPE_*`.
    pub kind: u32,
    /// The PDB's name, of a CodeView entry.
    pub pdb: Option<String>,
}

impl<'data> Image<'data> {
    /// Reads an image; an error says which part of it is not what the format asks for.
    pub fn parse(bytes: &'data [u8]) -> Result<Self, String> {
        let file = PeFile64::parse(bytes).map_err(|error| format!("no PE32+ image: {error}"))?;
        let headers = file.nt_headers();
        let sections = sections(&file);
        let directories = file.data_directories().iter().copied().collect();
        let mut image = Self {
            bytes,
            pe_offset: file.dos_header().e_lfanew.get(LE) as usize,
            file_header: *headers.file_header(),
            optional_header: *headers.optional_header(),
            directories,
            sections,
            imports: imports(&file).map_err(|error| format!("imports: {error}"))?,
            exports: exports(&file).map_err(|error| format!("exports: {error}"))?,
            relocations: relocations(&file).map_err(|error| format!("relocations: {error}"))?,
            debug: Vec::new(),
        };
        image.debug = image.debug_entries()?;
        Ok(image)
    }

    /// The section that an address of the loaded image lies in.
    pub fn section_of(&self, rva: u32) -> Option<&Section> {
        self.sections.iter().find(|section| section.holds(rva))
    }

    /// The file's bytes from an address to the end of its section. Memory beyond the file's part (zeroes) is not there.
    pub fn bytes_at(&self, rva: u32) -> Option<&'data [u8]> {
        let section = self.section_of(rva)?;
        let offset = rva - section.rva;
        let length = section
            .file_size
            .min(section.virtual_size)
            .checked_sub(offset)?;
        let start = section.file_offset.checked_add(offset)? as usize;
        self.bytes.get(start..start.checked_add(length as usize)?)
    }

    /// A little-endian 32-bit number at an address.
    pub fn u32_at(&self, rva: u32) -> Option<u32> {
        let bytes = self.bytes_at(rva)?.first_chunk()?;
        Some(u32::from_le_bytes(*bytes))
    }

    /// A little-endian 64-bit number at an address.
    pub fn u64_at(&self, rva: u32) -> Option<u64> {
        let bytes = self.bytes_at(rva)?.first_chunk()?;
        Some(u64::from_le_bytes(*bytes))
    }

    /// A directory's address and size; `None` when the image has none.
    pub fn directory(&self, index: usize) -> Option<(u32, u32)> {
        let entry = self.directories.get(index)?;
        let (rva, size) = (entry.virtual_address.get(LE), entry.size.get(LE));
        (rva != 0 && size != 0).then_some((rva, size))
    }

    /// The imported names by the address of their slots.
    pub fn import_slots(&self) -> BTreeMap<u32, &Import> {
        self.imports
            .iter()
            .map(|import| (import.slot_rva, import))
            .collect()
    }

    fn debug_entries(&self) -> Result<Vec<DebugEntry>, String> {
        const SIZE: usize = 28;
        let Some((rva, size)) = self.directory(pe::IMAGE_DIRECTORY_ENTRY_DEBUG) else {
            return Ok(Vec::new());
        };
        let table = self
            .bytes_at(rva)
            .and_then(|bytes| bytes.get(..size as usize))
            .ok_or("the debug directory is not in the file")?;
        let word = |entry: &[u8], at: usize| {
            let bytes = entry[at..].first_chunk().copied().unwrap_or_default();
            u32::from_le_bytes(bytes)
        };
        Ok(table
            .chunks_exact(SIZE)
            .map(|entry| {
                let (kind, length, start) = (word(entry, 12), word(entry, 16), word(entry, 24));
                let data = self
                    .bytes
                    .get(start as usize..)
                    .and_then(|bytes| bytes.get(..length as usize));
                let is_code_view = kind == pe::IMAGE_DEBUG_TYPE_CODEVIEW;
                let pdb = data.filter(|_| is_code_view).and_then(pdb_name);
                DebugEntry { kind, pdb }
            })
            .collect())
    }
}

/// The name in a CodeView entry: signature, GUID and age go before it.
fn pdb_name(data: &[u8]) -> Option<String> {
    let name = data.strip_prefix(b"RSDS")?.get(20..)?;
    let end = name.iter().position(|&byte| byte == 0)?;
    Some(String::from_utf8_lossy(&name[..end]).into_owned())
}

fn sections(file: &PeFile64<'_>) -> Vec<Section> {
    file.section_table()
        .iter()
        .map(|section| Section {
            name: String::from_utf8_lossy(section.raw_name()).into_owned(),
            rva: section.virtual_address.get(LE),
            virtual_size: section.virtual_size.get(LE),
            file_offset: section.pointer_to_raw_data.get(LE),
            file_size: section.size_of_raw_data.get(LE),
            characteristics: section.characteristics.get(LE),
        })
        .collect()
}

fn imports(file: &PeFile64<'_>) -> object::Result<Vec<Import>> {
    let mut found = Vec::new();
    let Some(table) = file.import_table()? else {
        return Ok(found);
    };
    let mut descriptors = table.descriptors()?;
    while let Some(descriptor) = descriptors.next()? {
        let module = table.name(descriptor.name.get(LE))?;
        let module = String::from_utf8_lossy(module).to_lowercase();
        // The look-up table stays as the linker wrote it; a loader writes over the address table.
        let mut thunks = table.thunks(descriptor.original_first_thunk.get(LE))?;
        let mut slot_rva = descriptor.first_thunk.get(LE);
        while let Some(thunk) = thunks.next::<pe::ImageNtHeaders64>()? {
            let name = match table.import::<pe::ImageNtHeaders64>(thunk)? {
                object::read::pe::Import::Ordinal(ordinal) => format!("#{ordinal}"),
                object::read::pe::Import::Name(_, name) => {
                    String::from_utf8_lossy(name).into_owned()
                }
            };
            found.push(Import {
                module: module.clone(),
                name,
                slot_rva,
            });
            slot_rva = slot_rva.wrapping_add(8);
        }
    }
    Ok(found)
}

fn exports(file: &PeFile64<'_>) -> object::Result<Vec<String>> {
    let Some(table) = file.export_table()? else {
        return Ok(Vec::new());
    };
    let mut names = Vec::new();
    for export in table.exports()? {
        let name = export.name.map(String::from_utf8_lossy);
        let name = name.map_or_else(|| format!("#{}", export.ordinal), Into::into);
        names.push(match export.target {
            // A gap between ordinals.
            ExportTarget::Address(0) => continue,
            ExportTarget::Address(_) => name,
            _ => format!("{name} (forwarded)"),
        });
    }
    names.sort();
    Ok(names)
}

fn relocations(file: &PeFile64<'_>) -> object::Result<Vec<u32>> {
    let mut found = Vec::new();
    let directories = file.data_directories();
    let Some(mut blocks) = directories.relocation_blocks(file.data(), &file.section_table())?
    else {
        return Ok(found);
    };
    while let Some(block) = blocks.next()? {
        found.extend(
            block
                .filter(|entry| entry.typ == pe::IMAGE_REL_BASED_DIR64)
                .map(|entry| entry.virtual_address),
        );
    }
    Ok(found)
}
